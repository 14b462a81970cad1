"""From the user's YAML to the settings of releases, laid over the default; every error with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from sluicegate.core.errors import CriterionError, PolicyError
from sluicegate.core.statuses import Otherwise
from sluicegate.criteria import Absolute, Criterion, Vocabulary, comparisons, parse
from sluicegate.policy.catalogue import folder
from sluicegate.policy.keys import Spot
from sluicegate.policy.model import Policy
from sluicegate.policy.tree import Tree, over
from sluicegate.policy.yaml_positions import read_document
from sluicegate.release.keys import section
from sluicegate.release.matrix import FREEZE, HEAD
from sluicegate.release.settings import (
    AGES,
    MEASURES,
    Check,
    Dimension,
    EvidenceSource,
    MetricSource,
    ReleaseSettings,
    Role,
    vocabulary,
)
from sluicegate.rollout.plan import Freeze, FrozenTime, ProviderSettings

DEFAULT = "release/standard.yml"
"""The shipped default, in the catalogue."""


def settings_of(policy: Policy) -> ReleaseSettings:
    """The settings of releases that a policy has; the default where it says nothing."""
    found: ReleaseSettings | None = policy.sections.get("release")
    return found if found is not None else default_settings()


def default_text() -> str:
    """The YAML text of the default."""
    return (folder() / DEFAULT).read_text(encoding="utf-8")


@cache
def _default() -> Tree:
    document = read_document(default_text().encode(), f"gates/{DEFAULT}")
    spot = Spot(document, document.top)
    tree = section("release").read(spot)
    if tree is None or spot.complaints:
        raise AssertionError(f"the default of releases is not valid: {spot.complaints}")
    return tree


@cache
def default_settings() -> ReleaseSettings:
    """The shipped default."""
    settings, errors = build_settings(Tree({}, merge=_default().merge))
    if errors:
        raise AssertionError(f"the default of releases is not valid: {errors[0]}")
    return settings


def build_settings(tree: Tree) -> tuple[ReleaseSettings, tuple[PolicyError, ...]]:
    """The settings of a section, the default under it, and what is wrong with it."""
    reader = _Reader(over(_default(), tree))
    return reader.settings(), tuple(reader.errors)


@dataclass(slots=True)
class _Reader:
    tree: Tree
    errors: list[PolicyError] = field(default_factory=list)

    def settings(self) -> ReleaseSettings:
        tree = self.tree
        evidence = tuple(_source(name, own) for name, own in tree.entries("evidence").items())
        known = vocabulary({source.name: source.kind for source in evidence})
        lists: dict[str, tuple[str, ...]] = tree.get("checklists", {})
        return ReleaseSettings(
            tuple(self._dimensions(known)),
            evidence,
            tuple(
                Role(name, own.get("from", ()), own.get("quorum", 1))
                for name, own in tree.entries("roles").items()
            ),
            tree.get("waivers-by", ()),
            tree.get("self-approval", True),
            {name: items for name, items in lists.items() if items},
            tuple(sorted(set(tree.get("checkpoints", (0,))) | {0}, reverse=True)),
            tree.get("valid-for", 604_800),
            _freeze(tree),
        )

    def _dimensions(self, known: Vocabulary) -> Iterator[Dimension]:
        seen: dict[str, str] = {}
        for name, own in self.tree.entries("dimensions").items():
            if not own.get("enabled", True):
                continue
            checks = tuple(self._checks(own, known, seen))
            yield Dimension(name, own.get("title", name), checks)

    def _checks(self, dimension: Tree, known: Vocabulary, seen: dict[str, str]) -> Iterator[Check]:
        written = dimension.find("checks")
        for each in written.value if written is not None else ():
            check = self._check(each, known)
            if check is None:
                continue
            if check.id in (FREEZE, HEAD):
                what = f"a check cannot have the id '{check.id}', which waivers and reports use"
                self._add(what, each.where, "Give it another 'id'.")
            if check.id in seen:
                what = f"two checks have the id '{check.id}', the other one at {seen[check.id]}"
                self._add(what, each.where, "Give one of them another 'id'.")
            seen[check.id] = each.where
            yield check

    def _check(self, each: Tree, known: Vocabulary) -> Check | None:
        expect = each.value["expect"]
        otherwise = each.get("else", Otherwise.BLOCK)
        try:
            criterion = parse(expect.value, known, otherwise=otherwise)
            _refuse(criterion)
        except CriterionError as error:
            self._add(error.what, expect.where, error.remedy)
            return None
        name: str = each.get("id", "") or _name(criterion)
        return Check(parse(expect.value, known, name=name, otherwise=otherwise), each.get("remedy", ""))

    def _add(self, what: str, where: str, remedy: str) -> None:
        self.errors.append(PolicyError(what, where=where, remedy=remedy))


def _refuse(criterion: Criterion) -> None:
    """Refuse what time alone would satisfy, and what there is nothing to compare with.

    Raises:
        CriterionError: it is one of these.
    """
    for part in comparisons([criterion]):
        name = part.measure.name
        if not isinstance(part.bound, Absolute):
            what = f"'{part.expect}' compares with a {part.bound.reference}, and a release has none"
            raise CriterionError(what, remedy="Write a number.")
        if name.rpartition(".")[2] in AGES and part.op not in ("<", "<="):
            raise CriterionError(
                f"'{part.expect}' would pass by the time alone", remedy=f"Write '{name} <= …'."
            )


def _name(criterion: Criterion) -> str:
    """`staging.current`, `gate.security.blocked`: what a waiver can write."""
    first = criterion.comparisons[0]
    if first.selector is None:
        return first.measure.name
    return ".".join((first.selector.kind, *first.selector.glob.split(), first.measure.name))


def _source(name: str, tree: Tree) -> EvidenceSource:
    kind = next(key for key in tree.value if key in MEASURES)
    value = tree.value[kind]
    if kind == "metric":
        ((provider, own),) = value.value["from"].value.items()
        settings = ProviderSettings(provider, json.dumps(own.plain(), default=str, sort_keys=True))
        metric = MetricSource(settings, value.get("bad", ""), value.get("total", ""), value.get("over", 3600))
        return EvidenceSource(name, kind, metric=metric)
    if kind == "changed":
        return EvidenceSource(name, kind, tuple(value.get("of", ())), needs=tuple(value.get("need", ())))
    plain: str | Sequence[str] = value.plain()
    return EvidenceSource(name, kind, (plain,) if isinstance(plain, str) else tuple(plain))


def _freeze(tree: Tree) -> Freeze:
    own = tree.find("freeze") or Tree({})
    windows = own.find("windows")
    times = tuple(
        FrozenTime(w.get("when", ""), w.get("reason", "")) for w in (windows.value if windows else ())
    )
    return Freeze(own.get("time-zone", "UTC"), times)
