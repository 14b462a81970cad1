"""Flagsmith: the cases of all providers, in both kinds of environment, and its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.flag_cases import HttpFlagCases
from support.flagsmith_rig import FlagsmithRig, a_rig


@pytest.fixture
def rig() -> Iterator[FlagsmithRig]:
    with a_rig() as made:
        yield made


class TestAsEveryProvider(HttpFlagCases):
    """The cases of all, where flags have versions."""
