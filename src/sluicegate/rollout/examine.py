"""What is wrong or risky in a plan, by its text or by asking its providers; scenarios of forecasts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.errors import ExitCode, SluicegateError, UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import did_you_mean
from sluicegate.flags.interface import FlagError, FlagProvider, FlagState, Rights, TriesRights
from sluicegate.metrics.interface import MetricError, MetricProvider, Window
from sluicegate.rollout.actions import FlagView, Unread
from sluicegate.rollout.connect import Providers, ask, connect, read_flags
from sluicegate.rollout.drift import exposure_text
from sluicegate.rollout.keys import percentage
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.readings import Needed, needed
from sluicegate.rollout.remarks import Remark, remarks
from sluicegate.rollout.series import Failed
from sluicegate.rollout.simulate import Rates, Scenario
from sluicegate.rollout.traffic import Counted, counts_text, traffic_remarks
from sluicegate.runtime.surroundings import Surroundings

_USUAL = Rates(0.01, 0.01)

BINS = 10
"""Newest complete bins that each metric is asked for before a start."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found; lines are for people."""

    lines: tuple[str, ...]
    exit_code: ExitCode = ExitCode.OK

    @property
    def verdict(self) -> str:
        """In one word."""
        return {ExitCode.OK: "valid", ExitCode.USAGE: "not valid"}.get(self.exit_code, "not known")


def examine(plan: Plan, around: Surroundings) -> Examined:
    """A plan by its text, and by what its flag providers state of themselves where they can be made."""
    try:
        able = [flag.capabilities for flag in connect(plan, around).flags]
    except SluicegateError:  # without its tokens and addresses; --live reports that
        able = []
    return _of_remarks(remarks(plan, able))


def _of_remarks(found: Sequence[Remark]) -> Examined:
    lines = tuple(f"{'error' if r.is_error else 'warning'}: {r.what}. {r.remedy}" for r in found)
    return Examined(lines, ExitCode.USAGE if any(r.is_error for r in found) else ExitCode.OK)


def examine_live(plan: Plan, around: Surroundings) -> Examined:
    """The same, with each flag read, the rights of its token tried, and each metric asked, at its provider.

    Raises:
        SluicegateError: the provider of a flag cannot be made.
    """
    providers = connect(plan, around)
    own = _of_remarks(remarks(plan, [flag.capabilities for flag in providers.flags]))
    views = read_flags(providers.flags)
    found = [
        *_flags(providers, views),
        *_metrics(plan, providers, int(around.clock.now()), _exposed(views)),
    ]
    lines = (*own.lines, *(line for line, _ in found))
    return Examined(lines, max([own.exit_code, *(code for _, code in found)]))


Found = tuple[str, ExitCode]


def _exposed(views: Iterable[FlagView]) -> Fraction:
    """The share of users that the flags expose now; 0 where that is not known of all."""
    shares = [getattr(getattr(view, "exposure", None), "share", Fraction(0)) for view in views]
    return min(shares, default=Fraction(0))


def _flags(providers: Providers, views: Sequence[FlagView]) -> Iterator[Found]:
    for flag, view in zip(providers.flags, views, strict=True):
        if isinstance(view, Unread):
            yield f"error: {flag.name} cannot be read: {view.reason}", ExitCode.WORLD
        else:
            yield _flag(flag.name, view)
            yield from _rights(flag)


def _flag(name: str, view: FlagState) -> Found:
    if view.driver:
        return f"error: {view.driver} of the provider drives {name}", ExitCode.USAGE
    if view.exposure is None:
        return f"error: what {name} exposes cannot be computed: {view.reason}", ExitCode.USAGE
    return f"{name} exposes {exposure_text(view.exposure)}", ExitCode.OK


def _rights(flag: FlagProvider) -> Iterator[Found]:
    """What came of trying to write, in a way that changes nothing."""
    try:
        found = flag.try_rights() if isinstance(flag, TriesRights) else Rights(untried="its provider cannot")
    except FlagError as error:
        yield f"error: {error}", ExitCode.WORLD
        return
    if found.untried:
        yield f"warning: the right to write {flag.name} was not tried: {found.untried}", ExitCode.OK
    elif not found.lacks:
        yield f"{flag.name} may be written", ExitCode.OK
    for lack in found.lacks:
        yield f"error: {flag.name} cannot be written: {lack}. {flag.capabilities.token}", ExitCode.USAGE


def _metrics(plan: Plan, providers: Providers, now: int, share: Fraction) -> Iterator[Found]:
    counted: list[Counted] = []
    for asked in _asked(plan):
        provider = providers.of(plan.metric(asked.metric))
        if isinstance(provider, str):
            yield f"error: {asked.metric}: {provider}", ExitCode.USAGE
        else:
            yield from _metric(plan, provider, asked, now, counted)
    yield from ((f"warning: {text}", ExitCode.OK) for text in traffic_remarks(plan, counted, share))


def _asked(plan: Plan) -> list[Needed]:
    """Everything that is asked for in any stage, of as many arms as in any."""
    asked: dict[object, Needed] = {}
    for one in (one for stage in plan.stages for one in needed(plan, stage)):
        before = asked.setdefault((one.metric, one.over), one)
        asked[one.metric, one.over] = max(before, one, key=lambda found: len(found.arms))
    return list(asked.values())


def _metric(
    plan: Plan, provider: MetricProvider, asked: Needed, now: int, counted: list[Counted]
) -> Iterator[Found]:
    """Look the names of a metric up, then count its newest bins, which go to `counted`."""
    try:
        wrong = dict.fromkeys(text for arm in asked.arms for text in provider.examine(asked.query, arm, now))
    except MetricError as error:
        yield f"error: {asked.metric}: {error}", ExitCode.WORLD
        return
    if wrong:
        yield from ((f"error: {text}", ExitCode.USAGE) for text in wrong)
        return
    window = Window(now - plan.lag - BINS * plan.width, plan.width, BINS, plan.lag)
    answer = ask(provider, asked, window)
    if isinstance(answer, Failed):
        yield f"error: {asked.metric}: {answer.reason}", ExitCode.WORLD
        return
    counted.append((asked, answer))
    yield f"{asked.metric} is there: {counts_text(answer)} in {BINS} bins", ExitCode.OK


def scenario_of(plan: Plan, rates: Sequence[str], per_minute: float) -> Scenario:
    """A scenario from `METRIC=OLD:NEW` texts; other metrics have 1% of bad events.

    Raises:
        UsageError: a text has another form, or names no metric of the plan.
    """
    if not math.isfinite(per_minute):
        raise UsageError("is no number of events", where="--per-minute", remedy="Write one such as 1000.")
    names = [metric.name for metric in plan.metrics]
    found: dict[str, Rates] = {}
    for text in rates:
        name, _, shares = text.partition("=")
        old, new = (percentage(part.strip()) for part in (shares.partition(":")[0], shares.partition(":")[2]))
        what = f"'{cut(one_line(text), 60)}' is no rate of a metric"
        if name in found:
            what = f"the metric '{name}' has two rates"
        elif name in names and old is not None and new is not None:
            found[name] = Rates(float(old), float(new))
            continue
        raise UsageError(
            what, where="--rate",
            remedy=f"{did_you_mean(name, names)}Write METRIC=1%:8%, once each. Metrics: {', '.join(names)}.",
        )  # fmt: skip
    return Scenario({**dict.fromkeys(names, _USUAL), **found}, per_minute)
