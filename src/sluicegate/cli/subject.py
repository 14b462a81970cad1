"""`sluicegate subject`: find the pull request, commit and change of a finished run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from sluicegate.action.subject import sentence
from sluicegate.bundle.find import find_bundles
from sluicegate.cli.tokens import github_token
from sluicegate.core.errors import WorldError
from sluicegate.github.client import connect
from sluicegate.github.event import EventContext, event_context
from sluicegate.github.payload import read_event
from sluicegate.github.publish.target import target_of
from sluicegate.github.subject_folder import write_subject
from sluicegate.net.client import ApiError
from sluicegate.runtime.process import here

_EPILOG = """
The run is that of the event 'workflow_run', or --run. The command asks GitHub for the run's pull request,
and fetches the base branch and the commits as objects; it checks nothing out. From the bundles it reads
only the tested commit, and verifies that this commit belongs to the pull request. Set GITHUB_TOKEN or
GH_TOKEN to a token with 'contents: read' and 'pull-requests: read'.

\b
  sluicegate subject bundles/ --output subject
  sluicegate merge bundles/ --subject subject --output json=report.json
  sluicegate publish report.json --subject subject --status

Exit codes: 0 written, 2 your input is wrong, 3 GitHub or git cannot be reached.
"""


@click.command(epilog=_EPILOG)
@click.argument("bundles", nargs=-1, required=True, metavar="BUNDLE...")
@click.option("--output", metavar="FOLDER", required=True, help="Folder to write; must not exist.")
@click.option(
    "--run", type=click.IntRange(min=1), default=None, metavar="ID", help="Run, instead of the event's."
)
@click.option(
    "--repository",
    metavar="OWNER/NAME",
    default="",
    help="Repository of --run.  [default: GITHUB_REPOSITORY]",
)
def command(bundles: tuple[str, ...], output: str, run: int | None, repository: str) -> None:
    """Find the pull request, the commit and the change of a finished run."""
    token = github_token(os.environ)
    event = _run_event(run, repository, token, os.environ) if run else read_event(os.environ)
    folders = find_bundles(bundles, here())
    subject = write_subject(event, folders, Path(output), os.environ, token)
    click.echo(sentence(subject))


def _run_event(run: int, repository: str, token: str, environment: Mapping[str, str]) -> EventContext:
    """The `workflow_run` event of a run, built from the API."""
    named = target_of(
        EventContext(), repository=repository or environment.get("GITHUB_REPOSITORY", ""), number=1
    ).repository
    client = connect(token, environment.get("GITHUB_API_URL", ""))
    try:
        found = client.get(f"/repos/{named}/actions/runs/{run}")
        branch = str(client.get(f"/repos/{named}").get("default_branch", ""))
    except ApiError as error:
        raise WorldError(f"the run {run} cannot be read: {error.message}", where=named) from error
    variables = {
        **environment,
        "GITHUB_EVENT_NAME": "workflow_run",
        "GITHUB_REPOSITORY": named,
        "GITHUB_REF": f"refs/heads/{branch}",
    }
    return event_context(variables, {"workflow_run": found})
