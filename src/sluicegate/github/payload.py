"""Reads the event payload that the runner wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sluicegate.core.errors import SluicegateError, UsageError
from sluicegate.evidence.limits import read_bytes
from sluicegate.github.client import number_at
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
    return event_context(environment, _payload(path))


def commented(environment: Mapping[str, str], actions: tuple[str, ...] = ("created",)) -> int:
    """The number of the comment that was written on an issue.

    Args:
        environment: of the process.
        actions: of the event that count: `created`, `edited`, `deleted`.

    Raises:
        UsageError: that is not the event.
        EventError: the payload is missing, or not as documented.
    """
    path = environment.get("GITHUB_EVENT_PATH", "")
    payload = _payload(path) if environment.get("GITHUB_EVENT_NAME") == "issue_comment" and path else None
    if not isinstance(payload, Mapping) or payload.get("action") not in actions:
        raise UsageError(
            "the event is no new comment", where="GITHUB_EVENT_NAME",
            remedy="Run it on 'issue_comment' with 'types: [created]'.",
        )  # fmt: skip
    number = number_at(payload, "comment", "id")
    if number < 1:
        raise EventError("the event payload has no comment", where="GITHUB_EVENT_PATH")
    return number


def _payload(path: str) -> object:
    try:
        data, _ = read_bytes(Path(path), "GITHUB_EVENT_PATH", limit=MAX_BYTES)
        return json.loads(data)
    except SluicegateError as error:
        raise EventError(error.what, where=error.where, remedy=error.remedy) from error
    except (ValueError, RecursionError) as error:
        raise EventError("the event payload is not JSON", where="GITHUB_EVENT_PATH") from error
