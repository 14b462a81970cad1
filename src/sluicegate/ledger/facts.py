"""The tree and files of a recorded commit, from the user's clone. Reads only."""

from __future__ import annotations

from collections.abc import Iterable

from sluicegate.core.errors import UsageError
from sluicegate.git import Git
from sluicegate.ledger.local import scope_of
from sluicegate.ledger.record import CommitFacts

_MAX_PATHS = 500


def facts_of(git: Git, commit: str, line: Iterable[str], paths: Iterable[str]) -> CommitFacts:
    """What the ledger records of a commit beside its report.

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
    return CommitFacts(
        commit=full,
        tree=tree,
        committed=int(committed) if committed.isdigit() else 0,
        line=tuple(line),
        scope=scope_of(git),
        code=_blobs(git, full, paths),
    )


def _blobs(git: Git, commit: str, paths: Iterable[str]) -> dict[str, str]:
    """The object names of files in a commit; missing ones are left out."""
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
