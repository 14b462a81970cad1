"""The documents of the ledger: small, typed, with a schema version, and named by their content. Pure.

A document stands at `KIND/YYYY/MM/DD/KEY.DIGEST.json`: the day and the digest are those of its own
bytes. So documents never collide, a document can only be added or left out, and a union of two
ledgers is the union of their paths.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line
from sluicegate.evidence.json_file import mapping, parse, text

Body = Mapping[str, object]
"""What a document says, as JSON values."""

Migration = Callable[[Body], Body]
"""From a body of one schema version to the next."""

MAX_DOCUMENT = 4 * 1024**2
"""Bytes of one document."""

_DIGEST = 16
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_@+-]{0,99}")
_PATH: Final = re.compile(
    r"(?P<kind>[a-z][a-z-]{0,39})/(?P<day>[0-9]{4}/[0-9]{2}/[0-9]{2})"
    r"/(?P<key>[A-Za-z0-9][A-Za-z0-9_@+-]{0,99})\.(?P<digest>[0-9a-f]{16})\.json"
)
_SCHEMA: Final = re.compile(r"sluicegate\.ledger\.(?P<kind>[a-z][a-z-]{0,39})/(?P<version>[1-9][0-9]{0,5})")
_TIME = "%Y-%m-%dT%H:%M:%SZ"

REPORT, PRUNED = "report", "pruned"

KINDS: Mapping[str, tuple[Migration, ...]] = {REPORT: (), PRUNED: ()}
"""By kind: the migrations from each schema version to the next. The newest version is one more than
there are migrations."""


class DocumentError(EvidenceError):
    """A document is not what the ledger may hold; it is reported and skipped, never overwritten."""


class NewerError(DocumentError):
    """A document is of a kind or schema version that this version of sluicegate does not know."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document.

    Attributes:
        kind: out of `KINDS`.
        key: what it is about: for a report the commit.
        at: when it was recorded, in UTC, `YYYY-MM-DDTHH:MM:SSZ`.
        body: as JSON values.
        by: which version wrote it.
    """

    kind: str
    key: str
    at: str
    body: Body
    by: str = ""

    @property
    def data(self) -> bytes:
        """Its bytes: the same document, the same bytes."""
        value = {
            "schema": f"sluicegate.ledger.{self.kind}/{newest(self.kind)}",
            "key": self.key,
            "at": self.at,
            "by": self.by,
            "body": self.body,
        }
        return json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False).encode() + b"\n"

    @property
    def path(self) -> str:
        """Where it stands."""
        return path_of(self.kind, self.key, self.at, self.data)


@dataclass(frozen=True, slots=True)
class Place:
    """What a document's path says of it."""

    path: str
    kind: str
    key: str
    day: date
    digest: str


def newest(kind: str) -> int:
    """The schema version that is written."""
    return len(KINDS[kind]) + 1


def stamp(moment: datetime) -> str:
    """A moment in UTC as a document has it."""
    return moment.strftime(_TIME)


def seconds_of(at: str) -> int:
    """The moment of a document, in seconds since 1970."""
    return int(datetime.strptime(at, _TIME).replace(tzinfo=UTC).timestamp())


def path_of(kind: str, key: str, at: str, data: bytes) -> str:
    """The path of a document with these bytes."""
    return f"{kind}/{at[:10].replace('-', '/')}/{key}.{hashlib.sha256(data).hexdigest()[:_DIGEST]}.json"


def place_of(path: str) -> Place | None:
    """What a path says; None for one that no document has."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"].replace("/", "-"))
    except ValueError:
        return None
    return Place(path, match["kind"], match["key"], day, match["digest"])


def read_document(path: str, data: bytes, kinds: Mapping[str, tuple[Migration, ...]] = KINDS) -> Document:
    """The document at a path, brought to the newest schema version.

    Args:
        path: where it stands in the ledger.
        data: its bytes, from strangers.
        kinds: as `KINDS`.

    Raises:
        NewerError: another kind, or a newer schema version.
        DocumentError: anything else that is wrong with it.
    """
    where = cut(one_line(path), 200)
    place = place_of(path)
    if place is None:
        raise _wrong(where, "is no path of a document")
    if len(data) > MAX_DOCUMENT:
        raise _wrong(where, f"has {len(data):,} bytes, above the limit of {MAX_DOCUMENT:,}")
    value = _parsed(where, data)
    version = _version(where, place, value, kinds)
    key, at, body = text(value.get("key"), 200), text(value.get("at"), 40), value.get("body")
    if not isinstance(body, dict) or not _is_time(at):
        raise _wrong(where, "has no body, or no time")
    if path_of(place.kind, key, at, data) != path:
        raise _wrong(where, "is not what its path says: kind, day, key and digest must be its own")
    return Document(place.kind, key, at, _migrated(where, body, kinds[place.kind][version - 1 :]),
                    text(value.get("by"), 100))  # fmt: skip


def _wrong(where: str, what: str) -> DocumentError:
    return DocumentError(what, where=where, remedy="It is left out.")


def _parsed(where: str, data: bytes) -> Mapping[str, object]:
    try:
        value = parse(data, where)
    except EvidenceError as error:
        raise _wrong(where, error.what) from error
    if not isinstance(value, dict):
        raise _wrong(where, "is no JSON object")
    return mapping(value)


def _version(
    where: str, place: Place, value: Mapping[str, object], kinds: Mapping[str, tuple[Migration, ...]]
) -> int:
    match = _SCHEMA.fullmatch(text(value.get("schema"), 200))
    if match is None:
        raise _wrong(where, "names no schema of the ledger")
    kind, version = match["kind"], int(match["version"])
    if kind != place.kind:
        raise _wrong(where, f"is a '{kind}' below the folder of another kind")
    if kind not in kinds or version > len(kinds[kind]) + 1:
        raise NewerError(
            f"has the schema '{match[0]}', which this version does not know",
            where=where,
            remedy="It is left out here; use the newest sluicegate everywhere.",
        )
    return version


def _is_time(at: str) -> bool:
    try:
        return datetime.strptime(at, _TIME).strftime(_TIME) == at
    except ValueError:
        return False


def _migrated(where: str, body: Body, steps: tuple[Migration, ...]) -> Body:
    for step in steps:
        try:
            body = step(body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _wrong(where, "cannot be brought to the newest schema version") from error
    return body
