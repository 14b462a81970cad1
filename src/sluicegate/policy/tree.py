"""The content of policy files, as trees with the place of every value, and how they are merged. Pure.

The rules, in full:

- What a file does not set comes from the file below it.
- Mappings are merged by key; texts and lists are replaced whole, and so is a mapping marked for it.
- Lists that add up, as waivers do, are marked for it.
- A gate's `criteria` replaces the list below and with it the adjustments below, which spoke of that
  list: `adjust` of that file then replaces. Adjustments are applied when all files are merged.

With these, `over` is associative, and `NOTHING` is its neutral element.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Merge(enum.Enum):
    """What becomes of the value of the file below."""

    REPLACE = enum.auto()
    JOIN = enum.auto()
    """Mappings: key by key."""
    ADD = enum.auto()
    """Lists: the upper one behind the lower one."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A value of a policy, checked and converted.

    Attributes:
        value: a scalar as the program uses it, a tuple of trees, or a mapping from keys to trees.
        where: the place of the value, `FILE:LINE:COLUMN`.
        key: the place of its key; that of the value where it has none.
    """

    value: Any
    where: str = ""
    key: str = ""
    merge: Merge = Merge.REPLACE

    def entries(self, *path: str) -> Mapping[str, Tree]:
        """The mapping at the path; empty where no file has it."""
        found = self.find(*path)
        entries: Mapping[str, Tree] = found.value if found is not None else {}
        return entries

    def find(self, *path: str) -> Tree | None:
        """The value at the path; None when no file has it."""
        node: Tree | None = self
        for step in path:
            node = node.value.get(step) if node is not None else None
        return node

    def get(self, key: str, default: T) -> T:
        """The plain value under a key, which is of the default's type."""
        found = self.value.get(key)
        return default if found is None else cast("T", found.plain())

    def having(self, entries: Mapping[str, Tree]) -> Tree:
        """The mapping with these entries in it."""
        return replace(self, value={**self.value, **entries})

    def plain(self) -> object:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: tree.plain() for key, tree in self.value.items()}
        if isinstance(self.value, tuple):
            return tuple(tree.plain() for tree in self.value)
        return self.value


NOTHING = Tree({}, merge=Merge.JOIN)
"""An empty file."""


def merged(trees: Iterable[Tree]) -> Tree:
    """All files, the lowest first."""
    return reduce(over, trees, NOTHING)


def over(lower: Tree, upper: Tree) -> Tree:
    """The upper tree laid over the lower one."""
    match upper.merge:
        case Merge.REPLACE:
            return upper
        case Merge.ADD:
            return replace(upper, value=lower.value + upper.value)
        case Merge.JOIN:
            laid = {
                k: over(lower.value[k], tree) if k in lower.value else tree for k, tree in upper.value.items()
            }
            return Tree(
                {**lower.value, **laid}, upper.where or lower.where, upper.key or lower.key, lower.merge
            )
