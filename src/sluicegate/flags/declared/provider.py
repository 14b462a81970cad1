"""Reads, writes and kills a flag as the plan declares its API."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from sluicegate.core.errors import EvidenceError
from sluicegate.documents.parsing import parse
from sluicegate.flags.declared.model import ETAG, Reading, filled, values_of
from sluicegate.flags.interface import (
    OFF,
    Capabilities,
    Exposure,
    FlagRefused,
    FlagState,
    Lock,
    Rights,
)
from sluicegate.flags.normal import check_seen, in_steps, moved, no_segments, still_on
from sluicegate.flags.remote import UNTRIED, RemoteFlag, retried
from sluicegate.net.client import ApiError, PatientClient, Refusal
from sluicegate.net.connect import Server

CONFLICTS = (409, 412)
"""Statuses by which an API refuses a write on a state that is gone."""

TRIES = 5
"""Of one kill, where the API wants a version and others write."""

Landed = Callable[[], dict[str, Any] | None] | None

NEEDS = "a token that may read and write the flag"


@dataclass(frozen=True, slots=True)
class Request:
    """A write as it is declared; `body` may name `$percent`, `$share` and `$version`."""

    verb: str
    path: str
    body: object = None


@dataclass(frozen=True, slots=True)
class Declared(RemoteFlag):
    """One flag at one API.

    Attributes:
        flag: for people.
        path: that is read.
        setting: the write of an exposure.
        killing: the write that lets nobody see it.
        switching: the write that switches it on, or None.
        lock: by which the API refuses a write on a state that is gone.
        step: of a share.
        refresh: seconds until clients see a write.
        without_key: what users without a key get, in the plan's words.
        probing: a write that needs the same rights and changes nothing, or None.
    """

    server: Server
    needs: ClassVar[str] = NEEDS
    conflicts: ClassVar[Collection[int]] = CONFLICTS
    flag: str
    path: str
    reading: Reading
    setting: Request
    killing: Request
    switching: Request | None = None
    lock: Lock = "none"
    step: Fraction = Fraction(1, 100)
    refresh: float = 60.0
    without_key: str = "not stated in the plan"
    probing: Request | None = None

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} at {self.server.address}"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=self.step,
            lock=self.lock,
            without_key=self.without_key,
            kill_delay=int(self.refresh),
            kill="enabled" if self.reading.enabled else "percent",
            refuses=(
                "segments",
                "an answer in which the share is missing, null, or no number of its scale",
                "a flag that something else drives, where `driver` names it",
            ),
            token=NEEDS,
            flag="whatever the plan declares: effective exposure is what `share` and `enabled` say",
        )

    def _state(self, client: PatientClient) -> FlagState:
        return self._look(client)

    def _write(self, client: PatientClient, target: Exposure, seen: FlagState) -> None:
        no_segments(target, self.name)
        in_steps(target.share, self.step, self.name)
        now = self._look(client)
        check_seen(now, seen, self.name)
        if now.exposure != target:
            self._set(client, target, now)

    def _kill(self, client: PatientClient) -> None:
        retried(lambda: self._kill_once(self.server.client()), TRIES, CONFLICTS)

    def try_rights(self) -> Rights:
        """See `TriesRights`."""
        if self.probing is None:
            return Rights(untried="the plan declares no `probe`")
        with self._asking(UNTRIED) as client:
            try:
                now = self._look(client)
                self._send(client, self.probing, values_of(now.exposure or OFF, now))
            except ApiError as error:
                return self._rights(error, f"the token may not write: {error.message}")
            return Rights()

    def _kill_once(self, client: PatientClient) -> None:
        """Send the write; what it needs to know of the flag is read before."""
        knows = "$version" in str(self.killing.body)
        values = values_of(OFF, self._look(client)) if knows else {"percent": 0, "share": 0}
        self._send(client, self.killing, values)

    def _set(self, reader: PatientClient, target: Exposure, now: FlagState) -> None:
        """Set the share first, and switch on second."""
        lock = now.version or "" if self.lock == ETAG else ""
        writer = self.server.client(if_match=lock)
        if target == OFF and self.reading.enabled:
            self._send(writer, self.killing, values_of(target, now))
            return
        if self.switching is None and not now.enabled:
            remedy = "Switch it on by hand, or declare `switch-on`."
            raise FlagRefused("the flag is switched off", where=self.name, remedy=remedy)

        def landed() -> dict[str, Any] | None:
            found, etag = self._ask(reader)
            if self.reading.share_of(found) == target.share:
                return {}
            check_seen(self.reading.state_of(found, etag), now, self.name)
            return None

        self._send(writer, self.setting, values_of(target, now), landed)
        if self.switching is not None and not now.enabled:
            self._switch_on(self.switching, reader, target)

    def _switch_on(self, switching: Request, reader: PatientClient, target: Exposure) -> None:
        """Switch the flag on where its share is the written one."""
        found, etag = self._ask(reader)
        if self.reading.share_of(found) != target.share:
            raise moved("the share is another than written", self.name)
        values = values_of(target, self.reading.state_of(found, etag))
        client = self.server.client()
        self._send(client, switching, values, lambda: still_on(self._look(reader).enabled, self.name))

    def _send(
        self, client: PatientClient, request: Request, values: Mapping[str, object], landed: Landed = None
    ) -> None:
        body = filled(request.body, values)
        sent = body if isinstance(body, dict | list) else None
        client.write(request.verb, request.path, sent, landed)

    def _look(self, client: PatientClient) -> FlagState:
        return self.reading.state_of(*self._ask(client))

    def _ask(self, client: PatientClient) -> tuple[object, str]:
        """The parsed answer, and its header `etag`."""
        answer = client.read(self.path, {})
        try:
            found = parse(answer.text.encode(), self.name)
        except EvidenceError as error:
            raise ApiError(Refusal.GAVE_UP, f"the answer {error.what}", answer.status) from error
        return found, answer.headers.get("etag", "")
