"""Issues of one label as a place for texts: one text is one issue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sluicegate.github.client import PER_PAGE, Client, number_at, text_at
from sluicegate.net.client import ApiError, Landed, Refusal
from sluicegate.rollout.publish.marks import ReadMark

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Label:
    """A label by which our issues are listed.

    Attributes:
        colour: as GitHub writes it, six hexadecimal digits.
        about: its description.
    """

    name: str
    colour: str
    about: str


PAGE = Label("sluicegate-rollout", "1d76db", "A rollout of Sluicegate and its state")
FAILED = Label("sluicegate-rollback-failed", "b60205", "A flag could not be switched off")


@dataclass(frozen=True, slots=True)
class Issues:
    """Issues of a label; see `Place`.

    Attributes:
        title: of a new one.
        read: the mark of a body; an issue without one is not one of ours.
        among: `open`, or `all`.
        state: `open` or `closed`, which a text is written with; empty leaves that to people.
        reason: why it is closed, `completed` or `not_planned`.
    """

    client: Client
    repository: str
    label: Label
    title: str
    read: ReadMark
    among: str = "all"
    state: str = ""
    reason: str = ""

    def listed(self) -> Iterator[JsonObject]:
        """The newest ones with a mark; each is named by its number."""
        found = self.client.first(
            f"/repos/{self.repository}/issues", labels=self.label.name, state=self.among, sort="created",
            direction="desc", per_page=PER_PAGE,
        )  # fmt: skip
        for issue in found:
            if "pull_request" not in issue and self.read(text_at(issue, "body")) is not None:
                yield _numbered(issue)

    def create(self, text: str, landed: Landed) -> JsonObject:
        """Open one, and close it again where the text says so."""
        self._need_label()
        body = {"title": self.title, "body": text, "labels": [self.label.name]}
        made = _numbered(self.client.write("POST", f"/repos/{self.repository}/issues", body, landed))
        return self.update(number_at(made, "id"), text) if self.state == "closed" else made

    def update(self, number: int, text: str) -> JsonObject:
        """Write another text, with the state that goes with it."""
        return self._patch(number, {"body": text, **self._state()})

    def delete(self, number: int) -> None:
        """Close a duplicate, which loses its mark: the API deletes no issue."""
        body = "Another run opened an issue for the same rollout."
        self._patch(number, {"body": body, "state": "closed", "state_reason": "not_planned"})

    def _patch(self, number: int, body: JsonObject) -> JsonObject:
        return _numbered(self.client.write("PATCH", f"/repos/{self.repository}/issues/{number}", body))

    def _state(self) -> JsonObject:
        if not self.state:
            return {}
        return {"state": self.state, **({"state_reason": self.reason} if self.reason else {})}

    def _need_label(self) -> None:
        """Make the label where it is missing: an issue without it would not be found again."""
        path, name = f"/repos/{self.repository}/labels", self.label.name
        try:
            self.client.get(f"{path}/{quote(name, safe='')}")
        except ApiError as error:
            if error.refusal is not Refusal.MISSING:
                raise
            self._make_label(path)

    def _make_label(self, path: str) -> None:
        label = {"name": self.label.name, "color": self.label.colour, "description": self.label.about}
        try:
            self.client.write("POST", path, label)
        except ApiError as error:
            if error.refusal is not Refusal.INVALID:  # another run made it meanwhile
                raise


def _numbered(issue: JsonObject) -> JsonObject:
    return {**issue, "id": number_at(issue, "number")}
