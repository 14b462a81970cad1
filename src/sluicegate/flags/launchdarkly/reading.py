"""What LaunchDarkly answers of a flag and of its segments. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sluicegate.flags.launchdarkly.model import WHOLE, Flag, Rule, Served, Settings, Variation
from sluicegate.flags.normal import items, mapping


def read_flag(
    page: Mapping[str, object],
    environment: str,
    settings: Settings,
    segments: Mapping[str, object],
) -> Flag | None:
    """The flag of its page; None if the page is not a flag or has no such environment.

    Args:
        page: what `GET /api/v2/flags/PROJECT/FLAG` answers.
        environment: its key.
        settings: of the plan.
        segments: what LaunchDarkly says of segments, by key.
    """
    key, own = page.get("key"), mapping(mapping(page.get("environments")).get(environment))
    if not isinstance(key, str) or not _is_whole(own):
        return None
    listed = map(mapping, items(own.get("rules")))
    rules = tuple(_rule(each) for each in listed if each.get("disabled") is not True)
    fallthrough = _served(mapping(own.get("fallthrough")))
    return Flag(
        key=key,
        on=own["on"] is True,
        archived=page.get("archived") is True or own.get("archived") is True,
        variations=tuple(_variation(mapping(each)) for each in items(page.get("variations"))),
        off=_index(own.get("offVariation")),
        targets=tuple(_targets(own)),
        rules=rules,
        fallthrough=fallthrough,
        prerequisites=tuple(_prerequisite(mapping(each)) for each in items(own.get("prerequisites"))),
        segments=segments,
        salt=str(own.get("salt", "")),
        version=str(own.get("version", "")),
        purpose=str(page.get("_purpose", "")),
        settings=settings,
        driver=_driver((fallthrough, *(rule.serves for rule in rules))),
    )


def _is_whole(own: Mapping[str, object]) -> bool:
    """Does an environment say whether the flag is on, and are its rules and targets, if any, lists?"""
    lists = (own.get(key) for key in ("rules", "targets", "contextTargets"))
    return isinstance(own.get("on"), bool) and all(isinstance(each, list | None) for each in lists)


def _driver(served: Iterable[Served]) -> str | None:
    """The automation that has a rollout of the flag: guarded and progressive ones, and experiments."""
    kinds = [each.experiment for each in served if each.experiment]
    return f"a guarded or progressive rollout, or an experiment ({kinds[0]})" if kinds else None


def _variation(found: Mapping[str, object]) -> Variation:
    return Variation(str(found.get("_id", "")), str(found.get("name") or ""), value_text(found.get("value")))


def value_text(value: object) -> str:
    """The value of a variation as a plan names it: `true`, `blue`, `7`."""
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else str(value)


def _index(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _targets(own: Mapping[str, object]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Single contexts; a list of `contextTargets` without values refers to that of `targets`."""
    for each in map(mapping, (*items(own.get("targets")), *items(own.get("contextTargets")))):
        index = _index(each.get("variation"))
        kind = str(each.get("contextKind") or "user")
        values = tuple(f"{kind}:{value}" for value in items(each.get("values")))
        yield -1 if index is None else index, tuple(sorted(values))


def _rule(found: Mapping[str, object]) -> Rule:
    clauses = tuple(_clause(mapping(each)) for each in items(found.get("clauses")))
    return Rule(str(found.get("_id", "")), clauses, _served(found))


def _clause(found: Mapping[str, object]) -> dict[str, object]:
    return {key: found.get(key) for key in ("contextKind", "attribute", "op", "negate", "values")}


def _prerequisite(found: Mapping[str, object]) -> dict[str, object]:
    return {key: found.get(key) for key in ("key", "variation")}


def _served(found: Mapping[str, object]) -> Served:
    rollout = found.get("rollout")
    if isinstance(rollout, dict):
        return _rollout(rollout)
    index = _index(found.get("variation"))
    return Served(() if index is None else ((index, WHOLE),))


def _rollout(found: Mapping[str, object]) -> Served:
    allocation = found.get("experimentAllocation")
    kind = mapping(allocation).get("type") or found.get("kind") or "experiment"
    is_driven = allocation is not None or found.get("kind") == "experiment"
    return Served(
        weights=_weights(items(found.get("variations"))),
        context_kind=str(found.get("contextKind") or "user"),
        bucket_by=str(found.get("bucketBy") or "key"),
        seed="" if found.get("seed") is None else str(found["seed"]),
        experiment=str(kind) if is_driven else "",
    )


def _weights(found: Sequence[object]) -> tuple[tuple[int, int], ...]:
    """The weights of a list; empty if one is not a whole number from 0."""
    pairs = [(_index(mapping(one).get("variation")), _index(mapping(one).get("weight"))) for one in found]
    if any(index is None or weight is None or weight < 0 for index, weight in pairs):
        return ()
    return tuple((index, weight) for index, weight in pairs if index is not None and weight is not None)


def read_segment(page: Mapping[str, object]) -> dict[str, object]:
    """Who is in a segment, of what `GET /api/v2/segments/PROJECT/ENVIRONMENT/SEGMENT` answers."""
    lists = ("included", "excluded", "includedContexts", "excludedContexts", "rules")
    return {key: page.get(key) or [] for key in lists} | {"deleted": page.get("deleted") is True}
