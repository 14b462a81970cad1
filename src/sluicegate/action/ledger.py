"""The ledger in the Action: fetch what the check compares with, and record a push's report.

Neither fails the job: a ledger that cannot be read is reported where a criterion needs it, and
one that cannot be written is a notice.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sluicegate.action.answer import Level, StepResult, bug, one
from sluicegate.action.job import Job
from sluicegate.collect.base import compared_commits
from sluicegate.core.errors import SluicegateError, UsageError
from sluicegate.core.text import one_line
from sluicegate.git import Git
from sluicegate.ledger.fetching import fetch_snapshot, fetched_line
from sluicegate.ledger.interface import ReadOnlyError
from sluicegate.ledger.open import Choice, open_git, repository
from sluicegate.ledger.snapshot import write_snapshot
from sluicegate.policy.location import tree_root

if TYPE_CHECKING:
    from sluicegate.judge.question import RunSubject


def fetch(job: Job) -> StepResult:
    """Fetch what the check compares with; the path is the file that holds it."""
    return _never_failing(_fetch, job, "fetched")


def record(job: Job) -> StepResult:
    """Record the report of this push."""
    return _never_failing(_record, job, "written")


def _never_failing(work: Callable[[Job], StepResult], job: Job, what: str) -> StepResult:
    """A result, whatever happens: the job goes on."""
    try:
        return work(job)
    except ReadOnlyError as error:
        return one(Level.NOTICE, f"The report was not recorded. {error} The verdict is not affected.")
    except UsageError as error:
        return one(Level.NOTICE, f"The ledger was left aside. {error}")
    except SluicegateError as error:
        return one(Level.WARNING, f"The ledger was not {what}. {error} The verdict is not affected.")
    except Exception as error:
        return bug(error)


def _fetch(job: Job) -> StepResult:
    if run := job.ended:
        git, starts = _of_subject(run, job.inputs.policy)
    else:
        starts = compared_commits(git := _git(job), job.event)
    with open_git(_choice(job), git, job.environment) as store:
        snapshot = fetch_snapshot(store, git, starts)
    path = job.temp / "sluicegate" / f"ledger-{os.getpid()}.json"
    write_snapshot(path, snapshot)
    return one(Level.TEXT, snapshot.reason or fetched_line(snapshot), path=path)


def _choice(job: Job) -> Choice:
    return Choice(ref=job.inputs.ledger_ref, token=job.inputs.token)


def _git(job: Job) -> Git:
    folder = job.directory
    git = repository(folder)
    root = folder if job.inputs.policy else tree_root(folder, git)
    return git if root in (folder, folder.absolute()) else repository(root)


def _of_subject(run: RunSubject, policy: str) -> tuple[Git, list[str]]:
    """Git for a run that has ended, and its base: nothing is checked out, and the subject names the base."""
    # Such a run imports what judges; a checkout's fetch would pay half a second for it.
    from sluicegate.github.subject_folder import read_subject
    from sluicegate.judge.triggered import root_of

    git = repository(root_of(run, policy))
    base = read_subject(run.folder).base
    return git, [base] if base else []


def _record(job: Job) -> StepResult:
    # What records imports what reads reports, which a fetch does not need.
    from sluicegate.ledger import listing, writing
    from sluicegate.report.document import load_report

    name = job.inputs.report
    path = job.workspace / name if name else Path(job.environment.get("SLUICEGATE_REPORT", ""))
    if job.event.name != "push":
        raise UsageError(f"only pushes are recorded, and this is '{one_line(job.event.name)}'")
    report = load_report(path, name or path.name)
    tested = report.commit.tested
    if tested != job.event.tested_sha:
        raise UsageError(
            f"the report is of {one_line(tested[:12]) or 'no commit'} and not of {job.event.tested_sha[:12]}",
            remedy="Record the report in the workflow run that tested the commit.",
        )
    with open_git(_choice(job), git := _git(job), job.environment) as store:
        done = writing.record(store, git, report, lambda: datetime.now(UTC))
        summary = listing.recorded_line(done, store.name)
    problems = ((Level.WARNING, one_line(problem)) for problem in done.problems)
    return StepResult(((Level.TEXT, one_line(summary)), *problems))
