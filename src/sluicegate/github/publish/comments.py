"""The sticky comment: one per key on a pull request, from the newest run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from sluicegate.github.client import Client, number_at, text_at
from sluicegate.github.publish.content import LIMITS
from sluicegate.github.publish.identity import mark_of
from sluicegate.github.publish.outcome import Channel, ChannelOutcome, OutcomeKind
from sluicegate.github.publish.plan import (
    Action,
    Create,
    Delete,
    Own,
    StickyComment,
    StickyDraft,
    Update,
    plan_comment,
)
from sluicegate.github.publish.target import Target
from sluicegate.net.client import ApiError, Refusal

ROUNDS = 8
"""Maximum number of reads of a run: while others write, and while the server's list lags behind."""

SETTLE = 1.5
"""Seconds between a write and the next read: longer than another run's read and write."""

BOT = "github-actions[bot]"
"""Login that `GITHUB_TOKEN` writes as; it may not read its own login."""


class _Moved(Exception):
    """The comment was deleted; read again."""


def publish_comment(client: Client, target: Target, draft: StickyDraft) -> ChannelOutcome:
    """Update the sticky comment of the pull request or issue to what the newest run says.

    Raises:
        ApiError: the server refused or the network failed.
    """
    return _Publisher(client, target, draft).run()


class _Publisher:
    def __init__(self, client: Client, target: Target, draft: StickyDraft) -> None:
        self.client = client
        self.draft = draft
        self.path = f"/repos/{target.repository}/issues/{target.number}/comments"
        self.comment_path = f"/repos/{target.repository}/issues/comments"
        self.author = draft.settings.author
        self.limit = 0  # index of LIMITS
        self.own = Own()
        self.url = ""
        self.removed = 0

    def run(self) -> ChannelOutcome:
        self.author = self.author or _login(self.client)
        first, message = OutcomeKind.UNCHANGED, ""
        for number in range(ROUNDS):
            listed = [_comment(found) for found in self.client.pages(self.path)]
            plan = plan_comment(self.own.merged(listed), self.draft, self.author)
            self.url = plan.url or self.url
            if number == 0 or plan.kind is OutcomeKind.SUPERSEDED:
                first, message = plan.kind, plan.message
            if not plan.actions and self.own.is_shown_by(listed):
                break
            self._carry_out(plan.actions)
            self.client.clock.sleep(SETTLE)
        return ChannelOutcome(Channel.COMMENT, first, message, self.url, self.removed)

    def _carry_out(self, actions: Iterable[Action]) -> None:
        with contextlib.suppress(_Moved):
            for action in actions:
                self.url = self._do(action) or self.url
                self.removed += isinstance(action, Delete)

    def _do(self, action: Action) -> str:
        """Carry out an action; returns the address of what was written.

        Raises:
            _Moved: another run deleted the comment meanwhile.
        """
        match action:
            case Create():
                return self._written(None, self._create)
            case Update(number, body):
                return self._written(body, lambda text: self._patch(number, text))
            case Delete(number):
                try:
                    self.client.write("DELETE", f"{self.comment_path}/{number}", None)
                except ApiError as error:
                    if error.refusal is not Refusal.MISSING:
                        raise
                self.own.deleted.add(number)
                return ""

    def _create(self, text: str) -> dict[str, Any]:
        return self.client.write("POST", self.path, {"body": text}, self._landed)

    def _patch(self, number: int, text: str) -> dict[str, Any]:
        try:
            return self.client.write("PATCH", f"{self.comment_path}/{number}", {"body": text})
        except ApiError as error:
            if error.refusal is Refusal.MISSING:
                self.own.deleted.add(number)
                raise _Moved from None
            raise

    def _landed(self) -> dict[str, Any] | None:
        """This run's comment, if it was created although no answer came."""
        for found in self.client.pages(self.path):
            comment = _comment(found)
            same = comment.author.casefold() == self.author.casefold()
            if same and mark_of(comment.body) == self.draft.mark:
                return found
        return None

    def _written(self, body: str | None, write: Callable[[str], dict[str, Any]]) -> str:
        """Write a body, by default our own, in the largest size that the server accepts."""
        while True:
            try:
                answer = write(self.draft.comment(LIMITS[self.limit]) if body is None else body)
            except ApiError as error:
                if error.refusal is not Refusal.INVALID or body is not None or self.limit + 1 == len(LIMITS):
                    raise
                self.limit += 1
            else:
                comment = _comment(answer)
                self.own.written[comment.id] = comment
                # A token of another app than assumed: read again with its login.
                self.author = comment.author or self.author
                return comment.url


def _login(client: Client) -> str:
    try:
        found = client.get("/user")
    except ApiError as error:
        if error.refusal in (Refusal.DENIED, Refusal.MISSING):
            return BOT
        raise
    return text_at(found, "login") or BOT


def _comment(found: dict[str, Any]) -> StickyComment:
    return StickyComment(
        id=number_at(found, "id"),
        author=text_at(found, "user", "login"),
        body=text_at(found, "body"),
        url=text_at(found, "html_url"),
        updated_at=text_at(found, "updated_at"),
    )
