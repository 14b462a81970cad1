"""Counting coverage, and uniting two reports of one file."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import lines_to_bits
from sluicegate.core.model import Source
from sluicegate.evidence.coverage.summary import (
    ORDER,
    TARGETS,
    CoverageCounts,
    Untaken,
    count_file,
    count_files,
    count_record,
    disagreement,
    naming,
    unite,
)
from sluicegate.evidence.records import CoverageRecord, FileCoverage, StatedTotals
from support.coverage_reports import file_coverage, files_of


@st.composite
def files(draw: st.DrawFn) -> FileCoverage:
    executable = draw(st.sets(st.integers(1, 200)))
    covered = draw(st.sets(st.sampled_from(sorted(executable)))) if executable else set()
    pairs = st.tuples(st.integers(0, 4), st.integers(1, 4)).map(lambda pair: (min(pair), pair[1]))
    branches = draw(st.dictionaries(st.integers(0, 200), pairs, max_size=8))
    untaken = {n: names for n, pair in branches.items() if (names := draw(named(pair)))}
    return FileCoverage("a.py", lines_to_bits(executable), lines_to_bits(covered), branches, untaken)


@st.composite
def named(draw: st.DrawFn, pair: tuple[int, int]) -> Untaken:
    """Names of the branches not taken, or none at all."""
    names = draw(st.permutations("abcd"[: pair[1]]))[pair[0] :]
    kind = draw(st.sampled_from(("", TARGETS, ORDER)))
    return naming(pair, kind, names) if kind else {}


def line(*untaken: str, possible: int = 2) -> FileCoverage:
    """A file with one line, whose branches of these names were not taken."""
    pair = (possible - len(untaken), possible)
    names = naming(pair, TARGETS, untaken)
    return FileCoverage("a.py", 2, 2, {1: pair}, {1: names} if names else {})


NOTHING_STATED = StatedTotals()


def record(stated: StatedTotals = NOTHING_STATED, **texts: str) -> CoverageRecord:
    return CoverageRecord(Source("c.xml", "cobertura"), files_of(texts), True, stated=stated)


def test_the_total_is_lines_and_branches_together() -> None:
    counts = count_file(file_coverage("a.py", "1+ 2- 3+1/2 4-0/2"))
    assert counts == CoverageCounts(lines=(2, 4), branches=(1, 4))
    assert counts.total == (3, 8)


def test_files_add_up() -> None:
    parts = [file_coverage("a.py", "1+1/2"), file_coverage("b.py", "1- 2+2/2")]
    assert count_files(parts) == CoverageCounts(lines=(2, 3), branches=(3, 4))


def test_a_change_counts_only_its_lines_and_their_branches() -> None:
    file = file_coverage("a.py", "1+ 2- 3+1/2 4-0/2")
    assert count_file(file, lines_to_bits([2, 3, 99])) == CoverageCounts((1, 2), (1, 2))


def test_branches_of_no_line_count_in_the_file_and_never_in_a_change() -> None:
    file = FileCoverage("a.py", 2, 2, {0: (3, 4)})
    assert count_file(file).branches == (3, 4)
    assert count_file(file, within=0b11).branches == (0, 0)


def test_a_stated_sum_of_branches_counts_when_none_is_listed() -> None:
    assert count_record(record(StatedTotals(branches=(1, 6)), a="1+")).branches == (1, 6)
    assert count_record(record(StatedTotals(branches=(1, 6)), a="1+1/2")).branches == (1, 2)


def test_a_record_that_is_as_it_states_has_no_disagreement() -> None:
    assert disagreement(record(StatedTotals((1, 2), (1, 2)), a="1+1/2 2-")) == ""


@given(files(), files())
def test_united_files_cover_what_either_covers(one: FileCoverage, two: FileCoverage) -> None:
    both = unite(one, two)
    assert both.covered == one.covered | two.covered
    assert both.executable == one.executable | two.executable
    assert both == unite(two, one)
    assert unite(both, one) == both


@pytest.mark.parametrize(
    ("one", "two", "taken"),
    [
        (line("3"), line("exit"), (2, 2)),
        (line("3"), line("3"), (1, 2)),
        (line("3"), line(), (2, 2)),
        (line("3"), line("3", "exit"), (1, 2)),
        (line("3", "5", possible=4), line("5", "7", possible=4), (3, 4)),
        (line("3"), FileCoverage("a.py", 2, 2, {1: (1, 2)}), (1, 2)),
        (line("3"), line("5", possible=3), (2, 3)),
    ],
)
def test_named_branches_are_united_exactly_and_others_from_below(
    one: FileCoverage, two: FileCoverage, taken: tuple[int, int]
) -> None:
    assert unite(one, two).branches == {1: taken}


def test_names_of_two_kinds_are_never_compared() -> None:
    by_order = FileCoverage("a.py", 2, 2, {1: (1, 2)}, {1: naming((1, 2), ORDER, ["0"])})
    assert unite(line("3"), by_order).branches == {1: (1, 2)}


def test_names_that_do_not_tell_the_branches_apart_are_not_kept() -> None:
    assert naming((1, 3), TARGETS, ["exit", "exit"]) == {}


@given(files(), files(), files())
def test_it_does_not_matter_in_which_order_files_are_united(
    one: FileCoverage, two: FileCoverage, three: FileCoverage
) -> None:
    assert unite(unite(one, two), three) == unite(one, unite(two, three))


@given(st.lists(st.sets(st.sampled_from("abcd")), min_size=1, max_size=5))
def test_the_union_of_named_branches_is_what_any_run_took(runs: list[set[str]]) -> None:
    whole = reduce(unite, (line(*sorted(set("abcd") - taken), possible=4) for taken in runs))
    assert whole.branches == {1: (len(set().union(*runs)), 4)}


@given(files(), st.sets(st.integers(1, 200)))
def test_a_part_and_the_rest_make_the_whole(file: FileCoverage, lines: set[int]) -> None:
    some = lines_to_bits(lines)
    rest = lines_to_bits(set(range(1, 201)) - lines)
    placeless = CoverageCounts(branches=file.branches.get(0, (0, 0)))
    assert count_file(file, some) + count_file(file, rest) + placeless == count_file(file)
