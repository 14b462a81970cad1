"""ConfigCat: the cases of all providers and its hazards, against a fake of its API."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import PolicyError, UsageError
from sluicegate.flags.configcat.changes import operations
from sluicegate.flags.configcat.model import read_flag, state_of
from sluicegate.flags.interface import (
    EVERYONE,
    OFF,
    Exposure,
    FlagConflict,
    FlagError,
    FlagRefused,
    WaitingForApproval,
)
from support.approval_cases import ApprovalCases
from support.configcat_fake import PASSWORD, USER, FakeConfigCat, PatchError, patched
from support.configcat_rig import ConfigCatRig, a_rig, drawn
from support.flag_cases import HttpFlagCases, share
from support.make_provider import around, make_flag
from support.proxy import Fault, answered, replacing

NEW, OLD = {"boolValue": True}, {"boolValue": False}
COUNTRY = {
    "userCondition": {"comparisonAttribute": "Country", "comparator": "isOneOf", "comparisonValue": {}}
}


@pytest.fixture
def rig() -> Iterator[ConfigCatRig]:
    with a_rig() as made:
        yield made


class TestAsEveryProvider(HttpFlagCases, ApprovalCases):
    """The cases of all."""


def within(segment: str, comparator: str = "isIn") -> dict[str, Any]:
    """A condition of a segment."""
    return {"segmentCondition": {"segmentId": f"segment-{segment}", "comparator": comparator}}


def is_refused(rig: ConfigCatRig, match: str, target: Exposure | None = None, **more: Any) -> None:
    """The flag is left alone, with the reason and a remedy."""
    before = rig.fake.value
    rig.proxy.calm()
    provider = rig.provider(**more)
    with pytest.raises(FlagRefused, match=match) as caught:
        provider.write(target or share(25), provider.read())
    assert caught.value.remedy
    assert rig.fake.value == before
    assert rig.proxy.writes == []


class TestExposure:
    """Effective exposure is the union of the rules and the default value."""

    @pytest.mark.parametrize(("default", "seen"), [(NEW, EVERYONE), (OLD, OFF)])
    def test_without_rules_the_default_value_counts(
        self, rig: ConfigCatRig, default: dict[str, Any], seen: Exposure
    ) -> None:
        rig.edit(defaultValue=default)
        assert rig.provider().read().exposure == seen

    @pytest.mark.parametrize("part", [2.5, None, "5", True, -5, 105])
    def test_a_percentage_that_is_no_whole_one_is_not_computed(self, rig: ConfigCatRig, part: object) -> None:
        """SDKs round 2.5 up to 3."""
        rule = drawn(5)
        rule["percentageOptions"][0]["percentage"] = part
        rig.rules(rule)
        assert rig.provider().read().exposure is None
        is_refused(rig, "not whole")

    @pytest.mark.parametrize("parts", [(5, 90), (50, 60), (0, 0)])
    def test_percentages_that_do_not_add_up_are_not_computed(
        self, rig: ConfigCatRig, parts: tuple[int, int]
    ) -> None:
        rule = drawn(5)
        for option, part in zip(rule["percentageOptions"], parts, strict=True):
            option["percentage"] = part
        rig.rules(rule)
        assert rig.provider().read().exposure is None

    def test_a_default_value_that_users_without_a_key_would_see_is_refused(self, rig: ConfigCatRig) -> None:
        rig.edit(defaultValue=NEW, targetingRules=[drawn(5)])
        state = rig.provider().read()
        assert state.exposure is None
        assert "without a key" in state.reason
        is_refused(rig, "without a key")

    def test_two_rules_for_everybody_are_refused(self, rig: ConfigCatRig) -> None:
        rig.rules(drawn(5), drawn(50))
        is_refused(rig, "two rules")

    @pytest.mark.parametrize(
        "rule",
        [
            {"conditions": [COUNTRY], "value": NEW},
            {"conditions": [within("beta"), COUNTRY], "value": NEW},
            {"conditions": [within("beta", "isNotIn")], "value": NEW},
            {**drawn(5), "conditions": [within("beta")]},
            {**drawn(1), "conditions": [COUNTRY]},
        ],
    )
    def test_a_rule_for_a_part_of_the_users_is_refused(self, rig: ConfigCatRig, rule: dict[str, Any]) -> None:
        rig.rules(rule)
        assert rig.provider().read().exposure is None
        is_refused(rig, "no whole segment")

    def test_rules_that_serve_the_old_value_stay_and_count_for_nothing(self, rig: ConfigCatRig) -> None:
        others = [{"conditions": [COUNTRY], "value": OLD}, {**drawn(0), "conditions": [COUNTRY]}]
        rig.rules(*others)
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert provider.read().exposure == share(5)
        assert rig.fake.value["targetingRules"] == [*others, drawn(5)]

    @pytest.mark.parametrize("new_first", [True, False])
    def test_the_order_of_options_and_the_attribute_stay(self, rig: ConfigCatRig, new_first: bool) -> None:
        rig.edit(targetingRules=[drawn(0, new_first=new_first)], percentageEvaluationAttribute="Company")
        provider = rig.provider()
        before = provider.read().bucketing
        for percent in (5, 100, 0):
            provider.write(share(percent), provider.read())
            assert rig.fake.value["targetingRules"] == [drawn(percent, new_first=new_first)]
        assert provider.read().bucketing == before
        assert rig.fake.value["percentageEvaluationAttribute"] == "Company"
        rig.edit(percentageEvaluationAttribute=None)
        assert provider.read().bucketing != before

    def test_a_third_value_is_refused(self) -> None:
        with a_rig(FakeConfigCat("string", "red")) as rig:
            rule = {
                "conditions": [],
                "percentageOptions": [
                    {"percentage": part, "value": {"stringValue": name}}
                    for part, name in ((5, "blue"), (5, "green"), (90, "red"))
                ],
            }
            rig.rules(rule)
            is_refused(rig, "third value", new="blue", old="red")

    def test_other_settings_and_dates_are_no_drift(self, rig: ConfigCatRig) -> None:
        before = rig.provider().read().fingerprint
        rig.edit(updatedAt="2027-01-01T00:00:00Z", settingTags=[{"name": "x"}], lastUpdaterUserEmail="a@b.c")
        assert rig.provider().read().fingerprint == before


class TestValues:
    """Flags of each type."""

    @pytest.mark.parametrize(
        ("kind", "old", "new", "field"), [("string", "red", "blue", "stringValue"), ("int", 1, 2, "intValue")]
    )
    def test_texts_and_whole_numbers(self, kind: str, old: Any, new: Any, field: str) -> None:
        with a_rig(FakeConfigCat(kind, old)) as rig:
            provider = rig.provider(new=new, old=old)
            provider.write(share(5), provider.read())
            assert provider.read().exposure == share(5)
            (rule,) = rig.fake.value["targetingRules"]
            assert [o["value"] for o in rule["percentageOptions"]] == [{field: new}, {field: old}]
            provider.kill()
            assert provider.read().exposure == OFF

    @pytest.mark.parametrize(("new", "old"), [("on", "off"), ("true", "true"), ("1", "0")])
    def test_values_that_are_none_of_the_flag(self, rig: ConfigCatRig, new: str, old: str) -> None:
        assert rig.provider(new=new, old=old).read().exposure is None
        with pytest.raises(FlagError, match="cannot be killed"):
            rig.provider(new=new, old=old).kill()

    def test_a_flag_of_decimals_is_an_error(self, rig: ConfigCatRig) -> None:
        rig.edit(setting={**rig.fake.value["setting"], "settingType": "double"})
        with pytest.raises(FlagError, match="no flag of the types"):
            rig.provider().read()


class TestWriting:
    """A JSON Patch with tests, and nothing else."""

    def test_only_the_percentages_are_replaced(self, rig: ConfigCatRig) -> None:
        rig.rules({"conditions": [COUNTRY], "value": OLD}, drawn(5))
        rig.proxy.calm()
        provider = rig.provider()
        provider.write(share(25), provider.read())
        (asked,) = rig.proxy.writes
        assert asked.verb == "PATCH"
        assert b"/targetingRules/1/percentageOptions/0/percentage" in asked.body
        assert b"COUNTRY" not in asked.body.upper()
        assert "reason=" in asked.path

    def test_percentages_that_change_between_the_look_and_the_patch_are_a_conflict(
        self, rig: ConfigCatRig
    ) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        rig.proxy.faults = [Fault(first=lambda: rig.meddle(37))]
        with pytest.raises(FlagConflict):
            provider.write(share(25), seen)
        assert rig.share() == Fraction(37, 100)

    def test_a_patch_that_is_refused_for_another_reason_is_an_error(self, rig: ConfigCatRig) -> None:
        rig.proxy.always = answered(400, '{"message": "a reason is required"}')
        provider = rig.provider()
        with pytest.raises(FlagError, match="a reason is required") as caught:
            provider.write(share(5), provider.read())
        assert not isinstance(caught.value, FlagConflict)

    def test_a_default_value_that_is_the_new_one_gives_way_to_percentages(self, rig: ConfigCatRig) -> None:
        rig.edit(defaultValue=NEW)
        provider = rig.provider()
        provider.write(share(50), provider.read())
        assert rig.fake.value["defaultValue"] == OLD
        assert provider.read().exposure == share(50)

    def test_a_kill_takes_all_rules_away_and_draws_the_same_users_again(self, rig: ConfigCatRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(1, 2), ("beta",)), provider.read())
        before = provider.read().bucketing
        provider.kill()
        assert rig.fake.value["targetingRules"] == []
        provider.write(share(50), provider.read())
        assert provider.read().bucketing == before

    def test_a_kill_needs_no_answer_that_is_understood(self, rig: ConfigCatRig) -> None:
        provider = rig.provider()
        provider.write(share(50), provider.read())
        rig.proxy.for_which = lambda asked: asked.verb == "GET"
        rig.proxy.always = answered(404)
        provider.kill()
        assert rig.share() == 0

    def test_a_kill_that_needs_an_approval_says_where_to_go(self, rig: ConfigCatRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.demand_approval()
        with pytest.raises(WaitingForApproval) as caught:
            provider.kill()
        assert caught.value.link == "https://app.configcat.com"
        assert rig.approvals() == 0

    @pytest.mark.parametrize("approved", [False, True])
    def test_a_request_with_our_title_and_other_content_is_closed(
        self, rig: ConfigCatRig, approved: bool
    ) -> None:
        rig.demand_approval()
        provider = rig.provider()
        target = Exposure(Fraction(1, 20), ("beta",))
        for _ in range(2):
            with pytest.raises(WaitingForApproval):
                provider.write(target, provider.read())
        (request,) = rig.fake.requests
        request["change"]["targetingRules"][0]["conditions"] = [within("staff")]
        request["approved"] = approved
        with pytest.raises(FlagConflict, match="change request 1 has our title and proposes another change"):
            provider.write(target, provider.read())
        assert rig.approvals() == 0
        assert rig.share() == 0
        with pytest.raises(WaitingForApproval, match="change request 2"):
            provider.write(target, provider.read())
        rig.approve()
        provider.write(target, provider.read())
        assert provider.read().exposure == target

    def test_a_request_that_changes_another_flag_too_is_not_applied(self, rig: ConfigCatRig) -> None:
        rig.demand_approval()
        provider = rig.provider()
        with pytest.raises(WaitingForApproval):
            provider.write(share(5), provider.read())
        rig.approve()
        rig.proxy.changed = replacing('"proposedChanges": [', '"proposedChanges": [{"setting": {}}, ')
        with pytest.raises(FlagConflict, match="proposes another change"):
            provider.write(share(5), provider.read())
        assert rig.share() == 0

    def test_an_approved_change_that_was_not_applied_is_a_conflict(self, rig: ConfigCatRig) -> None:
        rig.demand_approval()
        provider = rig.provider()
        with pytest.raises(WaitingForApproval, match="change request 1"):
            provider.write(share(5), provider.read())
        rig.approve()
        rig.proxy.for_which = lambda asked: asked.path.endswith("/apply")
        rig.proxy.always = answered(200, '{"changeRequestStatus": "open"}')
        with pytest.raises(FlagConflict):
            provider.write(share(5), provider.read())

    def test_a_rule_of_a_segment_stays_and_an_unwanted_one_goes(self, rig: ConfigCatRig) -> None:
        others = {"conditions": [COUNTRY], "value": OLD}
        rig.rules({"conditions": [within("staff")], "value": NEW}, others)
        provider = rig.provider()
        assert provider.read().exposure == Exposure(Fraction(0), ("staff",))
        provider.write(Exposure(Fraction(5, 100), ("beta",)), provider.read())
        first, second, third = rig.fake.value["targetingRules"]
        assert first["conditions"] == [within("beta")]
        assert (second, third) == (others, drawn(5))

    def test_a_segment_that_changes_is_drift(self, rig: ConfigCatRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), ("beta",)), provider.read())
        before = provider.read().fingerprint
        rig.fake.segments[1]["updatedAt"] = "2027-01-01T00:00:00Z"
        assert provider.read().fingerprint == before
        rig.fake.segments[0]["updatedAt"] = "2027-01-01T00:00:00Z"
        assert provider.read().fingerprint != before


class TestDrivers:
    """A scheduled change request changes the flag by itself."""

    def test_a_scheduled_change_is_a_driver(self, rig: ConfigCatRig) -> None:
        rig.fake.requests.append(
            {
                "changeRequestId": 9,
                "changeRequestStatus": "open",
                "title": "All",
                "applyAt": "2027-01-01T00:00:00Z",
            }
        )
        state = rig.provider().read()
        assert state.driver is not None
        assert "scheduled" in state.driver
        is_refused(rig, "drives the flag")
        rig.provider().kill()

    def test_an_account_without_change_requests_has_none(self, rig: ConfigCatRig) -> None:
        rig.fake.beta = False
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert provider.read().driver is None

    def test_change_requests_that_cannot_be_read_are_an_error(self, rig: ConfigCatRig) -> None:
        rig.proxy.for_which = lambda asked: "change-requests" in asked.path
        rig.proxy.always = answered(500)
        with pytest.raises(FlagError):
            rig.provider().read()


def test_the_answer_says_whether_the_credentials_may_write(rig: ConfigCatRig) -> None:
    assert rig.provider().try_rights().lacks == ()
    rig.edit(readOnly=True)
    (lack,) = rig.provider().try_rights().lacks
    assert "read-only" in lack
    rig.proxy.for_which = lambda asked: True
    rig.proxy.always = answered(500)
    with pytest.raises(FlagError):
        rig.provider().try_rights()


def test_no_message_holds_the_credentials_in_any_form(rig: ConfigCatRig) -> None:
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    rig.proxy.for_which = lambda asked: True
    rig.proxy.always = answered(400, f'{{"message": "no: {encoded} {USER}:{PASSWORD} {PASSWORD}"}}')
    with pytest.raises(FlagError) as caught:
        rig.provider().read()
    shown = f"{caught.value} {rig.provider()!r} {rig.provider().server.client()!r}"
    assert encoded not in shown
    assert PASSWORD not in shown


def test_an_id_of_another_flag_is_refused_and_not_killed(rig: ConfigCatRig) -> None:
    rig.meddle(50)
    provider = rig.provider(flag="another")
    for act in (provider.read, provider.kill):
        with pytest.raises(FlagRefused, match="is the flag 'new-checkout'"):
            act()
    assert rig.share() == Fraction(1, 2)


@pytest.mark.parametrize("token", ["alone", ":x", "x:", ""])
def test_credentials_that_are_not_two_parts(token: str) -> None:
    with pytest.raises(UsageError):
        make_flag(
            "configcat",
            "flag: a\nenvironment: 08d86d63-2726-47cd-8bfc-59608ecb91e2\nsetting: 1\n",
            around(Path(), CONFIGCAT_TOKEN=token),
        )


@pytest.mark.parametrize(
    ("key", "value"),
    [("environment", "production"), ("environment", "../x"), ("setting", "a"), ("setting", "-1")],
)
def test_ids_that_are_none(rig: ConfigCatRig, key: str, value: str) -> None:
    with pytest.raises(PolicyError, match="is no id"):
        rig.provider(**{key: value})


def test_a_slower_refresh_is_stated(rig: ConfigCatRig) -> None:
    assert replace(rig.provider(), refresh=300.0).capabilities.kill_delay == 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = (
    "defaultValue",
    "targetingRules",
    "setting",
    "percentageEvaluationAttribute",
    "config",
    "environment",
)


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=3))
def test_an_answer_of_any_shape_is_a_state_or_none(changes: dict[str, Any]) -> None:
    flag = read_flag({**FakeConfigCat().value, **changes}, "true", "false")
    if flag is not None:
        state = state_of(flag)
        assert state.reason
        assert changes.keys() & {"targetingRules", "defaultValue"} or state.exposure == OFF


RULES = st.sampled_from(
    [
        {"conditions": [within("beta")], "value": NEW},
        {"conditions": [within("staff")], "value": NEW},
        {"conditions": [COUNTRY], "value": OLD},
        {"conditions": [within("staff")], "value": OLD},
    ]
)
NAMES = st.lists(st.sampled_from(("beta", "staff")), unique=True)
OPEN = st.none() | st.tuples(st.integers(0, 100), st.booleans())


@settings(max_examples=40)
@given(st.lists(RULES, max_size=4), OPEN, st.sampled_from([NEW, OLD]), st.integers(0, 100), NAMES)
def test_a_patch_leads_to_the_exposure_and_keeps_the_draw(
    rules: list[dict[str, Any]],
    there: tuple[int, bool] | None,
    default: dict[str, Any],
    part: int,
    names: list[str],
) -> None:
    """What the API makes of the operations, from whatever somebody left."""
    own = [drawn(there[0], new_first=there[1])] if there else []
    page = {**FakeConfigCat().value, "targetingRules": [*rules, *own], "defaultValue": default}
    segments = {f"segment-{name}": {"name": name} for name in ("beta", "staff")}
    flag = read_flag(page, "true", "false")
    assert flag is not None
    flag = replace(flag, segments=segments)
    target = Exposure(Fraction(part, 100), tuple(names))
    change = operations(flag, target, "x")
    after = read_flag(patched(page, [dict(each) for each in change]), "true", "false")
    assert after is not None
    after = replace(after, segments=segments)
    assert after.exposure()[0] == target
    assert after.drawn_by == flag.drawn_by
    assert operations(after, target, "x") == ()
    if change and there:
        moved = {**page, "targetingRules": [*rules, drawn((there[0] + 1) % 101, new_first=there[1])]}
        with pytest.raises(PatchError):
            patched(moved, [dict(each) for each in change])
