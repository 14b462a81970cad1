"""GrowthBook: the cases of all providers and its hazards, against a fake of the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

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
from support.approval_cases import ApprovalCases
from support.flag_cases import HttpFlagCases, share
from support.growthbook_fake import group
from support.growthbook_rig import FLAG, GrowthBookRig, a_rig
from support.proxy import LOST, Asked, Fault, answered

_DRAWN = ("coverage", "hashVersion", "hashAttribute", "seed")


@pytest.fixture
def rig() -> Iterator[GrowthBookRig]:
    with a_rig() as made:
        yield made


class TestAsEveryProvider(HttpFlagCases):
    """The cases of all."""


class TestApprovals(ApprovalCases):
    """The cases of those with approvals."""

    def test_a_review_is_asked_for_in_the_same_draft(self, rig: GrowthBookRig) -> None:
        rig.demand_approval()
        provider = rig.provider()
        with pytest.raises(WaitingForApproval, match="'approval-required'") as caught:
            provider.write(share(5), provider.read())
        assert caught.value.link == f"https://app.growthbook.io/features/{FLAG}?v=2"
        assert rig.fake.revisions[FLAG][2]["status"] == "pending-review"

    def test_a_draft_of_an_older_stage_is_discarded(self, rig: GrowthBookRig) -> None:
        rig.demand_approval()
        provider = rig.provider()
        for percent in (5, 25):
            with pytest.raises(WaitingForApproval):
                provider.write(share(percent), provider.read())
        assert [r["status"] for r in rig.fake.revisions[FLAG].values()][1:] == ["discarded", "pending-review"]

    def test_a_waiting_draft_is_discarded_when_the_flag_goes_off(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.demand_approval()
        with pytest.raises(WaitingForApproval):
            provider.write(share(25), provider.read())
        rig.fake.bypass = True
        provider.write(OFF, provider.read())
        assert rig.fake.revisions[FLAG][3]["status"] == "discarded"

    def test_a_draft_that_somebody_edited_is_not_published(self, rig: GrowthBookRig) -> None:
        rig.demand_approval()
        provider = rig.provider()
        with pytest.raises(WaitingForApproval):
            provider.write(share(5), provider.read())
        rig.fake.revisions[FLAG][2]["rules"][0]["coverage"] = 0.9
        rig.approve()
        with pytest.raises(WaitingForApproval):
            provider.write(share(5), provider.read())
        assert rig.share() == 0
        assert rig.fake.revisions[FLAG][2]["status"] == "discarded"

    def test_a_token_that_passes_reviews_is_warned_of(self, rig: GrowthBookRig) -> None:
        rig.demand_approval()
        rig.fake.bypass = True
        provider = rig.provider()
        (said,) = provider.write(share(5), provider.read())
        assert "'approval-required'" in said
        assert "'restApiBypassesReviews'" in said
        assert rig.share() == Fraction(5, 100)

    def test_a_kill_that_needs_a_review_says_how_to_switch_off(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.demand_approval()
        with pytest.raises(FlagError, match="wants a review") as caught:
            provider.kill()
        assert "FlagsBypassApprovals" in caught.value.remedy
        assert "by hand" in caught.value.remedy


class TestPublishing:
    """What GrowthBook says to a draft."""

    def test_all_is_one_draft_that_is_published_once(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), rig.segments), provider.read())
        assert [a.path.rpartition("/")[2] for a in rig.proxy.writes] == [
            "rules", "rules", "rules", "toggle", "publish",
        ]  # fmt: skip
        assert rig.feature["version"] == 2

    def test_a_gate_is_named_and_not_overridden(self, rig: GrowthBookRig) -> None:
        rig.fake.gates = [_gate("ramp-locked", "A ramp has locked the feature."), _gate("custom-hook", "No.")]
        provider = rig.provider()
        with pytest.raises(FlagRefused) as caught:
            provider.write(share(5), provider.read())
        assert "'ramp-locked' (A ramp has locked the feature.)" in caught.value.what
        assert "'custom-hook'" in caught.value.what
        assert all(
            b"ignoreWarnings" not in a.body and "ignoreWarnings" not in a.path for a in rig.proxy.asked
        )
        assert rig.fake.revisions[FLAG][2]["status"] == "discarded"

    def test_a_gate_that_repeats_the_token_does_not_show_it(self, rig: GrowthBookRig) -> None:
        rig.fake.gates = [_gate("custom-hook", f"refused for {rig.secret}")]
        provider = rig.provider()
        with pytest.raises(FlagRefused, match=r"refused for \*\*\*") as caught:
            provider.write(share(5), provider.read())
        assert rig.secret not in str(caught.value)

    def test_an_approval_beside_another_gate_is_no_waiting(self, rig: GrowthBookRig) -> None:
        rig.demand_approval()
        rig.fake.gates = [_gate("ramp-locked", "A ramp has locked the feature.")]
        provider = rig.provider()
        with pytest.raises(FlagRefused, match="approval-required"):
            provider.write(share(5), provider.read())

    def test_a_warning_without_gates_is_not_acknowledged(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.proxy.calm()
        warned = {"message": "This affects an experiment", "warnings": ["This affects an experiment"]}
        rig.proxy.always = answered(422, json.dumps(warned))
        with pytest.raises(FlagRefused, match="affects an experiment") as caught:
            provider.write(share(25), provider.read())
        assert "overrides no gate and no warning" in caught.value.remedy
        assert len(rig.proxy.writes) == 1

    def test_an_older_base_is_a_conflict(self, rig: GrowthBookRig) -> None:
        rig.fake.rebase = True
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        _between(rig, "/publish", lambda: rig.fake.edit(FLAG, lambda f: f.update(archived=False)))
        with pytest.raises(FlagConflict, match="stale-base"):
            provider.write(share(25), seen)
        assert rig.share() == Fraction(5, 100)

    @pytest.mark.parametrize("before", ["/rules", "/publish"])
    def test_a_hand_edit_while_a_draft_is_made_is_a_conflict_and_stays(
        self, rig: GrowthBookRig, before: str
    ) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        _between(rig, before, lambda: rig.meddle(37))
        with pytest.raises(FlagConflict):
            provider.write(share(25), seen)
        assert rig.share() == Fraction(37, 100)
        assert all(r["status"] in ("published", "discarded") for r in rig.fake.revisions[FLAG].values())

    def test_a_kill_that_lost_against_another_write_is_sent_again(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.proxy.faults = [answered(409, '{"message": "the write was lost"}')]
        provider.kill()
        assert rig.share() == 0

    def test_a_draft_that_is_there_already_is_taken_after_a_lost_answer(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        rig.proxy.faults = [LOST] * 3
        provider.write(share(5), provider.read())
        assert sorted(rig.fake.revisions[FLAG]) == [1, 2]

    def test_a_draft_with_a_date_is_refused(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.fake.draft_by_hand(FLAG, scheduledPublishAt="2026-12-01T00:00:00.000Z")
        with pytest.raises(FlagRefused, match="by itself at 2026-12-01"):
            provider.write(share(25), provider.read())
        assert rig.share() == Fraction(5, 100)

    def test_a_draft_of_somebody_else_stays(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        rig.fake.draft_by_hand(FLAG)
        provider.write(share(5), provider.read())
        provider.write(OFF, provider.read())
        assert rig.fake.revisions[FLAG][2]["status"] == "draft"


class TestWhoSees:
    """What silently exposes more, or none."""

    def test_the_share_of_everybody_hides_its_seed_and_keeps_its_users(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        provider.write(share(100), provider.read())
        provider.write(share(50), provider.read())
        provider.write(share(100), provider.read())
        provider.write(share(25), provider.read())
        (rule,) = rig.feature["rules"]
        assert (rule["seed"], rule["hashAttribute"], rule["hashVersion"]) == (FLAG, "id", 2)

    def test_a_rule_for_everybody_that_never_had_a_share_draws_by_version_2(self, rig: GrowthBookRig) -> None:
        rig.rule("coverage", "hashAttribute", "seed", "hashVersion", type="force")
        provider = rig.provider()
        provider.write(share(5), provider.read())
        (rule,) = rig.feature["rules"]
        assert (rule["seed"], rule["hashAttribute"], rule["hashVersion"]) == (FLAG, "id", 2)

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"seed": "fr_hand0"}, "seed: fr_hand0"),
            ({"hashAttribute": "company"}, "attribute: company"),
            ({"hashVersion": 1}, "version 2"),
            ({"hashVersion": None}, "version 2"),
        ],
    )
    def test_a_rule_with_another_draw_is_refused(
        self, rig: GrowthBookRig, more: dict[str, Any], words: str
    ) -> None:
        rig.rule(*(key for key, value in more.items() if value is None), **more)
        rig.switch()
        provider = rig.provider()
        state = provider.read()
        assert state.exposure == share(5)
        assert state.bucketing != provider.wanted.draw.in_words
        with pytest.raises(FlagRefused) as caught:
            provider.write(share(25), state)
        assert words in caught.value.remedy
        provider.kill()

    def test_a_plan_that_names_the_draw_of_a_rule_takes_it(self, rig: GrowthBookRig) -> None:
        rig.rule(seed="fr_hand0", hashAttribute="company")
        rig.switch()
        provider = rig.provider(seed="fr_hand0", attribute="company")
        before = provider.read().bucketing
        for percent in (25, 100, 50):
            provider.write(share(percent), provider.read())
            assert provider.read().bucketing == before

    def test_another_seed_draws_others(self, rig: GrowthBookRig) -> None:
        rig.rule()
        rig.switch()
        before = rig.provider().read()
        rig.fake.edit(FLAG, lambda f: f["rules"][0].update(seed="another"))
        after = rig.provider().read()
        assert after.bucketing != before.bucketing
        assert after.fingerprint != before.fingerprint

    def test_a_share_below_a_rule_for_everybody_is_everybody(self, rig: GrowthBookRig) -> None:
        rig.rule()
        rig.rule(type="force")
        rig.switch()
        state = rig.provider().read()
        assert state.exposure == share(100)
        with pytest.raises(FlagRefused, match="2 rules for everybody"):
            rig.provider().write(share(25), state)

    def test_an_old_value_for_everybody_hides_what_is_below(self, rig: GrowthBookRig) -> None:
        rig.rule(type="force", value="false")
        rig.rule(coverage=0.5)
        rig.switch()
        state = rig.provider().read()
        assert state.exposure == OFF
        with pytest.raises(FlagRefused, match="another exposure"):
            rig.provider().write(share(25), state)

    def test_a_default_that_is_the_new_variation_is_everybody(self, rig: GrowthBookRig) -> None:
        rig.fake.edit(FLAG, lambda f: f.update(defaultValue="true"))
        rig.switch()
        assert rig.provider().read().exposure == share(100)

    def test_an_old_value_for_some_before_the_share_is_not_computed(self, rig: GrowthBookRig) -> None:
        rig.rule(type="force", value="false", condition='{"country": "no"}')
        rig.rule()
        rig.switch()
        state = rig.provider().read()
        assert state.exposure is None
        with pytest.raises(FlagRefused, match="cannot be computed"):
            rig.provider().write(share(25), state)

    def test_an_old_value_for_some_after_the_share_changes_nothing(self, rig: GrowthBookRig) -> None:
        rig.rule()
        rig.rule(type="force", value="false", condition='{"country": "no"}')
        rig.switch()
        assert rig.provider().read().exposure == share(5)

    @pytest.mark.parametrize(
        "more",
        [
            {"condition": '{"country": "no"}'},
            {"condition": "{no JSON"},
            {"prerequisites": [{"id": "other", "condition": '{"value": true}'}]},
            {"savedGroups": [{"match": "any", "ids": ["grp_0"]}]},
            {"type": "force", "savedGroups": [{"match": "none", "ids": ["grp_0"]}]},
            {"type": "force", "savedGroups": [{"match": "any", "ids": ["grp_0", "grp_1"]}]},
            {"type": "force", "savedGroups": [{"match": "any", "ids": ["grp_gone"]}]},
        ],
    )
    def test_a_part_of_the_users_is_not_computed(self, rig: GrowthBookRig, more: dict[str, Any]) -> None:
        rig.rule(**more)
        assert rig.provider().read().exposure == OFF
        with pytest.raises(FlagRefused):
            rig.provider().write(share(25), rig.provider().read())
        rig.switch()
        assert rig.provider().read().exposure is None

    def test_a_condition_that_always_holds_is_none(self, rig: GrowthBookRig) -> None:
        rig.rule(condition=" {} ")
        rig.switch()
        assert rig.provider().read().exposure == share(5)

    @pytest.mark.parametrize(
        "more", [{"prerequisites": ["other"]}, {"holdout": {"id": "hld_1", "value": "false"}}]
    )
    def test_what_keeps_a_part_of_the_users_away_is_not_computed(
        self, rig: GrowthBookRig, more: dict[str, Any]
    ) -> None:
        rig.rule()
        rig.fake.edit(FLAG, lambda f: f.update(more))
        rig.switch()
        state = rig.provider().read()
        assert state.exposure is None
        with pytest.raises(FlagRefused, match="cannot be computed"):
            rig.provider().write(share(25), state)

    def test_rules_of_another_environment_count_for_nothing(self, rig: GrowthBookRig) -> None:
        rig.rule(environments=["staging"], type="force")
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert provider.read().exposure == share(5)
        assert rig.feature["rules"][0]["type"] == "force"

    @pytest.mark.parametrize(
        "scope", [{"allEnvironments": True}, {"environments": ["production", "staging"]}]
    )
    def test_a_rule_that_is_also_of_another_environment_is_not_changed(
        self, rig: GrowthBookRig, scope: dict[str, Any]
    ) -> None:
        rig.rule(**scope)
        rig.switch()
        state = rig.provider().read()
        assert state.exposure == share(5)
        with pytest.raises(FlagRefused, match="also of staging"):
            rig.provider().write(share(25), state)

    def test_a_disabled_rule_counts_for_nothing(self, rig: GrowthBookRig) -> None:
        rig.rule()
        rig.rule(type="force", enabled=False)
        rig.switch()
        assert rig.provider().read().exposure == share(5)

    def test_a_saved_group_that_changes_is_drift(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), ("beta",)), provider.read())
        before = provider.read()
        rig.fake.groups[0]["values"] = ["user-1", "user-3"]
        assert provider.read().fingerprint != before.fingerprint

    def test_two_saved_groups_of_one_name_are_refused(self, rig: GrowthBookRig) -> None:
        rig.fake.groups.append(group(9, "beta", "user-9"))
        with pytest.raises(FlagRefused, match="2 saved groups"):
            rig.provider().write(Exposure(Fraction(0), ("beta",)), rig.provider().read())

    def test_all_pages_of_saved_groups_are_read(self, rig: GrowthBookRig) -> None:
        rig.fake.groups = [*(group(n + 10, f"group-{n}", "x") for n in range(205)), *rig.fake.groups]
        provider = rig.provider()
        provider.write(Exposure(Fraction(0), ("beta",)), provider.read())
        assert provider.read().exposure == Exposure(Fraction(0), ("beta",))

    def test_a_group_keeps_its_rule_for_the_life_of_a_rollout(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        for target in (Exposure(Fraction(0), ("beta",)), share(5), Exposure(Fraction(5, 100), ("beta",))):
            provider.write(target, provider.read())
        assert len(rig.feature["rules"]) == 2

    def test_an_archived_feature_is_off_is_refused_and_can_be_killed(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.fake.edit(FLAG, lambda f: f.update(archived=True))
        state = provider.read()
        assert (state.exposure, state.enabled) == (OFF, False)
        with pytest.raises(FlagRefused, match="archived"):
            provider.write(share(25), state)
        provider.kill()

    @pytest.mark.parametrize(
        ("kind", "default", "value", "there"),
        [
            ("string", "old", "new", "new"),
            ("number", "1", "2", "2.0"),
            ("json", "{}", '{"a": 1}', '{ "a":1 }'),
        ],
    )
    def test_values_of_other_kinds_are_compared_by_meaning(
        self, rig: GrowthBookRig, kind: str, default: str, value: str, there: str
    ) -> None:
        rig.fake.edit(FLAG, lambda f: f.update(valueType=kind, defaultValue=default))
        rig.rule(value=there)
        rig.switch()
        provider = rig.provider(value=value)
        assert provider.read().exposure == share(5)
        provider.write(share(25), provider.read())
        assert provider.read().exposure == share(25)

    def test_one_is_not_true(self, rig: GrowthBookRig) -> None:
        rig.fake.edit(FLAG, lambda f: f.update(valueType="json", defaultValue="0"))
        rig.rule(value="1")
        rig.switch()
        assert rig.provider().read().exposure == OFF


class TestDrivers:
    """GrowthBook's own automation."""

    @pytest.mark.parametrize(
        "more",
        [
            {"scheduleType": "ramp"},
            {"scheduleRules": [{"enabled": True, "timestamp": "2026-12-01T00:00:00.000Z"}]},
            {"scheduleType": "ramp", "enabled": False},
            {"type": "safe-rollout", "controlValue": "false", "variationValue": "true"},
            {"type": "experiment-ref", "experimentId": "exp_1", "variations": []},
        ],
    )
    def test_a_rule_that_it_drives_is_refused(self, rig: GrowthBookRig, more: dict[str, Any]) -> None:
        unknown = {"safe-rollout": _DRAWN[:2], "experiment-ref": _DRAWN}.get(more.get("type", ""), ())
        rig.rule(*unknown, *(["value"] if unknown else []), **more)
        self._is_driven(rig)

    def test_a_rule_with_a_ramp_schedule_is_refused(self, rig: GrowthBookRig) -> None:
        rig.fake.ramps = {rig.rule()["id"]: "rs_1"}
        self._is_driven(rig)

    def _is_driven(self, rig: GrowthBookRig) -> None:
        state = rig.provider().read()
        assert state.driver is not None
        assert "GrowthBook" in state.driver
        with pytest.raises(FlagRefused, match="drives the flag"):
            rig.provider().write(share(25), state)
        rig.provider().kill()

    def test_an_experiment_that_is_disabled_drives_nothing(self, rig: GrowthBookRig) -> None:
        rig.rule(*_DRAWN, "value", type="experiment-ref", experimentId="exp_1", variations=[], enabled=False)
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert provider.read().exposure == share(5)


class TestRights:
    """What the token may do, tried without a change."""

    def test_an_environment_that_is_off_is_switched_off(self, rig: GrowthBookRig) -> None:
        assert rig.provider().try_rights() == Rights()
        assert rig.feature["version"] == 1

    def test_a_token_that_may_not_publish_is_named(self, rig: GrowthBookRig) -> None:
        rig.fake.publishes = False
        (lack,) = rig.provider().try_rights().lacks
        assert "may not publish in production" in lack

    def test_an_environment_that_is_on_is_left_alone(self, rig: GrowthBookRig) -> None:
        rig.switch()
        assert rig.provider().try_rights().untried
        assert rig.proxy.writes == []


def test_an_environment_that_is_not_there_is_an_error(rig: GrowthBookRig) -> None:
    provider = rig.provider()
    with pytest.raises(FlagError, match="no environment 'elsewhere'"):
        replace(provider, wanted=replace(provider.wanted, environment="elsewhere")).read()


def test_a_feature_that_is_not_there_is_an_error(rig: GrowthBookRig) -> None:
    with pytest.raises(FlagError, match="Could not find a feature"):
        replace(rig.provider(), flag="nothing").read()


def test_the_limit_of_a_minute_is_waited_for(rig: GrowthBookRig) -> None:
    provider = rig.provider()
    provider.write(share(5), provider.read())
    rig.proxy.faults = [
        answered(429, '{"message": "Too many requests, limit to 60 per minute"}', retry_after="58")
    ]
    provider.kill()
    assert 58 in rig.patience.slept


def _gate(kind: str, message: str) -> dict[str, Any]:
    return {
        "type": kind, "severity": "blocker", "messages": [message], "override": "ignoreWarnings",
        "requiresPermission": None, "resolution": None,
    }  # fmt: skip


def _between(rig: GrowthBookRig, part: str, act: Any) -> None:
    """Do something before the first write whose path holds a part reaches the server."""
    rig.proxy.calm()
    rig.proxy.faults = [Fault(first=act)]

    def chosen(asked: Asked) -> bool:
        return asked.is_write and part in asked.path

    rig.proxy.for_which = chosen
