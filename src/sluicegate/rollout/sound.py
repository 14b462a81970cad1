"""Whether a plan of a journal is one that `plan_read` could have made. Pure.

Who may push to a repository may write a journal. What its types allow and its reader never writes would
surprise whoever follows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from sluicegate.core.errors import SluicegateError
from sluicegate.core.text import cut, one_line
from sluicegate.rollout.plan import Plan

LONGEST = 10**9
"""Seconds, about 30 years: more than any time of a plan."""


def unsound(plan: Plan) -> str:
    """What is wrong with a plan, for people; empty where it can be followed.

    The time zone is not looked at: this machine may lack it, and what needs none must go on.
    """
    for check in (_providers, _names, _stages, _criteria, _windows):
        try:
            why = next(check(plan), "")
        except (SluicegateError, ValueError, LookupError, ArithmeticError) as error:
            why = str(error) or type(error).__name__
        if why:
            return cut(one_line(why), 300)
    return ""


Check = Callable[[Plan], Iterator[str]]


def _providers(plan: Plan) -> Iterator[str]:
    for _, own in plan.providers:
        if not isinstance(json.loads(own.settings), dict):
            yield f"the settings of '{own.name}' are no mapping"


def _names(plan: Plan) -> Iterator[str]:
    for what, names in (
        ("stage", [stage.name.lower() for stage in plan.stages]),
        ("metric", [metric.name for metric in plan.metrics]),
    ):
        yield from (f"two of the name '{name}' ({what})" for name in names if names.count(name) > 1)


def _stages(plan: Plan) -> Iterator[str]:
    for stage in plan.stages:
        if not 0 <= stage.share <= 1:
            yield f"the stage '{stage.name}' exposes a share of {stage.share}"
        if max(stage.bake, stage.wait) > LONGEST:
            yield f"the stage '{stage.name}' lasts too long"
    if max(plan.lag, plan.tick, plan.limits.errors, plan.limits.silence) > LONGEST or not plan.tick:
        yield "one of its times is out of range"


def _criteria(plan: Plan) -> Iterator[str]:
    metrics = {metric.name: metric for metric in plan.metrics}
    if plan.arms is not None and plan.arms.metric and plan.arms.metric not in metrics:
        yield f"its arms name the metric '{plan.arms.metric}', which it does not have"
    for criterion in {criterion for stage in plan.stages for criterion in stage.criteria}:
        parsed = plan.parsed(criterion)
        metrics[parsed.metric].query(parsed.over)


def _windows(plan: Plan) -> Iterator[str]:
    yield from (f"no window: {frozen.when}" for frozen in plan.freeze.windows if not frozen.window.text)
