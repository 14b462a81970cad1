"""Creates a client of GitHub's REST API; PyGithub is imported on the first call."""

from __future__ import annotations

from sluicegate.github.client import Client
from sluicegate.net.client import Clock


def connect(token: str, api_url: str, *, seconds: float = 180.0, clock: Clock | None = None) -> Client:
    """A client of the API.

    Args:
        token: empty to read public data.
        api_url: of the server; empty for github.com.
        seconds: that all requests together may take, waits included.
        clock: the time; of this machine by default.

    Raises:
        UsageError: `api_url` is not an address.
    """
    from sluicegate.github.pygithub import transport

    return Client(transport(token, api_url), clock or Clock(), seconds=seconds, secret=token)
