"""YAML as a tree whose nodes know their places in the text. Pure.

Plain scalars are read as Go's yaml.v3 reads them into values of any type: `on`, `off`, `yes` and `no` are
texts, not booleans. Keys are always texts. Nothing is constructed, and size and depth are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from sluicegate.core.errors import EvidenceError

MAX_DEPTH = 40
MAX_NODES = 200_000

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(
    r"[-+]?([0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18}|[0-9]{1,18}(\.[0-9]{0,18})?[eE][-+]?[0-9]{1,2})"
)
_WORDS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(slots=True)
class Scalar:
    """A scalar, from `start` to `end` in the text.

    Attributes:
        text: as it is written, unquoted.
        value: what it means.
        anchor: its name for aliases, or empty.
    """

    start: int
    end: int
    text: str
    value: object
    anchor: str = ""


@dataclass(slots=True)
class Items:
    """A sequence; `flow` in brackets."""

    start: int
    end: int
    flow: bool
    anchor: str = ""
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Members:
    """A mapping; `flow` in braces."""

    start: int
    end: int
    flow: bool
    anchor: str = ""
    pairs: list[Pair] = field(default_factory=list)


@dataclass(slots=True)
class Alias:
    """The use of another node."""

    start: int
    end: int
    of: Scalar | Items | Members
    anchor: str = ""


Node: TypeAlias = Scalar | Items | Members | Alias
Pair: TypeAlias = tuple[Scalar, Node]


@dataclass(slots=True)
class Document:
    """One document, whose top is a mapping.

    Attributes:
        text: as it was read.
        top: the mapping.
        signs: by key of the top, what its value is made of: all events, without their places.
    """

    text: str
    top: Members
    signs: dict[str, list[tuple[object, ...]]]


Event: TypeAlias = Any
"""An event of PyYAML's parser, whose marks are always there when it parses."""


def read(data: bytes, where: str) -> Document:
    """The document of a file.

    Raises:
        EvidenceError: it is not UTF-8, not YAML, not one document with a mapping, over a limit; it has a
            duplicate key, a tag, a key that is not a scalar, or an alias of what is not there.
    """
    try:
        text = data.decode("utf-8")
        return _Reader(text, where).document()
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        remedy = "Check the file with GO Feature Flag's linter, or another one of YAML."
        raise EvidenceError("is not valid YAML in UTF-8", where=where, remedy=remedy) from error


class _Reader:
    def __init__(self, text: str, where: str) -> None:
        self._where = where
        self._text = text
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._events: Iterator[Event] = yaml.parse(text, Loader=loader)
        self._anchors: dict[str, Scalar | Items | Members] = {}
        self._nodes = 0
        self._signs: list[tuple[object, ...]] = []

    def document(self) -> Document:
        for kind in (yaml.StreamStartEvent, yaml.DocumentStartEvent):
            self._expect(next(self._events), kind, "holds no document")
        first = next(self._events)
        self._expect(first, yaml.MappingStartEvent, "holds no mapping of flags")
        top = Members(first.start_mark.index, 0, bool(first.flow_style), first.anchor or "")
        signs: dict[str, list[tuple[object, ...]]] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            self._signs = []
            top.pairs.append(self._pair(event, 1, signs))
            signs[top.pairs[-1][0].text] = self._signs
        top.end = _place(event.end_mark)
        self._expect(next(self._events), yaml.DocumentEndEvent, "holds no document")
        self._expect(next(self._events), yaml.StreamEndEvent, "holds several documents")
        return Document(self._text, top, signs)

    def _expect(self, event: Event, kind: type[yaml.Event], what: str) -> None:
        if not isinstance(event, kind):
            raise self._error(what)

    def _error(self, what: str) -> EvidenceError:
        return EvidenceError(what, where=self._where, remedy="Write it as a plain mapping of flags.")

    def _pair(self, event: Event, depth: int, known: Collection[str]) -> Pair:
        key = self._node(event, depth)
        if not isinstance(key, Scalar) or key.text in known:
            raise self._error("has a key that is no text, or one that is there twice")
        return key, self._node(next(self._events), depth)

    def _node(self, event: Event, depth: int) -> Node:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise self._error("is nested too deeply, or too large")
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, yaml.AliasEvent):
            self._signs.append(("alias", event.anchor))
            if event.anchor not in self._anchors:
                raise self._error("has an alias of what is not there")
            return Alias(start, end, self._anchors[event.anchor])
        if getattr(event, "tag", None):
            raise self._error("has a tag")
        found = self._of_event(event, start, end, depth)
        if found.anchor:
            self._anchors[found.anchor] = found
        return found

    def _of_event(self, event: Event, start: int, end: int, depth: int) -> Scalar | Items | Members:
        anchor = event.anchor or ""
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style in (None, "")
            self._signs.append(("scalar", anchor, plain, event.value))
            value = _meaning(event.value) if plain else event.value
            return Scalar(start, end, event.value, value, anchor)
        self._signs.append((type(event).__name__, anchor))
        made: Items | Members
        if isinstance(event, yaml.SequenceStartEvent):
            made = Items(start, 0, bool(event.flow_style), anchor)
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                made.items.append(self._node(event, depth + 1))
        else:
            made, known = Members(start, 0, bool(event.flow_style), anchor), set[str]()
            while not isinstance(event := next(self._events), yaml.MappingEndEvent):
                made.pairs.append(self._pair(event, depth + 1, known))
                known.add(made.pairs[-1][0].text)
        self._signs.append(("end",))
        made.end = _place(event.end_mark)
        return made


def _place(mark: Event) -> int:
    found: int = mark.index
    return found


def _meaning(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def plain(node: Node, *, room: int = 10_000) -> object:
    """The value of a node, aliases followed.

    Raises:
        ValueError: it has more than `room` nodes, or contains itself.
    """
    left = [room]

    def made(node: Node, depth: int) -> object:
        left[0] -= 1
        if left[0] < 0 or depth > MAX_DEPTH:
            raise ValueError("too many nodes")
        match node:
            case Alias():
                return made(node.of, depth + 1)
            case Scalar():
                return node.value
            case Items():
                return [made(each, depth + 1) for each in node.items]
            case Members():
                return {key.text: made(value, depth + 1) for key, value in node.pairs}

    return made(node, 0)
