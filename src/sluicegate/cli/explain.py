"""`sluicegate explain`: explain a gate, a criterion, a measure or a topic."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from sluicegate.cli import options
from sluicegate.explain.texts import explain_subject
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.policy.location import project_root
from sluicegate.policy.resolve import load_policy

_EPILOG = """
\b
  sluicegate explain coverage        a gate: why, evidence, measures, criteria
  sluicegate explain 'total >= 80%'  a criterion, also as a report shows it:
                                     what it requires, and what is in force
  sluicegate explain patch.line      a measure
  sluicegate explain tests.unit      a suite of your policy
  sluicegate explain waivers         a topic: criteria, units, suites,
                                     waivers, presets, statuses or exit-codes
  sluicegate explain CONDITIONAL     a status, among the others
  sluicegate explain release         go or no-go: checks, evidence, roles
"""


@click.command(epilog=_EPILOG)
@click.argument("subject", metavar="GATE|CRITERION|TOPIC")
@options.policy
def command(subject: str, policy: str) -> None:
    """Explain a gate, a suite, a criterion (its text or its id), a measure or a topic."""
    here = Path.cwd()
    pinned = FetchedPresets.of(os.environ).read
    file, root = (here / policy, here) if policy else (None, project_root(here))
    loaded = load_policy(file, root, pinned)
    if subject == "release":
        from sluicegate.release import explain, read

        click.echo(explain.explain_release(read.settings_of(loaded)), nl=False)
        return
    click.echo(explain_subject(subject, loaded, datetime.now(UTC).date()), nl=False)
