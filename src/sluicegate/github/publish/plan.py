"""What to write, from what is there and what a run has to say. Pure.

Several runs may publish at once, and GitHub offers no compare-and-swap. So every run looks, writes,
and looks again until there is nothing left to do, and every run that sees the same things decides
the same: the comment with the lowest id stays, it says what the newest run said, and the others go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sluicegate.core.statuses import ReportStatus
from sluicegate.github.publish.content import Draft
from sluicegate.github.publish.identity import Mark, fork_of_url, mark_of, run_of_url
from sluicegate.github.publish.outcome import Kind
from sluicegate.github.publish.settings import CommentMode


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as the server lists it; `updated_at` in UTC and to the second, as it writes times."""

    id: int
    author: str
    body: str
    url: str = ""
    updated_at: str = field(default="", compare=False)


@dataclass(slots=True)
class Own:
    """What this run did itself. The server answers a write at once, and its list may show it seconds later.

    Attributes:
        written: comments as the server answered, by id.
        deleted: ids of those that are gone.
    """

    written: dict[int, Comment] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)

    def laid_over(self, listed: Sequence[Comment]) -> list[Comment]:
        """What is there: the list, with our own writes where it is older than they."""
        there = {comment.id: comment for comment in listed}
        for number, comment in self.written.items():
            if number not in there or there[number].updated_at < comment.updated_at:
                there[number] = comment
        return [comment for number, comment in there.items() if number not in self.deleted]

    def is_shown_by(self, listed: Sequence[Comment]) -> bool:
        """Is the list as new as our last write?"""
        shown = {comment.id: comment for comment in listed}
        late = (
            number not in shown or shown[number].updated_at < comment.updated_at
            for number, comment in self.written.items()
            if number not in self.deleted
        )
        return not self.deleted & shown.keys() and not any(late)


@dataclass(frozen=True, slots=True)
class Create:
    """Write a new comment with our body."""


@dataclass(frozen=True, slots=True)
class Update:
    """Give the comment `id` a body; None stands for ours."""

    id: int
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a duplicate."""

    id: int


Action = Create | Update | Delete


@dataclass(frozen=True, slots=True)
class Plan:
    """Actions in order, and what it means when they are done."""

    kind: Kind
    actions: tuple[Action, ...] = ()
    message: str = ""
    url: str = ""


def plan_comment(there: Iterable[Comment], draft: Draft, author: str) -> Plan:
    """What to do about the sticky comment.

    Only comments that `author` wrote and that carry the mark of our key are looked at.

    Args:
        there: all comments of the pull request.
        draft: what this run has to say.
        author: the login that our token writes as.
    """
    mode = draft.settings.comment
    if mode is CommentMode.NEVER:
        return Plan(Kind.SKIPPED, message="comments are switched off")
    ours = sorted(_marked(there, draft.run.key, author), key=lambda pair: pair[0].id)
    if not ours:
        return _first(draft, mode)
    newest, mark = max(ours, key=lambda pair: (pair[1].order, -pair[0].id))
    deletes = tuple(Delete(comment.id) for comment, _ in ours[1:])
    stays = ours[0][0]
    reason = _kept(mark, draft)
    if reason is None:
        return Plan(Kind.UPDATED, (Update(stays.id), *deletes), url=stays.url)
    updates = () if stays is newest else (Update(stays.id, newest.body),)
    return Plan(reason[0], (*updates, *deletes), reason[1], stays.url)


def _kept(mark: Mark, draft: Draft) -> tuple[Kind, str] | None:
    """Why what the newest comment says stays as it is; None when we have something newer to say."""
    if mark.order > draft.run.order:
        return Kind.SUPERSEDED, "a newer run has published"
    if draft.settings.comment is CommentMode.ON_CHANGE and mark.digest == draft.mark.digest:
        return Kind.UNCHANGED, "no status has changed"
    return (Kind.UNCHANGED, "") if mark == draft.mark else None


def _first(draft: Draft, mode: CommentMode) -> Plan:
    status = draft.report.status
    if mode is CommentMode.ON_FAILURE and status is not ReportStatus.BLOCKED:
        return Plan(Kind.SKIPPED, message="nothing is blocked")
    if mode is CommentMode.ON_CHANGE and status is ReportStatus.PASS:
        return Plan(Kind.SKIPPED, message="all is well, and was not said to be otherwise")
    return Plan(Kind.CREATED, (Create(),))


def _marked(there: Iterable[Comment], key: str, author: str) -> Iterable[tuple[Comment, Mark]]:
    for comment in there:
        mark = mark_of(comment.body) if comment.author.casefold() == author.casefold() else None
        if mark is not None and mark.key == key:
            yield comment, mark


@dataclass(frozen=True, slots=True)
class Status:
    """A commit status; its address names the run that set it. `id` is 0 before the server has it."""

    context: str
    state: str
    description: str
    target_url: str
    id: int = field(default=0, compare=False)

    @property
    def order(self) -> tuple[bool, int, tuple[int, int], bool]:
        """The status with the largest order counts.

        One of the repository's own run goes before one of what a fork measured, and of these that of the
        pull request that was opened first: nobody changes the status of another by a pull request with
        the same commit. Then follow the run's id and attempt, which grow with time; of two uses of the
        Action in one attempt of a run the one that does not pass.
        """
        return not self.fork_of, -self.fork_of, run_of_url(self.target_url), self.state != "success"

    @property
    def fork_of(self) -> int:
        """Number of the pull request whose fork measured; 0 for the repository's own run."""
        return fork_of_url(self.target_url)


def plan_status(
    there: Sequence[Status], ours: Status, closed: Collection[int] = frozenset()
) -> Status | None:
    """The status to set, or None when the one that counts is the one that shows.

    It may be the status of another run than ours, which one that counts less has covered.

    Args:
        there: the commit's statuses, the latest first, as the server lists them.
        ours: what this run has to say.
        closed: numbers of pull requests whose forks' statuses count no more.
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
