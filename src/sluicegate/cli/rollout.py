"""`sluicegate rollout`: parse, call, print."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from sluicegate.cli import options
from sluicegate.cli.ledger_place import anywhere
from sluicegate.core.errors import ExitCode, SluicegateError, UsageError, WorldError
from sluicegate.core.text import clean, one_line, plural
from sluicegate.git import open_repository
from sluicegate.github.client import connect as connect_github
from sluicegate.ledger.open import Choice, open_store
from sluicegate.net.client import Clock
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.policy.location import project_root
from sluicegate.rollout import status as show
from sluicegate.rollout.actions import Command, CommandKind
from sluicegate.rollout.deployments import deployed_commit
from sluicegate.rollout.discover import Plans, find_plans
from sluicegate.rollout.examine import Examined, examine, examine_live, scenario_of
from sluicegate.rollout.journal import Closed, Journals
from sluicegate.rollout.keys import parse_duration
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.session import Session, worst
from sluicegate.rollout.simulate import forecast_text, simulate
from sluicegate.rollout.start import Go
from sluicegate.rollout.who import GitHub, who_asks
from sluicegate.runtime.process import here
from sluicegate.runtime.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Asked:
    """What several commands take.

    Attributes:
        reason: for the journal.
        dry: write nothing.
        deployed: the commit that the environment runs.
    """

    reason: str = ""
    dry: bool = False
    deployed: str = ""


_REASON = options.text("--reason", "TEXT", "Why, for the journal.")
_DRY = click.option("--dry-run", "dry", is_flag=True, help="Say what would be done, and write nothing.")
_DEPLOYED = options.text(
    "--deployed", "SHA", "Commit that the environment runs, where no GitHub Deployment says it."
)
_NAME = click.argument("name", metavar="NAME")
_ONE = click.argument("name", metavar="[NAME]", default="")


def _clock() -> Clock:
    return Clock()


def _github() -> GitHub:
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or ""
    if not token:
        return GitHub(os.environ.get("GITHUB_REPOSITORY", ""))
    make = functools.partial(connect_github, token, os.environ.get("GITHUB_API_URL", ""), seconds=60.0)
    return GitHub(os.environ.get("GITHUB_REPOSITORY", ""), make)


def _plans() -> Plans:
    return find_plans(project_root(here()), FetchedPresets.of(os.environ).read)


@contextlib.contextmanager
def _session(choice: Choice, deployed: str = "", *, proven: bool = False) -> Iterator[Session]:
    """The rollouts of a ledger; where that decides, with who asks, as GitHub says."""
    github, in_folder = _github(), bool(choice.folder)
    asked = github if proven else GitHub(github.repository)
    actor = who_asks(os.environ, asked, in_folder=in_folder)
    around = Surroundings(os.environ, project_root(here()), _clock())
    with open_store(choice, open_repository(here()), here()) as store:
        yield Session(Journals(store), _plans, around, github, actor, in_folder, deployed)


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(clean(line))


def _error(error: SluicegateError) -> None:
    click.echo(f"sluicegate: error: {one_line(str(error))}", err=True)


def _say(outcome: Outcome, *, dry: bool = False) -> ExitCode:
    """Print what was done."""
    _echo(show.outcome_lines(outcome, dry=dry))
    refusal = outcome.refusal
    if refusal is not None:
        remedy = getattr(refusal.action, "remedy", "")
        _error(UsageError(refusal.reason, where=outcome.id, remedy=remedy))
    if outcome.failed is not None:
        _error(outcome.failed)
    return outcome.exit_code


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
def command() -> None:
    """Take a change to all users, stage by stage, and back when it hurts."""


# --- plans -------------------------------------------------------------------------------------


@command.command(short_help="Check plans.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--live", is_flag=True, help="Read each flag, and ask for each metric, once.")
def validate(names: tuple[str, ...], live: bool) -> int:
    """Check the plans of this project, and say what is risky in them.

    With --live each flag is read and each metric is looked up at its provider, so that a wrong name, label or
    token is found before the start. Nothing is written.

    Exit codes: 0 valid, 2 not valid, 3 a provider failed.
    """
    plans = _plans()
    codes = [_validated(plans, name, live=live) for name in names or sorted(plans.found)]
    for error in plans.errors if not names else ():
        _error(error)
        codes.append(ExitCode.USAGE)
    if not codes:
        click.echo("there are no plans: write rollouts/NAME.yml", err=True)
    return max(codes, default=ExitCode.OK)


def _validated(plans: Plans, name: str, *, live: bool) -> ExitCode:
    checked = plans.found.get(name)
    for error in checked.errors if checked is not None else ():
        _error(error)
    if checked is not None and checked.errors:
        return ExitCode.USAGE
    plan = plans.plan(name)
    around = Surroundings(os.environ, project_root(here()), _clock())
    found = examine(plan, around) if not live else examine_live(plan, around)
    _echo(_examined_lines(plan, found))
    return found.exit_code


def _examined_lines(plan: Plan, found: Examined) -> Iterator[str]:
    parts = f"{plural(len(plan.stages), 'stage')}, {plural(len(plan.flags), 'flag')}"
    yield f"{plan.name}: {parts}: {found.verdict}"
    yield from (f"  {line}" for line in found.lines)


@command.command("simulate", short_help="Forecast what a plan does with a version.")
@_NAME
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
    plan = _plans().plan(name)
    click.echo(forecast_text(simulate(plan, scenario_of(plan, rates, per_minute), runs, seed)), nl=False)


# --- a rollout's life --------------------------------------------------------------------------


@command.command(short_help="Start a rollout.")
@_NAME
@options.text("--commit", "SHA", "Commit that is rolled out.  [default: the newest successful Deployment]")
@options.text("--without-go", "REASON", "Start without a decision to release; the reason is recorded.")
@_DEPLOYED
@_REASON
@_DRY
@anywhere
@options.into(Asked)
def start(asked: Asked, choice: Choice, name: str, commit: str, without_go: str) -> int:
    """Start a rollout of NAME: its plan goes into the journal, and its first stage is written.

    It needs a decision to release the commit. Later edits of the plan change nothing in a rollout that goes
    on.
    """
    with _session(choice, asked.deployed, proven=True) as session:
        plan = session.plans().plan(name)
        wanted = _commit(commit) if commit else deployed_commit(session.github, plan.environment)
        done = session.start(name, Go(wanted, reason=without_go), asked.reason, dry=asked.dry)
    return _say(done, dry=asked.dry)


def _commit(text: str) -> str:
    """The full name of a commit."""
    git = open_repository(here())
    found = (git.commit(text) if git is not None else "") or text.lower()
    if len(found) not in (40, 64) or not all(c in "0123456789abcdef" for c in found):
        remedy = "Write the full name of a commit, or a revision that this clone has."
        raise UsageError(f"'{one_line(text)[:60]}' is no commit", where="--commit", remedy=remedy)
    return found


@command.command(short_help="Decide and act, once.")
@_ONE
@_DEPLOYED
@_DRY
@anywhere
@options.into(Asked)
def tick(asked: Asked, choice: Choice, name: str) -> int:
    """Decide and act once, for the rollout NAME or for all that go on.

    Anything may run it, at any time and as often as you like. A tick that changes nothing writes nothing, but
    once an hour that it looked.
    """
    with _session(choice, asked.deployed) as session:
        done = session.ticked(name, dry=asked.dry)
    return _say_all(done, name, dry=asked.dry)


def _say_all(done: Iterable[Outcome], name: str, *, dry: bool = False) -> ExitCode:
    outcomes = list(done)
    for outcome in outcomes:
        _say(outcome, dry=dry)
    if not outcomes:
        click.echo("no rollout goes on", err=True)
    return worst(outcomes, named=bool(name))


@command.command(short_help="Tick again and again.")
@_ONE
@click.option("--for", "lasts", default="15min", show_default=True, metavar="TIME", help="How long to watch.")
@click.option("--every", default="1min", show_default=True, metavar="TIME", help="Time between two ticks.")
@_DEPLOYED
@anywhere
@options.into(Asked)
def watch(asked: Asked, choice: Choice, name: str, lasts: str, every: str) -> int:
    """Tick again and again in one process, until the time is up or the rollout has ended.

    While it runs, a proven fault is switched off within --every.
    """
    seconds, pause = parse_duration(lasts), parse_duration(every)
    clock = _clock()
    end = clock.monotonic() + seconds
    with _session(choice, asked.deployed) as session:
        while True:
            code, over = _watched(session, name)
            if over or clock.monotonic() + pause >= end:
                return code
            clock.sleep(pause)


def _watched(session: Session, name: str) -> tuple[ExitCode, bool]:
    """One tick of a watch: its exit code, and whether all is over. The ledger may answer the next time."""
    try:
        done = session.ticked(name)
    except WorldError as error:
        _error(error)
        return ExitCode.WORLD, False
    return _say_all(done, name), all(outcome.is_over for outcome in done)


@command.command(short_help="Show a rollout.")
@_ONE
@options.text_or_json
@_DEPLOYED
@anywhere
@options.into(Asked)
def status(asked: Asked, choice: Choice, name: str, format_: str) -> int:
    """Show the rollout NAME, or all that go on: stages, flags, readings against bounds, and what comes next.

    Nothing is written.
    """
    with _session(choice, asked.deployed) as session:
        found = session.statuses(name)
    if format_ == "json":
        values = [show.status_json(one) for one in found]
        click.echo(json.dumps(values[0] if name else values, indent=2, ensure_ascii=False))
    else:
        _echo(line for one in found for line in show.status_text(one).splitlines())
        if not found:
            click.echo("no rollout goes on", err=True)
    return max((one.outcome.failed.exit_code for one in found if one.outcome.failed), default=ExitCode.OK)


@command.command("list", short_help="List all rollouts.")
@anywhere
def list_(choice: Choice) -> None:
    """List all rollouts of the ledger, the newest first."""
    with _session(choice) as session:
        lines = session.list_lines()
    _echo(lines)
    if not lines:
        click.echo("the ledger has no rollout", err=True)


@command.command(short_help="Print the events of a rollout.")
@_NAME
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@anywhere
def history(choice: Choice, name: str, as_json: bool) -> None:
    """Print the events of the rollout NAME, the oldest first."""
    with _session(choice) as session:
        found = session.find(name)
    if as_json:
        for value in show.history_json(found.entries):
            click.echo(json.dumps(value, ensure_ascii=False))
    else:
        _echo(show.history_lines(found.entries))
    for problem in found.unread.values():
        click.echo(f"sluicegate: warning: {one_line(problem)}", err=True)


# --- commands of people ------------------------------------------------------------------------


def _given(asked: Asked, choice: Choice, name: str, given: Command) -> ExitCode:
    if given.kind is CommandKind.PAUSE:
        opened = _session_of_any(choice)
    else:
        opened = _session(choice, asked.deployed, proven=True)
    with opened as session:
        done = session.command(name, given, dry=asked.dry)
    return _say(done, dry=asked.dry)


@command.command(short_help="Promote to the next stage, or to everybody.")
@_NAME
@options.text("--to", "STAGE", "Stage to promote to, the one behind the current one.")
@click.option("--full", is_flag=True, help="Promote to everybody at once; it needs --reason.")
@options.text("--override-freeze", "REASON", "Promote in a freeze; the reason is recorded.")
@_DEPLOYED
@_REASON
@_DRY
@anywhere
@options.into(Asked)
def promote(asked: Asked, choice: Choice, name: str, to: str, full: bool, override_freeze: str) -> int:
    """Promote the rollout NAME, whatever its readings say; they are recorded with it.

    Who finds another stage than the one before --to changes nothing. Approvers of the plan may do it.
    """
    given = Command(
        CommandKind.PROMOTE, reason=asked.reason, to=to, full=full, override_freeze=override_freeze
    )
    return _given(asked, choice, name, given)


@command.command(short_help="Stop promoting, and leave the flag as it is.")
@_NAME
@_REASON
@_DRY
@anywhere
@options.into(Asked)
def pause(asked: Asked, choice: Choice, name: str) -> int:
    """Pause the rollout NAME: nothing is promoted until `resume`; a proven fault still rolls back."""
    return _given(asked, choice, name, Command(CommandKind.PAUSE, reason=asked.reason))


@command.command(short_help="End a pause.")
@_NAME
@_DEPLOYED
@_REASON
@_DRY
@anywhere
@options.into(Asked)
def resume(asked: Asked, choice: Choice, name: str) -> int:
    """Resume the rollout NAME: its stage begins anew, and what was counted before is forgotten."""
    return _given(asked, choice, name, Command(CommandKind.RESUME, reason=asked.reason))


@command.command("skip-bake", short_help="Let a stage end before its time.")
@_NAME
@_DEPLOYED
@_REASON
@_DRY
@anywhere
@options.into(Asked)
def skip_bake(asked: Asked, choice: Choice, name: str) -> int:
    """Let the stage of NAME end before its time; samples and criteria count all the same."""
    return _given(asked, choice, name, Command(CommandKind.SKIP_BAKE, reason=asked.reason))


def _killed(asked: Asked, choice: Choice, name: str, kind: CommandKind) -> ExitCode:
    """Switch off; a rollback that somebody asked for and got is a success."""
    reason = asked.reason or f"{kind} was asked for"
    with _session_of_any(choice) as session:
        if asked.dry:
            _echo([f"{name}: all flags would be switched off: {reason}"])
            return ExitCode.OK
        done = session.kill(name, reason)
    code = _say(done)
    if done.failed is None:
        _echo([f"{done.id}: all flags are off"])
    return ExitCode.OK if code == ExitCode.BLOCKED else code


@contextlib.contextmanager
def _session_of_any(choice: Choice) -> Iterator[Session]:
    """The same, where neither the ledger nor who asks may be in the way."""
    github = _github()
    try:
        actor = who_asks(os.environ, github, in_folder=bool(choice.folder))
    except SluicegateError:
        actor = who_asks(os.environ, GitHub(github.repository), in_folder=bool(choice.folder))
    around = Surroundings(os.environ, _root_or_here(), _clock())
    with contextlib.ExitStack() as stack:
        try:
            store = stack.enter_context(open_store(choice, open_repository(here()), here()))
        except SluicegateError as error:
            store = Closed(error)
        yield Session(Journals(store), _plans, around, github, actor, bool(choice.folder))


def _root_or_here() -> Path:
    try:
        return project_root(here())
    except SluicegateError:
        return here()


@command.command(short_help="Switch all flags off, whatever the state is.")
@_NAME
@_REASON
@_DRY
@anywhere
@options.into(Asked)
def rollback(asked: Asked, choice: Choice, name: str) -> int:
    """Switch all flags of the rollout NAME off and end it, whatever its state is.

    Where the ledger does not answer in five seconds, the flags are written first and the journal after. It
    asks for no metric, no permission and no flag that can be read.

    Exit codes: 0 off and recorded, 2 there is no such rollout, 3 a flag is not off, or that is not recorded.
    """
    return _killed(asked, choice, name, CommandKind.ROLLBACK)


@command.command(short_help="The same as rollback, for a rollout that is no longer wanted.")
@_NAME
@_REASON
@_DRY
@anywhere
@options.into(Asked)
def abort(asked: Asked, choice: Choice, name: str) -> int:
    """End the rollout NAME as 'rollback' does, for a reason that is no fault."""
    return _killed(asked, choice, name, CommandKind.ABORT)
