"""LaunchDarkly: its automation, kills, approvals and rights, against a fake of its API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.flags.interface import OFF, FlagConflict, FlagError, FlagRefused, WaitingForApproval
from sluicegate.flags.launchdarkly.keys import URL
from support.flag_cases import share
from support.launchdarkly_fake import WHOLE
from support.launchdarkly_rig import NEW, OLD, LaunchDarklyRig, a_rig, is_refused
from support.proxy import LOST, Asked, Fault, answered


@pytest.fixture
def rig() -> Iterator[LaunchDarklyRig]:
    with a_rig() as made:
        yield made


class TestDrivers:
    """The vendor's own automation has the flag: nothing is written beside it."""

    def is_driven(self, rig: LaunchDarklyRig, name: str) -> None:
        state = rig.provider().read()
        assert state.driver is not None
        assert name in state.driver
        is_refused(rig, "drives the flag")
        rig.provider().kill()
        assert rig.share() == 0

    @pytest.mark.parametrize("kind", ["measuredRollout", "experiment"])
    def test_a_guarded_rollout_or_an_experiment(self, rig: LaunchDarklyRig, kind: str) -> None:
        allocation = {"defaultVariation": OLD, "canReshuffle": False, "type": kind}
        rig.lists((OLD, 95_000), (NEW, 5000), experimentAllocation=allocation, seed=7)
        rig.edit(on=True)
        self.is_driven(rig, kind)

    def test_one_of_a_rule(self, rig: LaunchDarklyRig) -> None:
        allocation = {"defaultVariation": OLD, "canReshuffle": False}
        rollout = {"variations": [{"variation": OLD, "weight": WHOLE}], "experimentAllocation": allocation}
        rig.edit(on=True, rules=[{"_id": "r", "clauses": [], "trackEvents": False, "rollout": rollout}])
        self.is_driven(rig, "experiment")

    def test_a_scheduled_change(self, rig: LaunchDarklyRig) -> None:
        rig.fake.scheduled.append(_scheduled())
        self.is_driven(rig, "scheduled change")

    def test_an_active_workflow(self, rig: LaunchDarklyRig) -> None:
        links: dict[str, Any] = {}
        rig.fake.workflows.append(
            {"_id": "w", "_version": 1, "_conflicts": [], "_creationDate": 1, "_maintainerId": "m",
             "_links": links, "name": "10 % a day", "_execution": {"status": "active"}}
        )  # fmt: skip
        self.is_driven(rig, "workflow")
        assert any(asked.path.endswith("/workflows?status=active") for asked in rig.proxy.asked)

    def test_an_account_without_such_automation_has_none(self, rig: LaunchDarklyRig) -> None:
        rig.fake.plan_has_workflows = False
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert provider.read().exposure == share(5)

    def test_a_change_that_is_scheduled_meanwhile_is_not_broken(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        rig.proxy.for_which = lambda asked: asked.is_write
        rig.proxy.faults = [Fault(first=lambda: rig.fake.scheduled.append(_scheduled()))]
        with pytest.raises(FlagRefused, match="pending"):
            provider.write(share(25), seen)
        assert rig.share() == Fraction(5, 100)
        provider.kill()
        assert rig.share() == 0

    def test_automation_that_cannot_be_asked_for_is_not_none(self, rig: LaunchDarklyRig) -> None:
        rig.proxy.for_which = lambda asked: "scheduled-changes" in asked.path
        rig.proxy.always = answered(500)
        with pytest.raises(FlagError):
            rig.provider().read()


def _scheduled() -> dict[str, Any]:
    return {
        "_id": "s", "_creationDate": 1, "_maintainerId": "m", "_version": 1, "executionDate": 2,
        "instructions": [{"kind": "turnFlagOn"}],
    }  # fmt: skip


class TestKill:
    """It switches off, and the off variation is the old one."""

    def test_it_is_one_request(self, rig: LaunchDarklyRig) -> None:
        rig.provider().kill()
        assert [(asked.verb, "ignoreConflicts=true" in asked.path) for asked in rig.proxy.asked] == [
            ("PATCH", True)
        ]

    def test_one_while_others_write_is_tried_again(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider()
        provider.write(share(50), provider.read())
        rig.proxy.faults = [answered(409, '{"message": "Optimistic lock error. Try again later."}')] * 3
        provider.kill()
        assert rig.share() == 0

    @pytest.mark.parametrize("off", [NEW, None])
    def test_an_off_variation_that_was_changed_is_set_back(
        self, rig: LaunchDarklyRig, off: int | None
    ) -> None:
        provider = rig.provider()
        provider.write(share(50), provider.read())
        rig.fake.own.pop("offVariation")
        rig.edit(**({} if off is None else {"offVariation": off}))
        provider.kill()
        assert rig.fake.own["offVariation"] == OLD
        assert provider.read().exposure == OFF

    def test_an_archived_flag_is_off(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.fake.page["archived"] = True
        state = provider.read()
        assert (state.exposure, state.enabled) == (OFF, False)
        is_refused(rig, "archived")
        provider.kill()

    def test_one_that_needs_an_approval_says_where_to_switch_off(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.demand_approval()
        with pytest.raises(WaitingForApproval) as caught:
            provider.kill()
        assert caught.value.link.endswith("/shop/production/features/new-checkout")
        assert "bypassRequiredApproval" in caught.value.remedy
        assert rig.approvals() == 0

    def test_one_of_a_flag_that_is_off_needs_none(self, rig: LaunchDarklyRig) -> None:
        rig.demand_approval()
        rig.provider().kill()


class TestApprovals:
    """Approval requests of LaunchDarkly beside the cases of all."""

    def waits(self, rig: LaunchDarklyRig) -> str:
        provider = rig.provider()
        with pytest.raises(WaitingForApproval) as caught:
            provider.write(share(5), provider.read())
        return caught.value.link

    def test_the_link_is_that_of_the_service_that_approves(self, rig: LaunchDarklyRig) -> None:
        rig.demand_approval()
        assert self.waits(rig).endswith("/shop/production/features/new-checkout")
        rig.fake.requests[0]["_links"] = {"_site": {"href": "/shop/approvals/7"}}
        assert self.waits(rig) == f"{rig.proxy.url}/shop/approvals/7"
        rig.fake.requests[0]["integrationMetadata"] = {
            "externalId": "CHG7", "externalStatus": {"display": "new", "value": "new"}, "lastChecked": 1,
            "externalUrl": "https://servicenow.example/CHG7",
        }  # fmt: skip
        assert self.waits(rig) == "https://servicenow.example/CHG7"

    @pytest.mark.parametrize("href", ["//elsewhere.example", "javascript:alert(1)", 7])
    def test_a_link_elsewhere_is_not_shown(self, rig: LaunchDarklyRig, href: object) -> None:
        rig.demand_approval()
        self.waits(rig)
        rig.fake.requests[0]["_links"] = {"_site": {"href": href}}
        assert self.waits(rig).endswith("/features/new-checkout")

    def test_a_declined_request_is_not_made_again(self, rig: LaunchDarklyRig) -> None:
        rig.demand_approval()
        self.waits(rig)
        rig.fake.requests[0]["reviewStatus"] = "declined"
        provider = rig.provider()
        with pytest.raises(FlagRefused, match="declined"):
            provider.write(share(5), provider.read())
        assert len(rig.fake.requests) == 1

    def test_requests_of_others_stay(self, rig: LaunchDarklyRig) -> None:
        rig.demand_approval()
        self.waits(rig)
        rig.fake.requests[0]["description"] = "Mine"
        self.waits(rig)
        assert [each["description"] for each in rig.fake.requests] == ["Mine", "Rollout by Sluicegate"]

    def test_an_approved_change_that_no_longer_fits_is_a_conflict(self, rig: LaunchDarklyRig) -> None:
        rig.demand_approval()
        self.waits(rig)
        rig.approve()
        rig.fake.requests[0]["conflicts"] = [{"reason": "the rule is gone"}]
        provider = rig.provider()
        with pytest.raises(FlagConflict, match="not carried out"):
            provider.write(share(5), provider.read())
        assert rig.share() == 0

    def test_an_approved_change_whose_answer_is_lost_is_applied_once(self, rig: LaunchDarklyRig) -> None:
        rig.demand_approval()
        self.waits(rig)
        rig.approve()
        rig.proxy.for_which = lambda asked: asked.path.endswith("/apply")
        rig.proxy.faults = [LOST]
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert rig.share() == Fraction(5, 100)
        assert len([a for a in rig.proxy.asked if a.path.endswith("/apply")]) == 1

    def test_a_refusal_that_speaks_of_an_approval_is_one_whatever_its_status(
        self, rig: LaunchDarklyRig
    ) -> None:
        rig.proxy.for_which = lambda asked: asked.verb == "PATCH"
        rig.proxy.always = answered(403, '{"message": "This change requires Approval"}')
        self.waits(rig)
        assert rig.approvals() == 1

    def test_a_405_that_speaks_of_none_is_an_error(self, rig: LaunchDarklyRig) -> None:
        rig.proxy.always = answered(405, '{"message": "PATCH is blocked by the firewall"}')
        provider = rig.provider()
        with pytest.raises(FlagError, match="firewall") as caught:
            provider.write(share(5), provider.read())
        assert not isinstance(caught.value, WaitingForApproval)
        assert rig.approvals() == 0


class TestRights:
    """What `rollout validate --live` finds without changing anything."""

    def test_a_token_that_may_write(self, rig: LaunchDarklyRig) -> None:
        found = rig.provider().try_rights()
        assert (found.lacks, found.untried) == ((), "")
        assert rig.proxy.writes == []
        assert rig.fake.own["version"] == 1

    @pytest.mark.parametrize("on", [True, False])
    def test_what_is_tried_would_change_nothing_where_it_was_carried_out(
        self, rig: LaunchDarklyRig, on: bool
    ) -> None:
        rig.edit(on=on)
        rig.provider().try_rights()
        (tried,) = [asked for asked in rig.proxy.asked if asked.verb == "PATCH"]
        assert f'"turnFlag{"On" if on else "Off"}"'.encode() in tried.body

    @pytest.mark.parametrize(
        ("status", "message", "lack"),
        [
            (401, "Invalid access token", "may not write"),
            (403, "Forbidden", "may not write"),
            (405, "Flag configuration updates require approval", "bypassRequiredApproval"),
        ],
    )
    def test_one_that_may_not(self, rig: LaunchDarklyRig, status: int, message: str, lack: str) -> None:
        rig.proxy.for_which = lambda asked: asked.verb == "PATCH"
        rig.proxy.always = answered(status, f'{{"message": "{message}"}}')
        (found,) = rig.provider().try_rights().lacks
        assert lack in found

    def test_an_action_that_the_answer_says_is_denied(self, rig: LaunchDarklyRig) -> None:
        denied = [
            {"action": action, "reason": {"effect": "deny"}} for action in ("updateFallthrough", "updateTags")
        ]
        rig.edit(_access={"denied": denied, "allowed": []})
        assert rig.provider().try_rights().lacks == ("the token's role denies updateFallthrough",)

    @pytest.mark.parametrize("verb", ["GET", "PATCH"])
    def test_what_cannot_be_tried_is_an_error(self, rig: LaunchDarklyRig, verb: str) -> None:
        rig.proxy.for_which = lambda asked: asked.verb == verb
        rig.proxy.always = answered(500)
        with pytest.raises(FlagError):
            rig.provider().try_rights()


def test_a_semantic_patch_says_that_it_is_one_and_no_other_request_does(rig: LaunchDarklyRig) -> None:
    rig.demand_approval()
    provider = rig.provider()
    with pytest.raises(WaitingForApproval):
        provider.write(share(5), provider.read())
    kinds = {asked.verb: asked.headers.get("content-type", "") for asked in rig.proxy.asked}
    assert "semanticpatch" in kinds["PATCH"]
    assert kinds["POST"] == "application/json"
    assert kinds["GET"] == ""


def test_a_switch_that_is_off_again_as_before_is_not_sent_again(rig: LaunchDarklyRig) -> None:
    """The state after a kill is equal to the one before the write: only the version tells them apart."""
    provider = rig.provider()
    provider.write(share(25), provider.read())
    provider.kill()
    rig.proxy.calm()
    rig.proxy.faults = [Fault(lost=True, after=rig.provider().kill)]
    with pytest.raises(FlagConflict):
        provider.write(share(25), provider.read())
    assert rig.share() == 0


def test_a_hand_edit_that_comes_between_the_look_and_the_patch_is_seen_when_it_is_read(
    rig: LaunchDarklyRig,
) -> None:
    """There is no lock; what others set beside the share stays, and is drift."""
    provider = rig.provider()
    provider.write(share(5), provider.read())
    seen = provider.read()

    def meddle(asked: Asked) -> bool:
        if asked.verb == "PATCH":
            rig.edit(targets=[{"contextKind": "user", "values": ["alice"], "variation": NEW}])
        return False

    rig.proxy.for_which = meddle
    provider.write(share(25), seen)
    assert provider.read().exposure is None


def test_the_address_is_that_of_the_commercial_instance_where_none_is_named(rig: LaunchDarklyRig) -> None:
    assert rig.provider(url=URL).server.address == "https://app.launchdarkly.com"
    assert replace(rig.provider(), refresh=30).capabilities.kill_delay == 30
