"""The stages of a plan from the user's YAML, with their criteria parsed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from sluicegate.core.errors import CriterionError, PolicyError
from sluicegate.criteria.metrics import CountCriterion, metric_criterion
from sluicegate.metrics.interface import ARM
from sluicegate.policy.tree import Tree
from sluicegate.rollout.keys import percentage
from sluicegate.rollout.plan import (
    DEFAULT_CRITERIA,
    DEFAULT_STAGES,
    Arms,
    DefaultStage,
    Metric,
    MetricOf,
    OnBreach,
    PlanCriterion,
    Promotion,
    Stage,
    StageKind,
)


@dataclass(slots=True)
class Complaints:
    """What is wrong with a plan, each once."""

    found: list[PolicyError] = field(default_factory=list)

    def add(self, what: str, where: str, remedy: str) -> None:
        """Report something at a place, `FILE:LINE:COLUMN`."""
        if all((e.what, e.where) != (what, where) for e in self.found):
            self.found.append(PolicyError(what, where=where, remedy=remedy))


@dataclass(slots=True)
class Stages:
    """Reads the stages of a plan, whose segments and shares add up.

    Attributes:
        name, tree: of the rollout.
        metrics, arms: of the rollout, as read.
        errors: what is found to be wrong.
        segments, share, seen: of the stages so far.
    """

    name: str
    tree: Tree
    metrics: Sequence[Metric]
    arms: Arms | None
    errors: Complaints
    segments: tuple[str, ...] = ()
    share: Fraction = Fraction(0)
    seen: dict[str, str] = field(default_factory=dict)

    def read(self) -> Iterator[Stage]:
        """The stages in their order; the default ones where none are written."""
        written = self.tree.find("stages")
        default = tuple(Tree({"stage": Tree(s.stage)}, self.tree.key, self.tree.key) for s in DEFAULT_STAGES)
        for own in written.value if written is not None else default:
            stage = self._stage(own)
            self._check_order(stage, own)
            self.share, self.segments = stage.share, stage.segments
            yield stage

    def _stage(self, own: Tree) -> Stage:
        name = own.get("stage", "")
        share = percentage(name)
        kind = _stage_kind(name, share)
        usual = _usual(name, kind)
        segments = self.segments
        if kind is StageKind.SEGMENT:
            segments = tuple(dict.fromkeys((*segments, *own.get("segments", (name,)))))
        elif own.find("segments"):
            self.errors.add(
                f"the stage '{name}' is no segment and has 'segments'",
                own.value["segments"].key,
                "Delete them, or give the stage another name.",
            )
        whole = Fraction(1) if kind is StageKind.GA else Fraction(0)
        limits = self.tree.find("limits") or Tree({})
        samples = self.tree.get("min-samples", usual.min_samples) if usual.min_samples else 0
        return Stage(
            {"ga": "GA"}.get(name.lower(), name.replace(" ", "") if share is not None else name),
            kind,
            self.share if kind is StageKind.SEGMENT else share if share is not None else whole,
            segments,
            own.get("bake", usual.bake),
            own.get("min-samples", samples),
            own.get("max-wait", limits.get("wait", 86400)),
            own.get("promotion", usual.promotion),
            tuple(self._criteria(own)),
        )

    def _check_order(self, stage: Stage, own: Tree) -> None:
        where = (own.find("stage") or own).where
        if stage.name.lower() in self.seen:
            self.errors.add(f"two stages are named '{stage.name}'", where, "Delete one.")
        elif "ga" in self.seen:
            self.errors.add(f"the stage '{stage.name}' comes after GA", where, "Put GA last.")
        elif stage.kind is StageKind.DARK and self.seen:
            self.errors.add("the stage 'dark' comes after others", where, "Put it first.")
        elif stage.share < self.share:
            self.errors.add(f"the stage '{stage.name}' exposes fewer users than the one before it", where,
                            "Put the stages in the order of their shares.")  # fmt: skip
        elif stage.kind is StageKind.PERCENT and stage.share == self.share:
            self.errors.add(f"the stage '{stage.name}' changes nothing", where, "Delete it.")
        self.seen[stage.name.lower()] = where

    def _criteria(self, own: Tree) -> Iterator[PlanCriterion]:
        written = own.find("criteria") or self.tree.find("criteria")
        if written is None:
            yield from self._default_criteria(own)
            return
        seen = set()
        for each in written.value:
            made = self._criterion(each, own)
            if made is None:
                continue
            if made.id in seen:
                what = f"two criteria of '{self.name}' have the id '{made.id}'"
                self.errors.add(what, each.where, "Delete one, or give it another 'id'.")
            seen.add(made.id)
            yield made

    def _default_criteria(self, own: Tree) -> Iterator[PlanCriterion]:
        specs = [m.spec for m in self.metrics]
        for text in DEFAULT_CRITERIA:
            try:
                parsed = metric_criterion(text, specs)
            except CriterionError:
                continue
            if not parsed.compared or self._has_arms(parsed):
                yield self._made(Tree({"expect": Tree(text)}), own, parsed)

    def _has_arms(self, parsed: CountCriterion) -> bool:
        metric = next(m for m in self.metrics if m.name == parsed.metric)
        return self.arms is not None and metric.of is MetricOf.EXPOSED

    def _criterion(self, each: Tree, own: Tree) -> PlanCriterion | None:
        expect = each.value["expect"]
        try:
            parsed = metric_criterion(expect.value, [m.spec for m in self.metrics], name=each.get("id", ""))
        except CriterionError as error:
            self.errors.add(error.what, expect.where, error.remedy)
            return None
        if parsed.compared and not self._has_arms(parsed):
            self._refuse_control(parsed, expect.where)
            return None
        return self._made(each, own, parsed)

    def _refuse_control(self, parsed: CountCriterion, where: str) -> None:
        if self.tree.find("arms") is None:
            self.errors.add(
                f"'{parsed.criterion.expect}' compares with control, and the rollout has no 'arms'",
                where,
                "Add 'arms', for example arms: {label: variant, exposed: 'on', control: 'off'}.",
            )
        else:
            self.errors.add(
                f"'{parsed.criterion.expect}' compares with control, and '{parsed.metric}' counts both arms",
                where,
                f"Put {ARM} into the expressions of '{parsed.metric}', and add 'of: exposed'.",
            )

    def _made(self, each: Tree, own: Tree, parsed: CountCriterion) -> PlanCriterion:
        plan = self.tree
        least = 1 if not parsed.compared and parsed.bound == 0 else plan.get("min-bad", 5)
        return PlanCriterion(
            parsed.id,
            parsed.criterion.expect,
            each.get("on-breach", own.get("on-breach", plan.get("on-breach", OnBreach.ROLLBACK))),
            each.get("shadow", plan.get("shadow", False)),
            each.get("min-bad", least),
            each.get("dispersion", plan.get("dispersion", 1.0)),
        )


def _stage_kind(name: str, share: Fraction | None) -> StageKind:
    if name == "dark" or share == 0:
        return StageKind.DARK
    if name.lower() == "ga":
        return StageKind.GA
    return StageKind.SEGMENT if share is None else StageKind.PERCENT


def _usual(name: str, kind: StageKind) -> DefaultStage:
    """What a stage lasts and needs where the user says nothing."""
    found = next((s for s in DEFAULT_STAGES if s.stage.lower() == name.lower()), None)
    if found is not None:
        return found
    if kind is StageKind.SEGMENT:
        return DefaultStage(name, 3600, 0, Promotion.MANUAL)
    return DefaultStage(name, 3600)
