"""What decides while measuring."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.bench.model import Reading, Series, Side, Statistic
from sluicegate.bench.plan import Looks, order, pairs_of, readings_of, shuffled
from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Source
from sluicegate.evidence.records import Benchmark, BenchmarksRecord

times = st.floats(1e-6, 1e3)
seeds = st.integers(0, 2**32 - 1)


def series(base: Sequence[float], head: Sequence[float]) -> Series:
    return Series(tuple(map(Reading, base)), tuple(map(Reading, head)))


def record(**benchmarks: Benchmark) -> BenchmarksRecord:
    return BenchmarksRecord(Source("b.json", "x"), benchmarks)


@pytest.mark.parametrize(
    ("seconds", "pairs"), [(0, 20), (0.02, 20), (0.2, 20), (0.6, 6), (2, 2), (3, 1), (90, 1)]
)
def test_a_round_is_of_as_many_pairs_as_take_four_seconds(seconds: float, pairs: int) -> None:
    assert pairs_of(seconds) == pairs


@given(st.floats(0.001, 10), st.floats(0, 10))
def test_the_pairs_of_a_round_keep_to_the_time_that_it_may_take(seconds: float, budget: float) -> None:
    pairs = pairs_of(seconds, budget)
    assert pairs == 1 or pairs * seconds <= min(budget, 4.0)


@given(seeds)
def test_either_side_runs_first_about_as_often(seed: int) -> None:
    firsts = [order(seed, "pair", n)[0] for n in range(400)]
    assert 120 < firsts.count(Side.BASE) < 280


@given(seeds, st.integers(0, 100))
def test_a_seed_repeats_its_order_and_each_side_runs(seed: int, place: int) -> None:
    assert order(seed, place) == order(seed, place)
    assert set(order(seed, place)) == set(Side)


@given(st.sets(st.text(max_size=5)), seeds)
def test_commands_are_shuffled_and_none_is_lost(names: set[str], seed: int) -> None:
    assert sorted(shuffled(names, seed, 1)) == sorted(names)
    assert shuffled(sorted(names), seed, 1) == shuffled(sorted(names, reverse=True), seed, 1)


@pytest.mark.parametrize(("statistic", "expected"), [("median", 2.0), ("minimum", 1.0)])
def test_one_number_stands_for_the_samples_of_a_run(statistic: str, expected: float) -> None:
    made = record(b=Benchmark("b", (9.0, 1.0, 2.0)))
    assert readings_of(made, Statistic(statistic)) == {"b": Reading(expected)}


@given(st.lists(times, min_size=1), st.sampled_from(Statistic))
def test_what_stands_for_a_run_lies_within_its_samples(samples: list[float], statistic: Statistic) -> None:
    found = readings_of(record(b=Benchmark("b", tuple(samples))), statistic)["b"].seconds
    assert min(samples) <= found <= max(samples)


def test_what_a_tool_states_is_taken_where_there_are_no_samples() -> None:
    assert readings_of(record(b=Benchmark("b", stated={"mean": 3.0, "p50": 2.0})), Statistic.MEDIAN) == {
        "b": Reading(2.0)
    }


def test_throughput_alone_is_no_time() -> None:
    with pytest.raises(EvidenceError, match="states no times"):
        readings_of(record(b=Benchmark("b", stated={"throughput": 3.0})), Statistic.MEDIAN)


def test_it_looks_when_the_plan_says() -> None:
    assert Looks(1, 0, 0).at == (10, 14, 20, 30)


@pytest.mark.parametrize(
    ("least_pairs", "most_pairs", "expected"),
    [(14, 0, (14, 20, 30)), (15, 20, (20,)), (0, 5, (5,)), (0, 14, (10, 14)), (0, 50, (10, 14, 20, 50)),
     (40, 0, (40,)), (1, 1, (1,))],
)  # fmt: skip
def test_bounds_on_the_pairs_move_the_last_look(
    least_pairs: int, most_pairs: int, expected: tuple[int, ...]
) -> None:
    assert Looks(1, least_pairs, most_pairs).at == expected


@given(st.integers(1, 500), st.integers(0, 300), st.integers(0, 300))
def test_the_last_look_is_the_end_whatever_the_bounds(family: int, least_pairs: int, most_pairs: int) -> None:
    looks = Looks(family, least_pairs, most_pairs)
    assert looks.at[-1] == looks.most
    assert list(looks.at) == sorted(set(looks.at))
    assert looks.at[0] >= least_pairs


def test_a_clear_difference_is_decided_and_a_benchmark_without_pairs_is_not() -> None:
    slow = series([1.0, 1.01] * 7, [1.5, 1.51] * 7)
    same = series([1.0, 1.01] * 5, [1.0, 1.01] * 5)
    assert Looks(3, 0, 0).undecided({"slow": slow, "same": same, "new": Series()}) == {"new"}


def test_a_difference_that_the_noise_hides_is_undecided() -> None:
    noisy = series([1.0, 2.0, 1.5, 1.2, 1.9] * 2, [1.6, 1.3, 1.1, 2.1, 1.4] * 2)
    assert Looks(1, 0, 0).undecided({"noisy": noisy}) == {"noisy"}
