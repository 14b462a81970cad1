"""When to look, and what may be said then."""

import itertools
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.stats.paired import compare
from sluicegate.stats.sequential import (
    ALPHA,
    FLOOR,
    PairedSamples,
    SequentialDecision,
    SequentialPlan,
    decide,
    decided,
    plan,
    sequential_p,
)

families = st.integers(1, 2000)


def pairs(seed: int, size: int, factor: float = 1.0, noise: float = 0.05) -> PairedSamples:
    rng = random.Random(seed)
    base = [rng.lognormvariate(0, 0.3) for _ in range(size)]
    return PairedSamples(base, [factor * x * rng.lognormvariate(0, noise) for x in base])


def ones(head: Sequence[float], per_round: int = 1) -> PairedSamples:
    return PairedSamples([1.0] * len(head), head, per_round)


def decision(
    size: int, factor: float, the_plan: SequentialPlan | None = None, noise: float = 0.01
) -> SequentialDecision:
    return decide({"a": pairs(1, size, factor, noise)}, the_plan or plan(1))["a"].decision


# --- the plan -----------------------------------------------------------------------------------


@given(families)
def test_the_shares_add_up_to_one(family: int) -> None:
    made = plan(family)
    assert math.fsum(made.shares) == pytest.approx(1)
    assert len(made.shares) == len(made.looks)
    assert list(made.looks) == sorted(set(made.looks))


@given(families)
def test_every_look_can_confirm_something(family: int) -> None:
    made = plan(family)
    for look, share in zip(made.looks, made.shares, strict=True):
        assert 2.0**-look <= ALPHA * share / family


@given(families, families)
def test_a_larger_family_is_not_looked_at_earlier(a: int, b: int) -> None:
    small, large = sorted((a, b))
    assert plan(small).looks[0] <= plan(large).looks[0]


# --- the p-value over the looks -----------------------------------------------------------------


def test_an_early_look_is_not_forgotten() -> None:
    """What was proven after ten pairs stays proven, whatever the next pairs say."""
    made = SequentialPlan((10, 20), (0.5, 0.5))
    head = [1.1 + i / 1000 for i in range(10)] + [0.5] * 10
    assert sequential_p(ones(head[:10]), made).slower == pytest.approx(2.0**-10 / 0.5)
    assert sequential_p(ones(head), made).slower == pytest.approx(2.0**-10 / 0.5)


def test_looks_are_counted_in_rounds() -> None:
    made = SequentialPlan((2, 4), (0.25, 0.75))
    head = [1.1 + i / 1000 for i in range(12)]
    assert sequential_p(ones(head[:6], per_round=3), made).slower == pytest.approx(2.0**-6 / 0.25)
    assert sequential_p(ones(head, per_round=3), made).slower == pytest.approx(2.0**-12 / 0.75)


def test_a_budget_that_ran_out_takes_the_share_of_the_look_it_did_not_reach() -> None:
    made = SequentialPlan((10, 20), (0.25, 0.75))
    head = [1.1 + i / 1000 for i in range(12)]
    assert sequential_p(ones(head[:8]), made).slower == pytest.approx(2.0**-8 / 0.25)
    assert sequential_p(ones(head), made).slower == pytest.approx(2.0**-12 / 0.75)


def test_pairs_beyond_the_last_look_are_looked_at_instead_of_it() -> None:
    made = SequentialPlan((10,), (1.0,))
    head = [1.1 + i / 1000 for i in range(12)]
    assert sequential_p(ones(head), made).slower == pytest.approx(2.0**-12)


@pytest.mark.slow
def test_over_all_signs_the_looks_together_keep_alpha() -> None:
    """Exhaustively: of all ways in which fair coins fall, few ever come out below a level."""
    made = SequentialPlan((6, 9, 12), (0.3, 0.3, 0.4))
    sizes = [0.11, 0.05, 0.02, 0.17, 0.08, 0.14, 0.03, 0.2, 0.09, 0.06, 0.23, 0.12]
    ps = [
        min(sequential_p(ones([math.exp(s * d) for s, d in zip(flip, sizes, strict=True)][:n]), made).slower
            for n in (6, 9, 12))
        for flip in itertools.product([-1, 1], repeat=12)
    ]  # fmt: skip
    for level in (0.2, 0.1, 0.05, 0.02):
        assert sum(p <= level for p in ps) / len(ps) <= level


@given(st.integers(0, 1000), st.integers(1, 40), st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(seed: int, size: int, unit: float) -> None:
    found = pairs(seed, size)
    scaled = PairedSamples([x * unit for x in found.base], [x * unit for x in found.head])
    assert sequential_p(scaled, plan(1)).slower == pytest.approx(sequential_p(found, plan(1)).slower)


# --- decisions ----------------------------------------------------------------------------------


def test_a_clear_slowdown_is_seen_at_the_first_look() -> None:
    assert decision(plan(1).looks[0], 1.3) is SequentialDecision.SLOWER


def test_no_difference_is_seen_at_the_first_look_when_it_is_quiet() -> None:
    assert decision(plan(1).looks[0], 1.0) is SequentialDecision.NOT_SLOWER


def test_faster_is_not_slower() -> None:
    assert decision(plan(1).looks[0], 0.7) is SequentialDecision.NOT_SLOWER


def test_a_few_pairs_decide_nothing() -> None:
    assert decision(4, 2.0) is SequentialDecision.UNDECIDED


def test_a_proven_slowdown_within_the_floor_is_none() -> None:
    samples = {"a": pairs(1, 30, 1 + FLOOR / 2, 0.001)}
    assert compare(samples["a"].base, samples["a"].head).p_slower < 1e-6
    assert decide(samples, plan(1))["a"].decision is SequentialDecision.NOT_SLOWER


def test_a_floor_of_its_own_is_taken() -> None:
    samples = {"a": pairs(1, 30, 1.2, 0.02)}
    judged = decide(samples, plan(1))["a"]
    assert decided(judged.comparison, judged.p, 0.1) is SequentialDecision.SLOWER
    assert decided(judged.comparison, judged.p, 0.3) is SequentialDecision.NOT_SLOWER


def test_a_large_family_needs_stronger_proof() -> None:
    """Fourteen pairs that all say slower are enough for one benchmark, and not for a thousand."""
    samples = {"a": pairs(1, 14, 1.3, 0.02)}
    assert decide(samples, plan(1))["a"].decision is SequentialDecision.SLOWER
    assert decide(samples, plan(1000))["a"].decision is SequentialDecision.UNDECIDED


@pytest.mark.slow
def test_families_of_equals_are_seldom_called_slower() -> None:
    alarms = 0
    for suite in range(60):
        samples = {str(i): pairs(100 * suite + i, 20, noise=0.3) for i in range(10)}
        alarms += any(
            j.decision is SequentialDecision.SLOWER for j in decide(samples, plan(10, alpha=0.05)).values()
        )
    assert alarms <= 8  # 3 expected at the most; more than 8 have a chance of 0.3 %
