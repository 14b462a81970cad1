"""The Action's step that fetches presets, in a job where one may be named; see `pins`, which calls it."""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sluicegate.action.inputs import ActionInputs
from sluicegate.action.presets import fetch, fetcher
from sluicegate.core.errors import ExitCode, PresetError, SluicegateError, WorldError
from sluicegate.core.text import one_line
from sluicegate.github.event import EventContext
from sluicegate.github.preset_api import Fetcher
from sluicegate.judge.choose import Wish
from sluicegate.policy.fetched import Fetched
from sluicegate.runtime import commands


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
