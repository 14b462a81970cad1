"""Which change is judged: the base, and the difference to the tree that was tested.

| where | base | change |
| --- | --- | --- |
| `--base REV` | merge base of REV and HEAD | to the working tree |
| a pull request's merge commit | its first parent | exactly the pull request's own |
| a pull request's head | merge base with the base branch | to HEAD |
| a merge queue | the group's parent | to HEAD |
| a push, a schedule | none | |
| a laptop | merge base with the default branch | to the working tree, untracked files too (see `output`) |
"""

from __future__ import annotations

from dataclasses import replace

from sluicegate.core.change import Change, NoChange
from sluicegate.core.errors import UsageError
from sluicegate.core.model import Commit
from sluicegate.git import Git
from sluicegate.github.event import EventContext

_NOT_HERE = {
    True: "runs on the default branch, without a checkout of the pull request",
    False: "has no pull request to compare with",
}
"""Why a run has no change, by whether it is about a pull request."""

_FETCH = "set 'fetch-depth: 2' in actions/checkout"


def find_change(git: Git | None, base: str, event: EventContext) -> tuple[Commit, Change | NoChange]:
    """The commit that is judged, and its change or the reason why it has no change.

    Raises:
        UsageError: `--base` names a commit that this clone does not have.
    """
    if git is None:
        if base:
            raise UsageError("--base needs a git repository", where=base)
        return Commit(), NoChange("not a git repository")
    tested = git.commit("HEAD")
    if not tested:
        return Commit(), NoChange("the repository has no commit yet")
    head = event.head_sha if event.is_pull_request else tested
    commit = Commit(head=head, tested=tested, dirty=git.is_dirty())
    if base:
        return _explicit(git, base, commit)
    if event.is_pull_request or event.name == "merge_group":
        return _pull_request(git, event, commit)
    if event.name:
        return commit, NoChange(f"a run on '{event.name}' {_NOT_HERE[event.is_about_pull_request]}")
    return _laptop(git, commit)


def _explicit(git: Git, revision: str, commit: Commit) -> tuple[Commit, Change]:
    named = git.commit(revision) or git.commit(f"origin/{revision}")
    shallow = git.is_shallow()
    if not named:
        remedy = "Name a branch, a tag or a commit that 'git rev-parse' knows."
        if shallow:
            remedy = "This clone is shallow: set 'fetch-depth: 0' in actions/checkout, or fetch that commit."
        raise UsageError(f"the base '{revision}' is not in this clone", where="--base", remedy=remedy)
    ancestor = git.merge_base(named, commit.tested)
    if not ancestor:
        remedy = "Set 'fetch-depth: 0' in actions/checkout." if shallow else "Name a related commit."
        what = f"the base '{revision}' has no common ancestor with HEAD in this clone"
        raise UsageError(what, where="--base", remedy=remedy)
    label = f"merge base with {revision}" if ancestor != named else revision
    return replace(commit, base=ancestor, base_label=label), git.change_of_tree(ancestor)


def _pull_request(git: Git, event: EventContext, commit: Commit) -> tuple[Commit, Change | NoChange]:
    parents = git.parents("HEAD")
    if _is_test_merge(parents, event):
        label = f"{event.base_ref or 'base'}, first parent of the merge commit"
        return replace(commit, base=parents[0], base_label=label), git.change_between(parents[0], "HEAD")
    ancestor = _ancestor(git, event, commit)
    if ancestor == commit.tested or _is_elsewhere(git, event):
        return commit, NoChange("what is checked out does not hold the pull request's commit", unseen=True)
    if ancestor:
        label = f"merge base with {event.base_ref or event.base_sha}"
        return replace(commit, base=ancestor, base_label=label), git.change_between(ancestor, "HEAD")
    return commit, NoChange(f"the base of the pull request is not in this clone; {_FETCH}", unseen=True)


def base_tip(git: Git, base: str, event: EventContext) -> str:
    """The commit at the tip of the base branch, whose policy judges; empty when it is not here.

    Unlike the base of the change it is no merge base: a rule that the base branch made stricter
    since holds at once. A merge queue's base is the group before this one. `--base` counts on a laptop
    alone; a workflow event brings its own base.
    """
    return next(filter(None, (git.commit(name) for name in _tips(git, base, event) if name)), "")


def compared_commits(git: Git, event: EventContext) -> list[str]:
    """The commits of the checkout that the ledger may be asked about: the tip of the base, and HEAD."""
    return [c for c in dict.fromkeys((base_tip(git, "", event), git.commit("HEAD"))) if c]


def _tips(git: Git, base: str, event: EventContext) -> tuple[str, ...]:
    """The revisions that may name the tip of the base branch, best first; some may be empty."""
    if event.name == "merge_group":
        return (event.base_sha,)
    if event.is_about_pull_request and (not event.is_pull_request or event.name == "pull_request_target"):
        return (event.tested_sha,)  # the base branch itself, whatever was checked out
    if event.is_pull_request:
        parents = git.parents("HEAD")
        if _is_test_merge(parents, event):
            return (parents[0],)
        return f"refs/remotes/origin/{event.base_ref}", event.base_sha
    named = base or git.default_branch()
    return (named, f"origin/{named}") if named else ()


def _is_test_merge(parents: list[str], event: EventContext) -> bool:
    if event.name == "merge_group" or len(parents) != 2:
        return False
    return parents[1] == event.head_sha or not event.head_sha


def _is_elsewhere(git: Git, event: EventContext) -> bool:
    """Is the pull request's commit in this clone, but not in the history of HEAD?"""
    head = git.commit(event.head_sha) if event.is_pull_request and event.head_sha else ""
    return bool(head) and git.merge_base(head, "HEAD") != head


def _ancestor(git: Git, event: EventContext, commit: Commit) -> str:
    """The merge base of the event's base and HEAD; empty when the clone does not have it.

    A pull request's own base goes stale, so the tip of the branch comes first. The parent of a merge queue's
    group is the event's, since a clone may be too shallow to have it.
    """
    revisions = [f"origin/{event.base_ref}" if event.base_ref else "", event.base_sha]
    if event.name == "merge_group":
        revisions.reverse()
        if event.tested_sha == commit.tested and event.base_sha and (parent := git.commit(event.base_sha)):
            return parent
    known = filter(None, (git.commit(revision) for revision in revisions if revision))
    return next(filter(None, (git.merge_base(named, "HEAD") for named in known)), "")


def _laptop(git: Git, commit: Commit) -> tuple[Commit, Change | NoChange]:
    branch = git.default_branch()
    ancestor = git.merge_base(branch, "HEAD") if branch else ""
    if not ancestor:
        return commit, NoChange("no default branch to compare with was found; name one with --base")
    change = git.change_of_tree(ancestor)
    if not change.files:
        return replace(commit, base=ancestor, base_label=branch), NoChange(f"nothing differs from {branch}")
    label = branch if ancestor == git.commit(branch) else f"merge base with {branch}"
    return replace(commit, base=ancestor, base_label=label), change
