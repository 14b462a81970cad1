"""Flagsmith: the cases of all providers, where flags have versions and where not, and its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from sluicegate.flags.interface import (
    OFF,
    Exposure,
    FlagConflict,
    FlagError,
    FlagRefused,
    Rights,
    WaitingForApproval,
)
from support.fake_server import Response
from support.flag_cases import HttpFlagCases, share
from support.flagsmith_fake import KEY, OTHER, PROJECT
from support.flagsmith_rig import SPLIT, FlagsmithRig, a_rig
from support.proxy import LOST, Asked


@pytest.fixture
def rig() -> Iterator[FlagsmithRig]:
    with a_rig() as made:
        yield made


class TestAsEveryProvider(HttpFlagCases):
    """The cases of all, where flags have versions."""


def test_a_rollout_where_flags_have_no_versions() -> None:
    with a_rig(versioned=False) as rig:
        provider = rig.provider()
        for target in (Exposure(Fraction(0), rig.segments), share(5), share(100), share(25), OFF, share(50)):
            provider.write(target, provider.read())
            assert provider.read().exposure == target
            assert rig.share() == target.share
        provider.kill()
        assert provider.read().exposure == OFF
        assert len(rig.fake.versions[KEY, rig.flag]) == 1


class TestExposure:
    def test_a_split_at_nought_still_lets_somebody_see_it(self, rig: FlagsmithRig) -> None:
        rig.fake.override(rig.flag, rig.split, enabled=True, priority=0)
        state = rig.provider().read()
        assert state.exposure == Exposure(Fraction(1, 9999))
        assert "9,999" in state.reason
        rig.provider().write(OFF, state)
        assert rig.order() == [(rig.split, False)]

    def test_a_default_that_is_on_is_everybody_beside_five_percent(self, rig: FlagsmithRig) -> None:
        rig.provider().write(share(5), rig.provider().read())
        rig.state["environment_default"]["enabled"] = True
        assert rig.provider().read().exposure == share(100)

    def test_a_default_that_is_on_beside_an_override_that_is_off_is_not_computed(
        self, rig: FlagsmithRig
    ) -> None:
        rig.fake.override(rig.flag, rig.split, enabled=False, priority=0)
        rig.state["environment_default"]["enabled"] = True
        assert rig.provider().read().exposure is None

    @pytest.mark.parametrize(("first", "computed"), [(True, True), (False, False)])
    def test_an_override_that_is_off_takes_away_from_those_behind_it(
        self, rig: FlagsmithRig, first: bool, computed: bool
    ) -> None:
        rig.provider().write(share(5), rig.provider().read())
        (own,) = rig.state["segment_overrides"]
        own["priority"] = 0 if first else 2
        rig.fake.override(rig.flag, rig.named[0], enabled=False, priority=1)
        state = rig.provider().read()
        assert state.exposure == (share(5) if computed else None)
        with pytest.raises(FlagRefused):
            rig.provider().write(share(25), state)
        assert rig.share() == Fraction(5, 100)

    def test_a_segment_with_a_split_of_its_own_is_no_named_group(self, rig: FlagsmithRig) -> None:
        other = rig.fake.segment("half", ("PERCENTAGE_SPLIT", "", "50"), ("EQUAL", "country", "no"))
        rig.fake.override(rig.flag, other, enabled=True, priority=0)
        assert rig.provider().read().exposure is None
        rig.state["segment_overrides"].clear()
        with pytest.raises(FlagRefused, match="splits by percentage"):
            rig.provider().write(Exposure(Fraction(0), ("half",)), rig.provider().read())

    @pytest.mark.parametrize("value", ["150", "-1", "abc", "", "1e1", " 5", "\u0665", "nan"])
    def test_a_percentage_that_is_none_is_not_computed_and_not_overwritten(
        self, rig: FlagsmithRig, value: str
    ) -> None:
        rig.provider().write(share(5), rig.provider().read())
        rig.condition["value"] = value
        state = rig.provider().read()
        assert state.exposure is None
        with pytest.raises(FlagRefused):
            rig.provider().write(share(25), state)
        assert rig.condition["value"] == value

    def test_a_percentage_is_compared_by_what_it_means(self, rig: FlagsmithRig) -> None:
        rig.provider().write(share(5), rig.provider().read())
        before = rig.provider().read()
        rig.condition["value"] = "5.0"
        assert rig.provider().read() == before

    @pytest.mark.parametrize("kind", ["other condition", "none of"])
    def test_a_split_with_other_rules_is_not_computed_and_refused(self, rig: FlagsmithRig, kind: str) -> None:
        seen = rig.provider().read()
        below = rig.fake.segments[rig.split]["rules"][0]["rules"][0]
        if kind == "none of":
            below["type"] = "NONE"
        else:
            below["conditions"].append({"operator": "EQUAL", "property": "country", "value": "no"})
        with pytest.raises(FlagConflict):
            rig.provider().write(share(5), seen)
        with pytest.raises(FlagRefused, match="not one percentage split"):
            rig.provider().write(share(5), rig.provider().read())
        rig.fake.override(rig.flag, rig.split, enabled=True, priority=0)
        assert rig.provider().read().exposure is None

    @pytest.mark.parametrize("edge", [False, True])
    def test_people_with_overrides_of_their_own_are_refused_or_said(
        self, rig: FlagsmithRig, edge: bool
    ) -> None:
        rig.fake.identities = [] if edge else [True, False, True]
        rig.fake.edge = [True, False, True] if edge else None
        state = rig.provider().read()
        assert state.exposure is None
        assert "2 identities" in state.reason
        lenient = rig.provider(**{"identity-overrides": "true"})
        state = lenient.read()
        assert state.exposure == OFF
        assert "2 identities" in state.reason
        lenient.write(share(5), state)
        assert lenient.read().exposure == share(5)

    def test_people_for_whom_it_is_off_count_for_nothing(self, rig: FlagsmithRig) -> None:
        rig.fake.identities = [False]
        assert rig.provider().read().exposure == OFF

    def test_an_archived_flag_is_served_to_nobody_and_not_written(self, rig: FlagsmithRig) -> None:
        rig.provider().write(share(5), rig.provider().read())
        rig.fake.features[rig.flag]["is_archived"] = True
        state = rig.provider().read()
        assert (state.exposure, state.enabled) == (OFF, False)
        with pytest.raises(FlagRefused, match="archived"):
            rig.provider().write(share(25), state)
        rig.provider().kill()
        assert rig.order() == [(rig.split, False)]

    def test_another_segment_key_or_property_draws_others(self, rig: FlagsmithRig) -> None:
        rig.provider().write(share(5), rig.provider().read())
        seen = [rig.provider().read()]
        rig.condition["property"] = "account"
        seen.append(rig.provider().read())
        rig.fake.environments[KEY]["use_identity_composite_key_for_hashing"] = False
        seen.append(rig.provider().read())
        rig.create_the_split_anew()
        seen.append(rig.provider().read())
        assert len({state.bucketing for state in seen}) == 4
        assert len({state.fingerprint for state in seen}) == 4
        assert {state.exposure for state in seen} == {share(5)}

    def test_a_flag_that_flagsmith_drives_is_refused_and_can_be_killed(self, rig: FlagsmithRig) -> None:
        own = rig.fake.segment("experiment-7-rollout", ("PERCENTAGE_SPLIT", "$.identity.key", "50"))
        rig.fake.hidden.add(own)
        rig.fake.override(rig.flag, own, enabled=True, priority=0)
        state = rig.provider().read()
        assert state.driver is not None
        with pytest.raises(FlagRefused, match="drives the flag"):
            rig.provider().write(share(5), state)
        rig.provider().kill()
        assert rig.order() == [(own, False)]


class TestWriting:
    def test_the_percentage_is_written_first_and_switched_on_second(self, rig: FlagsmithRig) -> None:
        rig.proxy.calm()
        rig.provider().write(share(5), rig.provider().read())
        assert [a.path.rpartition("/api/")[2].split("/")[0] for a in rig.proxy.writes] == ["v1", "__future__"]
        rig.proxy.calm()
        rig.provider().write(share(25), rig.provider().read())
        assert [a.path for a in rig.proxy.writes] == [f"/api/v1/projects/{PROJECT}/segments/{rig.split}/"]

    def test_everybody_is_the_default_too_and_not_below(self, rig: FlagsmithRig) -> None:
        provider, default = rig.provider(), []
        for percent in (50, 100, 50):
            provider.write(share(percent), provider.read())
            default.append(rig.state["environment_default"]["enabled"])
        assert default == [False, True, False]

    def test_the_rules_of_the_split_keep_all_but_the_percentage(self, rig: FlagsmithRig) -> None:
        rig.fake.segments[rig.split]["metadata"] = [{"id": 4, "model_field": 7, "field_value": "team-a"}]
        before = json.dumps(rig.fake.segments[rig.split])
        rig.provider().write(share(5), rig.provider().read())
        assert json.dumps(rig.fake.segments[rig.split]) == before.replace('"value": "0"', '"value": "5"')

    def test_values_of_default_and_overrides_stay(self, rig: FlagsmithRig) -> None:
        given = {"value": {"type": "string", "value": "blue"}, "variants": [{"id": 5, "weight": 40.0}]}
        rig.state["environment_default"] |= given
        rig.fake.override(rig.flag, rig.named[0], enabled=True, priority=0)
        rig.state["segment_overrides"][0] |= given
        provider = rig.provider()
        for target in (Exposure(Fraction(5, 100), rig.segments[:1]), share(25), OFF):
            provider.write(target, provider.read())
            assert rig.state["environment_default"]["value"] == given["value"]
        assert [o["value"] for o in rig.state["segment_overrides"]] == [given["value"]]

    def test_a_group_that_leaves_goes_with_its_override(self, rig: FlagsmithRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(0), rig.segments), provider.read())
        assert rig.order() == [(rig.named[0], True), (rig.named[1], True)]
        provider.write(Exposure(Fraction(5, 100), rig.segments[1:]), provider.read())
        assert rig.order() == [(rig.split, True), (rig.named[1], True)]
        provider.write(Exposure(Fraction(0), rig.segments[1:]), provider.read())
        assert rig.order() == [(rig.named[1], True), (rig.split, False)]

    def test_the_answers_to_deleting_are_lost(self, rig: FlagsmithRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), rig.segments), provider.read())
        rig.proxy.calm()
        rig.proxy.always = LOST
        provider.write(share(5), provider.read())
        assert rig.order() == [(rig.split, True)]
        assert [a.verb for a in rig.proxy.writes] == ["DELETE", "DELETE"]

    @pytest.mark.parametrize("environment", [KEY, OTHER])
    def test_a_segment_that_others_use_is_not_changed(self, rig: FlagsmithRig, environment: str) -> None:
        other = rig.fake.flag("another") if environment == KEY else rig.flag
        rig.fake.override(other, rig.split, enabled=True, priority=0, key=environment)
        with pytest.raises(FlagRefused, match="also used"):
            rig.provider().write(share(5), rig.provider().read())
        assert rig.condition["value"] == "0"
        assert any("also used" in line for line in rig.provider().try_rights().lacks)

    def test_a_flag_without_the_segment_is_refused(self, rig: FlagsmithRig) -> None:
        provider = replace(rig.provider(), segment="beta testers 3")
        with pytest.raises(FlagRefused, match="no segment"):
            provider.write(share(5), provider.read())
        assert "beta testers 3" in provider.try_rights().lacks[0]

    def test_the_split_is_no_group_of_a_stage(self, rig: FlagsmithRig) -> None:
        with pytest.raises(FlagRefused, match="the stage names it"):
            rig.provider().write(Exposure(Fraction(0), (SPLIT,)), rig.provider().read())

    def test_two_segments_of_one_name_are_an_error(self, rig: FlagsmithRig) -> None:
        rig.fake.segment(SPLIT, ("PERCENTAGE_SPLIT", "", "0"))
        with pytest.raises(FlagError, match="2 segments"):
            rig.provider().read()

    def test_a_flag_is_found_on_a_later_page_and_by_its_whole_name(self, rig: FlagsmithRig) -> None:
        for number in range(25):
            rig.fake.flag(f"{rig.flag_name}-{number}")
        rig.fake.features[rig.flag] = rig.fake.features.pop(rig.flag)
        assert rig.provider().read().exposure == OFF
        with pytest.raises(FlagError, match="no flag named"):
            replace(rig.provider(), flag="new-check").read()

    def test_an_override_that_somebody_adds_while_the_percentage_is_written(self, rig: FlagsmithRig) -> None:
        def add(asked: Asked) -> bool:
            if asked.verb == "PATCH" and "/segments/" in asked.path:
                rig.fake.override(rig.flag, rig.named[0], enabled=True, priority=4)
            return False

        rig.proxy.for_which = add
        with pytest.raises(FlagConflict):
            rig.provider().write(share(5), rig.provider().read())
        assert rig.order() == [(rig.named[0], True)]

    def test_a_percentage_that_somebody_changes_while_our_answer_is_lost(self, rig: FlagsmithRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.proxy.faults = [replace(LOST, after=lambda: rig.meddle(37))]
        with pytest.raises(FlagConflict):
            provider.write(share(25), provider.read())
        assert rig.share() == Fraction(37, 100)


class TestKill:
    def test_one_request_takes_default_and_overrides_away(self, rig: FlagsmithRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(1), rig.segments), provider.read())
        rig.proxy.calm()
        provider.kill()
        assert len(rig.proxy.writes) == 1
        assert {enabled for _, enabled in rig.order()} == {False}
        assert provider.read().exposure == OFF
        assert rig.condition["value"] == "100"
        provider.write(Exposure(Fraction(5, 100), rig.segments), provider.read())
        assert provider.read().exposure == Exposure(Fraction(5, 100), rig.segments)

    def test_an_override_that_is_added_meanwhile_is_switched_off_too(self, rig: FlagsmithRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.proxy.faults = [
            replace(LOST, lost=False, first=lambda: self._add(rig)),
        ]
        provider.kill()
        assert provider.read().exposure == OFF

    def _add(self, rig: FlagsmithRig) -> None:
        rig.fake.override(rig.flag, rig.named[0], enabled=True, priority=4)


class TestApprovals:
    """Environments whose flags are changed by change requests alone."""

    ANSWERS = (
        (409, {"detail": "Only by a change request.", "code": "change_requests_enabled"}),
        (403, {"detail": "Cannot update flags in an environment with change requests enabled."}),
    )

    @pytest.mark.parametrize(("status", "body"), ANSWERS)
    def test_switching_waits_for_a_person_with_the_link(
        self, rig: FlagsmithRig, status: int, body: dict[str, str]
    ) -> None:
        rig.fake.approvals = Response(status, body)
        with pytest.raises(WaitingForApproval) as caught:
            rig.provider().write(share(5), rig.provider().read())
        assert caught.value.link == (f"{rig.proxy.url}/project/{PROJECT}/environment/{KEY}/change-requests")
        assert caught.value.link in caught.value.remedy
        assert rig.share() == 0
        assert caught.value.link in rig.provider().try_rights().untried

    def test_a_kill_takes_the_percentage_away_and_says_that_a_person_must_do_the_rest(
        self, rig: FlagsmithRig
    ) -> None:
        provider = rig.provider()
        provider.write(share(25), provider.read())
        rig.fake.approvals = Response(*self.ANSWERS[0])
        with pytest.raises(WaitingForApproval) as caught:
            provider.kill()
        assert "change-requests" in caught.value.link
        assert rig.share() == 0
        assert provider.read().exposure == Exposure(Fraction(1, 9999))

    def test_promotions_go_on_without_a_person(self, rig: FlagsmithRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.fake.approvals = Response(*self.ANSWERS[0])
        provider.write(share(25), provider.read())
        assert provider.read().exposure == share(25)


class TestRights:
    def test_a_server_that_is_too_old_is_named(self, rig: FlagsmithRig) -> None:
        rig.fake.older = True
        provider = rig.provider()
        for act in (provider.read, provider.kill, provider.try_rights):
            with pytest.raises(FlagError) as caught:
                act()
            assert "2.263" in caught.value.remedy

    def test_the_rights_are_tried_without_a_change(self, rig: FlagsmithRig) -> None:
        before = json.dumps(rig.state), rig.condition["value"], len(rig.fake.versions[KEY, rig.flag])
        assert rig.provider().try_rights() == Rights()
        assert (
            json.dumps(rig.state),
            rig.condition["value"],
            len(rig.fake.versions[KEY, rig.flag]),
        ) == before

    @pytest.mark.parametrize(
        ("denied", "lacks"),
        [
            ({"UPDATE_FEATURE_STATE"}, ["feature states"]),
            ({"MANAGE_SEGMENT_OVERRIDES", "UPDATE_FEATURE_STATE"}, ["feature states"]),
            ({"MANAGE_SEGMENTS"}, ["segments of the project"]),
            ({"MANAGE_SEGMENTS", "MANAGE_SEGMENT_OVERRIDES"}, ["feature states", "segments of the project"]),
        ],
    )
    def test_a_right_that_the_key_lacks_is_named(
        self, rig: FlagsmithRig, denied: set[str], lacks: list[str]
    ) -> None:
        rig.fake.denied = denied
        found = rig.provider().try_rights().lacks
        assert len(found) == len(lacks)
        assert all(words in line for words, line in zip(lacks, found, strict=True))
