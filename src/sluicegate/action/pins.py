"""The Action's step that fetches presets of other repositories, where a policy may name one.

Run as `python -I -m sluicegate.action.pins`, with the token in `INPUT_PRESET_TOKEN` or `INPUT_TOKEN`.
Most policies name none, so git looks for a text like a pin first, and the rest is not even imported. On
`workflow_run` the base's policy is read from its commit, and its pins alone are fetched.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sluicegate.action.inputs import read_inputs
from sluicegate.core.errors import ExitCode, SluicegateError
from sluicegate.git import Git, open_repository
from sluicegate.git.environment import trust, with_settings
from sluicegate.github.event import EventContext
from sluicegate.github.payload import read_event
from sluicegate.runtime import process

_STEP = "sluicegate.action.presets"
_PIN = "@[0-9A-Fa-f]{40}"
_NOT_WORKFLOWS = ("--", ":(top)", ":(top,exclude).github/workflows")  # they pin actions like that


def may_be_named(git: Git, event: EventContext) -> bool:
    """May a file of the checkout or of the base name a preset? False only where surely none does."""
    tree = git.ask("grep", "--quiet", "-I", "--untracked", "-E", _PIN, *_NOT_WORKFLOWS)
    if tree.ok or tree.err:  # found, or git could not look
        return True
    names = ("HEAD^1", event.base_sha, f"refs/remotes/origin/{event.base_ref}")
    return any(_is_in(git, name) for name in names)


def may_be_named_in(directory: Path, event: EventContext) -> bool:
    """As `may_be_named`, for a folder; True where git cannot look, since the next step says why."""
    try:
        git = open_repository(directory)
    except SluicegateError:
        return True
    return git is None or may_be_named(git, event)


def _is_in(git: Git, revision: str) -> bool:
    """May a pin stand in a file of the revision, where there is such a one?"""
    commit = git.commit(revision)
    if not commit:
        return False
    answer = git.ask("grep", "--quiet", "-I", "-E", _PIN, commit, *_NOT_WORKFLOWS)
    return answer.ok or bool(answer.err)


def main(environment: Mapping[str, str]) -> int:
    """Fetch what is named; the exit code."""
    try:
        inputs, event = read_inputs(environment), read_event(environment)
    except SluicegateError:
        return ExitCode.OK  # the step that judges says it
    code: int
    if subject := environment.get("SLUICEGATE_SUBJECT", ""):
        code = importlib.import_module(_STEP).run_for_subject(environment, inputs, Path(subject))
        return code
    workspace = Path(environment.get("GITHUB_WORKSPACE") or Path.cwd())
    directory = workspace / inputs.working_directory
    if not directory.is_dir():
        return ExitCode.OK
    os.environ.update(with_settings(os.environ, trust(workspace, directory)))
    if not (inputs.base or inputs.policy_from == "base") and not may_be_named_in(directory, event):
        return ExitCode.OK
    code = importlib.import_module(_STEP).run(environment, inputs, directory, event)
    return code


if __name__ == "__main__":
    sys.exit(process.step(main))
