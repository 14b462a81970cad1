"""Fetches the presets of other repositories that a policy names, before anything is judged.

What is to be fetched is found by resolving the policies as `check` does: the base's, the tree's, and
what they extend in turn. `run` and `run_for_subject` are the Action's step, which `pins` calls where a
preset may be named.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sluicegate.action.inputs import ActionInputs
from sluicegate.core.errors import ExitCode, PresetError, SluicegateError, WorldError
from sluicegate.core.text import one_line
from sluicegate.github.connect import connect
from sluicegate.github.event import EventContext
from sluicegate.github.preset_api import Fetcher
from sluicegate.judge.choose import Wish, choose
from sluicegate.policy.fetched import Fetched
from sluicegate.runtime import commands

MAX_WAIT = 120.0
"""Seconds that all requests together may take."""


def fetch(wish: Wish, event: EventContext, fetcher: Fetcher) -> None:
    """Fetch what the policies that `choose` would look at extend; `fetcher` tells what that was.

    Raises:
        PresetError: a preset cannot be had.
        PolicyError: a policy is wrong otherwise; what it extends in vain may be missing.
        WorldError: the server or the disk failed.
    """
    choose(replace(wish, pinned=fetcher.read), event)


def fetcher(kept: Fetched, token: str) -> Fetcher:
    """What fetches from the server of `kept` with a token; without one, what the public may read."""
    return Fetcher(lambda: connect(token, kept.server, seconds=MAX_WAIT), kept)


def run(environment: Mapping[str, str], inputs: ActionInputs, directory: Path, event: EventContext) -> int:
    """Fetch, say what, and name the folder in the output `folder`; the exit code.

    Of a preset alone it fails: what else is wrong the step that judges says.
    """
    made = fetcher(_place(environment), inputs.preset_token or inputs.token)
    try:
        fetch(Wish(directory, inputs.policy, inputs.policy_from, base=inputs.base), event, made)
    except (PresetError, WorldError) as error:
        commands.error(one_line(str(error)))
        return error.exit_code
    except SluicegateError:
        return ExitCode.OK
    _tell(made)
    if made.taken:
        _hand_on(made, environment)
    return ExitCode.OK


def run_for_subject(environment: Mapping[str, str], inputs: ActionInputs, subject: Path) -> int:
    """The same for a run that has ended: of the base's policy alone; the change's is a stranger's.

    Where a preset cannot be had the judging step blocks by that, so that the pull request is told.
    """
    from sluicegate.judge.triggered import About, fetch_presets

    made = fetcher(_place(environment), inputs.preset_token or inputs.token)
    _hand_on(made, environment)
    try:
        fetch_presets(About(subject, inputs.working_directory), inputs.policy, made.read)
    except PresetError as error:
        commands.error(one_line(str(error)))
    except WorldError as error:
        commands.error(one_line(str(error)))
        return error.exit_code
    except SluicegateError:
        return ExitCode.OK
    _tell(made)
    return ExitCode.OK


def _tell(made: Fetcher) -> None:
    """Say what was fetched, and what should be looked at."""
    for warning in made.warnings:
        commands.warning(warning)
    for pinned in made.taken:
        sys.stdout.write(one_line(f"Fetched {pinned}") + "\n")


def _hand_on(made: Fetcher, environment: Mapping[str, str]) -> None:
    """Tell the next steps where presets are."""
    commands.append("GITHUB_OUTPUT", environment.get("GITHUB_OUTPUT", ""), f"folder={made.kept.place}\n")


def _place(environment: Mapping[str, str]) -> Fetched:
    """A new folder with a name that nobody knew, whatever the job's environment says.

    Code of the pull request ran in this job, perhaps, and may have left presets or variables of its own.
    """
    temp = Path(environment.get("RUNNER_TEMP") or tempfile.gettempdir())
    return replace(Fetched.of(environment), place=temp / f"sluicegate-presets-{secrets.token_hex(8)}")
