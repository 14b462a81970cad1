"""Whole lives of a rollout under its real controllers, with every fault that a world can have.

Provider, ledger, metrics and clock are models in memory that fail by a seeded plan. A controller can die at
every call that leaves it, before the call takes effect and after; another can run between any two of its
calls. What is checked comes from the provider's own log of what was exposed, and from what the ledger truly
holds.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache, partial
from itertools import pairwise
from typing import TypeVar

import pytest

from sluicegate.core.errors import SluicegateError
from sluicegate.flags.interface import (
    OFF,
    Capabilities,
    Exposure,
    FlagConflict,
    FlagError,
    FlagRefused,
    FlagState,
    Lock,
    Warnings,
)
from sluicegate.ledger.documents import Document, Paths, read_document
from sluicegate.ledger.interface import Decide, UnreachableError, Update, UpdateResult, View
from sluicegate.metrics.interface import Bin, MetricError, Query, Window
from sluicegate.net.client import Clock
from sluicegate.rollout import journal as journals_module
from sluicegate.rollout import state as state_module
from sluicegate.rollout.actions import KILLS, Command, CommandKind
from sluicegate.rollout.connect import Providers
from sluicegate.rollout.controller import Controller
from sluicegate.rollout.drift import is_same, is_within
from sluicegate.rollout.entries import Actor, Entry, EventKind, Purpose, flag_record, rollout_id
from sluicegate.rollout.journal import Journals, Recorded
from sluicegate.rollout.kill import Killer, Why
from sluicegate.rollout.plan import CODEC, Plan
from sluicegate.rollout.readings import ReadingClass, acting
from sluicegate.rollout.state import NOT_STARTED, Phase, State, fold
from support.rollouts import ARMS, METRIC_LINES, PROVIDER, plan

START = 1_800_000_000
STAGES = """stages:
  - {stage: dark, bake: 10min, min-samples: 100}
  - {stage: 5%, bake: 10min, min-samples: 100}
  - {stage: 25%, bake: 10min, min-samples: 100}
  - GA
bin: 5min
tick-every: 5min
"""
ONE = "flags: [{file: {path: a.json, flag: a}}]\n"
TWO = "flags: [{file: {path: a.json, flag: a}}, {file: {path: b.json, flag: b}}]\nshared-bucketing: true\n"
CRITERIA = "criteria: [service_errors <= 5%, error_rate <= 5%, error_rate <= control + 0.5pp]\n"
BY_HAND = Exposure(Fraction(33, 100))
T = TypeVar("T")


READ = lru_cache(maxsize=100_000)(read_document)
"""Documents are decoded once each: that is what most of the time of a life is for."""


@lru_cache
def plan_of(flags: int) -> Plan:
    """A plan of four stages, with one flag or two."""
    return plan((ONE, TWO)[flags - 1] + PROVIDER + METRIC_LINES + ARMS + CRITERIA + STAGES)


class Crash(BaseException):
    """The process is gone; nothing that it wrote into its code handles this."""


@dataclass
class World:
    """The time, the faults, and who may run in between.

    Attributes:
        chance: draws everything.
        now: seconds since 1970, of the true clock.
        faults: how often a call fails, from 0 to 1.
        crash_at: after how many calls the running controller dies; below 0 for never.
        between: runs between two calls; None for nobody.
        calls: that left a controller.
        deaths: how many controllers died before and after each kind of call.
    """

    chance: random.Random
    now: float = START
    faults: float = 0.0
    crash_at: int = -1
    between: Callable[[], None] | None = None
    depth: int = 0
    calls: int = 0
    deaths: Counter[str] = field(default_factory=Counter)
    ledger_down: bool = False

    def call(self, what: str, effect: Callable[[], T]) -> T:
        """A call that leaves the controller: it may die before and after, and others may run."""
        self._point(f"before {what}")
        self.now += self.chance.choice((0, 1, 2))
        found = effect()
        self._point(f"after {what}")
        return found

    def _point(self, where: str) -> None:
        self.calls += 1
        if self.crash_at >= 0:
            self.crash_at -= 1
            if self.crash_at < 0:
                self.deaths[where] += 1
                raise Crash
        if self.between is not None and self.depth < 2 and self.chance.random() < 0.05:
            crash, self.crash_at = self.crash_at, -1
            self.depth += 1
            try:
                self.between()
            finally:
                self.depth -= 1
                self.crash_at = crash

    def fails(self) -> bool:
        """Does this call fail?"""
        return self.chance.random() < self.faults


@dataclass(frozen=True)
class MemoryView:
    """A ledger at one moment."""

    files: dict[str, bytes]
    tip: str = "1"
    foreign: int = 0
    lost: tuple[str, ...] = ()
    baselines: bytes | None = None

    @property
    def paths(self) -> Paths:
        """Of all documents."""
        return frozenset(self.files)

    def read(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """Their bytes."""
        return ((path, self.files.get(path)) for path in paths)


@dataclass
class MemoryLedger:
    """A ledger that compares and swaps, with answers that are lost and times when it is down."""

    world: World
    files: dict[str, bytes] = field(default_factory=dict)
    name: str = "the ledger"

    def view(self) -> View:
        """See `LedgerStore`."""
        return self.world.call("the journal is read", self._view)

    def _view(self) -> View:
        if self.world.ledger_down or self.world.fails():
            raise UnreachableError("the ledger cannot be reached")
        return MemoryView(dict(self.files))

    def update(self, decide: Decide, *, dry: bool = False) -> UpdateResult:
        """See `LedgerStore`."""
        for attempt in range(1, 20):
            view = self.world.call("the journal is read", self._view)
            wanted = decide(view)
            if wanted is None:
                return UpdateResult("1", attempt)
            if self.world.call("the journal is written", partial(self._swap, view.paths, wanted)):
                return UpdateResult("1", attempt)
        raise UnreachableError("others kept writing")

    def _swap(self, seen: Paths, wanted: Update) -> bool:
        if self.world.ledger_down or self.world.fails():
            raise UnreachableError("the ledger cannot be reached")
        if frozenset(self.files) != seen:
            return False
        self.files.update(wanted.add)
        if self.world.fails():
            if self.world.chance.random() < 0.5:
                return False  # it is asked again, and finds what it wrote
            raise UnreachableError("the answer was lost")
        return True


@dataclass
class Shown:
    """One entry of the provider's log."""

    at: float
    exposure: Exposure
    how: str


@dataclass
class ModelFlag:
    """One flag at its provider: two levers, a version, and a log of what it exposed."""

    world: World
    lock: Lock
    name: str
    allowed: Callable[[], tuple[Exposure, ...]]
    share: Exposure = OFF
    enabled: bool = False
    version: int = 1
    log: list[Shown] = field(default_factory=list)
    late: list[tuple[int, Exposure]] = field(default_factory=list)
    refuses: bool = False
    says: Warnings = ()
    first: dict[str, Callable[[], None]] = field(default_factory=dict)
    capabilities: Capabilities = field(init=False)

    def __post_init__(self) -> None:
        self.capabilities = Capabilities(
            step=Fraction(1, 100), lock=self.lock, approvals=False, sticky="user", without_key="the default",
            kill_delay=15, kill="enabled", refuses=(), token="none", flag="any",
        )  # fmt: skip

    @property
    def exposure(self) -> Exposure:
        """Who sees it."""
        return self.share if self.enabled else OFF

    def set(self, exposure: Exposure, how: str) -> None:
        """Change it."""
        self.share, self.enabled = exposure, exposure != OFF
        self._changed(how)

    def _changed(self, how: str) -> None:
        self.version += 1
        self.log.append(Shown(self.world.now, self.exposure, how))
        if how in ("write", "late"):
            limits = self.allowed()
            assert any(is_within(self.exposure, limit) for limit in limits), (self.exposure, limits)

    def state(self) -> FlagState:
        """As a provider tells it."""
        told = f"{self.share} {self.enabled}"
        return FlagState(self.exposure, self.enabled, "one rule", None, told, str(self.version), "salt")

    def read(self) -> FlagState:
        """See `FlagProvider`."""
        self._first("read")
        return self.world.call("a flag is read", self._read)

    def _first(self, what: str) -> None:
        """What a test wants to happen before a call."""
        if what in self.first:
            self.first[what]()

    def _read(self) -> FlagState:
        if self.world.fails():
            raise FlagError("500")
        return self.state()

    def write(self, target: Exposure, seen: FlagState) -> Warnings:
        """See `FlagProvider`."""
        self._first("write")
        self.world.call("a flag is written", lambda: self._write(target, seen))
        return self.says

    def _write(self, target: Exposure, seen: FlagState) -> None:
        if self.refuses:
            raise FlagRefused("the provider does not act on such a flag")
        if self.lock != "none" and seen.version != str(self.version):
            raise FlagConflict("409")
        if self.world.fails():
            match self.world.chance.choice(("409", "429", "500", "time-out", "late")):
                case "409":
                    raise FlagConflict("409")
                case "time-out":
                    self.set(target, "write")
                    raise FlagError("no answer")
                case "late":
                    self.late.append((self.version, target))
                    raise FlagError("no answer yet")
                case text:
                    raise FlagError(text)
        self.set(target, "write")

    def kill(self) -> None:
        """See `FlagProvider`."""
        self._first("kill")
        self.world.call("a flag is killed", self._kill)

    def _kill(self) -> None:
        if self.world.fails() and self.world.chance.random() < 0.5:
            raise FlagError("503")
        self.enabled = False
        self._changed("kill")
        if self.world.fails():
            raise FlagError("no answer")

    def land(self) -> None:
        """What came late takes effect, unless its lock says that the flag moved."""
        for version, target in self.late:
            if self.lock == "none" or version == self.version:
                self.set(target, "late")
        self.late.clear()


@dataclass
class ModelMetrics:
    """Counts of a version that fails from some time on, with silence and failures."""

    world: World
    bad_from: float
    silent: tuple[float, float]
    share: Callable[[], Fraction]

    def counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        """See `MetricProvider`."""
        return self.world.call("a metric is read", lambda: self._counts(query, arm, window))

    def _counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        if self.world.fails():
            raise MetricError("500")
        share = self.share() or Fraction(1, 100)
        part = {"on": share, "off": 1 - share}[arm] if query.of == "exposed" and arm else Fraction(1)
        total = int(2000 * part)
        return tuple(self._bin(start, total, arm == "on") for start in window.starts)

    def is_silent(self, start: int) -> bool:
        """Is nothing known of the bin that begins then?"""
        return self.silent[0] <= start < self.silent[1]

    def _bin(self, start: int, total: int, exposed: bool) -> Bin:
        if self.is_silent(start):
            return Bin(start, 0, 0, known=False)
        return Bin(start, total // 4 if exposed and start >= self.bad_from else total // 100, total)

    def examine(self, query: Query, arm: str | None, now: int) -> tuple[str, ...]:
        """See `MetricProvider`."""
        return ()


def directly(call: Callable[[], T], seconds: float | None) -> T:
    """Calls the ledger in the same thread; see `Aside`."""
    return call()


@dataclass
class Life:
    """One rollout from its start until nothing happens any more.

    Attributes:
        seed: of everything that is drawn.
        count: of flags; 0 to draw it.
    """

    seed: int
    count: int = 0
    world: World = field(init=False)
    ledger: MemoryLedger = field(init=False)
    flags: list[ModelFlag] = field(init=False)
    metrics: ModelMetrics = field(init=False)
    plan: Plan = field(init=False)
    id: str = ""
    edited: bool = False
    asked: list[CommandKind] = field(default_factory=list)
    holders: int = 0

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        self.world = World(chance)
        self.ledger = MemoryLedger(self.world)
        self.plan = plan_of(self.count or chance.choice((1, 1, 2)))
        lock: Lock = chance.choice(("version", "version", "none"))
        self.flags = [ModelFlag(self.world, lock, own.name, self.allowed) for own in self.plan.flags]
        self.is_killed = chance.random() < 0.4
        self.is_bad = chance.random() < 0.4
        bad_from = START + chance.choice((0, 1200, 2400, 3600, 20000)) if self.is_bad else 1e12
        silent_from = START + chance.randrange(0, 20000)
        silent = (silent_from, silent_from + chance.choice((0, 0, 600, 1800)))
        self.metrics = ModelMetrics(self.world, bad_from, silent, lambda: self.flags[0].exposure.share)
        self.id = rollout_id(self.plan.name, datetime.fromtimestamp(START, UTC))
        records = tuple(flag_record(flag.state()) for flag in self.flags)
        entry = Entry(
            0, "", START, EventKind.STARTED, plan=self.plan.data.decode(), plan_sha256=self.plan.sha256,
            commit="c" * 40, flag_before=records,
        )  # fmt: skip
        Journals(self.ledger).begin(self.id, entry, lambda others: None)

    # --- the truth -----------------------------------------------------------------------------

    @property
    def truth(self) -> Recorded:
        """The journal as it really is."""
        documents = {path: READ(path, data) for path, data in self.ledger.files.items()}
        return Recorded(self.id, documents)

    @property
    def state(self) -> State:
        """What it adds up to."""
        return self.truth.state

    def allowed(self) -> tuple[Exposure, ...]:
        """What may be exposed at most now: the confirmed stage, and what was intended last."""
        state = self.state
        return state.exposure, state.written

    # --- what happens --------------------------------------------------------------------------

    def clock(self, skew: float) -> Clock:
        """The clock of one machine."""

        def sleep(seconds: float) -> None:
            self.world.now += seconds

        return Clock(lambda: self.world.now, lambda: self.world.now + skew, sleep)

    def providers(self, of: Plan) -> Providers:
        """Those of every plan."""
        return Providers(tuple(self.flags), {m.provider: self.metrics for m in of.metrics})

    def controller(self, skew: float = 0.0) -> Controller:
        """A new process."""
        self.holders += 1
        return Controller(
            self.id, Journals(self.ledger), self.providers, self.providers, self.clock(skew),
            f"run {self.holders}", lambda _plan, _commit: True, lambda _plan, _entry: "", aside=directly,
        )  # fmt: skip

    def tick(self, command: Command | None = None, skew: float = 0.0) -> None:
        """One process, which may die or fail."""
        with suppress(Crash, SluicegateError):
            self.controller(skew).tick(command)

    def rollback(self) -> None:
        """A person switches it off."""
        journals = Journals(self.ledger)
        killer = Killer(
            self.id, journals, lambda: journals.read(self.id), self.providers, self.clock(0), "person",
            lambda: self.plan, directly,
        )  # fmt: skip
        with suppress(Crash, SluicegateError):
            killer.run(Why("a person asked", Actor("alice", "dispatch")))

    def command(self) -> None:
        """A person asks something."""
        kinds = [kind for kind in CommandKind if self.is_killed or kind not in KILLS]
        kind = self.world.chance.choice(kinds)
        self.asked.append(kind)
        if kind in KILLS:
            self.rollback()
            return
        state = self.state
        stage = self.plan.stages[min(max(0, state.stage + 1), len(self.plan.stages) - 1)]
        full = self.world.chance.random() < 0.1 and kind is CommandKind.PROMOTE
        self.tick(
            Command(kind, Actor("alice", "dispatch", "7"), "because", stage.name, full, may_promote=True)
        )

    def hand_edit(self) -> None:
        """Somebody changes a flag, while nothing of ours is under way."""
        runs = self.state.phase in (Phase.RUNNING, Phase.WAITING) and self.state.intent is None
        if runs and not any(flag.late for flag in self.flags):
            self.flags[0].set(BY_HAND, "hand")
            self.edited = True

    def step(self) -> None:
        """Something happens."""
        chance, world = self.world.chance, self.world
        world.now += chance.choice((30, 300, 300, 300, 600, 600, 900, 900, 3600))
        world.now += 43200 if chance.random() < 0.02 else 0  # a cron that is late
        if chance.random() < 0.1:
            for flag in self.flags:
                flag.land()
        world.faults = chance.choice((0, 0, 0, 0.1, 0.4))
        world.ledger_down = chance.random() < 0.05
        world.crash_at = chance.randrange(0, 40) if chance.random() < 0.4 else -1
        world.between = self.meanwhile if chance.random() < 0.3 else None
        happens = chance.random()
        if happens < 0.08:
            self.command()
        elif happens < 0.1:
            self.hand_edit()
        else:
            self.tick(skew=chance.choice((0, 0, -20, 20, 300, -300)))
        world.crash_at, world.between, world.faults, world.ledger_down = -1, None, 0.0, False

    def meanwhile(self) -> None:
        """Somebody else runs between two calls."""
        crash = self.world.chance.random() < 0.3
        self.world.crash_at = self.world.chance.randrange(0, 15) if crash else -1
        if self.is_killed and self.world.chance.random() < 0.1:
            self.asked.append(CommandKind.ROLLBACK)
            self.rollback()
        else:
            self.tick(skew=self.world.chance.choice((0, 30, -30)))

    def live(self, steps: int = 25) -> None:
        """Live, with every invariant checked after each step, and come to rest."""
        ended = False
        for _ in range(steps):
            self.step()
            self.check()
            ended = self._stays_ended(ended)
        for flag in self.flags:
            flag.land()
        for _ in range(150):
            before = self.state.phase
            self.world.now += 600
            self.tick()
            self.check()
            if before is self.state.phase in (Phase.ROLLED_BACK, Phase.COMPLETED, Phase.PAUSED):
                break
        self.at_rest()

    def _stays_ended(self, ended: bool) -> bool:
        phase = self.state.phase
        assert not ended or phase is Phase.ROLLED_BACK
        return phase is Phase.ROLLED_BACK

    # --- what must hold ------------------------------------------------------------------------

    def check(self) -> None:
        """The invariants, from the ledger's true content; those of the flags are checked as they change."""
        recorded = self.truth
        state, entries = recorded.state, recorded.entries
        assert state.conflict == ""
        self._no_stage_is_skipped(entries)
        self._nothing_is_promoted_without_data(entries)
        if self.edited and not any(shown.how == "kill" for shown in self.flags[0].log):
            last = self.flags[0].log[-1]
            assert (last.how, last.exposure) == ("hand", BY_HAND)

    def _no_stage_is_skipped(self, entries: Iterable[Entry]) -> None:
        seen = [self.plan.stage(e.stage) for e in entries if e.event is EventKind.CONFIRMED and e.stage]
        full = any(e.event is EventKind.PROMOTED and e.stage == "GA" for e in entries)
        for before, after in pairwise([NOT_STARTED, *seen]):
            assert before is not None
            assert after is not None
            assert after - before in (0, 1) or full

    def _nothing_is_promoted_without_data(self, entries: Iterable[Entry]) -> None:
        by_hand = {e.stage for e in entries if e.event is EventKind.PROMOTED}
        first = self.plan.stages[0].name
        for entry in entries:
            advances = entry.event is EventKind.INTENDED and entry.purpose is Purpose.ADVANCE
            if not advances or entry.stage == first or entry.stage in by_hand:
                continue
            readings = acting(entry.readings)
            assert readings or self._again(entries, entry)
            ok = all(r.status is ReadingClass.OK for r in readings)
            known = not any(self.metrics.is_silent(r.until - self.plan.width) for r in readings)
            assert (ok and known) or self._again(entries, entry)

    def _again(self, entries: Iterable[Entry], entry: Entry) -> bool:
        """Is it a write that was begun before, some of whose flags were written?"""
        return any(
            e.event is EventKind.INTENDED and e.stage == entry.stage and e.seq < entry.seq for e in entries
        )

    def at_rest(self) -> None:
        """Nothing fails any more and time has passed: it is through, off, or a person is told why not."""
        state = self.state
        exposures = [flag.exposure for flag in self.flags]
        match state.phase:
            case Phase.ROLLED_BACK:
                assert all(e in (OFF, BY_HAND) for e in exposures), exposures
                assert BY_HAND not in exposures or self.edited
            case Phase.COMPLETED:
                unrecorded = not KILLS.isdisjoint(self.asked)
                there = all(is_same(e, Exposure(Fraction(1))) for e in exposures)
                late = any(flag.log[-1].how == "late" for flag in self.flags)  # fewer see it, not more
                assert there or late or (unrecorded and OFF in exposures), exposures
            case Phase.PAUSED:
                assert state.reason
            case _:
                raise AssertionError(f"it hangs: {state.phase}, {state.reason}, {state.intent}")


@contextmanager
def remembered() -> Iterator[None]:
    """Documents and plans are decoded once each, journals added up once, here and in what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journals_module, "fold", _Folded())
        patch.setattr(journals_module, "read_document", READ)
        patch.setattr(state_module, "CODEC", _Remembering())
        yield


class _Folded:
    """Adds a journal up once: the paths of its documents are made of their bytes."""

    def __init__(self) -> None:
        self._known: dict[tuple[frozenset[str], frozenset[int]], State] = {}

    def __call__(self, journal: Mapping[str, Document[Entry]], without: Collection[int] = ()) -> State:
        """The state."""
        key = frozenset(journal), frozenset(without)
        if key not in self._known:
            if len(self._known) > 500:
                self._known.clear()
            self._known[key] = fold(journal, without)
        return self._known[key]


class _Remembering:
    """The codec of plans, which decodes each once."""

    def __init__(self) -> None:
        self._known: dict[bytes, Plan] = {}

    def decode(self, data: bytes, where: str) -> Plan:
        """The plan."""
        if data not in self._known:
            self._known[data] = CODEC.decode(data, where)
        return self._known[data]


def live(seed: int) -> Life:
    """A whole life of this seed."""
    life = Life(seed)
    life.live()
    return life
