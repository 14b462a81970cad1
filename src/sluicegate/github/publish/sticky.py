"""A text that is written once and then kept up to date, whoever else writes it at the same time.

GitHub has no compare-and-swap: look, write, wait, and look again until nothing is left to do. What is to be
done is a pure function of what is there, so all runs that see the same decide the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sluicegate.github.client import Client, number_at, text_at
from sluicegate.github.publish.content import LIMITS
from sluicegate.github.publish.outcome import OutcomeKind
from sluicegate.github.publish.plan import Action, Create, Delete, Own, Plan, StickyComment, Update
from sluicegate.net.client import ApiError, Landed, Refusal

ROUNDS = 8
"""Maximum number of reads of a run: while others write, and while the server's list lags behind."""

SETTLE = 1.5
"""Seconds between a write and the next read: longer than another run's read and write."""

BOT = "github-actions[bot]"
"""Login that `GITHUB_TOKEN` writes as; it may not read its own login."""

_INSTALLATION = "ghs_"
"""Tokens of an installation, as `GITHUB_TOKEN` is one, begin like this and may not ask who they are."""

JsonObject = dict[str, Any]


class Moved(Exception):
    """The text was deleted; read again."""


class Place(Protocol):
    """Where texts are: the comments of an issue, or issues."""

    def listed(self) -> Iterable[JsonObject]:
        """All that are there."""

    def create(self, text: str, landed: Landed) -> JsonObject:
        """Write a new one; what the server answers."""

    def update(self, number: int, text: str) -> JsonObject:
        """Write another text; what the server answers."""

    def delete(self, number: int) -> None:
        """Remove a duplicate."""


@dataclass(slots=True)
class Sticky:
    """One text at its place.

    Attributes:
        decide: what to do, of what is there and whom our token writes as.
        body: our text, of so many bytes at the most.
        is_ours: did this run write a text?
        author: whom our token writes as; empty to ask the server.
        url, number: of what was written, or was there.
        removed: duplicates that were deleted.
    """

    client: Client
    place: Place
    decide: Callable[[Sequence[StickyComment], str], Plan]
    body: Callable[[int], str]
    is_ours: Callable[[str], bool]
    author: str = ""
    url: str = ""
    number: int = 0
    removed: int = 0
    _limit: int = 0  # index of LIMITS
    _own: Own = field(default_factory=Own)

    def run(self) -> Plan:
        """Write until it is there; the plan of the first look, or that of a newer run.

        Raises:
            ApiError: the server refused or the network failed.
        """
        self.author = self.author or login(self.client)
        first, is_done = self._round()
        for _ in range(ROUNDS - 1):
            if is_done:
                break
            plan, is_done = self._round()
            first = plan if plan.kind is OutcomeKind.SUPERSEDED else first
        return first

    def _round(self) -> tuple[Plan, bool]:
        """Look, and do what is to be done; the plan, and whether nothing was left."""
        listed = [comment_of(found) for found in self.place.listed()]
        plan = self.decide(self._own.merged(listed), self.author)
        self.url, self.number = plan.url or self.url, plan.id or self.number
        if not plan.actions and self._own.is_shown_by(listed):
            return plan, True
        self._carry_out(plan.actions)
        self.client.clock.sleep(SETTLE)
        return plan, False

    def _carry_out(self, actions: Iterable[Action]) -> None:
        with contextlib.suppress(Moved):
            for action in actions:
                self.url = self._do(action) or self.url
                self.removed += isinstance(action, Delete)

    def _do(self, action: Action) -> str:
        """Carry out an action; returns the address of what was written.

        Raises:
            Moved: another run deleted the text meanwhile.
        """
        match action:
            case Create():
                return self._written(None, lambda text: self.place.create(text, self._landed))
            case Update(number, body):
                return self._written(body, lambda text: self._update(number, text))
            case Delete(number):
                try:
                    self.place.delete(number)
                except ApiError as error:
                    if error.refusal is not Refusal.MISSING:
                        raise
                self._own.deleted.add(number)
                return ""

    def _update(self, number: int, text: str) -> JsonObject:
        try:
            return self.place.update(number, text)
        except ApiError as error:
            if error.refusal is Refusal.MISSING:
                self._own.deleted.add(number)
                raise Moved from None
            raise

    def _landed(self) -> JsonObject | None:
        """This run's text, if it was created although no answer came."""
        for found in self.place.listed():
            comment = comment_of(found)
            if comment.author.casefold() == self.author.casefold() and self.is_ours(comment.body):
                return found
        return None

    def _written(self, body: str | None, write: Callable[[str], JsonObject]) -> str:
        """Write a body, by default our own, in the largest size that the server accepts."""
        while True:
            try:
                answer = write(self.body(LIMITS[self._limit]) if body is None else body)
            except ApiError as error:
                if error.refusal is not Refusal.INVALID or body is not None or self._limit + 1 == len(LIMITS):
                    raise
                self._limit += 1
            else:
                comment = comment_of(answer)
                self._own.written[comment.id] = comment
                # A token of another app than assumed: read again with its login.
                self.author = comment.author or self.author
                self.number = comment.id
                return comment.url


@dataclass(frozen=True, slots=True)
class Comments:
    """The comments of an issue or a pull request."""

    client: Client
    repository: str
    number: int

    def listed(self) -> Iterator[JsonObject]:
        """See `Place`."""
        return self.client.pages(f"/repos/{self.repository}/issues/{self.number}/comments")

    def create(self, text: str, landed: Landed) -> JsonObject:
        """See `Place`."""
        path = f"/repos/{self.repository}/issues/{self.number}/comments"
        return self.client.write("POST", path, {"body": text}, landed)

    def update(self, number: int, text: str) -> JsonObject:
        """See `Place`."""
        path = f"/repos/{self.repository}/issues/comments/{number}"
        return self.client.write("PATCH", path, {"body": text})

    def delete(self, number: int) -> None:
        """See `Place`."""
        self.client.write("DELETE", f"/repos/{self.repository}/issues/comments/{number}", None)


def login(client: Client) -> str:
    """Whom the client's token writes as.

    Raises:
        ApiError: the server refused or the network failed.
    """
    if client.secret.startswith(_INSTALLATION):
        return BOT
    try:
        found = client.get("/user")
    except ApiError as error:
        if error.refusal in (Refusal.DENIED, Refusal.MISSING):
            return BOT
        raise
    return text_at(found, "login") or BOT


def app_login(client: Client) -> str:
    """Whom the client's token writes as where it is an app's, which may ask that by GraphQL alone.

    Empty for the token of a person, and where the server does not say.
    """
    if not client.secret.startswith(_INSTALLATION):
        return ""
    try:
        return text_at(client.graphql("query { viewer { login } }"), "viewer", "login")
    except ApiError:
        return ""


def comment_of(found: JsonObject) -> StickyComment:
    """A text as the server lists it."""
    return StickyComment(
        id=number_at(found, "id"),
        author=text_at(found, "user", "login"),
        body=text_at(found, "body"),
        url=text_at(found, "html_url"),
        updated_at=text_at(found, "updated_at"),
    )
