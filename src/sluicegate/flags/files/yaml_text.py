"""One flag in the text of a file of YAML: changed narrowly, comments and order stay. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sluicegate.core.errors import EvidenceError
from sluicegate.flags.files.yaml_tree import Alias, Document, Items, Members, Node, Pair, Scalar, plain, read

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]{0,200}")
_HIDDEN = re.compile("[^\t -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Characters that YAML does not take, or that end a line."""

_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
"""Texts that some readers of YAML take for other values."""


class Unsafe(Exception):
    """A text whose form cannot be changed narrowly without harm to something else; says why."""


@dataclass(frozen=True, slots=True)
class Edit:
    """The text from `start` to `end` becomes `text`."""

    start: int
    end: int
    text: str


def replace_flag(data: bytes, name: str, flag: Mapping[str, object]) -> bytes:
    """The file with another value of a flag that it has, changed where it differs alone.

    Args:
        data: of a file that `read` reads.
        name: of a flag in it.
        flag: its new value.

    Raises:
        Unsafe: the form of the flag's text does not allow it.
    """
    document = read(data, "")
    return _checked(document, name, flag, list(_Editor(document.text).edits(_value(document, name), flag)))


def rewrite_flag(data: bytes, name: str, flag: Mapping[str, object]) -> bytes:
    """The file with the whole value of a flag written anew on one line; its comments are lost.

    Raises:
        Unsafe: something else in the file uses a part of the flag.
    """
    document = read(data, "")
    node = _value(document, name)
    text = _flow(flag)
    end = _content_end(node)
    behind = "" if document.text[end : end + 1] in ("", "\n", "\r", " ") else "\n"
    on_line_of_key = document.text[node.start - 1 : node.start] in (" ", "\n", "\r", "")
    return _checked(
        document, name, flag, [Edit(node.start, end, ("" if on_line_of_key else " ") + text + behind)]
    )


def _value(document: Document, name: str) -> Node:
    return next(value for key, value in document.top.pairs if key.text == name)


def _checked(document: Document, name: str, flag: Mapping[str, object], edits: list[Edit]) -> bytes:
    """The edited text, if it means what it must, and everything else in it means what it did.

    Raises:
        Unsafe: it does not.
    """
    text = document.text
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    data = text.encode("utf-8")
    try:
        after = read(data, "")
        same = plain(_value(after, name)) == flag
    except (EvidenceError, StopIteration, ValueError) as error:
        raise Unsafe("its text cannot be edited without breaking the file") from error
    others = list(document.signs) == list(after.signs) and all(
        signs == after.signs[key] for key, signs in document.signs.items() if key != name
    )
    if not same:
        raise Unsafe("its text would not mean what it shall")
    if not others or _anchors(document, name) != _anchors(after, name):
        raise Unsafe("something else in the file is written together with it")
    return data


def _anchors(document: Document, name: str) -> list[object]:
    return [sign[1] for sign in document.signs[name] if sign[0] != "alias" and len(sign) > 1 and sign[1]]


class _Editor:
    """Finds the edits that lead from nodes to values."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def edits(self, node: Node, value: object) -> Iterator[Edit]:
        """The edits that let a node have another value.

        Raises:
            Unsafe: as of `replace_flag`.
        """
        if plain(node) == value:
            return
        if node.anchor:
            raise Unsafe("an anchor or an alias of YAML shares a part of it")
        match node, value:
            case Alias(), _:
                raise Unsafe("an anchor or an alias of YAML shares a part of it")
            case Members(flow=False), dict():
                yield from self._members(node, value)
            case Items(), list() if len(node.items) == len(value):
                for item, new in zip(node.items, value, strict=True):
                    yield from self.edits(item, new)
            case Scalar(), str() | int() | float() | None:
                yield Edit(node.start, node.end, _scalar(value))
            case _:
                yield self._inline(node, value)

    def _inline(self, node: Node, value: object) -> Edit:
        """A node in brackets, written anew."""
        flow = isinstance(node, Items | Members) and node.flow
        if not flow or "#" in self._text[node.start : node.end]:
            raise Unsafe("its form is another than what must be written")
        return Edit(node.start, node.end, _flow(value))

    def _members(self, node: Members, value: Mapping[str, object]) -> Iterator[Edit]:
        kept, gone = _parted(node, value)
        for key, below in kept:
            yield from self.edits(below, value[key.text])
        column = self._column(node.pairs[0][0].start)
        there = [key.text for key, _ in node.pairs]
        pairs = [self._pair(name, below, column) for name, below in value.items() if name not in there]
        match gone, pairs:
            case [(key, below)], [pair]:
                yield Edit(key.start, _content_end(below), pair)
            case _:
                yield from (self._without(*pair) for pair in gone)
                yield from self._added(kept, pairs, column)

    def _added(self, kept: list[Pair], pairs: list[str], column: int) -> Iterator[Edit]:
        """New pairs, behind the last that stays."""
        if pairs and not kept:
            raise Unsafe("nothing of it would stay")
        if pairs:
            at = self._line_end(kept[-1][1], behind=False)
            yield Edit(at, at, "".join(f"{self._newline}{' ' * column}{pair}" for pair in pairs))

    def _without(self, key: Scalar, below: Node) -> Edit:
        """The lines of a pair, deleted."""
        start = self._text.rfind("\n", 0, key.start) + 1
        if self._text[start : key.start].strip(" "):
            raise Unsafe("a key that must go is the first of a list's item")
        return Edit(start, self._line_end(below, behind=True), "")

    def _line_end(self, node: Node, *, behind: bool) -> int:
        """The end of a node's last line, which may hold a comment; behind its newline, or before it."""
        end = _content_end(node)
        if self._text[end - 1 : end] == "\n":
            return end if behind else end - len(self._newline)
        found = self._text.find("\n", end)
        line = self._text[end:] if found < 0 else self._text[end:found]
        if line.strip() and not line.strip().startswith("#"):
            raise Unsafe("several of its keys are on one line")
        if found < 0:
            return len(self._text)
        return found + 1 if behind else found - (self._text[found - 1 : found] == "\r")

    def _column(self, at: int) -> int:
        return at - self._text.rfind("\n", 0, at) - 1

    def _pair(self, name: str, value: object, column: int) -> str:
        if isinstance(value, dict) and value:
            inner = column + 2
            lines = (f"{' ' * inner}{self._pair(key, below, inner)}" for key, below in value.items())
            return self._newline.join((f"{_text(name)}:", *lines))
        return f"{_text(name)}: {_flow(value)}"


def _parted(node: Members, value: Mapping[str, object]) -> tuple[list[Pair], list[Pair]]:
    """The pairs whose keys stay, and those whose keys go."""
    kept = [pair for pair in node.pairs if pair[0].text in value]
    return kept, [pair for pair in node.pairs if pair[0].text not in value]


def _content_end(node: Node) -> int:
    """Where the last of a node ends; the mark of a block's end is behind comments and empty lines."""
    match node:
        case Members(flow=False, pairs=[*_, (_, last)]) | Items(flow=False, items=[*_, last]):
            return _content_end(last)
        case _:
            return node.end


def _flow(value: object) -> str:
    match value:
        case dict():
            pairs = (f"{_text(key)}: {_flow(below)}" for key, below in value.items())
            return "{" + ", ".join(pairs) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case _:
            return _scalar(value)


def _scalar(value: object) -> str:
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(value: str) -> str:
    """A text with quotes where some reader could take it for another value."""
    bare = _BARE.fullmatch(value) and value.lower() not in _WORDS
    return value if bare else _HIDDEN.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(match: re.Match[str]) -> str:
    return f"\\U{ord(match[0]):08x}"
