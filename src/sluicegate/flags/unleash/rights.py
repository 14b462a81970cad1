"""What the permissions of an Unleash user allow. Pure.

Source: `meetsAllPermissions` of Unleash 8.2.0, and the permissions that its routes ask for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sluicegate.flags.normal import mapping

NEEDED: Final = ("CREATE_FEATURE_STRATEGY", "UPDATE_FEATURE_STRATEGY", "UPDATE_FEATURE_ENVIRONMENT")
"""For a new strategy, for its percentage, and for the switch."""

_EVERY: Final = ("*", "", None)


def may(granted: Iterable[object], permission: str, project: str, environment: str) -> bool:
    """Does a user with these permissions have this one, in a project's environment?

    Args:
        granted: as the server lists them; those without a project or an environment hold in all.
        permission: that is needed.
        project, environment: of the flag.
    """
    return any(
        one.get("permission") in (permission, "ADMIN")
        and one.get("project") in (project, *_EVERY)
        and one.get("environment") in (environment, *_EVERY)
        for one in map(mapping, granted)
    )
