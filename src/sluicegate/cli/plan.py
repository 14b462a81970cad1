"""`sluicegate plan`: parse, call, print."""

from __future__ import annotations

import json

import click

from sluicegate.cli import options
from sluicegate.core.text import clean, plural
from sluicegate.judge.plan import By, plan
from sluicegate.judge.question import Question
from sluicegate.runtime.process import show

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


@click.command(epilog=_EPILOG)
@options.choice(
    "--by", values=("component", "gate"), about="One job per component, or one per gate of a component."
)
@options.text_or_json
@options.policy
@options.base
@options.into(Question, options.surroundings)
def command(question: Question, by: By, format_: str) -> None:
    """Print the matrix of jobs that a change needs."""
    made = plan(question, by)
    if format_ == "json":
        text = json.dumps(made.document(), separators=(",", ":"))
    else:
        lines = [plural(len(made.entries), "job")]
        lines += [f"  {e.shard:<24} {', '.join(e.gates)}" for e in made.entries]
        if made.left_out:
            lines += ["left out", *(f"  {name:<24} {reason}" for name, reason in made.left_out)]
        text = clean("\n".join(lines))
    show(f"{text}\n", color=False)
