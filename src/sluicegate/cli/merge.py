"""`sluicegate merge`: parse, call, print."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from sluicegate.cli import options
from sluicegate.cli.printing import judging
from sluicegate.judge import triggered
from sluicegate.judge.check import Checked
from sluicegate.judge.merge import MergeOptions, merge
from sluicegate.judge.question import RunSubject

_EPILOG = """
A bundle is a folder written by 'sluicegate check --bundle', named after its shard. BUNDLE may also be a
folder of bundles, as actions/download-artifact lays them out, or a glob. If a shard ran again, the
latest attempt counts. The policy is always that of this checkout.

\b
  sluicegate merge bundles/ --expect py3.11 --expect py3.12  both required
  sluicegate merge bundles/ --expect 'static=security,lint'  and its gates
  sluicegate merge bundles/ --expect-count 20                20 or more
  sluicegate merge bundles/ --subject subject                on 'workflow_run'

Exit codes: 0 not blocked, 1 blocked, 2 your input is wrong, 3 network, API or disk failed, 4 a bug.
"""


@click.command(epilog=_EPILOG)
@click.argument("bundles", nargs=-1, required=True, metavar="BUNDLE...")
@judging(MergeOptions)
@click.option(
    "--expect",
    multiple=True,
    metavar="NAME[=GATE,...]",
    help="Required shard. If it is missing, the gates that it feeds (all, unless named) are ERROR. "
    "Repeatable.",
)
@click.option("--expect-count", type=int, default=0, metavar="N", help="Minimum number of shards.")
@options.run_subject
def command(question: MergeOptions, run: RunSubject | None) -> Checked:
    """Join the bundles of several shards, judge them as one, and print one report."""

    def today() -> date:
        return datetime.now(UTC).date()

    return triggered.merge(question, run, today) if run else merge(question, today)
