"""Verifies that the commit of a bundle belongs to the pull request, by the event, the API and git.

| the bundle claims to have tested | verified when |
| --- | --- |
| the head | always: the event names it |
| another commit | its parents are a commit of the base branch and the head, and its tree is what git
merges of these two |

Without the last rule anybody could make a commit with the right parents and any tree, such as the
base's, so that nothing seems to be changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from sluicegate.core.text import cut, one_line
from sluicegate.github.client import Client, text_at
from sluicegate.github.event import SHA
from sluicegate.github.objects import Objects
from sluicegate.github.subject import Subject
from sluicegate.net.client import ApiError, Refusal


@dataclass(frozen=True, slots=True)
class VerifiedCommit:
    """The commit belongs to the pull request.

    Attributes:
        base: the commit that its change is relative to.
        label: how that was chosen.
        fork_point: the merge base of head and base branch.
    """

    base: str
    label: str
    fork_point: str


@dataclass(frozen=True, slots=True)
class UncheckedCommit:
    """The commit could not be verified, so the change is not known; `reason` for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class ForeignCommit:
    """The commit does not belong to the pull request, so the evidence is not about the head."""

    reason: str


CommitCheck = VerifiedCommit | UncheckedCommit | ForeignCommit


def verify_commit(claim: str, subject: Subject, objects: Objects, client: Client) -> CommitCheck:
    """Verify the commit that a bundle names by any text.

    The facts of the subject, whose `tip` was fetched, come from no bundle.
    """
    if not SHA.fullmatch(claim):
        return ForeignCommit(f"the bundle must name a commit, not '{cut(one_line(claim), 60)}'")
    try:
        if claim == subject.head:
            return _of_head(subject, objects, client)
        return _of_merge(claim, subject, objects, client)
    except ApiError as error:
        return UncheckedCommit(f"the relation of the commits could not be read from GitHub: {error.message}")


def _of_head(subject: Subject, objects: Objects, client: Client) -> CommitCheck:
    fork_point = _merge_base(client, subject.repository, subject.tip, subject.head)
    if reason := _need(objects, fork_point, subject.head):
        return UncheckedCommit(reason)
    return VerifiedCommit(fork_point, f"merge base with {subject.base_ref}", fork_point)


def _of_merge(claim: str, subject: Subject, objects: Objects, client: Client) -> CommitCheck:
    is_current = _is_current(claim, subject, objects)
    if not is_current and (reason := objects.fetch(claim, 2)):
        return UncheckedCommit(f"the tested commit {claim[:10]} cannot be fetched ({reason})")
    parents = objects.parents(claim)
    if len(parents) != 2 or parents[1] != subject.head:
        what = f"the commit {claim[:10]} that was tested is neither"
        return ForeignCommit(f"{what} {subject.head[:10]}, the head of the run, nor a merge of it")
    base = parents[0]
    if base != subject.tip and not _is_ancestor(client, subject.repository, base, subject.tip):
        return UncheckedCommit(
            f"the base {base[:10]} that was tested with is not on `{subject.base_ref}`; the pull request may "
            "have been given another base: run it again"
        )
    fork_point = _merge_base(client, subject.repository, base, subject.head)
    doubt = "" if is_current else _doubt(claim, (fork_point, base, subject.head), objects)
    if doubt:
        return UncheckedCommit(doubt)
    return VerifiedCommit(base, f"{subject.base_ref}, first parent of the merge commit", fork_point)


def _is_current(claim: str, subject: Subject, objects: Objects) -> bool:
    """Is it GitHub's own test merge? Only GitHub can write its ref."""
    return not objects.fetch(f"refs/pull/{subject.number}/merge", 2) and objects.fetched() == claim


def _doubt(claim: str, parts: tuple[str, str, str], objects: Objects) -> str:
    """Why an earlier test merge is not genuine; empty when git makes the same merge of its parts."""
    if reason := _need(objects, *parts):
        return reason
    if objects.merged_tree(*parts) == objects.tree(claim):
        return ""
    return f"the tested commit {claim[:10]} is not what git makes of {parts[1][:10]} and {parts[2][:10]}"


def _need(objects: Objects, *commits: str) -> str:
    """Fetch missing commits; why that failed, or empty."""
    for commit in commits:
        if not objects.commit(commit) and (reason := objects.fetch(commit)):
            return f"the commit {commit[:10]} cannot be fetched ({reason})"
    return ""


def _merge_base(client: Client, repository: str, one: str, other: str) -> str:
    """The best common ancestor of two commits."""
    sha = text_at(_compare(client, repository, one, other), "merge_base_commit", "sha")
    if not SHA.fullmatch(sha):
        raise ApiError(Refusal.GAVE_UP, f"the server names no merge base of {one[:10]} and {other[:10]}")
    return sha


def _is_ancestor(client: Client, repository: str, older: str, newer: str) -> bool:
    return _compare(client, repository, older, newer).get("status") in ("ahead", "identical")


def _compare(client: Client, repository: str, base: str, head: str) -> dict[str, object]:
    """One page of one commit: only the relation is needed."""
    return client.get(f"/repos/{repository}/compare/{base}...{head}", per_page=1, page=2)
