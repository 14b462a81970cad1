"""Counting coverage, and uniting what two reports say of one file. Pure.

`total` is coverage.py's combined figure: (covered lines + taken branches) / (executable lines
+ possible branches), in its documentation the "total" of a report with branches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sluicegate.evidence.records import CoverageRecord, FileCoverage


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact counts; every pair is (covered, all). They add up with `+`."""

    lines: tuple[int, int] = (0, 0)
    branches: tuple[int, int] = (0, 0)

    @property
    def total(self) -> tuple[int, int]:
        """Lines and branches together."""
        return self.lines[0] + self.branches[0], self.lines[1] + self.branches[1]

    def __add__(self, other: Counts) -> Counts:
        return Counts(_plus(self.lines, other.lines), _plus(self.branches, other.branches))


def _plus(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    return one[0] + two[0], one[1] + two[1]


def count_file(file: FileCoverage, within: int | None = None) -> Counts:
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
    return Counts(lines, (taken, possible))


def count_files(files: Iterable[FileCoverage]) -> Counts:
    """Counts of several files together."""
    return sum((count_file(file) for file in files), Counts())


def count_record(record: CoverageRecord) -> Counts:
    """Counts of a whole report.

    Some tools state branches in sum and list them for no line; then the stated sum counts.
    """
    counts = count_files(record.files.values())
    if record.stated.branches and not counts.branches[1]:
        return Counts(counts.lines, record.stated.branches)
    return counts


def count_changed(record: CoverageRecord, changed: Mapping[str, int]) -> Counts:
    """Counts of the changed lines alone: `changed` is path -> bitset of lines."""
    pairs = ((record.files.get(path), bits) for path, bits in changed.items())
    return sum((count_file(file, bits) for file, bits in pairs if file is not None), Counts())


def unite_branches(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    """The branches of one line seen twice: the larger counts.

    Which branches were taken is not known, so this is a lower bound of what both took.
    """
    return max(one[0], two[0]), max(one[1], two[1])


def unite(one: FileCoverage, two: FileCoverage) -> FileCoverage:
    """Two reports of one file as one; a line is covered when either says so."""
    branches = dict(one.branches)
    for line, pair in two.branches.items():
        known = branches.get(line)
        branches[line] = pair if known is None else unite_branches(known, pair)
    return FileCoverage(one.path, one.executable | two.executable, one.covered | two.covered, branches)


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
