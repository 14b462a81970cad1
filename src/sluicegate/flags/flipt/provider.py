"""Reads, writes and kills one boolean flag of a Flipt v2 server.

A write names the revision of the whole environment, so that a change of any other flag refuses it too; it
is then decided anew on the flag, and sent again where that is unchanged. A kill names none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar
from urllib.parse import quote

from sluicegate.flags.flipt.branch import Branch, cannot_propose
from sluicegate.flags.flipt.changes import Payload, off, payload_for
from sluicegate.flags.flipt.model import FLAG, SEGMENT, Flag, read_flag, read_segments, state_of
from sluicegate.flags.interface import (
    OFF,
    Capabilities,
    Exposure,
    FlagConflict,
    FlagError,
    FlagFactory,
    FlagRefused,
    FlagState,
    Rights,
    WaitingForApproval,
)
from sluicegate.flags.normal import check_seen, flag_key, moved, percent
from sluicegate.flags.remote import UNTRIED, UNWRITTEN, RemoteFlag, retried
from sluicegate.net.client import ApiError, Landed, PatientClient, Refusal
from sluicegate.net.connect import Server
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import refresh_key, token_key, url_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

TRIES = 5
"""Of one write, where other flags of the environment change meanwhile."""

STALE = "f" * 40
"""A revision that no environment has."""

NEEDS = "a client token of Flipt that may read and update flags in that environment and namespace"


@dataclass(frozen=True, slots=True)
class Flipt(RemoteFlag):
    """One flag in one environment.

    Attributes:
        namespace: of the flag.
        branch: from which writes are proposed; empty to write to the environment.
    """

    server: Server
    needs: ClassVar[str] = NEEDS
    environment: str
    namespace: str
    flag: str
    branch: str = ""
    refresh: float = 120.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} in {self.environment}/{self.namespace}"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=Fraction(1, 100),
            lock="revision",
            approvals=bool(self.branch),
            without_key="all users without an entity id are one user: all of them see it, or none",
            kill_delay=int(self.refresh),
            kill="targeting",
            refuses=(
                "variant flags",
                "a rollout that takes the flag away from some users",
                "a rollout for users in several segments at once",
            ),
            token=NEEDS,
            flag="a boolean flag that is not enabled, with rollouts that show it, or none",
            segments="the key of a segment of Flipt",
        )

    def _state(self, client: PatientClient) -> FlagState:
        return state_of(self._look(client))

    def _kill(self, client: PatientClient) -> None:
        try:
            self._put(client, self.environment, off(self._look(client)))
        except ApiError as error:
            if self.branch and error.refusal in (Refusal.GAVE_UP, Refusal.DENIED):
                self._propose_off()
            raise
        if self.branch:
            self._drop_branch()

    def try_rights(self) -> Rights:
        """See `TriesRights`: a write of the flag as it is, for a revision that never was, is refused."""
        with self._asking(UNTRIED) as client:
            try:
                flag = self._look(client)
                self._put(client, self.environment, dict(flag.payload), STALE)
            except ApiError as error:
                if error.status != 409:
                    where = f"{self.environment}/{self.namespace}"
                    return self._rights(error, f"the token may not update flags in {where}")
            return Rights()

    # --- straight ------------------------------------------------------------------------------

    def _write(self, client: PatientClient, target: Exposure, seen: FlagState) -> None:
        if self.branch:
            self._propose(client, target, seen)
        else:
            retried(lambda: self._write_once(client, target, seen), TRIES)

    def _write_once(self, client: PatientClient, target: Exposure, seen: FlagState) -> None:
        flag = self._look(client)
        check_seen(state_of(flag), seen, self.name)
        wanted = self._wanted(client, flag, target)
        if state_of(flag).exposure != target:
            self._send(client, self.environment, flag, wanted)

    def _wanted(self, client: PatientClient, flag: Flag, target: Exposure) -> Payload:
        if target == OFF:
            return off(flag)
        known = self._segments(client, self.environment) if target.segments else {}
        return payload_for(flag, target, known, self.name)

    def _send(self, client: PatientClient, environment: str, flag: Flag, wanted: Payload) -> None:
        """Write the flag, refused where anything in the environment changed since it was read."""
        made = state_of(replace(flag, payload=wanted)).exposure

        def landed() -> dict[str, Any] | None:
            now = self._look(client, environment)
            if state_of(now).exposure == made:
                return {}
            if now.revision == flag.revision:
                return None
            # A kill may have followed: not decided anew here.
            raise moved("the answer to the write was lost, and the environment changed since", self.name)

        self._put(client, environment, wanted, flag.revision, landed)

    def _put(
        self,
        client: PatientClient,
        environment: str,
        payload: Payload,
        revision: str = "",
        landed: Landed | None = None,
    ) -> None:
        names = {"environmentKey": environment, "namespaceKey": self.namespace, "key": self.flag}
        body: Payload = {**names, "payload": payload, **({"revision": revision} if revision else {})}
        client.write("PUT", self._resources(environment), body, landed)

    # --- by a pull request ---------------------------------------------------------------------

    def _propose(self, client: PatientClient, target: Exposure, seen: FlagState) -> None:
        """Write the flag to the branch, and open a pull request of it where none is open.

        Raises:
            WaitingForApproval: the pull request is open.
        """
        flag = self._look(client)
        check_seen(state_of(flag), seen, self.name)
        if state_of(flag).exposure != target:
            self._ask(client, self._wanted(client, flag, target), f"Show {self.flag} to {_words(target)}")

    def _ask(self, client: PatientClient, wanted: Payload, title: str) -> None:
        branch = Branch(client, self.environment, self.branch)
        branch.renew()
        there = self._look(client, self.branch)
        made = state_of(replace(there, payload=wanted))
        if state_of(there).fingerprint != made.fingerprint:
            self._send(client, self.branch, there, wanted)
        link = branch.propose(f"{title} ({self.name})")
        raise WaitingForApproval(
            f"the write waits for a pull request: {link}", link=link, where=self.name,
            remedy=f"Merge {link}, then resume.",
        )  # fmt: skip

    def _propose_off(self) -> None:
        """Propose what could not be written; the environment is perhaps protected."""
        client = self.server.client()
        self._ask(client, off(self._look(client)), f"Show {self.flag} to nobody")

    def _drop_branch(self) -> None:
        """Delete the branch, so that nobody merges a promotion after a kill."""
        try:
            Branch(self.server.client(), self.environment, self.branch).drop()
        except ApiError as error:
            raise FlagError(
                f"the flag is off, but its branch '{self.branch}' could not be deleted: {error.message}",
                where=self.name, remedy="Close the pull request of that branch, so that nobody merges it.",
            ) from error  # fmt: skip

    # --- reading -------------------------------------------------------------------------------

    def _resources(self, environment: str) -> str:
        key, namespace = quote(environment, safe=""), quote(self.namespace, safe="")
        return f"/api/v2/environments/{key}/namespaces/{namespace}/resources"

    def _look(self, client: PatientClient, environment: str = "") -> Flag:
        """The flag now.

        Raises:
            ApiError: the server did not answer.
            FlagError: the answer is not a flag.
        """
        there = environment or self.environment
        path = f"{self._resources(there)}/{FLAG}/{quote(self.flag, safe='')}"
        flag = read_flag(client.read(path, {}).object, self.flag)
        if flag is None:
            raise FlagError(
                "the answer is no flag of Flipt", where=self.name,
                remedy="Look whether the address is that of a Flipt v2 server.",
            )  # fmt: skip
        return replace(flag, segments=self._segments(client, there)) if flag.named else flag

    def _segments(self, client: PatientClient, environment: str) -> Mapping[str, Mapping[str, object]]:
        return read_segments(client.read(f"{self._resources(environment)}/{SEGMENT}", {}).object)

    def _special(self, what: str, error: ApiError) -> FlagError | None:
        if cannot_propose(error):
            return FlagRefused(
                f"the Flipt server opens no pull requests: {error.message}", where=self.name,
                remedy="Leave `branch` out, or use a server with a licence and a git host.",
            )  # fmt: skip
        if what == UNWRITTEN and error.status == 409:
            remedy = "Look who changes the environment; the next tick decides anew."
            return FlagConflict(f"the environment changed: {error.message}", where=self.name, remedy=remedy)
        return None


def _words(target: Exposure) -> str:
    """An exposure, for the title of a pull request."""
    parts = [percent(target.share)] if target.share else []
    return " and ".join([*parts, *target.segments]) or "nobody"


KEYS: Mapping[str, Key] = {
    "url": url_key("Address of the Flipt server, without `/api`.", "https://flipt.example.com"),
    "environment": Key(v.LABEL, "Key of the environment in Flipt.", "default"),
    "namespace": Key(v.LABEL, "Key of the namespace in Flipt.", "default"),
    "flag": flag_key("Key of the flag."),
    "token": token_key("FLIPT_TOKEN"),
    "branch": Key(
        v.LABEL, "Key of a branch of the environment to which writes go, each merged by a pull request. "
        "Without it they go to the environment.",
    ),
    "refresh": refresh_key("Longest time in which clients of Flipt fetch its flags.", 120.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> Flipt:
    there = server_of(settings, around, scheme="Bearer")
    names = ("environment", "namespace", "flag", "refresh")
    own = {name: settings[name] for name in names}
    return Flipt(there, branch=settings.get("branch") or "", **own)


FACTORY = FlagFactory(KEYS, _create)
