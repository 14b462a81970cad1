"""Finds the subject of a run that ended: queries GitHub, and fetches commits as objects.

Requests: the pull requests of the run's branch, the branches whose tip is its commit, and the relation
of commits. Sources: GitHub's pages "REST API endpoints for" pull
requests, branches and commits. Of a bundle one thing is read, the commit that it tested, which
`verify_commit` checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.core.text import cut, one_line, redact
from sluicegate.github.claims import claims_of
from sluicegate.github.client import Client
from sluicegate.github.event import EndedRun, EventContext
from sluicegate.github.objects import Objects
from sluicegate.github.pulls import PullRequestMatch, PullRequestRef, find_pull_request, pull_request_ref
from sluicegate.github.subject import Subject
from sluicegate.github.verify_commit import ForeignCommit, UncheckedCommit, VerifiedCommit, verify_commit
from sluicegate.net.client import ApiError, Refusal

MAX_OPEN = 3_000
"""Open pull requests that are searched when the branch does not identify one."""

_NEEDS = {
    Refusal.DENIED: "; the job needs `pull-requests: read` and `contents: read`",
    Refusal.MISSING: "; the job needs `pull-requests: read` and `contents: read`",
    Refusal.UNAUTHENTICATED: "; the token may have expired",
}


def find_subject(event: EventContext, folders: Sequence[Path], client: Client, objects: Objects) -> Subject:
    """The subject of a run that ended, and of its bundles' folders.

    The repository's `HEAD` then names the tested commit, if it is verified.

    Raises:
        UsageError: the event is not the end of a run.
        WorldError: GitHub cannot be read, or the base branch cannot be fetched.
    """
    ended = event.triggered_by
    if ended is None or not event.head_sha:
        raise UsageError(
            "this run was not started by the end of another one", where="workflow_run",
            remedy="Run it on 'workflow_run' with 'types: [completed]', or name a run.",
        )  # fmt: skip
    try:
        found = _pull(event, client) if ended.is_of_pull_request else PullRequestMatch(None)
        shared = _shared(event, ended, found, client)
    except ApiError as error:
        raise WorldError(
            f"the pull request could not be read from GitHub: {error.message}{_NEEDS.get(error.refusal, '')}",
            where=event.repository,
        ) from error
    base_ref = found.pull.base_ref if found.pull else event.ref.removeprefix("refs/heads/")
    subject = Subject(
        repository=event.repository,
        run=replace(ended, url=_url(event, ended)),
        head=event.head_sha,
        base_ref=base_ref,
        tip=_tip(base_ref, objects, event),
        number=found.number,
        is_fork=event.is_fork,
        is_open=found.pull is None or found.pull.is_open,
        branch=found.pull.base_ref if found.pull else event.branch,
        default_branch=event.default_branch,
        shared=shared,
    )
    subject = _with_claim(subject, folders, client, objects)
    return replace(subject, problems=(*_problems(subject, found), *subject.problems))


def _url(event: EventContext, run: EndedRun) -> str:
    url = f"{event.server_url}/{event.repository}/actions/runs/{run.id}"
    return f"{url}/attempts/{run.attempt}" if run.attempt > 1 else url


def _problems(subject: Subject, found: PullRequestMatch) -> Iterator[str]:
    if subject.run.is_of_pull_request and found.pull is None:
        yield f"{found.why}, so its base branch is not known"
    if not subject.run.succeeded:
        word = cut(one_line(subject.run.conclusion), 40) or "not yet ended"
        yield f"the run that measured this ended with '{word}', so its evidence does not count as a success"


def _pull(event: EventContext, client: Client) -> PullRequestMatch:
    """The pull request by its branch; among all open ones where that does not identify it."""
    path = f"/repos/{event.repository}/pulls"
    owner = event.head_repository.partition("/")[0]
    listed: list[PullRequestRef] = []
    if owner and event.head_ref:
        pages = client.pages(path, state="all", head=f"{owner}:{event.head_ref}")
        listed = list(filter(None, map(pull_request_ref, pages)))
        found = find_pull_request(event, listed)
        if found.is_exact:
            return found
    pages = client.pages(path, state="open", sort="updated", direction="desc")
    listed += islice(filter(None, map(pull_request_ref, pages)), MAX_OPEN)
    return find_pull_request(event, listed)


def _shared(event: EventContext, ended: EndedRun, found: PullRequestMatch, client: Client) -> str:
    """Why neither status nor check run is set on the commit; empty where they are.

    Anybody can open a pull request with the tip of a branch of this repository, whose own run reports
    on that commit.
    """
    if ended.is_of_pull_request and found.pull is None:
        return f"{found.why}, so the base branch of the verdict is not known"
    if not event.is_fork:
        return ""
    path = f"/repos/{event.repository}/commits/{event.head_sha}/branches-where-head"
    try:
        branches = client.first(path)
    except ApiError as error:
        if error.status not in (404, 422):
            raise
        branches = []  # the repository does not have the commit
    if not branches:
        return ""
    name = cut(one_line(str(branches[0].get("name", ""))), 100)
    return f"the commit is the tip of the branch `{name}` of this repository"


def _tip(base_ref: str, objects: Objects, event: EventContext) -> str:
    """The commit at the tip of the base branch, fetched."""
    reason = objects.fetch(f"refs/heads/{base_ref}")
    tip = "" if reason else objects.fetched()
    if not tip:
        name = cut(one_line(base_ref), 100)
        raise WorldError(
            f"the base branch '{name}' cannot be fetched: {reason or 'it has no commit'}",
            where=event.repository, remedy="The job needs `contents: read`.",
        )  # fmt: skip
    return tip


def _with_claim(subject: Subject, folders: Sequence[Path], client: Client, objects: Objects) -> Subject:
    """The subject with the commit that the bundles claim to have tested, if it is verified."""
    claim = claims_of(folders, subject.run.id, subject.run.attempt).tested
    if claim is None:
        return replace(subject, tested=subject.head, unseen="no bundle names the tested commit")
    if not subject.run.is_of_pull_request or not subject.number:
        return replace(subject, tested=subject.head, unseen="there is no pull request to compare with")
    match verify_commit(claim, subject, objects, client):
        case VerifiedCommit(base, label, fork_point):
            objects.set_head(claim)
            return replace(subject, tested=claim, base=base, base_label=label, fork_point=fork_point)
        case UncheckedCommit(reason):
            return replace(subject, tested=claim, unseen=redact(reason))
        case ForeignCommit(reason):
            return replace(subject, tested=subject.head, unseen=reason, problems=(reason,))
