"""What `sluicegate ledger fetch` leaves for `check`, which makes no request: one JSON file.

It says how the fetch went, too, so that a ledger that could not be asked is told from an empty one.
"""

from __future__ import annotations

import enum
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.core.errors import EvidenceError, WorldError
from sluicegate.core.text import cut, one_line
from sluicegate.evidence.json_file import load
from sluicegate.ledger.baselines import MAX_BASELINES, Baselines, edges
from sluicegate.ledger.documents import DocumentError
from sluicegate.ledger.wire import encode
from sluicegate.ledger.wire_fields import decode_value

SCHEMA = "sluicegate.ledger.snapshot/1"

_REMEDY = "Write it with `sluicegate ledger fetch`."


class State(enum.StrEnum):
    """How the fetch went."""

    RECORDED = "recorded"
    EMPTY = "empty"
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was fetched.

    Attributes:
        store: where from, for people.
        reason: for UNREACHABLE and UNREADABLE: why.
        line: first parents that the clone lacks, newest first.
        data: the bytes that `baselines` were read from, where they are at hand.
    """

    state: State
    store: str = ""
    reason: str = ""
    baselines: Baselines = field(default_factory=Baselines)
    line: tuple[str, ...] = ()
    data: bytes = field(default=b"", repr=False, compare=False)

    @property
    def parents(self) -> dict[str, str]:
        """Commit to first parent, as far as it was fetched."""
        return {**self.baselines.parents, **edges(self.line)}


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write the file as a whole.

    Raises:
        WorldError: it cannot be written.
    """
    value = {
        "schema": SCHEMA,
        "state": str(snapshot.state),
        "store": snapshot.store,
        "reason": snapshot.reason,
        "line": list(snapshot.line),
    }
    head = json.dumps(value, separators=(",", ":")).removesuffix("}").encode()
    given = snapshot.data
    plain = given.isascii() and b"\0" not in given  # ASCII, not the bytes of UTF-16: part of a larger text
    data = given if given and plain else encode(snapshot.baselines)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, head + b',"baselines":' + data.strip() + b"}\n")
    except OSError as error:
        raise WorldError(f"cannot be written: {error.strerror}", where=str(path),
                         remedy="Name another place with --output, and `check --ledger` that file.",
                         ) from error  # fmt: skip


def _write(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".ledger-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def read_snapshot(path: Path, where: str) -> Snapshot:
    """The file, which may be of strangers.

    Raises:
        EvidenceError: it is missing, or no such file.
    """
    value, _ = load(path, where, limit=MAX_BASELINES + 1024**2)
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise EvidenceError("is not what 'sluicegate ledger fetch' writes", where=where, remedy=_REMEDY)
    return _snapshot(value, where)


def _snapshot(value: Mapping[str, object], where: str) -> Snapshot:
    match value:
        case {"state": str(state), "store": str(store), "reason": str(reason), "line": list(line)} if (
            state in list(State) and all(isinstance(c, str) and len(c) <= 64 for c in line)
        ):
            try:
                baselines = decode_value(value.get("baselines"), where)
            except DocumentError as error:
                raise EvidenceError(error.what, where=where, remedy=_REMEDY) from error
            store, reason = (cut(one_line(t), 400) for t in (store, reason))
            return Snapshot(State(state), store, reason, baselines, tuple(str(c) for c in line))
        case _:
            raise EvidenceError("is damaged", where=where, remedy=_REMEDY)
