"""Bitsets of lines, against plain sets."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import (
    Change,
    FileChange,
    bits_to_lines,
    bits_to_ranges,
    lines_to_bits,
    range_to_bits,
)
from sluicegate.core.fields import MAX_LINE

lines = st.sets(st.integers(1, 300))


@given(lines)
def test_lines_go_there_and_back(numbers: set[int]) -> None:
    assert list(bits_to_lines(lines_to_bits(numbers))) == sorted(numbers)


@given(lines, lines)
def test_bitsets_are_sets(a: set[int], b: set[int]) -> None:
    left, right = lines_to_bits(a), lines_to_bits(b)
    assert set(bits_to_lines(left & right)) == a & b
    assert set(bits_to_lines(left | right)) == a | b
    assert set(bits_to_lines(left & ~right)) == a - b
    assert left.bit_count() == len(a)


@given(st.lists(st.integers(1, 50)))
def test_order_and_repetition_do_not_matter(numbers: list[int]) -> None:
    assert lines_to_bits(iter(numbers)) == lines_to_bits(set(numbers))


@given(st.integers(-3, 200), st.integers(-3, 200))
def test_a_range_is_its_lines(first: int, last: int) -> None:
    assert set(bits_to_lines(range_to_bits(first, last))) == set(range(max(first, 1), last + 1))


@given(lines)
def test_ranges_cover_exactly_the_lines_and_never_touch(numbers: set[int]) -> None:
    ranges = bits_to_ranges(lines_to_bits(numbers))
    assert {n for first, last in ranges for n in range(first, last + 1)} == numbers
    assert all(b[0] > a[1] + 1 for a, b in itertools.pairwise(ranges))


def test_no_lines_are_no_ranges() -> None:
    assert bits_to_ranges(0) == []
    assert list(bits_to_lines(0)) == []
    assert lines_to_bits([]) == 0


@pytest.mark.parametrize("numbers", [[0], [-1], [-5, 0]])
def test_what_is_no_line_is_left_out(numbers: list[int]) -> None:
    assert lines_to_bits(numbers) == 0
    assert lines_to_bits([*numbers, 7]) == lines_to_bits([7])


def test_the_highest_line_is_allowed() -> None:
    assert lines_to_bits([MAX_LINE]) == range_to_bits(MAX_LINE, MAX_LINE) == 1 << MAX_LINE


def test_a_line_above_the_limit_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(ValueError, match="above"):
        lines_to_bits([1, 10**15])
    with pytest.raises(ValueError, match="above"):
        range_to_bits(1, 10**15)


def test_a_change_knows_the_added_lines_of_its_files_alone() -> None:
    change = Change({"a.py": FileChange("a.py", added=lines_to_bits([3]))})
    assert change.added("a.py") == lines_to_bits([3])
    assert change.added("b.py") == 0
