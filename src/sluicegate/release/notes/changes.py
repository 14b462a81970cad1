"""The changes of a range: pull requests, and commits without one; each once. Pure.

Commits are given newest first, as `git log --topo-order` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sluicegate.release.notes.messages import numbered, picked_commits

MERGED = "Merge pull request #"


@dataclass(frozen=True, slots=True)
class CommitText:
    """A commit of the range; `message` is the whole of it."""

    sha: str
    parents: tuple[str, ...]
    author: str
    message: str

    @property
    def title(self) -> str:
        """Its first line."""
        return self.message.strip().partition("\n")[0].strip()


@dataclass(frozen=True, slots=True)
class PullText:
    """A merged pull request, as GitHub has it; `author` is a login, empty for a deleted account."""

    number: int
    title: str
    labels: tuple[str, ...] = ()
    author: str = ""
    body: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was merged.

    Attributes:
        pull: the pull request; None for a commit without one.
        commits: those of the range that belong to it, newest first.
        backports: numbers of the pull requests, or short names of the commits, that brought it again.
    """

    pull: PullText | None
    commits: tuple[CommitText, ...]
    backports: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its title, without the number of the pull request at the end."""
        if self.pull is not None:
            return numbered(self.pull.title.strip())[0] or f"#{self.pull.number}"
        return self.commits[0].title or self.name

    @property
    def name(self) -> str:
        """`#12`, or the short name of the commit."""
        return f"#{self.pull.number}" if self.pull is not None else self.commits[0].sha[:12]

    @property
    def messages(self) -> tuple[str, ...]:
        """The messages of its commits, oldest first."""
        return tuple(commit.message for commit in reversed(self.commits))

    @property
    def picked(self) -> tuple[str, ...]:
        """The commits that it was cherry-picked from, where all its commits were."""
        own = [c for c in self.commits if len(c.parents) < 2]
        found = [picked_commits(c.message) for c in own]
        return tuple(sha for some in found for sha in some) if found and all(found) else ()


def changes_of(commits: Sequence[CommitText], pulls: Mapping[str, PullText]) -> list[Change]:
    """The changes, oldest first; merges that no pull request made are left out.

    Args:
        commits: of the range, newest first.
        pulls: the pull request of each commit that has one.
    """
    kept: dict[str, Change] = {}
    for commit in commits:
        pull = pulls.get(commit.sha)
        if pull is None and len(commit.parents) > 1:
            continue
        key = f"#{pull.number}" if pull is not None else commit.sha
        change = kept.get(key, Change(pull, ()))
        kept[key] = replace(change, commits=(*change.commits, commit))
    return list(kept.values())[::-1]


def pulls_by_message(commits: Sequence[CommitText]) -> dict[str, PullText]:
    """The pull requests that the messages of merges and squashes name, by commit.

    A merge says which commits came with it; those that were squashed on its branch name their own.
    """
    parents = {commit.sha: commit.parents for commit in commits}
    found: dict[str, PullText] = {}
    for commit in commits:
        pull = _merge_of(commit)
        if pull is not None and len(commit.parents) == 2:
            brought = _reachable(commit.parents[1], parents) - _reachable(commit.parents[0], parents)
            found |= dict.fromkeys([commit.sha, *brought], pull)
    for commit in commits:
        title, number = numbered(commit.title)
        if number and len(commit.parents) < 2:
            found[commit.sha] = PullText(number, title)
    return found


def _merge_of(commit: CommitText) -> PullText | None:
    """The pull request of GitHub's own message of a merge, whose title is its first line below."""
    first, _, rest = commit.message.strip().partition("\n")
    number = first.removeprefix(MERGED).partition(" ")[0]
    if not first.startswith(MERGED) or not (number.isascii() and number.isdigit()) or len(number) > 9:
        return None
    return PullText(int(number), rest.strip().partition("\n")[0].strip() or first)


def _reachable(start: str, parents: Mapping[str, tuple[str, ...]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        sha = waiting.pop()
        if sha in parents and sha not in seen:
            seen.add(sha)
            waiting.extend(parents[sha])
    return seen
