"""Shows a rollout on GitHub after what was done; each part succeeds or fails alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sluicegate.github.client import Client
from sluicegate.github.publish.identity import Mark, mark_of
from sluicegate.github.publish.outcome import OutcomeKind
from sluicegate.github.publish.sticky import Comments, Place, Sticky, app_login, comment_of, login
from sluicegate.net.client import Answer, ApiError, Body, Clock, LostConnection, Transport
from sluicegate.rollout.drift import is_off
from sluicegate.rollout.publish import texts
from sluicegate.rollout.publish.calls import Call, Spell, calls_of
from sluicegate.rollout.publish.deployments import StageDeployments
from sluicegate.rollout.publish.issues import FAILED, PAGE, Issues
from sluicegate.rollout.publish.marks import ReadMark, decide, page_mark
from sluicegate.rollout.publish.outcome import Part, Published, failed
from sluicegate.rollout.publish.stages import wanted
from sluicegate.rollout.publish.texts import Publication
from sluicegate.rollout.state import ENDED, GOING_BACK, Phase, State
from sluicegate.rollout.who import GitHub

BUDGET = 30.0
"""Seconds that showing one rollout may take; a request that is under way may take its own time beyond it."""


@dataclass(frozen=True, slots=True)
class Within:
    """A transport that sends nothing after a moment."""

    inner: Transport
    clock: Clock
    end: float

    def send(self, verb: str, path: str, parameters: Mapping[str, Any], body: Body | None) -> Answer:
        """See `Transport`."""
        if self.clock.monotonic() > self.end:
            raise LostConnection("the time for showing the rollout is up")
        return self.inner.send(verb, path, parameters, body)


@dataclass(slots=True)
class Publisher:
    """Shows rollouts, and remembers what it has shown.

    Attributes:
        github: the repository; without a token nothing is shown.
        clock: the time.
    """

    github: GitHub
    clock: Clock = field(default_factory=Clock)
    _shown: dict[str, tuple[object, ...]] = field(default_factory=dict)
    _author: str = ""

    def publish(self, this: Publication) -> tuple[Published, ...]:
        """Show a rollout; nothing where this process has shown the same."""
        calls = tuple(calls_of(this.state, this.status.entries, this.now)) if this.state is not None else ()
        mark = this.mark(this.id)
        what = (mark.order[0], mark.digest, *(call.key for call in calls))
        client = self.github.client
        if client is None or self._shown.get(this.id) == what:
            return ()
        client.clock, client.seconds = self.clock, BUDGET
        client.transport = Within(client.transport, self.clock, self.clock.monotonic() + BUDGET)
        found = tuple(_Showing(client, self.github.repository, this, calls).run(self._login))
        if not any(one.kind.is_bad for one in found):
            self._shown[this.id] = what
        return found

    def _login(self, client: Client) -> str:
        self._author = self._author or app_login(client) or login(client)
        return self._author


@dataclass(slots=True)
class _Showing:
    """One rollout."""

    client: Client
    repository: str
    this: Publication
    calls: tuple[Call, ...]
    author: str = ""
    page: int = 0
    failure: int = 0

    def run(self, who: Callable[[Client], str]) -> Iterator[Published]:
        """Show each part; what became of those that there were."""
        try:
            self.author = who(self.client)
        except ApiError as error:
            yield failed(Part.PAGE, error)
            return
        parts: tuple[tuple[Part, Callable[[], Iterator[Published]]], ...] = (
            (Part.PAGE, self._page),
            (Part.CALL, self._failure),
            (Part.CALL, self._calls),
        )
        for part, show in parts:
            try:
                yield from show()
            except ApiError as error:
                yield failed(part, error)

    # --- Deployments and page --------------------------------------------------------------------

    def _page(self) -> Iterator[Published]:
        """The Deployments and then the page, whose mark says that both are shown."""
        state, place = self.this.state, self._page_place
        if state is None:
            return
        there = [comment_of(found) for found in place.listed()]
        plan = decide(there, self.this.mark(self.this.id), self.author, page_mark)
        self.page = state.plan.issue or plan.id
        if not plan.actions:
            yield Published(Part.PAGE, plan.kind, plan.message, plan.url)
        elif not self._is_old_news(state, plan.kind):
            stages = self._deployments(state)
            yield stages
            yield self._write_page(state, place, is_pending=stages.kind is OutcomeKind.FAILED)

    def _is_old_news(self, state: State, kind: OutcomeKind) -> bool:
        """Did the rollout end before this run, without a page?"""
        return kind is OutcomeKind.CREATED and state.phase in ENDED and not self.this.status.outcome.recorded

    def _write_page(self, state: State, place: Place, *, is_pending: bool) -> Published:
        this = replace(self.this, is_pending=is_pending)
        sticky = self._sticky(place, this.mark(this.id), page_mark, partial(texts.page_body, this))
        plan = sticky.run()
        self.page = state.plan.issue or sticky.number
        return Published(Part.PAGE, plan.kind, plan.message, sticky.url)

    @property
    def _page_place(self) -> Place:
        state = self.this.state
        if state is not None and state.plan.issue:
            return Comments(self.client, self.repository, state.plan.issue)
        phase = state.phase if state is not None else None
        reopened = "open" if phase in GOING_BACK else ""
        reason = "completed" if phase is Phase.COMPLETED else "not_planned"
        closed = phase in ENDED
        return Issues(
            self.client, self.repository, PAGE, texts.page_title(self.this), page_mark,
            state="closed" if closed else reopened, reason=reason if closed else "",
        )  # fmt: skip

    def _deployments(self, state: State) -> Published:
        this = self.this
        shown = StageDeployments(
            self.client, self.repository, this.name, this.id, this.status.commit, this.run_url
        )
        try:
            return shown.show(wanted(state, this.status.entries))
        except ApiError as error:
            return failed(Part.DEPLOYMENTS, error)

    # --- calls -----------------------------------------------------------------------------------

    def _failure(self) -> Iterator[Published]:
        """The issue about a rollback that failed; closed when the flags are off."""
        text = self._failed
        place = Issues(
            self.client, self.repository, FAILED, texts.failure_title(self.this), mark_of, among="open"
        )
        if text:
            ours = self.this.mark(texts.failure_key(self.this))
            sticky = self._sticky(place, ours, mark_of, partial(texts.failure_body, self.this, text))
            plan = sticky.run()
            self.failure = sticky.number
            yield Published(Part.CALL, plan.kind, plan.message, sticky.url)
        elif self.this.state is not None and self.this.state.phase is Phase.ROLLED_BACK:
            yield from self._close(place)

    @property
    def _failed(self) -> str:
        """Why a rollback failed; empty where none did."""
        outcome, state = self.this.status.outcome, self.this.state
        if any(call.spell is Spell.ROLLBACK_FAILED for call in self.calls):
            return state.reason if state is not None else ""
        is_on = not all(map(is_off, outcome.flags))
        return outcome.failed.what if state is None and outcome.failed is not None and is_on else ""

    def _close(self, place: Issues) -> Iterator[Published]:
        key = texts.failure_key(self.this)
        closing = Issues(
            self.client, self.repository, FAILED, place.title, mark_of, state="closed", reason="completed"
        )
        for found in map(comment_of, place.listed()):
            mark = mark_of(found.body)
            if mark is not None and mark.key == key and found.author.casefold() == self.author.casefold():
                closing.update(found.id, texts.resolved_body(self.this))
                yield Published(Part.CALL, OutcomeKind.UPDATED, url=found.url)

    def _calls(self) -> Iterator[Published]:
        for call in self.calls:
            about_failure = call.spell is Spell.ROLLBACK_FAILED
            number = self.failure if about_failure else self.page
            if not number or (about_failure and call.number == 0):
                continue
            place = Comments(self.client, self.repository, number)
            mark = texts.call_mark(call)
            sticky = self._sticky(place, mark, mark_of, partial(texts.call_body, self.this, call))
            plan = sticky.run()
            yield Published(Part.CALL, plan.kind, plan.message, sticky.url)

    def _sticky(self, place: Place, ours: Mark, read: ReadMark, body: Callable[[int], str]) -> Sticky:
        return Sticky(
            self.client, place, lambda there, author: decide(there, ours, author, read), body,
            lambda text: read(text) == ours, self.author,
        )  # fmt: skip
