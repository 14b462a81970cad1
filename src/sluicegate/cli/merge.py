"""`sluicegate merge`: parse, call, print."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Unpack

import click

from sluicegate.cli import options
from sluicegate.cli.printing import parse_targets, show_report
from sluicegate.core.errors import UsageError
from sluicegate.github.payload import read_event
from sluicegate.judge import triggered
from sluicegate.judge.check import Checked, exit_code
from sluicegate.judge.merge import MergeOptions, merge
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.runtime.process import here

_EPILOG = """
A bundle is a folder written by 'sluicegate check --bundle', named after its shard. BUNDLE may also be a
folder of bundles, as actions/download-artifact lays them out, or a glob. If a shard ran again, the
latest attempt counts. The policy is always that of this checkout.

\b
  sluicegate merge bundles/ --expect py3.11 --expect py3.12  both required
  sluicegate merge bundles/ --expect 'static=security,lint'  and its gates
  sluicegate merge bundles/ --expect-count 20                20 or more
  sluicegate merge bundles/ --subject subject                on 'workflow_run'

Exit codes: 0 not blocked, 1 blocked, 2 your input is wrong, 3 the world failed, 4 a bug.
"""


class Arguments(options.Judging):
    """The arguments, as click passes them."""

    bundles: tuple[str, ...]
    expect: tuple[str, ...]
    expect_count: int
    subject: str
    folder: str


def _judge(question: MergeOptions, given: Arguments) -> Checked:
    def today() -> date:
        return datetime.now(UTC).date()

    if not given["subject"]:
        if given["folder"]:
            raise UsageError(
                "must be used with --subject", where="--folder", remedy="Run the command in that folder."
            )
        return merge(question, today)
    return triggered.merge(question, triggered.RunSubject(Path(given["subject"]), given["folder"]), today)


@click.command(epilog=_EPILOG)
@click.argument("bundles", nargs=-1, required=True, metavar="BUNDLE...")
@click.option(
    "--expect",
    multiple=True,
    metavar="NAME[=GATE,...]",
    help="Required shard. If it is missing, the gates that it feeds (all, unless named) are ERROR. "
    "Repeatable.",
)
@click.option("--expect-count", type=int, default=0, metavar="N", help="Minimum number of shards.")
@options.subject
@options.folder
@options.policy
@options.preset
@options.gates
@options.baseline
@options.ledger
@options.needs
@options.format_
@options.outputs
@options.warn_only
@click.option(
    "-v", "--verbose", is_flag=True, help="Also show which files were used, and which were ignored."
)
def command(**given: Unpack[Arguments]) -> int:
    """Join the bundles of several shards, judge them as one, and print one report."""
    targets = parse_targets(given["outputs"])
    question = MergeOptions(
        directory=here(),
        bundles=given["bundles"],
        policy=given["policy"],
        preset=given["preset"],
        gates=given["gates"],
        expect=given["expect"],
        expect_count=given["expect_count"],
        baseline=given["baseline"],
        ledger=given["ledger"],
        needs=options.read_needs_file(given["needs"]),
        event=read_event(os.environ),
        pinned=FetchedPresets.of(os.environ).read,
    )
    checked = _judge(question, given)
    show_report(checked, targets, format_name=given["format_"], verbose=given["verbose"])
    return exit_code(checked.report, warn_only=given["warn_only"])
