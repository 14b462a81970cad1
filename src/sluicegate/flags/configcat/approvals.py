"""Change requests of ConfigCat: proposed once, closed when another is proposed, applied when approved.

Source: the documents of configcat/configcat-publicapi-go-client 3 (2026). They are in a closed beta. What a
direct write answers where they are demanded is not documented, so its words decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sluicegate.core.text import cut, one_line
from sluicegate.flags.configcat.changes import body_of, value_of
from sluicegate.flags.configcat.model import IDENTIFIER, Flag, read_flag
from sluicegate.flags.interface import FlagConflict, WaitingForApproval
from sluicegate.flags.normal import fingerprint, items, mapping
from sluicegate.net.client import ApiError, PatientClient, Refusal

PREFIX: Final = "Rollout by Sluicegate: "
DASHBOARD: Final = "https://app.configcat.com"
_DEMANDED: Final = ("approv", "change request")


def is_demanded(error: ApiError) -> bool:
    """Did ConfigCat refuse a write because it wants an approval?"""
    return error.status in (400, 403, 409, 422) and any(w in error.message.lower() for w in _DEMANDED)


def open_requests(
    client: PatientClient, product: str, environment: str, setting: int, *, scheduled: bool
) -> list[Mapping[str, object]]:
    """The open change requests of a flag; none for an account that has no such feature.

    Raises:
        ApiError: they could not be read.
    """
    asked: dict[str, str | int] = {
        "environmentId": environment,
        "settingId": setting,
        "changeRequestStatusFilter": "open",
        "scheduleFilter": "scheduled" if scheduled else "nonScheduled",
        "pageSize": 100,
    }
    try:
        page = client.read(f"/v2/products/{quote(product, safe='')}/change-requests", asked).object
    except ApiError as error:
        if error.refusal in (Refusal.MISSING, Refusal.DENIED):
            return []
        raise
    lists = [items(value) for value in mapping(page.get("changeRequests")).values()]
    return [mapping(each) for found in lists for each in found]


@dataclass(frozen=True, slots=True)
class Approvals:
    """The change requests of one flag.

    Attributes:
        environment, setting: ids.
        name: of the flag, for people.
    """

    environment: str
    setting: int
    name: str

    def ask(self, client: PatientClient, before: Flag, after: Flag, what: str) -> None:
        """Carry a change out by a change request; return where an approved one was applied.

        Args:
            client: of the API.
            before, after: the flag.
            what: the change is, for people. A request is the same if its title names the same change.

        Raises:
            WaitingForApproval: a person has to approve.
            FlagConflict: the approved change no longer fits the flag, or the request proposes another one.
            ApiError: of the API.
        """
        change = self._change(after)
        title = f"{PREFIX}{what} [{fingerprint(change)[:12]}]"
        there = self._ours(client, before)
        for old in there:
            if old.get("title") != title:
                client.write("POST", f"{_path(old)}/close", None, lambda: None)
        found = next((each for each in there if each.get("title") == title), None)
        if found is None:
            found = self._create(client, before, change, title)
        elif not self._proposes(client, found, after):
            client.write("POST", f"{_path(found)}/close", None, lambda: None)
            what = f"change request {_number(found)} has our title and proposes another change: it was closed"
            remedy = "Look in the Dashboard who made or changed it; the next tick asks for an approval anew."
            raise FlagConflict(what, where=self.name, remedy=remedy)
        if found.get("approved") is not True:
            raise WaitingForApproval(
                f"ConfigCat wants an approval of change request {_number(found)}",
                link=DASHBOARD, where=self.name,
                remedy="Approve it in the Dashboard, then resume the rollout.",
            )  # fmt: skip
        self._apply(client, found)

    def _ours(self, client: PatientClient, flag: Flag) -> list[Mapping[str, object]]:
        found = open_requests(client, flag.product, self.environment, self.setting, scheduled=False)
        return [each for each in found if str(each.get("title", "")).startswith(PREFIX)]

    def _proposes(self, client: PatientClient, found: Mapping[str, object], after: Flag) -> bool:
        """Does a request propose this flag, and nothing else? A title says nothing of what is in it."""
        page = client.read(f"{_path(found)}/proposed-changes", {}).object
        proposed = [mapping(each) for each in items(page.get("proposedChanges"))]
        if len(proposed) != 1 or mapping(proposed[0].get("setting")).get("settingId") != self.setting:
            return False
        flag = read_flag(proposed[0], after.new, after.old)
        return flag is not None and _content(flag) == _content(after)

    def _change(self, after: Flag) -> dict[str, object]:
        """What a request proposes."""
        return {
            "defaultValue": value_of(after.kind, after.default),
            "targetingRules": [body_of(after, rule) for rule in after.rules],
            "percentageEvaluationAttribute": None if after.attribute == IDENTIFIER else after.attribute,
            "settingId": self.setting,
        }

    def _create(
        self, client: PatientClient, before: Flag, change: Mapping[str, object], title: str
    ) -> Mapping[str, object]:
        proposed = {**change, "latestVersionId": before.version or None}
        body = {"title": title, "proposedChanges": [{"proposedChange": proposed}]}
        path = f"/v2/configs/{quote(before.config, safe='')}/environments/{self.environment}/change-requests"

        def landed() -> dict[str, Any] | None:
            return next((dict(e) for e in self._ours(client, before) if e.get("title") == title), None)

        return client.write("POST", path, body, landed)

    def _apply(self, client: PatientClient, found: Mapping[str, object]) -> None:
        def landed() -> dict[str, Any] | None:
            page = client.read(_path(found), {}).object
            return None if page.get("changeRequestStatus") == "open" else page

        done = client.write("POST", f"{_path(found)}/apply", None, landed)
        if done.get("changeRequestStatus") != "applied":
            raise FlagConflict(
                "the approved change request was not applied", where=self.name,
                remedy="Look at its conflicts in the Dashboard; the next tick decides anew.",
            )  # fmt: skip


def _content(flag: Flag) -> object:
    """What a request may change of a flag; members that are null say nothing."""
    conditions = [_without_nulls(list(rule.conditions)) for rule in flag.rules]
    drawn = [(rule.options, rule.value) for rule in flag.rules]
    return flag.default, conditions, drawn, flag.attribute


def _without_nulls(value: object) -> object:
    match value:
        case dict():
            return {key: _without_nulls(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
        case _:
            return value


def _number(found: Mapping[str, object]) -> str:
    return cut(one_line(str(found.get("changeRequestId", ""))), 20)


def _path(found: Mapping[str, object]) -> str:
    number = found.get("changeRequestId")
    return f"/v2/change-requests/{number if isinstance(number, int) else 0}"
