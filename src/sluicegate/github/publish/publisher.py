"""A report to all its channels; each succeeds or fails alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sluicegate.core.errors import UsageError
from sluicegate.core.model import Report
from sluicegate.core.text import one_line
from sluicegate.github.client import Client
from sluicegate.github.lines import LineMap
from sluicegate.github.publish.checks import publish_check
from sluicegate.github.publish.comments import publish_comment
from sluicegate.github.publish.content import Draft, draft_of
from sluicegate.github.publish.identity import Run
from sluicegate.github.publish.outcome import Channel, Kind, Outcome, denied
from sluicegate.github.publish.settings import CommentMode, Settings
from sluicegate.github.publish.statuses import publish_status
from sluicegate.github.publish.target import Target
from sluicegate.net.client import ApiError, Refusal
from sluicegate.report import view

_NO_BRANCH = (
    "nothing says which branch the verdict is for, and the status's name does; name the pull request or "
    "`--base`, or give all one name with `--status-name fixed`"
)


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
        pull = _pull(client, publication.target)
        target = _completed(publication, pull, client)
    except ApiError as error:
        return [_outcome(channel, error, publication.target) for channel in wanted]
    _check_commit(publication.report, target)
    this = replace(publication, target=target)
    draft = draft_of(this.report, this.run, this.settings, _told(this))
    return [_published(channel, this, draft, client, pull.head) for channel in wanted]


def _wanted(settings: Settings) -> list[Channel]:
    on = {
        Channel.COMMENT: settings.comment is not CommentMode.NEVER,
        Channel.STATUS: settings.status,
        Channel.CHECK_RUN: settings.check_run,
    }
    return [channel for channel, is_on in on.items() if is_on]


@dataclass(frozen=True, slots=True)
class _Pull:
    """The pull request as the server knows it; empty texts without one."""

    head: str = ""
    base: str = ""
    default_branch: str = ""


def _pull(client: Client, target: Target) -> _Pull:
    """The pull request; where the token may not read it, the event's own word has to do."""
    if not target.number:
        return _Pull()
    try:
        pull = client.get(f"/repos/{target.repository}/pulls/{target.number}")
    except ApiError as error:
        if error.refusal in (Refusal.DENIED, Refusal.MISSING) and target.head:
            return _Pull(target.head)
        raise
    sha = _text(pull, "head", "sha")
    if not sha:
        raise ApiError(Refusal.GAVE_UP, "the server's answer about the pull request names no head")
    return _Pull(sha, _text(pull, "base", "ref"), _text(pull, "base", "repo", "default_branch"))


def _text(found: object, *keys: str) -> str:
    """The text below the keys; empty where the server's answer has none."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def _completed(publication: Publication, pull: _Pull, client: Client) -> Target:
    """The target with what only the server knows: head, base and default branch."""
    target, settings = publication.target, publication.settings
    branch = target.branch or pull.base
    default = target.default_branch or pull.default_branch
    if branch and not default and not settings.fixed_name and (settings.status or settings.check_run):
        default = _default_branch(client, target)
    return replace(target, head=target.head or pull.head, branch=branch, default_branch=default)


def _default_branch(client: Client, target: Target) -> str:
    """The repository's default branch; empty where the token may not ask: then the name says the branch."""
    try:
        return _text(client.get(f"/repos/{target.repository}"), "default_branch")
    except ApiError as error:
        if error.refusal in (Refusal.DENIED, Refusal.MISSING):
            return ""
        raise


def _told(this: Publication) -> str:
    """The branch that the names of status and check run say; empty for the default one."""
    target = this.target
    return "" if this.settings.fixed_name or target.branch == target.default_branch else target.branch


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
    if channel is Channel.STATUS and not (this.target.branch or this.settings.fixed_name):
        return Outcome(channel, Kind.FAILED, _NO_BRANCH)
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
