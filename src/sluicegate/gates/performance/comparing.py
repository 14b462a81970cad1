"""What is slower, and how sure that is: the rule of the gate. Pure.

A benchmark is compared in the best way that the evidence allows:

- in pairs, where base and head were measured together (`sluicegate bench`): the sequential signed-rank
  test, with the very plan by which the measuring stopped;
- by samples, against a baseline file: the rank test of Mann and Whitney. What differed between the two times
  is unknown, so the floor is higher. Of another kind of machine they are scaled by what the history shows
  the two to differ by; without such a history a slowdown is no more than suspected;
- by readings, where the history has some and there is nothing else: change points. One proves nothing.

Holm's correction is applied over all benchmarks, so that a suite raises no more false alarms than one.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from sluicegate.core.text import plural
from sluicegate.gates.performance.past import Past, Readings, between, readings
from sluicegate.gates.performance.suite import Measurement, Measurements, central, is_paired
from sluicegate.history.entries import History
from sluicegate.stats import paired, sequential, unpaired
from sluicegate.stats.changepoint import ALPHA as CHANGE_ALPHA
from sluicegate.stats.changepoint import ChangePoint, change_points
from sluicegate.stats.comparison import Comparison, holm
from sluicegate.stats.noise import ENOUGH
from sluicegate.stats.quantiles import MAX_SAMPLES, quantile
from sluicegate.stats.sequential import ALPHA, FLOOR, OneSidedP, PairedSamples, SequentialDecision

UNPAIRED_FLOOR = 0.1
"""The difference of two runs of the same code at two times, where the history gives no better figure."""

SUSPICION = 0.1
"""A corrected p up to this is worth a warning: one family in ten raises one without a reason."""

RECENT = 10
"""Readings for which a change of level in the history counts as a regression; then it is the level."""


class How(enum.StrEnum):
    """How a benchmark was compared."""

    PAIRS = "pairs"
    SAMPLES = "samples"
    READINGS = "readings"


class Conclusion(enum.StrEnum):
    """What the comparison found."""

    SLOWER = "slower"
    SUSPECT = "slower, not proven"
    SAME = "not slower"
    OPEN = "no slowdown shown"
    FASTER = "faster"


@dataclass(frozen=True, slots=True)
class Assessment:
    """One benchmark against its base.

    Attributes:
        ratio: how many times as slow as the base, with the bounds `lower` and `upper` of 99 % each.
        p: of being slower, corrected for looks and family.
        floor: slowdowns up to this are noise, relative.
        on: what it is based on: `20 pairs`.
        why: the reason for the state, for people.
        foreign: the base is of another kind of machine, by an unknown factor.
    """

    how: How
    state: Conclusion
    ratio: float
    lower: float
    upper: float
    p: float
    floor: float
    on: str
    why: str
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class _Test:
    """A benchmark's test before the correction for the family.

    `least` is the smallest p that so few samples can give; `foreign` is why nothing can be proven.
    """

    how: How
    comparison: Comparison
    p: OneSidedP
    least: float
    floor: float
    on: str
    foreign: str = ""


def compare_all(
    head: Measurements, base: Measurements, history: History, *, on_change: bool = False
) -> dict[str, Assessment]:
    """Every benchmark that has something to be compared with, by name.

    Args:
        head: of this commit.
        base: what it is compared with; a benchmark with pairs has its own base instead.
        history: readings of earlier commits.
        on_change: a change is judged, so that what the history shows is not its doing.
    """
    past = history.by_benchmark()
    found = _by_samples(head, base, past)
    others = {name: run for name, run in head.items() if name not in found and name not in base}
    alpha = min(CHANGE_ALPHA, ALPHA / max(len(others), 1))
    by_readings = {name: _by_readings(name, run, past, alpha, on_change) for name, run in others.items()}
    return {**found, **{name: compared for name, compared in by_readings.items() if compared}}


def _by_samples(head: Measurements, base: Measurements, history: Past) -> dict[str, Assessment]:
    common = [name for name, run in head.items() if _has_samples(run, base.get(name))]
    plan = sequential.plan(max(len(common), 1))
    tests = {name: _test(name, head[name], base.get(name), history, plan) for name in common}
    slower = holm({name: test.p.slower for name, test in tests.items()})
    faster = holm({name: test.p.faster for name, test in tests.items()})
    return {name: _compared(test, slower[name], faster[name], len(tests)) for name, test in tests.items()}


def _has_samples(head: Measurement, base: Measurement | None) -> bool:
    return is_paired(head) or bool(base and head.benchmark.samples and base.benchmark.samples)


# --- by samples ---------------------------------------------------------------------------------


def _test(
    name: str, head: Measurement, base: Measurement | None, history: Past, plan: sequential.SequentialPlan
) -> _Test:
    one = head.pairs
    if base is None or is_paired(head):
        pairs = PairedSamples(one.base, one.samples, one.per_round)
        p = sequential.sequential_p(pairs, plan)
        floor = readings(history, name, head.machine).floor_of_pairs
        return _Test(
            How.PAIRS, paired.compare(one.base, one.samples), p, sequential.least_p(pairs, plan),
            FLOOR if floor is None else floor, plural(len(one.samples), "pair"),
        )  # fmt: skip
    before, floor, foreign = _comparable(name, head, base, history)
    samples = head.benchmark.samples
    comparison = unpaired.compare(before, samples)
    p = OneSidedP(comparison.p_slower, comparison.p_faster)
    first, second = min(len(before), MAX_SAMPLES), min(len(samples), MAX_SAMPLES)
    least = 1 / math.comb(first + second, first)  # of so many as the test looks at
    on = f"{len(samples):,} and {len(before):,} samples"
    return _Test(How.SAMPLES, comparison, p, least, floor, on, foreign)


def _comparable(
    name: str, head: Measurement, base: Measurement, history: Past
) -> tuple[tuple[float, ...], float, str]:
    """The base's samples as they would be on this kind of machine, the floor, and why not if not."""
    samples = base.benchmark.samples
    here = readings(history, name, head.machine).floor
    floor = UNPAIRED_FLOOR if here is None else here
    if not head.machine or not base.machine or head.machine == base.machine:
        return samples, floor, ""
    known = between(history, name, base.machine, head.machine)
    if known is None:
        return samples, floor, "the baseline is of another machine, and no history shows the difference"
    return tuple(x * known.ratio for x in samples), max(floor, known.floor), ""


def _compared(test: _Test, p: float, p_faster: float, family: int) -> Assessment:
    found = test.comparison
    state, why = _state(test, p, p_faster, family)
    return Assessment(
        test.how, state, found.ratio, found.lower, found.upper, p, test.floor, test.on,
        "; ".join(filter(None, (why, test.foreign))), bool(test.foreign),
    )  # fmt: skip


def _state(test: _Test, p: float, p_faster: float, family: int) -> tuple[Conclusion, str]:
    found = test.comparison
    decision = sequential.decided(found, p, test.floor)
    if decision is SequentialDecision.SLOWER and not test.foreign:
        return Conclusion.SLOWER, f"proven slower: p = {p:.2g}"
    suspicion = _suspicion(test, p, family)
    if suspicion is not None:
        return Conclusion.SUSPECT, suspicion
    if p_faster <= ALPHA and found.upper < 1 and found.ratio * (1 + test.floor) < 1:
        return Conclusion.FASTER, "" if test.foreign else "proven faster"
    if p <= ALPHA:
        return Conclusion.SAME, f"not counted: within the noise floor of {100 * test.floor:.2g}%"
    states = {SequentialDecision.NOT_SLOWER: Conclusion.SAME}
    return states.get(decision, Conclusion.OPEN), f"not proven slower: p = {p:.2g}, not below {ALPHA}"


def _suspicion(test: _Test, p: float, family: int) -> str | None:
    """Why it may be slower all the same; None without a reason to suspect it."""
    if test.comparison.ratio <= 1 + test.floor:
        return None
    if test.least * family > ALPHA:
        return f"not proven slower: too few {test.how} to prove anything"
    if p > SUSPICION:
        return None
    bound = f"but the lower bound of its size is {100 * (test.comparison.lower - 1):.2g}%"
    missing = f"not below {ALPHA}" if p > ALPHA else bound
    return "" if test.foreign else f"not proven slower: p = {p:.2g}, {missing}"


# --- by readings --------------------------------------------------------------------------------


def _by_readings(
    name: str, run: Measurement, history: Past, alpha: float, on_change: bool
) -> Assessment | None:
    """Change points in the history and this reading; None where there is too little of either."""
    now = central(run)
    past = readings(history, name, run.machine)
    if now is None or len(past.values) < ENOUGH:
        return None
    values = (*past.values, now)
    floor = UNPAIRED_FLOOR if past.floor is None else past.floor
    changes = change_points(values, alpha)
    starts = [0, *(change.index for change in changes)]
    if changes and len(values) - changes[-1].index <= RECENT and changes[-1].ratio > 1 + floor:
        return _new_level(past, values[starts[-2] :], changes[-1], floor, on_change)
    return _last_reading(past, values, starts[-1], floor)


def _new_level(
    past: Readings, values: tuple[float, ...], change: ChangePoint, floor: float, on_change: bool
) -> Assessment:
    """A change of level of late; `values` are those of the level before it, and of its own."""
    age = len(past.values) + 1 - change.index
    level = unpaired.compare(values[:-age], values[-age:])
    why = f"slower since {past.commits[change.index][:10]}, {age} readings ago"
    return Assessment(
        How.READINGS, Conclusion.SUSPECT if on_change else Conclusion.SLOWER,
        change.ratio, level.lower, level.upper, change.p, floor, plural(len(past.values) + 1, "reading"),
        f"{why}, before this change" if on_change else why,
    )  # fmt: skip


def _last_reading(past: Readings, values: tuple[float, ...], start: int, floor: float) -> Assessment:
    """This reading against the level since the last change: suspected at the most."""
    level = values[start:-1] or values[-2:-1]
    ratio = values[-1] / quantile(level, 0.5)
    suspect = ratio > 1 + floor and values[-1] > max(level)
    why = "one reading proves nothing against a history" if suspect else "no change in the history"
    return Assessment(
        How.READINGS, Conclusion.SUSPECT if suspect else Conclusion.OPEN, ratio, 0.0, math.inf, 1.0, floor,
        plural(len(values), "reading"), why,
    )  # fmt: skip
