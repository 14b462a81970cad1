"""A YAML file as nodes with their places, so that every error can name one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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


def place(name: str, mark: Mark) -> str:
    """`FILE:LINE:COLUMN`."""
    return f"{name}:{mark[0]}:{mark[1]}"
