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


def may_be_named(git: Git, event: EventContext) -> bool:
    """May a file of the checkout or of the base name a preset? False only when certainly none does."""
    tree = git.ask("grep", "--quiet", "-I", "--untracked", "-E", _PIN, *_NOT_WORKFLOWS)
    if tree.ok or tree.err:  # found, or git could not look
        return True
    names = ("HEAD^1", event.base_sha, f"refs/remotes/origin/{event.base_ref}")
    return any(_is_in(git, name) for name in names)


def may_be_named_in(directory: Path, event: EventContext) -> bool:
    """As `may_be_named`, for a folder; True where git cannot look, since the fetch reports why."""
    try:
        git = open_repository(directory)
    except SluicegateError:
        return True
    return git is None or may_be_named(git, event)


def _is_in(git: Git, revision: str) -> bool:
    """May a file of the revision contain a pin? False where there is no such revision."""
    commit = git.commit(revision)
    if not commit:
        return False
    answer = git.ask("grep", "--quiet", "-I", "-E", _PIN, commit, *_NOT_WORKFLOWS)
    return answer.ok or bool(answer.err)


def is_needed(job: Job) -> bool:
    """May the policy of a job name a preset that must be fetched? False only when certainly none is named."""
    if job.subject is not None:
        return True
    if not job.directory.is_dir():
        return False
    if job.inputs.base or job.inputs.policy_from == "base":
        return True
    return may_be_named_in(job.directory, job.event)
