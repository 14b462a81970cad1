"""Providers for tests, in place of those that are installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sluicegate.rollout import providers
from support.rollouts import POINTS


@pytest.fixture(autouse=True, scope="package")
def _providers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(providers, "plugins", lambda group: POINTS[group])
        yield
