"""A flagd file: the cases of all providers, its hazards, and what flagd's own evaluator makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sluicegate.github.pygithub
from sluicegate.core.errors import UsageError
from sluicegate.flags.files.json_text import read_document, replace_flag
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
from support import evaluators, proxy
from support.flag_cases import PERCENTS, FlagCases, HttpFlagCases, share
from support.flagd_rig import FLAG, GitHubRig, LocalRig, a_file, a_flag
from support.flags_hub import FlagsHub
from support.githubapi import running
from support.make_provider import around, make_flag
from support.proxy import Asked, answered

CAT = {"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]}
FIVE = {"fractional": [["on", 5], ["off", 95]]}


@pytest.fixture
def local(tmp_path: Path) -> LocalRig:
    return LocalRig(tmp_path)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubRig]:
    monkeypatch.setattr(sluicegate.github.pygithub, "TIMEOUT", 30)
    server = FlagsHub(a_file(a_flag()))
    with running(server) as url, proxy.before(url) as before:
        yield GitHubRig(server, before)


class TestAFileOfThisMachine(FlagCases):
    """The cases of all."""

    @pytest.fixture
    def rig(self, local: LocalRig) -> LocalRig:
        return local


class TestAFileAtGitHub(HttpFlagCases):
    """The cases of all."""

    @pytest.fixture
    def rig(self, hub: GitHubRig) -> GitHubRig:
        return hub


class TestRights:
    """What may be written, tried without a write."""

    @pytest.mark.parametrize("branch", ["main", GitHubRig.branch])
    def test_a_token_that_may_write_leaves_no_trace(self, hub: GitHubRig, branch: str) -> None:
        hub.hub.branches[branch] = hub.hub.branches["main"]
        before = dict(hub.hub.branches)
        assert rights(hub) == Rights()
        assert (hub.hub.branches, hub.hub.messages) == (before, [])

    def test_a_token_that_may_only_read_is_named(self, hub: GitHubRig) -> None:
        hub.hub.may_write = False
        (lack,) = rights(hub).lacks
        assert (
            lack
            == "the token may not write it: the server answered 403: Resource not accessible by integration"
        )

    def test_a_server_that_fails_says_nothing_of_rights(self, hub: GitHubRig) -> None:
        hub.proxy.always = answered(500)
        with pytest.raises(FlagError, match="the right to was not tried"):
            rights(hub)

    def test_a_folder_that_cannot_be_written(self, local: LocalRig, monkeypatch: pytest.MonkeyPatch) -> None:
        assert rights(local) == Rights()
        monkeypatch.setattr("os.access", lambda path, mode: path != local.folder)  # root may do everything
        assert rights(local).lacks == ("its folder cannot be written",)


def rights(rig: GitHubRig | LocalRig) -> Rights:
    provider = rig.provider()
    assert isinstance(provider, TriesRights)
    return provider.try_rights()


class TestHazards:
    """What silently exposes more, all, or none."""

    @pytest.mark.parametrize(
        ("changes", "exposure"),
        [
            ({}, OFF),
            ({"targeting": None}, OFF),
            ({"targeting": {}, "defaultVariant": "on"}, EVERYONE),
            ({"targeting": FIVE}, share(5)),
            ({"targeting": {"fractional": [["off", 95], ["on", 5]]}}, share(5)),
            ({"targeting": {"fractional": [["on", 1], ["off", 3]]}}, share(25)),
            ({"targeting": {"fractional": [["on"], ["off"]]}}, share(50)),
            ({"targeting": {"fractional": [{"var": "company"}, ["on", 5], ["off", 95]]}}, share(5)),
            ({"targeting": {"fractional": [["on", 100], ["off", 0]]}}, EVERYONE),
            ({"targeting": {"if": [{"$ref": "staff"}, "on"]}}, Exposure(Fraction(0), ("staff",))),
            ({"targeting": {"if": [{"$ref": "staff"}, "on", "off"]}}, Exposure(Fraction(0), ("staff",))),
            (
                {"targeting": {"if": [{"$ref": "staff"}, "on", {"$ref": "beta"}, "on", FIVE]}},
                Exposure(Fraction(5, 100), ("beta", "staff")),
            ),
        ],
    )
    def test_effective_exposure(self, local: LocalRig, changes: dict[str, Any], exposure: Exposure) -> None:
        local.set(**changes)
        assert local.provider().read().exposure == exposure

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"state": "DISABLED"}, "default of the calling code"),
            ({"defaultVariant": None}, "code's default"),
            ({"defaultVariant": "blue"}, "code's default"),
            ({"targeting": FIVE, "defaultVariant": "on"}, "users without a key"),
            (
                {"targeting": {"fractional": [CAT, ["on", 5], ["off", 95]]}},
                "all users without a key may get one answer together",
            ),
            ({"targeting": {"fractional": [["blue", 1], ["on", 5], ["off", 94]]}}, "two variants"),
            ({"targeting": {"fractional": [["on", 2.5], ["off", 97.5]]}}, "whole weights"),
            ({"targeting": {"fractional": [["on", -5], ["off", 95]]}}, "whole weights"),
            ({"targeting": {"fractional": [["on", {"var": "x"}], ["off", 95]]}}, "whole weights"),
            ({"targeting": {"fractional": [["on", 0], ["off", 0]]}}, "sum up to 0"),
            ({"targeting": {"fractional": [["on", 5], ["on", 5], ["off", 90]]}}, "two variants"),
            ({"targeting": {"fractional": [["on", 5]]}}, "two variants"),
            ({"targeting": {"fractional": "on"}}, "two variants"),
            ({"targeting": {"if": [{"in": ["x", "xyz"]}, "on", FIVE]}}, "no shared evaluator"),
            ({"targeting": {"if": [{"$ref": "staff"}, "off", FIVE]}}, "no shared evaluator"),
            ({"targeting": {"if": [{"$ref": "gone"}, "on", FIVE]}}, "no evaluator 'gone'"),
            ({"targeting": {"if": [FIVE, "on"]}}, "no shared evaluator"),
            ({"targeting": {"ends_with": [{"var": "email"}, "x"]}}, "no fractional rule"),
            ({"targeting": "on"}, None),
            ({"variants": {"off": False}}, "no variant 'on'"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_computed_is_refused_and_left_alone(
        self, local: LocalRig, changes: dict[str, Any], why: str | None
    ) -> None:
        local.set(**changes)
        before, provider = local.data(), local.provider()
        state = provider.read()
        if why is None:
            assert state.exposure == EVERYONE
            return
        assert state.exposure is None
        assert why in state.reason
        with pytest.raises(FlagRefused):
            provider.write(share(5), state)
        assert local.data() == before

    @pytest.mark.parametrize(
        "changes", [{"state": "DISABLED"}, {"targeting": {"ends_with": ["a", "b"]}}, {"targeting": FIVE}]
    )
    def test_a_kill_leaves_no_way_to_the_new_variant(self, local: LocalRig, changes: dict[str, Any]) -> None:
        local.set(**changes)
        local.provider().kill()
        assert local.flag() == a_flag()

    def test_the_order_of_the_variants_and_the_expression_stay(self, local: LocalRig) -> None:
        local.set(targeting={"fractional": [{"var": "company"}, ["off", 95], ["on", 5]]})
        provider = local.provider()
        provider.write(Exposure(Fraction(1, 4), ("staff",)), provider.read())
        rest = {"fractional": [{"var": "company"}, ["off", 75], ["on", 25]]}
        assert local.flag()["targeting"] == {"if": [{"$ref": "staff"}, "on", rest]}
        provider.write(OFF, provider.read())
        assert local.flag()["targeting"] == {"fractional": [{"var": "company"}, ["off", 100], ["on", 0]]}

    def test_another_expression_or_order_draws_others(self, local: LocalRig) -> None:
        drawn = set()
        for parts in (
            [["on", 5], ["off", 95]],
            [["off", 95], ["on", 5]],
            [{"var": "company"}, ["on", 5], ["off", 95]],
            [{"var": "team"}, ["on", 5], ["off", 95]],
        ):
            local.set(targeting={"fractional": parts})
            drawn.add(local.provider().read().bucketing)
        assert len(drawn) == 4

    def test_decimals_are_exact(self, local: LocalRig) -> None:
        provider = local.provider()
        for text in ("2.5", "0.1", "33.3"):
            provider.write(share(text), provider.read())
            assert provider.read().exposure == share(text)

    def test_a_shared_evaluator_that_changes_is_drift(self, local: LocalRig) -> None:
        provider = local.provider()
        provider.write(Exposure(Fraction(0), ("staff",)), provider.read())
        before = provider.read()
        local.put(local.data().replace(b"user-2", b"user-3"))
        assert provider.read().fingerprint != before.fingerprint

    def test_another_flag_of_the_file_is_no_drift_and_no_conflict(self, hub: GitHubRig) -> None:
        provider = hub.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()

        def another(asked: Asked) -> bool:
            if asked.verb == "PUT" and len(hub.hub.messages) == 1:
                document = json.loads(hub.data())
                document["flags"]["other"]["defaultVariant"] = "on"
                hub.put(json.dumps(document).encode())
            return False

        hub.proxy.for_which = another
        hub.hub.messages = ["first"]
        provider.write(share(25), seen)
        assert provider.read().exposure == share(25)
        assert json.loads(hub.data())["flags"]["other"]["defaultVariant"] == "on"

    def test_the_same_flag_changed_meanwhile_is_a_conflict(self, hub: GitHubRig) -> None:
        provider = hub.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()

        def meddle(asked: Asked) -> bool:
            if asked.verb == "PUT":
                hub.meddle(37)
            return False

        hub.proxy.for_which = meddle
        with pytest.raises(FlagConflict):
            provider.write(share(25), seen)
        assert hub.share() == Fraction(37, 100)

    def test_a_protected_branch_refuses_with_what_to_do(self, hub: GitHubRig) -> None:
        hub.hub.protected.add(hub.branch)
        with pytest.raises(FlagRefused) as caught:
            hub.provider().write(share(5), hub.provider().read())
        assert "branch of its own" in caught.value.remedy

    def test_the_branch_is_made_of_the_default_branch_by_the_first_write(self, hub: GitHubRig) -> None:
        provider = hub.provider()
        assert provider.read().exposure == OFF
        assert set(hub.hub.branches) == {"main"}
        provider.write(share(5), provider.read())
        assert set(hub.hub.branches) == {"main", hub.branch}
        assert hub.hub.messages == [f"Set the exposure of {FLAG}"]
        assert hub.hub.branches["main"] == a_file(a_flag())

    @pytest.mark.parametrize(
        "data", [b"", b"{", b"[]", b'{"flags": []}', b'{"flags": {"a": 1, "a": 2}}', b"\xff"]
    )
    def test_a_file_that_is_none_is_an_error(self, local: LocalRig, data: bytes) -> None:
        local.put(data)
        for act in (local.provider().read, local.provider().kill):
            with pytest.raises(FlagError) as caught:
                act()
            assert caught.value.remedy
        assert local.data() == data

    def test_a_file_that_is_missing_is_an_error(self, local: LocalRig) -> None:
        local.path.unlink()
        with pytest.raises(FlagError):
            local.provider().read()

    def test_a_file_that_cannot_be_written_is_an_error_and_stays(
        self, local: LocalRig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(path: Path, data: bytes) -> None:
            raise OSError(28, "No space left on device")

        local.set(targeting=FIVE)
        monkeypatch.setattr("sluicegate.flags.files.places.write_whole", full)
        provider, before = local.provider(), local.data()
        seen = provider.read()
        with pytest.raises(FlagError, match="No space left"):
            provider.write(share(25), seen)
        with pytest.raises(FlagError, match="No space left") as caught:
            provider.kill()
        assert caught.value.remedy
        assert local.data() == before

    @pytest.mark.parametrize(
        "answer",
        ['{"encoding": "none", "content": ""}', "[]", '{"encoding": "base64", "content": "a"}'],
    )
    def test_what_is_no_file_of_github_is_an_error(self, hub: GitHubRig, answer: str) -> None:
        hub.proxy.for_which, hub.proxy.always = lambda asked: True, answered(200, answer)
        with pytest.raises(FlagError) as caught:
            hub.provider().read()
        assert caught.value.remedy

    def test_without_a_token_the_error_names_the_variable(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="GITHUB_TOKEN"):
            make_flag("flagd-file", f"file: flags.json\nflag: {FLAG}\n", around(tmp_path))


@pytest.mark.slow
class TestTheEvaluator:
    """flagd's own evaluator on the files that we wrote."""

    @pytest.mark.parametrize("first", ["on", "off"])
    def test_it_shows_the_share_and_every_stage_holds_the_one_before(
        self, local: LocalRig, first: str
    ) -> None:
        parts = [["on", 0], ["off", 100]]
        local.set(targeting={"fractional": parts if first == "on" else parts[::-1]})
        provider = local.provider()
        files: list[Path] = []
        for percent in PERCENTS:
            provider.write(share(percent), provider.read())
            files.append(local.folder / f"{percent}.json")
            files[-1].write_bytes(local.data())
        provider.kill()
        files.append(local.path)
        *answers, killed = evaluators.flagd(files, FLAG, evaluators.USERS, default=True)
        for percent, seen in zip(PERCENTS, answers, strict=True):
            assert evaluators.within(sum(seen), percent / 100)
        assert evaluators.is_monotone(answers)
        assert not any(killed)

    def test_a_segment_sees_it_and_nobody_without_a_key(self, local: LocalRig) -> None:
        provider = local.provider()
        files: list[Path] = []
        for target in (Exposure(Fraction(0), ("staff",)), Exposure(Fraction(1, 20), ("staff",)), share(100)):
            provider.write(target, provider.read())
            files.append(local.folder / f"{len(files)}.json")
            files[-1].write_bytes(local.data())
        users = ["user-1", "user-2", None, *(f"user-{n}" for n in range(3, 203))]
        answers = evaluators.flagd(files, FLAG, users, default=True)
        assert answers[0] == [True, True, *[False] * 201]
        assert answers[1][:3] == [True, True, False]
        assert answers[2] == [True, True, False, *[True] * 200]

    @pytest.mark.parametrize(("branches", "seen"), [("on", True), (["on"], True), ([], False)])
    def test_an_if_whose_branches_are_no_list_is_one_branch(
        self, local: LocalRig, branches: object, seen: bool
    ) -> None:
        (local.folder / "flags.json").write_bytes(a_file(a_flag(targeting={"if": branches})))
        answers = evaluators.flagd([local.folder / "flags.json"], FLAG, ["user-1"], default=False)
        assert answers == [[seen]]
        exposure = local.provider().read().exposure
        assert exposure == (None if branches == "on" else EVERYONE if seen else OFF)

    def test_the_hazards_are_as_we_read_them(self, local: LocalRig) -> None:
        cat = {
            "fractional": [
                {"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]},
                ["on", 95],
                ["off", 5],
            ]
        }
        cases: list[tuple[dict[str, Any], bool]] = [
            (a_flag(state="DISABLED"), True),
            (a_flag(targeting=cat), True),
            (a_flag(targeting=FIVE), False),
            (a_flag(targeting=FIVE, defaultVariant="on"), True),
        ]
        files: list[Path] = []
        for number, (flag, _) in enumerate(cases):
            files.append(local.folder / f"{number}.json")
            files[-1].write_bytes(a_file(flag))
        answers = evaluators.flagd(files, FLAG, [None] * 20, default=True)
        assert answers == [[everybody] * 20 for _, everybody in cases]


names = st.text(min_size=1, max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(
    flags=st.dictionaries(names, st.dictionaries(names, values, max_size=3), min_size=1, max_size=4),
    more=st.dictionaries(names, values, max_size=3),
    new=st.dictionaries(names, values, max_size=4),
    indent=st.sampled_from([None, 2, 4, "\t"]),
    ascii_only=st.booleans(),
    data=st.data(),
)
def test_one_flag_is_replaced_and_every_other_byte_stays(
    flags: dict[str, Any], more: dict[str, Any], new: dict[str, Any], indent: Any, ascii_only: bool,
    data: st.DataObject,
) -> None:  # fmt: skip
    document = {**more, "flags": flags}
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    name = data.draw(st.sampled_from(sorted(flags)))
    changed = replace_flag(text, ("flags", name), new)
    assert read_document(changed, "x") == {**document, "flags": {**flags, name: new}}
    back = replace_flag(changed, ("flags", name), flags[name])
    assert read_document(back, "x") == document
    if flags[name] == new:
        assert changed == back


def test_a_write_touches_the_lines_of_its_flag_alone(local: LocalRig) -> None:
    before = local.data().decode().replace('"variants": {', '"variants":   {').splitlines()
    local.put("\n".join(before).encode())
    provider = local.provider()
    provider.write(share(5), provider.read())
    after = local.data().decode().splitlines()
    start = next(n for n, line in enumerate(before) if f'"{FLAG}"' in line)
    assert after[:start] == before[:start]
    assert after[-12:] == before[-12:]
    assert '          ["on", 5],' in after or '        "fractional": [["on", 5], ["off", 95]]' in after
