"""The server of a provider whose plan names address, token, header and scheme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluicegate.net.client import Rules
from sluicegate.net.connect import Server, server
from sluicegate.runtime.surroundings import Surroundings


def server_of(settings: Mapping[str, Any], rules: Rules, around: Surroundings) -> Server:
    """The server that settings name.

    Args:
        settings: `url`, `token`, and those of `provider_keys.HEADER_KEYS`.
        rules: of its answers.
        around: the world.

    Raises:
        UsageError: the address is wrong, or the token's variable is not set.
    """
    scheme = "" if settings["scheme"] == "none" else settings["scheme"]
    return server(
        settings["url"], rules, where="url", environment=around.environment,
        variable=settings.get("token") or "", header=settings["header"], scheme=scheme, clock=around.clock,
    )  # fmt: skip
