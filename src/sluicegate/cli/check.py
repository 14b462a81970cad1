"""`sluicegate check`: parse, call, print."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime

import click

from sluicegate.bundle.layout import run_of
from sluicegate.cli import options
from sluicegate.cli.printing import judging
from sluicegate.cli.progress import progress_bar
from sluicegate.judge.check import Checked, CheckOptions, check

_EPILOG = """
Without options, check applies sluicegate.yml (or the preset 'standard') to the reports that your build
left, and compares with the base of the pull request or branch.

\b
  sluicegate check                                     judge this checkout
  sluicegate check --evidence reports/                 only the reports there
  sluicegate check --evidence tests.unit=unit.xml      one file for one suite
  sluicegate check --format json --output html=q.html  JSON, and a page
  sluicegate check --warn-only --bundle bundles/py312  a shard, for 'merge'
  sluicegate check --untrusted --runs bundles          untrusted code

Exit codes: 0 not blocked, 1 blocked, 2 your input is wrong, 3 network, API or disk failed, 4 a bug.
"""


@click.command(epilog=_EPILOG)
@judging(CheckOptions)
@options.policy_from
@options.base
@click.option(
    "--evidence",
    multiple=True,
    metavar="[KIND[.SUITE]=]PATH",
    help="File, folder or glob to judge instead of discovered files; repeatable. "
    "Kinds: coverage, tests, findings, benchmarks.",
)
@click.option(
    "--evidence-directory",
    metavar="DIR",
    default="",
    help="Folder in which to look for evidence, and for 'files' of the policy.  [default: the checkout]",
)
@options.text("--approvals", "FILE", "Output of 'sluicegate approvals': who overrides a blocked verdict.")
@options.text("--bundle", "DIR", "Also write the raw evidence to DIR, for 'sluicegate merge'.")
@click.option(
    "--untrusted", is_flag=True, help="Run no code of the project: no 'run:' gate, not its interpreter."
)
@click.option(
    "--runs",
    multiple=True,
    metavar="BUNDLE",
    help="Bundle that holds the values of 'run:' gates, so that no command runs; repeatable.",
)
def command(question: CheckOptions) -> Checked:
    """Judge the evidence of this checkout against the policy, and print one report."""
    with progress_bar(sys.stderr) as progress:
        question = replace(question, run=run_of(os.environ), progress=progress)
        return check(question, lambda: datetime.now(UTC).date())
