"""A YAML file as nodes that know where they stand, so that every error can name its place. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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
