"""Reads the approvals of the pull request, before the evidence is judged.

Without an answer nothing is overridden, and a warning reports that.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from sluicegate.action.answer import Level, StepResult, one
from sluicegate.action.job import Job
from sluicegate.core.errors import SluicegateError, UsageError
from sluicegate.github.approvals import APPROVALS
from sluicegate.github.approvals_api import collect_approvals
from sluicegate.github.client import connect
from sluicegate.github.subject_folder import read_subject
from sluicegate.runtime.files import write_text


def ask(job: Job) -> StepResult:
    """Ask, and write the file that the path names. Only a wrong input ends the job."""
    try:
        event = read_subject(job.subject).event(job.event) if job.subject else job.event
        if not event.number:
            return StepResult()
        client = connect(job.inputs.token, job.api_url)
        found = collect_approvals(client, event.repository, event.number)
    except UsageError as error:
        return one(Level.ERROR, str(error), code=error.exit_code)
    except SluicegateError as error:
        return one(Level.WARNING, f"This run cannot be overridden: {error}")
    try:
        file = Path(tempfile.mkdtemp(prefix="sluicegate-", dir=job.temp)) / "approvals.json"
        write_text(file, APPROVALS.encode(found, indent=2).decode())
    except OSError as error:
        problem = f"the answer cannot be written: {error.strerror}"
        return one(Level.WARNING, f"This run cannot be overridden: {problem}")
    return StepResult(path=file)
