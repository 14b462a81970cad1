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
bench makes two fresh checkouts outside of the repository, with paths of equal length: the base (the
merge base of REV and HEAD, or the base of the pull request) and the head (this checkout; on a laptop
with uncommitted changes). Neither holds ignored files: build them with --setup. The two sides run
alternately in random order, each run in a new process, until a sequential test decides or the time is
over.

\b
  sluicegate bench --base main -- python bench.py    time a command
  sluicegate bench --command 'app a' --command 'app b' --name a --name b
  sluicegate bench --setup 'make build' -- ./build/app --once
  sluicegate bench --reads b.json -- .venv/bin/pytest --benchmark-json=b.json

bench measures, and 'sluicegate check' judges: the output is the evidence of the gate 'performance'. A
side that fails to build or run makes that gate ERROR.

Exit codes: 0 measured, 2 your input is wrong or a side failed, 3 the world failed, 4 a bug.
"""


class Arguments(TypedDict):
    """The options, as click passes them."""

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
    seed: int | None
    output: str
    verbose: bool


WINDOWS = os.name == "nt"
"""Python on Windows cannot wait for a process and get its resource usage."""

_UNFINISHED = Outcome(
    failure=Failure(None, "the benchmarks were not measured to their end", "Run 'sluicegate bench' again.")
)
"""The evidence until the run ends, so that an earlier file is not mistaken for its result."""

_ROUNDS = click.IntRange(1, 300)


@click.command(epilog=_EPILOG, context_settings={"allow_interspersed_args": False})
@click.argument("words", nargs=-1, metavar="[--] [CMD [ARG]...]")
@click.option("--base", metavar="REV", default="", help="Compare with the merge base of REV and HEAD.")
@click.option(
    "--command", "lines", multiple=True, metavar="TEXT", help="Command as one argument; repeatable."
)
@click.option(
    "-n",
    "--name",
    "names",
    multiple=True,
    help="Name of each command, in order; repeatable.  [default: its text]",
)
@click.option("-s", "--setup", metavar="CMD", default="", help="Shell command to run once in each checkout.")
@click.option("-p", "--prepare", metavar="CMD", default="", help="Shell command to run before each run.")
@click.option(
    "-S",
    "--shell",
    type=click.Choice(("none", "bash")),
    default="none",
    help="Shell that runs the commands.  [default: none]",
)
@click.option(
    "--reads",
    metavar="PATH",
    default="",
    help="File to which the command writes its samples, in a known format.",
)
@click.option(
    "--statistic",
    type=click.Choice(("median", "minimum")),
    default="median",
    help="Statistic of a run's samples, with --reads.  [default: median]",
)
@click.option(
    "--clock",
    type=click.Choice(("wall", "cpu")),
    default="wall",
    help="Time to measure: wall clock or CPU.  [default: wall]",
)
@click.option(
    "--from-head",
    multiple=True,
    metavar="PATH",
    help="File or folder of the head to copy to the base, such as the benchmark; repeatable.",
)
@click.option(
    "-w",
    "--warmup",
    type=click.IntRange(0, 100),
    default=1,
    help="Discarded first runs of each side.  [default: 1]",
)
@click.option(
    "--pairs-per-round",
    type=click.IntRange(1, 100),
    default=None,
    metavar="N",
    help="Pairs of runs in a round.  [default: four seconds' worth, at most 20]",
)
@click.option("--min-rounds", type=_ROUNDS, default=None, help="Minimum rounds.")
@click.option("--max-rounds", type=_ROUNDS, default=None, help="Maximum rounds.  [default: 30]")
@click.option("--max-time", metavar="TIME", default="10m", help="Maximum time to measure.  [default: 10m]")
@click.option("-i", "--ignore-failure", is_flag=True, help="Also count runs that exit with an error.")
@click.option(
    "--seed",
    type=int,
    default=None,
    metavar="N",
    help="Seed of the random order.  [default: random, printed]",
)
@click.option(
    "--output",
    metavar="FILE",
    default="reports/benchmarks.json",
    help="File to write.  [default: reports/benchmarks.json]",
)
@click.option("-v", "--verbose", is_flag=True, help="Also show the output of --setup.")
def command(**given: Unpack[Arguments]) -> None:
    """Measure base and head side by side, for the gate 'performance'."""
    if WINDOWS:
        raise WorldError(
            "bench runs on Linux and macOS only", remedy="Run it in a separate job on one of them."
        )
    event, git = read_event(os.environ), repository(here())
    settings = _settings(given)
    compared = choose(git, given["base"], event)
    output, machine = Path(given["output"]), this_machine()
    _write(output, document(_UNFINISHED, settings, compared, machine))
    click.echo(f"seed of the order: {settings.seed}", err=True)
    with progress_bar(sys.stderr) as progress:
        world = World(command_environment(of_folder(os.environ)), time.monotonic, progress, _say)
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
        verbose=given["verbose"],
        seed=secrets.randbelow(1 << 32) if seed is None else seed,
    )


def _check(given: Arguments, commands: int) -> None:
    """Refuse options that contradict each other.

    Raises:
        UsageError: they do.
    """
    if given["reads"] and commands > 1:
        raise UsageError(
            "cannot be combined with several commands", where="--reads", remedy="Run bench once for each."
        )
    fewest, most = given["min_rounds"], given["max_rounds"]
    if fewest and most and fewest > most:
        raise UsageError("must not exceed --max-rounds", where="--min-rounds", remedy="Lower it.")


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
    """Print the output of the side that failed, and raise.

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
