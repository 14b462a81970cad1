"""The options that several commands have, each said once."""

from __future__ import annotations

from typing import TypedDict

import click

from sluicegate.judge.choose import POLICY_FROM
from sluicegate.report.formats import NAMES


class Judging(TypedDict):
    """What every command that judges is given, as click hands it over."""

    policy: str
    preset: str
    gates: tuple[str, ...]
    baseline: str
    ledger: str
    format_: str
    outputs: tuple[str, ...]
    warn_only: bool
    verbose: bool


policy = click.option("--policy", metavar="FILE", default="", help="Policy file.  [default: sluicegate.yml]")
policy_from = click.option(
    "--policy-from",
    type=click.Choice(POLICY_FROM),
    default="auto",
    help="Whose policy judges: the base branch's tip or this tree's; auto is the base's on a pull request.",
)
preset = click.option(
    "--preset", metavar="NAME", default="", help="Judge by this preset, in place of any file."
)
gates = click.option(
    "--gate", "gates", multiple=True, metavar="NAME", help="Judge only this gate; may be repeated."
)
baseline = click.option(
    "--baseline", metavar="REPORT", default="", help="Earlier report (JSON) for 'baseline' in criteria."
)
ledger = click.option(
    "--ledger",
    metavar="auto|off|PATH",
    default="auto",
    show_default=True,
    help="What 'baseline' means without --baseline: what 'sluicegate ledger fetch' left, nothing, or a path.",
)
format_ = click.option(
    "--format", "format_", type=click.Choice(NAMES), default="terminal", help="What to print."
)
outputs = click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT=FILE",
    help="Also write a report, in place of what is there; may be repeated.",
)
warn_only = click.option("--warn-only", is_flag=True, help="Exit with 0 where it would be 1.")
subject = click.option(
    "--subject", metavar="FOLDER", default="", help="What 'sluicegate subject' wrote, on 'workflow_run'."
)
folder = click.option(
    "--folder", metavar="FOLDER", default="", help="With --subject: the project, from the repository's top."
)
