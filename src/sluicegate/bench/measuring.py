"""Runs the commands of both sides, pair by pair, until the plan or the budget ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from sluicegate.bench.model import Clock, Command, Failure, Outcome, Reading, Series, Settings, Side, Stop
from sluicegate.bench.plan import Looks, order, pairs_of, readings_of, shuffled
from sluicegate.bench.processes import MAX_OUTPUT, Ended, Processes
from sluicegate.bench.worktrees import Checkouts
from sluicegate.core.errors import EvidenceError
from sluicegate.engines.command import TimedOut, TooMuchOutput, shell
from sluicegate.engines.interface import Progress
from sluicegate.evidence.reader import sniff
from sluicegate.evidence.records import BenchmarksRecord, Kind
from sluicegate.stats import sequential

SETUP_SECONDS = 3600.0
"""Maximum seconds of a set-up; they do not count as measuring."""

_TICK = 1e-6
"""Minimum CPU seconds of a run; the kernel may have counted none."""

Readings = dict[str, Reading]


class ComparisonError(Exception):
    """No comparison is possible: an outcome, which becomes evidence."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.what)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class World:
    """The outside world: environment of the commands, seconds that never go back, progress and messages."""

    environment: Mapping[str, str]
    clock: Callable[[], float]
    told: Progress
    said: Callable[[str], None]

    @property
    def path(self) -> str:
        """`PATH` of the commands."""
        return self.environment.get("PATH", "")


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured, how, and in which world."""

    settings: Settings
    processes: Processes
    places: Checkouts
    world: World

    def folder(self, side: Side) -> Path:
        """The folder in which the commands of a side run."""
        return self.places.base if side is Side.BASE else self.places.head

    def set_up(self, side: Side) -> None:
        """Run the set-up of a side, if there is one.

        Raises:
            ComparisonError: it failed.
        """
        if not self.settings.setup:
            return
        started = self.world.clock()
        what = f"the set-up of the {side}"
        self.finished(side, what, _shell(self.settings.setup), SETUP_SECONDS)
        self.world.said(f"set-up of the {side}: {self.world.clock() - started:.1f} s")
        if self.settings.verbose:
            self.world.said(self.processes.said().rstrip())

    def once(self, command: Command, side: Side, seconds: float) -> Readings:
        """One run of a command on one side.

        Raises:
            ComparisonError: it could not be started, failed, or did not leave its samples.
            TimedOut: the time was over.
        """
        ending = self.world.clock() + seconds
        if self.settings.prepare:
            self.finished(
                side, f"--prepare on the {side}", _shell(self.settings.prepare), seconds, may_end=True
            )
        report = self.folder(side) / self.settings.reads if self.settings.reads else None
        if report is not None:
            report.unlink(missing_ok=True)
        what = f"'{command.name}' on the {side}"
        left = ending - self.world.clock()
        ended = self.finished(
            side, what, command.words, left, may_end=True, may_fail=self.settings.ignore_failure
        )
        if report is None:
            seconds = ended.wall if self.settings.clock is Clock.WALL else max(ended.cpu, _TICK)
            return {command.name: Reading(seconds, ended.cpu, ended.memory)}
        return self._reported(report, side)

    def finished(
        self,
        side: Side,
        what: str,
        words: Sequence[str],
        seconds: float,
        *,
        may_end: bool = False,
        may_fail: bool = False,
    ) -> Ended:
        """Run a command on a side to its end.

        Args:
            side: where it runs.
            what: what it is, for people.
            words: the program and its arguments.
            seconds: maximum time.
            may_end: the end of its time is the caller's affair.
            may_fail: an exit code other than 0 is not a failure.

        Raises:
            ComparisonError: it could not be started, failed, or took too long.
            TimedOut: it took too long, and `may_end`.
        """
        try:
            program = _program(words[0], self.folder(side), self.world.path)
            ended = self.processes.run((program, *words[1:]), self.folder(side), seconds)
        except TimedOut:
            if may_end:
                raise
            raise self._failed(side, f"{what} was ended after {seconds:g} s") from None
        except TooMuchOutput:
            raise self._failed(side, f"{what} wrote more than {MAX_OUTPUT:,} bytes") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            text = f"{what} could not be started: {reason}: {words[0]}"
            raise ComparisonError(Failure(side, text, _NOT_THERE)) from error
        if ended.exit_code and not may_fail:
            raise self._failed(side, f"{what} {_code(ended.exit_code)}")
        return ended

    def _failed(self, side: Side, what: str) -> ComparisonError:
        return ComparisonError(Failure(side, what, self.processes.said()))

    def _reported(self, report: Path, side: Side) -> Readings:
        shown = f"{self.settings.reads} of the {side}"
        try:
            reader = sniff(report, Kind.BENCHMARKS)
            if reader is None:
                raise EvidenceError("must be in a supported benchmark format", where=shown)
            record = reader.read(report, shown)
            if not isinstance(record, BenchmarksRecord):
                raise EvidenceError("must contain benchmarks", where=shown)
            if record.problems:
                raise EvidenceError(f"has a benchmark that failed: {record.problems[0].message}", where=shown)
            return readings_of(record, self.settings.statistic)
        except OSError as error:
            raise self._failed(side, f"the command left no {shown}: {error.strerror}") from error
        except EvidenceError as error:
            raise self._failed(side, str(error).rstrip(".")) from error


_NOT_THERE = (
    "A checkout holds what git tracks: let --setup build what is missing, or name a program by its "
    "absolute path."
)


def _program(name: str, folder: Path, path: str) -> str:
    """The path of the program: relative names with a slash are relative to the checkout."""
    if "/" in name:
        return str(folder / name)
    found = shutil.which(name, path=path)
    if found is None:
        raise FileNotFoundError(2, "not found in PATH")
    return str(Path(found).absolute())


def _shell(command: str) -> tuple[str, ...]:
    return (shell(), "-c", command)


def _code(code: int) -> str:
    return f"ended with exit code {code}" if code >= 0 else f"was ended by signal {-code}"


@dataclass(slots=True)
class Measuring:
    """One comparison, from the warm-up to the last pair, and its measurements so far."""

    bench: Bench
    series: dict[str, Series] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    alone: dict[Side, dict[str, list[Reading]]] = field(default_factory=lambda: {side: {} for side in Side})
    lasted: dict[str, float] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)
    per_round: dict[str, int] = field(default_factory=dict)
    looks: int = 0
    deadline: float = 0.0

    def run(self) -> Outcome:
        """Measure all commands until each is decided, or the budget or the rounds are used up.

        Raises:
            ComparisonError: a side could not be measured, or the budget was too small for one round of
                each command.
        """
        self.deadline = self.bench.world.clock() + self.bench.settings.max_seconds
        commands = {command.name: command for command in self.bench.settings.commands}
        try:
            for command in commands.values():
                self._warm_up(command)
            self.per_round = self._pairs(len(commands))
            stopped = self._rounds(commands)
        except TimedOut:
            stopped = Stop.BUDGET
        measured = {self.owners[name] for name in (*self.series, *chain(*self.alone.values()))}
        missing = [name for name in commands if name not in measured]
        if missing:
            seconds = self.bench.settings.max_seconds
            text = f"{seconds:g} s were not enough for one round of '{missing[0]}'"
            advice = "Raise --max-time, or measure something that takes less."
            raise ComparisonError(Failure(None, text, advice))
        return self._outcome(stopped)

    def _left(self) -> float:
        left = self.deadline - self.bench.world.clock()
        if left <= 0:
            raise TimedOut("")
        return left

    def _warm_up(self, command: Command) -> None:
        slowest = 0.0
        for number in range(self.bench.settings.warmup):
            started = self.bench.world.clock()
            for side in order(self.bench.settings.seed, "warm-up", command.name, number):
                self.bench.world.told(f"warm-up of the {side}", number, self.bench.settings.warmup)
                self.bench.once(command, side, self._left())
            slowest = max(slowest, self.bench.world.clock() - started)
        self.slowest[command.name] = slowest

    def _pairs(self, commands: int) -> dict[str, int]:
        """Pairs per round of each command, so that all rounds fit into the time."""
        settings = self.bench.settings
        rounds = settings.max_rounds or sequential.plan(commands).most
        budget = self._left() / (commands * rounds)
        return {
            name: settings.per_round or (pairs_of(seconds, budget) if seconds else 1)
            for name, seconds in self.slowest.items()
        }

    def _rounds(self, commands: Mapping[str, Command]) -> Stop:
        settings = self.bench.settings
        looks, active, number = None, set(commands), 0
        while active:
            number += 1
            for name in shuffled(active, settings.seed, number):
                self._round(commands[name], number)
            looks = looks or Looks(len(self.series), settings.min_rounds, settings.max_rounds)
            self.bench.world.told("rounds", number, looks.most)
            if number in looks.at:
                self.looks += 1
                active = {self.owners[n] for n in looks.undecided(self.series)}
                if number >= looks.most and active:
                    return Stop.ROUNDS
        return Stop.DECIDED

    def _round(self, command: Command, number: int) -> None:
        """Measure one round: pairs in random order. An incomplete round does not count."""
        started = self.bench.world.clock()
        if self._left() < self.lasted.get(command.name, 0.0):
            raise TimedOut("")
        pairs = [
            {
                side: self.bench.once(command, side, self._left())
                for side in order(self.bench.settings.seed, command.name, number, repeat)
            }
            for repeat in range(self.per_round[command.name])
        ]
        for pair in pairs:
            self._take(command, pair[Side.BASE], pair[Side.HEAD])
        self.lasted[command.name] = self.bench.world.clock() - started

    def _take(self, command: Command, base: Readings, head: Readings) -> None:
        self.owners |= dict.fromkeys((*base, *head), command.name)
        for name in base.keys() & head.keys():
            known = self.series.get(name) or Series(per_round=self.per_round[command.name])
            self.series[name] = known.plus(base[name], head[name])
        for side, own, other in ((Side.BASE, base, head), (Side.HEAD, head, base)):
            for name in own.keys() - other.keys():
                self.alone[side].setdefault(name, []).append(own[name])

    def _outcome(self, stopped: Stop) -> Outcome:
        """Benchmarks that only some runs of a side had count as what the pairs say."""
        alone = {
            side: {n: tuple(r) for n, r in self.alone[side].items() if n not in self.series} for side in Side
        }
        return Outcome(
            series=dict(sorted(self.series.items())),
            only_base=tuple(sorted(alone[Side.BASE])),
            only_head=dict(sorted(alone[Side.HEAD].items())),
            looks=self.looks,
            stopped=stopped,
        )
