"""A flag API that a plan declares: the cases of all for each kind of lock, and wrong declarations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import pytest

from sluicegate.core.errors import PolicyError, UsageError
from sluicegate.flags.declared.model import filled
from sluicegate.flags.declared.provider import Declared
from sluicegate.flags.declared.provider import Request as Sent
from sluicegate.flags.interface import EVERYONE, OFF, FlagError, FlagProvider, FlagRefused, Rights
from support import proxy
from support.declared_plans import PLAN, TOKEN, declared
from support.fake_server import Fake, Request, Response
from support.flag_cases import TIMEOUT, HttpFlagCases, HttpFlagRig, share
from support.make_provider import around, make_flag
from support.proxy import LOST, Proxy, answered, replacing

LOCKS = {
    "version": ("version: $.flag.version", "version: $version,"),
    "etag": ("version: etag", ""),
    "none": ("", ""),
}


class FlagServer(Fake):
    """One flag. A write with a version, in its body or as `If-Match`, must name the one that is there."""

    def __init__(self) -> None:
        super().__init__()
        self.flag: dict[str, Any] = {
            "type": "boolean", "rollout": 0, "enabled": False, "version": 1, "salt": "abc",
            "automation": None,
        }  # fmt: skip
        self.bodies: list[Any] = []

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(401, {"error": "who are you?"})
        etag = f'"v{self.flag["version"]}"'
        if request.verb == "GET":
            return Response(200, {"flag": self.flag}, {"ETag": etag})
        stated = (request.body or {}).get("version", self.flag["version"])
        if stated != self.flag["version"]:
            return Response(409, {"error": "the version moved"})
        if request.headers.get("if-match", etag) != etag:
            return Response(412, {"error": "the tag moved"})
        self.bodies.append(request.body)
        changes = {"on": {"enabled": True}, "off": {"enabled": False}}
        new = changes.get(request.path.rpartition("/")[2]) or {"rollout": request.body["rollout"]}
        if any(self.flag[key] != value for key, value in new.items()):
            self.flag |= {**new, "version": self.flag["version"] + 1}
        return Response(200, {"flag": self.flag})


class DeclaredRig(HttpFlagRig):
    """A flag at that server."""

    secret = TOKEN

    def __init__(self, server: FlagServer, before: Proxy, lock: str) -> None:
        super().__init__(before)
        self.server, self.lock = server, lock

    def provider(self) -> Declared:
        """See `FlagRig`."""
        version, body = LOCKS[self.lock]
        text = PLAN.format(url=self.proxy.url, version=version, body=body)
        given = around(Path(), self.patience.clock(), FLAGS_TOKEN=TOKEN)
        return cast("Declared", make_flag("http", text, given))

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        provider = self.provider()
        return replace(provider, server=replace(provider.server, timeout=TIMEOUT))

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        self.server.flag |= {"rollout": percent, "version": self.server.flag["version"] + 1}

    def share(self) -> Fraction:
        """See `FlagRig`."""
        return Fraction(self.server.flag["rollout"], 100) if self.server.flag["enabled"] else Fraction(0)

    def newer(self) -> None:
        """See `FlagRig`."""
        self.proxy.changed = replacing('"type":', '"invented": {"deep": [1]}, "type":')


@pytest.fixture(params=LOCKS)
def rig(request: pytest.FixtureRequest) -> Iterator[DeclaredRig]:
    server = FlagServer()
    with proxy.before(server) as before:
        yield DeclaredRig(server, before, request.param)


class TestAsEveryProvider(HttpFlagCases):
    """The cases of all."""


class TestDeclared:
    """Its own."""

    def test_its_lock_is_the_declared_one(self, rig: DeclaredRig) -> None:
        assert rig.provider().capabilities.lock == rig.lock

    @pytest.mark.parametrize("rollout", [None, "5", True, -1, 101, [5], 1e400])
    def test_a_share_that_is_no_percent_is_never_everybody(self, rig: DeclaredRig, rollout: object) -> None:
        rig.server.flag |= {"enabled": True, "rollout": rollout}
        if rollout == 1e400:  # `Infinity` is no JSON
            with pytest.raises(FlagError):
                rig.provider().read()
            return
        state = rig.provider().read()
        assert state.exposure is None
        with pytest.raises(FlagRefused):
            rig.provider().write(share(5), state)
        rig.provider().kill()
        assert not rig.server.flag["enabled"]

    def test_a_share_that_is_missing_is_never_everybody(self, rig: DeclaredRig) -> None:
        rig.server.flag["enabled"] = True
        del rig.server.flag["rollout"]
        assert rig.provider().read().exposure is None

    @pytest.mark.parametrize("enabled", [None, 1, "true"])
    def test_a_switch_that_is_none_is_not_computed(self, rig: DeclaredRig, enabled: object) -> None:
        rig.server.flag["enabled"] = enabled
        assert rig.provider().read().exposure is None

    def test_a_flag_that_something_else_drives_is_refused(self, rig: DeclaredRig) -> None:
        rig.server.flag["automation"] = {"kind": "ramp"}
        state = rig.provider().read()
        assert state.driver
        assert "ramp" in state.driver
        with pytest.raises(FlagRefused, match="drives the flag"):
            rig.provider().write(share(5), state)

    def test_another_salt_draws_others(self, rig: DeclaredRig) -> None:
        before = rig.provider().read().bucketing
        rig.server.flag["salt"] = "xyz"
        assert rig.provider().read().bucketing != before

    def test_the_share_is_set_first_and_the_flag_switched_on_second(self, rig: DeclaredRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert [a.path for a in rig.proxy.writes] == ["/api/flags/x", "/api/flags/x/on"]
        assert rig.server.bodies[0]["rollout"] == 5
        assert rig.server.bodies[0]["note"] == "to 5 %"

    def test_without_a_way_to_switch_it_on_nothing_is_set(self, rig: DeclaredRig) -> None:
        provider = replace(rig.provider(), switching=None)
        with pytest.raises(FlagRefused, match="switched off"):
            provider.write(share(5), provider.read())
        assert rig.proxy.writes == []

    def test_a_repetition_of_a_kill_that_took_effect(self, rig: DeclaredRig) -> None:
        rig.server.flag |= {"enabled": True, "rollout": 100}
        assert rig.provider().read().exposure == EVERYONE
        rig.proxy.faults = [LOST, LOST]
        rig.provider().kill()
        assert rig.provider().read().exposure == OFF

    def test_a_write_that_is_redirected_is_not_followed(self, rig: DeclaredRig) -> None:
        provider = rig.provider()
        seen = provider.read()
        rig.proxy.always = answered(307, location="/api/flags/x")
        with pytest.raises(FlagError, match="redirected"):
            provider.write(share(5), seen)

    def test_a_read_is_redirected_within_the_server(self, rig: DeclaredRig) -> None:
        rig.proxy.for_which = lambda asked: True
        rig.proxy.faults = [answered(302, location="/api/flags/x")]
        assert rig.provider().read().exposure == OFF


class TestRights:
    """What the token may do, tried by a request that the plan declares."""

    def test_without_a_probe_they_are_not_tried(self, rig: DeclaredRig) -> None:
        assert rig.provider().try_rights() == Rights(untried="the plan declares no `probe`")
        assert rig.proxy.asked == []

    @pytest.mark.parametrize("status", [200, 403])
    def test_a_probe_is_sent_as_it_is_declared(self, rig: DeclaredRig, status: int) -> None:
        provider = replace(rig.provider(), probing=Sent("POST", "/api/flags/x/off", {"note": "$percent"}))
        if status != 200:
            rig.proxy.always = answered(status, '{"error": "read only"}')
        found = provider.try_rights()
        assert [asked.path for asked in rig.proxy.writes] == ["/api/flags/x/off"]
        assert ("read only" in "".join(found.lacks)) is (status != 200)

    def test_a_probe_that_fails_says_nothing_of_rights(self, rig: DeclaredRig) -> None:
        rig.proxy.always = answered(404)
        with pytest.raises(FlagError, match="rights of the token are not known"):
            replace(rig.provider(), probing=Sent("POST", "/x")).try_rights()


def test_a_version_that_is_never_sent_back_is_refused() -> None:
    with pytest.raises(UsageError, match="never sent back"):
        declared(version="$.flag.version")


@pytest.mark.parametrize(
    "url",
    [
        "http://flags.example.com", "ftp://flags.example.com", "flags.example.com", "https://", "https://a b",
        "https://u:p@flags.example.com", "https://flags.example.com?x=1", "http://127.0.0.1.example.com",
        "http://[::1", "https://flags.example.com:99999",
    ],
)  # fmt: skip
def test_an_address_to_which_no_token_goes(url: str) -> None:
    with pytest.raises(PolicyError, match="the address"):
        declared(url=f'"{url}"')


@pytest.mark.parametrize("url", ["https://flags.example.com/", "http://localhost:1", "http://[::1]:4242/a"])
def test_an_address_to_which_a_token_may_go(url: str) -> None:
    assert url.rstrip("/") in declared(url=f'"{url}"').name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("share", "rollout"),
        ("share", "$.a[1:2]"),
        ("read", "api/flags"),
        ("read", "//elsewhere.example.com/x"),
        ("token", "not-a-variable"),
        ("step", "0"),
        ("step", "true"),
        ("set", "{body: 1}"),
        ("set", "{path: /x, verb: GET}"),
        ("scale", "permille"),
    ],
)
def test_a_declaration_that_is_wrong_is_named_with_its_place(key: str, value: str) -> None:
    with pytest.raises(PolicyError) as caught:
        declared(**{key: value})
    assert caught.value.where.startswith("plan.yml:")
    assert caught.value.remedy


def test_a_token_that_is_not_set_is_named() -> None:
    text = PLAN.format(url="https://flags.example.com", version="", body="")
    for token in ("", " ", "two words", "a\nb"):
        with pytest.raises(UsageError, match="FLAGS_TOKEN"):
            make_flag("http", text, around(Path(), FLAGS_TOKEN=token))


def test_finer_steps_are_sent_as_they_are() -> None:
    assert declared(step="0.1").capabilities.step == Fraction(1, 1000)


def test_bodies_keep_types_and_replace_within_texts() -> None:
    values = {"percent": 5, "share": 0.05, "version": None}
    body = {
        "a": "$percent",
        "b": ["$share", {"c": "$version"}],
        "d": "at $percent of $percentile",
        "e": "$x",
        "f": 1,
    }
    assert filled(body, values) == {
        "a": 5, "b": [0.05, {"c": None}], "d": "at 5 of 5ile", "e": "$x", "f": 1,
    }  # fmt: skip
