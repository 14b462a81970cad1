"""Unleash: the cases of all providers and its hazards, against a fake of the server.

`test_unleash_real.py` has the same against a real one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import proxy
from support.fake_server import serving
from support.flag_cases import HttpFlagCases
from support.unleash import Server
from support.unleash_cases import UnleashCases
from support.unleash_fake import FakeUnleash
from support.unleash_rig import UnleashRig


@pytest.fixture
def rig() -> Iterator[UnleashRig]:
    with serving(FakeUnleash()) as url, proxy.before(url) as before:
        yield UnleashRig(Server(url), before)


class TestAsEveryProvider(HttpFlagCases):
    """The cases of all."""


class TestUnleash(UnleashCases):
    """Its own."""
