"""When to look at pairs that are still being measured, and what may then be decided.

One definition for those who stop (`sluicegate bench`) and those who judge (the gate): a plan names after how
many rounds it is looked and which share of alpha each look may spend. A round is one pair of runs, or several
where runs are short. The p-value of all pairs at a look is divided by the look's share; the smallest of these
quotients is the sequential p-value. The shares add up to one, so it is below alpha with a chance of at most
alpha under the null, wherever one stops (Bonferroni over the looks; Lan and DeMets, "Discrete sequential
boundaries for clinical trials", Biometrika 70, 1983, on spending). Over benchmarks Holm's correction applies.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluicegate.stats.comparison import Comparison, holm
from sluicegate.stats.paired import compare, log_ratios, signed_rank

ALPHA = 0.01
"""The chance of one false alarm or more among all benchmarks compared, at the most."""

FLOOR = 0.02
"""Slowdowns up to this are noise without history to the contrary: what the same code, built twice,
differs by (alignment of code and memory, length of paths)."""

_LOOKS = ((10, 0.1), (14, 0.2), (20, 0.35), (30, 0.35))
"""After how many rounds, and the share of alpha."""


@dataclass(frozen=True, slots=True)
class PairedSamples:
    """Samples of the base and of the head, pair by pair; `per_round` pairs make a round."""

    base: Sequence[float]
    head: Sequence[float]
    per_round: int = 1


@dataclass(frozen=True, slots=True)
class OneSidedP:
    """The p-values of "slower" and of "faster"."""

    slower: float
    faster: float


class SequentialDecision(enum.StrEnum):
    """The decision that the pairs so far support."""

    SLOWER = "slower"
    NOT_SLOWER = "not slower"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class SequentialPlan:
    """When to look, for a family of benchmarks that are compared in one run.

    Attributes:
        looks: after how many rounds, ascending.
        shares: of alpha, one for each look; they add up to one.
        family: how many benchmarks are compared.
        alpha: the chance of any false alarm in the family.
    """

    looks: tuple[int, ...]
    shares: tuple[float, ...]
    family: int = 1
    alpha: float = ALPHA

    @property
    def most(self) -> int:
        """The rounds after which nothing more is gained."""
        return self.looks[-1]


@dataclass(frozen=True, slots=True)
class SequentialVerdict:
    """One benchmark, judged: `p` is corrected for the looks and for the family."""

    decision: SequentialDecision
    comparison: Comparison
    p: float


def plan(family: int, alpha: float = ALPHA) -> SequentialPlan:
    """The plan for a family of benchmarks, without early looks that cannot confirm anything.

    n pairs give no p below 2^-n, so that a large family must wait for more rounds, where they are of
    one pair.
    """
    kept = list(_LOOKS)
    while len(kept) > 1 and 2.0 ** -kept[0][0] > alpha / family * _shares(kept)[0]:
        del kept[0]
    return SequentialPlan(tuple(pairs for pairs, _ in kept), _shares(kept), family, alpha)


def _shares(looks: Sequence[tuple[int, float]]) -> tuple[float, ...]:
    whole = sum(share for _, share in looks)
    return tuple(share / whole for _, share in looks)


def sequential_p(pairs: PairedSamples, plan: SequentialPlan) -> OneSidedP:
    """The p-values over all looks so far, the last pair included.

    Pairs that ended between two looks (a budget ran out) are looked at once more, with the share of
    the look that they did not reach; so are pairs beyond the last look, instead of it.
    """
    tests = [
        (signed_rank(log_ratios(pairs.base[:count], pairs.head[:count]), capped=True), share)
        for count, share in _reached(plan, pairs)
    ]
    return OneSidedP(
        slower=min(1.0, *(test.p_greater / share for test, share in tests)),
        faster=min(1.0, *(test.p_less / share for test, share in tests)),
    )


def least_p(pairs: PairedSamples, plan: SequentialPlan) -> float:
    """The smallest sequential p for this number of pairs: all of them slower."""
    return min(1.0, *(2.0**-count / share for count, share in _reached(plan, pairs)))


def _reached(plan: SequentialPlan, pairs: PairedSamples) -> list[tuple[int, float]]:
    count = len(pairs.base)
    looks = [(look * pairs.per_round, share) for look, share in zip(plan.looks, plan.shares, strict=True)]
    passed = [look for look in looks[:-1] if look[0] < count]
    return [*passed, (count, looks[len(passed)][1])]


def decide(samples: Mapping[str, PairedSamples], plan: SequentialPlan) -> dict[str, SequentialVerdict]:
    """The outcome of each benchmark with the pairs that it has so far.

    SLOWER when the corrected p, the lower bound and the size all agree, and the size is beyond `FLOOR`;
    NOT_SLOWER when the upper bound excludes a slowdown beyond it; else UNDECIDED.

    Args:
        samples: by name of the benchmark.
        plan: made by `plan` for the number of benchmarks.

    Raises:
        ValueError: as of `paired.compare`.
    """
    corrected = holm({name: sequential_p(pairs, plan).slower for name, pairs in samples.items()}, plan.family)
    judged = {}
    for name, pairs in samples.items():
        comparison, p = compare(pairs.base, pairs.head), corrected[name]
        decision = decided(comparison, p, FLOOR, plan.alpha)
        judged[name] = SequentialVerdict(decision, comparison, p)
    return judged


def decided(comparison: Comparison, p: float, floor: float, alpha: float = ALPHA) -> SequentialDecision:
    """The rule for one benchmark; `p` is corrected for looks and family, `floor` relative."""
    if p <= alpha and comparison.lower > 1 and comparison.ratio > 1 + floor:
        return SequentialDecision.SLOWER
    if comparison.upper < 1 + floor:
        return SequentialDecision.NOT_SLOWER
    return SequentialDecision.UNDECIDED
