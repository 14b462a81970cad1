"""`sluicegate plan`: parse, call, print."""

from __future__ import annotations

import json
import os
from typing import TypedDict, Unpack

import click

from sluicegate.cli import options
from sluicegate.core.text import clean, plural
from sluicegate.github.payload import read_event
from sluicegate.judge.plan import By, Plan, plan
from sluicegate.judge.question import Question
from sluicegate.policy.fetched import Fetched
from sluicegate.runtime.process import here, show

_EPILOG = """
\b
  - id: plan
    run: echo "plan=$(sluicegate plan --format json)" >> "$GITHUB_OUTPUT"
\b
  if: ${{ fromJSON(needs.plan.outputs.plan).has_work }}
  strategy:
    matrix: ${{ fromJSON(needs.plan.outputs.plan).matrix }}

With 'whole: false' in the policy, the plan leaves out components that the change does not touch.
Otherwise the whole repository is judged too, which needs the evidence of all components. Without
components the plan has one job.
"""


class Arguments(TypedDict):
    """The options, as click passes them."""

    by: By
    format_: str
    policy: str
    base: str


@click.command(epilog=_EPILOG)
@click.option(
    "--by",
    type=click.Choice(("component", "gate")),
    default="component",
    help="One job per component, or one per gate of a component.  [default: component]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json")),
    default="text",
    help="Format to print.  [default: text]",
)
@options.policy
@click.option("--base", metavar="REV", default="", help="Compare with the merge base of REV and HEAD.")
def command(**given: Unpack[Arguments]) -> None:
    """Print the matrix of jobs that a change needs."""
    question = Question(
        here(),
        given["policy"],
        base=given["base"],
        event=read_event(os.environ),
        pinned=Fetched.of(os.environ).read,
    )
    made = plan(question, given["by"])
    if given["format_"] == "json":
        show(json.dumps(made.document(), separators=(",", ":")) + "\n", color=False)
    else:
        show(clean(_text(made)) + "\n", color=False)


def _text(made: Plan) -> str:
    lines = [plural(len(made.entries), "job")]
    lines += [f"  {e.shard:<24} {', '.join(e.gates)}" for e in made.entries]
    if made.left_out:
        lines += ["left out", *(f"  {name:<24} {reason}" for name, reason in made.left_out)]
    return "\n".join(lines)
