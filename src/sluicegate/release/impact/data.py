"""JSON and YAML of strangers as nodes with their lines: bounded, and without any object made. Pure.

The YAML of other tools has more than that of a policy: several documents, merge keys, tags, and keys twice.
Here tags are ignored, a merge key fills in what is missing, and the last of two keys counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from sluicegate.core.text import cut, one_line
from sluicegate.documents.parsing import takes_too_much
from sluicegate.policy.document import Node, Scalar

MAX_BYTES = 8 * 1024**2
MAX_NODES = 300_000
MAX_DEPTH = 60
_MAX_DOCUMENTS = 500
_MAX_CHARACTERS = 4 * MAX_BYTES
"""Of all texts of a file, those of aliases counted anew."""
_MAX_FLOW = 200
"""Open brackets in a line, above which a file is refused: the time of libyaml grows with their square."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
_WORDS: Mapping[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}


Data = Any
"""A value of JSON or YAML, without places."""


class UnreadableError(Exception):
    """A file is not what it should be, or is over a limit; the message is the reason."""


def read_data(data: bytes, path: str) -> list[Node]:
    """The documents of a file, by the ending of its name: JSON, else YAML. Lines of JSON are not known.

    Raises:
        UnreadableError: it is neither, or over a limit.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"it has more than {MAX_BYTES:,} bytes")
    if path.endswith(".json"):
        return [_from_plain(parsed_json(data), 0, [MAX_NODES])]
    return _Composer(data).documents()


def plain(node: Node) -> Data:
    """The value without places."""
    if isinstance(node.value, dict):
        return {key: plain(inner) for key, inner in node.value.items()}
    if isinstance(node.value, list):
        return [plain(inner) for inner in node.value]
    return node.value


def below(node: Node, *keys: str) -> Node:
    """What a mapping has under keys, one below the other; a node without a value where there is nothing."""
    for key in keys:
        node = node.value.get(key, _NOTHING) if isinstance(node.value, dict) else _NOTHING
    return node


def items(node: Node) -> list[Node]:
    """The items of a list; nothing of anything else."""
    return node.value if isinstance(node.value, list) else []


def entries(node: Node) -> Mapping[str, Node]:
    """The entries of a mapping; nothing of anything else."""
    return node.value if isinstance(node.value, dict) else {}


def text_of(node: Node) -> str:
    """A scalar as text; empty for anything else."""
    value = node.value
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


_NOTHING = Node(None, (0, 0))


def parsed_json(data: bytes) -> Data:
    """A JSON document.

    Raises:
        UnreadableError: it is not JSON, or holds too many values.
    """
    if takes_too_much(data):
        raise UnreadableError("it holds too many values")
    try:
        return json.loads(data)
    except (ValueError, RecursionError, MemoryError):
        raise UnreadableError("it is not JSON") from None


def _from_plain(value: Data, depth: int, left: list[int]) -> Node:
    left[0] -= 1
    if depth > MAX_DEPTH or left[0] < 0:
        raise UnreadableError("it nests too deeply, or holds too many values")
    if isinstance(value, dict):
        return Node({key: _from_plain(inner, depth + 1, left) for key, inner in value.items()}, (0, 0))
    if isinstance(value, list):
        return Node([_from_plain(inner, depth + 1, left) for inner in value], (0, 0))
    return Node(value, (0, 0))


class _Composer:
    def __init__(self, data: bytes) -> None:
        self._text = data.decode("utf-8-sig", "replace")
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._left = MAX_NODES
        self._characters = _MAX_CHARACTERS

    def documents(self) -> list[Node]:
        """All documents of the stream."""
        if any(line.count("[") + line.count("{") > _MAX_FLOW for line in self._text.split("\n")):
            self._text = _check_flow(self._text)
        try:
            self._events: Iterator[yaml.Event] = yaml.parse(self._text, Loader=_LOADER)
            return list(self._all())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line = f" at line {mark.line + 1}" if mark else ""
            raise UnreadableError(f"it is not YAML{line}: {cut(one_line(error.problem or ''), 80)}") from None
        except (yaml.YAMLError, ValueError, OverflowError):
            raise UnreadableError("it is not YAML") from None

    def _all(self) -> Iterator[Node]:
        count = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                count += 1
                if count > _MAX_DOCUMENTS:
                    raise UnreadableError(f"it holds more than {_MAX_DOCUMENTS} documents")
                self._anchors = {}
                yield self._node(next(self._events), 0)

    def _node(self, event: yaml.Event, depth: int) -> Node:
        self._spend(1)
        if depth > MAX_DEPTH:
            raise UnreadableError(f"it nests deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            node, size, characters = self._anchors.get(event.anchor or "", (_NOTHING, 0, 0))
            self._spend(size, characters)
            return node
        before, characters = self._left, self._characters
        node = self._built(event, depth)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = node, before - self._left, characters - self._characters
        return node

    def _spend(self, count: int, characters: int = 0) -> None:
        self._left -= count
        self._characters -= characters
        if self._left < 0:
            raise UnreadableError(f"it holds more than {MAX_NODES:,} values")
        if self._characters < 0:
            raise UnreadableError(f"its texts have more than {_MAX_CHARACTERS:,} characters")

    def _built(self, event: yaml.Event, depth: int) -> Node:
        start = event.start_mark
        mark = (start.line + 1, start.column + 1) if start is not None else (0, 0)
        if isinstance(event, yaml.ScalarEvent):
            self._spend(0, len(event.value))
            return Node(_scalar(event), mark)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node([self._node(e, depth + 1) for e in self._until(yaml.SequenceEndEvent)], mark)
        return self._mapping(depth, mark)

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _mapping(self, depth: int, mark: tuple[int, int]) -> Node:
        values: dict[str, Node] = {}
        marks: dict[str, tuple[int, int]] = {}
        merged: dict[str, Node] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            name = text_of(key)
            if name == "<<":
                for source in items(value) or [value]:
                    for inner, node in entries(source).items():
                        merged.setdefault(inner, node)
            else:
                values[name], marks[name] = value, key.mark
        self._spend(len(merged))
        return Node({**merged, **values}, mark, marks)


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    text = str(event.value)
    if event.style or event.tag is not None:  # libyaml calls the style of plain text '', PyYAML None
        return text
    if text in _WORDS:
        return _WORDS[text]
    return json.loads(text) if _NUMBER.fullmatch(text) else text


def _check_flow(text: str) -> str:
    """The text; a line whose brackets nest deeply is refused, since such a file is no work of a tool."""
    depth = 0
    for char in re.findall(r"[\[\]{}]", text):
        depth += 1 if char in "[{" else -1
        if depth > _MAX_FLOW:
            raise UnreadableError(f"it nests deeper than {MAX_DEPTH} levels")
    return text
