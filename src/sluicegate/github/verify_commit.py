"""Is the commit that a bundle names the pull request's own? Only the event, the API and git say so.

| the bundle says that it tested | is believed when |
| --- | --- |
| the head | always: the event names it |
| another commit | its parents are a commit of the base branch and the head, and its tree is what git
merges of these two |

Without the last a stranger could make a commit with the right parents and any tree: one that equals
the base, so that nothing seems to be changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sluicegate.core.text import cut, one_line
from sluicegate.github.client import Client
from sluicegate.github.objects import Objects
from sluicegate.net.client import ApiError, Refusal

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Place:
    """What is known without any bundle.

    Attributes:
        repository: `owner/name`.
        head: what the author pushed.
        base_ref, tip: the base branch, and the commit at its tip, which is here.
        number: of the pull request.
    """

    repository: str
    head: str
    base_ref: str
    tip: str
    number: int


@dataclass(frozen=True, slots=True)
class Believed:
    """The commit is the pull request's own.

    Attributes:
        base: what its change is measured against.
        label: how that was chosen.
        fork_point: what head and base branch have in common.
    """

    base: str
    label: str
    fork_point: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """It could not be found out, so the change is not known; `reason` for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """It is the commit of something else, so what was measured is not about the head."""

    reason: str


Answer = Believed | Unseen | Foreign


def examine(claim: str, place: Place, objects: Objects, client: Client) -> Answer:
    """Look at the commit that a bundle names.

    Args:
        claim: what the bundle says; any text.
        place: what is known without it.
        objects: fetches commits.
        client: asks how commits are related.
    """
    if not _SHA.fullmatch(claim):
        return Foreign(f"the bundle names no commit but '{cut(one_line(claim), 60)}'")
    try:
        return (
            _of_head(place, objects, client)
            if claim == place.head
            else _of_merge(claim, place, objects, client)
        )
    except ApiError as error:
        return Unseen(f"how the commits are related could not be asked: {error.message}")


def _of_head(place: Place, objects: Objects, client: Client) -> Answer:
    fork_point = merge_base(client, place.repository, place.tip, place.head)
    if reason := _need(objects, fork_point, place.head):
        return Unseen(reason)
    return Believed(fork_point, f"merge base with {place.base_ref}", fork_point)


def _of_merge(claim: str, place: Place, objects: Objects, client: Client) -> Answer:
    is_current = _is_current(claim, place, objects)
    if not is_current and (said := objects.fetch(claim, 2)):
        return Unseen(f"the tested commit {claim[:10]} cannot be fetched ({said})")
    parents = objects.parents(claim)
    if len(parents) != 2 or parents[1] != place.head:
        what = f"the commit {claim[:10]} that was tested is neither"
        return Foreign(f"{what} {place.head[:10]}, the head of the run, nor a merge of it")
    base = parents[0]
    if base != place.tip and not is_ancestor(client, place.repository, base, place.tip):
        return Unseen(
            f"the base {base[:10]} that was tested with is not on `{place.base_ref}`; the pull request may "
            "have been given another base: run it again"
        )
    fork_point = merge_base(client, place.repository, base, place.head)
    doubt = "" if is_current else _doubt(claim, (fork_point, base, place.head), objects)
    if doubt:
        return Unseen(doubt)
    return Believed(base, f"{place.base_ref}, first parent of the merge commit", fork_point)


def _is_current(claim: str, place: Place, objects: Objects) -> bool:
    """Is it the merge that GitHub itself made of the pull request? Nobody else can write that ref."""
    return not objects.fetch(f"refs/pull/{place.number}/merge", 2) and objects.fetched() == claim


def _doubt(claim: str, parts: tuple[str, str, str], objects: Objects) -> str:
    """Why an earlier test merge is not what it seems; empty when git makes the same of its parts."""
    if reason := _need(objects, *parts):
        return reason
    if objects.merged_tree(*parts) == objects.tree(claim):
        return ""
    return f"the tested commit {claim[:10]} is not what git makes of {parts[1][:10]} and {parts[2][:10]}"


def _need(objects: Objects, *commits: str) -> str:
    """Fetch what is not here; why that failed, or empty."""
    for commit in commits:
        if not objects.commit(commit) and (said := objects.fetch(commit)):
            return f"the commit {commit[:10]} cannot be fetched ({said})"
    return ""


# --- the API -----------------------------------------------------------------------------------


def merge_base(client: Client, repository: str, one: str, other: str) -> str:
    """The best common ancestor of two commits.

    Raises:
        ApiError: the server did not say it.
    """
    found = _compare(client, repository, one, other).get("merge_base_commit")
    sha = found.get("sha") if isinstance(found, dict) else None
    if not isinstance(sha, str) or not _SHA.fullmatch(sha):
        raise ApiError(Refusal.GAVE_UP, f"the server names no merge base of {one[:10]} and {other[:10]}")
    return sha


def is_ancestor(client: Client, repository: str, older: str, newer: str) -> bool:
    """Is `older` part of the history of `newer`?

    Raises:
        ApiError: the server did not say it.
    """
    return _compare(client, repository, older, newer).get("status") in ("ahead", "identical")


def _compare(client: Client, repository: str, base: str, head: str) -> dict[str, object]:
    """One page of one commit: only the relation is asked for."""
    return client.get(f"/repos/{repository}/compare/{base}...{head}", per_page=1, page=2)
