"""`sluicegate rollout`: parse, call, print."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator

import click

from sluicegate.cli import options, rollout_people, rollout_runner, rollout_sessions, rollout_status
from sluicegate.cli.ledger_place import anywhere
from sluicegate.cli.rollout_comment import comment
from sluicegate.cli.rollout_publish import Pages, pages_of
from sluicegate.cli.rollout_sessions import (
    DEPLOYED,
    DRY,
    NAME,
    ONE,
    PUBLISH,
    REASON,
    Asked,
    echo,
    open_session,
    plans_of_project,
    say,
    show_error,
)
from sluicegate.core.errors import ExitCode, UsageError, WorldError
from sluicegate.core.text import one_line, plural
from sluicegate.git import open_repository
from sluicegate.ledger.open import Choice
from sluicegate.policy.location import project_root
from sluicegate.rollout import status as show
from sluicegate.rollout.deployments import deployed_commit
from sluicegate.rollout.discover import Plans
from sluicegate.rollout.examine import Examined, examine, examine_live, scenario_of
from sluicegate.rollout.keys import parse_duration
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.session import Session, worst
from sluicegate.rollout.simulate import forecast_text, simulate
from sluicegate.rollout.start import Go
from sluicegate.rollout.summary import is_young
from sluicegate.runtime.process import here
from sluicegate.runtime.surroundings import Surroundings


@click.group(
    epilog="""
A rollout takes a released change to all users, stage by stage, by a feature flag, and turns it back when its
metrics prove a fault. Its plan is rollouts/NAME.yml; its journal is in the ledger. See docs/rollouts.md.

\b
  sluicegate rollout validate               check all plans
  sluicegate rollout start new-checkout     begin
  sluicegate rollout tick                   what a schedule runs
  sluicegate rollout rollback new-checkout  switch it off, in any state

Exit codes: 0 done, or nothing to do; 1 rolled back; 2 your input is wrong, or refused; 3 a provider, the
ledger or GitHub failed.
"""
)
@click.pass_context
def command(context: click.Context) -> None:
    """Take a change to all users, stage by stage, and back when it hurts."""
    rollout_runner.begin(context, rollout_sessions.clock())


# --- plans -------------------------------------------------------------------------------------


@command.command(short_help="Check plans.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--live", is_flag=True, help="Read each flag, try the rights of its token, and ask for each metric, once."
)
def validate(names: tuple[str, ...], live: bool) -> int:
    """Check the plans of this project, and say what is risky in them.

    With --live each flag is read, the right to write it is tried in a way that changes nothing, and each
    metric is looked up and counted once, so that a wrong name, label or token is found before the start.

    Exit codes: 0 valid, 2 not valid, 3 a provider failed.
    """
    plans = plans_of_project()
    codes = [_validated(plans, name, live=live) for name in names or sorted(plans.found)]
    for error in plans.errors if not names else ():
        show_error(error)
        codes.append(ExitCode.USAGE)
    if not codes:
        click.echo("there are no plans: write rollouts/NAME.yml", err=True)
    return max(codes, default=ExitCode.OK)


def _validated(plans: Plans, name: str, *, live: bool) -> ExitCode:
    checked = plans.found.get(name)
    for error in checked.errors if checked is not None else ():
        show_error(error)
    if checked is not None and checked.errors:
        return ExitCode.USAGE
    if live:
        rollout_sessions.refuse_strangers()
    plan = plans.plan(name)
    around = Surroundings(os.environ, project_root(here()), rollout_sessions.clock())
    found = examine(plan, around) if not live else examine_live(plan, around)
    echo(_examined_lines(plan, found))
    return found.exit_code


def _examined_lines(plan: Plan, found: Examined) -> Iterator[str]:
    parts = f"{plural(len(plan.stages), 'stage')}, {plural(len(plan.flags), 'flag')}"
    yield f"{plan.name}: {parts}: {found.verdict}"
    yield from (f"  {line}" for line in found.lines)


@command.command("simulate", short_help="Forecast what a plan does with a version.")
@NAME
@click.option("--rate", "rates", multiple=True, metavar="METRIC=OLD:NEW",
              help="Bad events of the old and the new version, such as error_rate=1%:8%.")  # fmt: skip
@click.option("--per-minute", type=click.FloatRange(min=0.001), default=1000.0, show_default=True,
              metavar="N", help="Events of the whole service in a minute.")  # fmt: skip
@click.option("--runs", type=click.IntRange(1, 100_000), default=200, show_default=True, metavar="N",
              help="Number of runs.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Seed of the runs.")
def simulate_(name: str, rates: tuple[str, ...], per_minute: float, runs: int, seed: int) -> None:
    """Forecast how long a plan takes, how often a version passes each stage, and how many see it.

    Metrics without --rate have 1% bad events in both versions.
    """
    plan = plans_of_project().plan(name)
    click.echo(forecast_text(simulate(plan, scenario_of(plan, rates, per_minute), runs, seed)), nl=False)


# --- a rollout's life --------------------------------------------------------------------------


@command.command(short_help="Start a rollout.")
@NAME
@options.text("--commit", "SHA", "Commit that is rolled out.  [default: the newest successful Deployment]")
@options.text("--without-go", "REASON", "Start without a decision to release; the reason is recorded.")
@DEPLOYED
@REASON
@DRY
@PUBLISH
@anywhere
@options.into(Asked)
def start(asked: Asked, choice: Choice, name: str, commit: str, without_go: str) -> int:
    """Start a rollout of NAME: its plan goes into the journal, and its first stage is written.

    It needs a decision to release the commit, or another one with the same tree: see 'release verify'. Later
    edits of the plan change nothing in a rollout that goes on.
    """
    with open_session(choice, asked.deployed, proven=True) as session:
        plan = session.plans().plan(name)
        wanted = _commit(commit) if commit else deployed_commit(session.github, plan.environment)
        go = Go(wanted, reason=without_go) if without_go else session.decided(wanted, _tree(wanted))
        done = session.start(name, go, asked.reason, dry=asked.dry)
        code = say(done, dry=asked.dry)
        pages_of(session, asked).show([done])
    return code


def _tree(commit: str) -> str:
    """The tree of a commit; empty where this clone does not have it."""
    git = open_repository(here())
    return git.tree(commit) if git is not None else ""


def _commit(text: str) -> str:
    """The full name of a commit."""
    git = open_repository(here())
    found = (git.commit(text) if git is not None else "") or text.lower()
    if len(found) not in (40, 64) or not all(c in "0123456789abcdef" for c in found):
        remedy = "Write the full name of a commit, or a revision that this clone has."
        raise UsageError(f"'{one_line(text)[:60]}' is no commit", where="--commit", remedy=remedy)
    return found


@command.command(short_help="Decide and act, once.")
@ONE
@DEPLOYED
@DRY
@PUBLISH
@anywhere
@options.into(Asked)
def tick(asked: Asked, choice: Choice, name: str) -> int:
    """Decide and act once, for the rollout NAME or for all that go on.

    Anything may run it, at any time and as often as you like. A tick that changes nothing writes nothing, but
    once an hour that it looked.
    """
    with open_session(choice, asked.deployed) as session:
        done = session.ticked(name, dry=asked.dry)
        code = _say_all(done, name, dry=asked.dry)
        pages_of(session, asked).show(done)
    return code


def _say_all(done: Iterable[Outcome], name: str, *, dry: bool = False) -> ExitCode:
    outcomes = list(done)
    for outcome in outcomes:
        say(outcome, dry=dry)
    if not outcomes:
        click.echo("no rollout goes on", err=True)
    return worst(outcomes, named=bool(name))


@command.command(short_help="Tick again and again.")
@ONE
@click.option("--for", "lasts", default="15min", show_default=True, metavar="TIME", help="How long to watch.")
@click.option("--every", default="1min", show_default=True, metavar="TIME", help="Time between two ticks.")
@options.text("--young", "TIME", "End when no stage is younger than this.")
@DEPLOYED
@DRY
@PUBLISH
@anywhere
@options.into(Asked)
def watch(asked: Asked, choice: Choice, name: str, lasts: str, every: str, young: str) -> int:
    """Tick again and again in one process, until the time is up or the rollout has ended.

    While it runs, a proven fault is switched off within --every.
    """
    seconds, pause = parse_duration(lasts), parse_duration(every)
    age = parse_duration(young) if young else math.inf
    clock, runner = rollout_sessions.clock(), rollout_runner.shown()
    if runner is not None and young:
        runner.age = age
    end = clock.monotonic() + seconds
    with open_session(choice, asked.deployed) as session:
        pages = pages_of(session, asked)
        while True:
            code, over = _watched(session, name, age, pages, dry=asked.dry)
            if over or clock.monotonic() + pause >= end:
                return code
            clock.sleep(pause)


def _watched(session: Session, name: str, age: float, pages: Pages, *, dry: bool) -> tuple[ExitCode, bool]:
    """One tick of a watch: its exit code, and whether all is over. The ledger may answer the next time.

    What failed is looked at again, and so is a stage that is younger than `age`, in seconds.
    """
    try:
        done = session.ticked(name, dry=dry)
    except WorldError as error:
        show_error(error)
        return ExitCode.WORLD, False
    code, now = _say_all(done, name, dry=dry), session.around.clock.now()
    pages.show(done)
    return code, not [o for o in done if o.failed is not None or is_young(o.state, now, age)]


@command.command("list", short_help="List all rollouts.")
@anywhere
def list_(choice: Choice) -> None:
    """List all rollouts of the ledger, the newest first."""
    with open_session(choice) as session:
        lines = session.list_lines()
    echo(lines)
    if not lines:
        click.echo("the ledger has no rollout", err=True)


@command.command(short_help="Print the events of a rollout.")
@NAME
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@anywhere
def history(choice: Choice, name: str, as_json: bool) -> None:
    """Print the events of the rollout NAME, the oldest first."""
    with open_session(choice) as session:
        found = session.find(name)
    if as_json:
        for value in show.history_json(found.entries):
            click.echo(json.dumps(value, ensure_ascii=False))
    else:
        echo(show.history_lines(found.entries))
    for problem in found.unread.values():
        click.echo(f"sluicegate: warning: {one_line(problem)}", err=True)


for kept_elsewhere in (rollout_status.command, *rollout_people.COMMANDS, comment):
    command.add_command(kept_elsewhere)
