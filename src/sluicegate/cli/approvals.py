"""`sluicegate approvals`: fetch the overrides and approvals of the pull request from GitHub."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sluicegate.cli import options
from sluicegate.core.errors import UsageError
from sluicegate.github.approvals import APPROVALS
from sluicegate.github.approvals_api import collect_approvals
from sluicegate.github.client import connect
from sluicegate.github.payload import read_event
from sluicegate.github.subject_folder import read_subject
from sluicegate.runtime.files import write_output

_EPILOG = """
Run it in a separate step right before `check`. Set GITHUB_TOKEN to a token that can read the repository
and its pull requests.

\b
  sluicegate approvals --output approvals.json
  sluicegate check --approvals approvals.json

Exit codes: 0 written, 2 there is no pull request or no token, 3 GitHub cannot be reached.
"""


@click.command(epilog=_EPILOG)
@options.text("--output", "FILE", "File to write.  [default: standard output]")
@options.subject
def command(output: str, subject: str) -> None:
    """Fetch the overrides and approvals of this run's pull request from GitHub, and write them as JSON.

    These are the label 'sluicegate: override', comments that begin with '/sluicegate override', approving
    reviews, and the permissions of their authors. `check` decides which of them count.
    """
    event = read_event(os.environ)
    if subject:
        event = read_subject(Path(subject)).event(event)
    if not event.number:
        raise UsageError("this run is about no pull request", remedy="Run it on 'pull_request' events.")
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        raise UsageError("GITHUB_TOKEN is not set", remedy="Give the step the token of the job.")
    client = connect(token, os.environ.get("GITHUB_API_URL", ""))
    found = collect_approvals(client, event.repository, event.number)
    text = APPROVALS.encode(found, indent=2).decode()
    if output:
        write_output(Path(output), text)
    else:
        click.echo(text, nl=False)
