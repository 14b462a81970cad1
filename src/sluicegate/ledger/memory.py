"""The ledger as `check` reads it, from files of this machine: it makes no request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sluicegate.core.errors import EvidenceError, SluicegateError, UsageError
from sluicegate.core.model import Absence, Commit
from sluicegate.git import Git, open_repository
from sluicegate.history.baseline import Baseline
from sluicegate.ledger.baselines import Baselines
from sluicegate.ledger.local import fetched_file, known_line, raw_parent, scope_of
from sluicegate.ledger.resolve import PriorRecord, remember
from sluicegate.ledger.snapshot import Snapshot, State, read_snapshot

AUTO, OFF = "auto", "off"
"""Values of `--ledger` other than a path."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of the ledger, and git in the judged folder.

    Attributes:
        branch: whose pushes are recorded, for people; empty when unknown.
        unseen: why the base of what is judged is not known, so that nothing can be compared; or empty.
    """

    snapshot: Snapshot
    git: Git
    branch: str = ""
    unseen: str = ""

    def of(self, commit: Commit) -> PriorRecord:
        """The baseline of a judged commit, and the history before it."""
        snapshot = self.snapshot
        if snapshot.state in (State.UNREACHABLE, State.UNREADABLE):
            return PriorRecord(Baseline(absence=Absence.NOT_MEASURED, reason=snapshot.reason))
        if self.unseen:
            reason = f"the base is not known: {self.unseen}"
            return PriorRecord(Baseline(absence=Absence.NOT_MEASURED, reason=reason))
        entries = snapshot.baselines.of_scope(scope_of(self.git))
        what = "the base" if commit.base else "this one"
        start = commit.base or (raw_parent(self.git, commit.tested) if commit.tested else "")
        found = known_line(self.git, start, snapshot.parents)
        branch = self.branch or self.git.default_branch().removeprefix("origin/") or "the default branch"
        return remember(entries, replace(found, whole=found.whole or not start, what=what), branch)


def open_memory(choice: str, directory: Path, root: Path, branch: str = "") -> Memory | None:
    """The memory that `--ledger` selects; None for none.

    Args:
        choice: `auto`, `off`, a file of `sluicegate ledger fetch`, or the folder of a ledger.
        directory: what a path is relative to.
        root: the judged folder.
        branch: whose pushes are recorded.

    Raises:
        UsageError: a path that does not exist, or no git repository.
        EvidenceError: a file that is not a snapshot.
    """
    if choice == OFF:
        return None
    git = open_repository(root)
    if choice == AUTO:
        return Memory(_fetched(git), git, branch) if git is not None and fetched_file(git).is_file() else None
    if git is None:
        raise UsageError(
            "a ledger records commits, and this is not a git repository", where=f"--ledger {choice}"
        )
    path = directory / choice
    if path.is_dir():
        return Memory(_of_folder(path, choice), git, branch)
    if not path.exists():
        raise UsageError("there is no such file or folder", where=f"--ledger {choice}",
                         remedy="It is 'auto', 'off', what `sluicegate ledger fetch --output` wrote, or the "
                         "folder of a ledger.")  # fmt: skip
    return Memory(read_snapshot(path, choice), git, branch)


def _fetched(git: Git) -> Snapshot:
    """The snapshot of an earlier fetch; one that cannot be read is UNREADABLE."""
    path = fetched_file(git)
    try:
        return read_snapshot(path, str(path))
    except EvidenceError as error:
        return Snapshot(State.UNREADABLE, reason=str(error))


def _of_folder(path: Path, name: str) -> Snapshot:
    from sluicegate.ledger.directory import directory_store
    from sluicegate.ledger.recording import known

    try:
        found = known(directory_store(path).view())
    except SluicegateError as error:
        return Snapshot(State.UNREACHABLE, name, str(error))
    if found.baselines is None:
        return Snapshot(State.UNREADABLE, name, "; ".join(found.problems))
    state = State.RECORDED if found.baselines.entries else State.EMPTY
    return Snapshot(state, name, baselines=found.baselines or Baselines())
