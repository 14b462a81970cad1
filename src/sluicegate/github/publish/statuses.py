"""The commit status: GitHub shows the latest of a name, so the one that counts must be the latest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sluicegate.core.text import cut
from sluicegate.github.client import Client, number_at, text_at
from sluicegate.github.publish.content import CONTEXT, DESCRIPTION, Draft
from sluicegate.github.publish.identity import fork_url
from sluicegate.github.publish.outcome import Channel, ChannelOutcome, OutcomeKind
from sluicegate.github.publish.plan import CommitStatus, plan_status
from sluicegate.github.publish.sticky import ROUNDS, SETTLE
from sluicegate.github.publish.target import Target


def publish_status(client: Client, target: Target, draft: Draft) -> ChannelOutcome:
    """Set the commit status, unless another one counts more.

    Raises:
        ApiError: the server refused or the network failed.
    """
    return set_status(client, target, status_of(draft, target))


def set_status(client: Client, target: Target, status: CommitStatus) -> ChannelOutcome:
    """The same for a status that is made already.

    Raises:
        ApiError: the server refused or the network failed.
    """
    return _Publisher(client, target, status).run()


def status_of(draft: Draft, target: Target) -> CommitStatus:
    """The commit status of the draft; its address shows whether a fork measured."""
    url = draft.run.url or draft.details_url
    if target.measured_by_fork:
        url = fork_url(draft.run.url or draft.settings.measured_url, target.measured_by_fork)
    return CommitStatus(draft.named(CONTEXT), draft.state, cut(draft.sentence, DESCRIPTION), url)


class _Publisher:
    def __init__(self, client: Client, target: Target, ours: CommitStatus) -> None:
        self.client = client
        self.target = target
        self.ours = ours
        self.written: list[CommitStatus] = []  # the latest first
        self.open: dict[int, bool] = {}  # by number: is the pull request still open?

    def run(self) -> ChannelOutcome:
        kind = OutcomeKind.UNCHANGED
        for _ in range(ROUNDS):
            listed = self._listed()
            there = self._with_written(listed)
            wanted = plan_status(there, self.ours, self._closed(there))
            if wanted is not None:
                self._set(wanted)
                kind = OutcomeKind.CREATED if wanted == self.ours else OutcomeKind.SUPERSEDED
            elif there[0] != self.ours:
                kind = OutcomeKind.SUPERSEDED
                break
            elif len(listed) == len(there):
                break
            else:  # the list lags: what others wrote before us may be missing, too
                self.client.clock.sleep(SETTLE)
        message = f"{self.ours.context}: {self.ours.state}"
        if kind is OutcomeKind.SUPERSEDED:
            message = "a newer run has published, or one that counts more"
        return ChannelOutcome(Channel.STATUS, kind, message)

    def _listed(self) -> list[CommitStatus]:
        path = f"/repos/{self.target.repository}/commits/{self.target.head}/statuses"
        return [
            CommitStatus(
                self.ours.context,
                text_at(found, "state"),
                text_at(found, "description"),
                text_at(found, "target_url"),
                number_at(found, "id"),
            )
            for found in self.client.pages(path)
            if text_at(found, "context") == self.ours.context
        ]

    def _with_written(self, listed: list[CommitStatus]) -> list[CommitStatus]:
        """The list with our missing writes, the latest first: it may lag behind the server's answers."""
        known = {status.id for status in listed}
        missing = [status for status in self.written if status.id not in known]
        return sorted([*missing, *listed], key=lambda status: -status.id) if missing else listed

    def _closed(self, there: list[CommitStatus]) -> set[int]:
        """The closed ones of the pull requests that precede ours."""
        before = {status.fork_of for status in there if 0 < status.fork_of < self.ours.fork_of}
        return {number for number in before if not self._is_open(number)}

    def _is_open(self, number: int) -> bool:
        if number not in self.open:
            pull = self.client.get(f"/repos/{self.target.repository}/pulls/{number}")
            self.open[number] = pull.get("state") == "open"
        return self.open[number]

    def _set(self, status: CommitStatus) -> None:
        body = {"state": status.state, "description": status.description, "context": status.context}
        if status.target_url:
            body["target_url"] = status.target_url

        def landed() -> dict[str, Any] | None:
            shown = next(iter(self._listed()), None)
            return {**body, "id": shown.id} if shown == status else None

        path = f"/repos/{self.target.repository}/statuses/{self.target.head}"
        answer = self.client.write("POST", path, body, landed)
        self.written.insert(0, replace(status, id=number_at(answer, "id")))
