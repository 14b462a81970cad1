"""Reads, writes and kills one gate of Statsig.

Source: the description of the Console API 20240601 and the pages of docs.statsig.com of 2026. One request
sets all rules and the switch, so nothing is seen half written. There is no lock: who writes between the look
and the request is overwritten. A refused request counts against the limit of requests, so a retry waits long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final
from urllib.parse import quote

from sluicegate.flags.interface import (
    OFF,
    Capabilities,
    Exposure,
    FlagError,
    FlagFactory,
    FlagState,
    Rights,
    WaitingForApproval,
)
from sluicegate.flags.normal import check_archived, check_seen, flag_key, mapping, moved, still_on
from sluicegate.flags.remote import UNTRIED, UNWRITTEN, RemoteFlag
from sluicegate.flags.statsig.changes import STEP, body_of, is_meant, rules_for
from sluicegate.flags.statsig.model import Gate, Rule, read_gate, state_of
from sluicegate.net.client import ApiError, PatientClient, Refusal
from sluicegate.net.connect import Server
from sluicegate.net.rules import ServerRules
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import refresh_key, token_key, url_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

RULES = ServerRules(unsaid_limit=20.0)
NEEDS = "a Console API key of the Statsig project that may write; a server or client key is refused"
CLOUD: Final = "https://statsigapi.net"
_VERSION: Final = {"STATSIG-API-VERSION": "20240601"}
_REVIEWED: Final = {"x-respect-review-settings": "true"}
"""Without it a Console API key passes reviews, which a promotion must not; a kill sends no such header."""
_SECONDS: Final = 130.0


@dataclass(frozen=True, slots=True)
class Statsig(RemoteFlag):
    """One gate.

    Attributes:
        environment: whose rules are changed; empty for rules of all environments.
        refresh: seconds until SDKs see a write.
    """

    server: Server
    needs: ClassVar[str] = NEEDS
    flag: str
    environment: str = ""
    refresh: float = 60.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} in {self.environment or 'all environments'}"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=STEP,
            lock="none",
            approvals=True,
            without_key="without any id the SDK raises an error; all with another kind of id are one bucket",
            kill_delay=int(self.refresh),
            kill="enabled",
            refuses=(
                "a gate without a rule for everyone",
                "a rule for everyone of other environments than the plan's",
                "a rule with conditions, but one for a whole segment at 100 %",
                "a holdout",
                "an automated rollout that is pending",
                "a gate that Statsig shows as launched below 100 %",
            ),
            token=NEEDS,
            flag="one rule for everyone, the last one, at 0 % or with the gate switched off",
            segments="the id of a segment of Statsig",
        )

    def _state(self, client: PatientClient) -> FlagState:
        return state_of(self._look(client))

    def _kill(self, client: PatientClient) -> None:
        client.write("PUT", f"{self._path}/disable", None)

    def try_rights(self) -> Rights:
        """See `TriesRights`: a gate that is off is switched off, which changes nothing."""
        with self._asking(UNTRIED) as client:
            try:
                if self._look(client).enabled:
                    return Rights(untried="the gate is on, and only switching it off could be tried")
                client.write("PUT", f"{self._path}/disable", None)
            except ApiError as error:
                return self._rights(error, f"the key may not write: {error.message}")
            return Rights()

    def _write(self, reader: PatientClient, target: Exposure, seen: FlagState) -> None:
        gate = self._look(reader, target.segments)
        seen_now = replace(gate, segments=self._of_rules(gate))
        check_seen(state_of(seen_now), seen, self.name)
        check_archived(gate.is_archived, self.name, "Take it out of the archive in Statsig", "gate")
        if state_of(gate).exposure == target:
            return
        if target == OFF:
            reader.write("PUT", f"{self._path}/disable", None)
            return
        self._promote(reader, gate, rules_for(gate, target, self.name))

    def _promote(self, reader: PatientClient, gate: Gate, rules: tuple[Rule, ...]) -> None:
        def landed() -> dict[str, Any] | None:
            now = self._look(reader)
            if not is_meant(now, rules):
                check_seen(state_of(now), state_of(replace(gate, segments=self._of_rules(gate))), self.name)
                return None
            return {} if now.enabled else still_on(now.enabled, self.name)

        writer = replace(self.server, headers={**self.server.headers, **_REVIEWED}).client()
        try:
            answer = writer.write("PATCH", self._path, body_of(gate, rules), landed)
        except ApiError as error:
            if "review" in error.message.lower() and error.status in (400, 403, 422):
                raise self._waits(error.message) from error
            raise
        there = read_gate(answer, self.environment)
        if there is None or (is_meant(there, rules) and there.enabled):
            return
        if gate.must_be_reviewed or there.must_be_reviewed:
            raise self._waits("Statsig took it and did not change the gate")
        raise moved("the rules are others than written", self.name)

    def _waits(self, why: str) -> WaitingForApproval:
        return WaitingForApproval(
            f"the change waits for a review in Statsig: {why}",
            link=f"https://console.statsig.com/gates/{quote(self.flag, safe='')}", where=self.name,
            remedy="Have it reviewed there, then resume the rollout.",
        )  # fmt: skip

    @property
    def _path(self) -> str:
        return f"/console/v1/gates/{quote(self.flag, safe='')}"

    def _look(self, client: PatientClient, named: tuple[str, ...] = ()) -> Gate:
        """The gate now, with what is known of the segments of its rules and of those that are named.

        Raises:
            ApiError: the server did not answer.
            FlagError: the answer is not a gate.
        """
        gate = read_gate(client.read(self._path, {}).object, self.environment)
        if gate is None:
            raise FlagError(
                "the answer of Statsig is no gate", where=self.name,
                remedy="Look whether address and gate are those of Statsig's Console API.",
            )  # fmt: skip
        ids = {rule.segment for rule in gate.own if rule.segment} | set(named)
        return replace(gate, segments={each: self._segment(client, each) for each in sorted(ids)})

    def _of_rules(self, gate: Gate) -> Mapping[str, object]:
        used = {rule.segment for rule in gate.own}
        return {name: what for name, what in gate.segments.items() if name in used}

    def _segment(self, client: PatientClient, name: str) -> object:
        """What decides who is in a segment; None if no segment has that id."""
        try:
            found = mapping(
                client.read(f"/console/v1/segments/{quote(name, safe='')}", {}).object.get("data")
            )
        except ApiError as error:
            if error.refusal is Refusal.MISSING:
                return None
            raise
        return {key: found.get(key) for key in ("id", "type", "rules", "lastModifiedTime")}

    def _special(self, what: str, error: ApiError) -> FlagError | None:
        if what == UNWRITTEN and error.status == 409:
            return moved(f"the gate changed meanwhile: {error.message}", self.name)
        return None


KEYS: Mapping[str, Key] = {
    "url": replace(url_key("Address of Statsig's Console API.", CLOUD), missing="", default=CLOUD),
    "flag": flag_key("Id of the gate.", "the gate"),
    "environment": Key(
        v.LABEL, "Environment of Statsig whose rules are changed. Without it, the rules of all environments.",
    ),
    "token": token_key("STATSIG_CONSOLE_KEY"),
    "refresh": refresh_key("Longest time in which SDKs fetch the gates.", 60.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> Statsig:
    there = server_of(settings, around, RULES, header="STATSIG-API-KEY")
    own = replace(there, headers={**there.headers, **_VERSION}, seconds=_SECONDS)
    return Statsig(own, settings["flag"], settings.get("environment") or "", settings["refresh"])


FACTORY = FlagFactory(KEYS, _create)
