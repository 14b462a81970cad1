"""Finds the pull request of a run that ended: its head must be the run's commit. Pure.

The payload of `workflow_run` does not name a pull request of a fork, and may name others of the same
branch; so the answers of "List pull requests" are used for every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sluicegate.core.text import cut, one_line
from sluicegate.github.event import EventContext


@dataclass(frozen=True, slots=True)
class PullRequestRef:
    """A pull request, as the API lists it; `head_repository` is empty for a deleted one."""

    number: int
    head_sha: str
    head_ref: str
    head_repository: str
    base_ref: str
    is_open: bool = True

    def __str__(self) -> str:
        return f"#{self.number} into {cut(one_line(self.base_ref), 100)}"


@dataclass(frozen=True, slots=True)
class PullRequestMatch:
    """The pull request of a run, or why it is not known.

    Attributes:
        pull: None when no pull request fits, or several do.
        why: reason for people when `pull` is None.
        is_exact: the head of a pull request is the run's commit; else its branch has newer commits.
    """

    pull: PullRequestRef | None
    why: str = ""
    is_exact: bool = False

    @property
    def number(self) -> int:
        """Number of the pull request; 0 without one."""
        return self.pull.number if self.pull else 0


def pull_request_ref(item: Mapping[str, object]) -> PullRequestRef | None:
    """The pull request of an entry of the list; None for an entry that GitHub does not document."""
    match item:
        case {
            "number": int(number),
            "state": str(state),
            "head": {"sha": str(sha), "ref": str(ref), "repo": None | {"full_name": str()} as origin},
            "base": {"ref": str(base)},
        }:
            name = origin["full_name"] if origin else ""
            return PullRequestRef(number, sha, ref, name, base, state == "open")
    return None


def find_pull_request(event: EventContext, listed: Iterable[PullRequestRef]) -> PullRequestMatch:
    """The pull request of a `workflow_run`, from the API's list in any order.

    Branch and repository alone do not identify it: a name can be used again. So one whose head is the
    run's commit comes first, open before closed; then the only open one of the branch, which has newer
    commits. Several open ones with the same head give none: the event does not distinguish them, and
    their bases may have different policies.
    """
    ours = sorted({p.number: p for p in listed if _is_of_branch(p, event)}.values(), key=lambda p: p.number)
    exact = [p for p in ours if p.head_sha == event.head_sha]
    if exact:
        return _exact(exact)
    moved = [p for p in ours if p.is_open]
    if len(moved) == 1:
        return PullRequestMatch(moved[0])
    return PullRequestMatch(None, "no pull request has this head")


def _exact(pulls: Sequence[PullRequestRef]) -> PullRequestMatch:
    """The one of those with the run's commit: the open one, else the latest."""
    still_open = [p for p in pulls if p.is_open]
    if len(still_open) > 1:
        names = ", ".join(map(str, still_open[:5]))
        return PullRequestMatch(None, f"several open pull requests have this head ({names})", is_exact=True)
    return PullRequestMatch((still_open or pulls)[-1], is_exact=True)


def _is_of_branch(pull: PullRequestRef, event: EventContext) -> bool:
    """Is its head the run's branch? For a deleted repository the commit must be the run's, too."""
    if pull.head_ref != event.head_ref:
        return False
    if pull.head_repository and event.head_repository:
        return pull.head_repository.casefold() == event.head_repository.casefold()
    return pull.head_sha == event.head_sha
