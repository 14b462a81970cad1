"""`sluicegate bench`: parse, call, print."""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path
from typing import NoReturn, TypedDict, Unpack

import click

from sluicegate.bench.document import document
from sluicegate.bench.machine import this_machine
from sluicegate.bench.model import Clock, Failure, Outcome, Settings, Statistic
from sluicegate.bench.request import inside, parse_commands, parse_time
from sluicegate.bench.session import World, choose, measure, repository
from sluicegate.bench.table import table
from sluicegate.cli.progress import progress_bar
from sluicegate.core.errors import EngineError, UsageError, WorldError
from sluicegate.core.text import clean
from sluicegate.engines.command import command_environment, shell
from sluicegate.git.environment import of_folder
from sluicegate.github.payload import read_event
from sluicegate.runtime.files import write_text
from sluicegate.runtime.process import here, show

_EPILOG = """
Both sides are fresh checkouts outside of the repository, equally long in path: base is the merge
base of REV and HEAD (on a pull request its own base), head is what is checked out, on a laptop with
what is not committed. What git ignores is in neither: --setup builds it in each. They run in
turn, in random order, each run a process of its own; it ends as soon as a sequential test decides,
or when the time is over.

\b
  sluicegate bench --base main -- python bench.py    time a command
  sluicegate bench --command 'app a' --command 'app b' --name a --name b
  sluicegate bench --setup 'make build' -- ./build/app --once
  sluicegate bench --reads b.json -- .venv/bin/pytest --benchmark-json=b.json

It measures, and 'sluicegate check' judges: what it writes is the evidence of the gate 'performance'.
A side that does not build or run makes that gate ERROR.

Exit codes: 0 measured, 2 your input is wrong or a side failed, 3 the world failed, 4 a bug.
"""


class Arguments(TypedDict):
    """The options, as click hands them over."""

    words: tuple[str, ...]
    base: str
    lines: tuple[str, ...]
    names: tuple[str, ...]
    setup: str
    prepare: str
    shell: str
    reads: str
    statistic: str
    clock: str
    from_head: tuple[str, ...]
    warmup: int
    pairs_per_round: int | None
    min_rounds: int | None
    max_rounds: int | None
    max_time: str
    ignore_failure: bool
    instructions: bool
    seed: int | None
    output: str
    verbose: bool


WINDOWS = os.name == "nt"
"""There is no way there to wait for a process and learn what it took, that is in Python."""

_UNFINISHED = Outcome(
    failure=Failure(None, "the benchmarks were not measured to their end", "Run 'sluicegate bench' again.")
)
"""What stands as evidence until there is better: an earlier run's must not pass for this one's."""

_ROUNDS = click.IntRange(1, 300)


@click.command(epilog=_EPILOG, context_settings={"allow_interspersed_args": False})
@click.argument("words", nargs=-1, metavar="[--] [CMD [ARG]...]")
@click.option("--base", metavar="REV", default="", help="Compare with the merge base of REV and HEAD.")
@click.option(
    "--command", "lines", multiple=True, metavar="TEXT", help="A command in one text; may be repeated."
)
@click.option(
    "-n", "--name", "names", multiple=True, help="Name of a command, in their order.  [default: its text]"
)
@click.option("-s", "--setup", metavar="CMD", default="", help="Shell command, run once in each checkout.")
@click.option("-p", "--prepare", metavar="CMD", default="", help="Shell command, run before each run.")
@click.option(
    "-S",
    "--shell",
    type=click.Choice(("none", "bash")),
    default="none",
    help="Who runs the commands.  [default: none]",
)
@click.option(
    "--reads", metavar="PATH", default="", help="The command writes its samples there, in a format read here."
)
@click.option(
    "--statistic",
    type=click.Choice(("median", "minimum")),
    default="median",
    help="What of the samples stands for a run, with --reads.  [default: median]",
)
@click.option(
    "--clock",
    type=click.Choice(("wall", "cpu")),
    default="wall",
    help="What is timed: how long a run takes, or the CPU time it uses.  [default: wall]",
)
@click.option(
    "--from-head",
    multiple=True,
    metavar="PATH",
    help="The base takes this over from the head, such as the benchmark itself; may be repeated.",
)
@click.option(
    "-w",
    "--warmup",
    type=click.IntRange(0, 100),
    default=1,
    help="Runs of each side thrown away first.  [default: 1]",
)
@click.option(
    "--pairs-per-round",
    type=click.IntRange(1, 100),
    default=None,
    metavar="N",
    help="Pairs of runs in a round.  [default: as many as take four seconds, twenty at most]",
)
@click.option("--min-rounds", type=_ROUNDS, default=None, help="Do not stop before.")
@click.option("--max-rounds", type=_ROUNDS, default=None, help="Stop then.  [default: 30]")
@click.option("--max-time", metavar="TIME", default="10m", help="Of all measuring.  [default: 10m]")
@click.option("-i", "--ignore-failure", is_flag=True, help="Runs count whatever their exit code is.")
@click.option(
    "--instructions", is_flag=True, help="Also count the instructions of a run, with perf or valgrind."
)
@click.option("--seed", type=int, default=None, metavar="N", help="Of the random order; printed.")
@click.option(
    "--output",
    metavar="FILE",
    default="reports/benchmarks.json",
    help="The evidence.  [default: reports/benchmarks.json]",
)
@click.option("-v", "--verbose", is_flag=True, help="Also show what the set-up wrote.")
def command(**given: Unpack[Arguments]) -> None:
    """Measure base and head side by side, for the gate 'performance'."""
    if WINDOWS:
        raise WorldError("bench measures on Linux and macOS", remedy="Run it in a job of its own there.")
    event, git = read_event(os.environ), repository(here())
    settings = _settings(given)
    compared = choose(git, given["base"], event)
    output, machine = Path(given["output"]), this_machine()
    _write(output, document(_UNFINISHED, settings, compared, machine))
    click.echo(f"seed of the order: {settings.seed}", err=True)
    with progress_bar(sys.stderr) as told:
        world = World(command_environment(of_folder(os.environ)), time.monotonic, told, _say)
        compared, outcome = measure(
            git, compared, settings, world, with_changes=not event.name, without=output
        )
    _write(output, document(outcome, settings, compared, machine))
    if outcome.failure:
        _fail(outcome.failure, output)
    show(clean(table(outcome, settings, compared)), color=False)
    click.echo(f"evidence: {output}", err=True)


def _settings(given: Arguments) -> Settings:
    """The options as settings.

    Raises:
        UsageError: they contradict each other, or one is malformed.
    """
    runs_shell = shell() if given["shell"] == "bash" else ""
    commands = parse_commands(given["words"], given["lines"], given["names"], runs_shell)
    _check(given, len(commands))
    seed = given["seed"]
    return Settings(
        commands=commands,
        setup=given["setup"],
        prepare=given["prepare"],
        reads=inside(given["reads"], "--reads") if given["reads"] else "",
        statistic=Statistic(given["statistic"]),
        clock=Clock(given["clock"]),
        from_head=tuple(inside(path, "--from-head") for path in given["from_head"]),
        warmup=given["warmup"],
        per_round=given["pairs_per_round"] or 0,
        min_rounds=given["min_rounds"] or 0,
        max_rounds=given["max_rounds"] or 0,
        max_seconds=parse_time(given["max_time"], "--max-time"),
        ignore_failure=given["ignore_failure"],
        instructions=given["instructions"],
        verbose=given["verbose"],
        seed=secrets.randbelow(1 << 32) if seed is None else seed,
    )


def _check(given: Arguments, commands: int) -> None:
    """Refuse options that contradict each other.

    Raises:
        UsageError: they do.
    """
    if given["reads"] and (commands > 1 or given["instructions"]):
        other = "--instructions" if given["instructions"] else "several commands"
        raise UsageError(f"does not go with {other}", where="--reads", remedy="Call bench once for each.")
    fewest, most = given["min_rounds"], given["max_rounds"]
    if fewest and most and fewest > most:
        raise UsageError("is above --max-rounds", where="--min-rounds", remedy="Lower it.")


def _say(text: str) -> None:
    click.echo(clean(text), err=True)


def _write(output: Path, text: str) -> None:
    """Write it whole or not at all.

    Raises:
        WorldError: it cannot be written.
    """
    try:
        write_text(output, text)
    except OSError as error:
        raise _unwritable(output, error) from error


def _unwritable(output: Path, error: OSError) -> WorldError:
    return WorldError(
        f"cannot be written: {error.strerror}", where=str(output), remedy="Name another with --output."
    )


def _fail(failure: Failure, output: Path) -> NoReturn:
    """Show what the side wrote, and end.

    Raises:
        EngineError: always.
    """
    if failure.log:
        _say(failure.log.rstrip())
    remedy = f"Nothing was compared, and {output} makes the gate 'performance' ERROR."
    if failure.side:
        remedy += (
            " A side is a fresh checkout of what git tracks: --setup builds or installs the rest in each."
        )
    raise EngineError(failure.what, where=f"bench {failure.side or ''}".rstrip(), remedy=remedy)
