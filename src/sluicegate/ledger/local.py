"""What the user's own clone says of commits: their first parents, trees and files. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.errors import UsageError
from sluicegate.git import Git
from sluicegate.ledger.baselines import MAX_LINE, walk
from sluicegate.ledger.record import Facts

FETCHED = "sluicegate/ledger.json"
"""Below the folder of git: what `sluicegate ledger fetch` left for `check`."""

_MAX_PATHS = 500


@dataclass(frozen=True, slots=True)
class Parents:
    """The first parents of a commit, itself first; `whole` where the line reaches the first commit of
    all, or its limit."""

    line: tuple[str, ...]
    whole: bool


More = Callable[[str], Parents]
"""Asks elsewhere for the first parents of a commit."""


def first_parents(git: Git, start: str, limit: int = MAX_LINE) -> Parents:
    """What this clone knows: a shallow one, one parent more than it has commits."""
    if not start:
        return Parents((), False)
    line = git.text(
        "rev-list", "--first-parent", f"--max-count={limit}", "--end-of-options", start, "--"
    ).split()
    if not line or len(line) >= limit:
        return Parents(tuple(line or (start,)), bool(line))
    parent = raw_parent(git, line[-1])
    return Parents((*line, parent), False) if parent else Parents(tuple(line), True)


def raw_parent(git: Git, commit: str) -> str:
    """The first parent that a commit names, whether or not this clone has it; empty for none."""
    head = git.text("cat-file", "commit", commit).partition("\n\n")[0]
    lines = (line.partition(" ") for line in head.splitlines())
    return next((value for key, _, value in lines if key == "parent"), "")


def known_line(git: Git, start: str, parents: Mapping[str, str]) -> Parents:
    """The line of this clone, gone on with by what is known of parents from elsewhere."""
    own = first_parents(git, start)
    if own.whole or not own.line:
        return own
    rest = walk(own.line[-1], parents)[1:]
    line = (*own.line, *(c for c in rest if c not in own.line))[:MAX_LINE]
    return Parents(line, len(line) >= MAX_LINE)


def scope_of(git: Git) -> str:
    """The judged folder, from the top of the repository; empty for the top."""
    return git.prefix.rstrip("/")


def fetched_file(git: Git) -> Path:
    """Where `sluicegate ledger fetch` leaves what it fetched."""
    return Path(git.text("rev-parse", "--path-format=absolute", "--git-common-dir")) / FETCHED


def facts_of(git: Git, commit: str, line: Iterable[str], paths: Iterable[str]) -> Facts:
    """What is recorded of a commit beside its report.

    Raises:
        UsageError: this clone does not have the commit.
    """
    full = git.commit(commit) if commit else ""
    if not full:
        raise UsageError(
            "the commit of the report is not in this clone", where=commit,
            remedy="Record where the commit was judged, with the checkout of that time.",
        )  # fmt: skip
    tree, _, committed = git.text("show", "--no-patch", "--format=%T %ct", full, "--").partition(" ")
    return Facts(
        commit=full,
        tree=tree,
        committed=int(committed) if committed.isdigit() else 0,
        line=tuple(line),
        scope=scope_of(git),
        code=_blobs(git, full, paths),
    )


def _blobs(git: Git, commit: str, paths: Iterable[str]) -> dict[str, str]:
    """The object names of files in a commit; those that are not there are left out."""
    wanted = sorted({p for p in paths if p and not p.startswith("/")})[:_MAX_PATHS]
    if not wanted:
        return {}
    out = git.run("--literal-pathspecs", "ls-tree", "-z", commit, "--", *wanted, check=False)
    entries = (e.partition(b"\t") for e in out.split(b"\0") if e)
    return {
        path.decode("utf-8", "replace"): head.split()[2].decode()
        for head, _, path in entries
        if head.split()[1:2] == [b"blob"]
    }
