"""Fetch the pull request's base when the checkout is too shallow to hold it.

`actions/checkout` leaves the test merge at depth 1, whose first parent is the base. One commit
more is all that the change needs. It never fails: without a base the change is not judged, and the
report has a notice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sluicegate.action.answer import Level, StepResult, one
from sluicegate.action.job import Job
from sluicegate.core.errors import SluicegateError
from sluicegate.git import Git, open_repository
from sluicegate.git.credentials import Token, written
from sluicegate.git.remote import fetch_place
from sluicegate.github.event import EventContext

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class WantedBase:
    """What to fetch: a commit with `depth` commits of its history, and what is then there."""

    commit: str
    depth: int
    proof: str


def wanted(event: EventContext, git: Git) -> WantedBase | None:
    """What is missing of the base; None when nothing is.

    Of a test merge it is the first parent. Of another checkout (the pull request's own head, a merge
    queue's commit) it is the tip of the base, whose policy judges.
    """
    head = git.commit("HEAD")
    if not head:
        return None
    if event.is_merge_commit and head == event.tested_sha:
        want, names = WantedBase(event.tested_sha, 2, "HEAD^1"), ["HEAD^1"]
    else:
        want, names = WantedBase(event.base_sha, 1, event.base_sha), _tips(event)
    return None if not names or any(map(git.commit, names)) else want


def _tips(event: EventContext) -> list[str]:
    if not event.base_sha:
        return []
    if event.is_pull_request and event.base_ref:
        return [event.base_sha, f"refs/remotes/origin/{event.base_ref}"]
    return [event.base_sha] if event.is_pull_request or event.name == "merge_group" else []


def fetch(want: WantedBase, git: Git, token: Token, sleep: Callable[[float], None] = time.sleep) -> str:
    """Fetch a commit of `origin`; empty on success, else why it failed.

    It is fetched by its object name: the branch `refs/pull/N/merge` may have moved since. The program at the
    other end is git's own, never what `remote.origin.uploadpack` of the clone names.

    Raises:
        UsageError: the address of `origin` is refused.
        WorldError: git cannot be started, or the temporary folder not be written.
    """
    protocol = fetch_place(git, "origin").address.protocol
    how = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", f"--depth={want.depth}",
           "--upload-pack=git-upload-pack")  # fmt: skip
    problem = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(2.0**attempt)
        with written(token) as settings:
            done = git.online(protocol, settings)(*how, "origin", want.commit)
        if done.ok:
            return "" if git.commit(want.proof) else "the fetch brought no parent"
        problem = done.last_words
    return problem


def fetch_base(job: Job) -> StepResult:
    """Fetch the base of the pull request if it is missing from the workspace, and report what happened."""
    event = job.event
    token = Token(event.server_url, job.inputs.token)
    try:
        git = open_repository(job.workspace)
        want = wanted(event, git) if git else None
        if git is None or want is None:
            return StepResult()
        problem = fetch(want, git, token)
    except SluicegateError as error:
        problem = str(error)
    if problem:
        return one(
            Level.NOTICE,
            "The base of this pull request is not in the checkout and could not be fetched, so the change "
            f"is not judged, and its own policy is taken: {problem.rstrip('.')}. Set `fetch-depth: 2` at "
            "actions/checkout, or give this action a token that may read the repository.",
        )
    what = f"pull request {event.number}" if event.number else "the merge queue's commit"
    return one(Level.TEXT, f"Fetched the base of {what}.")
