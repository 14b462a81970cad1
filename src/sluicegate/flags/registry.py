"""Finds flag providers by name: ours, and those of other packages."""

from __future__ import annotations

from sluicegate.flags.interface import GROUP, FlagFactory
from sluicegate.policy.providers import load_provider, provider_names


def flag_providers() -> tuple[str, ...]:
    """The names of all providers, sorted."""
    return provider_names(GROUP)


def flag_provider(name: str) -> FlagFactory:
    """The factory of that name.

    Raises:
        UsageError: there is none, or it cannot be loaded.
    """
    return load_provider(GROUP, name, FlagFactory)
