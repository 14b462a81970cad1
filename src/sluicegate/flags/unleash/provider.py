"""Reads, writes and kills one flag of an Unleash server.

Source: answers of an Unleash server 8.2.0. It has no version to lock by and ignores `If-Match`; a JSON Patch
whose `test` fails answers 500 and changes nothing, which is its only lock. A strategy is written first, and
the environment switched on second: `on` without an active strategy adds one for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar
from urllib.parse import quote

from sluicegate.flags.interface import (
    OFF,
    Capabilities,
    Exposure,
    FlagError,
    FlagFactory,
    FlagRefused,
    FlagState,
    Rights,
)
from sluicegate.flags.normal import check_archived, check_seen, flag_key, items, moved, object_in, still_on
from sluicegate.flags.remote import UNTRIED, RemoteFlag
from sluicegate.flags.unleash.changes import Change, Create, Patch, changes
from sluicegate.flags.unleash.model import Flag, Segment, read_flag, read_segments, state_of
from sluicegate.flags.unleash.rights import NEEDED, may
from sluicegate.net.client import ApiError, PatientClient
from sluicegate.net.connect import Server
from sluicegate.net.rules import ServerRules
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import refresh_key, token_key, url_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

FAILED_TEST = "TEST_OPERATION_FAILED"
ARCHIVED = "ArchivedFeatureError"
RULES = ServerRules(final=(FAILED_TEST,))
NEEDS = (
    "an admin or personal access token of Unleash whose user may update strategies and switch the flag in "
    "that environment; a client or backend token is refused"
)

_WITHOUT_KEY = {
    "default": "drawn by userId, else by sessionId, and at every evaluation anew without both",
    "sessionId": "without a session nobody sees it",
}


@dataclass(frozen=True, slots=True)
class Unleash(RemoteFlag):
    """One flag in one environment."""

    server: Server
    needs: ClassVar[str] = NEEDS
    project: str
    flag: str
    environment: str
    stickiness: str = "default"
    refresh: float = 15.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} in {self.project}/{self.environment}"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=Fraction(1, 100),
            lock="test-patch",
            without_key=_WITHOUT_KEY.get(self.stickiness, f"without {self.stickiness} nobody sees it"),
            kill_delay=int(self.refresh),
            kill="enabled",
            refuses=(
                "two strategies for everybody, or one that is not flexibleRollout with a whole percentage",
                "stickiness random",
                "a strategy with constraints, with several segments, or for a part of a segment",
                "a release plan, a milestone or a safeguard",
                "environments whose changes Unleash itself has approved by change requests",
            ),
            token=NEEDS,
            flag="one flexibleRollout for everybody, or no strategy yet; each segment has a strategy",
            segments="a segment of Unleash",
        )

    def _state(self, client: PatientClient) -> FlagState:
        return state_of(self._look(client), self.stickiness)

    def _kill(self, client: PatientClient) -> None:
        try:
            client.write("POST", f"{self._path}/off", None)
        except ApiError as error:
            if object_in(error.body).get("name") != ARCHIVED:
                raise

    def try_rights(self) -> Rights:
        """See `TriesRights`: the server itself says what its user may."""
        with self._asking(UNTRIED) as client:
            granted = items(client.read("/api/admin/user", {}).object.get("permissions"))
        lacks = [each for each in NEEDED if not may(granted, each, self.project, self.environment)]
        where = f"{self.project}/{self.environment}"
        return Rights(tuple(f"the token's user has no {each} in {where}" for each in lacks))

    def _write(self, client: PatientClient, target: Exposure, seen: FlagState) -> None:
        flag = self._look(client, with_segments=bool(target.segments))
        self._check(flag, seen)
        if target == OFF:
            if flag.enabled:
                client.write("POST", f"{self._path}/off", None)
            return
        for change in changes(flag, target, self.stickiness, self.name):
            self._send(client, change)
        self._switch_on(client, target, was_on=flag.enabled)

    def _check(self, flag: Flag, seen: FlagState) -> None:
        check_seen(state_of(flag, self.stickiness), seen, self.name)
        check_archived(flag.archived, self.name, "Revive it in Unleash")

    def _switch_on(self, client: PatientClient, target: Exposure, *, was_on: bool) -> None:
        """Switch the environment on where the strategies alone give the exposure; off stays off."""
        flag = self._look(client)
        found, reason = flag.if_enabled()
        if found != target:
            raise moved(f"the strategies are others than written: {reason}", self.name)
        if was_on and not flag.enabled:
            raise moved("the flag was switched off meanwhile", self.name)
        if not flag.enabled:
            client.write(
                "POST", f"{self._path}/on", None, lambda: still_on(self._look(client).enabled, self.name)
            )

    def _send(self, client: PatientClient, change: Change) -> None:
        def landed() -> dict[str, Any] | None:
            return {} if change.is_done(self._look(client)) else None

        try:
            match change:
                case Patch(strategy, operations):
                    path = f"{self._path}/strategies/{quote(strategy, safe='')}"
                    client.write("PATCH", path, operations, landed)
                case Create(body):
                    client.write("POST", f"{self._path}/strategies", body, landed)
        except ApiError as error:
            if FAILED_TEST in error.message and landed() is None:
                raise moved("a strategy changed meanwhile", self.name) from error
            if FAILED_TEST not in error.message:
                raise

    @property
    def _feature(self) -> str:
        project, flag = quote(self.project, safe=""), quote(self.flag, safe="")
        return f"/api/admin/projects/{project}/features/{flag}"

    @property
    def _path(self) -> str:
        return f"{self._feature}/environments/{quote(self.environment, safe='')}"

    def _look(self, client: PatientClient, *, with_segments: bool = False) -> Flag:
        """The flag now.

        Raises:
            ApiError: the server did not answer.
            FlagError: the answer is not a flag with that environment.
        """
        page = client.read(self._feature, {}).object
        flag = read_flag(page, self.environment, {})
        if flag is not None and (with_segments or any(s.segments for s in flag.strategies)):
            flag = read_flag(page, self.environment, self._segments(client))
        if flag is None:
            raise FlagError(
                f"the answer of Unleash has no environment '{self.environment}'", where=self.name,
                remedy="Look whether address, project and environment are those of Unleash.",
            )  # fmt: skip
        return flag

    def _segments(self, client: PatientClient) -> Mapping[int, Segment]:
        return read_segments(client.read("/api/admin/segments", {}).object)

    def _special(self, what: str, error: ApiError) -> FlagError | None:
        if "change request" not in error.message.lower():
            return None
        return FlagRefused(
            f"Unleash wants a change request: {error.message}", where=self.name,
            remedy="Make the change in Unleash by a change request, or let the token's user skip these.",
        )  # fmt: skip


KEYS: Mapping[str, Key] = {
    "url": url_key("Address of the Unleash server, without `/api`.", "https://unleash.example.com"),
    "project": Key(v.LABEL, "Project of the flag in Unleash.", "default"),
    "flag": flag_key("Name of the flag."),
    "environment": Key(
        v.LABEL, "Environment in Unleash.", missing="Name it, for example environment: production."
    ),
    "token": token_key("UNLEASH_TOKEN"),
    "stickiness": Key(
        v.LABEL, "What keeps a user's answer, for a flag without a strategy yet: `default`, `userId`, or "
        "another field of the context.", "default",
    ),
    "refresh": refresh_key("Longest time in which clients of Unleash fetch its flags.", 15.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> Unleash:
    names = {key: settings[key] for key in ("project", "flag", "environment", "stickiness", "refresh")}
    return Unleash(server_of(settings, around, RULES), **names)


FACTORY = FlagFactory(KEYS, _create)
