"""Which pull request a run that ended was for: its head must be the run's own. Pure.

The payload of `workflow_run` names no pull request of a fork, and may name others of the same
branch; so the answers of "List pull requests" are looked at, for every run alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sluicegate.core.text import cut, one_line
from sluicegate.github.event import EventContext


@dataclass(frozen=True, slots=True)
class PullRequestRef:
    """A pull request, as the API lists it; `head_repository` is empty when it is gone."""

    number: int
    head_sha: str
    head_ref: str
    head_repository: str
    base_ref: str
    is_open: bool = True

    def __str__(self) -> str:
        return f"#{self.number} into {cut(one_line(self.base_ref), 100)}"


@dataclass(frozen=True, slots=True)
class Found:
    """The pull request, or why there is none to speak of.

    Attributes:
        pull: None when none or several fit.
        why: said to people when `pull` is None.
        is_exact: a pull request has the run's commit as its head; else its branch has moved on.
    """

    pull: PullRequestRef | None
    why: str = ""
    is_exact: bool = False

    @property
    def number(self) -> int:
        """Of the pull request; 0 for none."""
        return self.pull.number if self.pull else 0


def pull_request_ref(item: Mapping[str, object]) -> PullRequestRef | None:
    """The pull request of an entry of the list; None for an entry that is not what GitHub documents."""
    match item:
        case {
            "number": int(number),
            "state": str(state),
            "head": {"sha": str(sha), "ref": str(ref), "repo": None | {"full_name": str()} as theirs},
            "base": {"ref": str(base)},
        }:
            name = theirs["full_name"] if theirs else ""
            return PullRequestRef(number, sha, ref, name, base, state == "open")
    return None


def find_pull_request(event: EventContext, listed: Iterable[PullRequestRef]) -> Found:
    """The pull request that a `workflow_run` is about.

    Branch and repository alone do not tell: a name can be used again. So one whose head is the
    run's commit goes first, open before closed; then the one open one of the branch, which has
    moved on since. Of several open ones with the same head none is taken: the event does not tell
    them apart, and their bases may have different policies.

    Args:
        event: of `workflow_run`.
        listed: what the API says, in any order, an entry once or several times.
    """
    ours = sorted({p.number: p for p in listed if _is_of_branch(p, event)}.values(), key=lambda p: p.number)
    exact = [p for p in ours if p.head_sha == event.head_sha]
    if exact:
        return _exact(exact)
    moved = [p for p in ours if p.is_open]
    return Found(moved[0]) if len(moved) == 1 else Found(None, "no pull request has this head")


def _exact(pulls: Sequence[PullRequestRef]) -> Found:
    """The one of those with the run's commit: the open one, else the latest."""
    still_open = [p for p in pulls if p.is_open]
    if len(still_open) > 1:
        names = ", ".join(map(str, still_open[:5]))
        return Found(None, f"several open pull requests have this head ({names})", is_exact=True)
    return Found((still_open or pulls)[-1], is_exact=True)


def _is_of_branch(pull: PullRequestRef, event: EventContext) -> bool:
    """Is its head the run's branch? Of a repository that is gone the commit must be the run's, too."""
    if pull.head_ref != event.head_ref:
        return False
    if pull.head_repository and event.head_repository:
        return pull.head_repository.casefold() == event.head_repository.casefold()
    return pull.head_sha == event.head_sha
