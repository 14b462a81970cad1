"""LaunchDarkly, pure: the table of instructions, answers of any shape, and where changes lead."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.flags.interface import Exposure, FlagRefused
from sluicegate.flags.launchdarkly.changes import Changed, changed
from sluicegate.flags.launchdarkly.instructions import KINDS, instruction, patch
from sluicegate.flags.launchdarkly.model import Flag, Settings, state_of
from sluicegate.flags.launchdarkly.reading import read_flag, read_segment
from support.launchdarkly_fake import ENVIRONMENT, WHOLE, FakeLaunchDarkly, contract, kinds

SETTINGS = Settings()
KEYED = Settings(keyed=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def fake() -> FakeLaunchDarkly:
    return FakeLaunchDarkly()


def test_the_table_has_what_launchdarkly_documents() -> None:
    documented = kinds(contract())
    assert len(documented) > 40
    assert {kind: documented[kind] for kind in KINDS} == {k: frozenset(v) for k, v in KINDS.items()}


def test_all_kinds_of_the_table_are_of_an_environment() -> None:
    """The body of a patch names it."""
    path = contract().document["paths"]["/api/v2/flags/{projectKey}/{featureFlagKey}"]
    groups = path["patch"]["description"].split("<details>")[1:]
    for kind in KINDS:
        (group,) = (text for text in groups if f"#### {kind}\n" in text)
        assert "These instructions require the `environmentKey` parameter." in group
    assert patch("production", [], "why")["environmentKey"] == "production"


@pytest.mark.parametrize(
    ("kind", "parameters"), [("nonsense", {}), ("turnFlagOn", {"value": 1}), ("removeRule", {"rule": "r"})]
)
def test_an_instruction_that_the_table_has_not(kind: str, parameters: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"the table has no|has no parameter"):
        instruction(kind, **parameters)


OWN = (
    "on", "archived", "fallthrough", "offVariation", "rules", "targets", "contextTargets", "prerequisites",
    "salt", "version",
)  # fmt: skip


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(OWN), JSON, max_size=4), st.dictionaries(
    st.sampled_from(("key", "variations", "archived", "environments", "_purpose")), JSON, max_size=2
))  # fmt: skip
def test_an_answer_of_any_shape_is_a_state_or_none(
    fake: FakeLaunchDarkly, own: dict[str, Any], page: dict[str, Any]
) -> None:
    environments = {ENVIRONMENT: {**fake.own, "on": True, **own}}
    flag = read_flag({**fake.page, "environments": environments, **page}, ENVIRONMENT, SETTINGS, {})
    if flag is not None:
        state = state_of(flag)
        assert state.reason
        assert state.fingerprint


@settings(max_examples=30)
@given(JSON)
def test_a_rollout_of_any_shape_is_never_more_than_it_says(fake: FakeLaunchDarkly, value: Any) -> None:
    own = {**fake.own, "on": True, "fallthrough": {"rollout": {"variations": value}}}
    flag = read_flag({**fake.page, "environments": {ENVIRONMENT: own}}, ENVIRONMENT, SETTINGS, {})
    assert flag is not None
    assert flag.exposure()[0] is None


def _changed(flag: Flag, target: Exposure) -> Changed | None:
    """The change; None where the order of a list is refused."""
    try:
        return changed(flag, target, "x")
    except FlagRefused as error:
        if "first" not in str(error):
            raise
        return None


PARTS = st.integers(0, 1000).map(lambda part: Fraction(part, 1000))
SEGMENTS = ("beta", "staff", "team")
NAMES = st.lists(st.sampled_from(SEGMENTS), unique=True, max_size=3)


def _rule(number: int, names: list[str], variation: int) -> dict[str, Any]:
    clause = {"attribute": "segmentMatch", "op": "segmentMatch", "values": names, "negate": False}
    return {"_id": f"old-{number}", "clauses": [clause], "trackEvents": False, "variation": variation}


@st.composite
def flags(draw: st.DrawFn) -> dict[str, Any]:
    """A flag as somebody may have left it: any order, weights, switch, rules."""
    variation = st.sampled_from((0, 1))
    fallthrough: dict[str, Any] = {"variation": draw(variation)}
    if draw(st.booleans()):
        weight = draw(st.sampled_from((0, 1, 5000, 99_999, WHOLE)))
        pair = draw(st.permutations([(0, WHOLE - weight), (1, weight)]))
        listed = [{"variation": index, "weight": each} for index, each in pair]
        fallthrough = {
            "rollout": {"variations": listed, "contextKind": draw(st.sampled_from(("user", "org")))}
        }
    named = draw(st.lists(st.tuples(NAMES.filter(bool), variation), max_size=3))
    rules = [_rule(number, *each) for number, each in enumerate(named)]
    return {"on": draw(st.booleans()), "fallthrough": fallthrough, "rules": rules, "offVariation": 0}


@settings(max_examples=30)
@given(flags(), PARTS, NAMES, st.sampled_from([SETTINGS, KEYED]))
def test_a_change_leads_to_the_exposure_and_keeps_the_draw(
    fake: FakeLaunchDarkly, own: dict[str, Any], part: Fraction, names: list[str], asked: Settings
) -> None:
    """What LaunchDarkly makes of the instructions; a refusal is for the order of a list alone."""
    target = Exposure(part, tuple(names))
    fake.page["environments"][ENVIRONMENT] = {**fake.own, **own}
    there = {key: read_segment({}) for key in SEGMENTS}
    flag = read_flag(fake.page, ENVIRONMENT, asked, there)
    assert flag is not None
    change = _changed(flag, target)
    if change is None:
        assert asked is SETTINGS
        assert part < 1
        return
    after = read_flag(fake.applied(change.instructions), ENVIRONMENT, asked, there)
    assert after is not None
    assert after.on
    assert after.exposure()[0] == target
    if not change.is_new_list:
        assert after.drawn_by == flag.drawn_by
    assert changed(after, target, "x").instructions == ()


@pytest.mark.parametrize("part", [Fraction(1, 3), Fraction(1, 700_000)])
def test_a_share_that_is_too_fine(fake: FakeLaunchDarkly, part: Fraction) -> None:
    flag = read_flag(fake.page, ENVIRONMENT, SETTINGS, {})
    assert flag is not None
    with pytest.raises(FlagRefused, match=r"no multiple of 0\.001 %"):
        changed(flag, Exposure(part), "x")
