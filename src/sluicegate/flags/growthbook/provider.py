"""Reads, writes and kills one feature of GrowthBook in one environment.

Source: the API's description 4.4.0 and the server's source of 2026-08. A promotion is a draft with
all changes, that is then published; a kill switches the environment off at once. The limit is 60 requests a
minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final
from urllib.parse import quote

from sluicegate.flags.growthbook.changes import STEP, changes, is_meant
from sluicegate.flags.growthbook.drafts import API, Draft, Drafts, comment_of, ours, pages
from sluicegate.flags.growthbook.gates import bypassed, closed_gates
from sluicegate.flags.growthbook.model import Feature, Wanted, read_feature, read_groups, state_of
from sluicegate.flags.growthbook.rules import Draw
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
    Warnings,
)
from sluicegate.flags.normal import check_archived, check_seen, flag_key, moved
from sluicegate.flags.remote import UNTRIED, UNWRITTEN, RemoteFlag, retried
from sluicegate.net.client import ApiError, PatientClient, Refusal
from sluicegate.net.connect import Server
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.provider_keys import PAGES, refresh_key, token_key, url_key
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings

NEEDS = (
    "a secret API key or personal access token of GrowthBook whose role may edit drafts of the feature and "
    "publish in that environment; where GrowthBook demands reviews, a kill needs FlagsBypassApprovals"
)
CLOUD: Final = "https://api.growthbook.io"
_SECONDS: Final = 130.0
"""Of one operation: the limit of requests is counted by the minute, and may have to be waited for."""
_TRIES: Final = 3
"""Of a kill that another write of the same moment pushed aside."""
_WANTS_REVIEW: Final = "requires a review"


@dataclass(frozen=True, slots=True)
class GrowthBook(RemoteFlag):
    """One feature in one environment.

    Attributes:
        app: address of its pages, for links.
        refresh: seconds until SDKs see a write.
    """

    server: Server
    needs: ClassVar[str] = NEEDS
    flag: str
    wanted: Wanted
    app: str
    refresh: float = 60.0

    @property
    def name(self) -> str:
        """See `FlagProvider`."""
        return f"{self.flag} in {self.wanted.environment}"

    @property
    def capabilities(self) -> Capabilities:
        """See `FlagProvider`."""
        return Capabilities(
            step=STEP,
            lock="revision",
            approvals=True,
            without_key=f"without {self.wanted.draw.attribute} nobody sees it, but at 100 % everybody",
            kill_delay=int(self.refresh),
            kill="enabled",
            refuses=(
                "two rules for everybody, or one with another attribute, seed or version of the hash",
                "a rule that is also of other environments",
                "a condition, a prerequisite, a holdout, or a rule for a part of a saved group",
                "a ramp schedule, a schedule, a safe rollout, an experiment or a bandit",
                "a draft whose publication is scheduled",
                "gates of GrowthBook other than an approval; none is overridden",
            ),
            token=NEEDS,
            flag="one rule for everybody in that environment alone, or none yet; each saved group has a rule",
            segments="a saved group of GrowthBook",
        )

    def _state(self, client: PatientClient) -> FlagState:
        return state_of(self._look(client))

    def _kill(self, client: PatientClient) -> None:
        retried(lambda: self._switch_off(self.server.client()), _TRIES)

    def try_rights(self) -> Rights:
        """See `TriesRights`: an environment that is off is switched off, which changes nothing."""
        with self._asking(UNTRIED) as client:
            try:
                if self._look(client).enabled:
                    return Rights(untried="the environment is on, and only switching it off could be tried")
                self._switch_off(client)
            except ApiError as error:
                where = self.wanted.environment
                return self._rights(error, f"the token may not publish in {where}: {error.message}")
            return Rights()

    def _write(self, client: PatientClient, target: Exposure, seen: FlagState) -> Warnings:
        feature = self._look(client, with_groups=bool(target.segments))
        state = state_of(feature)
        check_seen(state, seen, self.name)
        check_archived(feature.archived, self.name, "Take it out of the archive in GrowthBook", "feature")
        if state.exposure == target:
            return ()
        drafts = Drafts(client, feature, self.name)
        if target != OFF:
            return self._promote(drafts, target)
        said = self._switch_off(client)
        drafts.discard(ours(drafts.open(), feature))
        return said

    def _promote(self, drafts: Drafts, target: Exposure) -> Warnings:
        """Publish a draft: one that waits for it since an earlier try, or a new one."""
        feature = drafts.feature
        found, comment = changes(feature, target, self.name), comment_of(feature, target)
        there = drafts.open()
        drafts.refuse_scheduled(there)
        waiting = [d for d in there if d.comment == comment and is_meant(feature, d.feature, found)]
        drafts.discard(d for d in ours(there, feature) if d not in waiting[:1])
        draft = waiting[0] if waiting else drafts.made(found, comment)
        return self._publish(drafts, draft)

    def _publish(self, drafts: Drafts, draft: Draft) -> Warnings:
        try:
            return drafts.publish(draft, lambda: self._look(drafts.client))
        except ApiError as error:
            raise self._not_published(drafts, draft, error) from error

    def _not_published(self, drafts: Drafts, draft: Draft, error: ApiError) -> Exception:
        """What an unpublished draft means; one that waits for nobody is discarded."""
        closed = closed_gates(error.body)
        if error.status == 422 and closed.waits:
            why = drafts.ask_for_review(draft)
            asked = f", and it could not be asked for: {why}" if why else ""
            link = f"{self.app}/features/{quote(self.flag, safe='')}?v={draft.version}"
            return WaitingForApproval(
                f"revision {draft.version} waits for an approval in GrowthBook: {closed.in_words}{asked}",
                link=link, where=self.name, remedy="Approve it there, then resume the rollout.",
            )  # fmt: skip
        if 400 <= error.status < 500:
            drafts.discard([draft])
        if error.status == 422 and closed.is_stale:
            return moved(f"the feature changed meanwhile: {closed.in_words}", self.name)
        return error

    def _switch_off(self, client: PatientClient) -> Warnings:
        body = {"environments": {self.wanted.environment: False}, "reason": "Switched off by Sluicegate"}
        return bypassed(client.write("POST", f"{self._path}/toggle", body))

    @property
    def _path(self) -> str:
        return f"{API}/v2/features/{quote(self.flag, safe='')}"

    def _look(self, client: PatientClient, *, with_groups: bool = False) -> Feature:
        """The feature now.

        Raises:
            ApiError: the server did not answer.
            FlagError: the answer is not a feature with that environment.
        """
        feature = read_feature(client.read(self._path, {}).object, self.wanted)
        if feature is None:
            raise FlagError(
                f"the answer of GrowthBook has no environment '{self.wanted.environment}'", where=self.name,
                remedy="Look whether address, feature and environment are those of GrowthBook.",
            )  # fmt: skip
        if with_groups or any(rule.groups for rule in feature.own):
            found = pages(client, f"{API}/v1/saved-groups", "savedGroups")
            return replace(feature, groups=read_groups(found))
        return feature

    def _special(self, what: str, error: ApiError) -> FlagError | None:
        if what == UNWRITTEN and error.status == 409:
            return moved(f"the feature changed meanwhile: {error.message}", self.name)
        if error.status == 422:
            closed = closed_gates(error.body)
            why = f"its gates {closed.in_words} are closed" if closed.gates else error.message
            remedy = "Clear that in GrowthBook; Sluicegate overrides no gate and no warning."
            return FlagRefused(f"GrowthBook does not publish: {why}", where=self.name, remedy=remedy)
        if error.refusal is Refusal.DENIED and _WANTS_REVIEW in error.message:
            remedy = (
                "Switch the environment off in GrowthBook by hand, and give the token's role "
                "FlagsBypassApprovals, so that a kill needs no review."
            )
            return FlagRefused(f"GrowthBook wants a review: {error.message}", where=self.name, remedy=remedy)
        return None


KEYS: Mapping[str, Key] = {
    "url": replace(url_key("Address of GrowthBook's API, without `/api`.", CLOUD), missing="", default=CLOUD),
    "app": Key(PAGES, "Address of GrowthBook's pages, for links.", "https://app.growthbook.io"),
    "flag": flag_key("Key of the feature.", "the feature"),
    "environment": Key(
        v.LABEL, "Id of the environment in GrowthBook.", missing="Name it, such as environment: production."
    ),
    "value": Key(v.LABEL, "Value of the new variation, as GrowthBook shows it.", "true"),
    "token": token_key("GROWTHBOOK_TOKEN"),
    "attribute": Key(v.LABEL, "Attribute of users that a share is drawn by.", "id"),
    "seed": Key(
        v.LABEL, "Seed that a share is drawn with. Without it, the key of the feature. A rule that is there "
        "already has its own, often its id.",
    ),
    "refresh": refresh_key("Longest time in which SDKs fetch the features.", 60.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> GrowthBook:
    there = server_of(settings, around, scheme="Bearer")
    draw = Draw(settings["attribute"], settings.get("seed") or settings["flag"])
    wanted = Wanted(settings["environment"], settings["value"], draw)
    return GrowthBook(
        replace(there, seconds=_SECONDS), settings["flag"], wanted,
        settings["app"].rstrip("/"), settings["refresh"],
    )  # fmt: skip


FACTORY = FlagFactory(KEYS, _create)
