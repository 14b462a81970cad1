"""Reads, writes and kills one flag of a PostHog project.

Source: `products/feature_flags` and `products/approvals` of PostHog, September 2026, and their tests. A
condition's percentage is written by an action that is locked by the flag's version. Servers older than
September 2026 answer 404 to it: all filters are then written, with the version and what was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    WaitingForApproval,
)
from sluicegate.flags.normal import check_archived, check_seen, flag_key, moved, still_on
from sluicegate.flags.posthog.answers import PostHogRules, Waiting, change_request
from sluicegate.flags.posthog.changes import STEP, Change, Percentage, changes, for_nobody
from sluicegate.flags.posthog.model import Flag, find_flag, pending, state_of
from sluicegate.flags.remote import UNTRIED, RemoteFlag
from sluicegate.net.client import ApiError, PatientClient, Refusal
from sluicegate.net.connect import Server
from sluicegate.net.rules import ServerRules
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import refresh_key, token_key, url_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

RULES: ServerRules = PostHogRules()
NEEDS = (
    "a personal API key of PostHog with the scope `feature_flag:write`, of a user who may edit the flag; the "
    "project's own key, which libraries use, is refused"
)
_PAGE = 100
_PAGES = 20


@dataclass(frozen=True, slots=True)
class PostHog(RemoteFlag):
    """One flag of a project."""

    server: Server
    needs: ClassVar[str] = NEEDS
    project: str
    flag: str
    variant: str = ""
    refresh: float = 30.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} in project {self.project} of PostHog"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=STEP,
            lock="version",
            approvals=True,
            without_key="all users without a distinct id are drawn together, as one user",
            kill_delay=int(self.refresh),
            kill="enabled",
            refuses=(
                "an experiment, an early access feature, or a scheduled change that is to come",
                "a holdout, early exit, a remote configuration, filters of version 2",
                "flags and conditions that are drawn by groups",
                "two conditions for everybody, or one with properties that are no whole cohort",
                "variants beside the one of the plan that have a share of the distribution",
            ),
            token=NEEDS,
            flag="one condition for everybody, without properties, or none yet; one for each cohort alone; "
            "all others at 0 %; with variants, the plan's one has 100 % of the distribution",
            segments="a cohort for which the flag has a condition of its own, at 0 % before",
        )

    def _state(self, client: PatientClient) -> FlagState:
        return state_of(self._look(client), self.variant)

    def _kill(self, client: PatientClient) -> None:
        """Disable the flag; where PostHog refuses that, set all conditions to 0 %."""
        flag = self._find(client)
        try:
            self._switch(client, flag, on=False)
        except ApiError as error:
            if error.status != 400 or "depend" not in error.message:
                raise
            client.write("PATCH", self._path(flag), {"filters": for_nobody(flag)})

    def try_rights(self) -> Rights:
        """See `TriesRights`: PostHog refuses a version that never was, after it looked at the token."""
        with self._asking(UNTRIED) as client:
            try:
                flag = self._find(client)
                body = {"condition_index": 0, "rollout_percentage": 0, "version": 2**31 - 1}
                client.write("POST", f"{self._path(flag)}set_release_condition_rollout/", body)
            except ApiError as error:
                return self._rights_of(error)
            raise FlagError(
                "PostHog took a write with a version that never was", where=self.name,
                remedy="Look at the flag: its first condition may be at 0 %.",
            )  # fmt: skip

    def _rights_of(self, error: ApiError) -> Rights:
        if error.status in (400, 409):
            return Rights()
        if error.refusal is Refusal.MISSING:
            return Rights(untried="this PostHog has no write that could be tried without a change")
        return self._rights(error, f"the token may not change the flag: {error.message}")

    def _write(self, client: PatientClient, target: Exposure, seen: FlagState) -> None:
        flag = self._look(client)
        check_seen(state_of(flag, self.variant), seen, self.name)
        if target == OFF:
            if flag.active:
                self._switch(client, flag, on=False)
            return
        check_archived(flag.archived, self.name, "Unarchive it in PostHog")
        was_on = flag.active
        for change in changes(flag, target, self.variant, self.name):
            flag = self._send(client, flag, change)
        self._switch_on(client, target, was_on=was_on)

    def _send(self, client: PatientClient, flag: Flag, change: Change) -> Flag:
        """Send a change of the conditions; the flag after it."""

        def landed() -> dict[str, Any] | None:
            now = self._find(client)
            return dict(now.page) if change.is_done(now) and now.version != flag.version else None

        page: Mapping[str, object] | None = None
        if isinstance(change, Percentage):
            body = {
                "condition_index": change.index, "rollout_percentage": change.number, "version": flag.version
            }  # fmt: skip
            try:
                path = f"{self._path(flag)}set_release_condition_rollout/"
                page = client.write("POST", path, body, landed)
            except ApiError as error:
                if error.refusal is not Refusal.MISSING:
                    raise
        if page is None:
            original = {"filters": flag.filters, "version": flag.version}
            whole = {
                "filters": change.filters(flag), "version": flag.version, "original_flag": original
            }  # fmt: skip
            page = client.write("PATCH", self._path(flag), whole, landed)
        if page.get("id") != flag.id:
            raise FlagError(
                "the answer to the write is no flag", where=self.name, remedy="The next tick reads it again."
            )
        return Flag(page)

    def _switch_on(self, client: PatientClient, target: Exposure, *, was_on: bool) -> None:
        """Switch the flag on where the conditions alone give the exposure; off stays off."""
        flag = self._find(client)
        found, reason = flag.if_active(self.variant)
        if found != target:
            raise moved(f"the conditions are others than written: {reason}", self.name)
        if was_on and not flag.active:
            raise moved("the flag was switched off meanwhile", self.name)
        if not flag.active:
            self._switch(client, flag, on=True)

    def _switch(self, client: PatientClient, flag: Flag, *, on: bool) -> None:
        def landed() -> dict[str, Any]:
            return still_on(self._find(client).active, self.name)

        look = landed if on else None
        try:
            client.write("POST", f"{self._path(flag)}{'enable' if on else 'disable'}/", None, look)
        except ApiError as error:
            if error.refusal is not Refusal.MISSING:
                raise
            client.write("PATCH", self._path(flag), {"active": on}, look)

    @property
    def _root(self) -> str:
        return f"/api/projects/{quote(self.project, safe='')}"

    def _path(self, flag: Flag) -> str:
        return f"{self._root}/feature_flags/{flag.id}/"

    def _look(self, client: PatientClient) -> Flag:
        """The flag now, with the changes that are scheduled."""
        flag = self._find(client)
        query: dict[str, str | int] = {"model_name": "FeatureFlag", "record_id": flag.id}
        try:
            pages = self._pages(client, f"{self._root}/scheduled_changes/", query)
            return Flag(flag.page, tuple(each for page in pages for each in pending(page, flag.id)))
        except ApiError as error:
            if error.refusal is Refusal.MISSING:  # a server without schedules
                return flag
            raise

    def _find(self, client: PatientClient) -> Flag:
        """The flag of the key, archived ones too.

        Raises:
            ApiError: the server did not answer.
            FlagError: there is no such flag.
        """
        plain: dict[str, str | int] = {"search": self.flag[:200], "key": self.flag}
        for query in (plain, {**plain, "archived": "true"}):
            for page in self._pages(client, f"{self._root}/feature_flags/", query):
                if found := find_flag(page, self.flag):
                    return Flag(found)
        raise FlagError(
            f"PostHog has no flag '{self.flag}' in the project", where=self.name,
            remedy="Look whether address, project and key are those of PostHog, and whether it was deleted.",
        )  # fmt: skip

    def _pages(
        self, client: PatientClient, path: str, query: Mapping[str, str | int]
    ) -> Iterator[list[object]]:
        """The pages of a list, one after the other."""
        for number in range(_PAGES):
            found = client.read(path, {**query, "limit": _PAGE, "offset": number * _PAGE}).object
            results = found.get("results")
            if not isinstance(results, list):
                raise FlagError(
                    "the answer is no list of PostHog", where=self.name,
                    remedy="Look whether the address is that of PostHog, for example https://eu.posthog.com.",
                )  # fmt: skip
            yield results
            if not found.get("next"):
                return
        raise FlagError(
            f"PostHog's list has more than {_PAGE * _PAGES} entries", where=self.name,
            remedy="Give the flag a key that few others contain.",
        )  # fmt: skip

    def _special(self, what: str, error: ApiError) -> FlagError | None:
        if waiting := change_request(error.message):
            return self._waiting(waiting)
        if error.status == 400:
            return FlagRefused(
                f"PostHog refuses the change: {error.message}", where=self.name,
                remedy="Do in PostHog what it asks for; the next tick tries again.",
            )  # fmt: skip
        return None

    def _waiting(self, request: Waiting) -> WaitingForApproval:
        link = f"{self.server.address}/project/{quote(self.project, safe='')}/approvals/{request.number}"
        if request.earlier:
            return WaitingForApproval(
                f"an earlier change of the flag still waits for a person to approve it: {link}", link=link,
                where=self.name,
                remedy="Look what it asks for: approve it, or let who made it cancel it in PostHog.",
            )  # fmt: skip
        return WaitingForApproval(
            f"a policy of PostHog asks a person to approve the change: {link}", link=link,
            where=self.name, remedy="Approve it in PostHog; the next tick reads the flag again.",
        )  # fmt: skip


KEYS: Mapping[str, Key] = {
    "url": url_key("Address of PostHog, without `/api`.", "https://eu.posthog.com"),
    "project": Key(v.LABEL, "Number of the project.", missing="Give it, for example project: 1234."),
    "flag": flag_key("Key of the flag."),
    "variant": Key(
        v.LABEL, "Variant that is rolled out, for a flag with variants. Without it the flag has none.", ""
    ),
    "token": token_key("POSTHOG_PERSONAL_API_KEY"),
    "refresh": refresh_key("Longest time in which libraries fetch flags to evaluate them.", 30.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> PostHog:
    there = server_of(settings, around, RULES, scheme="Bearer")
    return PostHog(there, **{key: settings[key] for key in ("project", "flag", "variant", "refresh")})


FACTORY = FlagFactory(KEYS, _create)
