"""`sluicegate fetch`: parse, call, print."""

from __future__ import annotations

import os

import click

from sluicegate.action.presets import fetch, fetcher
from sluicegate.cli import options
from sluicegate.core.errors import UsageError
from sluicegate.core.text import one_line
from sluicegate.github.payload import read_event
from sluicegate.github.preset_api import Fetcher
from sluicegate.judge.question import Question, RunSubject
from sluicegate.judge.triggered import fetch_presets
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.runtime.process import here

_EPILOG = """
\b
  extends: acme/policies/quality.yml@8f3c1d0a7b6e5f4d3c2b1a0918273645a1b2c3d4

\b
  sluicegate fetch                          once, and after a pin changes
  sluicegate fetch --policy ci/quality.yml  for 'check --policy ...'
  sluicegate fetch --subject subject        for 'merge --subject ...'

Set GITHUB_TOKEN or GH_TOKEN to a token; a preset of a private repository needs 'contents: read' there.
Presets are stored in the user's cache folder, below RUNNER_TEMP in a workflow, or in the folder that
SLUICEGATE_PRESETS names.

Exit codes: 0 all are available, 2 a preset or the policy is wrong, 3 the server or the disk failed, 4 a bug.
"""


@click.command(epilog=_EPILOG)
@options.policy
@options.policy_from
@options.text("--base", "REV", "Base revision, as for 'check'.")
@options.run_subject
def command(policy: str, policy_from: str, base: str, run: RunSubject | None) -> None:
    """Fetch the presets of other repositories that the policy extends.

    Presets are pinned by commit, so each is fetched once. No other command fetches presets.
    """
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or ""
    made = fetcher(FetchedPresets.of(os.environ), token)
    if run is None:
        fetch(Question(here(), policy, policy_from, base=base, event=read_event(os.environ)), made)
    elif base or policy_from != "auto":
        raise UsageError("must not be combined with --base or --policy-from", where="--subject",
                         remedy="Remove them: the subject names the base, whose policy is used.")  # fmt: skip
    else:
        fetch_presets(run, policy, made.read)
    _report(made)


def _report(made: Fetcher) -> None:
    for pinned, fetched in made.taken.items():
        click.echo(f"{'fetched' if fetched else 'kept   '}  {one_line(str(pinned))}")
    for warning in made.warnings:
        click.echo(f"sluicegate: warning: {one_line(warning)}", err=True)
    if not made.taken:
        click.echo("nothing to fetch: the policy extends no file of another repository")
