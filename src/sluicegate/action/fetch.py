"""The Action's step that fetches all that needs a token, before anything is judged.

Run as `python -I -m sluicegate.action.fetch`, with the tokens in `INPUT_TOKEN` and `INPUT_PRESET_TOKEN`. The
base of a pull request, or the subject of a run that has ended, comes first, since the others need its
commits. Presets, approvals and ledger are then fetched side by side. Each hands on a path in the output of
its name; the step that judges has no token. Nothing of the checkout runs here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

from sluicegate.action import base, ledger, pins
from sluicegate.action.answer import StepResult, show
from sluicegate.action.job import Job, read_job, trust_checkout
from sluicegate.action.parallel import side_by_side
from sluicegate.core.errors import ExitCode, SluicegateError
from sluicegate.core.text import one_line
from sluicegate.runtime import commands, process

OUTPUTS = ("subject", "presets", "approvals", "ledger")
"""What the step hands on: a folder, a folder, a file and a file."""


def run(job: Job) -> int:
    """Fetch what the job needs; the exit code, which is that of the first part that failed."""
    if job.event.name.startswith("pull_request") or job.event.name == "merge_group":
        show(base.fetch_base(job))
    if job.event.name == "workflow_run" and job.inputs.merge:
        from sluicegate.action.subject import find

        found = find(job)
        if code := _deliver("subject", found, job):
            return code
        job = replace(job, subject=found.path)
    parts = _parts(job)
    for name, answer in zip(parts, side_by_side(list(parts.values())), strict=True):
        if code := _deliver(name, answer, job):
            return code
    return ExitCode.OK


def _parts(job: Job) -> dict[str, Callable[[], StepResult]]:
    """What is to be fetched side by side, by the name of its output."""
    parts: dict[str, Callable[[], StepResult]] = {}
    if pins.is_needed(job):
        from sluicegate.action import presets

        parts["presets"] = lambda: presets.fetch_presets(job)
    if job.inputs.override:
        from sluicegate.action import approvals

        parts["approvals"] = lambda: approvals.ask(job)
    if job.inputs.ledger != "off" and not job.inputs.bundle:
        parts["ledger"] = lambda: ledger.fetch(job)
    return parts


def _deliver(name: str, answer: StepResult, job: Job) -> int:
    """Write a part's lines to the log and its path to the outputs; its exit code."""
    show(answer)
    if answer.path is not None:
        output = job.environment.get("GITHUB_OUTPUT", "")
        commands.append("GITHUB_OUTPUT", output, f"{name}={answer.path}\n")
    return answer.code


def main(environment: Mapping[str, str]) -> int:
    """Run the step; the exit code. A wrong input or event ends the job here."""
    try:
        # A variable that names a subject here is not ours: code of the pull request may have set it.
        job = replace(read_job(environment), subject=None)
    except SluicegateError as error:
        commands.error(one_line(str(error)))
        return error.exit_code
    trust_checkout(job.workspace, job.directory)
    return run(job)


if __name__ == "__main__":
    sys.exit(process.step(main))
