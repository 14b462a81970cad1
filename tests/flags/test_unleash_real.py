"""Unleash: the cases of all providers and its hazards, against a real server with PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import proxy
from support.flag_cases import HttpFlagCases
from support.unleash import Server, unleash
from support.unleash_cases import UnleashCases
from support.unleash_rig import UnleashRig

pytestmark = pytest.mark.real_large


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with unleash() as rig, rig.fresh("tests") as server:
        yield server


@pytest.fixture
def rig(server: Server) -> Iterator[UnleashRig]:
    with proxy.before(server.url) as before:
        yield UnleashRig(server, before)


class TestAsEveryProvider(HttpFlagCases):
    """The cases of all."""


class TestUnleash(UnleashCases):
    """Its own."""
