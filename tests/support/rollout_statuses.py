"""Rollouts in five situations, as plain values: what `status` shows of them, made by the real decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from sluicegate.flags.interface import EVERYONE, OFF
from sluicegate.metrics.interface import Bin, Window
from sluicegate.rollout.actions import Command, CommandKind
from sluicegate.rollout.decide import decide
from sluicegate.rollout.entries import Actor
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.periods import periods
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.readings import Health, Needed, needed, read_stage, stage_window
from sluicegate.rollout.series import Answers, Series
from sluicegate.rollout.state import GOING_BACK, NOT_STARTED, Phase
from sluicegate.rollout.status import FlagCard, Status
from support.rollout_world import World
from support.rollouts import ARMS, FLAG, METRIC_LINES, PROVIDER, plan

START = 1_800_000_000
MINUTE = 60
PER_MINUTE = 4000
STAGES = """stages:
  - {stage: dark, bake: 5min, min-samples: 100}
  - {stage: staff, bake: 5min}
  - {stage: 5%, bake: 15min}
  - {stage: 25%, bake: 2h}
  - GA
"""
TWO = "criteria: [service_errors <= 5%, error_rate <= 5%]\n"
THREE = """criteria:
  - service_errors <= 5%
  - error_rate <= control + 0.5pp
  - p95 <= 2s
  - {expect: 'latency["2s"].over <= control + 1pp', shadow: true}
"""
HEAD = FLAG + PROVIDER + METRIC_LINES + ARMS
ALICE = Actor("alice", "dispatch", "7")

Rates = Callable[[str, bool, int], float]
"""The rate of bad events of a metric, in the exposed arm or not, in a minute of the stage."""


def usual(metric: str, exposed: bool, minute: int) -> float:
    """A good version: about one in a hundred, with what looks like chance."""
    return 0.01 + 0.002 * ((minute * 7 + 3 * exposed) % 5 - 2) / 2


def faulty(metric: str, exposed: bool, minute: int) -> float:
    """A version that fails for 12 % of its users, from the fifth minute of a stage on."""
    return 0.12 if exposed and minute >= 5 else usual(metric, exposed, minute)


@dataclass
class Life:
    """A rollout that lives minute by minute.

    Attributes:
        rates: of bad events.
    """

    plan: Plan
    rates: Rates = usual

    def __post_init__(self) -> None:
        self._seen: tuple[tuple[int, int, int], Health] | None = None
        self.world = World(self.plan, START, self.health)

    def answers(self, stage: int, window: Window) -> Answers:
        """What the metric provider says of a stage."""
        asked = needed(self.plan, self.plan.stages[stage])
        return {(one.metric, one.over): self._series(stage, one, window) for one in asked}

    def _series(self, stage: int, asked: Needed, window: Window) -> Series:
        share = float(self.plan.stages[stage].share)
        parts = {None: 1.0, "on": share, "off": 1 - share}
        return Series(*(self._bins(asked, arm, parts[arm], window) for arm in asked.arms))

    def _bins(self, asked: Needed, arm: str | None, part: float, window: Window) -> tuple[Bin, ...]:
        totals = [round(PER_MINUTE * part) + minute % 3 * (part > 0) for minute in range(window.count)]
        rates = [self.rates(asked.metric, arm == "on", minute) for minute in range(window.count)]
        counts = zip(window.starts, totals, rates, strict=True)
        return tuple(Bin(at, round(total * rate), total) for at, total, rate in counts)

    def health(self, now: int) -> Health:
        """What the metrics say of the stage now."""
        state = self.world.state
        key = (state.stage, state.epoch, now)
        if self._seen is None or self._seen[0] != key:
            window = stage_window(self.plan, state.epoch, now)
            answers = self.answers(state.stage, window)
            self._seen = key, read_stage(self.plan, self.plan.stages[state.stage], answers)
        return self._seen[1]

    def passes(self, times: int, minutes: int = 1) -> Life:
        """So many times some minutes pass, with a tick at their end."""
        for _ in range(times):
            self.world.now += MINUTE * minutes
            self.world.tick()
        return self

    def until(self, stage: str) -> Life:
        """It lives until a stage is confirmed, promoted by Alice where a person must."""
        index = self.plan.stage(stage)
        self.world.tick()
        while self.world.state.stage != index:
            self.passes(1)
            if self.world.state.phase is Phase.WAITING:
                following = self.plan.stages[self.world.state.stage + 1].name
                self.world.tick(Command(CommandKind.PROMOTE, ALICE, to=following, may_promote=True))
        return self

    @property
    def status(self) -> Status:
        """What `status` shows now, with what a page draws."""
        world, state = self.world, self.world.state
        decision = decide(world.facts())
        entries = tuple(d.body for d in world.journal.documents.values())
        entries = tuple(sorted(entries, key=lambda entry: entry.seq))
        ended = state.phase in (*GOING_BACK, Phase.ROLLED_BACK)
        health = None if ended or state.stage == NOT_STARTED else self.health(world.now)
        views = world.views()
        outcome = Outcome(world.journal.id, state, (decision,), (), views, health, decision.alarms)
        planned = OFF if ended else state.exposure
        cards = tuple(FlagCard("new-checkout in flags.json", planned, view, 30, "enabled") for view in views)
        drawn = tuple(
            replace(p, answers=self.answers(p.stage, p.window(self.plan)))
            for p in periods(self.plan, entries, world.now)
        )
        return Status(
            outcome, "4f1c2d9be0" * 4, "without a decision: a test", cards, entries=entries, periods=drawn,
            now=world.now,
        )  # fmt: skip


def canary() -> Status:
    """Healthy, in the middle of its canary."""
    return Life(plan(HEAD + TWO + STAGES)).until("5%").passes(8).status


def rolled_back() -> Status:
    """Turned back at the canary by the tick that proved a fault."""
    return Life(plan(HEAD + TWO + STAGES), faulty).until("5%").passes(14).status


def waiting() -> Status:
    """A stage that a person must end."""
    return Life(plan(HEAD + TWO + STAGES)).until("staff").passes(9).status


def paused() -> Status:
    """Somebody else raised the flag to everybody."""
    life = Life(plan(HEAD + TWO + STAGES)).until("5%").passes(6)
    life.world.exposures = [EVERYONE]
    return life.passes(2).status


def compared() -> Status:
    """Three metrics, compared with a control arm, for longer than there are points in a line."""
    return Life(plan(HEAD + THREE + STAGES)).until("25%").passes(5, 20).status


SITUATIONS: Mapping[str, Callable[[], Status]] = {
    "canary": canary,
    "rolled-back": rolled_back,
    "waiting": waiting,
    "paused": paused,
    "compared": compared,
}


@cache
def status(name: str) -> Status:
    """One of them, made once."""
    return SITUATIONS[name]()
