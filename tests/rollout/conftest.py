"""Providers for tests, in place of those that are installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.rollouts import providers_of_tests


@pytest.fixture(autouse=True, scope="module")
def _providers() -> Iterator[None]:
    with providers_of_tests():
        yield
