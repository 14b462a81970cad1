from array import array
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.evidence.tests.attempts import ERROR, FAILED, FLAKY, PASSED, SKIPPED, merge, settle
from support.examples import at_most

codes = st.sampled_from([PASSED, FAILED, ERROR, SKIPPED, FLAKY])
suites = st.lists(st.tuples(st.integers(0, 8), codes), max_size=40)


@pytest.mark.parametrize(
    ("attempts", "rerun", "expected"),
    [
        ([FAILED, PASSED], False, (FLAKY,)),
        ([ERROR, FAILED, PASSED], False, (FLAKY,)),
        ([PASSED, PASSED], False, (PASSED, PASSED)),
        ([PASSED, PASSED], True, (FLAKY,)),
        ([PASSED, FAILED], False, (PASSED, FAILED)),
        ([PASSED, FAILED], True, (FAILED,)),
        ([FAILED, FAILED], False, (FAILED, FAILED)),
        ([ERROR, ERROR], True, (ERROR,)),
        ([PASSED, FAILED, ERROR], True, (FAILED, ERROR)),
        ([FAILED, SKIPPED], True, (FAILED,)),
        ([SKIPPED, SKIPPED], True, (SKIPPED,)),
        ([SKIPPED, FAILED], False, (SKIPPED, FAILED)),
    ],
)
def test_merges_attempts(attempts: list[int], rerun: bool, expected: tuple[int, ...]) -> None:
    assert merge(attempts, rerun=rerun) == expected


@given(suites, st.integers(0, 40))
def test_a_last_failure_is_never_taken_back(entries: list[tuple[int, int]], declared: int) -> None:
    last = dict(entries)
    settled = settle(array("q", [k for k, _ in entries]), bytearray(c for _, c in entries), declared)
    failing = sum(1 for code in last.values() if code in (FAILED, ERROR))
    assert settled.counts[FAILED] + settled.counts[ERROR] >= failing


@given(suites)
def test_without_repetition_every_entry_counts(entries: list[tuple[int, int]]) -> None:
    keys = array("q", range(len(entries)))
    settled = settle(keys, bytearray(c for _, c in entries), None)
    assert +Counter(dict(enumerate(settled.counts))) == Counter(c for _, c in entries)


@given(st.lists(st.tuples(st.integers(0, 8), codes), min_size=10, max_size=40), st.integers(0, 40))
def test_a_declared_count_below_the_entries_merges_all(entries: list[tuple[int, int]], more: int) -> None:
    keys = array("q", [k for k, _ in entries])
    different = len(set(keys))
    declared = different + more % (len(keys) - different)
    broken_teardowns = sum(
        1 for key in set(keys) if [c for k, c in entries if k == key][-2:] == [FAILED, ERROR]
    )
    settled = settle(keys, bytearray(c for _, c in entries), declared)
    assert sum(settled.counts) == different + broken_teardowns


@given(suites)
@settings(max_examples=at_most(15), deadline=None)
def test_parts_do_not_change_the_answer(entries: list[tuple[int, int]]) -> None:
    filler = 70_000  # more than one part
    keys = array("q", [*(k for k, _ in entries), *range(1000, 1000 + filler)])
    outcomes = bytearray(c for _, c in entries)
    small = settle(keys[: len(entries)], outcomes, None)
    large = settle(keys, outcomes + bytes(filler), None)
    assert large.counts[PASSED] - filler == small.counts[PASSED]
    assert large.counts[1:] == small.counts[1:]


def test_reports_flaky_keys_that_were_not_watched() -> None:
    settled = settle(array("q", [1, 1, 2, 2]), bytearray([FAILED, PASSED, FAILED, PASSED]), None, {1})
    assert (settled.watched, settled.unwatched) == ({1: (FLAKY,)}, (2,))
