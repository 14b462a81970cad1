"""`sluicegate check`: parse, call, print."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Unpack

import click

from sluicegate.bundle.layout import run_of
from sluicegate.cli import options
from sluicegate.cli.printing import parse_targets, show_report
from sluicegate.cli.progress import progress_bar
from sluicegate.github.payload import read_event
from sluicegate.judge.check import CheckOptions, check, exit_code
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.runtime.process import here

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

Exit codes: 0 not blocked, 1 blocked, 2 your input is wrong, 3 the world failed, 4 a bug.
"""


class Arguments(options.Judging):
    """The options, as click passes them."""

    policy_from: str
    base: str
    evidence: tuple[str, ...]
    evidence_directory: str
    approvals: str
    bundle: str
    untrusted: bool
    runs: tuple[str, ...]


@click.command(epilog=_EPILOG)
@options.policy
@options.policy_from
@options.preset
@options.gates
@click.option("--base", metavar="REV", default="", help="Compare with the merge base of REV and HEAD.")
@options.baseline
@options.ledger
@options.needs
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
@click.option(
    "--approvals",
    metavar="FILE",
    default="",
    help="Output of 'sluicegate approvals': who overrides a blocked verdict.",
)
@options.format_
@options.outputs
@click.option(
    "--bundle", metavar="DIR", default="", help="Also write the raw evidence to DIR, for 'sluicegate merge'."
)
@click.option(
    "--untrusted",
    is_flag=True,
    help="Run no code of the project: no 'run:' gate, not its interpreter.",
)
@click.option(
    "--runs",
    multiple=True,
    metavar="BUNDLE",
    help="Bundle that holds the values of 'run:' gates, so that no command runs; repeatable.",
)
@options.warn_only
@click.option(
    "-v", "--verbose", is_flag=True, help="Also show where evidence was looked for, and what was ignored."
)
def command(**given: Unpack[Arguments]) -> int:
    """Judge the evidence of this checkout against the policy, and print one report."""
    targets = parse_targets(given["outputs"])
    with progress_bar(sys.stderr) as progress:
        question = CheckOptions(
            directory=here(),
            policy=given["policy"],
            policy_from=given["policy_from"],
            preset=given["preset"],
            gates=given["gates"],
            base=given["base"],
            baseline=given["baseline"],
            ledger=given["ledger"],
            needs=options.read_needs_file(given["needs"]),
            evidence=given["evidence"],
            evidence_directory=given["evidence_directory"],
            bundle=given["bundle"],
            run=run_of(os.environ),
            approvals=given["approvals"],
            event=read_event(os.environ),
            pinned=FetchedPresets.of(os.environ).read,
            untrusted=given["untrusted"],
            runs=given["runs"],
            progress=progress,
        )
        checked = check(question, lambda: datetime.now(UTC).date())
    show_report(checked, targets, format_name=given["format_"], verbose=given["verbose"])
    return exit_code(checked.report, warn_only=given["warn_only"])
