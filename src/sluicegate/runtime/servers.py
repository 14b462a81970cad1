"""The server of a provider of flags or metrics, as the settings in a plan name it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluicegate.net.client import Rules
from sluicegate.net.connect import Server, server
from sluicegate.net.rules import ServerRules
from sluicegate.runtime.surroundings import Surroundings


def server_of(
    settings: Mapping[str, Any],
    around: Surroundings,
    rules: Rules | None = None,
    *,
    header: str = "Authorization",
    scheme: str = "",
) -> Server:
    """The server that settings name.

    Args:
        settings: the address `url`, the variable `token` where there is one, and, where the operator chooses
            how a token is sent, `header` and `scheme`, which is `none` for none.
        around: what a provider is given of the world.
        rules: of the server's answers.
        header: carries the token where the settings do not say it.
        scheme: comes before the token in the header, where the settings do not say it.

    Raises:
        UsageError: the address is wrong, or the token's variable is not set.
    """
    word = settings.get("scheme", scheme)
    return server(
        settings["url"], rules or ServerRules(), where="url", environment=around.environment,
        variable=settings.get("token") or "", header=settings.get("header", header),
        scheme="" if word == "none" else word, clock=around.clock,
    )  # fmt: skip
