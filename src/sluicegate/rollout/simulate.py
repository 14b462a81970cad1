"""What a plan would do with a version of given error rates and traffic, by simulation. Pure.

Each run draws the events of every bin and judges them as `judge` does, stage by stage, until the version is
rolled back or through. The same seed gives the same figures. A stage that ends by hand is taken to be
promoted when its time and its samples are there; freezes, pauses and the share test are left out.
"""

from __future__ import annotations

import math
import random
import statistics
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate

from sluicegate.core.units import format_value
from sluicegate.criteria.metrics import CountCriterion
from sluicegate.rollout.arms import hypothesis
from sluicegate.rollout.judge import RATIOS, BinCounts, Counts, Test
from sluicegate.rollout.plan import MetricOf, Plan, PlanCriterion, Stage, StageKind

_FIRST, _LATER = 0.75, 0.25
MOST_DAYS = 30
"""After as long a stage without enough samples is given up."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The shares of bad events of the old and of the new version, from 0 to 1."""

    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A version and its traffic.

    Attributes:
        rates: by metric; of a metric of durations, the shares over its threshold.
        per_minute: events of the whole service in a minute.
        per_user: events that a user causes while a stage lasts.
        in_segments: the share of events of all segments together.
    """

    rates: Mapping[str, Rates]
    per_minute: float
    per_user: float = 1.0
    in_segments: float = 0.01


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """What happens in a stage.

    Attributes:
        reached, passed, stopped: parts of all runs: that came to it, left it for the next, were rolled back
            or paused in it. The rest waits in it for samples that do not come.
        seconds: the median that a run which passed it lasted in it; 0 without any.
        exposed: the median number of users who saw the version, of runs that were stopped in it.
    """

    name: str
    reached: float
    passed: float
    stopped: float
    seconds: float
    exposed: float

    @property
    def chance(self) -> float | None:
        """The chance that a run which comes to the stage passes it; None where no run comes to it."""
        return self.passed / self.reached if self.reached else None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a plan would do.

    Attributes:
        finished: part of all runs.
        seconds: the median until the end, of runs that finished; 0 without any.
        exposed: the median number of exposed users before a rollback, of the runs that were rolled back.
    """

    runs: int
    stages: tuple[StageOutcome, ...]
    finished: float
    stopped: float
    seconds: float
    exposed: float


def simulate(plan: Plan, scenario: Scenario, runs: int = 200, seed: int = 1) -> Forecast:
    """Run a plan many times.

    Raises:
        KeyError: a metric that judges has no rates in the scenario.
    """
    chance = random.Random(seed)
    stages = [_Stage(plan, stage, scenario) for stage in plan.stages]
    lives = [_life(stages, chance) for _ in range(runs)]
    ended = [sum(life.seconds) for life in lives if life.passed == len(stages)]
    stopped = [life.exposed for life in lives if life.is_stopped]
    return Forecast(
        runs,
        tuple(_outcome(plan, index, lives) for index in range(len(stages))),
        len(ended) / runs,
        len(stopped) / runs,
        _median(ended),
        _median(stopped),
    )


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


@dataclass(slots=True)
class _Life:
    """One run: seconds in each stage that it passed, and how it ended."""

    seconds: list[int] = field(default_factory=list)
    exposed: float = 0.0
    is_stopped: bool = False

    @property
    def passed(self) -> int:
        return len(self.seconds)


def _outcome(plan: Plan, index: int, lives: Sequence[_Life]) -> StageOutcome:
    times = [life.seconds[index] for life in lives if life.passed > index]
    here = [life for life in lives if life.passed >= index]
    stopped = [life.exposed for life in lives if life.passed == index and life.is_stopped]
    return StageOutcome(
        plan.stages[index].name,
        len(here) / len(lives),
        len(times) / len(lives),
        len(stopped) / len(lives),
        _median(times),
        _median(stopped),
    )


def _life(stages: Sequence[_Stage], chance: random.Random) -> _Life:
    life = _Life()
    for stage in stages:
        seconds, is_stopped = stage.run(chance)
        life.exposed += stage.exposed_users(seconds)
        life.is_stopped = is_stopped
        if is_stopped or seconds > MOST_DAYS * 86400:
            break
        life.seconds.append(seconds)
    return life


class _Stage:
    """One stage, ready to be run."""

    def __init__(self, plan: Plan, stage: Stage, scenario: Scenario) -> None:
        self._plan, self._stage, self._scenario = plan, stage, scenario
        in_segment = stage.kind is StageKind.SEGMENT
        self._share = scenario.in_segments if in_segment else float(stage.share)
        self._events = scenario.per_minute * plan.width / 60
        alpha = plan.alpha_each
        self._criteria = [
            _Criterion(self, criterion, parsed, alpha)
            for criterion in stage.criteria
            if not plan.inapplicable(stage, parsed := plan.parsed(criterion)) and not criterion.shadow
        ]

    def run(self, chance: random.Random) -> tuple[int, bool]:
        """Seconds in the stage, and whether it was stopped."""
        bins = self._bins()
        if bins is None:
            return (MOST_DAYS + 1) * 86400, False
        found = min((c.first_breach(chance, bins) for c in self._criteria), default=None)
        if found is not None and found <= bins:
            return self._tick_after(found * self._plan.width + self._plan.lag), True
        return self._tick_after(max(self._stage.bake, bins * self._plan.width + self._plan.lag)), False

    def _bins(self) -> int | None:
        """How many bins it lasts, until its time and its samples are there; None where they never are."""
        exposed = self._events * (self._share if self._stage.is_compared or self._share else 1.0)
        bake = max(1, (self._stage.bake - self._plan.lag) // self._plan.width)
        if not self._stage.min_samples:
            return bake
        if exposed <= 0:
            return None
        needed = math.ceil(self._stage.min_samples / exposed)
        return max(bake, needed) if needed * self._plan.width <= MOST_DAYS * 86400 else None

    def _tick_after(self, seconds: int) -> int:
        return math.ceil(seconds / self._plan.tick) * self._plan.tick

    def exposed_users(self, seconds: int) -> float:
        """Users who saw the new variation in this time."""
        return self._scenario.per_minute * seconds / 60 * self._share / self._scenario.per_user

    def arms(self, metric: str) -> tuple[float, float, float, float]:
        """Events in a bin and the bad share: of the exposed arm or the service, then of the control."""
        rates, events = self._scenario.rates[metric], self._events
        if self._plan.metric(metric).of is MetricOf.SERVICE:
            share = self._share if self._stage.kind is not StageKind.DARK else 0.0
            return events, rates.old + (rates.new - rates.old) * share, 0.0, 0.0
        return events * self._share, rates.new, events * (1 - self._share), rates.old


class _Criterion:
    """One criterion of a stage: draws its events and joins their evidence as `judge.course` does.

    In plain numbers, which is faster: what overflows is a proof, and what vanishes says nothing.
    """

    def __init__(self, stage: _Stage, own: PlanCriterion, parsed: CountCriterion, alpha: float) -> None:
        self._events, self._bad, self._control, self._control_bad = stage.arms(parsed.metric)
        self._test, self._own = hypothesis(parsed), own
        self._acts_at = 1 / alpha

    def first_breach(self, chance: random.Random, bins: int) -> int:
        """The bin after which it is broken; one more than there are when it is not."""
        parts, seen, proven = [0.0] * len(RATIOS), 0, False
        for t in range(1, bins + 1):
            total, control = _whole(self._events, t), _whole(self._control, t)
            x = _draw(chance, total, self._bad)
            y = _draw(chance, control, self._control_bad) if control else 0
            seen += x
            weight = _FIRST if t == 1 else _LATER / ((t - 1) * t)
            lines = _lines(self._test, total, control, self._own.dispersion)
            parts = [
                (part + weight) * math.exp(min(700.0, x * a + y * b + c if x else y * b + c))
                for part, (a, b, c) in zip(parts, lines, strict=True)
            ]
            proven = proven or sum(parts) / len(parts) + _LATER / t >= self._acts_at
            if proven and seen >= self._own.min_bad:
                return t
        return bins + 1


def _whole(expected: float, t: int) -> int:
    """Events of the t-th bin, whole numbers that add up to the expected ones."""
    return math.floor(expected * t) - math.floor(expected * (t - 1))


@lru_cache(maxsize=4096)
def _lines(test: Test, total: int, control: int, dispersion: float) -> tuple[tuple[float, float, float], ...]:
    """For every r: what a bad event of either arm adds to ln L_r, and what is there without any."""

    def at(bad: int, control_bad: int, ratio: float) -> float:
        counts = BinCounts(Counts(bad, total), Counts(control_bad, control))
        return test.log_ratio(counts, ratio) / dispersion

    return tuple((at(1, 0, r) - at(0, 0, r), at(0, 1, r) - at(0, 0, r), at(0, 0, r)) for r in RATIOS)


def _draw(chance: random.Random, total: int, rate: float) -> int:
    """A binomial number."""
    if not total or rate <= 0:
        return 0
    first, sums = _distribution(total, min(rate, 1.0))
    return first + bisect_left(sums, chance.random() * sums[-1])


@lru_cache(maxsize=4096)
def _distribution(total: int, rate: float) -> tuple[int, tuple[float, ...]]:
    """The sums of the binomial chances, from the first number that is not too rare to be drawn."""
    if rate >= 1:
        return total, (1.0,)
    middle, spread = total * rate, 10 * math.sqrt(total * rate * (1 - rate)) + 20
    first, last = max(0, math.floor(middle - spread)), min(total, math.ceil(middle + spread))
    whole = math.lgamma(total + 1)
    chances = (
        math.exp(
            whole
            - math.lgamma(x + 1)
            - math.lgamma(total - x + 1)
            + x * math.log(rate)
            + (total - x) * math.log1p(-rate)
        )
        for x in range(first, last + 1)
    )
    return first, tuple(accumulate(chances))


def forecast_text(forecast: Forecast) -> str:
    """The forecast as a table in Markdown."""
    rows = [
        "| stage | lasts | come to it | pass it | stopped in it | users by then |",
        "| --- | --- | --- | --- | --- | --- |",
        *map(_row, forecast.stages),
    ]
    rows += [
        "",
        f"{_part(forecast.finished)} of {forecast.runs:,} runs finish, after {_time(forecast.seconds)}.",
    ]
    if forecast.stopped:
        users = _users(forecast.exposed)
        rows += [f"{_part(forecast.stopped)} are stopped, when {users} users have seen the version."]
    return "\n".join(rows) + "\n"


def _row(stage: StageOutcome) -> str:
    passes = "-" if stage.chance is None else _part(stage.chance)
    users = _users(stage.exposed) if stage.stopped else "-"
    cells = (
        stage.name, _time(stage.seconds), _part(stage.reached), passes, _part(stage.stopped), users,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _users(number: float) -> str:
    return format_value(Fraction(round(number)), "", digits=0)


def _part(part: float) -> str:
    return f"{100 * part:.1f}%"


def _time(seconds: float) -> str:
    if not seconds:
        return "-"
    minutes = round(seconds / 60)
    days, hours, left = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (left, "min")) if n]
    return " ".join(parts) or "0 min"
