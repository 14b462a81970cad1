"""Finds metric providers by name: ours, and those of other packages."""

from __future__ import annotations

from sluicegate.metrics.interface import GROUP, MetricFactory
from sluicegate.policy.providers import load_provider, provider_names


def metric_providers() -> tuple[str, ...]:
    """The names of all providers, sorted."""
    return provider_names(GROUP)


def metric_provider(name: str) -> MetricFactory:
    """The factory of that name.

    Raises:
        UsageError: there is none, or it cannot be loaded.
    """
    return load_provider(GROUP, name, MetricFactory)
