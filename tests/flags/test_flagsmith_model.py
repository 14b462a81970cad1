"""What is computed of a Flagsmith flag, held against a plain evaluation of every kind of user."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.flags.flagsmith.changes import off, setting
from sluicegate.flags.flagsmith.model import (
    Flag,
    Override,
    Segment,
    read_overrides,
    read_segment,
    seeing,
    state_of,
    who,
    with_percent,
)
from sluicegate.flags.interface import OFF, Exposure, FlagRefused

SPLIT, NAMES = 1, {2: "a", 3: "b"}
VALUES = ("0", "5", "40.5", "100")


def segment(number: int, name: str, operator: str, value: str) -> Segment:
    """A segment of one condition, as the dashboard nests it."""
    condition = {"operator": operator, "property": "", "value": value}
    below = {"type": "ANY", "conditions": [condition]}
    return Segment(number, name, ({"type": "ALL", "rules": [below], "conditions": []},))


@st.composite
def flags(draw: st.DrawFn) -> Flag:
    """A flag with a split and two groups, of which any have overrides."""
    split = segment(SPLIT, "split", "PERCENTAGE_SPLIT", draw(st.sampled_from(VALUES)))
    there = {SPLIT: split, **{n: segment(n, name, "EQUAL", name) for n, name in NAMES.items()}}
    numbers = draw(st.lists(st.sampled_from(sorted(there)), unique=True, max_size=3))
    overrides = tuple(Override(n, place, draw(st.booleans()), {}) for place, n in enumerate(numbers))
    return Flag("f", draw(st.booleans()), overrides, there, split)


USERS = [
    (Fraction(hashed, 100), groups)
    for hashed in (0, 3, 5, 20, 40, 41, 99)
    for groups in (set(), {2}, {3}, {2, 3})
]


def sees(flag: Flag, hashed: Fraction, groups: set[int]) -> bool:
    """The answer of the first override whose segment matches, else the default (the engine of Flagsmith)."""
    assert flag.splitting is not None
    value = Fraction(str((flag.splitting.split or {})["value"])) / 100
    for override in flag.overrides:
        if hashed <= value if override.segment == SPLIT else override.segment in groups:
            return override.enabled
    return flag.enabled


@given(flags())
def test_a_computed_exposure_is_what_is_evaluated(flag: Flag) -> None:
    exposure, reason = who(flag)
    assert reason
    if exposure is None:
        return
    for hashed, groups in USERS:
        by_share = exposure.share == 1 or (exposure.share > 0 and hashed <= exposure.share)
        by_group = any(NAMES[number] in exposure.segments for number in groups)
        assert sees(flag, hashed, groups) == (by_share or by_group)


@given(flags())
def test_after_a_kill_nobody_sees_it(flag: Flag) -> None:
    killed = after(flag, off(flag))
    assert killed.is_off
    assert who(killed)[0] == OFF
    assert not any(sees(killed, hashed, groups) for hashed, groups in USERS)


@given(flags(), st.sampled_from(VALUES), st.lists(st.sampled_from(sorted(NAMES)), unique=True))
def test_what_is_written_is_the_exposure_that_was_wanted(flag: Flag, value: str, named: list[int]) -> None:
    target = Exposure(Fraction(value) / 100, tuple(NAMES[n] for n in named))
    try:
        wanted = setting(flag, target, {NAMES[n]: flag.segments[n] for n in named}, "f")
    except FlagRefused:
        assert any(not o.enabled for o in flag.overrides)
        return
    assert flag.splitting is not None
    split = segment(SPLIT, "split", "PERCENTAGE_SPLIT", value) if target.share else flag.splitting
    written = after(flag, wanted.body, split)
    left = tuple(o for o in written.overrides if o.segment not in wanted.leaving)
    done = Flag("f", written.enabled, left, {**flag.segments, SPLIT: split}, split)
    assert who(done)[0] == target
    assert wanted.is_done(written)
    assert wanted.is_done(done)


def after(flag: Flag, body: dict[str, Any], split: Segment | None = None) -> Flag:
    """The flag after a request, as `_write_segment_overrides` of Flagsmith does it."""
    there = {o.segment: o for o in flag.overrides}
    for change in body["segment_overrides"]:
        number = change["segment"]["id"]
        place = change.get("priority", there[number].priority if number in there else 0)
        there[number] = Override(number, place, change["enabled"], {})
    assert len({o.priority for o in there.values()}) == len(there)
    overrides = tuple(sorted(there.values(), key=lambda o: o.priority))
    own = split or flag.splitting
    segments = {**flag.segments, SPLIT: own} if own else flag.segments
    return Flag("f", body["environment_default"]["enabled"], overrides, segments, own)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["environment_default", "segment_overrides", "segment", "id", "priority", "enabled", "rules",
             "name", "conditions", "operator", "value", "property", "type", "results", "feature_state"]
        ),
        below,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=5), JSON), st.lists(JSON, max_size=3))
def test_any_answer_is_read_or_none(page: dict[str, Any], rules: list[Any]) -> None:
    read_overrides(page)
    assert seeing(rules) <= len(rules)
    found = read_segment({"id": SPLIT, "name": "split", "rules": rules})
    if found is not None:
        assert list(with_percent(found, "5")) == ["rules", "metadata"]
        flag = Flag("f", False, (Override(SPLIT, 0, True, {}),), {SPLIT: found}, found)
        assert state_of(flag, count_people=True).fingerprint


def test_rules_that_are_deeper_than_flagsmith_keeps_them_are_not_understood() -> None:
    rules: list[Any] = [{"type": "ALL", "conditions": [{"operator": "PERCENTAGE_SPLIT", "value": "5"}]}]
    for depth in range(1, 5):
        assert (read_segment({"id": 1, "name": "s", "rules": rules}) is None) == (depth > 2)
        rules = [{"type": "ALL", "rules": rules, "conditions": []}]
