"""What GitHub knows of a range: the pull request of each commit, and known issues.

Sources: GitHub's pages on the GraphQL objects Commit (`associatedPullRequests`) and PullRequest, and on the
REST API "List repository issues". A pull request belongs to a range when the commit that merged it does: a
commit is also associated with pull requests that were closed, are still open, or were merged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sluicegate.core.text import one_line
from sluicegate.github.client import Client, number_at, text_at
from sluicegate.net.client import ApiError, Refusal
from sluicegate.release.notes.changes import CommitText, PullText
from sluicegate.release.notes.text import Issue

MAX_ISSUES = 100
_COMMITS, _PULLS = 100, 50
"""How many one request asks for."""

_T = TypeVar("_T")
_MERGED = (
    "{... on Commit{associatedPullRequests(first:10){nodes"
    "{number merged mergeCommit{oid} baseRepository{nameWithOwner}}}}}"
)
_PULL = "{number title body author{__typename login} labels(first:50){nodes{name}}}"


def pulls_of(client: Client, repository: str, commits: Sequence[CommitText]) -> dict[str, PullText]:
    """The merged pull request of each commit that has one.

    Raises:
        ApiError: GitHub refused, or could not be asked.
    """
    numbers = _numbers(client, repository, [commit.sha for commit in commits])
    pulls: dict[int, PullText] = {}
    for group in _by(_PULLS, sorted(set(numbers.values()))):
        found = _asked(client, repository, [f"p{n}:pullRequest(number:{n}){_PULL}" for n in group])
        pulls |= {n: _pull(n, found.get(f"p{n}")) for n in group}
    return {sha: pulls[number] for sha, number in numbers.items()}


def _numbers(client: Client, repository: str, names: Sequence[str]) -> dict[str, int]:
    """The number of the pull request of each commit that has one."""
    numbers: dict[str, int] = {}
    for some in _by(_COMMITS, names):
        found = _asked(client, repository, [f'c{sha}:object(oid:"{sha}"){_MERGED}' for sha in some])
        numbers |= {sha: _merged(found.get(f"c{sha}"), set(names), repository) for sha in some}
    return {sha: number for sha, number in numbers.items() if number}


def _by(size: int, items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _asked(client: Client, repository: str, fields: Iterable[str]) -> dict[str, Any]:
    owner, _, name = repository.partition("/")
    query = (
        f"query($owner:String!,$name:String!){{repository(owner:$owner,name:$name){{{' '.join(fields)}}}}}"
    )
    found = client.graphql(query, owner=owner, name=name).get("repository")
    if not isinstance(found, dict):
        raise ApiError(Refusal.MISSING, f"the token sees no repository {one_line(repository)}", 404)
    return found


def _nodes(found: object, key: str) -> list[dict[str, Any]]:
    nodes = found.get(key) if isinstance(found, dict) else None
    nodes = nodes.get("nodes") if isinstance(nodes, dict) else None
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []


def _merged(commit: object, names: set[str], repository: str) -> int:
    """The pull request that brought a commit into the range: the first one; 0 without one."""
    found = [
        number_at(pull, "number")
        for pull in _nodes(commit, "associatedPullRequests")
        if pull.get("merged") is True
        and text_at(pull, "mergeCommit", "oid") in names
        and text_at(pull, "baseRepository", "nameWithOwner").casefold() == repository.casefold()
    ]
    return min(found, default=0)


def _pull(number: int, found: object) -> PullText:
    labels = tuple(text_at(node, "name") for node in _nodes(found, "labels"))
    is_bot = text_at(found, "author", "__typename") == "Bot"
    author = text_at(found, "author", "login")
    return PullText(number, text_at(found, "title"), labels, author, text_at(found, "body"), is_bot)


def known_issues(client: Client, repository: str, label: str) -> tuple[Issue, ...]:
    """The open issues with a label, by number.

    Raises:
        ApiError: GitHub refused, or could not be asked.
    """
    listed = client.pages(f"/repos/{repository}/issues", labels=label, state="open")
    found = (Issue(number_at(i, "number"), text_at(i, "title")) for i in listed if not i.get("pull_request"))
    return tuple(sorted(islice(found, MAX_ISSUES), key=lambda issue: issue.number))
