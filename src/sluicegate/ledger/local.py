"""The first parents of commits, from the user's clone. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sluicegate.git import Git
from sluicegate.ledger.baselines import MAX_LINE, ParentLine, walk

FETCHED = "sluicegate/ledger.json"
"""Below git's folder: the file that `sluicegate ledger fetch` writes for `check`."""


def _first_parents(git: Git, start: str, limit: int = MAX_LINE) -> ParentLine:
    """The first parents that this clone names: a shallow one names one more than it has."""
    if not start:
        return ParentLine((), False)
    how = ("--first-parent", f"--max-count={limit}", "--end-of-options")
    line = git.text("rev-list", *how, start, "--").split()
    if not line or len(line) >= limit:
        return ParentLine(tuple(line or (start,)), bool(line))
    parent = raw_parent(git, line[-1])
    return ParentLine((*line, parent), False) if parent else ParentLine(tuple(line), True)


def raw_parent(git: Git, commit: str) -> str:
    """The first parent that a commit names, whether or not this clone has it; empty for none."""
    head = git.text("cat-file", "commit", commit).partition("\n\n")[0]
    lines = (line.partition(" ") for line in head.splitlines())
    return next((value for key, _, value in lines if key == "parent"), "")


def known_line(git: Git, start: str, parents: Mapping[str, str]) -> ParentLine:
    """The line of this clone, continued by parents that are known from elsewhere."""
    own = _first_parents(git, start)
    if own.whole or not own.commits:
        return own
    rest = walk(own.commits[-1], parents)[1:]
    line = (*own.commits, *(c for c in rest if c not in own.commits))[:MAX_LINE]
    return ParentLine(line, len(line) >= MAX_LINE)


def scope_of(git: Git) -> str:
    """The judged folder, from the top of the repository; empty for the top."""
    return git.prefix.rstrip("/")


def fetched_file(git: Git) -> Path:
    """The file that `sluicegate ledger fetch` writes."""
    return git.repository.common_dir / FETCHED
