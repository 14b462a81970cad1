"""`sluicegate approvals`: ask GitHub who overrode or approved the pull request."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sluicegate.action.approvals import collect
from sluicegate.cli import options
from sluicegate.core.errors import UsageError, WorldError
from sluicegate.github.approvals import APPROVALS
from sluicegate.github.payload import read_event
from sluicegate.github.subject_folder import read_subject
from sluicegate.runtime.files import write_text

_EPILOG = """
Run it in a step of its own, right before `check`, with a token in GITHUB_TOKEN that may read the
repository and its pull requests. Nothing else of sluicegate reads it.

\b
  sluicegate approvals --output approvals.json
  sluicegate check --approvals approvals.json

Exit codes: 0 written, 2 there is no pull request or no token, 3 GitHub cannot be asked.
"""


@click.command(epilog=_EPILOG)
@click.option("--output", metavar="FILE", default="", help="Where to write it.  [default: standard output]")
@options.subject
def command(output: str, subject: str) -> None:
    """Ask GitHub who lets the pull request of this run pass, and write what it says as JSON.

    It looks for the label 'sluicegate: override', comments that begin with '/sluicegate override',
    approving reviews, and whether these people may merge. What counts is decided by `check`.
    """
    event = read_event(os.environ)
    if subject:
        event = read_subject(Path(subject)).event(event)
    if not event.number:
        raise UsageError("this run is about no pull request", remedy="Run it on 'pull_request' events.")
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        raise UsageError("GITHUB_TOKEN is not set", remedy="Give the step the token of the job.")
    found = collect(event, token, os.environ.get("GITHUB_API_URL", ""))
    text = APPROVALS.encode(found, indent=2).decode()
    if not output:
        click.echo(text, nl=False)
        return
    try:
        write_text(Path(output), text)
    except OSError as error:
        raise WorldError(f"cannot be written: {error.strerror}", where=output) from error
