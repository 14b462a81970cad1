"""Reads, writes and kills one flag of a Flagsmith server.

The API has no version to lock by. A segment holds the percentage, and the flag the switch: a kill is
one request that switches off the default and every override, whatever the percentage is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar
from urllib.parse import quote

from sluicegate.flags.flagsmith.api import Api, Place
from sluicegate.flags.flagsmith.changes import Body, Setting, off, setting, split_of
from sluicegate.flags.flagsmith.model import Flag, Segment, state_of, with_percent
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
from sluicegate.flags.normal import check_archived, check_seen, flag_key, in_steps, moved
from sluicegate.flags.remote import ALIVE, UNTRIED, UNWRITTEN, RemoteFlag
from sluicegate.net.client import Answer, ApiError, PatientClient
from sluicegate.net.connect import Server
from sluicegate.net.rules import ServerRules
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import refresh_key, token_key, url_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

APPROVAL = "change_requests_enabled"
STEP = Fraction(1, 10_000)
TRIES = 5
"""Of one kill, where others add overrides meanwhile."""

SAAS = "https://api.flagsmith.com"
NEEDS = (
    "an API key of the Flagsmith organisation (Organisation Settings, API Keys), an administrator's or one "
    "whose role may view the project, manage its segments, and in the environment update feature states and "
    "manage segment overrides; an environment key is refused"
)


@dataclass(frozen=True)
class FlagsmithRules(ServerRules):
    """Those of Flagsmith: the reason names the code for change requests."""

    def reason(self, answer: Answer) -> str:
        """See `ServerRules`."""
        words = super().reason(answer)
        return f"{words} ({APPROVAL})" if APPROVAL in answer.text else words


@dataclass(frozen=True, slots=True)
class Flagsmith(RemoteFlag):
    """One flag in one environment.

    Attributes:
        environment: its key.
        segment: the name of the one whose percentage split is the rollout's.
        with_people: may identities have overrides of their own?
    """

    server: Server
    needs: ClassVar[str] = NEEDS
    environment: str
    flag: str
    segment: str
    with_people: bool = False
    refresh: float = 60.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} in {self.environment}"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        people = "" if self.with_people else "identities that see the flag by overrides of their own; "
        return Capabilities(
            step=STEP,
            lock="none",
            approvals=True,
            without_key="without an identity nobody sees it below 100 %, and everybody at 100 %",
            kill_delay=int(self.refresh),
            kill="enabled",
            refuses=(
                f"{people}a default that is on beside an override that is off",
                "an override that switches the flag off for a segment",
                "an override for another segment with a percentage split",
                "a split whose segment has other conditions, or is used by other flags or environments",
                "an experiment or a phased rollout of Flagsmith",
            ),
            token=NEEDS,
            flag="off, or on for segments alone; one segment has the sole condition `percentage split`",
            segments="a segment of Flagsmith without a percentage split",
        )

    def _state(self, client: PatientClient) -> FlagState:
        api = self._api(client)
        return self._state_of(api.flag_of(api.place()))

    def try_rights(self) -> Rights:
        """See `TriesRights`: a write of nothing, which the server takes from whom may write."""
        with self._asking(UNTRIED) as client:
            api = self._api(client)
            try:
                place = api.place()
                api.state(place)
                return Rights((*self._rights_of_flag(api, place), *self._rights_of_split(api, place)))
            except ApiError as error:
                if _wants_approval(error):
                    return Rights(untried=f"changes need approval, at {self._requests(api)}")
                raise self._failed(UNTRIED, error) from error

    # --- writing -------------------------------------------------------------------------------

    def _write(self, client: PatientClient, target: Exposure, seen: FlagState) -> None:
        in_steps(target.share, STEP, self.name)
        api = self._api(client)
        place = api.place()
        flag = api.flag_of(place)
        check_seen(self._state_of(flag), seen, self.name)
        check_archived(flag.archived, self.name, "Unarchive it in Flagsmith")
        if target == OFF:
            if not flag.is_off:
                api.client.write("PATCH", api.path(place), off(flag))
            return
        wanted = setting(flag, target, self._named(api, place, target), self.name)
        split = split_of(flag, self.name)
        if target.share and split.share != target.share:
            self._set_percent(api, place, split, target.share)
            self._check_same(flag, api.bare(place, api.state(place)))
        self._set(api, place, flag, wanted)

    def _named(self, api: Api, place: Place, target: Exposure) -> Mapping[str, Segment]:
        return {name: self._usable(api.segment_named(place, name), name) for name in target.segments}

    def _usable(self, segment: Segment | None, name: str) -> Segment:
        if segment is None or (segment.draws and name != self.segment):
            what = "that splits by percentage" if segment else "of that name"
            raise FlagRefused(
                f"'{name}' is {'a' if segment else 'no'} segment of the project {what}", where=self.name,
                remedy="Name a segment of Flagsmith in the plan, as it is spelt there.",
            )  # fmt: skip
        return segment

    def _set_percent(self, api: Api, place: Place, split: Segment, share: Fraction) -> None:
        """Write the percentage, where nothing else depends on it."""
        used = api.used_elsewhere(place, split)
        if used:
            raise FlagRefused(
                f"the segment '{split.name}' is also used {used}", where=self.name,
                remedy="Create a segment for this flag in this environment alone, and name it in the plan.",
            )  # fmt: skip

        def landed() -> dict[str, Any] | None:
            now = api.splitting(place)
            if now is not None and now.id == split.id and now.share == share:
                return {}
            if now is None or now.normal != split.normal:
                raise moved(f"the segment '{split.name}' changed meanwhile", self.name)
            return None

        value = f"{float(share * 100):g}"
        path = api.segment_path(place, split.id)
        api.client.write("PATCH", path, with_percent(split, value), landed)

    def _set(self, api: Api, place: Place, flag: Flag, wanted: Setting) -> None:
        """Write default and overrides where they are others, and then delete those that go."""
        if not wanted.is_done(flag):

            def landed() -> dict[str, Any] | None:
                if wanted.is_done(api.bare(place, api.state(place))):
                    return {}
                if wanted.raises(flag):  # never sent again, for a kill may have followed
                    raise moved("the answer to switching it on was lost, and it is not so", self.name)
                return None

            api.client.write("PATCH", api.path(place), wanted.body, landed)
        for number in wanted.leaving:
            self._delete(api, place, number)

    def _delete(self, api: Api, place: Place, number: int) -> None:
        def landed() -> dict[str, Any] | None:
            there = api.bare(place, api.state(place)).overrides
            return None if any(o.segment == number for o in there) else {}

        api.client.write("DELETE", f"{api.path(place)}segment-overrides/{number}/", None, landed)

    def _check_same(self, flag: Flag, now: Flag) -> None:
        """Refuse to go on where default or overrides changed while the percentage was written."""
        if (now.enabled, now.overrides) != (flag.enabled, flag.overrides):
            raise moved("the overrides changed meanwhile", self.name)

    def _kill(self, client: PatientClient) -> None:
        """Switch off until the answer says that all is off."""
        api = self._api(client)
        place = api.place()
        flag = api.bare(place, api.state(place))
        for _ in range(TRIES):
            if flag.is_off:
                return
            flag = self._switched_off(api, place, flag)
        if not flag.is_off:
            raise FlagError(
                "somebody switches the flag on again and again", where=self.name,
                remedy="Look who changes it in Flagsmith; then run the rollback again.",
            )  # fmt: skip

    def _switched_off(self, api: Api, place: Place, flag: Flag) -> Flag:
        try:
            return api.bare(place, api.client.write("PATCH", api.path(place), off(flag)))
        except ApiError as error:
            split = api.splitting(place) if _wants_approval(error) else None
            if split is not None and split.split is not None:
                body = with_percent(split, "0")  # the little that needs no approval
                api.client.write("PATCH", api.segment_path(place, split.id), body)
            raise

    # --- rights and errors ---------------------------------------------------------------------

    def _rights_of_flag(self, api: Api, place: Place) -> tuple[str, ...]:
        nothing: Body = {"environment_default": {}, "segment_overrides": []}
        return self._lacks(
            lambda: api.client.write("PATCH", api.path(place), nothing),
            "the API key may not update feature states and segment overrides in the environment",
        )

    def _rights_of_split(self, api: Api, place: Place) -> tuple[str, ...]:
        split = api.splitting(place)
        if split is None or split.share is None:
            return (f"the project has no segment '{self.segment}' with one percentage split",)
        used: list[str] = []
        lacks = self._lacks(
            lambda: used.append(api.used_elsewhere(place, split)),
            "the API key may not manage the segments of the project",
        )
        shared = [f"the segment '{split.name}' is also used {each}" for each in used if each]
        return (*lacks, *shared)

    def _lacks(self, attempt: Callable[[], object], words: str) -> tuple[str, ...]:
        try:
            attempt()
        except ApiError as error:
            if error.status not in (403, 404) or _wants_approval(error):
                raise
            return (words,)
        return ()

    def _state_of(self, flag: Flag) -> FlagState:
        return state_of(flag, count_people=not self.with_people)

    def _api(self, client: PatientClient) -> Api:
        key = quote(self.environment, safe="")
        return Api(client, key, self.flag, self.segment, self.name)

    def _requests(self, api: Api) -> str:
        """The page of the environment's change requests."""
        there = self.server.address.replace("//api.", "//app.") if self._is_saas else self.server.address
        return f"{there}/project/{api.place().project}/environment/{api.key}/change-requests"

    @property
    def _is_saas(self) -> bool:
        return self.server.address == SAAS

    def _special(self, what: str, error: ApiError) -> FlagError | None:
        if what not in (UNWRITTEN, ALIVE) or not _wants_approval(error):
            return None
        try:
            link = self._requests(self._api(self.server.client()))
        except (ApiError, FlagError):
            link = self.server.address
        return WaitingForApproval(
            f"the flag {what}: Flagsmith switches it by change requests alone, at {link}", link=link,
            where=self.name, remedy=f"Make the change by a change request at {link}, then resume.",
        )  # fmt: skip


def _wants_approval(error: ApiError) -> bool:
    """By its code; older servers answer 403 with words alone."""
    words = error.message.lower()
    return APPROVAL in words or (error.status in (403, 409) and "change request" in words)


KEYS: Mapping[str, Key] = {
    "url": url_key("Address of the Flagsmith API, without `/api`.", SAAS),
    "environment": Key(
        v.LABEL, "Key of the environment, as clients use it (SDK Keys in Flagsmith); it is no secret.",
        missing="Give it, for example environment: 4vfqhypYjcPoGGu8ByrBaj.",
    ),
    "flag": flag_key("Name of the flag."),
    "segment": Key(
        v.LABEL, "Name of the segment with the rollout's percentage split. It belongs to this flag in this "
        "environment alone, and is never deleted while a rollout lasts.",
        missing="Name it, for example segment: new-checkout in production.",
    ),
    "token": token_key("FLAGSMITH_TOKEN"),
    "identity-overrides": Key(
        v.KINDS["switch"], "`true`: identities may have overrides of their own. They see what these say, are "
        "not counted, and a kill does not reach them. `false`: a flag with such overrides is refused.", False,
    ),
    "refresh": refresh_key("Longest time in which clients of Flagsmith fetch its flags.", 60.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> Flagsmith:
    there = server_of(settings, around, FlagsmithRules(), scheme="Api-Key")
    return Flagsmith(
        there, settings["environment"], settings["flag"], settings["segment"], settings["identity_overrides"],
        settings["refresh"],
    )  # fmt: skip


FACTORY = FlagFactory(KEYS, _create)
