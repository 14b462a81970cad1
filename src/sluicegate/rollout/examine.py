"""What is wrong or risky in a plan, by its text or by asking its providers; scenarios of forecasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluicegate.core.errors import ExitCode, SluicegateError, UsageError
from sluicegate.flags.interface import FlagState
from sluicegate.metrics.interface import MetricError, MetricProvider
from sluicegate.rollout.actions import Unread
from sluicegate.rollout.connect import Providers, connect, read_flags
from sluicegate.rollout.drift import exposure_text
from sluicegate.rollout.keys import percentage
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.readings import Needed, needed
from sluicegate.rollout.remarks import Remark, remarks
from sluicegate.rollout.simulate import Rates, Scenario
from sluicegate.runtime.surroundings import Surroundings

_USUAL = Rates(0.01, 0.01)


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
    except SluicegateError:  # without its tokens and addresses; --live says so
        able = []
    return _of_remarks(remarks(plan, able))


def _of_remarks(found: Sequence[Remark]) -> Examined:
    lines = tuple(f"{'error' if r.is_error else 'warning'}: {r.what}. {r.remedy}" for r in found)
    return Examined(lines, ExitCode.USAGE if any(r.is_error for r in found) else ExitCode.OK)


def examine_live(plan: Plan, around: Surroundings) -> Examined:
    """The same, with each flag read and each metric looked up at its provider.

    Raises:
        SluicegateError: the provider of a flag cannot be made.
    """
    providers = connect(plan, around)
    own = _of_remarks(remarks(plan, [flag.capabilities for flag in providers.flags]))
    flags, metrics = list(_flags(providers)), list(_metrics(plan, providers, int(around.clock.now())))
    lines = (*own.lines, *(line for line, _ in (*flags, *metrics)))
    return Examined(lines, max([own.exit_code, *(code for _, code in (*flags, *metrics))]))


Found = tuple[str, ExitCode]


def _flags(providers: Providers) -> Iterator[Found]:
    for flag, view in zip(providers.flags, read_flags(providers.flags), strict=True):
        if isinstance(view, Unread):
            yield f"error: {flag.name} cannot be read: {view.reason}", ExitCode.WORLD
        else:
            yield _flag(flag.name, view)


def _flag(name: str, view: FlagState) -> Found:
    if view.driver:
        return f"error: {view.driver} of the provider drives {name}", ExitCode.USAGE
    if view.exposure is None:
        return f"error: what {name} exposes cannot be computed: {view.reason}", ExitCode.USAGE
    return f"{name} exposes {exposure_text(view.exposure)}", ExitCode.OK


def _metrics(plan: Plan, providers: Providers, now: int) -> Iterator[Found]:
    for asked in _asked(plan):
        provider = providers.of(plan.metric(asked.metric))
        if isinstance(provider, str):
            yield f"error: {asked.metric}: {provider}", ExitCode.USAGE
        else:
            yield from _metric(provider, asked, now)


def _asked(plan: Plan) -> list[Needed]:
    """Everything that is asked for in any stage, of as many arms as in any."""
    asked: dict[object, Needed] = {}
    for one in (one for stage in plan.stages for one in needed(plan, stage)):
        before = asked.setdefault((one.metric, one.over), one)
        asked[one.metric, one.over] = max(before, one, key=lambda found: len(found.arms))
    return list(asked.values())


def _metric(provider: MetricProvider, asked: Needed, now: int) -> list[Found]:
    try:
        wrong = dict.fromkeys(text for arm in asked.arms for text in provider.examine(asked.query, arm, now))
    except MetricError as error:
        return [(f"error: {asked.metric}: {error}", ExitCode.WORLD)]
    return [(f"error: {text}", ExitCode.USAGE) for text in wrong] or [
        (f"{asked.metric} is there", ExitCode.OK)
    ]


def scenario_of(plan: Plan, rates: Sequence[str], per_minute: float) -> Scenario:
    """A scenario from `METRIC=OLD:NEW` texts; other metrics have 1% of bad events.

    Raises:
        UsageError: a text is none.
    """
    found = dict.fromkeys((metric.name for metric in plan.metrics), _USUAL)
    for text in rates:
        name, _, shares = text.partition("=")
        old, new = (percentage(part.strip()) for part in (shares.partition(":")[0], shares.partition(":")[2]))
        if name not in found or old is None or new is None:
            names = ", ".join(found)
            what = f"'{text[:60]}' is no rate of a metric"
            raise UsageError(what, where="--rate", remedy=f"Write METRIC=1%:8%. Metrics: {names}.")
        found[name] = Rates(float(old), float(new))
    return Scenario(found, per_minute)
