"""`sluicegate bench`: parse, call, print."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import click

from sluicegate.bench.document import document
from sluicegate.bench.machine import this_machine
from sluicegate.bench.measuring import World
from sluicegate.bench.model import Clock, Failure, Outcome, Settings, Statistic
from sluicegate.bench.request import checked, inside, parse_commands, parse_time
from sluicegate.bench.session import choose, measure, repository
from sluicegate.bench.table import table
from sluicegate.cli import options
from sluicegate.cli.progress import progress_bar
from sluicegate.core.errors import EngineError, WorldError
from sluicegate.core.text import clean
from sluicegate.engines.command import command_environment, shell
from sluicegate.git.environment import of_folder
from sluicegate.github.payload import read_event
from sluicegate.runtime.files import write_output
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

Exit codes: 0 measured, 2 your input is wrong or a side failed, 3 network, API or disk failed, 4 a bug.
"""


WINDOWS = os.name == "nt"
"""Python on Windows cannot wait for a process and get its resource usage."""

_UNFINISHED = Outcome(
    failure=Failure(None, "the benchmarks were not measured to their end", "Run 'sluicegate bench' again.")
)
"""The evidence until the run ends, so that an earlier file is not mistaken for its result."""

_ELSEWHERE = "Name another with --output."
_ROUNDS = click.IntRange(1, 300)


@click.command(epilog=_EPILOG, context_settings={"allow_interspersed_args": False})
@click.argument("words", nargs=-1, metavar="[--] [CMD [ARG]...]")
@options.base
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
@options.choice("-S", "--shell", "runs_in", values=("none", "bash"), about="Shell that runs the commands.")
@click.option(
    "--reads",
    metavar="PATH",
    default="",
    callback=lambda _context, _option, path: inside(path, "--reads") if path else "",
    help="File to which the command writes its samples, in a known format.",
)
@options.choice("--statistic", values=Statistic, about="Statistic of a run's samples, with --reads.")
@options.choice("--clock", values=Clock, about="Time to measure: wall clock or CPU.")
@click.option(
    "--from-head",
    multiple=True,
    metavar="PATH",
    callback=lambda _context, _option, paths: tuple(inside(path, "--from-head") for path in paths),
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
    "per_round",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Pairs of runs in a round.  [default: four seconds' worth, at most 20]",
)
@click.option("--min-rounds", type=_ROUNDS, help="Minimum rounds.")
@click.option("--max-rounds", type=_ROUNDS, help="Maximum rounds.  [default: 30]")
@click.option(
    "--max-time",
    "max_seconds",
    metavar="TIME",
    default="10m",
    callback=lambda _context, _option, text: parse_time(text, "--max-time"),
    help="Maximum time to measure.  [default: 10m]",
)
@click.option("-i", "--ignore-failure", is_flag=True, help="Also count runs that exit with an error.")
@click.option(
    "--seed",
    type=int,
    metavar="N",
    callback=lambda _context, _option, seed: secrets.randbelow(1 << 32) if seed is None else seed,
    help="Seed of the random order.  [default: random, printed]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default="reports/benchmarks.json",
    help="File to write.  [default: reports/benchmarks.json]",
)
@click.option("-v", "--verbose", is_flag=True, help="Also show the output of --setup.")
@options.into(Settings)
def command(
    settings: Settings,
    *,
    words: Sequence[str],
    lines: Sequence[str],
    names: Sequence[str],
    runs_in: str,
    base: str,
    output: Path,
) -> None:
    """Measure base and head side by side, for the gate 'performance'."""
    if WINDOWS:
        raise WorldError(
            "bench runs on Linux and macOS only", remedy="Run it in a separate job on one of them."
        )
    commands = parse_commands(words, lines, names, shell() if runs_in == "bash" else "")
    settings = checked(replace(settings, commands=commands))
    event, git = read_event(os.environ), repository(here())
    compared = choose(git, base, event)
    machine = this_machine()
    write_output(output, document(_UNFINISHED, settings, compared, machine), _ELSEWHERE)
    click.echo(f"seed of the order: {settings.seed}", err=True)
    with progress_bar(sys.stderr) as progress:
        world = World(command_environment(of_folder(os.environ)), time.monotonic, progress, _say)
        compared, outcome = measure(
            git, compared, settings, world, with_changes=not event.name, without=output
        )
    write_output(output, document(outcome, settings, compared, machine), _ELSEWHERE)
    if outcome.failure:
        _fail(outcome.failure, output)
    show(clean(table(outcome, settings, compared)), color=False)
    click.echo(f"evidence: {output}", err=True)


def _say(text: str) -> None:
    click.echo(clean(text), err=True)


def _fail(failure: Failure, output: Path) -> NoReturn:
    """Print the output of the side that failed, and raise."""
    if failure.log:
        _say(failure.log.rstrip())
    remedy = f"Nothing was compared, and {output} makes the gate 'performance' ERROR."
    if failure.side:
        remedy += (
            " A side is a fresh checkout of what git tracks: --setup builds or installs the rest in each."
        )
    raise EngineError(failure.what, where=f"bench {failure.side or ''}".rstrip(), remedy=remedy)
