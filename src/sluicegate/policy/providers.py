"""Finds what an entry point of a group names: a provider's factory, ours or another package's."""

from __future__ import annotations

from typing import TypeVar

from sluicegate.core.errors import UsageError
from sluicegate.criteria import did_you_mean
from sluicegate.policy.plugins import plugins

Factory = TypeVar("Factory")


def provider_names(group: str) -> tuple[str, ...]:
    """The names of a group, sorted."""
    return tuple(sorted({point.name for point in plugins(group)}))


def load_provider(group: str, name: str, kind: type[Factory]) -> Factory:
    """The factory of that name.

    Args:
        group: of entry points.
        name: of one.
        kind: what it must be.

    Raises:
        UsageError: there is none, there are two, or it cannot be imported.
    """
    found = [point for point in plugins(group) if point.name == name]
    if not found:
        hint = did_you_mean(name, provider_names(group))
        remedy = f"{hint}Providers: {', '.join(provider_names(group)) or 'none'}."
        raise UsageError(f"there is no provider '{name[:60]}'", where=group, remedy=remedy)
    if len({point.value for point in found}) > 1:
        owners = ", ".join(point.dist.name if point.dist else point.value for point in found)
        remedy = "Uninstall all but one, or rename one."
        raise UsageError(f"several packages have a provider '{name}': {owners}", where=group, remedy=remedy)
    try:
        loaded = found[0].load()
    except (ImportError, AttributeError) as error:
        remedy = "Update the package that brings it."
        raise UsageError(
            f"the provider '{name}' cannot be loaded: {error}", where=group, remedy=remedy
        ) from error
    if not isinstance(loaded, kind):
        remedy = f"Its entry point must name a {kind.__name__}."
        raise UsageError(f"the provider '{name}' is no {kind.__name__}", where=group, remedy=remedy)
    return loaded
