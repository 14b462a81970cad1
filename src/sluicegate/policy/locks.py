"""Keys that a policy file locks for the files that extend it. Pure.

`locked: [gates.coverage.criteria]` in a shared file: a file that is laid over it may neither write
that key nor what would take it away. With a gate's `criteria` go its `adjust`, `else: warn` and
`required: auto`; with anything of a gate, switching the gate off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from sluicegate.core.errors import PolicyError
from sluicegate.policy.document import Node, place

Key = tuple[str, ...]

_OFF = (False, "off")
_WEAKENS = {"else": ("warn",), "required": ("auto",)}


@dataclass(frozen=True, slots=True)
class WrittenKeys:
    """A key that a file writes, with its place; `value` is None for lists."""

    key: Key
    where: str
    value: object


@dataclass(frozen=True, slots=True)
class LockPart:
    """What one file locks and writes."""

    locked: tuple[tuple[Key, str], ...] = ()
    written: tuple[WrittenKeys, ...] = ()


def written_in(name: str, node: Node, key: Key = ()) -> Iterator[WrittenKeys]:
    """Every key below a node of the file `name` that holds a text, a number or a list."""
    for step, child in node.value.items() if isinstance(node.value, dict) else ():
        if isinstance(child.value, dict):
            yield from written_in(name, child, (*key, step))
        else:
            value = None if isinstance(child.value, list) else child.value
            yield WrittenKeys((*key, step), place(name, node.keys[step]), value)


def lock_errors(parts: Iterable[LockPart]) -> Iterator[PolicyError]:
    """What the files, the lowest first, write although a file below locked it."""
    locks: list[tuple[Key, str]] = []
    for part in parts:
        for (lock, where), item in product(locks, part.written):
            if takes_away(lock, item):
                what = f"'{'.'.join(item.key)}' cannot be set here: '{'.'.join(lock)}' is locked at {where}"
                remedy = "Remove it here; only the file that locks it can change it."
                yield PolicyError(what, where=item.where, remedy=remedy)
        locks += part.locked


def takes_away(lock: Key, item: WrittenKeys) -> bool:
    """Does writing this key change or take away what is locked?"""
    key = item.key
    if key[: len(lock)] == lock:
        return True
    if lock[0] != "gates" or len(lock) < 2 or key[:2] != lock[:2]:
        return False
    rest = key[2:]
    if rest in ((), ("enabled",)):
        return item.value in _OFF
    if lock[2:] != ("criteria",):
        return False
    return rest[0] == "adjust" or (len(rest) == 1 and item.value in _WEAKENS.get(rest[0], ()))
