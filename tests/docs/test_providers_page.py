"""Every provider of ours has a page, with an example that makes one."""

from __future__ import annotations

import pytest

from sluicegate.flags.interface import GROUP as FLAGS
from sluicegate.metrics.interface import GROUP as METRICS
from sluicegate.rollout.providers import provider_names
from support import provider_docs
from support.write_docs import ROOT


def test_no_two_providers_share_a_page_and_no_page_is_of_none() -> None:
    names = [*provider_names(FLAGS), *provider_names(METRICS)]
    assert sorted(names) == sorted(path.stem for path in (ROOT / "docs" / "providers").iterdir())


@pytest.mark.parametrize("name", provider_names(FLAGS))
def test_an_example_makes_a_provider_of_flags(name: str) -> None:
    assert "new-checkout" in provider_docs.flag_of(name).name


@pytest.mark.parametrize("name", provider_names(METRICS))
def test_an_example_makes_a_provider_of_metrics(name: str) -> None:
    assert provider_docs.metric_of(name)
