"""What is wrong or risky in a plan that can be read: what `rollout validate` says without a network. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.units import format_value
from sluicegate.flags.interface import Capabilities
from sluicegate.rollout.plan import MetricOf, Plan, Promotion, Stage, StageKind

SLOW_KILL = 60
"""Seconds until clients see a kill, above which there is a remark, as above the width of a bin."""

FINEST = Fraction(1, 100_000)
"""The finest share that a plan can have. A provider with finer steps can write each of them."""

ENOUGH = 1000
"""Samples: 12 % of versions that fail in 8 % of requests pass a guard of 5 % with them, 94 % with 100."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark. With `is_error` the plan cannot be followed, and `start` refuses it."""

    is_error: bool
    what: str
    remedy: str


def remarks(plan: Plan, capabilities: Sequence[Capabilities] = ()) -> tuple[Remark, ...]:
    """Everything to say about a plan.

    Args:
        plan: as read.
        capabilities: of the providers of its flags, in their order; none where they are not installed.
    """
    found = [*_of_flags(plan, capabilities), *_of_stages(plan), *_of_criteria(plan)]
    return tuple(dict.fromkeys(found))


def _warning(what: str, remedy: str) -> Remark:
    return Remark(False, what, remedy)


# --- flags -------------------------------------------------------------------------------------


def _of_flags(plan: Plan, capabilities: Sequence[Capabilities]) -> Iterator[Remark]:
    for flag, able in zip(plan.flags, capabilities, strict=False):
        yield from _impossible(plan, flag.name, able)
        yield from _risky(flag.name, able, plan.width)


def _impossible(plan: Plan, name: str, able: Capabilities) -> Iterator[Remark]:
    for stage in plan.stages:
        if stage.is_compared and able.step >= FINEST and (stage.share / able.step).denominator != 1:
            step = format_value(able.step * 100, "%", digits=6)
            yield Remark(
                True,
                f"{name} has steps of {step}, and the stage {stage.name} is not one of them",
                f"Write a multiple of {step}.",
            )
    segments = sorted({segment for stage in plan.stages for segment in stage.segments})
    if segments and not able.segments:
        yield Remark(
            True,
            f"{name} knows no segments, and the plan has '{segments[0]}'",
            "Delete the segment stages, or put the group into the flag by hand.",
        )


def _risky(name: str, able: Capabilities, width: int) -> Iterator[Remark]:
    if able.sticky == "caller":
        yield _warning(
            f"{name} decides for a process, not for a user: a user sees both versions",
            "Use a rule by user where the provider has one.",
        )
    if able.lock == "none":
        yield _warning(
            f"{name} has no lock: two who write at once overwrite each other",
            "Let nothing else write the flag during the rollout.",
        )
    if able.kill == "percent":
        yield _warning(
            f"{name} is killed by the lever that promotes it",
            "Watch the flag after a kill: a promotion that comes late can raise it again.",
        )
    if able.kill_delay > min(SLOW_KILL, width):
        yield _warning(
            f"clients of {name} see a kill after {able.kill_delay:,} s, and a bin has {width:,} s",
            "Shorten the refresh of its clients, or expect that a fault lasts so much longer.",
        )
    if able.approvals:
        yield _warning(
            f"{name} may ask for an approval of each write",
            "Give the token the right to write without one, or expect stages to wait.",
        )
    yield _warning(f"users without a key: {able.without_key}", "Give every user a key.")


# --- stages ------------------------------------------------------------------------------------


def _of_stages(plan: Plan) -> Iterator[Remark]:
    if plan.stages[-1].share < 1:
        name = plan.stages[-1].name
        yield _warning(f"the rollout ends at {name}, not with everybody", "Add the stage GA.")
    for stage in plan.stages:
        yield from _of_stage(plan, stage)


def _of_stage(plan: Plan, stage: Stage) -> Iterator[Remark]:
    least = plan.lag + plan.width
    if 0 < stage.bake < least:
        yield _warning(
            f"{stage.name} bakes for {stage.bake} s, and its first bin is complete after {least} s",
            "Let it bake longer, or make 'bin' and 'lag' shorter.",
        )
    if stage.is_compared and stage.promotion is Promotion.AUTO and stage.min_samples < ENOUGH:
        yield _warning(
            f"{stage.name} is promoted after {stage.min_samples:,} samples, which let many bad versions pass",
            f"Ask for {ENOUGH:,} or more, and look at `rollout simulate`.",
        )
    if all(criterion.shadow for criterion in stage.criteria):
        yield _warning(
            f"nothing acts in {stage.name}: it is promoted by hand, and rolls nothing back",
            "Take a criterion out of shadow mode when its readings are right.",
        )
    if _sees_little(plan, stage):
        part = format_value(stage.share * 100, "%", digits=3)
        yield _warning(
            f"all guards of {stage.name} are on the whole service, so they see {part} of a fault",
            "Add a metric of the exposed arm: 'of: exposed' with $arm.",
        )


def _sees_little(plan: Plan, stage: Stage) -> bool:
    if not stage.is_compared or stage.kind is StageKind.DARK:
        return False
    metrics = [plan.metric(plan.parsed(criterion).metric) for criterion in stage.criteria]
    return all(metric.of is MetricOf.SERVICE for metric in metrics)


# --- criteria ----------------------------------------------------------------------------------


def _of_criteria(plan: Plan) -> Iterator[Remark]:
    for _, criterion in plan.judged():
        parsed = plan.parsed(criterion)
        if not parsed.compared:
            continue
        if not parsed.margin and not parsed.growth and criterion.dispersion == 1:
            yield _warning(
                f"'{criterion.expect}' has no margin, and equal versions differ: users come more than once",
                "Write 'control + 0.5pp', or give it a 'dispersion'.",
            )
        if plan.metric(parsed.metric).approximate:
            yield _warning(
                f"'{criterion.expect}' compares estimates, and the test needs counts",
                "Compare a metric whose events are counted.",
            )
