"""The JSON file that `sluicegate ledger fetch` writes for `check`, which makes no request.

It holds the state of the fetch, too, to tell a ledger that could not be read from an empty one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.core.errors import WorldError
from sluicegate.core.fields import Sha
from sluicegate.core.text import cut, one_line
from sluicegate.documents.codec import Codec
from sluicegate.evidence.limits import read_bytes
from sluicegate.ledger.baselines import MAX_BASELINES, Baselines, edges
from sluicegate.ledger.wire import Wire, to_wire
from sluicegate.ledger.wire_read import of_wire
from sluicegate.runtime.files import write_whole


class State(enum.StrEnum):
    """The result of the fetch."""

    RECORDED = "recorded"
    EMPTY = "empty"
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was fetched from a store, or why it is UNREACHABLE or UNREADABLE.

    `line` has the first parents that the clone lacks, newest first.
    """

    state: State
    store: str = ""
    reason: str = ""
    baselines: Baselines = field(default_factory=Baselines)
    line: tuple[str, ...] = ()

    @property
    def parents(self) -> dict[str, str]:
        """Commit to first parent, as far as it was fetched."""
        return {**self.baselines.parents, **edges(self.line)}


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """The file."""

    state: State
    store: str
    reason: str
    line: tuple[Sha, ...]
    baselines: Wire


FETCHED = Codec(
    SnapshotFile,
    "sluicegate.ledger.snapshot/1",
    remedy="Write it with `sluicegate ledger fetch`.",
    limit=MAX_BASELINES + 1024**2,
)


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write the file as a whole.

    Raises:
        WorldError: it cannot be written.
    """
    baselines = to_wire(snapshot.baselines)
    file = SnapshotFile(snapshot.state, snapshot.store, snapshot.reason, snapshot.line, baselines)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, FETCHED.encode(file))
    except OSError as error:
        raise WorldError(f"cannot be written: {error.strerror}", where=str(path),
                         remedy="Name another place with --output, and `check --ledger` that file.",
                         ) from error  # fmt: skip


def read_snapshot(path: Path, where: str) -> Snapshot:
    """The snapshot in an untrusted file.

    Raises:
        EvidenceError: it is missing, or not a snapshot.
    """
    found = FETCHED.decode(read_bytes(path, where, limit=FETCHED.limit)[0], where)
    store, reason = (cut(one_line(text), 400) for text in (found.store, found.reason))
    return Snapshot(found.state, store, reason, of_wire(found.baselines, where), found.line)
