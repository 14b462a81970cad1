"""`sluicegate publish`: parse, call, print."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict, Unpack

import click

from sluicegate.action.job import trust_checkout
from sluicegate.action.publish import (
    Request,
    about_subject,
    assumed_author,
    complaint,
    load_report,
    send,
    subject_of,
)
from sluicegate.cli import options
from sluicegate.cli.tokens import github_token
from sluicegate.core.errors import ExitCode, UsageError
from sluicegate.core.text import one_line
from sluicegate.github.event import EventContext
from sluicegate.github.payload import read_event
from sluicegate.github.publish.identity import run_of
from sluicegate.github.publish.settings import CommentMode, PublishSettings, StatusName
from sluicegate.github.publish.target import Target, target_of
from sluicegate.github.subject import Subject
from sluicegate.policy.location import project_root
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


class Arguments(TypedDict):
    """The options, as click passes them."""

    report: str
    comment: str
    status: bool
    status_name: str
    check_run: bool
    repository: str
    pull_request: int
    commit: str
    base: str
    key: str
    title: str
    author: str
    details_url: str
    warn_only: bool
    strict: bool
    max_wait: float
    subject: str
    folder: str


@click.command(epilog=_EPILOG)
@click.argument("report", metavar="REPORT.json")
@click.option(
    "--comment",
    type=click.Choice([str(mode) for mode in CommentMode]),
    default=str(CommentMode.ALWAYS),
    show_default=True,
    help="When to write the pull request's comment.",
)
@click.option("--status/--no-status", default=False, help="Set the commit status 'sluicegate/gate'.")
@click.option(
    "--status-name",
    type=click.Choice([str(name) for name in StatusName]),
    default=str(StatusName.BASE),
    show_default=True,
    help="base: names of status and check run include the base branch, unless it is the default branch.",
)
@click.option("--check-run/--no-check-run", default=False, help="Write the check run 'sluicegate/report'.")
@click.option("--repository", metavar="OWNER/NAME", default="", help="Repository, instead of the event's.")
@click.option(
    "--pull-request",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Pull request, instead of the event's.",
)
@click.option("--commit", metavar="SHA", default="", help="Commit, instead of the event's.")
@click.option(
    "--base", metavar="BRANCH", default="",
    help="Base branch of the verdict.  [default: the event's, else the pull request's]",
)  # fmt: skip
@click.option(
    "--key",
    metavar="NAME",
    default="",
    help="Distinguishes several reports on one commit.  [default: workflow, job]",
)
@click.option(
    "--title",
    metavar="TEXT",
    default="Sluicegate",
    help="Title of comment and check run.  [default: Sluicegate]",
)
@click.option(
    "--author",
    metavar="LOGIN",
    default="",
    help="Login of the token, if the token cannot look it up: 'my-app[bot]'.",
)
@click.option(
    "--details-url", metavar="URL", default="", help="Link to the whole report.  [default: the run]"
)
@click.option(
    "--warn-only", is_flag=True, help="Publish a blocked report as a success of status and check run."
)
@click.option("--strict", is_flag=True, help="Exit with 3 if anything could not be published.")
@click.option(
    "--max-wait", type=click.FloatRange(min=0), default=180.0, metavar="SECONDS", show_default=True,
    help="Maximum time to retry requests.",
)  # fmt: skip
@options.subject
@options.folder
def command(**given: Unpack[Arguments]) -> int:
    """Publish the report in REPORT.json to its pull request."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        trust_checkout(Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()), Path.cwd())
    request = _request(given, os.environ)
    outcomes = send(request)
    for outcome in outcomes:
        click.echo(one_line(str(outcome)))
    text = complaint(outcomes)
    if text and os.environ.get("GITHUB_ACTIONS") == "true":
        commands.warning(text)
    elif text:
        click.echo(f"sluicegate: warning: {text}", err=True)
    return ExitCode.WORLD if text and given["strict"] else ExitCode.OK


def _request(given: Arguments, environment: Mapping[str, str]) -> Request:
    event = read_event(environment)
    subject = subject_of(Path(given["subject"]) if given["subject"] else None, event)
    target = _target(given, event) if subject is None else subject.target
    report = load_report(Path(given["report"]), given["report"])
    token = github_token(environment)
    request = Request(
        report=report,
        target=target,
        run=run_of(environment, given["key"]),
        settings=PublishSettings(
            comment=CommentMode(given["comment"]),
            status=given["status"],
            status_name=StatusName(given["status_name"]),
            check_run=given["check_run"],
            warn_only=given["warn_only"],
            title=given["title"],
            author=given["author"] or assumed_author(token),
            details_url=given["details_url"],
        ),
        event=event,
        root=project_root(Path.cwd()),
        token=token,
        api_url=environment.get("GITHUB_API_URL", ""),
        max_wait=given["max_wait"],
    )
    return request if subject is None else _of_subject(request, subject, given)


def _of_subject(request: Request, subject: Subject, given: Arguments) -> Request:
    """The request, directed at the subject."""
    if given["repository"] or given["pull_request"] or given["commit"] or given["base"]:
        raise UsageError("must not be combined with another destination", where="--subject",
                         remedy="Remove --repository, --pull-request, --commit and --base.")  # fmt: skip
    from sluicegate.judge.triggered import RunSubject, root_of  # imports all that judges

    root = root_of(RunSubject(Path(given["subject"]), given["folder"]), "")
    return about_subject(request, subject, root)


def _target(given: Arguments, event: EventContext) -> Target:
    """The destination, from the event and the options."""
    number = given["pull_request"] or 0
    return target_of(
        event,
        repository=given["repository"],
        number=number,
        commit=given["commit"],
        branch=given["base"].removeprefix("refs/heads/"),
    )
