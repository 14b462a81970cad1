"""Statsig: the cases of all providers and its hazards, against a fake of the Console API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.flags.interface import OFF, Exposure, FlagError, FlagRefused, Rights, WaitingForApproval
from support.approval_cases import ApprovalCases
from support.flag_cases import HttpFlagCases, share
from support.proxy import replacing
from support.statsig_rig import GATE, StatsigRig, a_rig

_COUNTRY = {"type": "country", "targetValue": ["NO"], "operator": "any"}
_BETA = {"type": "passes_segment", "targetValue": ["beta"]}


@pytest.fixture
def rig() -> Iterator[StatsigRig]:
    with a_rig() as made:
        yield made


class TestAsEveryProvider(HttpFlagCases):
    """The cases of all."""


class TestApprovals(ApprovalCases):
    """The cases of those with approvals."""

    def test_a_review_that_refuses_the_change_is_waited_for(self, rig: StatsigRig) -> None:
        rig.fake.reviews = "refuse"
        provider = rig.provider()
        with pytest.raises(WaitingForApproval, match="requires review") as caught:
            provider.write(share(5), provider.read())
        assert caught.value.link == f"https://console.statsig.com/gates/{GATE}"
        assert rig.share() == 0

    def test_a_kill_passes_reviews(self, rig: StatsigRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.fake.reviews = "refuse"
        provider.kill()
        assert rig.share() == 0
        assert "x-respect-review-settings" not in rig.proxy.writes[-1].headers


class TestWriting:
    """How it is written."""

    def test_one_request_sets_the_share_and_the_switch(self, rig: StatsigRig) -> None:
        provider = rig.provider()
        provider.write(share("2.5"), provider.read())
        (asked,) = rig.proxy.writes
        body = json.loads(asked.body)
        assert body["isEnabled"] is True
        assert [rule["passPercentage"] for rule in body["rules"]] == [2.5]
        assert asked.headers["statsig-api-version"] == "20240601"

    def test_the_rule_keeps_the_id_that_it_draws_by(self, rig: StatsigRig) -> None:
        provider = rig.provider()
        before = rig.everyone["baseID"]
        for target in (share(5), Exposure(Fraction(25, 100), ("beta",)), share(50)):
            provider.write(target, provider.read())
            assert rig.everyone["baseID"] == before

    def test_what_the_server_sets_alone_is_not_sent(self, rig: StatsigRig) -> None:
        rig.everyone["completedAutomatedRollouts"] = [{"time": 1, "passPercent": 10}]
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert b"AutomatedRollouts" not in rig.proxy.writes[0].body

    def test_a_limit_without_a_time_is_waited_for_long_and_seldom(self, rig: StatsigRig) -> None:
        provider = rig.provider()
        seen = provider.read()
        rig.fake.limit = 2
        provider.write(share(5), seen)
        assert rig.patience.slept == [20, 40]
        rig.proxy.calm()
        rig.fake.limit = 99
        with pytest.raises(FlagError, match="429"):
            provider.kill()
        assert len(rig.proxy.writes) == 3

    def test_other_rules_stay_as_they_are(self, rig: StatsigRig) -> None:
        other = rig.fake.rule(GATE, environments=["staging"], conditions=[_COUNTRY], passPercentage=77)
        rig.everyone["environments"] = ["production"]
        provider = rig.provider(environment="production")
        provider.write(share(5), provider.read())
        kept = rig.gate["rules"][-1]
        assert {k: kept[k] for k in ("conditions", "passPercentage", "environments", "baseID")} == {
            k: other[k] for k in ("conditions", "passPercentage", "environments", "baseID")
        }

    def test_segments_come_before_the_share_and_go_without_a_trace(self, rig: StatsigRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), ("beta", "staff")), provider.read())
        assert [rule["passPercentage"] for rule in rig.gate["rules"]] == [100, 100, 5]
        provider.write(share(5), provider.read())
        assert [rule["passPercentage"] for rule in rig.gate["rules"]] == [5]


class TestWhoPasses:
    """What silently exposes more, or none."""

    def test_a_gate_without_a_rule_for_everyone_is_refused(self, rig: StatsigRig) -> None:
        rig.gate["rules"] = []
        provider = rig.provider()
        assert provider.read().exposure == OFF
        with pytest.raises(FlagRefused, match="no rule for everyone") as caught:
            provider.write(share(5), provider.read())
        assert "at 0 %" in caught.value.remedy

    def test_a_rule_below_the_one_for_everyone_counts_for_nothing(self, rig: StatsigRig) -> None:
        rig.fake.rule(GATE, passPercentage=100)
        rig.fake.rule(GATE, passPercentage=100, conditions=[_COUNTRY])
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert provider.read().exposure == share(5)

    @pytest.mark.parametrize(
        "more",
        [
            {"conditions": [_COUNTRY], "passPercentage": 50},
            {"conditions": [_COUNTRY], "passPercentage": 100},
            {"conditions": [_COUNTRY], "passPercentage": 0},
            {"conditions": [_BETA], "passPercentage": 50},
            {"conditions": [_BETA], "passPercentage": 0},
            {"conditions": [_BETA, _COUNTRY], "passPercentage": 100},
            {
                "conditions": [{"type": "passes_segment", "targetValue": ["beta", "staff"]}],
                "passPercentage": 100,
            },
            {"conditions": [{"type": "fails_segment", "targetValue": ["beta"]}], "passPercentage": 100},
        ],
    )
    def test_a_part_of_the_users_before_it_is_not_computed(
        self, rig: StatsigRig, more: dict[str, Any]
    ) -> None:
        rig.fake.rule(GATE, at=0, **more)
        rig.meddle(5)
        with pytest.raises(FlagRefused, match="another exposure"):
            rig.provider().write(share(25), rig.provider().read())
        rig.gate["isEnabled"] = True
        state = rig.provider().read()
        assert state.exposure is None
        with pytest.raises(FlagRefused, match="cannot be computed"):
            rig.provider().write(share(25), state)

    @pytest.mark.parametrize("value", ["5", None, True, -1, 100.5, 1e999])
    def test_a_percentage_that_is_none_is_not_computed(self, rig: StatsigRig, value: object) -> None:
        rig.everyone["passPercentage"] = value
        rig.gate["isEnabled"] = True
        assert rig.provider().read().exposure is None

    def test_a_holdout_is_not_computed(self, rig: StatsigRig) -> None:
        rig.gate.update(holdoutIDs=["holdout"], isEnabled=True)
        assert rig.provider().read().exposure is None

    def test_a_gate_that_is_launched_is_for_everybody_or_not_computed(self, rig: StatsigRig) -> None:
        rig.gate.update(status="Launched", isEnabled=True)
        assert rig.provider().read().exposure is None
        rig.meddle(100)
        assert rig.provider().read().exposure == share(100)

    def test_an_archived_gate_is_off_is_refused_and_can_be_killed(self, rig: StatsigRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.gate["status"] = "Archived"
        state = provider.read()
        assert (state.exposure, state.enabled) == (OFF, False)
        with pytest.raises(FlagRefused, match="archived"):
            provider.write(share(25), state)
        provider.kill()

    def test_a_rule_of_all_environments_is_not_one_of_production(self, rig: StatsigRig) -> None:
        provider = rig.provider(environment="production")
        with pytest.raises(FlagRefused, match="all environments"):
            provider.write(share(5), provider.read())

    def test_a_rule_of_production_is_not_one_of_all(self, rig: StatsigRig) -> None:
        rig.fake.rule(GATE, at=0, environments=["production"], passPercentage=100)
        rig.gate["isEnabled"] = True
        state = rig.provider().read()
        assert state.exposure is None
        assert "the plan names none" in state.reason

    def test_another_rule_or_kind_of_id_draws_others(self, rig: StatsigRig) -> None:
        seen = [rig.provider().read()]
        rig.everyone["baseID"] = "another"
        seen.append(rig.provider().read())
        rig.gate["idType"] = "stableID"
        seen.append(rig.provider().read())
        assert len({state.bucketing for state in seen}) == 3
        assert len({state.fingerprint for state in seen}) == 3

    def test_a_segment_that_changes_is_drift(self, rig: StatsigRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), ("beta",)), provider.read())
        before = provider.read()
        rig.fake.segments["beta"]["lastModifiedTime"] = 2
        assert provider.read().fingerprint != before.fingerprint

    @pytest.mark.parametrize("at", [0, None])
    def test_an_automated_rollout_drives_the_gate(self, rig: StatsigRig, at: int | None) -> None:
        phases = [{"time": 1893456000000, "passPercent": 50}]
        rig.fake.rule(GATE, at=at, passPercentage=10, pendingAutomatedRollouts=phases)
        state = rig.provider().read()
        assert state.driver == "an automated rollout of Statsig"
        with pytest.raises(FlagRefused, match="drives the flag"):
            rig.provider().write(share(5), state)
        rig.provider().kill()


class TestRights:
    """What the key may do, tried without a change."""

    def test_a_gate_that_is_off_is_switched_off(self, rig: StatsigRig) -> None:
        before = rig.provider().read()
        assert rig.provider().try_rights() == Rights()
        assert rig.provider().read().fingerprint == before.fingerprint

    def test_a_key_that_may_not_write_is_named(self, rig: StatsigRig) -> None:
        rig.fake.may_write = False
        (lack,) = rig.provider().try_rights().lacks
        assert "no write access" in lack

    def test_a_gate_that_is_on_is_left_alone(self, rig: StatsigRig) -> None:
        rig.gate["isEnabled"] = True
        assert rig.provider().try_rights().untried
        assert rig.proxy.writes == []


def test_a_gate_that_is_not_there_is_an_error(rig: StatsigRig) -> None:
    with pytest.raises(FlagError, match="Gate not found"):
        replace(rig.provider(), flag="nothing").read()


def test_rules_that_are_others_than_written_are_a_conflict(rig: StatsigRig) -> None:
    provider = rig.provider()
    seen = provider.read()
    rig.proxy.changed = replacing('"passPercentage": 5', '"passPercentage": 50')
    with pytest.raises(FlagError, match="others than written"):
        provider.write(share(5), seen)
