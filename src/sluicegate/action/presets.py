"""Fetches the presets of other repositories that a policy names, before anything is judged.

What is to be fetched is found by resolving the policies as `check` does: the base's, the tree's, and
what they extend in turn. `fetch_presets` is a part of the Action's step; see `pins` for when.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from sluicegate.action.answer import Level, Line, StepResult, one
from sluicegate.action.job import Job
from sluicegate.core.errors import PresetError, SluicegateError, WorldError
from sluicegate.core.text import one_line
from sluicegate.github.client import connect
from sluicegate.github.preset_api import Fetcher
from sluicegate.judge.choose import choose
from sluicegate.judge.question import Question, RunSubject
from sluicegate.policy.fetched import FetchedPresets

MAX_WAIT = 120.0
"""Seconds that all requests together may take."""


def fetch(question: Question, fetcher: Fetcher) -> None:
    """Fetch what the policies that `choose` would look at extend; `fetcher` records what that was.

    Raises:
        PresetError: a preset cannot be had.
        PolicyError: a policy is wrong otherwise; what it extends in vain may be missing.
        WorldError: the server or the disk failed.
    """
    choose(replace(question, pinned=fetcher.read))


def fetcher(kept: FetchedPresets, token: str) -> Fetcher:
    """What fetches from the server of `kept` with a token; without one, what the public may read."""
    return Fetcher(lambda: connect(token, kept.server, seconds=MAX_WAIT), kept)


def fetch_presets(job: Job) -> StepResult:
    """Fetch what the policies of a job name; the path is the folder of the presets.

    It fails only because of a preset; the step that judges reports what else is wrong.
    """
    inputs = job.inputs
    # A new folder with an unpredictable name, whatever the job's environment: code of the pull request ran in
    # this job, perhaps, and may have left presets or variables of its own.
    place = job.temp / f"sluicegate-presets-{secrets.token_hex(8)}"
    kept = replace(FetchedPresets.of(job.environment), place=place)
    made = fetcher(kept, inputs.preset_token or inputs.token)
    if run := job.ended:
        return _for_subject(run, inputs.policy, made)
    try:
        policy, policy_from = inputs.policy, inputs.policy_from
        fetch(Question(job.directory, policy, policy_from, base=inputs.base, event=job.event), made)
    except (PresetError, WorldError) as error:
        return one(Level.ERROR, str(error), code=error.exit_code)
    except SluicegateError:
        return StepResult()
    return StepResult(_lines(made), made.kept.place if made.taken else None)


def _for_subject(run: RunSubject, policy: str, made: Fetcher) -> StepResult:
    """The same for a run that has ended: of the base's policy alone; the change's is a stranger's.

    Where a preset cannot be had, the judging step blocks, so that the pull request shows it.
    """
    from sluicegate.judge.triggered import fetch_presets

    place = made.kept.place
    try:
        fetch_presets(run, policy, made.read)
    except PresetError as error:
        return StepResult(((Level.ERROR, one_line(str(error))), *_lines(made)), place)
    except WorldError as error:
        return one(Level.ERROR, str(error), path=place, code=error.exit_code)
    except SluicegateError:
        return StepResult(path=place)
    return StepResult(_lines(made), place)


def _lines(made: Fetcher) -> tuple[Line, ...]:
    """What should be looked at, and what was fetched."""
    fetched = ((Level.TEXT, one_line(f"Fetched {pinned}")) for pinned in made.taken)
    return (*((Level.WARNING, warning) for warning in made.warnings), *fetched)
