"""A file of GO Feature Flag: the cases of all providers, its hazards, and what its hash makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import UsageError
from sluicegate.flags.files.flag import Unclear, Variants
from sluicegate.flags.goff.model import BUCKETS, Flag, share_of, switched_off
from sluicegate.flags.interface import (
    EVERYONE,
    OFF,
    Exposure,
    FlagConflict,
    FlagError,
    FlagRefused,
    Rights,
    TriesRights,
)
from sluicegate.flags.normal import mapping
from support import goff_evaluator
from support.evaluators import is_monotone
from support.flag_cases import FlagCases, FlagRig, share
from support.flags_hub import FlagsHub
from support.githubapi import running
from support.goff_rig import FLAG, YAML, GoffAtGitHub, GoffRig
from support.make_provider import around, make_flag
from support.sdk_cases import SdkCases

ON_OFF = {"variations": {"on": True, "off": False}}


def split(on: Any, off: Any) -> dict[str, Any]:
    return {"percentage": {"on": on, "off": off}}


@pytest.fixture
def local(tmp_path: Path) -> GoffRig:
    return GoffRig(tmp_path, is_yaml=True)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GoffAtGitHub]:
    server = FlagsHub(YAML.encode())
    with running(server) as url:
        yield GoffAtGitHub(tmp_path, server, url)


class TestAFileOfYaml(FlagCases):
    """The cases of all."""

    @pytest.fixture
    def rig(self, local: GoffRig) -> GoffRig:
        return local


class TestAFileOfJson(FlagCases):
    """The cases of all."""

    @pytest.fixture
    def rig(self, tmp_path: Path) -> GoffRig:
        return GoffRig(tmp_path, is_yaml=False)


class TestAFileAtGitHub(FlagCases):
    """The cases of all; lost answers and limits are shown for the same place with a flagd file."""

    @pytest.fixture
    def rig(self, hub: GoffAtGitHub) -> GoffRig:
        return hub


class TestByItsHash(SdkCases):
    """The cases of all vendors' libraries, by its algorithm."""

    without_key = (False, False, False)

    @pytest.fixture
    def rig(self, local: GoffRig) -> GoffRig:
        return local

    def snapshot(self, rig: FlagRig) -> Any:
        """See `SdkCases`."""
        assert isinstance(rig, GoffRig)
        return rig.flag()

    def evaluate(self, snapshots: Sequence[Any], ids: Sequence[str | None]) -> list[list[bool | None]]:
        """See `SdkCases`."""
        return [[seen(flag, each) for each in ids] for flag in snapshots]


def seen(flag: dict[str, Any], key: str | None, **more: Any) -> bool:
    return goff_evaluator.variation(flag, FLAG, key, **more) == "on"


class TestHazards:
    """What silently exposes more, all, or none."""

    @pytest.mark.parametrize(
        ("changes", "exposure"),
        [
            ({}, OFF),
            ({"defaultRule": {"variation": "on"}}, EVERYONE),
            ({"defaultRule": split(5, 95)}, share(5)),
            ({"defaultRule": {"variation": "on", **split(5, 95)}}, share(5)),
            ({"defaultRule": split(2.5, 97.5)}, share("2.5")),
            ({"defaultRule": split(100, 0)}, EVERYONE),
            ({"targeting": [{"query": "a eq 1", "variation": "off"}]}, OFF),
            ({"defaultRule": {"variation": "off", "percentage": {}}}, OFF),
            ({"targeting": None, "bucketingKey": "team", "defaultRule": split(5, 95)}, share(5)),
            (
                {"targeting": [{"name": "staff", "query": "a eq 1", "variation": "on"}]},
                Exposure(Fraction(0), ("staff",)),
            ),
            (
                {
                    "targeting": [{"query": "a eq 1", "disable": True, **split(50, 50)}],
                    "defaultRule": split(5, 95),
                },
                share(5),
            ),
        ],
    )
    def test_effective_exposure(self, local: GoffRig, changes: dict[str, Any], exposure: Exposure) -> None:
        local.set(**changes)
        assert local.provider().read().exposure == exposure

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"disable": True}, "default of the calling code"),
            ({"disable": 0}, "default of the calling code"),
            ({"disable": "yes"}, "default of the calling code"),
            ({"Disable": False}, "'Disable' is not written"),
            ({"defaultRule": {"Variation": "on"}}, "'Variation' is not written"),
            ({"defaultRule": None}, "neither of the two"),
            ({"defaultRule": {"variation": "blue"}}, "neither of the two"),
            ({"defaultRule": split(1, 3)}, "sum up to 4, not to 100"),
            ({"defaultRule": split(5, 95.5)}, "not to 100"),
            ({"defaultRule": split("5", 95)}, "no numbers"),
            ({"defaultRule": split(-5, 105)}, "no numbers"),
            ({"defaultRule": split(True, 99)}, "no numbers"),
            ({"defaultRule": {"percentage": {"on": 5, "off": 90, "blue": 5}}}, "two variations"),
            ({"defaultRule": {"percentage": {"on": 100}}}, "two variations"),
            ({"defaultRule": {"percentage": [5, 95]}}, "two variations"),
            ({"targeting": [{"query": "a eq 1", "variation": "on"}]}, "has no name"),
            ({"targeting": [{"name": "x", "query": "a eq 1", **split(5, 95)}]}, "not to the new"),
            (
                {"targeting": [{"query": "a eq 1", "variation": "off"}], "defaultRule": split(5, 95)},
                "keeps users from",
            ),
            ({"targeting": [{"name": "x", "variation": "on"}]}, "not to the new"),
            ({"targeting": [{"name": "x", "query": "a", "variation": "on", "disable": 1}]}, "not certain"),
            ({"targeting": {"name": "x"}}, "no list"),
            ({"variations": {"off": False}}, "no variation 'on'"),
        ],
    )
    @pytest.mark.parametrize("is_yaml", [True, False])
    def test_what_cannot_be_computed_is_refused_and_left_alone(
        self, tmp_path: Path, changes: dict[str, Any], why: str, is_yaml: bool
    ) -> None:
        rig = GoffRig(tmp_path, is_yaml=is_yaml)
        rig.set(**changes)
        before, provider = rig.data(), rig.provider()
        state = provider.read()
        assert state.exposure is None
        assert why in state.reason
        with pytest.raises(FlagRefused):
            provider.write(share(5), state)
        assert rig.data() == before

    @pytest.mark.parametrize(
        ("changes", "driver"),
        [
            ({"scheduledRollout": [{"date": "2020-04-10T00:00:00Z"}]}, "scheduledRollout"),
            ({"experimentation": {"start": "2026-01-01T00:00:00Z"}}, "experimentation"),
            ({"defaultRule": {"progressiveRollout": {"initial": {}}}}, "progressiveRollout"),
            (
                {"targeting": [{"name": "x", "query": "a", "progressiveRollout": {"initial": {}}}]},
                "progressiveRollout",
            ),
        ],
    )
    def test_a_second_driver_is_refused_and_ends_with_a_kill(
        self, local: GoffRig, changes: dict[str, Any], driver: str
    ) -> None:
        local.set(**changes)
        provider = local.provider()
        state = provider.read()
        assert state.driver == f"{_an(driver)} {driver} of GO Feature Flag"
        with pytest.raises(FlagRefused, match="drives the flag"):
            provider.write(share(5), state)
        provider.kill()
        after = provider.read()
        assert (after.exposure, after.driver) == (OFF, None)
        assert not any(seen(local.flag(), each, fits=("x",)) for each in ("user-1", None))

    @pytest.mark.parametrize(
        "changes",
        [
            {"disable": True},
            {"disable": True, "defaultRule": {"variation": "on"}},
            {"Disable": True, "defaultRule": split(50, 50)},
            {"targeting": [{"query": "a eq 1", "variation": "on"}], "defaultRule": split(50, 50)},
            {"targeting": [{"query": "a eq 1", "variation": "off", "Variation": "on"}]},
            {"targeting": {"a": 1}, "defaultRule": split(1, 3)},
            {"defaultRule": None},
        ],
    )
    @pytest.mark.parametrize("is_yaml", [True, False])
    def test_a_kill_leaves_no_way_to_the_new_variation(
        self, tmp_path: Path, changes: dict[str, Any], is_yaml: bool
    ) -> None:
        rig = GoffRig(tmp_path, is_yaml=is_yaml)
        rig.set(**changes)
        rig.provider().kill()
        assert rig.provider().read().exposure == OFF
        for key in ("user-1", None):
            assert goff_evaluator.variation(rig.flag(), FLAG, key, "on", fits=(None,)) == "off"  # type: ignore[arg-type]
        before = rig.data()
        rig.provider().kill()
        assert rig.data() == before

    def test_disabled_and_without_a_key_the_default_of_the_code_counts(self, local: GoffRig) -> None:
        provider = local.provider()
        provider.write(share(5), provider.read())
        assert seen(local.flag(), None, default="on")
        assert not seen(local.flag(), None, default="off")
        local.set(disable=True)
        assert seen(local.flag(), "user-1", default="on")
        provider.kill()
        assert not seen(local.flag(), "user-1", default="on")
        assert not seen(local.flag(), None, default="on")

    def test_another_key_or_variation_is_another_draw(self, local: GoffRig) -> None:
        drawn = {local.provider().read().bucketing}
        local.set(bucketingKey="team")
        drawn.add(local.provider().read().bucketing)
        assert len(drawn) == 2

    def test_a_query_that_changes_is_drift_and_metadata_is_none(self, local: GoffRig) -> None:
        before = local.provider().read()
        local.put(local.data().replace(b'issue: "#12"', b'issue: "#13"'))
        assert local.provider().read().fingerprint == before.fingerprint
        local.put(local.data().replace(b"beta eq true", b"beta eq false"))
        assert local.provider().read().fingerprint != before.fingerprint

    def test_a_segment_that_is_no_rule_is_refused_with_how_to_write_it(self, local: GoffRig) -> None:
        provider = local.provider()
        with pytest.raises(FlagRefused, match="no rules 'admins'") as caught:
            provider.write(Exposure(Fraction(0), ("admins",)), provider.read())
        assert "disable: true" in caught.value.remedy

    def test_users_of_a_segment_see_it_by_its_rule_alone(self, local: GoffRig) -> None:
        provider = local.provider()
        provider.write(Exposure(Fraction(1, 20), ("staff",)), provider.read())
        ids = [f"user-{n}" for n in range(300)]
        flag = local.flag()
        assert all(seen(flag, each, fits=("staff",)) for each in ids)
        assert sum(seen(flag, each, fits=("beta",)) for each in ids) < 60

    def test_a_rule_that_keeps_users_from_it_is_left_alone(self, local: GoffRig) -> None:
        local.set(targeting=[{"query": "a eq 1", "variation": "off"}])
        before, provider = local.data(), local.provider()
        with pytest.raises(FlagRefused, match="keeps users from"):
            provider.write(share(5), provider.read())
        assert local.data() == before
        provider.kill()
        assert local.data() == before

    def test_decimals_are_exact_or_refused(self, local: GoffRig) -> None:
        provider = local.provider()
        for text in ("2.5", "0.1", "33.3", "0.001"):
            provider.write(share(text), provider.read())
            assert provider.read().exposure == share(text)
        for text in ("2.01", "0.0005"):
            before = local.data()
            with pytest.raises(FlagRefused, match="no whole number"):
                provider.write(share(text), provider.read())
            assert local.data() == before


def _an(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


class TestFiles:
    """The text of the file."""

    def test_a_stage_touches_its_numbers_alone(self, local: GoffRig) -> None:
        provider = local.provider()
        provider.write(share(5), provider.read())
        first = local.data().decode()
        new = '    percentage:\n      "on": 5\n      "off": 95\n'
        assert first == YAML.replace("    variation: off\n", new)
        provider.write(share(25), provider.read())
        assert local.data().decode() == first.replace('"on": 5', '"on": 25').replace('"off": 95', '"off": 75')
        provider.kill()
        assert local.data().decode() == YAML.replace("variation: off\n", 'variation: "off"\n')

    def test_a_flag_that_shares_a_part_is_not_changed_and_is_killed(self, local: GoffRig) -> None:
        text = (
            "x-rule: &staff\n  name: staff\n  query: a eq 1\n  variation: on\n"
            f"{FLAG}: # ours\n  variations: {{on: true, off: false}}\n  targeting:\n    - *staff\n"
            "  defaultRule:\n    variation: off\n"
        )
        local.put(text.encode())
        provider = local.provider()
        assert provider.read().exposure == Exposure(Fraction(0), ("staff",))
        provider.write(Exposure(Fraction(1, 20), ("staff",)), provider.read())
        with pytest.raises(FlagRefused, match="anchor") as caught:
            provider.write(share(5), provider.read())
        assert "without anchors" in caught.value.remedy
        provider.kill()
        assert provider.read().exposure == OFF
        assert local.data().decode().startswith(text[: text.index("  variations")].removesuffix(" # ours\n"))
        assert goff_evaluator.read(local.data(), is_yaml=True)["x-rule"]["variation"] == "on"

    def test_a_flag_that_another_uses_is_not_killed_by_breaking_that(self, local: GoffRig) -> None:
        text = (
            f"{FLAG}: &ours\n  variations: {{on: true, off: false}}\n  defaultRule:\n    variation: on\n"
            "other: *ours\n"
        )
        local.put(text.encode())
        with pytest.raises(FlagRefused) as caught:
            local.provider().kill()
        assert caught.value.remedy
        assert local.data().decode() == text

    @pytest.mark.parametrize(
        "data", [b"", b"a: 1\n", b"new-checkout: 5\n", b"new-checkout: [a]\n", b"new-checkout:\n", b"- a\n"]
    )
    def test_what_is_no_flag_is_an_error(self, local: GoffRig, data: bytes) -> None:
        local.put(data)
        provider = local.provider()
        for act in (provider.read, provider.kill):
            with pytest.raises(FlagError) as caught:
                act()
            assert caught.value.remedy
        assert local.data() == data

    def test_a_flag_of_aliases_of_aliases_is_an_error(self, local: GoffRig) -> None:
        lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
        for one, other in zip("abcdef", "bcdefg", strict=True):
            lines.append(f"{other}: &{other} [{', '.join([f'*{one}'] * 10)}]")
        local.put("\n".join([*lines, f"{FLAG}: {{variations: *g}}", ""]).encode())
        with pytest.raises(FlagError, match="too large"):
            local.provider().read()

    def test_an_old_variation_that_is_not_there_is_no_kill(self, local: GoffRig) -> None:
        local.set(variations={"on": True})
        with pytest.raises(FlagRefused, match="no variation 'off'"):
            local.provider().kill()

    @pytest.mark.parametrize(("file", "match"), [("flags.toml", "'.toml' is not read"), ("flags", "''")])
    def test_other_formats_are_refused_at_once(self, tmp_path: Path, file: str, match: str) -> None:
        with pytest.raises(UsageError, match=match) as caught:
            make_flag("goff-file", f"file: {file}\nflag: x\nwhere: local\n", around(tmp_path))
        assert "JSON" in caught.value.remedy

    def test_the_two_variations_must_differ(self, tmp_path: Path) -> None:
        text = "file: f.yml\nflag: x\nwhere: local\nnew: a\nold: a\n"
        with pytest.raises(UsageError, match="the same"):
            make_flag("goff-file", text, around(tmp_path))

    def test_another_flag_that_changes_meanwhile_is_no_conflict(self, hub: GoffAtGitHub) -> None:
        provider = hub.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        hub.put(hub.data().replace(b"defaultRule: {variation: a}", b"defaultRule: {variation: b}"))
        provider.write(share(25), seen)
        assert provider.read().exposure == share(25)
        assert b"defaultRule: {variation: b}" in hub.data()

    def test_a_protected_branch_refuses_with_what_to_do(self, hub: GoffAtGitHub) -> None:
        hub.hub.protected.add(hub.branch)
        provider = hub.provider()
        with pytest.raises(FlagRefused) as caught:
            provider.write(share(5), provider.read())
        assert "branch of its own" in caught.value.remedy

    def test_others_who_are_always_first_are_a_conflict(
        self, hub: GoffAtGitHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        provider = hub.provider()
        provider.write(share(5), provider.read())
        put, tries = hub.hub._put, []

        def first(call: Any, path: str) -> Any:
            tries.append(1)
            hub.put(hub.data() + b"# x\n")
            return put(call, path)

        hub.hub.routes = [(v, p, first if f == put else f) for v, p, f in hub.hub.routes]
        with pytest.raises(FlagConflict):
            provider.write(share(25), provider.read())
        assert len(tries) == 5

    def test_rights_are_tried_without_a_trace(self, hub: GoffAtGitHub, local: GoffRig) -> None:
        for rig in (hub, local):
            provider = rig.provider()
            assert isinstance(provider, TriesRights)
            before = rig.data()
            assert provider.try_rights() == Rights()
            assert rig.data() == before


class TestTheDraw:
    """Buckets of floating point: monotone for both orders of names, and nobody lost."""

    @pytest.mark.parametrize("names", [("on", "off"), ("a", "b")])
    @pytest.mark.slow
    def test_every_thousandth_is_whole_or_refused_and_loses_nobody(self, names: tuple[str, str]) -> None:
        variants, exact = Variants(*names), 0
        for step in range(BUCKETS + 1):
            new, old = step / 1000, (BUCKETS - step) / 1000
            found = share_of(new, old, variants)
            assert isinstance(found, Fraction)
            exact += found == Fraction(step, BUCKETS)
            assert abs(found * BUCKETS - step) <= 1
        assert exact > 14_000  # of 14,286
        whole = [share_of(n, 100 - n, variants) for n in range(101)]
        assert whole == [Fraction(n, 100) for n in range(101)]

    @given(
        steps=st.lists(st.integers(0, BUCKETS), min_size=2, max_size=5).map(sorted),
        buckets=st.lists(st.integers(0, BUCKETS - 1), min_size=1, max_size=30),
        names=st.sampled_from([("on", "off"), ("a", "b")]),
    )
    def test_each_stage_holds_the_one_before(
        self, steps: list[int], buckets: list[int], names: tuple[str, str]
    ) -> None:
        new, old = names
        stages = []
        for step in steps:
            shares = {new: step / 1000, old: (BUCKETS - step) / 1000}
            given_to = [goff_evaluator.drawn(shares, bucket) for bucket in buckets]
            assert "default" not in given_to
            stages.append([each == new for each in given_to])
            found = share_of(shares[new], shares[old], Variants(new, old))
            assert isinstance(found, Fraction)
            edge = int(found * BUCKETS)
            first = edge - 1 if new > old else BUCKETS - edge  # the last bucket that it has
            if edge > 0:
                assert goff_evaluator.drawn(shares, first) == new
        assert is_monotone(stages)

    def test_the_hash_is_that_of_go(self) -> None:
        assert [goff_evaluator.fnv(text) for text in ("", "a", "foobar")] == [
            0x811C9DC5, 0xE40C292C, 0xBF9CF968,
        ]  # fmt: skip


values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["on", "off", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def some(**keys: Any) -> Any:
    return st.fixed_dictionaries({}, optional=keys)


percentages = values | st.fixed_dictionaries({"on": values, "off": values})
rules = some(name=values, query=values, variation=values, percentage=percentages, disable=values)
bodies = some(
    variations=st.just({"on": 1, "off": 2}) | values, targeting=st.lists(rules, max_size=3) | values,
    defaultRule=rules | values, disable=values, scheduledRollout=values, Disable=values,
)  # fmt: skip


@given(bodies)
def test_any_flag_is_read_and_a_kill_switches_it_off(body: dict[str, Any]) -> None:
    flag = Flag("x", body, Variants("on", "off"))
    state = flag.state("1")
    assert state.exposure is None or 0 <= state.exposure.share <= 1
    assert isinstance(flag.exposure, Exposure | Unclear)
    try:
        killed = Flag("x", switched_off(flag, "x"), flag.variants)
    except FlagRefused:
        assert "off" not in mapping(body.get("variations"))
        return
    assert switched_off(killed, "x") == killed.body
    assert killed.driver is None
    assert ("on" not in mapping(body["variations"])) or killed.exposure == OFF
    json.dumps(killed.body, default=str)
