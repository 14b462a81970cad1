"""Publishes a report to all its channels; each succeeds or fails alone."""

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
from sluicegate.github.publish.identity import PublishingRun
from sluicegate.github.publish.outcome import Channel, ChannelOutcome, OutcomeKind, denied
from sluicegate.github.publish.settings import CommentMode, PublishSettings
from sluicegate.github.publish.statuses import publish_status
from sluicegate.github.publish.target import Target
from sluicegate.net.client import ApiError, Refusal
from sluicegate.report import view

_NO_BRANCH = (
    "the branch of the verdict is not known, and the status is named after it; name the pull request or "
    "`--base`, or give all one name with `--status-name fixed`"
)


def same_line(_path: str, line: int) -> int | None:
    """The line map where the head itself was tested."""
    return line


@dataclass(frozen=True, slots=True)
class Publication:
    """A report and its target.

    Attributes:
        report: with the paths of its findings from the top of the repository.
        target: that the event or the user names.
        run: the publishing run.
        settings: the channels.
        map_line: from the tested tree's lines to the head's.
    """

    report: Report
    target: Target
    run: PublishingRun
    settings: PublishSettings
    map_line: LineMap = same_line


def publish(publication: Publication, client: Client) -> list[ChannelOutcome]:
    """Publish to every enabled channel; returns the outcome of each.

    Raises:
        UsageError: the report is of another commit than the target.
    """
    settings = publication.settings
    enabled = {
        Channel.COMMENT: settings.comment is not CommentMode.NEVER,
        Channel.STATUS: settings.status,
        Channel.CHECK_RUN: settings.check_run,
    }
    channels = [channel for channel, is_on in enabled.items() if is_on]
    if not channels:
        return []
    try:
        pull = _pull(client, publication.target)
        target = _completed(publication, pull, client)
    except ApiError as error:
        return [_outcome(channel, error, publication.target) for channel in channels]
    _check_commit(publication.report, target)
    this = replace(publication, target=target)
    is_plain = settings.fixed_name or target.branch == target.default_branch
    draft = draft_of(this.report, this.run, settings, "" if is_plain else target.branch)
    return [_published(channel, this, draft, client, pull.head) for channel in channels]


@dataclass(frozen=True, slots=True)
class _Pull:
    """The pull request from the server; empty texts without one."""

    head: str = ""
    base: str = ""
    default_branch: str = ""


def _pull(client: Client, target: Target) -> _Pull:
    """The pull request; the event's head where the token may not read it."""
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
    """The text below the keys; empty where the server's answer lacks it."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def _completed(publication: Publication, pull: _Pull, client: Client) -> Target:
    """The target with head, base and default branch from the server."""
    target, settings = publication.target, publication.settings
    branch = target.branch or pull.base
    default = target.default_branch or pull.default_branch
    if branch and not default and not settings.fixed_name and (settings.status or settings.check_run):
        default = _default_branch(client, target)
    return replace(target, head=target.head or pull.head, branch=branch, default_branch=default)


def _default_branch(client: Client, target: Target) -> str:
    """The repository's default branch; empty, so that names have the branch, where it is unreadable."""
    try:
        return _text(client.get(f"/repos/{target.repository}"), "default_branch")
    except ApiError as error:
        if error.refusal in (Refusal.DENIED, Refusal.MISSING):
            return ""
        raise


def _check_commit(report: Report, target: Target) -> None:
    if report.commit.head != target.head:
        own = one_line(view.short(report.commit.head)) or "no commit"
        raise UsageError(
            f"the report is of {own}, and not of {view.short(target.head)}, the head that it would be "
            "published to",
            remedy="Publish the report of the run that tested this commit.",
        )


def _published(
    channel: Channel, this: Publication, draft: Draft, client: Client, pull_head: str
) -> ChannelOutcome:
    ways: dict[Channel, Callable[[], ChannelOutcome]] = {
        Channel.COMMENT: lambda: publish_comment(client, this.target, draft),
        Channel.STATUS: lambda: publish_status(client, this.target, draft),
        Channel.CHECK_RUN: lambda: publish_check(client, this.target, draft, this.map_line),
    }
    if channel is Channel.COMMENT and not this.target.number:
        return ChannelOutcome(channel, OutcomeKind.SKIPPED, "there is no pull request")
    if channel is Channel.COMMENT and pull_head != this.target.head:
        text = f"the pull request's head is now {view.short(pull_head)}, whose own run reports"
        return ChannelOutcome(channel, OutcomeKind.SUPERSEDED, text)
    if channel is Channel.STATUS and not (this.target.branch or this.settings.fixed_name):
        return ChannelOutcome(channel, OutcomeKind.FAILED, _NO_BRANCH)
    try:
        return ways[channel]()
    except ApiError as error:
        return _outcome(channel, error, this.target)


def _outcome(channel: Channel, error: ApiError, target: Target) -> ChannelOutcome:
    hidden = error.refusal is Refusal.MISSING
    not_ours = error.refusal is Refusal.DENIED and "not accessible" in error.message.lower()
    if error.refusal is Refusal.UNAUTHENTICATED or hidden or not_ours:
        return denied(channel, error.status, read_only=target.read_only)
    return ChannelOutcome(channel, OutcomeKind.FAILED, error.message)
