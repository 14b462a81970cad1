"""AWS AppConfig: the cases of every provider, and its own, on a fake that botocore's description checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError, PolicyError, UsageError
from sluicegate.flags.appconfig.model import Flag, parse_split, read_flag, switched_off
from sluicegate.flags.interface import (
    EVERYONE,
    OFF,
    Exposure,
    FlagConflict,
    FlagError,
    FlagRefused,
    FlagState,
    Rights,
    TriesRights,
)
from sluicegate.net.aws import Aws
from support import proxy
from support.appconfig_fake import AT_ONCE, BAKES, GROWS, AppConfigFake
from support.appconfig_rig import FLAG, RULE, AppConfigRig, a_document, a_flag, variant
from support.flag_cases import HttpFlagCases, share
from support.proxy import Asked, Fault, Proxy, answered

GUARDED = '(and (exists key::"userId") (split by::$userId pct::5))'


@pytest.fixture(scope="module")
def fake() -> AppConfigFake:
    return AppConfigFake()


@pytest.fixture(scope="module")
def address(fake: AppConfigFake) -> Iterator[Proxy]:
    """One for all tests: botocore takes its time for each new address."""
    with proxy.before(fake) as own:
        yield own


@pytest.fixture
def before(address: Proxy) -> Proxy:
    address.begin_anew()
    return address


@pytest.fixture
def rig(fake: AppConfigFake, before: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppConfigRig]:
    yield AppConfigRig(fake, before, monkeypatch)
    wrong = list(fake.wrong)
    fake.wrong.clear()
    fake.calls.clear()
    fake.denied.clear()
    fake.experiments.clear()
    fake.more, fake.full, fake.slow, fake.alarm = {}, 100, 0, False
    assert wrong == []


class TestAsEveryProvider(HttpFlagCases):
    """The cases that every provider has."""


def bodies(rig: AppConfigRig, operation: str) -> list[dict[str, Any]]:
    return [asked for name, asked in rig.fake.calls if name == operation]


class TestHazards:
    """What silently exposes more, all, or none."""

    @pytest.mark.parametrize(
        ("value", "exposure"),
        [
            (a_flag(), OFF),
            (a_flag(enabled=True), share(10)),
            (a_flag(rule="(split pct::2.5 by::$userId)", enabled=True), share("2.5")),
            (a_flag(rule='(split seed::"a b" by::$vid pct::100)', enabled=True), EVERYONE),
            (a_flag(rule=GUARDED, enabled=True), share(5)),
            (a_flag(variant("staff", '(in $userId ["a"])', enabled=True), enabled=True),
             Exposure(Fraction(1, 10), ("staff",))),
            (a_flag(variant("staff", '(in $userId ["a"])'), enabled=True), share(10)),
            (a_flag(variant("staff", "(eq $a 1)", enabled=True), rule="(split by::$userId pct::0)"),
             Exposure(Fraction(0), ("staff",))),
            ({"_variants": [variant("on", RULE), variant("off", enabled=True)]}, EVERYONE),
            ({"enabled": True, "colour": "blue"}, EVERYONE),
            ({"enabled": False}, OFF),
        ],
    )  # fmt: skip
    def test_effective_exposure(self, value: Any, exposure: Exposure) -> None:
        assert Flag(FLAG, "on", value).exposure()[0] == exposure

    @pytest.mark.parametrize(
        ("value", "why"),
        [
            ({"_variants": [variant("qa", RULE), variant("on", RULE), variant("off")]}, "first variant is"),
            (a_flag(variant("b", "(split by::$userId pct::25)")), "'b' has a share of its own"),
            (a_flag(variant("b", "(and (eq $a 1) (split by::$a pct::2))")), "'b' has a share of its own"),
            (a_flag(variant("b", "(eq $a 1)", enabled=True)), "hides a part of the groups"),
            (a_flag(variant("b")), "'b' has no rule"),
            (a_flag(variant("on", "(eq $a 1)")), "two of its variants have one name"),
            (a_flag(rule='(ends_with $email "@example.com")'), "no split"),
            (a_flag(rule="(split by::$userId)"), "no split"),
            (a_flag(rule="(split by::$userId pct::101)"), "no split"),
            (a_flag(rule="(split by::$userId pct::5 pct::50)"), "no split"),
            (a_flag(rule="(not (split by::$userId pct::5))"), "no split"),
            (a_flag(rule='(and (exists key::"vid") (split by::$userId pct::5))'), "no split"),
            ({"_variants": [variant("on", RULE)]}, "not a default"),
            ({"_variants": [variant("on", RULE), variant("off", "(eq $a 1)")]}, "not a default"),
            ({"_variants": [{"name": "on", "enabled": "yes"}]}, "not of the form"),
            ({"_variants": []}, "not of the form"),
            ({**a_flag(), "enabled": True}, "not of the form"),
            ({"colour": "blue"}, "neither enabled nor disabled"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_computed_says_why(self, value: Any, why: str) -> None:
        exposure, reason = Flag(FLAG, "on", value).exposure()
        assert exposure is None
        assert why in reason

    def test_what_cannot_be_computed_is_refused_and_left_alone(self, rig: AppConfigRig) -> None:
        value, why = a_flag(variant("b", "(split by::$userId pct::25)")), "'b' has a share of its own"
        rig.put(value)
        provider = rig.provider()
        state = provider.read()
        assert state.exposure is None
        assert why in state.reason
        with pytest.raises(FlagRefused):
            provider.write(share(5), state)
        assert rig.flag() == value

    @pytest.mark.parametrize("value", [{"enabled": False}, {"enabled": True}])
    def test_a_flag_without_variants_gets_none_of_us(self, rig: AppConfigRig, value: Any) -> None:
        rig.put(value)
        provider = rig.provider()
        with pytest.raises(FlagRefused) as caught:
            provider.write(share(5), provider.read())
        assert "variants in this order" in caught.value.remedy

    def test_an_enabled_default_is_not_written_over(self, rig: AppConfigRig) -> None:
        rig.put({"_variants": [variant("on", RULE), variant("off", enabled=True)]})
        provider = rig.provider()
        with pytest.raises(FlagRefused, match="default is enabled"):
            provider.write(share(5), provider.read())

    @pytest.mark.parametrize(
        "value",
        [{"enabled": True}, {"_variants": [variant("off", enabled=True)]},
         a_flag(variant("b", "(split by::$a pct::9)", enabled=True), enabled=True)],
    )  # fmt: skip
    def test_a_kill_heeds_no_form(self, rig: AppConfigRig, value: Any) -> None:
        rig.put(value)
        rig.provider().kill()
        assert Flag(FLAG, "on", rig.flag()).is_off

    def test_another_key_seed_or_guard_draws_others(self, rig: AppConfigRig) -> None:
        drawn = set()
        for rule in (RULE, RULE.replace("userId", "vid"), RULE.replace(")", ' seed::"a")'), GUARDED):
            rig.put(a_flag(rule=rule))
            drawn.add(rig.provider().read().bucketing)
        assert len(drawn) == 4

    @pytest.mark.parametrize("rule", [RULE, GUARDED, '(split  seed::"a pct::3"  by::$vid pct::7 )'])
    def test_of_the_rule_the_percentage_alone_changes(self, rig: AppConfigRig, rule: str) -> None:
        rig.put(a_flag(rule=rule))
        provider = rig.provider()
        bucketing = provider.read().bucketing
        provider.write(share(25), provider.read())
        split = parse_split(rig.flag()["_variants"][0]["rule"])
        assert split
        assert (split.share, split.bucketing) == (Fraction(1, 4), bucketing)

    def test_another_flag_of_the_profile_is_no_drift_and_every_byte_of_it_stays(
        self, rig: AppConfigRig
    ) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        document = rig.document()
        document["values"]["other"]["enabled"] = False
        rig.fake.put(rig.profile, rig.environment, document)
        content = rig.fake.given(rig.profile, rig.environment)
        provider.write(share(25), seen)
        now = rig.fake.given(rig.profile, rig.environment)
        assert now
        assert content
        head, tail = b'"new-checkout": {\n   "_variants"', b'"other": {\n   "enabled": false'
        assert now.split(head)[0] == content.split(head)[0]
        assert now.split(tail)[1] == content.split(tail)[1]

    def test_what_is_deployed_counts_and_not_what_is_newest(self, rig: AppConfigRig) -> None:
        rig.fake.versions[rig.profile][9] = (json.dumps(a_document({"enabled": True})).encode(), "a draft")
        provider = rig.provider()
        state = provider.read()
        assert state.exposure == OFF
        with pytest.raises(FlagRefused, match="version 9 of the profile is newer") as caught:
            provider.write(share(5), state)
        assert caught.value.remedy
        assert bodies(rig, "CreateHostedConfigurationVersion") == []

    def test_a_draft_does_not_keep_a_kill_away(self, rig: AppConfigRig) -> None:
        rig.meddle(50)
        rig.fake.versions[rig.profile][9] = (json.dumps(a_document({"enabled": True})).encode(), "a draft")
        rig.provider().kill()
        assert rig.share() == 0
        assert rig.document()["values"]["other"]["enabled"] is True

    def test_a_deployment_that_was_rolled_back_or_reverted_is_not_what_callers_get(
        self, rig: AppConfigRig
    ) -> None:
        rig.meddle(50)
        for state in ("ROLLED_BACK", "REVERTED"):
            rig.fake.deployments[rig.environment][-1]["State"] = state
            assert rig.provider().read().exposure == OFF

    def test_where_nothing_is_deployed_nothing_is_known_and_nothing_to_kill(self, rig: AppConfigRig) -> None:
        rig.fake.deployments[rig.environment].clear()
        provider = rig.provider()
        state = provider.read()
        assert state.exposure is None
        assert "no version" in state.reason
        provider.kill()
        with pytest.raises(FlagRefused):
            provider.write(share(5), state)

    def test_a_flag_that_is_not_there(self, rig: AppConfigRig) -> None:
        provider = rig.provider(flag="gone")
        assert "no such flag" in provider.read().reason
        provider.kill()
        assert bodies(rig, "StartDeployment") == []

    @pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"values": {"a": 1, "a": 2}}', b"[" * 5000])
    def test_what_is_no_content_of_flags(self, rig: AppConfigRig, content: bytes) -> None:
        rig.fake.versions[rig.profile][2] = (content, "")
        provider = rig.provider()
        assert provider.read().exposure is None
        with pytest.raises(FlagError) as caught:
            provider.kill()
        assert caught.value.remedy

    def test_a_version_that_is_hosted_elsewhere(self, rig: AppConfigRig) -> None:
        rig.fake.deployments[rig.environment][-1]["ConfigurationVersion"] = "v1.2"
        assert "not one that AppConfig hosts" in rig.provider().read().reason


class TestSecondDrivers:
    """What of AppConfig changes the flag by itself."""

    def refused(self, rig: AppConfigRig, what: str) -> FlagState:
        provider = rig.provider()
        state = provider.read()
        assert what in str(state.driver)
        with pytest.raises(FlagRefused, match="drives the flag"):
            provider.write(share(5), state)
        return state

    def test_an_experiment_that_is_active(self, rig: AppConfigRig) -> None:
        at = {"ApplicationId": rig.fake.application, "ConfigurationProfileId": rig.profile}
        at |= {"EnvironmentId": rig.environment, "FlagKey": FLAG, "Name": "colours", "Status": "ACTIVE"}
        rig.fake.experiments = [
            {**at, "Status": "IDLE"}, {**at, "EnvironmentId": "other"}, {**at, "FlagKey": "other"}
        ]  # fmt: skip
        assert rig.provider().read().driver is None
        rig.fake.experiments.append(at)
        self.refused(rig, "the experiment 'colours'")

    def test_a_region_without_experiments(self, rig: AppConfigRig) -> None:
        rig.proxy.for_which = lambda asked: "experiment" in asked.path
        rig.proxy.always = answered(404, '{"message": "unknown"}')
        assert rig.provider().read().driver is None

    def test_a_deployment_that_grows(self, rig: AppConfigRig) -> None:
        rig.fake.deploy_by_hand(
            rig.profile, rig.environment, 1, State="DEPLOYING", DeploymentDurationInMinutes=30
        )
        state = self.refused(rig, "deployment 2, which reaches callers little by little")
        assert state.exposure is None

    @pytest.mark.parametrize("state", ["DEPLOYING", "VALIDATING", "ROLLING_BACK"])
    def test_while_a_deployment_is_on_its_way_who_sees_it_is_not_known(
        self, rig: AppConfigRig, state: str
    ) -> None:
        rig.fake.deploy_by_hand(rig.profile, rig.environment, 1, State=state, left=9)
        if state == "ROLLING_BACK":  # it ends while it is looked at
            assert rig.provider().read().exposure == OFF
            return
        found = rig.provider().read()
        assert found.exposure is None
        assert state in found.reason

    @pytest.mark.parametrize("strategy", [GROWS, BAKES, "absent0", "AppConfig.Linear50PercentEvery30Seconds"])
    def test_a_strategy_by_which_callers_do_not_get_it_at_once(
        self, rig: AppConfigRig, strategy: str
    ) -> None:
        provider = rig.provider(strategy=strategy)
        with pytest.raises(FlagRefused) as caught:
            provider.write(share(5), provider.read())
        assert "create-deployment-strategy" in caught.value.remedy
        assert bodies(rig, "CreateHostedConfigurationVersion") == []

    def test_a_deployment_of_another_profile_is_waited_for(self, rig: AppConfigRig) -> None:
        rig.fake.versions["others0"] = {1: (b"{}", "")}
        rig.fake.deploy_by_hand("others0", rig.environment, 1, State="BAKING")
        provider = rig.provider()
        with pytest.raises(FlagConflict, match="is on its way") as caught:
            provider.write(share(5), provider.read())
        assert "one at a time" in caught.value.remedy


class TestWriting:
    def test_both_requests_are_locked_and_say_what_they_are(self, rig: AppConfigRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        (version,) = bodies(rig, "CreateHostedConfigurationVersion")
        (deployment,) = bodies(rig, "StartDeployment")
        assert (version["LatestVersionNumber"], version["Description"]) == (2, f"Sluicegate: {FLAG} 5 %")
        assert deployment["LatestDeploymentNumber"] == 1
        assert deployment["DeploymentStrategyId"] == AT_ONCE

    def test_a_version_that_came_between_is_a_conflict(self, rig: AppConfigRig) -> None:
        provider = rig.provider()
        seen = provider.read()

        def draft() -> None:
            rig.fake.versions[rig.profile][3] = (b"{}", "")

        rig.proxy.faults = [Fault(first=draft)]
        with pytest.raises(FlagConflict):
            provider.write(share(5), seen)
        assert bodies(rig, "StartDeployment") == []

    def test_a_deployment_that_came_between_is_a_conflict_and_our_version_goes(
        self, rig: AppConfigRig
    ) -> None:
        provider = rig.provider()
        seen = provider.read()
        rig.proxy.faults = [Fault(), Fault(first=lambda: rig.meddle(37))]
        with pytest.raises(FlagConflict):
            provider.write(share(5), seen)
        assert rig.share() == Fraction(37, 100)
        assert not [words for _, words in rig.fake.versions[rig.profile].values() if "Sluicegate" in words]

    def test_a_version_of_ours_that_was_never_deployed_is_passed_over(self, rig: AppConfigRig) -> None:
        rig.fake.versions[rig.profile][3] = (b"{}", f"Sluicegate: {FLAG} 5 %")
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert rig.share() == Fraction(5, 100)

    def test_a_deployment_that_takes_a_while_is_waited_for(self, rig: AppConfigRig) -> None:
        rig.fake.slow = 5
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert provider.read().exposure == share(5)
        assert sum(rig.patience.slept) == 10

    def test_a_deployment_that_takes_too_long_is_an_error(self, rig: AppConfigRig) -> None:
        rig.fake.slow = 1000
        provider = rig.provider()
        with pytest.raises(FlagError, match="is on its way"):
            provider.write(share(5), provider.read())

    def test_a_deployment_that_an_alarm_rolls_back_is_a_conflict(self, rig: AppConfigRig) -> None:
        rig.fake.alarm = True
        provider = rig.provider()
        with pytest.raises(FlagConflict, match="was rolled back") as caught:
            provider.write(share(5), provider.read())
        assert "alarms" in caught.value.remedy
        assert provider.read().exposure == OFF

    def test_the_key_of_the_profile_is_named_again(self, rig: AppConfigRig) -> None:
        rig.fake.keys[rig.profile] = "alias/flags"
        provider = rig.provider()
        provider.write(share(5), provider.read())
        provider.kill()
        assert [asked["KmsKeyIdentifier"] for asked in bodies(rig, "StartDeployment")] == ["alias/flags"] * 2

    def test_a_validator_that_refuses_is_no_fault_of_the_network(self, rig: AppConfigRig) -> None:
        provider = rig.provider()
        seen = provider.read()
        rig.proxy.always = answered(400, '{"Message": "constraint of colour"}')
        with pytest.raises(FlagRefused, match="constraint of colour") as caught:
            provider.write(share(5), seen)
        assert "validator" in caught.value.remedy

    def test_a_full_profile_loses_the_oldest_version_of_ours(self, rig: AppConfigRig) -> None:
        provider = rig.provider()
        for percent in (1, 5, 25):
            provider.write(share(percent), provider.read())
        rig.fake.full = 5
        provider.write(share(50), provider.read())
        provider.kill()
        assert rig.share() == 0
        assert set(rig.fake.versions[rig.profile]) == {1, 2, 5, 6, 7}

    def test_a_profile_full_of_other_versions_says_so(self, rig: AppConfigRig) -> None:
        rig.fake.full = 2
        provider = rig.provider()
        with pytest.raises(FlagError) as caught:
            provider.write(share(5), provider.read())
        assert "quota" in caught.value.remedy

    @pytest.mark.parametrize(
        ("code", "status"),
        [("ThrottlingException", 400), ("TooManyRequestsException", 429), ("RequestLimitExceeded", 503)],
    )
    def test_a_rate_limit_in_any_spelling_is_waited_for(
        self, rig: AppConfigRig, code: str, status: int
    ) -> None:
        provider = rig.provider()
        seen = provider.read()
        rig.proxy.faults = [answered(status, "{}", x_amzn_errortype=code)] * 2
        provider.write(share(5), seen)
        assert rig.share() == Fraction(5, 100)
        assert rig.patience.slept[:2] == [1, 2]


class TestKill:
    def test_it_is_a_deployment_of_the_flag_switched_off_without_a_lock(self, rig: AppConfigRig) -> None:
        rig.meddle(50)
        rig.provider().kill()
        (version,) = bodies(rig, "CreateHostedConfigurationVersion")
        (deployment,) = bodies(rig, "StartDeployment")
        assert "LatestVersionNumber" not in version
        assert "LatestDeploymentNumber" not in deployment
        assert rig.flag()["_variants"][0] == variant("on", "(split by::$userId pct::50)", colour="blue")

    def test_of_a_flag_that_is_off_it_writes_nothing(self, rig: AppConfigRig) -> None:
        rig.provider().kill()
        assert rig.proxy.writes == []

    @pytest.mark.parametrize("state", ["DEPLOYING", "VALIDATING", "BAKING"])
    @pytest.mark.parametrize("own", [True, False])
    def test_it_stops_what_is_on_its_way(self, rig: AppConfigRig, state: str, own: bool) -> None:
        rig.meddle(50)
        rig.fake.versions["others0"] = {1: (b"{}", "")}
        profile, number = (rig.profile, 3) if own else ("others0", 1)
        rig.fake.deploy_by_hand(profile, rig.environment, number, State=state, DeploymentDurationInMinutes=30)
        rig.provider().kill()
        assert rig.share() == 0
        assert rig.fake.deployments[rig.environment][2]["State"] == "ROLLED_BACK"

    def test_a_deployment_that_switches_it_off_goes_on(self, rig: AppConfigRig) -> None:
        rig.meddle(50)
        rig.fake.deploy_by_hand(rig.profile, rig.environment, 2, State="DEPLOYING", left=3)
        rig.provider().kill()
        assert rig.share() == 0
        assert rig.proxy.writes == []

    def test_one_of_others_is_left_alone_where_the_flag_is_off(self, rig: AppConfigRig) -> None:
        rig.fake.versions["others0"] = {1: (b"{}", "")}
        rig.fake.deploy_by_hand("others0", rig.environment, 1, State="BAKING")
        rig.provider().kill()
        assert rig.proxy.writes == []

    def test_an_alarm_that_rolls_it_back_does_not_keep_the_flag_on(self, rig: AppConfigRig) -> None:
        provider = rig.provider()
        for percent in (5, 25):
            provider.write(share(percent), provider.read())
        rig.fake.alarm = True
        provider.kill()
        assert rig.share() == 0
        states = [each["State"] for each in rig.fake.deployments[rig.environment]]
        assert states == ["COMPLETE", "REVERTED", "REVERTED", "ROLLED_BACK", "ROLLED_BACK"]

    def test_what_switches_it_on_again_and_again_is_an_error(self, rig: AppConfigRig) -> None:
        def again(asked: Asked) -> bool:
            if asked.verb == "POST" and asked.path.endswith("/deployments"):
                rig.meddle(50)
            return False

        rig.meddle(50)
        rig.fake.alarm = True
        rig.proxy.for_which = again
        with pytest.raises(FlagError, match="does not stay off") as caught:
            rig.provider().kill()
        assert "alarms" in caught.value.remedy

    def test_a_strategy_that_is_gone_or_slow_is_replaced_by_that_of_appconfig(
        self, rig: AppConfigRig
    ) -> None:
        for strategy in (GROWS, "absent0"):
            rig.meddle(50)
            rig.provider(strategy=strategy).kill()
            assert rig.share() == 0
            assert bodies(rig, "StartDeployment")[-1]["DeploymentStrategyId"] == "AppConfig.AllAtOnce"
            rig.fake.deployments[rig.environment][-1]["State"] = "COMPLETE"


class TestRights:
    def test_of_a_role_that_may_do_all_nothing_changes(self, rig: AppConfigRig) -> None:
        provider = rig.provider()
        assert isinstance(provider, TriesRights)
        versions, there = dict(rig.fake.versions[rig.profile]), len(rig.fake.deployments[rig.environment])
        assert provider.try_rights() == Rights()
        assert rig.fake.versions[rig.profile] == versions
        assert len(rig.fake.deployments[rig.environment]) == there

    def test_what_a_role_lacks_is_named(self, rig: AppConfigRig) -> None:
        rig.fake.denied = {"StartDeployment", "CreateHostedConfigurationVersion"}
        lacks = ("CreateHostedConfigurationVersion", "StartDeployment")
        assert rig.provider().try_rights() == Rights(tuple(f"the role lacks appconfig:{x}" for x in lacks))

    def test_where_it_cannot_be_tried_it_is_an_error(self, rig: AppConfigRig) -> None:
        rig.proxy.always = answered(503)
        with pytest.raises(FlagError):
            rig.provider().try_rights()

    def test_a_role_that_may_not_read(self, rig: AppConfigRig) -> None:
        rig.fake.denied = {"ListDeployments"}
        with pytest.raises(FlagError, match="not authorized") as caught:
            rig.provider().read()
        assert "Allow the role" in caught.value.remedy
        assert "ListDeployments" in caught.value.remedy


class TestTheEnvironment:
    def test_without_credentials(self, rig: AppConfigRig, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name)
        with pytest.raises(FlagError, match="no credentials of AWS") as caught:
            rig.provider().read()
        assert "configure-aws-credentials" in caught.value.remedy

    def test_without_a_region(self, rig: AppConfigRig, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_REGION", raising=False)
        monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
        with pytest.raises(FlagError) as caught:
            replace(rig.provider(), server=Aws("appconfig")).read()
        assert "AWS_REGION" in caught.value.remedy

    @pytest.mark.parametrize(
        "url", ["http://flags.example.com", "ftp://127.0.0.1", "https://u:p@example.com"]
    )
    def test_a_server_that_is_not_reached_safely(
        self, rig: AppConfigRig, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_APPCONFIG", url)
        with pytest.raises(FlagError) as caught:
            rig.provider().read()
        assert caught.value.remedy
        assert rig.proxy.asked == []

    @pytest.mark.parametrize(
        "region", ["eu-central-1.evil.example", "evil.example/x", "EU-CENTRAL-1", "127.0.0.1", "a@b", "x"]
    )
    def test_a_region_is_no_way_to_another_server(self, rig: AppConfigRig, region: str) -> None:
        with pytest.raises(PolicyError, match="no region"):
            rig.provider(region=region)

    @pytest.mark.parametrize("key", ["application", "environment", "profile", "strategy", "flag"])
    def test_an_id_is_no_path(self, rig: AppConfigRig, key: str) -> None:
        with pytest.raises(PolicyError):
            rig.provider(**{key: "../../x"})

    @pytest.mark.parametrize("key", ["url", "endpoint", "endpoint-url", "token"])
    def test_no_setting_names_a_server_or_a_token(self, rig: AppConfigRig, key: str) -> None:
        with pytest.raises(PolicyError, match="unknown key"):
            rig.provider(**{key: "https://example.com"})

    def test_without_the_extra_the_error_says_what_to_install(
        self, rig: AppConfigRig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sluicegate.net.aws.find_spec", lambda name: None)
        with pytest.raises(UsageError, match="botocore is not installed") as caught:
            rig.provider()
        assert "sluicegate[aws]" in caught.value.remedy
        assert "extras: aws" in caught.value.remedy


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
rules = st.sampled_from([RULE, GUARDED, "", "(eq $a 1)"]) | st.text(max_size=20)
variants = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["on", "off", "beta"]), "enabled": st.booleans()}, optional={"rule": rules}
    ) | values,
    max_size=4,
)  # fmt: skip


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["enabled", "_variants", "x"]), variants | values, max_size=3))
def test_any_value_has_an_exposure_or_a_reason_and_can_be_switched_off(value: dict[str, Any]) -> None:
    flag = Flag(FLAG, "on", value)
    exposure, reason = flag.exposure()
    assert reason
    off = switched_off(flag)
    assert off.is_off
    assert off.exposure()[0] in (OFF, None)
    if flag.is_off:
        assert exposure in (OFF, None)


@given(st.binary(max_size=60))
def test_any_content_is_a_flag_or_an_error(data: bytes) -> None:
    try:
        found = read_flag(data, FLAG, "on", "x")
    except EvidenceError:
        return
    assert found.exposure()[1]


@given(st.text(alphabet='()split by::$userIdpct0123.seed"and exists key', max_size=60))
def test_any_rule_is_a_split_or_none(rule: str) -> None:
    found = parse_split(rule)
    assert found is None or 0 <= found.share <= 1


class TestAKillIsNotDoneByAnAnswerThatIsNone:
    """A page without deployments is believed only where it says that there are none."""

    @pytest.mark.parametrize(
        ("answer", "what"),
        [
            ("{}", "the answer of ListDeployments is no list"),
            ('{"Items": null}', "the answer of ListDeployments is no list"),
            ('{"Items": [], "NextToken": "more"}', "ListDeployments has more than 40 pages"),
        ],
    )
    def test_it_is_an_error(self, rig: AppConfigRig, answer: str, what: str) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.proxy.for_which = lambda asked: asked.path.partition("?")[0].endswith("/deployments")
        rig.proxy.always = answered(200, answer)
        for act in (provider.kill, provider.read):
            with pytest.raises(FlagError, match=what):
                act()
        assert rig.share() == Fraction(5, 100)

    def test_a_version_without_a_number_is_an_error(self, rig: AppConfigRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.proxy.for_which = lambda asked: asked.verb == "POST"
        rig.proxy.always = answered(201, "{}")
        with pytest.raises(FlagError, match="perhaps not switched off"):
            provider.kill()
