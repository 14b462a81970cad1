"""From the user's YAML to plans: defaults filled in, criteria parsed, every error with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath

from sluicegate.core.errors import PolicyError
from sluicegate.core.text import cut, one_line
from sluicegate.flags.interface import GROUP as FLAGS
from sluicegate.metrics.interface import ARM
from sluicegate.metrics.interface import GROUP as METRICS
from sluicegate.policy.keys import Spot
from sluicegate.policy.loader import place_of
from sluicegate.policy.tree import Tree
from sluicegate.policy.yaml_positions import read_document
from sluicegate.rollout.keys import NAME, PlanKind
from sluicegate.rollout.plan import (
    Arms,
    Counted,
    Freeze,
    FrozenTime,
    Limits,
    Metric,
    MetricOf,
    Plan,
    PlanCriterion,
    ProviderSettings,
    Stage,
    StageKind,
)
from sluicegate.rollout.plan_stages import Complaints, Stages
from sluicegate.rollout.providers import tells_arms


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """A plan of a file with all that is wrong with it; `plan` is None when there are errors.

    Attributes:
        providers: those that it names, with their groups, whatever else is wrong with it.
    """

    plan: Plan | None
    errors: tuple[PolicyError, ...]
    providers: tuple[tuple[str, ProviderSettings], ...] = ()


def read_plan(data: bytes, path: str) -> CheckedPlan:
    """The plan of a file `rollouts/NAME.yml`.

    Args:
        data: its bytes.
        path: relative to the repository; the name of the rollout is the file's.
    """
    try:
        NAME.check(name := PurePosixPath(path).stem)
        document = read_document(data, path)
    except PolicyError as error:
        return CheckedPlan(None, (PolicyError(error.what, where=error.where or path, remedy=error.remedy),))
    spot = Spot(document, document.top, (name,))
    tree = PlanKind().read(spot)
    found = [error for _, error in spot.complaints]
    errors = Complaints(found)
    plan = _plan(name, tree, errors) if tree is not None else None
    ordered = tuple(sorted(errors.found, key=place_of))
    named = tuple(_named(tree)) if tree is not None else ()
    return CheckedPlan(None if ordered else plan, ordered, named)


def build_plans(tree: Tree) -> tuple[dict[str, Plan], tuple[PolicyError, ...]]:
    """The plans of the section `rollouts` of a policy, by name, and what is wrong with them."""
    errors = Complaints([])
    made = {name: _plan(name, own, errors) for name, own in tree.value.items()}
    return {name: plan for name, plan in made.items() if plan is not None}, tuple(errors.found)


def _plan(name: str, tree: Tree, errors: Complaints) -> Plan | None:
    """The plan; None where a part of it was refused."""
    if tree.get("damaged", False):
        return None
    before = len(errors.found)
    metrics = tuple(_metrics(tree, errors))
    arms = _arms(tree, metrics, errors)
    stages = tuple(Stages(name, tree, metrics, arms, errors).read())
    named = tree.find("flags")
    flags = tuple(map(_provider, named.value)) if named is not None else ()
    alpha: Fraction = tree.get("alpha", Fraction(1, 20))
    if not flags or not stages:
        return None
    plan = Plan(
        name,
        flags,
        metrics,
        arms,
        stages,
        alpha=float(alpha),
        width=tree.get("bin", 60),
        lag=tree.get("lag", 90),
        tick=tree.get("tick-every", 900),
        limits=_limits(tree),
        freeze=_freeze(tree),
        approvers=tree.get("approvers", ("write",)),
        environment=tree.get("environment", "production"),
        shared_bucketing=tree.get("shared-bucketing", False),
        issue=tree.get("issue", 0),
    )
    if len(errors.found) == before:
        _check_whole(plan, tree, errors)
    return plan


def _named(tree: Tree) -> Iterator[tuple[str, ProviderSettings]]:
    """The providers that a plan names, with their groups."""
    flags = tree.find("flags")
    for flag in flags.value if flags is not None else ():
        yield FLAGS, _provider(flag)
    own = (metric.find("from") for metric in tree.entries("metrics").values())
    for metrics in (tree.find("metrics-from"), *own):
        if metrics is not None:
            yield METRICS, _provider(metrics)


def _provider(tree: Tree) -> ProviderSettings:
    ((name, own),) = tree.value.items()
    return ProviderSettings(name, json.dumps(own.plain(), default=str, sort_keys=True))


def _limits(tree: Tree) -> Limits:
    own = tree.find("limits") or Tree({})
    return Limits(own.get("errors", 1800), own.get("silence", 3600))


def _freeze(tree: Tree) -> Freeze:
    own = tree.find("freeze") or Tree({})
    windows = own.find("windows")
    return Freeze(
        own.get("time-zone", "UTC"),
        tuple(FrozenTime(w.get("when", ""), w.get("reason", "")) for w in (windows.value if windows else ())),
    )


# --- metrics and arms --------------------------------------------------------------------------


def _metrics(tree: Tree, errors: Complaints) -> Iterator[Metric]:
    usual = tree.find("metrics-from")
    for name, own in tree.entries("metrics").items():
        provider = own.find("from") or usual
        if provider is None:
            errors.add(
                f"the metric '{name}' has no provider",
                own.key,
                "Add 'metrics-from' to the rollout, for example metrics-from: {prometheus: {url: ...}}.",
            )
            continue
        counted = next(key for key in ("bad", "good", "durations") if key in own.value)
        expression: str = own.get(counted, "")
        metric = Metric(
            name,
            _provider(provider),
            expression,
            own.get("total", expression),
            counts_good=counted == "good",
            durations=counted == "durations",
            of=own.get("of", MetricOf.SERVICE),
            approximate=own.get("approximate", False),
        )
        _check_arm(metric, own, errors)
        yield metric


def _check_arm(metric: Metric, tree: Tree, errors: Complaints) -> None:
    for key in ("bad", "good", "durations", "total"):
        found = tree.find(key)
        if found is None:
            continue
        if metric.of is MetricOf.EXPOSED and ARM not in found.value and not tells_arms(metric.provider.name):
            errors.add(
                f"'{key}' of the metric '{metric.name}' has no {ARM}, and it counts one arm",
                found.where,
                f'Put {ARM} where the label\'s value is, for example {{variant="{ARM}"}}, or delete "of".',
            )
        if metric.of is MetricOf.SERVICE and ARM in found.value:
            errors.add(
                f"'{key}' of the metric '{metric.name}' has {ARM}, and it counts the whole service",
                found.where,
                "Add 'of: exposed'.",
            )


def _arms(tree: Tree, metrics: Sequence[Metric], errors: Complaints) -> Arms | None:
    own = tree.find("arms")
    exposed = [m.name for m in metrics if m.of is MetricOf.EXPOSED]
    if own is None:
        _refuse_no_arms(tree, exposed, errors)
        return None
    arms = Arms(
        own.get("label", ""),
        own.get("exposed", ""),
        own.get("control", ""),
        own.get("counted", Counted.REQUESTS),
        own.get("metric", "") or next(iter(exposed), ""),
    )
    _check_arms(arms, own, exposed, errors)
    return arms if exposed else None


def _refuse_no_arms(tree: Tree, exposed: Sequence[str], errors: Complaints) -> None:
    if exposed:
        errors.add(
            f"the metric '{exposed[0]}' counts one arm, and the rollout has no 'arms'",
            tree.entries("metrics")[exposed[0]].key,
            "Add 'arms', for example arms: {label: variant, exposed: 'on', control: 'off'}.",
        )


def _check_arms(arms: Arms, own: Tree, exposed: Sequence[str], errors: Complaints) -> None:
    if arms.exposed == arms.control:
        errors.add("both arms have the same value", own.where, "Give the value of each.")
    if arms.metric and arms.metric not in exposed:
        where = own.value["metric"].where
        remedy = f"Metrics of one arm: {', '.join(exposed) or 'none'}."
        errors.add(f"'{cut(one_line(arms.metric), 60)}' is no metric that counts one arm", where, remedy)


# --- what holds for the whole plan ------------------------------------------------------------


def _check_whole(plan: Plan, tree: Tree, errors: Complaints) -> None:
    written = tree.find("stages")
    places = [own.where for own in written.value] if written is not None else [tree.key] * len(plan.stages)
    for stage, where in zip(plan.stages, places, strict=True):
        if not any(_decides(plan, stage, criterion) for criterion in stage.criteria):
            of = "on a metric of the whole service, " if stage.kind is StageKind.DARK else ""
            errors.add(
                f"nothing guards the stage '{stage.name}'",
                where,
                f"Give it a criterion with a number, {of}for example error_rate <= 5%.",
            )
    _check_flags(plan, tree, errors)


def _check_flags(plan: Plan, tree: Tree, errors: Complaints) -> None:
    percents = any(stage.is_compared for stage in plan.stages)
    if len(plan.flags) > 1 and percents and not plan.shared_bucketing:
        errors.add(
            "several flags at a percentage expose different users",
            tree.value["flags"].where,
            "Make one flag a prerequisite of the others and name that one, or let the provider share the "
            "bucketing (Unleash: groupId; GrowthBook: seed) and write 'shared-bucketing: true'.",
        )


def _decides(plan: Plan, stage: Stage, criterion: PlanCriterion) -> bool:
    """Is it a guard that judges in this stage? Percent stages may do with comparisons."""
    parsed = plan.parsed(criterion)
    if plan.inapplicable(stage, parsed):
        return False
    return not parsed.compared or stage.is_compared
