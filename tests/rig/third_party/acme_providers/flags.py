"""Flags of an Acme server: `GET /flags/NAME`, `PUT` of a share with the revision, `POST /flags/NAME/off`."""

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
    FlagConflict,
    FlagError,
    FlagFactory,
    FlagState,
)
from sluicegate.flags.normal import check_seen, fingerprint, no_segments, whole_percent
from sluicegate.flags.remote import RemoteFlag
from sluicegate.net.client import PatientClient
from sluicegate.net.connect import Server
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import token_key, url_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

NEEDS = "a token of Acme that may write flags"


@dataclass(frozen=True, slots=True)
class Acme(RemoteFlag):
    """One flag."""

    server: Server
    needs: ClassVar[str] = NEEDS
    flag: str

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} at Acme"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=Fraction(1, 100), lock="revision", approvals=False, sticky="user", kill_delay=3,
            without_key="nobody", kill="enabled", refuses=("flags of more than two values",), token=NEEDS,
            flag="a switch",
        )  # fmt: skip

    def _state(self, client: PatientClient) -> FlagState:
        return self._state_of(self._look(client))

    def _write(self, client: PatientClient, target: Exposure, seen: FlagState) -> None:
        no_segments(target, self.name)
        percent = whole_percent(target.share, self.name)
        state = self._state(client)
        check_seen(state, seen, self.name)
        if state.exposure != target:
            self._set(client, percent, int(state.version or 0))

    def _kill(self, client: PatientClient) -> None:
        client.write("POST", f"{self._path}/off", None)

    def _set(self, client: PatientClient, percent: int, revision: int) -> None:
        wanted = {"percent": percent, "on": percent > 0}

        def landed() -> dict[str, Any] | None:
            found = self._look(client)
            if found.get("revision") == revision:
                return None
            if {key: found.get(key) for key in wanted} != wanted:
                raise FlagConflict("another change followed", where=self.name, remedy="Look who made it.")
            return {}

        client.write("PUT", self._path, {**wanted, "revision": revision}, landed)

    def _look(self, client: PatientClient) -> Mapping[str, Any]:
        return client.read(self._path, {}).object

    @property
    def _path(self) -> str:
        return f"/flags/{quote(self.flag, safe='')}"

    def _state_of(self, found: Mapping[str, Any]) -> FlagState:
        percent, on, revision = (found.get(key) for key in ("percent", "on", "revision"))
        if not isinstance(percent, int) or not isinstance(on, bool) or not isinstance(revision, int):
            raise FlagError("the answer is no flag", where=self.name, remedy="Is it a server of Acme?")
        if not 0 <= percent <= 100:
            return FlagState(None, on, "its percentage is none", None, fingerprint([percent, on]), None, "")
        exposure = Exposure(Fraction(percent, 100)) if on else OFF
        state = fingerprint([percent, on, revision])
        return FlagState(exposure, on, f"{percent} % of the users", None, state, str(revision), "by user id")


def _create(settings: Mapping[str, Any], around: Surroundings) -> Acme:
    return Acme(server_of(settings, around, scheme="Bearer"), settings["flag"])


FACTORY = FlagFactory(
    {
        "url": url_key("Address of the Acme server.", "https://acme.example.com"),
        "flag": Key(v.LABEL, "Name of the flag at Acme.", missing="Name it."),
        "token": token_key("ACME_TOKEN"),
    },
    _create,
)
