"""Unleash: the cases of all providers and its hazards, against a fake of the server.

`test_unleash_real.py` has the same against a real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sluicegate.flags.interface import OFF, FlagError, FlagRefused
from support import proxy
from support.fake_server import serving
from support.flag_cases import HttpFlagCases, share
from support.proxy import replacing
from support.unleash import Server
from support.unleash_cases import UnleashCases
from support.unleash_fake import FakeUnleash
from support.unleash_rig import UnleashRig


@pytest.fixture
def rig() -> Iterator[UnleashRig]:
    fake = FakeUnleash()
    with serving(fake) as url, proxy.before(fake) as before:
        yield UnleashRig(Server(url), before)


class TestAsEveryProvider(HttpFlagCases):
    """The cases of all."""


class TestUnleash(UnleashCases):
    """Its own."""


def test_a_server_that_shows_archived_flags_is_believed(rig: UnleashRig) -> None:
    provider = rig.provider()
    provider.write(share(5), provider.read())
    rig.proxy.changed = replacing('"archived": false', '"archived": true')
    state = provider.read()
    assert (state.exposure, state.enabled) == (OFF, False)
    with pytest.raises(FlagRefused, match="archived"):
        provider.write(share(25), state)


def test_an_environment_that_is_not_there_is_an_error(rig: UnleashRig) -> None:
    with pytest.raises(FlagError, match="no environment 'staging'"):
        replace(rig.provider(), environment="staging").read()


NEED = ("CREATE_FEATURE_STRATEGY", "UPDATE_FEATURE_STRATEGY", "UPDATE_FEATURE_ENVIRONMENT")
HERE = {"project": "default", "environment": "development"}


@pytest.mark.parametrize(
    ("granted", "lacks"),
    [
        ([{"permission": name} for name in NEED], ()),
        ([{"permission": name, **HERE} for name in NEED], ()),
        ([{"permission": name, "project": "*", "environment": "*"} for name in NEED], ()),
        ([{"permission": name, **HERE} for name in NEED[1:]], NEED[:1]),
        ([{"permission": name, **HERE, "project": "other"} for name in NEED], NEED),
        ([{"permission": name, **HERE, "environment": "production"} for name in NEED], NEED),
        ([{"permission": "CLIENT"}], NEED),
        ([], NEED),
        (None, NEED),
        (["ADMIN"], NEED),
    ],
)
def test_a_right_that_the_user_of_the_token_lacks_is_named(
    granted: list[Any] | None, lacks: tuple[str, ...]
) -> None:
    fake = FakeUnleash()
    with serving(fake) as url, proxy.before(fake) as before:
        fake.permissions = granted  # type: ignore[assignment]  # what a server may answer
        found = UnleashRig(Server(url), before).provider().try_rights()
    assert found.lacks == tuple(f"the token's user has no {n} in default/development" for n in lacks)
    assert not found.untried
