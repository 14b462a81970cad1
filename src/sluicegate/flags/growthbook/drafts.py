"""Drafts of a feature's revisions: made, changed and published by requests that are never carried out twice.

Source: the API's description 4.4.0 and the server's source of 2026-08. A draft remembers the live version
that it was made of. Publishing merges it: where rules were changed in both, the server refuses. So the draft
is the lock. A draft is found again by its comment: after a lost answer, and in a later tick that waits for
its approval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from sluicegate.flags.growthbook.changes import Change, Patch, is_meant
from sluicegate.flags.growthbook.gates import bypassed
from sluicegate.flags.growthbook.model import Feature
from sluicegate.flags.growthbook.rules import read_rules
from sluicegate.flags.interface import Exposure, FlagError, FlagRefused
from sluicegate.flags.normal import fingerprint, mapping, moved, percent, still_on
from sluicegate.net.client import ApiError, PatientClient

API: Final = "/api"
"""Before the path of every request."""

_PAGE: Final = 100
_OPEN: Final = "all-drafts"
_PUBLISHED: Final = "published"


@dataclass(frozen=True, slots=True)
class Draft:
    """A revision that is not live, or no longer.

    Attributes:
        version: its number.
        base: the live version that it was made of.
        status: `draft`, `pending-review`, `approved`, `changes-requested`, `published`, `discarded`.
        comment: of who made it.
        feature: as it would be.
        scheduled: when GrowthBook publishes it by itself; empty for never.
    """

    version: int
    base: int
    status: str
    comment: str
    feature: Feature
    scheduled: str


def pages(client: PatientClient, path: str, key: str, **asked: str) -> list[object]:
    """All entries of a list of the API, page by page.

    Raises:
        ApiError: the server did not answer.
        TypeError: its answer holds no list.
    """
    found: list[object] = []
    while True:
        page = client.read(path, {**asked, "limit": _PAGE, "offset": len(found)}).object
        more = page.get(key)
        if not isinstance(more, list):
            raise TypeError(f"the answer has no list '{key}'")
        found += more
        if not more or page.get("hasMore") is not True:
            return found


def comment_of(feature: Feature, target: Exposure) -> str:
    """The comment of the draft that leads from a state to a target, the same at each try."""
    seen = fingerprint([feature.version, str(target.share), target.segments, feature.wanted.value])
    named = "".join(f" and {name}" for name in target.segments)
    return f"{mark(feature)}to {percent(target.share)}{named} [{seen[:12]}]"


def mark(feature: Feature) -> str:
    """How the comments of our drafts for the environment begin."""
    return f"Rollout by Sluicegate in {feature.wanted.environment}: "


def read_draft(found: Mapping[str, object], feature: Feature) -> Draft | None:
    """A revision of the API; None if it is not one.

    Args:
        found: of the answer.
        feature: as it is live.
    """
    version, base = found.get("version"), found.get("baseVersion")
    if not isinstance(version, int) or not isinstance(base, int) or not isinstance(found.get("rules"), list):
        return None
    switches = {k: v is True for k, v in mapping(found.get("environmentsEnabled")).items()}
    changed = replace(
        feature,
        rules=read_rules(found.get("rules")),
        default=str(found.get("defaultValue", feature.default)),
        environments={**feature.environments, **switches},
    )
    text = {key: str(found.get(key) or "") for key in ("status", "comment", "scheduledPublishAt")}
    return Draft(version, base, text["status"], text["comment"], changed, text["scheduledPublishAt"])


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts of one feature, as it was read.

    Attributes:
        client: of one operation.
        feature: as it is live.
        name: of the flag, for people.
    """

    client: PatientClient
    feature: Feature
    name: str

    @property
    def _path(self) -> str:
        return f"{API}/v2/features/{quote(self.feature.id, safe='')}/revisions"

    def open(self) -> tuple[Draft, ...]:
        """Those that may still be published.

        Raises:
            ApiError: the server did not answer.
        """
        found = pages(self.client, self._path, "revisions", status=_OPEN)
        read = (read_draft(mapping(each), self.feature) for each in found)
        return tuple(draft for draft in read if draft is not None)

    def refuse_scheduled(self, drafts: Iterable[Draft]) -> None:
        """Refuse to act beside a draft that GrowthBook publishes by itself.

        Raises:
            FlagRefused: there is one.
        """
        for draft in drafts:
            if draft.scheduled:
                raise FlagRefused(
                    f"GrowthBook publishes the draft {draft.version} by itself at {draft.scheduled}",
                    where=self.name, remedy="Publish or discard it, or take its schedule away.",
                )  # fmt: skip

    def discard(self, drafts: Iterable[Draft]) -> None:
        """Discard drafts; one that cannot be is left."""
        for draft in drafts:
            try:
                self.client.write("POST", f"{self._path}/{draft.version}/discard", {})
            except ApiError:
                continue

    def made(self, found: Sequence[Change], comment: str) -> Draft:
        """A new draft with the changes, the environment switched on in it.

        Raises:
            ApiError: the server did not answer, or refused.
            FlagConflict: the feature was changed meanwhile.
        """
        draft = None
        for change in found:
            draft = self._change(change, draft, comment)
        if not self.feature.enabled:
            draft = self._switch_on(draft, comment)
        if draft is None:
            remedy = "The next tick looks again."
            raise FlagError("there is nothing to change", where=self.name, remedy=remedy)
        if draft.base != self.feature.version or not is_meant(self.feature, draft.feature, found):
            self.discard([draft])
            raise moved("the feature was changed while a draft was made", self.name)
        return draft

    def _change(self, change: Change, draft: Draft | None, comment: str) -> Draft:
        path = f"{self._path}/{draft.version if draft else 'new'}/rules"
        body: dict[str, object] = {} if draft else {"revisionComment": comment}

        def landed() -> dict[str, Any] | None:
            return self._found(draft, comment, lambda found: change.is_done(found.feature.rules))

        match change:
            case Patch(after, fields):
                rule = quote(after.id, safe="")
                answer = self.client.write("PUT", f"{path}/{rule}", {"rule": fields, **body}, landed)
            case create:
                answer = self.client.write("POST", path, {"rule": create.body, **body}, landed)
        return self._read(answer)

    def _switch_on(self, draft: Draft | None, comment: str) -> Draft:
        environment = self.feature.wanted.environment
        body = {"environment": environment, "enabled": True}
        comments = {} if draft else {"revisionComment": comment}

        def landed() -> dict[str, Any] | None:
            return self._found(draft, comment, lambda found: found.feature.enabled)

        path = f"{self._path}/{draft.version if draft else 'new'}/toggle"
        return self._read(self.client.write("POST", path, {**body, **comments}, landed))

    def _found(
        self, draft: Draft | None, comment: str, is_done: Callable[[Draft], bool]
    ) -> dict[str, Any] | None:
        """The revision that a lost answer was about, where the change is in it."""
        if draft is not None:
            own = [self.client.read(f"{self._path}/{draft.version}", {}).object.get("revision")]
        else:
            there = pages(self.client, self._path, "revisions", status=_OPEN)
            own = [each for each in there if mapping(each).get("comment") == comment]
        for found in map(mapping, own):
            read = read_draft(found, self.feature)
            if read is not None and is_done(read):
                return {"revision": found}
        return None

    def _read(self, answer: Mapping[str, object]) -> Draft:
        draft = read_draft(mapping(answer.get("revision")), self.feature)
        if draft is None:
            raise FlagError(
                "the answer of GrowthBook is no revision", where=self.name,
                remedy="Look whether the address is that of GrowthBook's API, version 4 or later.",
            )  # fmt: skip
        return draft

    def publish(self, draft: Draft, look: Callable[[], Feature]) -> tuple[str, ...]:
        """Publish a draft; which gates were bypassed.

        Args:
            draft: that leads to the target.
            look: reads the feature again.

        Raises:
            ApiError: the server did not answer, or refused.
            FlagConflict: it was published, and the feature switched off since.
        """

        def landed() -> dict[str, Any] | None:
            now = look()
            if now.version == draft.version:
                return {}
            found = mapping(self.client.read(f"{self._path}/{draft.version}", {}).object.get("revision"))
            return still_on(now.enabled, self.name) if found.get("status") == _PUBLISHED else None

        return bypassed(self.client.write("POST", f"{self._path}/{draft.version}/publish", {}, landed))

    def ask_for_review(self, draft: Draft) -> str:
        """Ask for the review of a draft where nobody has; why it could not be asked for, or nothing."""
        if draft.status != "draft":
            return ""
        try:
            self.client.write("POST", f"{self._path}/{draft.version}/request-review", {})
        except ApiError as error:
            return error.message
        return ""


def ours(drafts: Iterable[Draft], feature: Feature) -> Iterator[Draft]:
    """The drafts that we made for the environment."""
    return (draft for draft in drafts if draft.comment.startswith(mark(feature)))
