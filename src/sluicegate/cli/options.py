"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import click

from sluicegate.evidence.limits import read_bytes
from sluicegate.github.needs import read_needs
from sluicegate.judge.choose import POLICY_FROM
from sluicegate.report.formats import NAMES
from sluicegate.runtime.process import here


def read_needs_file(name: str) -> Mapping[str, str] | None:
    """The results of jobs in a file that the user names; None where it is empty text.

    Raises:
        UsageError: it is not what GitHub writes.
        EvidenceError: it cannot be read.
    """
    if not name:
        return None
    data, _ = read_bytes(here() / name, name, limit=2**20)
    return read_needs(data.decode(errors="replace") or "{}", name)


class Judging(TypedDict):
    """The options of every command that judges, as click passes them."""

    policy: str
    preset: str
    gates: tuple[str, ...]
    baseline: str
    ledger: str
    needs: str
    format_: str
    outputs: tuple[str, ...]
    warn_only: bool
    verbose: bool


policy = click.option("--policy", metavar="FILE", default="", help="Policy file.  [default: sluicegate.yml]")
policy_from = click.option(
    "--policy-from",
    type=click.Choice(POLICY_FROM),
    default="auto",
    help="Policy that applies: of the base branch's tip, or of this tree; auto is base on a pull request.",
)
preset = click.option(
    "--preset", metavar="NAME", default="", help="Preset to apply instead of a policy file."
)
gates = click.option(
    "--gate", "gates", multiple=True, metavar="NAME", help="Gate to judge, instead of all; repeatable."
)
baseline = click.option(
    "--baseline",
    metavar="REPORT",
    default="",
    help="Earlier report (JSON) that 'baseline' in criteria refers to.",
)
ledger = click.option(
    "--ledger",
    metavar="auto|off|PATH",
    default="auto",
    show_default=True,
    help="Source of 'baseline' without --baseline: output of 'sluicegate ledger fetch', nothing, or a path.",
)
format_ = click.option(
    "--format",
    "format_",
    type=click.Choice(NAMES),
    default="terminal",
    help="Format to print.  [default: terminal]",
)
outputs = click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT=FILE",
    help="Also write a report to FILE, replacing it; repeatable.",
)
needs = click.option(
    "--needs",
    metavar="FILE",
    default="",
    help="Results of the jobs that this one needs: what the workflow's toJSON(needs) says.",
)
warn_only = click.option("--warn-only", is_flag=True, help="Exit with 0 instead of 1 when blocked.")
subject = click.option(
    "--subject", metavar="FOLDER", default="", help="Output of 'sluicegate subject', on 'workflow_run'."
)
folder = click.option(
    "--folder",
    metavar="FOLDER",
    default="",
    help="With --subject: the project's folder, from the top of the repository.",
)
