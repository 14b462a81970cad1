"""`sluicegate validate`: check the policy, and print the resolved policy or every error."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from sluicegate.cli import options
from sluicegate.core.errors import ExitCode
from sluicegate.core.text import one_line, plural
from sluicegate.policy.describe import policy_document, policy_text
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.policy.location import project_root
from sluicegate.policy.resolve import check_file

_EPILOG = """
Exit codes: 0 the policy is valid, 2 it is not; errors go to standard error, one a line.
"""


@click.command(epilog=_EPILOG)
@click.argument("file", required=False, metavar="[FILE]")
@options.text_or_json
def command(file: str | None, format_: str) -> int:
    """Check a policy FILE, and print the resolved policy.

    Without FILE the command checks the policy that `check` uses: sluicegate.yml, .sluicegate.yml or
    .github/sluicegate.yml, else the preset 'standard'.
    """
    here = Path.cwd()
    pinned = FetchedPresets.of(os.environ).read
    checked = check_file(here / file if file else None, here if file else project_root(here), pinned)
    if checked.policy is None:
        for error in checked.errors:
            click.echo(f"sluicegate: error: {one_line(str(error))}", err=True)
        if len(checked.errors) > 1:
            click.echo(f"sluicegate: {plural(len(checked.errors), 'error')} in the policy", err=True)
        return ExitCode.USAGE
    if format_ == "json":
        click.echo(json.dumps(policy_document(checked.policy), indent=2, ensure_ascii=False))
    else:
        click.echo(policy_text(checked.policy, datetime.now(UTC).date()), nl=False)
    return ExitCode.OK
