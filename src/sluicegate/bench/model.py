"""Settings and results of a comparison. Plain values."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from sluicegate.stats.sequential import PairedSamples


class Side(enum.StrEnum):
    """One side of a comparison."""

    BASE = "base"
    HEAD = "head"


class Statistic(enum.StrEnum):
    """The statistic of the samples of one run that is compared."""

    MEDIAN = "median"
    MINIMUM = "minimum"


class Clock(enum.StrEnum):
    """The compared time of a run: wall clock, or CPU time with its children."""

    WALL = "wall"
    CPU = "cpu"


class Stop(enum.StrEnum):
    """The reason to stop measuring."""

    DECIDED = "decided"
    BUDGET = "budget"
    ROUNDS = "rounds"


@dataclass(frozen=True, slots=True)
class Command:
    """A command to measure: its name in tables and evidence, and its words."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a comparison.

    Attributes:
        setup: a shell's command, run once in each checkout; empty for none.
        prepare: a shell's command, run before each run, unmeasured; empty for none.
        reads: a file that the one command writes in its checkout and that holds its samples; empty
            where the runs themselves are timed.
        statistic: what stands for one run, with `reads`.
        clock: what is timed, without `reads`.
        from_head: paths that the base takes over from the head.
        warmup: runs of each side that are thrown away.
        per_round: pairs that make a round; None for as many as `plan.pairs_of` says.
        min_rounds, max_rounds: how many at least, and at the most; None for as many as the plan says.
        max_seconds: for all the measuring.
        ignore_failure: a run that ends with another exit code than 0 counts as well.
        verbose: show what the set-up wrote also when it went well.
        seed: of the random order.
    """

    commands: tuple[Command, ...] = ()
    setup: str = ""
    prepare: str = ""
    reads: str = ""
    statistic: Statistic = Statistic.MEDIAN
    clock: Clock = Clock.WALL
    from_head: tuple[str, ...] = ()
    warmup: int = 1
    per_round: int | None = None
    min_rounds: int | None = None
    max_rounds: int | None = None
    max_seconds: float = 600.0
    ignore_failure: bool = False
    verbose: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """One run of one benchmark: the seconds that are compared; CPU seconds and peak bytes where the run
    itself was timed."""

    seconds: float
    cpu: float = 0.0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """The pairs of one benchmark: reading i of the base was taken together with i of the head.

    So many of them make a round.
    """

    base: tuple[Reading, ...] = ()
    head: tuple[Reading, ...] = ()
    per_round: int = 1

    @property
    def pairs(self) -> PairedSamples:
        """Seconds of both sides."""
        base, head = ([r.seconds for r in side] for side in (self.base, self.head))
        return PairedSamples(base, head, self.per_round)

    @property
    def is_timed(self) -> bool:
        """Whether the runs themselves were timed, so that CPU and memory apply to them."""
        return all(reading.memory for reading in (*self.base, *self.head))

    def plus(self, base: Reading, head: Reading) -> Series:
        """A copy with one more pair."""
        return Series((*self.base, base), (*self.head, head), self.per_round)


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason why there is no comparison.

    Attributes:
        side: the one that could not be measured; None where it is neither's fault.
        what: in one line, `the set-up of the base ended with exit code 2`.
        log: the end of what it wrote; many lines.
    """

    side: Side | None
    what: str
    log: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a comparison.

    Attributes:
        series: by name of the benchmark, those that both sides have.
        only_base: names of benchmarks that the head does not have any more.
        only_head: by name, the readings of benchmarks that the base does not have.
        looks: how often the plan looked.
        failure: why there is nothing to compare.
    """

    series: Mapping[str, Series] = field(default_factory=dict)
    only_base: tuple[str, ...] = ()
    only_head: Mapping[str, tuple[Reading, ...]] = field(default_factory=dict)
    looks: int = 0
    stopped: Stop | None = None
    failure: Failure | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """The two compared commits: what the base is, for people, and how many paths of the head are dirty."""

    base: str
    head: str
    label: str
    uncommitted: int = 0
