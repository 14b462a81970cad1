"""A YAML file as nodes that know where they stand, so that every error can name its place. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluicegate.core.errors import PolicyError

Path = tuple[str | int, ...]
"""Keys and list indices from the top."""

Mark = tuple[int, int]
"""Line and column, 1-based."""

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place; `keys` holds the places of a mapping's keys."""

    value: Scalar | list[Node] | dict[str, Node]
    mark: Mark
    keys: Mapping[str, Mark] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: `name` is how errors call it, `top` its mapping."""

    name: str
    top: Node

    def data(self) -> dict[str, Any]:
        """Plain Python values."""
        return {key: _plain(node) for key, node in _children(self.top)}

    def where(self, path: Path, *, key: bool = False) -> str:
        """`FILE:LINE:COLUMN` of the value at `path`, or of its key; of the nearest that exists."""
        node, mark = self.top, self.top.mark
        for index, step in enumerate(path):
            found = _child(node, step)
            if found is None:
                break
            mark = found.mark
            if key and index == len(path) - 1 and isinstance(step, str):
                mark = node.keys[step]
            node = found
        return place(self.name, mark)

    def existing(self, path: Path) -> Path:
        """The longest beginning of `path` that exists."""
        node = self.top
        for index, step in enumerate(path):
            found = _child(node, step)
            if found is None:
                return path[:index]
            node = found
        return path

    def without(self, paths: Collection[Path]) -> Document:
        """The document without the values at `paths`; every other value keeps its place."""
        return Document(self.name, _without(self.top, (), frozenset(paths)))


def place(name: str, mark: Mark) -> str:
    """`FILE:LINE:COLUMN`."""
    return f"{name}:{mark[0]}:{mark[1]}"


def _children(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node.value, dict):
        yield from node.value.items()


def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(node.value, dict) and isinstance(step, str):
        return node.value.get(step)
    if isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def _plain(node: Node) -> object:
    if isinstance(node.value, dict):
        return {key: _plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(child) for child in node.value]
    return node.value


def _without(node: Node, path: Path, gone: frozenset[Path]) -> Node:
    value = node.value
    if isinstance(value, dict):
        kept = {k: _without(v, (*path, k), gone) for k, v in value.items() if (*path, k) not in gone}
        return Node(kept, node.mark, node.keys)
    if isinstance(value, list):
        rest = [_without(v, (*path, i), gone) for i, v in enumerate(value) if (*path, i) not in gone]
        return Node(rest, node.mark)
    return node


def place_of(error: PolicyError) -> tuple[int, int]:
    """Line and column of an error, for sorting; zeros when it has none."""
    parts = error.where.rsplit(":", 2)
    if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
        return int(parts[1]), int(parts[2])
    return 0, 0
