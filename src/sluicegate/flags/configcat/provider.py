"""Reads, writes and kills one flag of ConfigCat.

Source: ConfigCat's OpenAPI description of the Public Management API. A write is a JSON Patch whose tests fail
where the percentages changed; a patch that changes nothing answers 204. A flag has no switch: a kill takes
all rules away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line
from sluicegate.documents.parsing import parse
from sluicegate.flags.configcat.approvals import DASHBOARD, Approvals, is_demanded, open_requests
from sluicegate.flags.configcat.changes import Operation, changed, killed, operations
from sluicegate.flags.configcat.model import Flag, read_flag, read_segments, state_of
from sluicegate.flags.interface import (
    Capabilities,
    Exposure,
    FlagError,
    FlagRefused,
    FlagState,
    Rights,
    WaitingForApproval,
)
from sluicegate.flags.normal import check_seen, landed, percent
from sluicegate.flags.remote import ALIVE, UNREAD, RemoteFlag
from sluicegate.net.client import ApiError, Landed, PatientClient, Refusal
from sluicegate.net.connect import Server

NEEDS = (
    "credentials of ConfigCat's Public Management API, USER:PASSWORD, whose permission group may write flags "
    "in that environment; an SDK key is refused"
)
_REFUSED = (400, 409, 422)
"""Statuses of a patch that was not carried out, perhaps for a test of it that failed."""


@dataclass(frozen=True, slots=True)
class ConfigCat(RemoteFlag):
    """One flag in one environment.

    Attributes:
        flag: its key.
        environment: its id.
        setting: the flag's id.
        new, old: the two values, as text.
        refresh: seconds.
    """

    server: Server
    needs: ClassVar[str] = NEEDS
    flag: str
    environment: str
    setting: int
    new: str = "true"
    old: str = "false"
    refresh: float = 60.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} ({self.setting}) in {self.environment}"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=Fraction(1, 100),
            lock="test-patch",
            approvals=True,
            without_key=f"who lacks the attribute that is drawn by gets '{self.old}', at 100 % too",
            kill_delay=int(self.refresh),
            kill="targeting",
            refuses=(
                f"a rule that serves '{self.new}' to users who are no whole segment",
                f"a default value other than '{self.old}' beside percentages",
                "percentages that are not whole or do not add up to 100, a third value, two such rules",
                "a flag of decimal numbers",
                "a flag that a scheduled change request will change",
            ),
            token=NEEDS,
            flag=f"'{self.old}' as its default value; percentages for everybody, or no such rule yet",
            segments="the name of a segment of the product",
        )

    def _state(self, client: PatientClient) -> FlagState:
        return state_of(self._look(client))

    def _kill(self, client: PatientClient) -> None:
        self._patch(client, killed(self._kind(client), self.old), "a kill")

    def try_rights(self) -> Rights:
        """See `TriesRights`: the answer says whether the flag is read-only for its credentials."""
        with self._asking(UNREAD) as client:
            flag = self._read(client)
        return Rights(("ConfigCat says that the flag is read-only for them",) if flag.read_only else ())

    def _write(self, client: PatientClient, target: Exposure, seen: FlagState) -> None:
        flag = self._look(client, wanted=target.segments)
        check_seen(state_of(flag), seen, self.name)
        change = operations(flag, target, self.name)
        if not change:
            return
        words = f"{percent(target.share)} of all users" + "".join(f", {name}" for name in target.segments)

        def look() -> dict[str, Any] | None:
            now = state_of(self._look(client, wanted=target.segments))
            return landed(now, target, flag.version, self.name)

        try:
            self._patch(client, change, words, look)
        except ApiError as error:
            if is_demanded(error):
                asked = Approvals(self.environment, self.setting, self.name)
                asked.ask(client, flag, changed(flag, target, self.name), words)
            elif error.status not in _REFUSED or look() is None:
                raise

    def _patch(
        self, client: PatientClient, change: Iterable[Operation], words: str, landed: Landed | None = None
    ) -> None:
        reason = urlencode({"reason": f"Rollout by Sluicegate: {words}"})
        client.write("PATCH", f"{self._path}?{reason}", [dict(each) for each in change], landed)

    def _kind(self, client: PatientClient) -> str:
        """The type of the flag; by the plan's words where the flag cannot be read."""
        try:
            flag = self._read(client)
        except FlagRefused:
            raise
        except (ApiError, FlagError):
            return "boolean" if self.old in ("true", "false") else "string"
        if flag.problem:
            raise FlagError(f"it cannot be killed: {flag.problem}", where=self.name, remedy="Correct `old`.")
        return flag.kind

    def _look(self, client: PatientClient, wanted: Iterable[str] = ()) -> Flag:
        """The flag now, with its segments and what drives it."""
        flag = self._read(client)
        if wanted or any(rule.segment for rule in flag.rules):
            flag = replace(flag, segments=read_segments(self._segments(client, flag.product)))
        scheduled = flag.product and open_requests(
            client, flag.product, self.environment, self.setting, scheduled=True
        )
        return replace(flag, driver="a scheduled change request of ConfigCat" if scheduled else None)

    def _read(self, client: PatientClient) -> Flag:
        """The flag's own page.

        Raises:
            ApiError: the API did not answer.
            FlagRefused: the id is that of another flag.
            FlagError: the answer is not a flag.
        """
        flag = read_flag(client.read(self._path, {}).object, self.new, self.old)
        if flag is None:
            raise FlagError(
                "the answer of ConfigCat is no flag of the types boolean, string or int", where=self.name,
                remedy="Look whether address, environment and setting are those of ConfigCat.",
            )  # fmt: skip
        if flag.key != self.flag:
            raise FlagRefused(
                f"the setting {self.setting} is the flag '{cut(one_line(flag.key), 100)}'", where=self.name,
                remedy="Correct `setting` or `flag` in the plan.",
            )  # fmt: skip
        return flag

    def _segments(self, client: PatientClient, product: str) -> list[object]:
        answer = client.read(f"/v1/products/{quote(product, safe='')}/segments", {})
        try:
            found = parse(answer.text.encode(), self.name)
        except EvidenceError as error:
            raise ApiError(Refusal.GAVE_UP, f"the answer {error.what}", answer.status) from error
        if not isinstance(found, list):
            raise ApiError(Refusal.GAVE_UP, "the answer is no list of segments", answer.status)
        return found

    @property
    def _path(self) -> str:
        return f"/v2/environments/{self.environment}/settings/{self.setting}/value"

    def _special(self, what: str, error: ApiError) -> FlagError | None:
        if what != ALIVE or not is_demanded(error):
            return None
        return WaitingForApproval(
            "ConfigCat wants an approval before the flag is changed", link=DASHBOARD, where=self.name,
            remedy=f"Serve '{self.old}' to everybody in the Dashboard now; let the token's group bypass "
            "approvals.",
        )  # fmt: skip
