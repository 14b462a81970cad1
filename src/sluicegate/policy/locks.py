"""Keys that a policy file locks for the files that extend it. Pure.

`locked: [gates.coverage.criteria]` in a shared file: a file that is laid over it may neither write
that key nor what would take it away. With a gate's `criteria` go its `adjust`, `else: warn` and
`required: auto`; with anything of a gate, switching the gate off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sluicegate.core.errors import PolicyError
from sluicegate.policy.document import Document, Node, place

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


def written_in(document: Document) -> tuple[WrittenKeys, ...]:
    """Every key of the file that holds a text, a number or a list."""
    return tuple(_leaves(document.name, document.top, ()))


def _leaves(name: str, node: Node, key: Key) -> Iterator[WrittenKeys]:
    if not isinstance(node.value, dict):
        return
    for step, child in node.value.items():
        if isinstance(child.value, dict):
            yield from _leaves(name, child, (*key, step))
        else:
            value = None if isinstance(child.value, list) else child.value
            yield WrittenKeys((*key, step), place(name, node.keys[step]), value)


def lock_errors(parts: Sequence[LockPart]) -> tuple[PolicyError, ...]:
    """What the files, the lowest first, write although a file below locked it."""
    errors: list[PolicyError] = []
    locks: list[tuple[Key, str]] = []
    for part in parts:
        errors += _overridden(locks, part.written)
        locks += part.locked
    return tuple(errors)


def _overridden(locks: Iterable[tuple[Key, str]], written: Sequence[WrittenKeys]) -> Iterator[PolicyError]:
    for lock, where in locks:
        for item in written:
            if takes_away(lock, item):
                yield PolicyError(
                    f"'{'.'.join(item.key)}' cannot be set here: '{'.'.join(lock)}' is locked at {where}",
                    where=item.where,
                    remedy="Remove it here; only the file that locks it can change it.",
                )


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
