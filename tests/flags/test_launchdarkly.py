"""LaunchDarkly: the cases of all providers and its hazards, against a fake of its API."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.core.errors import PolicyError
from sluicegate.flags.interface import (
    EVERYONE,
    OFF,
    Exposure,
    FlagError,
)
from support.approval_cases import ApprovalCases, LimitCases
from support.flag_cases import HttpFlagCases, share
from support.launchdarkly_fake import WHOLE, FakeLaunchDarkly
from support.launchdarkly_rig import NEW, OLD, LaunchDarklyRig, a_rig, is_refused


@pytest.fixture
def rig() -> Iterator[LaunchDarklyRig]:
    with a_rig() as made:
        yield made


@pytest.fixture
def true_first() -> Iterator[LaunchDarklyRig]:
    """The order that LaunchDarkly gives a boolean flag by itself."""
    with a_rig(FakeLaunchDarkly((True, False))) as made:
        yield made


class TestAsEveryProvider(HttpFlagCases, ApprovalCases, LimitCases):
    """The cases of all."""


class TestOrder:
    """Who lacks what users are drawn by gets the first variation of the list."""

    def test_the_new_variation_is_listed_last(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider()
        provider.write(share("0.001"), provider.read())
        listed = rig.fake.own["fallthrough"]["rollout"]["variations"]
        assert listed == [{"variation": OLD, "weight": WHOLE - 1}, {"variation": NEW, "weight": 1}]

    def test_a_list_with_the_new_variation_first_is_not_computed(self, rig: LaunchDarklyRig) -> None:
        rig.lists((NEW, 5000), (OLD, 95_000))
        rig.edit(on=True)
        state = rig.provider().read()
        assert state.exposure is None
        assert "first" in state.reason
        is_refused(rig, "first")

    @pytest.mark.parametrize(
        "weights",
        [((NEW, 0), (OLD, WHOLE)), ((2, 0), (NEW, 5000), (OLD, 95_000)), ((NEW, 0), (2, 0), (OLD, WHOLE))],
    )
    def test_one_that_only_some_contexts_get_is_not_either(
        self, rig: LaunchDarklyRig, weights: tuple[tuple[int, int], ...]
    ) -> None:
        """A context of another kind gets the first of the list, whatever its weight is."""
        rig.lists(*weights)
        rig.edit(on=True)
        assert rig.provider().read().exposure is None
        is_refused(rig, "first")
        weight = dict(weights)[NEW]
        assert rig.provider(every_context_has_key="true").read().exposure == share(weight // 1000)

    def test_a_flag_with_the_new_variation_first_is_refused(self, true_first: LaunchDarklyRig) -> None:
        is_refused(true_first, "first")
        provider = true_first.provider()
        provider.write(EVERYONE, provider.read())
        assert true_first.share() == 1

    def test_it_is_rolled_out_where_every_context_has_the_key(self, true_first: LaunchDarklyRig) -> None:
        provider = true_first.provider(every_context_has_key="true")
        drawn = {provider.read().bucketing}
        for percent in (5, 50, 100):
            provider.write(share(percent), provider.read())
            assert provider.read().exposure == share(percent)
            drawn.add(provider.read().bucketing)
        assert len(drawn) == 1
        assert "may get 'true'" in provider.capabilities.without_key

    def test_the_order_that_launchdarkly_would_give_is_tried_first(self, rig: LaunchDarklyRig) -> None:
        rig.fake.lists_backwards = True
        is_refused(rig, "dry run")
        is_refused(rig, "dry run", Exposure(Fraction(0), ("beta",)))

    def test_the_order_of_a_list_that_is_there_stays(self, true_first: LaunchDarklyRig) -> None:
        true_first.lists((1, WHOLE), (0, 0))
        true_first.fake.lists_backwards = True
        provider = true_first.provider()
        before = provider.read().bucketing
        provider.write(share(5), provider.read())
        assert provider.read().exposure == share(5)
        assert provider.read().bucketing == before

    def test_a_list_that_launchdarkly_would_turn_round_is_refused(self, true_first: LaunchDarklyRig) -> None:
        true_first.lists((1, WHOLE), (0, 0))
        is_refused(true_first, "dry run")

    def test_a_list_in_the_order_of_the_flag_needs_no_dry_run(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.proxy.calm()
        provider.write(share(25), provider.read())
        assert [asked.path for asked in rig.proxy.asked if "dryRun" in asked.path] == []

    def test_another_salt_kind_attribute_or_seed_draws_others(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = [provider.read()]
        rollout = rig.fake.own["fallthrough"]["rollout"]
        for changes in ({"contextKind": "organization"}, {"bucketBy": "country"}, {"seed": 7}):
            rig.edit(fallthrough={"rollout": {**rollout, **changes}})
            seen.append(provider.read())
        rig.edit(fallthrough={"rollout": rollout}, salt="another")
        seen.append(provider.read())
        assert len({state.bucketing for state in seen}) == len(seen)
        assert len({state.fingerprint for state in seen}) == len(seen)

    def test_the_draw_of_a_new_list_is_the_plans(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider(context_kind="organization", bucket_by="plan")
        provider.write(share(5), provider.read())
        rollout = rig.fake.own["fallthrough"]["rollout"]
        assert (rollout["contextKind"], rollout["bucketBy"]) == ("organization", "plan")
        assert "of another kind than organization" in provider.capabilities.without_key
        assert "without plan" in provider.capabilities.without_key


class TestExposure:
    """Effective exposure is the union of targets, rules and the default rule."""

    @pytest.mark.parametrize(
        ("weights", "reason"),
        [
            ([(OLD, 90_000), (NEW, 5000)], "no whole"),
            ([(OLD, 95_000), (NEW, 6000)], "no whole"),
            ([(OLD, WHOLE), (NEW, -5)], "no whole"),
            ([(OLD, 50_000), (NEW, 25_000), (NEW, 25_000)], "no whole"),
            ([(OLD, 50_000), (2, 25_000), (NEW, 25_000)], "third variation"),
            ([], "no whole"),
        ],
    )
    def test_weights_that_are_not_a_rollouts(
        self, rig: LaunchDarklyRig, weights: list[tuple[int, int]], reason: str
    ) -> None:
        rig.lists(*weights)
        rig.edit(on=True)
        state = rig.provider().read()
        assert state.exposure is None
        assert reason in state.reason

    @pytest.mark.parametrize(
        "fallthrough", [None, {}, {"variation": None}, {"variation": "1"}, {"rollout": 5}]
    )
    def test_a_default_rule_of_a_newer_shape(self, rig: LaunchDarklyRig, fallthrough: object) -> None:
        rig.edit(on=True, fallthrough=fallthrough)
        assert rig.provider().read().exposure is None
        rig.fake.wrong.clear()  # the description has no such thing either

    @pytest.mark.parametrize("variation", [OLD, NEW])
    def test_a_default_rule_with_one_variation(self, rig: LaunchDarklyRig, variation: int) -> None:
        rig.edit(on=True, fallthrough={"variation": variation})
        assert rig.provider().read().exposure == share(100 * variation)

    @pytest.mark.parametrize("kind", ["targets", "contextTargets"])
    def test_single_contexts_that_see_it_are_refused(self, rig: LaunchDarklyRig, kind: str) -> None:
        target = {"contextKind": "user", "values": ["alice"], "variation": NEW}
        rig.edit(on=True, **{kind: [target]})
        assert rig.provider().read().exposure is None
        is_refused(rig, "single contexts")
        rig.edit(**{kind: [{**target, "values": []}]})
        assert rig.provider().read().exposure == OFF

    def test_single_contexts_that_are_kept_from_it_are_none_that_see_it(self, rig: LaunchDarklyRig) -> None:
        rig.edit(targets=[{"contextKind": "user", "values": ["alice"], "variation": OLD}])
        provider = rig.provider()
        provider.write(share(5), provider.read())
        state = provider.read()
        assert state.exposure == share(5)
        assert "serves another variation first" in state.reason

    @pytest.mark.parametrize(
        ("clauses", "serves"),
        [
            ([{"attribute": "country", "op": "in", "values": ["CH"]}], {"variation": NEW}),
            ([{"attribute": "segmentMatch", "op": "segmentMatch", "values": ["beta"], "negate": True}],
             {"variation": NEW}),
            ([{"attribute": "segmentMatch", "op": "segmentMatch", "values": ["beta"]},
              {"attribute": "country", "op": "in", "values": ["CH"]}], {"variation": NEW}),
            ([{"attribute": "segmentMatch", "op": "segmentMatch", "values": ["beta"]}],
             {"rollout": {"variations": [{"variation": 0, "weight": 1}, {"variation": 1, "weight": 99999}]}}),
            ([{"attribute": "segmentMatch", "op": "segmentMatch", "values": ["beta"]}],
             {"rollout": {"variations": []}}),
            ([], {"variation": NEW}),
        ],
    )  # fmt: skip
    def test_a_rule_for_a_part_of_the_users_is_refused(
        self, rig: LaunchDarklyRig, clauses: list[dict[str, Any]], serves: dict[str, Any]
    ) -> None:
        rule = {
            "_id": "r",
            "clauses": [{"negate": False, **c} for c in clauses],
            "trackEvents": False,
            **serves,
        }
        rig.edit(on=True, rules=[rule])
        state = rig.provider().read()
        assert state.exposure is None
        assert "no whole segment" in state.reason
        is_refused(rig, "no whole segment")
        rig.edit(rules=[{**rule, "disabled": True}])
        assert rig.provider().read().exposure == OFF

    def test_rules_that_serve_the_old_variation_count_for_nothing(self, rig: LaunchDarklyRig) -> None:
        clause = {"attribute": "country", "op": "in", "values": ["CH"], "negate": False}
        rig.edit(rules=[{"_id": "r", "clauses": [clause], "trackEvents": False, "variation": OLD}])
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert provider.read().exposure == share(5)
        assert [rule["_id"] for rule in rig.fake.own["rules"]] == ["r"]

    def test_prerequisites_may_keep_it_from_users_and_their_change_is_drift(
        self, rig: LaunchDarklyRig
    ) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        before = provider.read()
        rig.edit(prerequisites=[{"key": "another-flag", "variation": 0}])
        state = provider.read()
        assert state.exposure == share(5)
        assert "prerequisites" in state.reason
        assert state.fingerprint != before.fingerprint

    @pytest.mark.parametrize(
        ("off", "reason"), [(None, "no off variation"), (NEW, "not 'false'"), (2, "not")]
    )
    def test_a_flag_whose_off_variation_is_not_the_old_one_is_refused(
        self, rig: LaunchDarklyRig, off: int | None, reason: str
    ) -> None:
        rig.fake.own.pop("offVariation")
        rig.edit(**({} if off is None else {"offVariation": off}))
        state = rig.provider().read()
        assert state.exposure is None
        assert reason in state.reason
        is_refused(rig, reason)

    def test_a_migration_flag_is_refused(self, rig: LaunchDarklyRig) -> None:
        rig.fake.page["_purpose"] = "migration"
        is_refused(rig, "migration")

    def test_another_environment_counts_for_nothing(self, rig: LaunchDarklyRig) -> None:
        assert rig.fake.page["environments"]["test"]["on"]
        assert rig.provider().read().exposure == OFF
        with pytest.raises(FlagError, match="no environment 'staging'"):
            rig.provider(environment="staging").read()

    def test_notes_and_tracking_are_no_drift(self, rig: LaunchDarklyRig) -> None:
        before = rig.provider().read().fingerprint
        rig.edit(trackEvents=True, lastModified=7)
        rig.fake.page["description"] = "edited"
        assert rig.provider().read().fingerprint == before


class TestVariations:
    """The plan names two variations by name or value."""

    @pytest.mark.parametrize(
        ("new", "old"),
        [("blue", "red"), ("Blue checkout", "red"), ("'blue'", "Red checkout")],
    )
    def test_a_flag_of_texts(self, new: str, old: str) -> None:
        fake = FakeLaunchDarkly(("red", "green", "blue"), ("Red checkout", "", "Blue checkout"))
        with a_rig(fake) as rig:
            provider = rig.provider(new=new, old=old)
            provider.write(share(5), provider.read())
            listed = fake.own["fallthrough"]["rollout"]["variations"]
            assert listed == [{"variation": 0, "weight": 95_000}, {"variation": 2, "weight": 5000}]
            assert provider.read().exposure == share(5)

    def test_a_flag_of_numbers(self) -> None:
        with a_rig(FakeLaunchDarkly((10, 20))) as rig:
            provider = rig.provider(new=20, old=10)
            provider.write(share(5), provider.read())
            assert provider.read().exposure == share(5)

    @pytest.mark.parametrize(
        ("new", "old", "reason"),
        [("purple", "red", "'purple'"), ("red", "red", "the same"), ("blue", "both", "'both'")],
    )
    def test_variations_that_are_not_two(self, new: str, old: str, reason: str) -> None:
        with a_rig(FakeLaunchDarkly(("red", "both", "blue"), ("", "", "both"))) as rig:
            state = rig.provider(new=new, old=old).read()
            assert state.exposure is None
            assert reason in state.reason

    @pytest.mark.parametrize("value", ["", "' '", "[a]", '"a\\nb"', "null"])
    def test_what_is_no_name_of_one(self, rig: LaunchDarklyRig, value: str) -> None:
        with pytest.raises(PolicyError):
            rig.provider(new=value)


class TestSegments:
    """Rules that serve the new variation to a segment."""

    def test_a_rule_that_is_there_is_kept_and_one_that_is_not_wanted_goes(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(0), rig.segments), provider.read())
        before = [rule["_id"] for rule in rig.fake.own["rules"]]
        provider.write(Exposure(Fraction(5, 100), ("beta",)), provider.read())
        assert [rule["_id"] for rule in rig.fake.own["rules"]] == before[:1]
        assert provider.read().exposure == Exposure(Fraction(5, 100), ("beta",))

    def test_a_rule_for_two_segments_gives_way_to_one_for_each(self, rig: LaunchDarklyRig) -> None:
        clause = {
            "attribute": "segmentMatch",
            "op": "segmentMatch",
            "values": ["beta", "staff"],
            "negate": False,
        }
        rig.edit(rules=[{"_id": "r", "clauses": [clause], "trackEvents": False, "variation": NEW}])
        provider = rig.provider()
        provider.write(Exposure(Fraction(0), rig.segments), provider.read())
        assert [rule["_id"] for rule in rig.fake.own["rules"]] == ["r"]
        provider.write(Exposure(Fraction(0), ("staff",)), provider.read())
        assert provider.read().exposure == Exposure(Fraction(0), ("staff",))

    def test_all_of_a_change_is_one_request(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), rig.segments), provider.read())
        assert len(rig.proxy.writes) == 1

    def test_a_segment_that_changes_is_drift(self, rig: LaunchDarklyRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), ("beta",)), provider.read())
        before = provider.read().fingerprint
        rig.fake.segments["staff"]["included"] = ["user-9"]
        assert provider.read().fingerprint == before
        rig.fake.segments["beta"]["included"] = ["user-9"]
        assert provider.read().fingerprint != before

    def test_a_deleted_segment_is_unknown(self, rig: LaunchDarklyRig) -> None:
        rig.fake.segments["beta"]["deleted"] = True
        is_refused(rig, "no segment with the key 'beta'", Exposure(Fraction(0), ("beta",)))
