"""The hazards of Unleash, each as a case: for the fake and for a real server."""

from __future__ import annotations

import json
import time
import urllib.request
from fractions import Fraction

import pytest

from sluicegate.flags.interface import OFF, Exposure, FlagConflict, FlagError, FlagRefused, Rights
from support import evaluators
from support.flag_cases import PERCENTS, share
from support.proxy import LOST, Asked, answered, replacing
from support.unleash_rig import UnleashRig


class UnleashCases:
    """A subclass has the fixture `rig`."""

    def test_the_strategy_is_written_first_and_the_environment_switched_on_second(
        self, rig: UnleashRig
    ) -> None:
        provider = rig.provider()
        rig.proxy.calm()
        provider.write(share(5), provider.read())
        assert [a.path.rpartition("/")[2] for a in rig.proxy.writes] == ["strategies", "on"]
        assert len(rig.flag.page()["strategies"]) == 1

    def test_the_right_to_write_is_tried_without_a_write(self, rig: UnleashRig) -> None:
        rig.proxy.calm()
        assert rig.provider().try_rights() == Rights()
        assert [asked.path for asked in rig.proxy.asked] == ["/api/admin/user"]

    def test_the_server_adds_a_strategy_for_everybody_where_none_is_active(self, rig: UnleashRig) -> None:
        rig.flag.do("POST", "on")
        assert rig.provider().read().exposure == share(100)

    def test_an_environment_that_is_off_with_a_strategy_for_everybody_is_refused(
        self, rig: UnleashRig
    ) -> None:
        rig.flag.add("default")
        provider = rig.provider()
        assert provider.read().exposure == OFF
        with pytest.raises(FlagRefused, match="default"):
            provider.write(share(5), provider.read())
        assert not rig.flag.page()["enabled"]

    def test_five_percent_beside_a_hundred_is_everybody(self, rig: UnleashRig) -> None:
        rig.flag.add(rollout="5")
        rig.flag.add(rollout="100")
        rig.flag.do("POST", "on")
        assert rig.provider().read().exposure == share(100)

    @pytest.mark.parametrize("rollout", ["150", "-1", "abc", "12.5", "1e1", " 5", "\u0665"])
    def test_a_text_that_is_no_whole_percent_is_not_computed_and_not_overwritten(
        self, rig: UnleashRig, rollout: str
    ) -> None:
        rig.flag.add(rollout=rollout)
        rig.flag.do("POST", "on")
        state = rig.provider().read()
        assert state.exposure is None
        assert rollout.strip() in state.reason
        with pytest.raises(FlagRefused):
            rig.provider().write(share(5), state)
        assert rig.flag.page()["strategies"][0]["parameters"]["rollout"] == rollout

    def test_random_stickiness_is_refused(self, rig: UnleashRig) -> None:
        rig.flag.add(rollout="5", stickiness="random")
        rig.flag.do("POST", "on")
        state = rig.provider().read()
        assert state.exposure is None
        assert "random" in state.reason
        with pytest.raises(FlagRefused):
            rig.provider().write(share(25), state)

    def test_strategies_that_draw_differently_are_not_computed(self, rig: UnleashRig) -> None:
        rig.flag.add(rollout="5", groupId="one")
        rig.flag.add(rollout="5", groupId="two")
        rig.flag.do("POST", "on")
        assert rig.provider().read().exposure is None

    def test_two_strategies_of_one_draw_are_the_larger_and_are_not_written(self, rig: UnleashRig) -> None:
        rig.flag.add(rollout="5")
        rig.flag.add(rollout="25")
        rig.flag.do("POST", "on")
        state = rig.provider().read()
        assert state.exposure == share(25)
        with pytest.raises(FlagRefused, match="2 strategies"):
            rig.provider().write(share(50), state)

    def test_a_constraint_is_no_segment(self, rig: UnleashRig) -> None:
        constraint = {"contextName": "country", "operator": "IN", "values": ["no"]}
        rig.flag.add(rollout="100", constraints=[constraint])
        assert rig.provider().read().exposure == OFF
        with pytest.raises(FlagRefused, match="no whole segment"):
            rig.provider().write(share(5), rig.provider().read())
        rig.flag.do("POST", "on")
        assert rig.provider().read().exposure is None

    def test_two_segments_of_one_strategy_are_not_computed(self, rig: UnleashRig) -> None:
        ids = [rig.server.segment(f"{n}-{rig.flag.name}", "user-1") for n in ("c", "d")]
        rig.flag.add(rollout="100", segments=ids)
        rig.flag.do("POST", "on")
        assert rig.provider().read().exposure is None

    def test_half_of_a_segment_is_not_computed(self, rig: UnleashRig) -> None:
        number = rig.server.segment(f"c-{rig.flag.name}", "user-1")
        rig.flag.add(rollout="50", segments=[number])
        rig.flag.do("POST", "on")
        assert rig.provider().read().exposure is None

    def test_a_disabled_strategy_counts_for_nothing(self, rig: UnleashRig) -> None:
        rig.flag.add(rollout="5")
        rig.flag.add(rollout="100", disabled=True)
        rig.flag.do("POST", "on")
        assert rig.provider().read().exposure == share(5)

    def test_strategies_keep_their_ids_for_the_life_of_a_rollout(self, rig: UnleashRig) -> None:
        provider = rig.provider()
        targets = [
            Exposure(Fraction(0), rig.segments[:1]),
            Exposure(Fraction(5, 100), rig.segments[:1]),
            share(25),
            Exposure(Fraction(25, 100), rig.segments[:1]),
            OFF,
            share(50),
        ]
        seen: set[str] = set()
        for target in targets:
            provider.write(target, provider.read())
            now = {s["id"] for s in rig.flag.page()["strategies"]}
            assert seen <= now
            seen |= now
        assert len(seen) == 2

    def test_a_strategy_is_added_once_although_every_answer_is_lost(self, rig: UnleashRig) -> None:
        provider = rig.provider()
        rig.proxy.faults = [LOST] * 4
        provider.write(Exposure(Fraction(5, 100), rig.segments), provider.read())
        assert len(rig.flag.page()["strategies"]) == 3
        assert rig.flag.page()["enabled"]

    def test_another_group_or_stickiness_draws_others(self, rig: UnleashRig) -> None:
        number = rig.flag.add(rollout="5")
        seen = [rig.provider().read()]
        for path, value in (("groupId", "another"), ("stickiness", "userId")):
            rig.flag.set(number, f"/parameters/{path}", value)
            seen.append(rig.provider().read())
        assert len({state.bucketing for state in seen}) == 3
        assert len({state.fingerprint for state in seen}) == 3

    @pytest.mark.slow
    def test_without_a_session_nobody_is_exposed_where_sessions_are_drawn(self, rig: UnleashRig) -> None:
        provider = rig.provider(stickiness="sessionId")
        provider.write(share(50), provider.read())
        assert "nobody" in provider.capabilities.without_key
        _wait_for_clients(rig, "50")
        assert not any(self._seen(rig))

    def test_a_change_between_the_look_and_the_patch_is_a_conflict(self, rig: UnleashRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()

        def meddle_first(asked: Asked) -> bool:
            if asked.verb == "PATCH":
                rig.meddle(37)
            return False

        rig.proxy.for_which = meddle_first
        rig.proxy.calm()
        with pytest.raises(FlagConflict):
            provider.write(share(25), seen)
        assert rig.share() == Fraction(37, 100)
        assert len(rig.proxy.writes) == 1

    def test_a_strategy_that_somebody_adds_meanwhile_is_not_switched_on(self, rig: UnleashRig) -> None:
        provider = rig.provider()

        def add_another(asked: Asked) -> bool:
            if asked.verb == "POST" and asked.path.endswith("/strategies"):
                rig.flag.add("default")
            return False

        rig.proxy.for_which = add_another
        with pytest.raises(FlagConflict):
            provider.write(share(5), provider.read())
        assert not rig.flag.page()["enabled"]

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("releasePlans", [{"id": "1"}]),
            ("safeguards", [{"id": "1"}]),
            ("milestoneProgression", {"paused": False}),
        ],
    )
    def test_a_flag_that_the_vendor_drives_is_refused(self, rig: UnleashRig, key: str, value: object) -> None:
        _insert(rig, '"enabled":', key, value)
        self._is_driven(rig)

    def test_a_strategy_of_a_milestone_is_refused(self, rig: UnleashRig) -> None:
        rig.flag.add(rollout="5")
        _insert(rig, '"parameters":', "milestoneId", "01M")
        self._is_driven(rig)

    def _is_driven(self, rig: UnleashRig) -> None:
        state = rig.provider().read()
        assert state.driver is not None
        with pytest.raises(FlagRefused, match="drives the flag"):
            rig.provider().write(share(5), state)
        assert rig.share() == 0
        rig.provider().kill()

    def test_an_environment_whose_changes_are_approved_is_refused(self, rig: UnleashRig) -> None:
        provider = rig.provider()
        seen = provider.read()
        rig.proxy.always = answered(403, '{"message": "Change requests are enabled in project default"}')
        with pytest.raises(FlagRefused, match="change request"):
            provider.write(share(5), seen)

    def test_an_archived_flag_cannot_be_read_and_is_killed_already(self, rig: UnleashRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        rig.server.call("DELETE", rig.flag.path)
        with pytest.raises(FlagError):
            provider.read()
        with pytest.raises(FlagError):
            provider.write(share(25), seen)
        provider.kill()

    def test_a_segment_that_changes_is_drift(self, rig: UnleashRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(5, 100), rig.segments[:1]), provider.read())
        before = provider.read()
        rig.proxy.changed = replacing('"user-2"', '"user-3"')
        assert provider.read().fingerprint != before.fingerprint
        rig.proxy.changed = lambda answer: answer
        assert provider.read().fingerprint == before.fingerprint

    def test_a_token_of_another_kind_is_refused_with_what_is_needed(self, rig: UnleashRig) -> None:
        rig.proxy.for_which = lambda asked: True
        rig.proxy.always = answered(403, '{"message": "invalid token: expected a different token type"}')
        with pytest.raises(FlagError) as caught:
            rig.provider().read()
        assert "UNLEASH_TOKEN" in caught.value.remedy
        assert "admin" in caught.value.remedy

    @pytest.mark.slow
    def test_the_client_of_unleash_shows_the_share_and_every_stage_holds_the_one_before(
        self, rig: UnleashRig
    ) -> None:
        provider, answers = rig.provider(), []
        for percent in PERCENTS:
            provider.write(share(percent), provider.read())
            _wait_for_clients(rig, str(percent))
            answers.append(self._seen(rig))
            seen = sum(answers[-1])
            assert evaluators.within(seen, percent / 100), (seen, percent)
        assert evaluators.is_monotone(answers)
        provider.kill()
        _wait_for_clients(rig, "off")
        assert not any(self._seen(rig))

    @pytest.mark.slow
    def test_the_client_of_unleash_shows_a_segment_to_its_users_alone(self, rig: UnleashRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(0), rig.segments[:1]), provider.read())
        _wait_for_clients(rig, "100")
        seen = self._seen(rig)
        assert {u for u, sees in zip(evaluators.USERS, seen, strict=True) if sees} == {"user-1", "user-2"}

    def _seen(self, rig: UnleashRig) -> list[bool]:
        server = rig.server
        return evaluators.unleash(server.url, server.client, rig.flag.name, evaluators.USERS)


def _insert(rig: UnleashRig, at: str, key: str, value: object) -> None:
    """Let the server's answers have a member more wherever they have another."""
    rig.proxy.changed = replacing(at, f"{json.dumps(key)}: {json.dumps(value)}, {at}")


def _wait_for_clients(rig: UnleashRig, rollout: str) -> None:
    """Wait until the server tells clients the newest state: a real one does so after a second.

    It remembers what it told by what a client says that it understands, so the client's own words are used.
    """
    headers = {"Authorization": rig.server.client, "Unleash-Client-Spec": "6.1.0"}
    end = time.monotonic() + 30
    while True:
        url = f"{rig.server.url}/api/client/features"
        request = urllib.request.Request(url, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            features = json.loads(answer.read())["features"]
        own = next((f for f in features if f["name"] == rig.flag.name), None)
        rollouts = [s["parameters"]["rollout"] for s in own["strategies"]] if own else []
        if own and (not own["enabled"] if rollout == "off" else own["enabled"] and rollout in rollouts):
            return
        assert time.monotonic() < end, own
        time.sleep(0.05)
