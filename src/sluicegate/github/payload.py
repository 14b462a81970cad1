"""Reads the event payload that the runner wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sluicegate.core.errors import SluicegateError
from sluicegate.evidence.limits import read_bytes
from sluicegate.github.event import EventContext, EventError, event_context

MAX_BYTES = 32 * 1024**2
"""GitHub caps payloads at 25 MB ("Webhook events and payloads")."""


def read_event(environment: Mapping[str, str]) -> EventContext:
    """The facts of the event; without `GITHUB_EVENT_PATH`, those of the environment alone.

    Raises:
        EventError: the payload is missing, not JSON, or not as documented for its event.
    """
    path = environment.get("GITHUB_EVENT_PATH", "")
    if not path:
        return event_context({**environment, "GITHUB_EVENT_NAME": ""}, None)
    try:
        data, _ = read_bytes(Path(path), "GITHUB_EVENT_PATH", limit=MAX_BYTES)
        payload = json.loads(data)
    except SluicegateError as error:
        raise EventError(error.what, where=error.where, remedy=error.remedy) from error
    except (ValueError, RecursionError) as error:
        raise EventError("the event payload is not JSON", where="GITHUB_EVENT_PATH") from error
    return event_context(environment, payload)
