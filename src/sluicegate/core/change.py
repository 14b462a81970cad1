"""The change that is judged, as plain data: files, added lines, and who they were before.

Line sets are bitsets: bit `n` of an int stands for line `n` (1-based; bit 0 is never set).
They intersect with `&`, count with `int.bit_count()`, and cost an eighth of a byte a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sluicegate.core.fields import MAX_LINE, LineSet, RepositoryPath

UNTOUCHED = "the change does not touch"
"""How the reason begins for which a component of a monorepo is not judged."""


def lines_to_bits(lines: Iterable[int]) -> int:
    """A bitset of the given 1-based line numbers; what is below 1 is no line and left out.

    Raises:
        ValueError: a number is above `MAX_LINE`.
    """
    numbers = [n for n in lines if n >= 1]
    highest = max(numbers, default=0)
    _check_line(highest)
    buffer = bytearray(highest // 8 + 1)
    for n in numbers:
        buffer[n >> 3] |= 1 << (n & 7)
    return int.from_bytes(buffer, "little")


def bits_to_lines(bits: int) -> Iterator[int]:
    """The line numbers of a bitset, ascending."""
    for index, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        if byte:
            for bit in range(8):
                if byte >> bit & 1:
                    yield index * 8 + bit


def bits_to_ranges(bits: int) -> list[tuple[int, int]]:
    """Runs of consecutive lines, as inclusive pairs."""
    return [(run.start(), run.end() - 1) for run in re.finditer("1+", f"{bits:b}"[::-1])]


def range_to_bits(first: int, last: int) -> int:
    """The bitset of the lines `first` to `last`, inclusive; empty when `last < first`.

    Raises:
        ValueError: `last` is above `MAX_LINE`.
    """
    _check_line(last)
    first = max(first, 1)
    return ((1 << (last - first + 1)) - 1) << first if last >= first else 0


def _check_line(line: int) -> None:
    if line > MAX_LINE:
        raise ValueError(f"line {line} is above {MAX_LINE}")


@dataclass(frozen=True, slots=True)
class FileChange:
    """One changed file.

    Attributes:
        path: POSIX path in the tested tree; for a deleted file its old path.
        old_path: path in the base; differs from `path` for a rename; empty for an added file.
        added: bitset of the lines that the change added or rewrote, in the tested file.
        removed: bitset of the lines that went, in the base's file.
        binary: no line is known.
        deleted: the file is gone.
        unaligned: tools may number its lines otherwise than git does, so no line is known for sure.
        submodule: it is a commit of another repository, or was one and is gone: it has no lines, and
            it is not looked into. A file that one replaced is `deleted`, too.
    """

    path: RepositoryPath
    old_path: RepositoryPath = ""
    added: LineSet = 0
    removed: LineSet = 0
    binary: bool = False
    deleted: bool = False
    unaligned: bool = False
    submodule: bool = False

    @property
    def is_obscure(self) -> bool:
        """Do line numbers not tell what the change added?"""
        return self.binary or self.unaligned or self.submodule


@dataclass(frozen=True, slots=True)
class Change:
    """All that differs between the base and the tested tree."""

    files: Mapping[str, FileChange] = field(default_factory=dict)

    def added(self, path: str) -> int:
        """Bitset of the added lines of `path`; 0 when the change does not touch it."""
        file = self.files.get(path)
        return file.added if file else 0


@dataclass(frozen=True, slots=True)
class NoChange:
    """There is no change to judge; `reason` says why, for example `not a git repository`.

    `unseen`: there is one, and this clone does not show it, so what asks for it is not measured.
    """

    reason: str
    unseen: bool = False
