"""Plans what to write, from the server's state and a run's report. Pure.

Several runs may publish at once, and GitHub offers no compare-and-swap. So every run reads, writes,
and reads again until there is nothing left to do, and every run that sees the same state decides the
same: the comment with the lowest id stays, it gets the newest run's text, and the others are deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sluicegate.core.statuses import ReportStatus
from sluicegate.github.publish.identity import Mark, PublishingRun, fork_of_url, mark_of, run_of_url
from sluicegate.github.publish.outcome import OutcomeKind
from sluicegate.github.publish.settings import CommentMode, PublishSettings


class StickyDraft(Protocol):
    """What a sticky comment is written of: the report of gates, or the readiness of a release."""

    @property
    def run(self) -> PublishingRun:
        """The run that writes it."""

    @property
    def settings(self) -> PublishSettings:
        """When a comment is begun, and who writes it."""

    @property
    def mark(self) -> Mark:
        """Hidden in the comment."""

    @property
    def verdict(self) -> ReportStatus:
        """Whether something is blocked, for the modes that begin a comment only then."""

    def comment(self, limit: int) -> str:
        """The comment's body, of at most `limit` bytes."""


@dataclass(frozen=True, slots=True)
class StickyComment:
    """A comment as the server lists it; `updated_at` in UTC and to the second, as it writes times."""

    id: int
    author: str
    body: str
    url: str = ""
    updated_at: str = field(default="", compare=False)


@dataclass(slots=True)
class Own:
    """What this run wrote, by id. The server answers at once, but its list may show it seconds later."""

    written: dict[int, StickyComment] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)

    def merged(self, listed: Sequence[StickyComment]) -> list[StickyComment]:
        """The list, with this run's writes where they are newer."""
        there = {comment.id: comment for comment in listed} | self._late(listed)
        return [comment for number, comment in there.items() if number not in self.deleted]

    def is_shown_by(self, listed: Sequence[StickyComment]) -> bool:
        """Does the list show all of this run's writes?"""
        shows_deleted = any(comment.id in self.deleted for comment in listed)
        return not shows_deleted and self._late(listed).keys() <= self.deleted

    def _late(self, listed: Sequence[StickyComment]) -> dict[int, StickyComment]:
        """What was written and the list does not show yet, by id."""
        times = {comment.id: comment.updated_at for comment in listed}
        return {n: c for n, c in self.written.items() if n not in times or times[n] < c.updated_at}


@dataclass(frozen=True, slots=True)
class Create:
    """Write a new comment with our body."""


@dataclass(frozen=True, slots=True)
class Update:
    """Give the comment `id` a body; None means our own."""

    id: int
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a duplicate."""

    id: int


Action = Create | Update | Delete


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions in order, and their outcome; `url` and `id` are of the text that stays, if there is one."""

    kind: OutcomeKind
    actions: tuple[Action, ...] = ()
    message: str = ""
    url: str = ""
    id: int = 0


def plan_comment(there: Iterable[StickyComment], draft: StickyDraft, author: str) -> Plan:
    """The plan for the sticky comment, from all comments of the pull request.

    Only comments of `author`, whom our token writes as, with the mark of our key count.
    """
    mode = draft.settings.comment
    if mode is CommentMode.NEVER:
        return Plan(OutcomeKind.SKIPPED, message="comments are switched off")
    ours = sorted(_marked(there, draft.run.key, author), key=lambda pair: pair[0].id)
    if not ours:
        return _first(draft, mode)
    newest, mark = max(ours, key=lambda pair: (pair[1].order, -pair[0].id))
    deletes = tuple(Delete(comment.id) for comment, _ in ours[1:])
    stays = ours[0][0]
    reason = _kept(mark, draft)
    if reason is None:
        return Plan(OutcomeKind.UPDATED, (Update(stays.id), *deletes), url=stays.url, id=stays.id)
    updates = () if stays is newest else (Update(stays.id, newest.body),)
    return Plan(reason[0], (*updates, *deletes), reason[1], stays.url, stays.id)


def _kept(mark: Mark, draft: StickyDraft) -> tuple[OutcomeKind, str] | None:
    """Why the text of the newest comment stays; None when ours is newer."""
    if mark.order > draft.run.order:
        return OutcomeKind.SUPERSEDED, "a newer run has published"
    if draft.settings.comment is CommentMode.ON_CHANGE and mark.digest == draft.mark.digest:
        return OutcomeKind.UNCHANGED, "no status has changed"
    return (OutcomeKind.UNCHANGED, "") if mark == draft.mark else None


def _first(draft: StickyDraft, mode: CommentMode) -> Plan:
    status = draft.verdict
    if mode is CommentMode.ON_FAILURE and status is not ReportStatus.BLOCKED:
        return Plan(OutcomeKind.SKIPPED, message="nothing is blocked")
    if mode is CommentMode.ON_CHANGE and status is ReportStatus.PASS:
        return Plan(OutcomeKind.SKIPPED, message="all gates pass, and no earlier comment says otherwise")
    return Plan(OutcomeKind.CREATED, (Create(),))


def _marked(there: Iterable[StickyComment], key: str, author: str) -> Iterable[tuple[StickyComment, Mark]]:
    for comment in there:
        mark = mark_of(comment.body) if comment.author.casefold() == author.casefold() else None
        if mark is not None and mark.key == key:
            yield comment, mark


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """A commit status; its address names the run that set it. `id` is 0 before it is written."""

    context: str
    state: str
    description: str
    target_url: str
    id: int = field(default=0, compare=False)

    @property
    def order(self) -> tuple[bool, int, tuple[int, int], bool]:
        """The status with the largest order counts.

        One of the repository's own run precedes one of what a fork measured, and of these the one of the
        pull request that was opened first: a pull request with the same commit cannot change the status
        of another. Then follow the run's id and attempt, which grow with time; of two uses of the Action
        in one attempt of a run the one that does not pass.
        """
        return not self.fork_of, -self.fork_of, run_of_url(self.target_url), self.state != "success"

    @property
    def fork_of(self) -> int:
        """Number of the pull request whose fork measured; 0 for the repository's own run."""
        return fork_of_url(self.target_url)


def plan_status(
    there: Sequence[CommitStatus], ours: CommitStatus, closed: Collection[int] = frozenset()
) -> CommitStatus | None:
    """The status to set; None when the one that counts is shown.

    It may be the status of another run than ours, hidden by one that counts less. The server lists the latest
    first. Statuses of the forks of closed pull requests no longer count.
    """
    same = [status for status in there if status.context == ours.context]
    counting = [status for status in same if status.fork_of not in closed]
    best = max([ours, *counting], key=lambda status: status.order)
    return None if same and same[0] == best else best


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run as the server lists it; `mark` is None where another program wrote it."""

    id: int
    mark: Mark | None
    conclusion: str
    title: str
    summary: str
    annotations: int
    url: str = ""


def newest_check(there: Iterable[CheckRun], key: str) -> CheckRun | None:
    """The check run of our key that the newest run wrote; of one run's, the latest."""
    ours = [(run.mark.order, run.id, run) for run in there if run.mark and run.mark.key == key]
    return max(ours, key=lambda found: found[:2])[2] if ours else None
