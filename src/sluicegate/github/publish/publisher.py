"""A report to all its channels; each succeeds or fails alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sluicegate.errors import UsageError
from sluicegate.github.client import ApiError, Client, Refusal
from sluicegate.github.lines import LineMap
from sluicegate.github.publish.checks import publish_check
from sluicegate.github.publish.comments import publish_comment
from sluicegate.github.publish.content import Draft, draft_of
from sluicegate.github.publish.identity import Run
from sluicegate.github.publish.outcome import Channel, Kind, Outcome, denied
from sluicegate.github.publish.settings import CommentMode, Settings
from sluicegate.github.publish.statuses import publish_status
from sluicegate.github.publish.target import Target
from sluicegate.model import Report
from sluicegate.report import view
from sluicegate.text import one_line


def same_line(_path: str, line: int) -> int | None:
    """The map of lines where the head itself was tested."""
    return line


@dataclass(frozen=True, slots=True)
class Publication:
    """A report and where it goes.

    Attributes:
        report: with the paths of its findings from the top of the repository.
        target: what the event or the user named.
        run: which run speaks.
        settings: the channels.
        map_line: from the tested tree's lines to the head's.
    """

    report: Report
    target: Target
    run: Run
    settings: Settings
    map_line: LineMap = same_line


def publish(publication: Publication, client: Client) -> list[Outcome]:
    """Publish to every channel that is on; what became of each.

    Raises:
        UsageError: the report is of another commit than the one that was named.
    """
    wanted = _wanted(publication.settings)
    if not wanted:
        return []
    try:
        pull_head = _pull_head(client, publication.target)
    except ApiError as error:
        return [_outcome(channel, error, publication.target) for channel in wanted]
    target = replace(publication.target, head=publication.target.head or pull_head)
    _check_commit(publication.report, target)
    this = replace(publication, target=target)
    draft = draft_of(this.report, this.run, this.settings)
    return [_published(channel, this, draft, client, pull_head) for channel in wanted]


def _wanted(settings: Settings) -> list[Channel]:
    on = {
        Channel.COMMENT: settings.comment is not CommentMode.NEVER,
        Channel.STATUS: settings.status,
        Channel.CHECK_RUN: settings.check_run,
    }
    return [channel for channel, is_on in on.items() if is_on]


def _pull_head(client: Client, target: Target) -> str:
    """The pull request's head as the server knows it; empty without a pull request.

    Where the token may not read pull requests, the event's own word has to do.
    """
    if not target.number:
        return ""
    try:
        pull = client.get(f"/repos/{target.repository}/pulls/{target.number}")
    except ApiError as error:
        if error.refusal in (Refusal.DENIED, Refusal.MISSING) and target.head:
            return target.head
        raise
    head = pull.get("head")
    sha = head.get("sha") if isinstance(head, dict) else None
    if not isinstance(sha, str):
        raise ApiError(Refusal.GAVE_UP, "the server's answer about the pull request names no head")
    return sha


def _check_commit(report: Report, target: Target) -> None:
    if report.commit.head != target.head:
        theirs = one_line(view.short(report.commit.head)) or "no commit"
        raise UsageError(
            f"the report is of {theirs}, and not of {view.short(target.head)}, the head that it would be "
            "published to",
            remedy="Publish the report of the run that tested this commit.",
        )


def _published(channel: Channel, this: Publication, draft: Draft, client: Client, pull_head: str) -> Outcome:
    ways: dict[Channel, Callable[[], Outcome]] = {
        Channel.COMMENT: lambda: publish_comment(client, this.target, draft),
        Channel.STATUS: lambda: publish_status(client, this.target, draft),
        Channel.CHECK_RUN: lambda: publish_check(client, this.target, draft, this.map_line),
    }
    if channel is Channel.COMMENT and not this.target.number:
        return Outcome(channel, Kind.SKIPPED, "there is no pull request")
    if channel is Channel.COMMENT and pull_head != this.target.head:
        text = f"the pull request's head is now {view.short(pull_head)}, whose own run reports"
        return Outcome(channel, Kind.SUPERSEDED, text)
    try:
        return ways[channel]()
    except ApiError as error:
        return _outcome(channel, error, this.target)


def _outcome(channel: Channel, error: ApiError, target: Target) -> Outcome:
    hidden = error.refusal is Refusal.MISSING
    not_ours = error.refusal is Refusal.DENIED and "not accessible" in error.message.lower()
    if error.refusal is Refusal.UNAUTHENTICATED or hidden or not_ours:
        return denied(channel, error.status, read_only=target.read_only)
    return Outcome(channel, Kind.FAILED, error.message)
