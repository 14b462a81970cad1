"""The commit status: the latest of its name shows, so the newest run must be the latest."""

from __future__ import annotations

from typing import Any

from sluicegate.github.client import Client
from sluicegate.github.publish.content import CONTEXT, DESCRIPTION, Draft
from sluicegate.github.publish.outcome import Channel, Kind, Outcome
from sluicegate.github.publish.plan import Status, plan_status
from sluicegate.github.publish.target import Target
from sluicegate.text import cut

ROUNDS = 4


def publish_status(client: Client, target: Target, draft: Draft) -> Outcome:
    """Set the commit status, unless a newer run has.

    Raises:
        ApiError: the server or the network did not let us.
    """
    ours = status_of(draft)
    kind = Kind.UNCHANGED
    for _ in range(ROUNDS):
        there = [s for s in _there(client, target) if s.context == ours.context]
        wanted = plan_status(there, ours)
        if wanted is None:
            if there[0] != ours:
                kind = Kind.SUPERSEDED
            break
        _set(client, target, wanted)
        kind = Kind.CREATED if wanted == ours else Kind.SUPERSEDED
    message = "a newer run has published" if kind is Kind.SUPERSEDED else ours.state
    return Outcome(Channel.STATUS, kind, message)


def status_of(draft: Draft) -> Status:
    """The commit status that the draft asks for."""
    return Status(
        draft.named(CONTEXT),
        draft.state,
        cut(draft.sentence, DESCRIPTION),
        draft.run.url or draft.details_url,
    )


def _there(client: Client, target: Target) -> list[Status]:
    return [
        _status(found) for found in client.pages(f"/repos/{target.repository}/commits/{target.head}/statuses")
    ]


def _shown(client: Client, target: Target, ours: Status) -> Status | None:
    return next((s for s in _there(client, target) if s.context == ours.context), None)


def _set(client: Client, target: Target, status: Status) -> None:
    body = {"state": status.state, "description": status.description, "context": status.context}
    if status.target_url:
        body["target_url"] = status.target_url

    def landed() -> dict[str, Any] | None:
        shown = _shown(client, target, status)
        return dict(body) if shown == status else None

    client.write("POST", f"/repos/{target.repository}/statuses/{target.head}", body, landed)


def _status(found: dict[str, Any]) -> Status:
    return Status(*(str(found.get(name) or "") for name in ("context", "state", "description", "target_url")))
