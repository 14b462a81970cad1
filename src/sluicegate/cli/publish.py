"""`sluicegate publish`: parse, call, print."""

from __future__ import annotations

import os
from dataclasses import astuple, dataclass
from pathlib import Path

import click

from sluicegate.action import publish
from sluicegate.action.job import trust_checkout
from sluicegate.cli import options
from sluicegate.cli.tokens import github_token
from sluicegate.core.errors import ExitCode, UsageError
from sluicegate.core.text import one_line
from sluicegate.github.event import EventContext
from sluicegate.github.payload import read_event
from sluicegate.github.publish.identity import run_of
from sluicegate.github.publish.settings import CommentMode, PublishSettings, StatusName
from sluicegate.github.publish.target import Target, target_of
from sluicegate.judge.question import RunSubject
from sluicegate.policy.location import project_root
from sluicegate.report.document import load_report
from sluicegate.report.modes import AnnotationMode
from sluicegate.runtime import commands

_EPILOG = """
Write REPORT.json with 'sluicegate check --output json=REPORT.json', in this job or another. The command
publishes it to the pull request and commit of the event, or to those that you name; the commit must be
that of the report. Set GITHUB_TOKEN or GH_TOKEN to a token with 'pull-requests: write' for the comment,
'statuses: write' for the status and 'checks: write' for the check run.

\b
  sluicegate publish report.json                       the comment
  sluicegate publish report.json --status --check-run  and the others
  sluicegate publish report.json --comment on-failure  only if blocked
  sluicegate publish report.json --repository acme/app --pull-request 7

Exit codes: 0 published, or a warning gives the reason (the verdict is the exit code of 'check'), 2 your
input is wrong, 3 with --strict, something could not be published, 4 a bug.
"""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the user wants the report; what is empty comes from the event."""

    repository: str
    pull_request: int | None
    commit: str
    base: str


@click.command(epilog=_EPILOG)
@click.argument("report", metavar="REPORT.json")
@options.choice("--comment", values=CommentMode, about="When to write the pull request's comment.")
@click.option("--status/--no-status", default=False, help="Set the commit status 'sluicegate/gate'.")
@options.choice(
    "--status-name",
    values=StatusName,
    about="base: names of status and check run include the base branch, unless it is the default branch.",
)
@click.option("--check-run/--no-check-run", default=False, help="Write the check run 'sluicegate/report'.")
@options.choice(
    "--annotations",
    values=AnnotationMode,
    about="Findings that the check run shows on their lines: new are those of the change.",
)
@options.text("--repository", "OWNER/NAME", "Repository, instead of the event's.")
@click.option(
    "--pull-request",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Pull request, instead of the event's.",
)
@options.text("--commit", "SHA", "Commit, instead of the event's.")
@options.text(
    "--base", "BRANCH", "Base branch of the verdict.  [default: the event's, else the pull request's]"
)
@options.text("--key", "NAME", "Distinguishes several reports on one commit.  [default: workflow, job]")
@click.option(
    "--title",
    metavar="TEXT",
    default="Sluicegate",
    help="Title of comment and check run.  [default: Sluicegate]",
)
@options.text("--author", "LOGIN", "Login of the token, if the token cannot look it up: 'my-app[bot]'.")
@options.text("--details-url", "URL", "Link to the whole report.  [default: the run]")
@click.option(
    "--warn-only", is_flag=True, help="Publish a blocked report as a success of status and check run."
)
@click.option("--strict", is_flag=True, help="Exit with 3 if anything could not be published.")
@options.max_wait("max_wait", "Maximum time to retry requests.")
@options.run_subject
@options.into(Destination)
@options.into(PublishSettings)
def command(
    settings: PublishSettings,
    destination: Destination,
    *,
    report: str,
    key: str,
    strict: bool,
    max_wait: float,
    run: RunSubject | None,
) -> int:
    """Publish the report in REPORT.json to its pull request."""
    is_action = os.environ.get("GITHUB_ACTIONS") == "true"
    if is_action:
        trust_checkout(Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()), Path.cwd())
    outcomes = publish.send(_request(settings, destination, run, report, key, max_wait))
    for outcome in outcomes:
        click.echo(one_line(str(outcome)))
    text = publish.complaint(outcomes)
    if text and is_action:
        commands.warning(text)
    elif text:
        click.echo(f"sluicegate: warning: {text}", err=True)
    return ExitCode.WORLD if text and strict else ExitCode.OK


def _request(
    settings: PublishSettings,
    destination: Destination,
    run: RunSubject | None,
    report: str,
    key: str,
    max_wait: float,
) -> publish.Request:
    event = read_event(os.environ)
    subject = publish.subject_of(run.folder if run else None, event)
    target = _target(destination, event) if subject is None else subject.target
    read = load_report(Path(report), report)
    token = github_token(os.environ)
    request = publish.Request(
        report=read,
        target=target,
        run=run_of(os.environ, key),
        settings=settings,
        event=event,
        root=project_root(Path.cwd()),
        token=token,
        api_url=os.environ.get("GITHUB_API_URL", ""),
        max_wait=max_wait,
    )
    if run is None or subject is None:
        return request
    if any(astuple(destination)):
        raise UsageError("must not be combined with another destination", where="--subject",
                         remedy="Remove --repository, --pull-request, --commit and --base.")  # fmt: skip
    return publish.about_subject(request, subject, run, "")


def _target(named: Destination, event: EventContext) -> Target:
    return target_of(
        event,
        repository=named.repository,
        number=named.pull_request or 0,
        commit=named.commit,
        branch=named.base.removeprefix("refs/heads/"),
    )
