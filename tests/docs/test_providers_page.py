"""The page of the providers names each of them, with an example that makes one."""

from __future__ import annotations

import pytest

from sluicegate.rollout.providers import provider_names
from support import provider_docs


def test_every_provider_of_ours_is_on_the_page() -> None:
    assert set(provider_names("sluicegate.flags")) == set(provider_docs.FLAGS)
    assert set(provider_names("sluicegate.metrics")) == set(provider_docs.METRICS)


@pytest.mark.parametrize("name", provider_docs.FLAGS)
def test_an_example_makes_a_provider_of_flags(name: str) -> None:
    assert "new-checkout" in provider_docs.flag_of(name).name


@pytest.mark.parametrize("name", provider_docs.METRICS)
def test_an_example_makes_a_provider_of_metrics(name: str) -> None:
    assert provider_docs.metric_of(name)
