"""Finds the subject of the run that has ended, on `workflow_run`.

The folder that it writes is the only input of later steps about that run; they use no network to judge.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from sluicegate.action.answer import Level, StepResult, bug, one
from sluicegate.action.job import Job
from sluicegate.bundle.find import find_bundles
from sluicegate.core.errors import ExitCode, SluicegateError
from sluicegate.core.text import one_line
from sluicegate.github.subject import Subject
from sluicegate.github.subject_folder import write_subject


def sentence(subject: Subject) -> str:
    """What was found, for the log."""
    what = f"pull request {subject.number}" if subject.number else "no pull request"
    if subject.number and not subject.is_open:
        what += ", which is closed and gets no comment"
    change = f"against {subject.base[:10]} ({subject.base_label})" if subject.base else subject.unseen
    lines = [f"{what}, head {subject.head[:10]}, policy of {subject.base_ref} at {subject.tip[:10]}"]
    lines += [f"change: {change}"] if change else []
    lines += [f"no success: {problem}" for problem in subject.problems]
    lines += [f"no status: {subject.shared}"] if subject.shared else []
    return "\n".join(one_line(line) for line in lines)


def find(job: Job) -> StepResult:
    """Find out, write, and hand on the folder. Without it nothing is judged."""
    try:
        folders = find_bundles(job.inputs.merge, job.directory)
        target = Path(tempfile.mkdtemp(prefix="sluicegate-", dir=job.temp)) / "subject"
        subject = write_subject(job.event, folders, target, job.environment, job.inputs.token)
    except SluicegateError as error:
        return one(Level.ERROR, str(error), code=error.exit_code)
    except Exception as error:
        return bug(error, ExitCode.BUG)
    return StepResult(((Level.TEXT, sentence(subject)),), target)
