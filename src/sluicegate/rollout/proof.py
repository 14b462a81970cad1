"""Whether what the journal says of people holds at GitHub: a manual dispatch, or a comment, read again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sluicegate.github.client import Client, text_at
from sluicegate.github.issue_comments import Issue, IssueComment, read_comment, read_issue, seconds
from sluicegate.net.client import ApiError
from sluicegate.rollout.claims import Claim
from sluicegate.rollout.comments import Request, asks_for, understand
from sluicegate.rollout.entries import Entry
from sluicegate.rollout.journal import name_of
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.publish.marks import rollout_of
from sluicegate.rollout.who import COMMENT, DISPATCH, NO_TOKEN, GitHub, promotion_refused, writing_refused

_SLACK = 120
"""Seconds by which the clocks of GitHub and of a runner may differ."""


def claim_refused(id_: str, plan: Plan, claim: Claim, github: GitHub, *, in_folder: bool = False) -> str:
    """Why something that the journal says of a person does not count; empty when it does.

    Args:
        id_: of the rollout.
        plan: of the rollout.
        claim: the event, which another run recorded.
        github: the repository, where it is read again.
        in_folder: is the ledger a folder of this machine?
    """
    actor = claim.entry.actor
    if in_folder:
        return ""
    prove = _PROOFS.get(actor.source)
    if prove is None or not (actor.id.isascii() and actor.id.isdecimal() and len(actor.id) < 19):
        return "only a manual dispatch and a comment can be read again at GitHub; ask for it again"
    client = github.client
    if client is None:
        return NO_TOKEN
    if claim.entry.at + _SLACK < claim.since:
        return "it is older than what it is about"
    why = prove(id_, plan, claim, _At(github, client))
    return why or promotion_refused(plan, actor, github)


@dataclass(frozen=True, slots=True)
class _At:
    """The repository, and one client for all that is asked of it."""

    github: GitHub
    client: Client


def _by_run(_id: str, _plan: Plan, claim: Claim, at: _At) -> str:
    entry = claim.entry
    try:
        run = at.client.get(f"/repos/{at.github.repository}/actions/runs/{entry.actor.id}")
    except ApiError as error:
        return f"its run could not be read: {error.message}"
    return _no_run_of(run, entry)


def _no_run_of(run: Mapping[str, object], entry: Entry) -> str:
    """Why a run is not the one in which somebody asked; empty when it is."""
    if text_at(run, "event") != "workflow_dispatch":
        return "its run was no manual dispatch"
    if text_at(run, "triggering_actor", "login").lower() != entry.actor.login.lower():
        return f"its run was not started by @{entry.actor.login}"
    begin, end = seconds(text_at(run, "run_started_at")), seconds(text_at(run, "updated_at"))
    return "" if begin - _SLACK <= entry.at <= end + _SLACK else "its run was at another time"


def _by_comment(id_: str, plan: Plan, claim: Claim, at: _At) -> str:
    entry = claim.entry
    try:
        said = read_comment(at.client, at.github.repository, int(entry.actor.id))
        issue = read_issue(at.client, at.github.repository, said.issue)
    except ApiError as error:
        return f"its comment could not be read: {error.message}"
    request = understand(said.body)
    if said.author.lower() != entry.actor.login.lower() or said.digest != entry.actor.digest:
        return "its comment is another one"
    if not isinstance(request, Request) or not asks_for(request, entry, plan):
        return "its comment asks for something else"
    if said.at > entry.at + _SLACK:
        return "its comment is younger"
    return comment_refused(said, issue, request, id_, at.github) or outdated(said, claim.since)


_PROOFS: Mapping[str, Callable[[str, Plan, Claim, _At], str]] = {DISPATCH: _by_run, COMMENT: _by_comment}


def comment_refused(said: IssueComment, issue: Issue, request: Request, id_: str, github: GitHub) -> str:
    """Why a comment asks for nothing, whoever wrote it; empty when it may ask.

    Args:
        id_: of the rollout; or its name, where the id is not known.
    """
    if not said.is_person:
        return f"@{said.author} is a bot, or an app wrote it"
    if said.is_edited:
        return "the comment was edited; write a new one"
    if request.name not in (id_, name_of(id_)):
        return "the comment names another rollout"
    return _other_issue(issue, id_, github)


def _other_issue(issue: Issue, id_: str, github: GitHub) -> str:
    """Why an issue is not the one of a rollout; empty when it is.

    A rollout is shown as the text of an issue, or as a comment on one; an app wrote it, or somebody who may
    write to the repository.
    """
    client = github.client
    if client is None:
        return NO_TOKEN
    why = "this is not the issue of a rollout"
    for shown in _shown(issue, client, github):
        name, its = shown.rollout
        if name != name_of(id_) or (name_of(id_) != id_ != its):
            why = "this is the issue of another rollout"
        elif problem := "" if shown.by_app else writing_refused(shown.author, github):
            why = f"who showed the rollout here does not count: {problem}"
        else:
            return ""
    return why


@dataclass(frozen=True, slots=True)
class _Shown:
    """Where name and id of a rollout are shown, and by whom."""

    rollout: tuple[str, str]
    author: str
    by_app: bool


def _shown(issue: Issue, client: Client, github: GitHub) -> Iterator[_Shown]:
    found = rollout_of(issue.body)
    if found is not None:
        yield _Shown(found, issue.author, issue.by_app)
        return
    try:
        for comment in client.pages(f"/repos/{github.repository}/issues/{issue.number}/comments"):
            found = rollout_of(text_at(comment, "body"))
            if found is not None:
                by_app = text_at(comment, "user", "type") == "Bot"
                yield _Shown(found, text_at(comment, "user", "login"), by_app)
    except ApiError:
        return


def outdated(said: IssueComment, since: int) -> str:
    """Why a comment is about something that is over; empty when it is not."""
    return (
        "the comment is older than the stage, or the pause, that it is about"
        if said.at + _SLACK < since
        else ""
    )
