"""The draft release that holds the notes: found by listing, made once, and changed between our marks alone.

`GET /releases/tags/{tag}` answers 404 for a draft, and GitHub lets several drafts have one tag. So a run
lists, writes, waits and lists again: of several drafts with our marks that of the lowest id stays, and a run
deletes only what it made itself. Source: GitHub's page on the REST API of releases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sluicegate.github.client import Client, number_at, text_at
from sluicegate.github.publish.sticky import SETTLE
from sluicegate.net.client import ApiError, Refusal
from sluicegate.release.notes.body import has_mark, put


@dataclass(frozen=True, slots=True)
class Draft:
    """The release of a tag.

    Attributes:
        id: its number; two runs at once give the same.
        url: its page.
        what: `created`, `updated`, `unchanged` or `published`; the last is never written to.
        others: ids of further drafts of the tag, which stay.
    """

    id: int
    url: str
    what: str
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafts:
    """The releases of a repository."""

    client: Client
    repository: str

    @property
    def _path(self) -> str:
        return f"/repos/{self.repository}/releases"

    def put(self, tag: str, commit: str, notes: str) -> Draft:
        """Put the notes into the draft of a tag; a new one where it has none, to be tagged at the commit.

        Raises:
            ApiError: GitHub refused, or could not be asked.
            UsageError: the marks in the draft are damaged.
        """
        found = self._listed(tag)
        if found:
            return self._written(found, notes)
        made = self._created(tag, commit, notes)
        self.client.clock.sleep(SETTLE)
        found = self._listed(tag)
        ours = number_at(made, "id")
        if not found or number_at(found[0], "id") == ours:
            others = tuple(number_at(release, "id") for release in found[1:])
            return Draft(ours, text_at(made, "html_url"), "created", others)
        if any(number_at(release, "id") == ours for release in found):
            self._delete(ours)
        return self._written([release for release in found if number_at(release, "id") != ours], notes)

    def _listed(self, tag: str) -> list[dict[str, Any]]:
        """The releases of a tag: a published one, then drafts with our marks, then others, each by id."""
        found = [r for r in self.client.pages(self._path) if text_at(r, "tag_name") == tag]
        return sorted(
            found,
            key=lambda r: (r.get("draft") is True, not has_mark(text_at(r, "body")), number_at(r, "id")),
        )

    def _created(self, tag: str, commit: str, notes: str) -> dict[str, Any]:
        body = {
            "tag_name": tag,
            "target_commitish": commit,
            "name": tag,
            "body": put("", notes),
            "draft": True,
        }

        def landed() -> dict[str, Any] | None:
            return next(iter(self._listed(tag)), None)

        return self.client.write("POST", self._path, body, landed)

    def _written(self, found: list[dict[str, Any]], notes: str) -> Draft:
        """The first of some releases, with the notes in it."""
        release = found[0]
        others = tuple(number_at(r, "id") for r in found[1:])
        draft = Draft(number_at(release, "id"), text_at(release, "html_url"), "unchanged", others)
        if release.get("draft") is not True:
            return replace(draft, what="published")
        body = text_at(release, "body").replace("\r\n", "\n")
        new = put(body, notes)
        if new == body:
            return draft
        self.client.write("PATCH", f"{self._path}/{draft.id}", {"body": new})
        return replace(draft, what="updated")

    def _delete(self, number: int) -> None:
        """Remove what this run made; another run may have been faster."""
        try:
            self.client.write("DELETE", f"{self._path}/{number}", None)
        except ApiError as error:
            if error.refusal is not Refusal.MISSING:
                raise
