"""Counts coverage, and merges two reports of one file. Pure.

`total` is coverage.py's combined figure: (covered lines + taken branches) / (executable lines
+ possible branches), in its documentation the "total" of a report with branches.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sluicegate.evidence.records import CoverageRecord, FileCoverage

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class CoverageCounts:
    """Exact counts; every pair is (covered, all). They add up with `+`."""

    lines: tuple[int, int] = (0, 0)
    branches: tuple[int, int] = (0, 0)

    @property
    def total(self) -> tuple[int, int]:
        """Lines and branches together."""
        return self.lines[0] + self.branches[0], self.lines[1] + self.branches[1]

    def __add__(self, other: CoverageCounts) -> CoverageCounts:
        return CoverageCounts(_plus(self.lines, other.lines), _plus(self.branches, other.branches))


def _plus(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    return one[0] + two[0], one[1] + two[1]


def count_file(file: FileCoverage, within: int | None = None) -> CoverageCounts:
    """Counts of one file, or of its lines in the bitset `within`."""
    if within is None:
        lines = (file.covered.bit_count(), file.executable.bit_count())
        pairs: Iterable[tuple[int, int]] = file.branches.values()
    else:
        lines = ((file.covered & within).bit_count(), (file.executable & within).bit_count())
        pairs = (pair for line, pair in file.branches.items() if line and within >> line & 1)
    taken = possible = 0
    for one, all_of in pairs:
        taken += one
        possible += all_of
    return CoverageCounts(lines, (taken, possible))


def partial_lines(file: FileCoverage) -> list[int]:
    """The lines that ran, with a branch that was not taken, in order."""
    not_run = file.executable & ~file.covered
    return [
        line
        for line, (taken, possible) in sorted(file.branches.items())
        if line and taken < possible and not not_run >> line & 1
    ]


def count_uncovered(file: FileCoverage) -> int:
    """How many lines did not run, or have a branch that was not taken."""
    return (file.executable & ~file.covered).bit_count() + len(partial_lines(file))


def count_files(files: Iterable[FileCoverage]) -> CoverageCounts:
    """Counts of several files together."""
    return sum((count_file(file) for file in files), CoverageCounts())


def count_record(record: CoverageRecord) -> CoverageCounts:
    """Counts of a whole report.

    Some tools state branches in sum and list them for no line; then the stated sum counts.
    """
    counts = count_files(record.files.values())
    if record.stated.branches and not counts.branches[1]:
        return CoverageCounts(counts.lines, record.stated.branches)
    return counts


TARGETS = "target"
"""Branches are named by the line that they lead to, `exit` for out of the function."""

ORDER = "order"
"""Branches are named by their place among those of the line, from 0."""

MAX_NAMED = 1_000
"""The largest number of branches of one line kept by name; of a line with more only the numbers are kept."""

_NAMING = re.compile(rf"([1-9][0-9]{{0,5}}) by (?:{TARGETS}|{ORDER})")

Untaken = Mapping[str, tuple[str, ...]]
"""Naming (`2 by target`) -> names of the branches of one line that were not taken, sorted."""


def naming(pair: tuple[int, int], kind: str, names: Iterable[str]) -> Untaken:
    """The branches of a line that were not taken, under how they are named.

    Names are comparable only where their kind and the number of branches agree: the key
    holds both. Nothing is kept where it is not needed (no branch was taken, or all were), and where
    the names do not distinguish the branches.

    Args:
        pair: (taken, possible).
        kind: `TARGETS` or `ORDER`.
        names: of the branches not taken.
    """
    taken, possible = pair
    distinct = sorted({*names} - {""}) if 0 < taken < possible <= MAX_NAMED else []
    told_apart = bool(distinct) and len(distinct) == possible - taken
    return {f"{possible} by {kind}": tuple(distinct)} if told_apart else {}


def taken_at_least(untaken: Untaken) -> int:
    """How many branches of a line were taken, by the names of the others."""
    return max((int(key.partition(" ")[0]) - len(names) for key, names in untaken.items()), default=0)


def is_naming(key: str) -> bool:
    """Is it a key that `naming` makes?"""
    return _NAMING.fullmatch(key) is not None


def unite_branches(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    """The branches of one line seen twice: the larger counts.

    Where it is not known which branches were taken, this is a lower bound of what both took.
    """
    return max(one[0], two[0]), max(one[1], two[1])


def unite_untaken(one: Untaken, two: Untaken) -> Untaken:
    """The branches of one line that were taken in neither report."""
    if one == two:
        return one
    both = {key: tuple(name for name in one[key] if name in two[key]) for key in one.keys() & two.keys()}
    return {**one, **two, **both}


def unite(one: FileCoverage, two: FileCoverage) -> FileCoverage:
    """Two reports of one file as one; a line is covered if it is in either.

    The branches of a line are united exactly where one report took all or none, and where both
    name theirs in the same way. Otherwise the larger number counts.
    """
    branches = _by_line(one.branches, two.branches, unite_branches)
    untaken = _by_line(one.untaken, two.untaken, unite_untaken)
    for line in one.untaken.keys() & two.untaken.keys():
        taken, possible = branches[line]
        branches[line] = max(taken, taken_at_least(untaken[line])), possible
    covered = one.covered | two.covered
    return FileCoverage(one.path, one.executable | two.executable, covered, branches, untaken)


def _by_line(one: Mapping[int, _T], two: Mapping[int, _T], both: Callable[[_T, _T], _T]) -> dict[int, _T]:
    result = dict(one)
    for line, value in two.items():
        known = result.get(line)
        result[line] = value if known is None else both(known, value)
    return result


def names_branches(file: FileCoverage) -> bool:
    """Does the report distinguish the branches, on every line where some were taken and some not?"""
    return all(
        line in file.untaken for line, (taken, possible) in file.branches.items() if 0 < taken < possible
    )


def disagreement(record: CoverageRecord) -> str:
    """Where a report's own sums are not what it lists, one sentence; empty when they agree."""
    counts = count_files(record.files.values())
    parts = [
        f"states {stated[0]:,} of {stated[1]:,} {what} and lists {listed[0]:,} of {listed[1]:,}"
        for what, stated, listed in (
            ("lines", record.stated.lines, counts.lines),
            ("branches", record.stated.branches, counts.branches),
        )
        if stated is not None and stated != listed
    ]
    return "; ".join(parts)
