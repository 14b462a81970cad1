"""Lines of positions in a text. Pure."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate


class Lines:
    """The lines of a text, by position: one pass over the text for all of them."""

    __slots__ = ("_ends",)

    def __init__(self, text: str) -> None:
        lengths = (len(line) + 1 for line in text.split("\n"))
        self._ends = [end - 1 for end in accumulate(lengths)]

    def at(self, position: int) -> int:
        """The 1-based line that a position is in."""
        return bisect_left(self._ends, position) + 1
