"""PostHog: the cases of all providers and its hazards, against a fake of the server."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import UsageError
from sluicegate.flags.interface import (
    EVERYONE,
    OFF,
    Exposure,
    FlagConflict,
    FlagError,
    FlagRefused,
    WaitingForApproval,
)
from sluicegate.flags.posthog.model import Flag, find_flag, pending, state_of
from support.approval_cases import ApprovalCases, ApprovalRig
from support.flag_cases import FlagCases, HttpFlagCases, share
from support.make_provider import around, make_flag
from support.posthog_fake import READ_ONLY
from support.posthog_rig import PostHogRig, a_rig, cohort, everybody, share_of
from support.proxy import LOST, Asked, answered


@pytest.fixture
def rig() -> Iterator[PostHogRig]:
    with a_rig() as made:
        yield made


class Approvals(ApprovalCases):
    """The cases of all, but that PostHog keeps an older request."""

    def test_a_request_for_another_share_takes_the_place_of_the_one_before(self, rig: ApprovalRig) -> None:
        """It does not: only who made it may cancel it, in PostHog; the message says so."""
        rig.demand_approval()
        for percent in (5, 25):
            with pytest.raises(WaitingForApproval) as caught:
                rig.provider().write(share(percent), rig.provider().read())
        assert "an earlier change" in str(caught.value)
        assert "cancel" in caught.value.remedy
        assert rig.approvals() == 1


class TestAsEveryProvider(HttpFlagCases, Approvals):
    """The cases of all."""


class TestWithVariants(FlagCases):
    """The cases of all, for a variant of a flag that has some."""

    @pytest.fixture
    def rig(self) -> Iterator[PostHogRig]:
        with a_rig("test") as made:
            yield made


class TestOnAnOlderServer(FlagCases, Approvals):
    """The cases of all, where a percentage is written with all filters."""

    @pytest.fixture
    def rig(self) -> Iterator[PostHogRig]:
        with a_rig() as made:
            made.fake.has_actions = False
            yield made

    def test_the_answer_to_a_write_is_lost(self, rig: PostHogRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.proxy.calm()
        rig.proxy.for_which, rig.proxy.always = lambda asked: asked.verb == "PATCH", LOST
        provider.write(share(25), provider.read())
        assert rig.share() == Fraction(25, 100)
        assert [asked.verb for asked in rig.proxy.writes] == ["POST", "PATCH"]


FIVE = [everybody(5)]
ANDROID = {"key": "$os", "type": "person", "value": ["Android"], "operator": "exact"}


class TestHazards:
    """What silently exposes more, all, or none."""

    @pytest.mark.parametrize(
        ("groups", "exposure"),
        [
            ([], OFF),
            (FIVE, share(5)),
            ([everybody(2.5)], share("2.5")),
            ([everybody(0.125)], share("0.125")),
            ([everybody(None)], EVERYONE),
            ([{"properties": []}], EVERYONE),
            ([{}], EVERYONE),
            ([everybody(100), everybody(5)], EVERYONE),
            ([everybody(5), everybody(20)], share(20)),
            ([cohort("staff", 100), everybody(5)], Exposure(Fraction(1, 20), ("staff",))),
            ([cohort("staff", None), cohort("beta", 0)], Exposure(Fraction(0), ("staff",))),
            ([{"properties": [ANDROID], "rollout_percentage": 0}, everybody(5)], share(5)),
            ([everybody(5, variant="gone")], share(5)),
        ],
    )
    def test_effective_exposure(self, rig: PostHogRig, groups: list[Any], exposure: Exposure) -> None:
        rig.flag["active"] = True
        rig.set(groups=groups)
        assert rig.provider().read().exposure == exposure

    @pytest.mark.parametrize(
        ("filters", "page", "why"),
        [
            ({"groups": [everybody(101)]}, {}, "no percentage from 0 to 100"),
            ({"groups": [everybody(-1)]}, {}, "no percentage from 0 to 100"),
            ({"groups": [{**everybody(), "rollout_percentage": "5"}]}, {}, "no percentage"),
            ({"groups": [{"properties": [ANDROID], "rollout_percentage": 5}]}, {}, "no whole cohort"),
            ({"groups": [{"properties": [ANDROID]}]}, {}, "no whole cohort"),
            ({"groups": [cohort("staff", 50)]}, {}, "no whole cohort"),
            ({"groups": [everybody(5, aggregation_group_type_index=0)]}, {}, "drawn by groups"),
            ({"groups": FIVE, "aggregation_group_type_index": 0}, {}, "drawn by groups"),
            ({"groups": FIVE, "super_groups": [everybody(15)]}, {}, "early access"),
            ({"groups": FIVE, "feature_enrollment": True}, {}, "early access"),
            ({"groups": FIVE, "holdout": {"id": 7, "exclusion_percentage": 5}}, {}, "holdout"),
            ({"groups": FIVE, "holdout_groups": [everybody(5)]}, {}, "holdout"),
            ({"groups": FIVE, "early_exit": True}, {}, "early exit"),
            ({"groups": FIVE, "version": 2, "rules": []}, {}, "not known here"),
            ({"groups": None}, {}, "not known here"),
            ({"groups": FIVE}, {"is_remote_configuration": True}, "remote configuration"),
            (
                {"groups": FIVE, "multivariate": {"variants": [share_of("test", 100)]}}, {},
                "the plan names none",
            ),
        ],
    )  # fmt: skip
    def test_what_cannot_be_computed_is_refused_and_left_alone(
        self, rig: PostHogRig, filters: dict[str, Any], page: dict[str, Any], why: str
    ) -> None:
        rig.set(**filters)
        rig.flag.update({"active": True, **page})
        provider = rig.provider()
        state = provider.read()
        assert state.exposure is None
        assert why in state.reason
        with pytest.raises(FlagRefused):
            provider.write(share(5), state)
        assert rig.fake.writes == []

    @pytest.mark.parametrize(
        ("page", "why"),
        [
            ({"experiment_set": [31]}, "an experiment of PostHog"),
            ({"features": [{"id": "x", "stage": "beta"}]}, "an early access feature of PostHog"),
        ],
    )
    def test_a_second_driver_is_refused(self, rig: PostHogRig, page: dict[str, Any], why: str) -> None:
        rig.flag.update(page)
        self._is_refused(rig, why)

    @pytest.mark.parametrize("recurring", [False, True])
    def test_a_scheduled_change_that_is_to_come_is_refused(self, rig: PostHogRig, recurring: bool) -> None:
        done = {"record_id": str(rig.flag["id"]), "executed_at": "2026-09-01T00:00:00Z", "scheduled_at": "x"}
        coming = {**done, "executed_at": None, "scheduled_at": "2027-01-31T12:00:00Z"}
        rig.fake.schedules = [done] * 150
        assert rig.provider().read().driver is None
        rig.fake.schedules.append({**coming, "is_recurring": recurring})
        self._is_refused(rig, "2027-01-31T12:00:00Z")

    def _is_refused(self, rig: PostHogRig, why: str) -> None:
        provider = rig.provider()
        seen = provider.read()
        assert why in str(seen.driver)
        with pytest.raises(FlagRefused, match="drives the flag"):
            provider.write(share(5), seen)
        assert rig.fake.writes == []

    def test_a_schedule_of_another_flag_is_none_of_ours(self, rig: PostHogRig) -> None:
        rig.fake.schedules = [{"record_id": "1", "executed_at": None, "scheduled_at": "x"}]
        assert rig.provider().read().driver is None

    def test_a_schedule_of_another_flag_that_a_server_lists_all_the_same(self) -> None:
        listed = [{"record_id": str(n), "executed_at": None, "scheduled_at": f"at {n}"} for n in (1, 2)]
        assert pending(listed, 2) == ("at 2",)

    def test_an_experiment_that_is_launched_after_the_reading_is_a_conflict(self, rig: PostHogRig) -> None:
        provider = rig.provider()
        seen = provider.read()
        rig.flag["experiment_set"] = [31]
        rig.set(multivariate={"variants": [share_of("control", 50), share_of("test", 50)]})
        with pytest.raises(FlagConflict):
            provider.write(share(5), seen)

    def test_two_conditions_for_everybody_are_not_raised(self, rig: PostHogRig) -> None:
        rig.set(groups=[everybody(0), everybody(0)])
        provider = rig.provider()
        with pytest.raises(FlagRefused, match="2 conditions for everybody"):
            provider.write(share(5), provider.read())

    def test_a_flag_without_conditions_gets_one_that_keeps_the_others(self, rig: PostHogRig) -> None:
        rig.set(groups=[cohort("staff", 100)], payloads={"true": '"on"'})
        provider = rig.provider()
        provider.write(Exposure(Fraction(1, 20), ("staff",)), provider.read())
        groups = rig.flag["filters"]["groups"]
        assert [each["rollout_percentage"] for each in groups] == [100, 5]
        assert rig.flag["filters"]["payloads"] == {"true": '"on"'}

    def test_two_conditions_of_one_cohort_are_not_told_apart(self, rig: PostHogRig) -> None:
        rig.set(groups=[everybody(0), cohort("staff"), cohort("staff")])
        provider = rig.provider()
        with pytest.raises(FlagRefused, match="2 conditions for the cohort 'staff'"):
            provider.write(Exposure(Fraction(0), ("staff",)), provider.read())

    def test_decimals_are_exact(self, rig: PostHogRig) -> None:
        provider = rig.provider()
        for text in ("2.5", "0.125", "33.333"):
            provider.write(share(text), provider.read())
            assert provider.read().exposure == share(text)
            assert rig.flag["filters"]["groups"][0]["rollout_percentage"] == float(text)

    def test_another_key_to_draw_by_is_another_draw(self, rig: PostHogRig) -> None:
        drawn = {rig.provider().read().bucketing}
        rig.flag["bucketing_identifier"] = "device_id"
        drawn.add(rig.provider().read().bucketing)
        rig.flag["ensure_experience_continuity"] = True
        drawn.add(rig.provider().read().bucketing)
        assert len(drawn) == 3

    def test_a_description_and_names_for_people_are_no_drift(self, rig: PostHogRig) -> None:
        before = rig.provider().read()
        rig.set(groups=[{**each, "description": "x"} for each in rig.flag["filters"]["groups"]])
        rig.flag["name"] = "Another description"
        after = rig.provider().read()
        assert after.fingerprint == before.fingerprint
        assert after.version != before.version


class TestVariants:
    """A variant of the plan."""

    @pytest.fixture
    def rig(self) -> Iterator[PostHogRig]:
        with a_rig("test") as made:
            yield made

    @pytest.mark.parametrize(
        ("variants", "groups", "exposure"),
        [
            ([("control", 0), ("test", 100)], FIVE, share(5)),
            ([("test", 100), ("control", 0)], [everybody(5, variant="test")], share(5)),
            ([("test", 0), ("control", 100)], [everybody(5, variant="test")], share(5)),
            ([("test", 50), ("control", 50)], FIVE, None),
            ([("test", 0), ("control", 100)], FIVE, None),
            ([("test", 100), ("control", 0)], [everybody(5, variant="control")], None),
            ([("other", 100)], FIVE, None),
            ([], FIVE, None),
        ],
    )
    def test_effective_exposure(
        self, rig: PostHogRig, variants: list[Any], groups: list[Any], exposure: Exposure | None
    ) -> None:
        rig.flag["active"] = True
        rig.set(multivariate={"variants": [share_of(*each) for each in variants]}, groups=groups)
        assert rig.provider().read().exposure == exposure

    def test_a_condition_of_another_variant_is_not_raised(self, rig: PostHogRig) -> None:
        rig.set(groups=[everybody(0, variant="control")])
        provider = rig.provider()
        with pytest.raises(FlagRefused, match="who get 'test'"):
            provider.write(share(5), provider.read())
        rig.set(multivariate={"variants": [share_of("control", 60), share_of("test", 40)]}, groups=[])
        with pytest.raises(FlagRefused, match="who get 'test'"):
            provider.write(share(5), provider.read())
        assert rig.fake.writes == []


class TestWrites:
    """Locks, the ways of older servers, and kills."""

    @pytest.mark.parametrize("when", ["set_release_condition_rollout", "scheduled_changes"])
    def test_a_stale_version_is_a_conflict(self, rig: PostHogRig, when: str) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()

        def meddle(asked: Asked) -> bool:
            if when in asked.path:
                rig.meddle(37)
            return False

        rig.proxy.for_which = meddle
        with pytest.raises(FlagConflict, match="changed since version"):
            provider.write(share(25), seen)
        assert rig.share() == Fraction(37, 100)

    def test_a_stale_version_on_an_older_server_is_a_conflict(self, rig: PostHogRig) -> None:
        rig.fake.has_actions = False
        self.test_a_conflict_of_the_filters(rig)

    def test_a_conflict_of_the_filters(self, rig: PostHogRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        rig.fake.has_actions = False

        def meddle(asked: Asked) -> bool:
            if asked.verb == "PATCH":
                rig.meddle(37)
            return False

        rig.proxy.for_which = meddle
        with pytest.raises(FlagConflict, match="updated by"):
            provider.write(share(25), seen)
        assert rig.share() == Fraction(37, 100)

    def test_a_flag_that_is_older_than_versions_is_written(self, rig: PostHogRig) -> None:
        rig.flag["version"] = None
        provider = rig.provider()
        assert provider.read().version is None
        provider.write(share(5), provider.read())
        assert rig.share() == Fraction(5, 100)

    def test_the_condition_alone_is_written(self, rig: PostHogRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        paths = [asked.path.rpartition("feature_flags/")[2] for asked in rig.proxy.writes]
        assert paths == ["701/set_release_condition_rollout/", "701/enable/"]

    def test_an_archived_flag_is_found_read_and_killed_and_not_raised(self, rig: PostHogRig) -> None:
        rig.flag["archived"] = True
        provider = rig.provider()
        state = provider.read()
        assert (state.exposure, state.enabled, state.reason) == (OFF, False, "it is archived")
        provider.kill()
        with pytest.raises(FlagRefused, match="archived"):
            provider.write(share(5), state)
        assert rig.fake.writes == []

    @pytest.mark.parametrize("has_actions", [True, False])
    def test_a_flag_that_others_depend_on_is_killed_by_its_conditions(
        self, rig: PostHogRig, has_actions: bool
    ) -> None:
        rig.fake.has_actions = has_actions
        rig.set(groups=[everybody(None), cohort("staff", None)], super_groups=[everybody(10)])
        rig.set(feature_enrollment=True, payloads={"true": "1"})
        rig.flag["active"] = True
        rig.fake.dependents = ["checkout-totals (ID: 12)"]
        rig.provider().kill()
        assert rig.provider().read().exposure == OFF
        assert rig.flag["active"]
        assert rig.flag["filters"]["payloads"] == {"true": "1"}
        rig.provider().kill()

    def test_a_kill_that_a_person_must_approve_says_so_with_the_link(self, rig: PostHogRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.fake.gated = {"active"}
        for words in ("asks a person", "an earlier change"):
            with pytest.raises(WaitingForApproval, match=words) as caught:
                provider.kill()
            assert caught.value.link == rig.link
        rig.approve()
        assert provider.read().exposure == OFF

    def test_a_deleted_flag_and_one_with_a_longer_key_are_not_found(self, rig: PostHogRig) -> None:
        rig.flag["deleted"] = True
        with pytest.raises(FlagError, match="no flag 'new-checkout'") as caught:
            rig.provider().read()
        assert "deleted" in caught.value.remedy

    @pytest.mark.parametrize("has_actions", [True, False])
    def test_the_flag_is_found_behind_others_with_longer_keys(
        self, rig: PostHogRig, has_actions: bool
    ) -> None:
        rig.fake.has_actions, rig.fake.page = has_actions, 100
        mine = rig.fake.flags.pop(rig.flag["id"])
        for number in range(130):
            rig.fake.add(f"new-checkout-{number}-more", name=f"New-Checkout {number}")
        rig.fake.flags[mine["id"]] = mine
        assert rig.provider().read().exposure == OFF

    def test_what_posthog_refuses_is_said_with_its_words(self, rig: PostHogRig) -> None:
        rig.proxy.always = answered(400, '{"detail": "it depends on disabled flags: totals (ID: 12)"}')
        provider = rig.provider()
        with pytest.raises(FlagRefused, match="totals") as caught:
            provider.write(share(5), provider.read())
        assert caught.value.remedy

    def test_an_answer_that_is_no_flag_is_an_error(self, rig: PostHogRig) -> None:
        rig.proxy.always = answered(200, '{"a": 1}')
        provider = rig.provider()
        with pytest.raises(FlagError, match="no flag"):
            provider.write(share(5), provider.read())

    def test_a_rate_limit_that_is_longer_than_the_budget_is_named(self, rig: PostHogRig) -> None:
        rig.proxy.always = answered(429, '{"detail": "Request was throttled."}', retry_after="3600")
        provider = rig.provider()
        with pytest.raises(FlagError, match="3600 s"):
            provider.write(share(5), provider.read())


class TestRights:
    """What the token may do, tried without a change."""

    def test_a_token_that_may_write_leaves_no_trace(self, rig: PostHogRig) -> None:
        rig.fake.gated = {"filters", "active"}
        found = rig.provider().try_rights()
        assert (found.lacks, found.untried) == ((), "")
        assert rig.fake.writes == []

    def test_a_token_that_may_only_read_is_named(self, rig: PostHogRig) -> None:
        text = f"url: {rig.proxy.url}\nproject: 1234\nflag: new-checkout\n"
        given = around(Path(), rig.patience.clock(), POSTHOG_PERSONAL_API_KEY=READ_ONLY)
        provider: Any = make_flag("posthog", text, given)
        (lack,) = provider.try_rights().lacks
        assert "feature_flag:write" in lack

    def test_an_older_server_has_no_such_try(self, rig: PostHogRig) -> None:
        rig.fake.has_actions = False
        found = rig.provider().try_rights()
        assert found.lacks == ()
        assert found.untried

    @pytest.mark.parametrize(("status", "match"), [(500, "rights .* not known"), (200, "never was")])
    def test_an_answer_that_says_nothing_of_rights(self, rig: PostHogRig, status: int, match: str) -> None:
        rig.proxy.always = answered(status)
        with pytest.raises(FlagError, match=match):
            rig.provider().try_rights()


def test_without_a_token_the_error_names_the_variable() -> None:
    text = "url: https://eu.posthog.com\nproject: 1234\nflag: x\n"
    with pytest.raises(UsageError, match="POSTHOG_PERSONAL_API_KEY"):
        make_flag("posthog", text, around(Path()))


values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def some(*names: str, inner: Any = values) -> Any:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, inner))


conditions = some("properties", "rollout_percentage", "variant", "aggregation_group_type_index")
filters = st.fixed_dictionaries({"groups": st.lists(conditions, max_size=3)}) | values
pages = st.fixed_dictionaries({"active": values, "filters": filters, "id": values, "version": values})


@given(pages, values)
def test_any_answer_is_read(page: dict[str, Any], variant: Any) -> None:
    found = state_of(Flag(page), str(variant))
    assert found.exposure is None or 0 <= found.exposure.share <= 1
    assert found.fingerprint == state_of(Flag(dict(reversed(page.items()))), str(variant)).fingerprint
    find_flag([page, variant], "x")
    pending([page, variant], 1)


@given(st.lists(st.integers(0, 100), max_size=4), st.permutations(range(4)))
def test_the_order_of_conditions_does_not_decide(percents: list[int], order: list[int]) -> None:
    def read(shares: list[int]) -> Exposure | None:
        page = {"active": True, "filters": {"groups": [everybody(each) for each in shares]}}
        return state_of(Flag(page), "").exposure

    most = Fraction(max(percents, default=0), 100)
    shuffled = [percents[n] for n in order if n < len(percents)]
    assert read(percents) == read(shuffled) == Exposure(most)
