"""Fields of a document from strangers, each taken with its type or refused with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from sluicegate.core.errors import EvidenceError

E = TypeVar("E", bound=StrEnum)

REMEDY = "The document was edited or cut short; write it again with `sluicegate check --format json`."


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON object of the document, with its place for messages.

    Every method raises `EvidenceError` where the field is of another type.
    """

    value: dict[str, object]
    where: str
    place: str = ""

    def wrong(self, key: str, expected: str) -> EvidenceError:
        """The error for a field that is missing or of another type."""
        return EvidenceError(f"'{self.path(key)}' is not {expected}", where=self.where, remedy=REMEDY)

    def path(self, key: str) -> str:
        """Where the field stands, cut to a bounded length."""
        return f"{self.place}.{key[:60]}".lstrip(".")

    def text(self, key: str) -> str:
        """A text."""
        found = self.value.get(key)
        if not isinstance(found, str):
            raise self.wrong(key, "a text")
        return found

    def text_or_none(self, key: str) -> str | None:
        """A text or null; a missing field counts as null."""
        return None if self.value.get(key) is None else self.text(key)

    def optional(self, key: str) -> str:
        """A text, empty for null."""
        return self.text_or_none(key) or ""

    def flag(self, key: str) -> bool:
        """True or false."""
        found = self.value.get(key)
        if not isinstance(found, bool):
            raise self.wrong(key, "true or false")
        return found

    def flag_or_none(self, key: str) -> bool | None:
        """True, false or null."""
        return None if self.value.get(key) is None else self.flag(key)

    def count(self, key: str) -> int:
        """A whole number of zero or more."""
        found = self.value.get(key)
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise self.wrong(key, "a count")
        return found

    def number(self, key: str) -> Fraction | None:
        """A finite number, exactly as its text says, or null."""
        found = self.value.get(key)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self.wrong(key, "a number or null")
        try:
            return Fraction(found) if isinstance(found, int) else Fraction(repr(found))
        except ValueError:
            raise self.wrong(key, "a finite number") from None

    def duration(self, key: str) -> float:
        """A finite number of seconds, zero or more."""
        found = self.value.get(key)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1e300:
            raise self.wrong(key, "a number of seconds")
        return float(found)

    def pair(self, key: str) -> tuple[int, int] | None:
        """Two whole numbers, or null."""
        found = self.value.get(key)
        if found is None:
            return None
        match found:
            case [int() as part, int() as whole] if not isinstance(part, bool) and not isinstance(
                whole, bool
            ):
                return part, whole
            case _:
                raise self.wrong(key, "two integers or null")

    def day(self, key: str) -> date:
        """A calendar day, `YYYY-MM-DD`."""
        try:
            return date.fromisoformat(self.text(key))
        except ValueError:
            raise self.wrong(key, "a date") from None

    def one_of(self, key: str, kind: type[E]) -> E:
        """A value of the enumeration."""
        try:
            return kind(self.text(key))
        except ValueError:
            raise self.wrong(key, f"one of {', '.join(kind)}") from None

    def child(self, key: str) -> Node:
        """The object below `key`."""
        return self._node(self.value.get(key), key)

    def child_or_none(self, key: str) -> Node | None:
        """The object below `key`, or None for null."""
        return None if self.value.get(key) is None else self.child(key)

    def children(self, key: str) -> Iterator[Node]:
        """The objects of the list below `key`."""
        for number, item in enumerate(self._list(key)):
            yield self._node(item, f"{key}[{number}]")

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of the list below `key`."""
        found = self._list(key)
        if not all(isinstance(item, str) for item in found):
            raise self.wrong(key, "a list of texts")
        return tuple(str(item) for item in found)

    def rows(self, key: str) -> tuple[tuple[str, ...], ...]:
        """The list of lists of texts below `key`."""
        rows = self._list(key)
        if not all(isinstance(row, list) and all(isinstance(cell, str) for cell in row) for row in rows):
            raise self.wrong(key, "a list of rows of texts")
        return tuple(tuple(str(cell) for cell in row) for row in rows if isinstance(row, list))

    def _list(self, key: str) -> list[object]:
        found = self.value.get(key)
        if not isinstance(found, list):
            raise self.wrong(key, "a list")
        return found

    def _node(self, found: object, key: str) -> Node:
        if not isinstance(found, dict):
            raise self.wrong(key, "an object")
        return Node(found, self.where, self.path(key))
