"""Reads a report document and publishes it: what the command and the Action's last step share.

As the Action's step it is run as `python -I -m sluicegate.action.publish`, with the inputs in
`INPUT_…` and the report of the step before in `SLUICEGATE_REPORT`; where `SLUICEGATE_RECORD` is `true` it
records the report first. It reports what it could not do, and does not fail: the verdict is the exit code of
the step before it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sluicegate.action.answer import bug, show
from sluicegate.action.job import Job, read_job, trust_checkout
from sluicegate.core.errors import SluicegateError, UsageError
from sluicegate.core.model import Report
from sluicegate.core.text import one_line
from sluicegate.github.client import connect
from sluicegate.github.event import EventContext
from sluicegate.github.places import places_below
from sluicegate.github.publish.identity import PublishingRun, run_of
from sluicegate.github.publish.outcome import ChannelOutcome, OutcomeKind
from sluicegate.github.publish.publisher import Publication, publish
from sluicegate.github.publish.settings import CommentMode, PublishSettings, StatusName
from sluicegate.github.publish.target import Target, target_of
from sluicegate.github.subject import Subject
from sluicegate.github.subject_folder import read_subject
from sluicegate.net.client import Clock
from sluicegate.policy.location import project_root
from sluicegate.report.document import load_report
from sluicegate.report.modes import AnnotationMode
from sluicegate.runtime import commands, process

if TYPE_CHECKING:
    from sluicegate.judge.question import RunSubject


@dataclass(frozen=True, slots=True)
class Request:
    """A report to publish, as read from its document.

    Attributes:
        event: what started the run; needed to map lines of the checkout to the head.
        root: the judged folder, in a checkout where there is one.
        api_url: of the server; empty for github.com.
        max_wait: maximum seconds of publishing.
    """

    report: Report
    target: Target
    run: PublishingRun
    settings: PublishSettings
    event: EventContext
    root: Path
    token: str
    api_url: str = ""
    max_wait: float = 180.0


def send(request: Request, clock: Clock | None = None) -> list[ChannelOutcome]:
    """Publish; what became of each channel.

    Raises:
        UsageError: the report is of another commit, or the server's address is malformed.
    """
    client = connect(request.token, request.api_url, seconds=request.max_wait, clock=clock)
    places = places_below(request.root, request.event)
    publication = Publication(
        request.report,
        request.target,
        request.run,
        request.settings,
        places.map_line,
        places.prefix,
        _server_of(request),
    )
    return publish(publication, client)


def _server_of(request: Request) -> str:
    """Where files are shown; empty where only the API of an Enterprise Server is named."""
    is_default = request.event.server_url == EventContext().server_url
    is_public = request.api_url.rstrip("/") in ("", "https://api.github.com")
    return "" if is_default and not is_public else request.event.server_url


def complaint(outcomes: Sequence[ChannelOutcome]) -> str:
    """What could not be published, in one text; empty when all succeeded."""
    bad = [outcome for outcome in outcomes if outcome.kind.is_bad]
    if not bad:
        return ""
    failures = "; ".join(f"{outcome.channel}: {outcome.message}" for outcome in bad)
    return f"The report could not be published. {failures}. The verdict is not affected."


def request_of(job: Job) -> Request:
    """What the Action's step publishes.

    Raises:
        SluicegateError: the report cannot be read, or the event is of no commit.
    """
    inputs, folder = job.inputs, job.inputs.working_directory
    subject = subject_of(job.subject, job.event)  # before a report that a stranger may have made is read
    # The report that the user named, relative to the workspace, else that of the step before.
    report = Path(job.environment.get("SLUICEGATE_REPORT", ""))
    if inputs.report:
        report = job.workspace / inputs.report
    name = "Sluicegate" if folder in (".", "./") else f"Sluicegate: {folder}"
    request = Request(
        report=load_report(report, report.name),
        target=target_of(job.event),
        run=run_of(job.environment, inputs.key, folder),
        settings=PublishSettings(
            comment=CommentMode(inputs.comment),
            status=inputs.status,
            status_name=StatusName(inputs.status_name),
            check_run=inputs.check_run,
            annotations=AnnotationMode(inputs.annotations),
            warn_only=inputs.warn_only,
            title=name,
            author=inputs.author,
        ),
        event=job.event,
        root=job.directory if inputs.policy or not job.directory.is_dir() else project_root(job.directory),
        token=inputs.token,
        api_url=job.api_url,
    )
    run = job.ended
    return about_subject(request, subject, run, inputs.policy) if run and subject else request


def about_subject(request: Request, subject: Subject, run: RunSubject, policy: str) -> Request:
    """The request with the subject in place of the event, and its repository in place of the checkout.

    Raises:
        SluicegateError: as `judge.triggered.root_of`.
    """
    from sluicegate.judge.triggered import root_of  # imports all that judges

    return replace(
        request,
        target=subject.target,
        settings=subject.settings(request.settings),
        event=subject.event(request.event),
        root=root_of(run, policy),
    )


def run(job: Job) -> None:
    """Publish what the inputs ask for, and log the outcome.

    Raises:
        SluicegateError: the report cannot be read, or the event is of no commit.
    """
    request = request_of(job)
    settings = request.settings
    if not (settings.status or settings.check_run or request.target.number):
        return
    outcomes = send(request)
    for outcome in outcomes:
        commands.show(one_line(str(outcome)))
    if text := complaint(outcomes):
        failed = any(outcome.kind is OutcomeKind.FAILED for outcome in outcomes)
        (commands.warning if failed else commands.notice)(text)


def subject_of(folder: Path | None, event: EventContext) -> Subject | None:
    """The subject of the run that ended; None where another event started this run.

    Raises:
        UsageError: a run of a fork ended, and nothing proves that its report was made here.
    """
    if folder is not None:
        return read_subject(folder)
    if event.triggered_by is not None and event.is_fork:
        raise UsageError(
            "a report that a fork's run made is not published: its content is not trusted",
            remedy="Judge its bundles here with 'merge', and publish that report; see docs/forks.md.",
        )
    return None


def main(environment: Mapping[str, str]) -> int:
    """Run the step. After a verdict every error is a warning; a report that the user named must be right."""
    try:
        job = read_job(environment)
        trust_checkout(job.workspace, job.directory)
        if environment.get("SLUICEGATE_RECORD") == "true":
            from sluicegate.action import ledger

            show(ledger.record(job))
        run(job)
    except SluicegateError as error:
        if environment.get("INPUT_REPORT", "").strip():
            commands.error(one_line(str(error)))
            return error.exit_code
        commands.warning(
            f"The report could not be published. {one_line(str(error))} The verdict is not affected."
        )
    except Exception as error:
        show(bug(error))
    return 0


if __name__ == "__main__":
    sys.exit(process.step(main))
