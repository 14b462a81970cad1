"""Flipt: the cases of all providers, its own, and its published hash over what is written."""

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
from support.approval_cases import ApprovalCases, ApprovalRig
from support.evaluators import is_monotone, within
from support.flag_cases import PERCENTS, HttpFlagCases, share
from support.flipt_fake import ENVIRONMENT, evaluated
from support.flipt_rig import BRANCH, IDS, FliptRig, a_rig, segments, threshold
from support.proxy import LOST, Fault


@pytest.fixture
def rig() -> Iterator[FliptRig]:
    with a_rig() as made:
        yield made


class TestAsEveryProvider(HttpFlagCases):
    """The cases of all."""


class TestWhereWritesAreProposed(ApprovalCases):
    """The cases of all whose writes may wait for a person. Here the plan says so, by a branch."""

    @pytest.fixture
    def rig(self, rig: FliptRig) -> FliptRig:
        """A flag of a plan with a branch."""
        rig.demand_approval()
        return rig

    def test_a_write_waits_with_a_link_and_changes_nothing(self, rig: ApprovalRig) -> None:
        rig.meddle(5)
        with pytest.raises(WaitingForApproval) as caught:
            rig.provider().write(share(25), rig.provider().read())
        assert caught.value.link in caught.value.remedy
        assert rig.share() == Fraction(5, 100)


class TestByTheHash:
    """What Flipt answers to 10,000 users, by its published hash."""

    def test_each_stage_has_its_share_and_keeps_its_users(self, rig: FliptRig) -> None:
        provider, stages = rig.provider(), []
        for percent in PERCENTS:
            provider.write(share(percent), provider.read())
            stages.append(rig.seen())
            assert within(sum(stages[-1]), percent / 100, len(IDS))
        assert is_monotone(stages)

    def test_the_same_users_see_it_after_a_kill_and_a_new_start(self, rig: FliptRig) -> None:
        provider, seen = rig.provider(), []
        for _ in range(2):
            provider.write(share(25), provider.read())
            seen.append(rig.seen())
            provider.kill()
            assert not any(rig.seen())
        assert seen[0] == seen[1]

    def test_users_without_an_id_are_one_user(self, rig: FliptRig) -> None:
        provider, answers = rig.provider(), []
        for percent in (1, 50, 100):
            provider.write(share(percent), provider.read())
            answers.append(evaluated(rig.payload, ""))
        assert answers[-1]
        assert is_monotone([[each] for each in answers])
        assert "one user" in provider.capabilities.without_key

    @pytest.mark.parametrize(
        ("percent", "counted"), [(2.5, 3), (0.1, 1), (99.5, 100), (0, 0), (-4, 0), (250, 100)]
    )
    def test_a_fraction_of_a_percent_counts_as_a_whole(
        self, rig: FliptRig, percent: float, counted: int
    ) -> None:
        rig.edit(threshold(percent))
        assert rig.provider().read().exposure == share(counted)
        assert within(sum(rig.seen()), counted / 100, len(IDS))


KNOWN: list[tuple[list[dict[str, Any]], bool, Exposure | None]] = [
    ([], True, share(100)),
    ([threshold(5)], True, share(100)),
    ([threshold(5, value=False)], True, share(95)),
    ([threshold(5), threshold(25)], False, share(25)),
    ([threshold(25), threshold(5, value=False)], False, share(25)),
    ([threshold(5, value=False), threshold(25)], False, share(20)),
    ([threshold(5), segments("beta")], False, Exposure(Fraction(5, 100), ("beta",))),
    ([segments("beta", "staff"), threshold(5)], False, Exposure(Fraction(5, 100), ("beta", "staff"))),
    ([segments("beta", all_of=True)], False, Exposure(Fraction(0), ("beta",))),
    ([segments("beta", "staff", all_of=True)], False, None),
    ([segments("beta", "staff", all_of=True), threshold(100)], False, None),
    ([threshold(100), segments("beta", "staff", all_of=True)], False, share(100)),
    ([segments(all_of=True)], False, None),
    ([segments()], False, OFF),
    ([segments("beta", value=False)], False, OFF),
    ([segments("beta", value=False), threshold(5)], False, None),
    ([threshold(5), segments("beta", value=False)], False, share(5)),
    ([segments("beta", value=False)], True, None),
    ([threshold(100), segments("beta", value=False)], True, share(100)),
    ([segments("beta", value=False), segments("staff")], False, None),
    ([threshold(5, value=False), segments("beta")], False, None),
    ([{"type": "UNKNOWN_ROLLOUT_TYPE"}], False, None),
    ([{**threshold(5), **segments("beta")}], False, None),
]


@pytest.mark.parametrize(("rollouts", "enabled", "exposure"), KNOWN)
def test_exposure_is_computed_from_all_rollouts_in_order(
    rig: FliptRig, rollouts: list[dict[str, Any]], enabled: bool, exposure: Exposure | None
) -> None:
    rig.edit(*rollouts, enabled=enabled)
    provider = rig.provider()
    state = provider.read()
    assert state.exposure == exposure
    if exposure is not None and not exposure.segments:
        assert within(sum(rig.seen(2_000)), float(exposure.share), 2_000)
    if exposure is None:
        with pytest.raises(FlagRefused):
            provider.write(share(25), state)
    provider.kill()
    assert provider.read().exposure == OFF
    assert not any(rig.seen(2_000))


class TestFlipt:
    def test_a_flag_that_is_not_enabled_is_shown_by_its_rollouts(self, rig: FliptRig) -> None:
        rig.edit(threshold(50), enabled=False)
        assert rig.provider().read().exposure == share(50)
        assert 4_000 < sum(rig.seen()) < 6_000

    def test_a_kill_is_one_request_that_no_revision_refuses(self, rig: FliptRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), rig.segments), provider.read())
        rig.proxy.calm()
        rig.proxy.faults = [Fault(first=rig.fake.touch)]
        provider.kill()
        (asked,) = rig.proxy.writes
        assert "revision" not in json.loads(asked.body)
        assert (rig.payload["enabled"], rig.payload["rollouts"]) == (False, [])

    def test_all_else_of_a_flag_stays(self, rig: FliptRig) -> None:
        provider = rig.provider()
        before = {k: v for k, v in rig.payload.items() if k != "rollouts"}
        for target in (Exposure(Fraction(5, 100), rig.segments), share(100), OFF):
            provider.write(target, provider.read())
        provider.kill()
        assert {k: v for k, v in rig.payload.items() if k != "rollouts"} == before

    def test_a_change_of_another_flag_does_not_stop_a_write(self, rig: FliptRig) -> None:
        provider = rig.provider()
        rig.proxy.faults = [Fault(first=rig.fake.touch), Fault(first=rig.fake.touch)]
        provider.write(share(5), provider.read())
        assert rig.share() == Fraction(5, 100)
        assert len(rig.proxy.writes) == 3

    def test_a_change_of_the_flag_just_before_a_write_is_a_conflict(self, rig: FliptRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.proxy.faults = [Fault(first=lambda: rig.meddle(37))]
        with pytest.raises(FlagConflict):
            provider.write(share(25), provider.read())
        assert rig.share() == Fraction(37, 100)

    def test_a_write_whose_answer_is_lost_is_not_decided_anew_after_a_kill(self, rig: FliptRig) -> None:
        provider = rig.provider()
        rig.proxy.faults = [replace(LOST, after=rig.provider().kill)]
        with pytest.raises(FlagConflict):
            provider.write(share(25), provider.read())
        assert rig.share() == 0

    def test_a_variant_flag_is_refused(self, rig: FliptRig) -> None:
        rig.payload["type"] = "VARIANT_FLAG_TYPE"
        state = rig.provider().read()
        assert state.exposure is None
        with pytest.raises(FlagRefused, match="no boolean flag"):
            rig.provider().write(share(5), state)

    def test_a_rollout_that_takes_away_is_refused_and_stays(self, rig: FliptRig) -> None:
        rig.edit(segments("beta", value=False))
        with pytest.raises(FlagRefused, match="takes the flag away"):
            rig.provider().write(share(5), rig.provider().read())
        rig.provider().kill()
        assert rig.payload["rollouts"] == [segments("beta", value=False)]

    def test_a_segment_that_changes_is_drift(self, rig: FliptRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), rig.segments[:1]), provider.read())
        before = provider.read()
        beta = rig.fake.environments[ENVIRONMENT]["flipt.core.Segment"]["beta"]
        beta["constraints"][0]["description"] = "for people"
        rig.fake.touch()
        assert provider.read().fingerprint == before.fingerprint
        beta["constraints"][0]["value"] = "everybody"
        assert provider.read().fingerprint != before.fingerprint

    def test_a_flag_or_environment_that_is_not_there_is_an_error(self, rig: FliptRig) -> None:
        own = rig.provider()
        for provider in (replace(own, flag="nothing"), replace(own, environment="staging")):
            with pytest.raises(FlagError) as caught:
                provider.read()
            assert caught.value.remedy

    @pytest.mark.parametrize("may_write", [True, False])
    def test_the_right_to_write_is_tried_without_a_write(self, rig: FliptRig, may_write: bool) -> None:
        rig.fake.may_write = may_write
        before = json.dumps(rig.fake.environments)
        found = rig.provider().try_rights()
        assert (found == Rights()) == may_write
        assert json.dumps(rig.fake.environments) == before


class TestByPullRequest:
    """Writes that go to a branch."""

    @pytest.fixture
    def asked(self, rig: FliptRig) -> str:
        """The link of a pull request for 5 %."""
        return self._wait(rig, 5)

    def _wait(self, rig: FliptRig, percent: int) -> str:
        provider = rig.provider(branch=BRANCH)
        with pytest.raises(WaitingForApproval) as caught:
            provider.write(share(percent), provider.read())
        assert provider.capabilities.approvals
        assert caught.value.link in caught.value.remedy
        return caught.value.link

    def test_a_write_waits_for_a_person_with_the_link(self, rig: FliptRig, asked: str) -> None:
        assert asked == rig.fake.proposals[BRANCH]["url"]
        assert rig.share() == 0
        rig.fake.merge(BRANCH)
        assert rig.provider(branch=BRANCH).read().exposure == share(5)

    def test_asking_again_opens_no_second_one(self, rig: FliptRig, asked: str) -> None:
        rig.proxy.calm()
        assert self._wait(rig, 5) == asked
        assert rig.proxy.writes == []
        assert self._wait(rig, 25) == asked
        rig.fake.merge(BRANCH)
        assert rig.share() == Fraction(25, 100)

    def test_the_next_stage_begins_on_a_new_branch(self, rig: FliptRig, asked: str) -> None:
        rig.fake.merge(BRANCH)
        rig.fake.flag("yet-another")
        link = self._wait(rig, 25)
        assert link != asked
        assert "yet-another" in rig.fake.environments[BRANCH]["flipt.core.Flag"]

    def test_it_is_asked_once_although_every_answer_is_lost(self, rig: FliptRig) -> None:
        rig.proxy.always = LOST
        link = self._wait(rig, 5)
        assert link == rig.fake.proposals[BRANCH]["url"]
        assert len(rig.proxy.writes) == 3

    def test_a_server_without_a_licence_refuses(self, rig: FliptRig) -> None:
        rig.fake.licensed = False
        provider = rig.provider(branch=BRANCH)
        with pytest.raises(FlagRefused, match="no pull requests"):
            provider.write(share(5), provider.read())
        assert rig.share() == 0

    def test_a_kill_is_written_straight_and_takes_the_proposal_away(self, rig: FliptRig, asked: str) -> None:
        rig.fake.merge(BRANCH)
        self._wait(rig, 25)
        rig.provider(branch=BRANCH).kill()
        assert rig.share() == 0
        assert BRANCH not in rig.fake.environments

    def test_a_kill_whose_proposal_stays_says_so(self, rig: FliptRig, asked: str) -> None:
        rig.fake.merge(BRANCH)
        rig.proxy.for_which = lambda a: a.verb == "DELETE"
        rig.proxy.always = Fault(reaches=False, lost=True)
        with pytest.raises(FlagError, match="is off, but"):
            rig.provider(branch=BRANCH).kill()
        assert rig.share() == 0

    def test_a_kill_of_a_protected_environment_is_proposed(self, rig: FliptRig, asked: str) -> None:
        rig.fake.merge(BRANCH)
        rig.fake.protected = True
        with pytest.raises(WaitingForApproval) as caught:
            rig.provider(branch=BRANCH).kill()
        assert caught.value.link == rig.fake.proposals[BRANCH]["url"]
        assert rig.share() == Fraction(5, 100)
        rig.fake.merge(BRANCH)
        assert rig.share() == 0

    def test_without_a_branch_a_protected_environment_is_an_error(self, rig: FliptRig) -> None:
        rig.fake.protected = True
        with pytest.raises(FlagError, match="protected branch"):
            rig.provider().write(share(5), rig.provider().read())
        assert rig.share() == 0


def test_a_write_names_the_revision_that_was_read(rig: FliptRig) -> None:
    head = rig.fake.environments[ENVIRONMENT]["revision"]
    rig.provider().write(share(5), rig.provider().read())
    (asked,) = rig.proxy.writes
    assert json.loads(asked.body)["revision"] == head
