"""`sluicegate explain`: say what a gate, a criterion or a measure asks."""

from __future__ import annotations

from pathlib import Path

import click

from sluicegate.choosing import project_root
from sluicegate.explain import explain_subject
from sluicegate.policy.resolve import load_policy

_EPILOG = """
\b
  sluicegate explain coverage            a gate: why, evidence, measures, what is in force here
  sluicegate explain 'total >= 80%'      a criterion: what it asks, and when it does not apply
  sluicegate explain patch.line          a measure
  sluicegate explain statuses            what PASS, WARN, CONDITIONAL … mean
  sluicegate explain exit-codes          what the exit codes mean
"""


@click.command(epilog=_EPILOG)
@click.argument("subject", metavar="GATE|CRITERION")
@click.option("--policy", metavar="FILE", default="", help="Policy file.  [default: sluicegate.yml]")
def command(subject: str, policy: str) -> None:
    """Say what a gate, a criterion (its text or its id) or a measure asks, and how to satisfy it."""
    here = Path.cwd()
    loaded = load_policy(here / policy, here) if policy else load_policy(None, project_root(here))
    click.echo(explain_subject(subject, loaded), nl=False)
