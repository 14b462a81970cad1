"""A Deployment for each stage, whose statuses say how the stage is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluicegate.core.text import cut, one_line
from sluicegate.github.client import PER_PAGE, Client, number_at, text_at
from sluicegate.github.publish.outcome import OutcomeKind
from sluicegate.github.publish.sticky import ROUNDS, SETTLE
from sluicegate.net.client import ApiError, Refusal
from sluicegate.rollout.publish.outcome import Part, Published
from sluicegate.rollout.publish.stages import DESCRIPTION, TASK, Made, Wanted, environment, first_of_each

JsonObject = dict[str, Any]


@dataclass(slots=True)
class StageDeployments:
    """The Deployments of one rollout.

    Attributes:
        id: of the rollout.
        commit: what is rolled out.
        log_url: of the run that shows them; empty for none.
    """

    client: Client
    repository: str
    name: str
    id: str
    commit: str
    log_url: str = ""
    _own: dict[int, Made] = field(default_factory=dict)
    _gone: set[int] = field(default_factory=set)

    def show(self, wanted: Sequence[Wanted]) -> Published:
        """Make what is missing, and give each the status that it should have.

        Raises:
            ApiError: the server refused or the network failed.
        """
        kind = OutcomeKind.UNCHANGED
        for _ in range(ROUNDS):
            if not self._round(wanted):
                break
            kind = OutcomeKind.UPDATED
            self.client.clock.sleep(SETTLE)
        return Published(Part.DEPLOYMENTS, kind)

    def _round(self, wanted: Sequence[Wanted]) -> bool:
        """Look, and write what differs; was a Deployment made or removed, so that others may be too?"""
        stays, others = first_of_each(list(self._made()))
        for one in others:
            self._remove(one)
        created = False
        for own in wanted:
            if own.stage in stays:
                self._set(stays[own.stage], own)
            elif own.is_current:
                self._set(self._create(own), own)
                created = True
        return created or bool(others)

    def _made(self) -> Iterator[Made]:
        """Those of this rollout, with our own ones that the list does not show yet."""
        listed = self.client.first(
            self._path, environment=environment(self.name), task=TASK, per_page=PER_PAGE
        )
        there = {found.id: found for found in map(self._of, listed) if found is not None}
        yield from (one for number, one in ({**self._own, **there}).items() if number not in self._gone)

    def _of(self, found: JsonObject) -> Made | None:
        """A Deployment that is ours; None for another one."""
        payload = found.get("payload")
        if isinstance(payload, str):
            payload = _object(payload)
        if text_at(payload, "rollout") != self.id or not text_at(payload, "stage"):
            return None
        return Made(number_at(found, "id"), text_at(payload, "stage"))

    def _create(self, own: Wanted) -> Made:
        body = {
            "ref": self.commit,
            "task": TASK,
            "auto_merge": False,
            "required_contexts": [],
            "environment": environment(self.name),
            "production_environment": False,
            "transient_environment": False,
            "payload": {"rollout": self.id, "stage": own.stage},
            "description": cut(one_line(f"{self.name} at {own.stage}"), DESCRIPTION),
        }
        answer = self.client.write("POST", self._path, body, lambda: self._landed(own.stage))
        made = Made(number_at(answer, "id"), own.stage)
        self._own[made.id] = made
        return made

    def _landed(self, stage: str) -> JsonObject | None:
        """The Deployment of a stage, if it was created although no answer came."""
        found = next((one for one in self._made() if one.stage == stage), None)
        return {"id": found.id} if found is not None else None

    def _set(self, made: Made, own: Wanted) -> None:
        """Add a status, unless the newest one says the same."""
        if self._state(made) != own.state:
            self._add(made, own.state, own.description)

    def _state(self, made: Made) -> str:
        found = self.client.first(f"{self._path}/{made.id}/statuses", per_page=1)
        return text_at(found[0], "state") if found else ""

    def _add(self, made: Made, state: str, description: str) -> None:
        body = {"state": state, "description": description}
        if self.log_url:
            body["log_url"] = self.log_url
        self.client.write(
            "POST", f"{self._path}/{made.id}/statuses", body,
            lambda: {"state": state} if self._state(made) == state else None,
        )  # fmt: skip

    def _remove(self, made: Made) -> None:
        """Delete a duplicate; GitHub deletes only what is inactive."""
        try:
            self._add(made, "inactive", "another run made one too")
            self.client.write("DELETE", f"{self._path}/{made.id}", None)
        except ApiError as error:
            if error.refusal is not Refusal.MISSING:
                raise
        self._gone.add(made.id)

    @property
    def _path(self) -> str:
        return "/repos/" + self.repository + "/deployments"


def _object(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
