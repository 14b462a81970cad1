"""What counts as slower: pairs, samples, other machines, and what the history says."""

import math
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.readings import Reading
from sluicegate.evidence.records import Benchmark
from sluicegate.gates.performance.comparing import (
    RECENT,
    Assessment,
    Conclusion,
    How,
    compare_all,
)
from sluicegate.gates.performance.past import LEAST_FLOOR
from sluicegate.gates.performance.suite import Measurement
from sluicegate.history.entries import Entry, History
from sluicegate.stats.sequential import FLOOR
from support.speed import soon

HERE, THERE = "an AMD", "an Intel"


def noisy(seed: object, size: int = 20, factor: float = 1.0, noise: float = 0.05) -> tuple[float, ...]:
    rng = random.Random(str(seed))
    return tuple(0.01 * factor * rng.lognormvariate(0, noise) for _ in range(size))


def pairs(factor: float = 1.0, size: int = 20, seed: object = 1, noise: float = 0.03) -> Measurement:
    base = noisy(f"base {seed}", size, noise=0.3)
    luck = noisy(f"head {seed}", size, noise=noise)
    head = tuple(factor * b * x / 0.01 for b, x in zip(base, luck, strict=True))
    return Measurement(Benchmark("a", samples=head, base=base), HERE)


def samples(factor: float = 1.0, size: int = 30, seed: object = 1, machine: str = HERE) -> Measurement:
    return Measurement(Benchmark("a", samples=noisy(seed, size, factor)), machine)


def stated(value: float) -> Measurement:
    return Measurement(Benchmark("a", stated={"p50": value}), HERE)


def history(
    values: Sequence[float], machine: str = HERE, ratios: Mapping[int, float] | None = None
) -> History:
    """A reading a commit, oldest first."""
    ratios = ratios or {}
    return History(
        tuple(
            Entry(f"{machine} {i}", f"c{i}".ljust(40, "f"),
                  readings=(Reading("a", machine, value, 0.0, 0, ratios.get(i)),))
            for i, value in enumerate(values)
        )
    )  # fmt: skip


def of_pairs(run: Measurement, past: History | None = None) -> Assessment:
    return compare_all({"a": run}, {}, past or History())["a"]


def of_samples(head: Measurement, base: Measurement, past: History | None = None) -> Assessment:
    return compare_all({"a": head}, {"a": base}, past or History())["a"]


def of_readings(now: Measurement, past: Sequence[float], *, on_change: bool = False) -> Assessment | None:
    return compare_all({"a": now}, {}, history(past), on_change=on_change).get("a")


# --- pairs --------------------------------------------------------------------------------------


def test_pairs_prove_a_slowdown_that_their_noise_hides_from_two_groups() -> None:
    run = pairs(1.1)
    found = of_pairs(run)
    assert (found.how, found.state, found.on) == (How.PAIRS, Conclusion.SLOWER, "20 pairs")
    assert 1.07 < found.ratio < 1.13
    assert found.lower < found.ratio < found.upper
    base = Measurement(Benchmark("a", samples=run.benchmark.base), HERE)
    apart = Measurement(Benchmark("a", samples=run.benchmark.samples), HERE)
    assert of_samples(apart, base).state is Conclusion.OPEN


def test_a_speedup_is_told() -> None:
    assert of_pairs(pairs(0.8)).state is Conclusion.FASTER


def test_pairs_that_are_all_equal_prove_nothing() -> None:
    equal = Measurement(Benchmark("a", samples=(0.5,) * 20, base=(0.5,) * 20), HERE)
    found = of_pairs(equal)
    assert (found.state, found.ratio, found.p) == (Conclusion.SAME, 1.0, 1.0)


def test_three_pairs_are_too_few() -> None:
    found = of_pairs(pairs(2.0, size=3))
    assert (found.state, found.why) == (
        Conclusion.SUSPECT,
        "not proven slower: too few pairs to prove anything",
    )


def test_one_pair_is_too_few() -> None:
    assert of_pairs(pairs(2.0, size=1)).state is Conclusion.SUSPECT


def test_a_certain_slowdown_below_the_floor_is_noise() -> None:
    found = of_pairs(pairs(1 + FLOOR / 2, size=30, noise=0.001))
    assert found.p < 1e-4
    assert (found.state, found.why) == (Conclusion.SAME, "not counted: within the noise floor of 2%")


def test_the_history_of_pairs_raises_the_floor() -> None:
    past = history([1.0] * 20, ratios=dict.fromkeys(range(20), 1.15))
    assert of_pairs(pairs(1.1)).state is Conclusion.SLOWER
    found = of_pairs(pairs(1.1), past)
    assert found.state is Conclusion.SAME
    assert found.floor == pytest.approx(0.15)


def test_a_quiet_history_lowers_the_floor_but_not_to_nothing() -> None:
    past = history([1.0] * 20, ratios=dict.fromkeys(range(20), 1.0001))
    assert of_pairs(pairs(1.015, size=30, noise=0.001), past).floor == LEAST_FLOOR


def test_in_a_large_family_the_same_pairs_prove_less() -> None:
    slow = {"slow": pairs(1.1, size=14)}
    many = {f"b{i}": pairs(1.0, 14, seed=i) for i in range(400)}
    assert compare_all(slow, {}, History())["slow"].state is Conclusion.SLOWER
    found = compare_all({**slow, **many}, {}, History())["slow"]
    assert found.state is Conclusion.SUSPECT


def test_of_many_families_without_any_change_few_raise_an_alarm() -> None:
    alarms = 0
    for family in range(20):
        runs = {f"b{i}": pairs(seed=f"{family} {i}", noise=0.25) for i in range(10)}
        states = [c.state for c in compare_all(runs, {}, History()).values()]
        alarms += Conclusion.SLOWER in states
    assert alarms <= 1  # 0.2 expected; more than 1 have a chance of 2 %


# --- samples that are no pairs ------------------------------------------------------------------


def test_samples_of_the_same_machine_have_a_higher_floor() -> None:
    assert of_samples(samples(1.3), samples(seed=2)).state is Conclusion.SLOWER
    found = of_samples(samples(1.07), samples(seed=2))
    assert (found.how, found.state) == (How.SAMPLES, Conclusion.SAME)


def test_the_history_lowers_it() -> None:
    steady = history(noisy("steady", 20, noise=0.005))
    assert of_samples(samples(1.07), samples(seed=2), steady).state is Conclusion.SLOWER


def test_another_machine_is_not_compared_without_a_history() -> None:
    found = of_samples(samples(1.5), samples(seed=2, machine=THERE))
    assert (found.state, found.foreign) == (Conclusion.SUSPECT, True)
    assert found.why == "the baseline is of another machine, and no history shows the difference"


def both_machines(factor: float) -> History:
    values = noisy("both", 20, noise=0.01)
    here = history([v * factor for v in values], HERE)
    return History((*history(values, THERE).entries, *here.entries))


def test_another_machine_is_compared_by_what_the_history_says_of_it() -> None:
    past = both_machines(1.5)
    found = of_samples(samples(1.5), samples(seed=2, machine=THERE), past)
    assert found.state is not Conclusion.SLOWER
    assert found.ratio == pytest.approx(1.0, abs=0.05)
    assert of_samples(samples(1.8), samples(seed=2, machine=THERE), past).state is Conclusion.SLOWER


def test_a_machine_that_is_not_known_is_taken_for_the_same() -> None:
    assert of_samples(samples(1.5, machine=""), samples(seed=2)).state is Conclusion.SLOWER


# --- readings -----------------------------------------------------------------------------------


def test_one_reading_proves_nothing() -> None:
    found = of_readings(stated(0.02), noisy("past", 30, noise=0.01))
    assert found is not None
    assert (found.state, found.why) == (
        Conclusion.SUSPECT,
        "one reading proves nothing against a history",
    )


def test_a_change_of_level_is_proven_and_names_its_commit() -> None:
    past = (*noisy("past", 30, noise=0.01), *noisy("since", 4, 1.3, noise=0.01))
    found = of_readings(stated(0.013), past)
    assert found is not None
    assert (found.how, found.state) == (How.READINGS, Conclusion.SLOWER)
    assert found.ratio == pytest.approx(1.3, abs=0.03)
    assert found.why == "slower since c30fffffff, 5 readings ago"


def test_on_a_change_it_is_not_the_changes_doing() -> None:
    past = (*noisy("past", 30, noise=0.01), *noisy("since", 4, 1.3, noise=0.01))
    found = of_readings(stated(0.013), past, on_change=True)
    assert found is not None
    assert found.state is Conclusion.SUSPECT
    assert found.why.endswith("before this change")


def test_an_old_change_is_the_level_now() -> None:
    past = (*noisy("past", 30, noise=0.01), *noisy("since", RECENT + 5, 1.3, noise=0.01))
    found = of_readings(stated(0.013), past)
    assert found is not None
    assert found.state is Conclusion.OPEN


def test_a_noisy_history_is_not_a_slowdown() -> None:
    found = of_readings(stated(0.0105), noisy("past", 40, noise=0.2))
    assert found is not None
    assert found.state is Conclusion.OPEN


def test_few_readings_are_not_compared() -> None:
    assert of_readings(stated(0.02), noisy("past", 5)) is None


def test_samples_without_a_base_are_one_reading_too() -> None:
    found = of_readings(samples(2.0), noisy("past", 30))
    assert found is not None
    assert found.how is How.READINGS


def test_many_samples_are_compared_in_time() -> None:
    many = Measurement(Benchmark("a", (1.0,) * 300_000))
    with soon(3):
        assert compare_all({"a": many}, {"a": many}, History())["a"].ratio == 1


# --- properties ---------------------------------------------------------------------------------

times = st.floats(1e-6, 10)
both = st.lists(st.tuples(times, times), min_size=1, max_size=24)


@settings(deadline=None)
@given(both, st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(values: list[tuple[float, float]], unit: float) -> None:
    plain = of_pairs(
        Measurement(Benchmark("a", samples=tuple(h for _, h in values), base=tuple(b for b, _ in values)))
    )
    scaled = of_pairs(
        Measurement(
            Benchmark(
                "a", samples=tuple(unit * h for _, h in values), base=tuple(unit * b for b, _ in values)
            )
        )
    )
    assert math.isclose(plain.ratio, scaled.ratio, rel_tol=1e-6)


@settings(deadline=None)
@given(both)
def test_never_both_slower_and_faster(values: list[tuple[float, float]]) -> None:
    base, head = tuple(b for b, _ in values), tuple(h for _, h in values)
    there = of_pairs(Measurement(Benchmark("a", samples=head, base=base))).state
    back = of_pairs(Measurement(Benchmark("a", samples=base, base=head))).state
    assert (there is Conclusion.SLOWER) <= (back is not Conclusion.SLOWER)
