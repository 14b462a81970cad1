"""The documents of the ledger: small, typed, with a schema version, and named by their content. Pure.

The path of a document is `KIND/YYYY/MM/DD/KEY.DIGEST.json`, with the day and the digest of its own
bytes. So documents never collide, a document can only be added or left out, and a union of two
ledgers is the union of their paths. A ledger only grows, except by pruning, which starts a new chain: its
root holds the kept documents and one of the kind `pruned`.
"""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Generic, TypeVar, cast

from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import Count, Text
from sluicegate.core.text import cut, one_line
from sluicegate.documents.codec import Codec
from sluicegate.documents.parsing import parse

Migration = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a body of one schema version, as JSON values, to the next."""

Paths = frozenset[str]

B = TypeVar("B")

MAX_DOCUMENT = 4 * 1024**2
"""Bytes of one document."""

_PATH: Final = re.compile(
    r"(?P<kind>[a-z][a-z-]{0,39})/(?P<day>[0-9]{4}/[0-9]{2}/[0-9]{2})"
    r"/(?P<key>[A-Za-z0-9](?:[A-Za-z0-9_@-]|\+[0-9A-F]{2}){0,99})\.(?P<digest>[0-9a-f]{16})\.json"
)
_CODED: Final = re.compile(rb"[^A-Za-z0-9_@-]")
_CODE: Final = re.compile(rb"\+([0-9A-F]{2})")
_SCHEMA: Final = re.compile(r"sluicegate\.ledger\.(?P<kind>[a-z][a-z-]{0,39})/(?P<version>[1-9][0-9]{0,5})")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class DocumentError(EvidenceError):
    """A document is invalid; it is reported and skipped, never overwritten."""


class NewerError(DocumentError):
    """A document is of a kind or schema version that this version of sluicegate does not support."""


@dataclass(frozen=True, slots=True)
class Document(Generic[B]):
    """One document.

    Attributes:
        key: its subject: for a report the commit.
        at: when it was recorded, in UTC, `YYYY-MM-DDTHH:MM:SSZ`.
        body: its content, of the class of a registered kind.
        by: which version wrote it.
    """

    key: Annotated[str, Text(100)]
    at: Annotated[str, Text(20)]
    body: B
    by: Annotated[str, Text(100)] = ""

    @property
    def kind(self) -> str:
        """The name of the kind of its body."""
        return _kind_of(self.body).name

    @property
    def data(self) -> bytes:
        """Its bytes, equal for equal documents."""
        return _kind_of(self.body).codec.encode(self)

    @property
    def path(self) -> str:
        """Its path in the ledger."""
        return path_of(self.kind, self.key, self.at, self.data)


@dataclass(frozen=True)
class DocumentKind(Generic[B]):
    """A kind of document: its name in paths, and the class of its bodies of the newest schema version.

    There is a migration from each version to the next, so that the newest is one more than there are.

    Attributes:
        ended: of a kind whose documents of one key belong together: is what they tell over? Pruning keeps all
            of a key that is not, or of which one is young. None where each document stands alone.
    """

    name: str
    body: type[B]
    migrations: tuple[Migration, ...] = ()
    ended: Callable[[Sequence[B]], bool] | None = None

    @property
    def codec(self) -> Codec[Document[B]]:
        """How its documents are written."""
        whole = cast("type[Document[B]]", cast("Any", Document)[self.body])
        return Codec(whole, f"sluicegate.ledger.{self.name}/{len(self.migrations) + 1}", limit=MAX_DOCUMENT)


KINDS: Final[dict[str, DocumentKind[Any]]] = {}
"""The registered kinds, by name; the owner of a kind registers it."""

OWNERS: Final[Mapping[str, str]] = {
    "decision": "sluicegate.ledger.decisions",
    "release": "sluicegate.release.entries",
    "rollout": "sluicegate.rollout.entries",
}
"""Modules that register a kind, by its name; imported where such a document is read."""


def register(
    name: str, body: type[B], *migrations: Migration, ended: Callable[[Sequence[B]], bool] | None = None
) -> DocumentKind[B]:
    """Register a kind of document; the arguments as of `DocumentKind`."""
    kind = DocumentKind(name, body, migrations, ended)
    KINDS[name] = kind
    return kind


def _kind_of(body: object) -> DocumentKind[Any]:
    return next(kind for kind in KINDS.values() if kind.body is type(body))


@dataclass(frozen=True, slots=True)
class Pruning:
    """A removal of old documents.

    Attributes:
        tip: the ledger's tip before.
        first: the first day that was kept.
        removed, kept: numbers of documents.
    """

    tip: str
    first: date
    removed: Count
    kept: Count


REPORT: Final = "report"
PRUNED: Final = register("pruned", Pruning).name


@dataclass(frozen=True, slots=True)
class DocumentPath:
    """The parts of a document's path."""

    path: str
    kind: str
    key: str
    day: date
    digest: str


def stamp(moment: datetime) -> str:
    """A moment in UTC as a document has it."""
    return moment.strftime(_TIME)


def stamp_of(seconds: int) -> str:
    """A moment, in seconds since 1970, as a document has it."""
    return stamp(datetime.fromtimestamp(seconds, UTC))


def seconds_of(at: str) -> int:
    """The moment of a document, in seconds since 1970."""
    return int(datetime.strptime(at, _TIME).replace(tzinfo=UTC).timestamp())


def path_of(kind: str, key: str, at: str, data: bytes) -> str:
    """The path of a document with these bytes; in it `v1.4.0` is `v1+2E4+2E0`."""
    coded = _CODED.sub(
        lambda match: b"+%02X" % ord(match[0]), key.encode("utf-8", "surrogateescape")
    ).decode()
    return f"{kind}/{at[:10].replace('-', '/')}/{coded}.{hashlib.sha256(data).hexdigest()[:16]}.json"


def _decoded(coded: str) -> str:
    """The key of its part of a path."""
    plain = _CODE.sub(lambda match: bytes([int(match[1], 16)]), coded.encode())
    return plain.decode("utf-8", "surrogateescape")


def parse_path(path: str) -> DocumentPath | None:
    """The parts of a path; None for one that no document can have."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"].replace("/", "-"))
    except ValueError:
        return None
    return DocumentPath(path, match["kind"], _decoded(match["key"]), day, match["digest"])


def documents(paths: Iterable[str]) -> Paths:
    """The paths that are valid for documents."""
    return frozenset(p for p in paths if parse_path(p) is not None)


def kept(paths: Iterable[str], first: date) -> Paths:
    """What pruning keeps: documents of the day `first` and later, and those of prunings."""
    places = filter(None, map(parse_path, paths))
    return frozenset(p.path for p in places if p.day >= first or p.kind == PRUNED)


def stands_alone(kind: str) -> bool:
    """Does each document of a kind stand alone, so that its own day decides whether it is pruned?"""
    known = _known_kind(kind)
    return kind != PRUNED and (known is None or known.ended is None)


def told_together(paths: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """The documents of kinds whose documents belong together, by kind and key."""
    found: dict[tuple[str, str], list[str]] = {}
    for place in filter(None, map(parse_path, paths)):
        kind = _known_kind(place.kind)
        if kind is not None and kind.ended is not None:
            found.setdefault((place.kind, place.key), []).append(place.path)
    return found


def is_over(kind: str, read: Iterable[tuple[str, bytes | None]]) -> bool:
    """Is over what documents of one kind and key tell? What cannot be read is not.

    Args:
        kind: one whose documents belong together.
        read: paths with their bytes.
    """
    known = _known_kind(kind)
    if known is None or known.ended is None:
        return False
    try:
        return known.ended([read_document(path, data or b"").body for path, data in read])
    except DocumentError:
        return False


def of_kind(paths: Iterable[str], kind: str, key: str = "") -> list[str]:
    """The documents of a kind whose key is `key` or begins with it, the oldest day first."""
    places = [p for p in map(parse_path, paths) if p is not None and p.kind == kind and p.key.startswith(key)]
    return [p.path for p in sorted(places, key=lambda p: (p.day, p.path))]


def read_document(path: str, data: bytes) -> Document[Any]:
    """The document of untrusted bytes at a path, brought to the newest schema version.

    Raises:
        NewerError: another kind, or a newer schema version.
        DocumentError: it is invalid in any other way.
    """
    where = cut(one_line(path), 200)
    place = parse_path(path)
    if place is None:
        raise _wrong(where, "is not the path of a document")
    if len(data) > MAX_DOCUMENT:
        raise _wrong(where, f"has {len(data):,} bytes, above the limit of {MAX_DOCUMENT:,}")
    try:
        document = _read(place, parse(data, where), where)
    except EvidenceError as error:
        if isinstance(error, DocumentError):
            raise
        raise _wrong(where, error.what) from error
    try:
        is_time = stamp(datetime.strptime(document.at, _TIME)) == document.at
    except ValueError:
        is_time = False
    if not is_time:
        raise _wrong(where, "has no time")
    if path_of(place.kind, document.key, document.at, data) != path:
        raise _wrong(where, "does not match its path: kind, day, key and digest must be those of its bytes")
    return document


def _wrong(where: str, what: str) -> DocumentError:
    return DocumentError(what, where=where, remedy="It is left out.")


def _known_kind(name: str) -> DocumentKind[Any] | None:
    if name not in KINDS and name in OWNERS:
        importlib.import_module(OWNERS[name])
    return KINDS.get(name)


def _read(place: DocumentPath, value: object, where: str) -> Document[Any]:
    stated = value.get("schema") if isinstance(value, dict) else None
    match = _SCHEMA.fullmatch(stated) if isinstance(stated, str) else None
    if match is None or not isinstance(value, dict):
        raise _wrong(where, "does not name a schema of the ledger")
    version = int(match["version"])
    if match["kind"] != place.kind:
        raise _wrong(where, f"is a '{match['kind']}' below the folder of another kind")
    kind = _known_kind(place.kind)
    if kind is None or version > len(kind.migrations) + 1:
        raise NewerError(
            f"has the schema '{match[0]}', which this version does not support",
            where=where,
            remedy="It is left out here; use the newest sluicegate everywhere.",
        )
    body = _migrated(where, value.get("body"), kind.migrations[version - 1 :])
    return kind.codec.take({**value, "schema": kind.codec.schema, "body": body}, where)


def _migrated(where: str, body: object, steps: tuple[Migration, ...]) -> object:
    for step in steps:
        try:
            body = step(cast("Mapping[str, Any]", body))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _wrong(where, "cannot be migrated to the newest schema version") from error
    return body
