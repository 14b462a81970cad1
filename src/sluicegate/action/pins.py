"""Whether a policy may name a preset of another repository, by a look that costs little.

Most policies name none, so git looks for a text like a pin first, and what fetches is not even imported. On
`workflow_run` the base's policy is read from its commit, and that is left to what fetches.
"""

from __future__ import annotations

from pathlib import Path

from sluicegate.action.job import Job
from sluicegate.core.errors import SluicegateError
from sluicegate.git import Git, open_repository
from sluicegate.github.event import EventContext

_PIN = "@[0-9A-Fa-f]{40}"
_NOT_WORKFLOWS = ("--", ":(top)", ":(top,exclude).github/workflows")  # they pin actions like that


def may_be_named(directory: Path, event: EventContext) -> bool:
    """May a file of the checkout or of the base name a preset? False only when certainly none does.

    True where git cannot look, since the fetch reports why.
    """
    try:
        git = open_repository(directory)
    except SluicegateError:
        return True
    if git is None or _has_pin(git, "--untracked"):
        return True
    names = ("HEAD^1", event.base_sha, f"refs/remotes/origin/{event.base_ref}")
    return any(_has_pin(git, commit) for commit in filter(None, map(git.commit, names)))


def _has_pin(git: Git, where: str) -> bool:
    """May the tree with its untracked files, or a commit, contain a pin? True where git cannot look."""
    answer = git.ask("grep", "--quiet", "-I", "-E", "-e", _PIN, where, *_NOT_WORKFLOWS)
    return answer.ok or bool(answer.err)


def is_needed(job: Job) -> bool:
    """May the policy of a job name a preset that must be fetched? False only when certainly none is named."""
    if job.subject is not None:
        return True
    if not job.directory.is_dir():
        return False
    if job.inputs.base or job.inputs.policy_from == "base":
        return True
    return may_be_named(job.directory, job.event)
