"""Who sees a flag by the models of GrowthBook and Statsig, compared with each of many users."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from sluicegate.flags.growthbook.gates import bypassed, closed_gates
from sluicegate.flags.growthbook.model import Feature, SavedGroup, Wanted, read_feature, state_of
from sluicegate.flags.growthbook.rules import Draw, read_rules
from sluicegate.flags.interface import FlagState
from sluicegate.flags.statsig import model as statsig

WANTED = Wanted("production", "true", Draw("id", "seed"))
GROUPS = {"g1": SavedGroup("g1", "beta", ()), "g2": SavedGroup("g2", "staff", ())}
STEPS = 20
"""Users are drawn at the middles of so many equal parts."""

SHARES = st.sampled_from([0, 0.25, 0.5, 1])
MOSTLY = st.sampled_from([True, True, True, False])
User = tuple[float, frozenset[str], bool]
"""Where a user is drawn, the groups that hold the user, and whether a condition holds."""

USERS: list[User] = [
    ((n + 0.5) / STEPS, frozenset(groups), holds)
    for n in range(STEPS)
    for groups in ((), ("g1",), ("g2",), ("g1", "g2"))
    for holds in (False, True)
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def growthbook_rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rules of one draw, for everybody, for groups, or by a condition."""
    groups = [{"matchType": "any", "savedGroups": ["g1"]}, {"matchType": "all", "savedGroups": ["g2"]}]
    return [
        {
            "id": f"r{number}", "type": draw(st.sampled_from(["force", "rollout"])),
            "enabled": draw(MOSTLY), "value": draw(st.sampled_from(["true", "false"])),
            "coverage": draw(SHARES), "hashAttribute": "id", "seed": "seed", "hashVersion": 2,
            "condition": "" if draw(MOSTLY) else '{"a": 1}',
            "savedGroupTargeting": [] if draw(MOSTLY) else [draw(st.sampled_from(groups))],
            "allEnvironments": draw(st.booleans()),
            "environments": ["production" if draw(MOSTLY) else "staging"],
        }
        for number in range(draw(st.integers(1, 4)))
    ]  # fmt: skip


def sees_in_growthbook(rules: list[dict[str, Any]], user: User, default: str) -> bool:
    """As a client evaluates: the first rule that the user meets decides."""
    place, groups, holds = user
    for rule in rules:
        there = rule["allEnvironments"] or "production" in rule["environments"]
        named = [one for each in rule["savedGroupTargeting"] for one in each["savedGroups"]]
        meets = not (rule["condition"] and not holds) and set(named) <= groups
        share = rule["coverage"] if rule["type"] == "rollout" else 1
        if rule["enabled"] and there and meets and (share == 1 or place < share):
            return bool(rule["value"] == "true")
    return default == "true"


@given(growthbook_rules(), st.sampled_from(["true", "false"]))
def test_whoever_is_computed_for_growthbook_is_who_sees_it(rules: list[dict[str, Any]], default: str) -> None:
    for rule in rules:
        if rule["type"] == "force":
            del rule["coverage"]
    feature = Feature(
        "f", 1, {"production": True}, "boolean", default, read_rules(rules), WANTED, groups=GROUPS
    )
    exposure, _ = feature.if_enabled()
    if exposure is None:
        return
    names = {"g1": "beta", "g2": "staff"}
    for user in USERS:
        place, groups, _ = user
        named = {names[each] for each in groups} & set(exposure.segments)
        assert sees_in_growthbook(rules, user, default) == (bool(named) or place < exposure.share)


@st.composite
def statsig_rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rules for everyone, for segments, or by a condition."""
    conditions: list[list[dict[str, Any]]] = [
        [], [{"type": "public"}], [{"type": "passes_segment", "targetValue": ["g1"]}],
        [{"type": "passes_segment", "targetValue": "g2"}], [{"type": "country", "targetValue": ["NO"]}],
    ]  # fmt: skip
    return [
        {
            "name": "r", "baseID": "the same", "passPercentage": draw(SHARES) * 100,
            "conditions": draw(st.sampled_from(conditions)),
            "environments": draw(st.sampled_from([None, ["production"], ["staging"]])),
        }
        for _ in range(draw(st.integers(1, 4)))
    ]  # fmt: skip


def passes_in_statsig(rules: list[dict[str, Any]], user: User) -> bool:
    """As a client evaluates: the first rule that the user meets decides, also against the user."""
    place, groups, holds = user
    for rule in rules:
        there = rule["environments"] is None or "production" in rule["environments"]
        meets = all(
            each["type"] == "public"
            or (each["type"] == "country" and holds)
            or (each["type"] == "passes_segment" and set(each["targetValue"]) & groups)
            or each["targetValue"] in groups
            for each in ({**c, "targetValue": _listed(c)} for c in rule["conditions"])
        )
        if there and meets:
            return bool(place < rule["passPercentage"] / 100)
    return False


def _listed(condition: dict[str, Any]) -> Any:
    value = condition.get("targetValue", [])
    return frozenset([value] if isinstance(value, str) else value)


def _rule(share: int, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"name": "r", "passPercentage": share, "conditions": list(conditions), "environments": None}


_NORWAY = {"type": "country", "targetValue": ["NO"]}
_G1 = {"type": "passes_segment", "targetValue": ["g1"]}


@given(statsig_rules())
@example([_rule(0, _NORWAY), _rule(100, _G1)])
@example([_rule(0, _NORWAY), _rule(50)])
@example([_rule(100, _G1), _rule(50), _rule(100)])
def test_whoever_is_computed_for_statsig_is_who_passes(rules: list[dict[str, Any]]) -> None:
    page = {"data": {"id": "gate", "isEnabled": True, "rules": rules}}
    gate = statsig.read_gate(page, "production")
    assert gate is not None
    exposure, _ = gate.if_enabled()
    if exposure is None:
        return
    for user in USERS:
        place, groups, _ = user
        named = groups & set(exposure.segments)
        assert passes_in_statsig(rules, user) == (bool(named) or place < exposure.share)


@given(JSON, st.dictionaries(st.sampled_from(["rules", "environments", "revision", "valueType"]), JSON))
def test_any_answer_of_growthbook_is_a_feature_or_none(whole: Any, parts: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        "id": "f", "rules": [], "valueType": "boolean", "defaultValue": "false", "revision": {"version": 1},
        "environments": {"production": {"enabled": True}},
    }  # fmt: skip
    for page in (
        {"feature": whole},
        {"feature": {**good, **parts}},
        {"feature": {**good, "rules": [whole, parts]}},
    ):
        feature = read_feature(page, WANTED)
        assert feature is None or isinstance(state_of(feature), FlagState)


@given(JSON, st.dictionaries(st.sampled_from(["rules", "idType", "holdoutIDs", "status", "version"]), JSON))
def test_any_answer_of_statsig_is_a_gate_or_none(whole: Any, parts: dict[str, Any]) -> None:
    good: dict[str, Any] = {"id": "gate", "isEnabled": True, "rules": []}
    for page in ({"data": whole}, {"data": {**good, **parts}}, {"data": {**good, "rules": [whole, parts]}}):
        gate = statsig.read_gate(page, "production")
        assert gate is None or isinstance(statsig.state_of(gate), FlagState)


@given(st.text() | JSON.map(repr), JSON)
def test_any_refusal_of_growthbook_is_read(text: str, found: Any) -> None:
    assert isinstance(closed_gates(text).waits, bool)
    assert all(isinstance(line, str) for line in bypassed({"bypassedGates": found}))


def test_the_parts_of_users_are_what_the_cases_think() -> None:
    assert Fraction(sum(user[0] < 0.25 for user in USERS), len(USERS)) == Fraction(1, 4)
