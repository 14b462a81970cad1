"""Publishes a report to all its channels; each succeeds or fails alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sluicegate.core.errors import UsageError
from sluicegate.core.model import Report
from sluicegate.core.text import one_line
from sluicegate.github.client import Client, text_at
from sluicegate.github.places import LineMap, blob_url
from sluicegate.github.publish.checks import publish_check
from sluicegate.github.publish.comments import publish_comment
from sluicegate.github.publish.content import Draft, draft_of
from sluicegate.github.publish.identity import PublishingRun
from sluicegate.github.publish.outcome import Channel, ChannelOutcome, OutcomeKind, denial, is_denial
from sluicegate.github.publish.settings import CommentMode, PublishSettings
from sluicegate.github.publish.statuses import publish_status
from sluicegate.github.publish.target import Target
from sluicegate.net.client import ApiError, Refusal
from sluicegate.report import view
from sluicegate.report.places import Blobs, Link, nowhere, same_line

_NO_BRANCH = (
    "the branch of the verdict is not known, and the status is named after it; name the pull request or "
    "`--base`, or give all one name with `--status-name fixed`"
)


@dataclass(frozen=True, slots=True)
class Publication:
    """A report and its target, as the event or the user names it.

    Attributes:
        map_line: from the tested tree's lines to the head's.
        prefix: of the judged folder, from the top of the repository; empty or with a final slash.
        server_url: where the files of the target's commit are shown; empty for nowhere.
    """

    report: Report
    target: Target
    run: PublishingRun
    settings: PublishSettings
    map_line: LineMap = same_line
    prefix: str = ""
    server_url: str = ""

    def link(self, commit: str) -> Link:
        """The addresses of files and lines of the commit."""
        if not self.server_url or not commit:
            return nowhere
        return Blobs(blob_url(self.server_url, self.target.repository, commit), self.prefix, self.map_line)


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
        return [outcome_of(channel, error, publication.target) for channel in channels]
    _check_commit(publication.report, target)
    this = replace(publication, target=target)
    is_plain = settings.fixed_name or target.branch == target.default_branch
    branch = "" if is_plain else target.branch
    draft = draft_of(this.report, this.run, settings, branch, this.link(target.head))
    head = text_at(pull, "head", "sha")
    return [_published(channel, this, draft, client, head) for channel in channels]


def _pull(client: Client, target: Target) -> dict[str, Any]:
    """The pull request, empty without one; with the event's head alone where the token may not read it."""
    if not target.number:
        return {}
    pull = _readable(client, f"/repos/{target.repository}/pulls/{target.number}", is_needed=not target.head)
    if pull is None:
        return {"head": {"sha": target.head}}
    if not text_at(pull, "head", "sha"):
        raise ApiError(Refusal.GAVE_UP, "the server's answer about the pull request names no head")
    return pull


def _readable(client: Client, path: str, *, is_needed: bool = False) -> dict[str, Any] | None:
    """The answer; None where the token may not read it, unless it is needed."""
    try:
        return client.get(path)
    except ApiError as error:
        if error.refusal in (Refusal.DENIED, Refusal.MISSING) and not is_needed:
            return None
        raise


def _completed(publication: Publication, pull: Mapping[str, Any], client: Client) -> Target:
    """The target with head, base and default branch from the server.

    Where the default branch is unreadable it is empty, so that names have the branch.
    """
    target, settings = publication.target, publication.settings
    branch = target.branch or text_at(pull, "base", "ref")
    default = target.default_branch or text_at(pull, "base", "repo", "default_branch")
    if branch and not default and not settings.fixed_name and (settings.status or settings.check_run):
        default = text_at(_readable(client, f"/repos/{target.repository}"), "default_branch")
    head = target.head or text_at(pull, "head", "sha")
    return replace(target, head=head, branch=branch, default_branch=default)


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
    ways: dict[Channel, Callable[[Client, Target, Draft], ChannelOutcome]] = {
        Channel.COMMENT: publish_comment,
        Channel.STATUS: publish_status,
        Channel.CHECK_RUN: partial(publish_check, map_line=this.map_line, prefix=this.prefix),
    }
    if channel is Channel.COMMENT and not this.target.number:
        return ChannelOutcome(channel, OutcomeKind.SKIPPED, "there is no pull request")
    if channel is Channel.COMMENT and pull_head != this.target.head:
        text = f"the pull request's head is now {view.short(pull_head)}, whose own run reports"
        return ChannelOutcome(channel, OutcomeKind.SUPERSEDED, text)
    if channel is Channel.STATUS and not (this.target.branch or this.settings.fixed_name):
        return ChannelOutcome(channel, OutcomeKind.FAILED, _NO_BRANCH)
    try:
        return ways[channel](client, this.target, draft)
    except ApiError as error:
        return outcome_of(channel, error, this.target)


def outcome_of(channel: Channel, error: ApiError, target: Target) -> ChannelOutcome:
    """The outcome of a channel that the server refused, with what to do about it."""
    if is_denial(error):
        return ChannelOutcome(channel, OutcomeKind.DENIED, _denied(channel, error.status, target))
    return ChannelOutcome(channel, OutcomeKind.FAILED, error.message)


def _denied(channel: Channel, status: int, target: Target) -> str:
    if target.read_only and status != 401:
        return (
            f"the token can only read ({status}), because the pull request is from a fork or from "
            "Dependabot; publish from a workflow on `workflow_run`"
        )
    advice = f", best one that runs no code of the pull request, or switch the {channel} off"
    return denial(channel.permission, status) + (advice if status != 401 else "")
