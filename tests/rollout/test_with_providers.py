"""The pure half with true providers, made by the settings of a plan: a flagd file, and local counts.

What the controller does between two decisions is done here in a few lines; the decisions, the readings and
the journal are the real ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sluicegate.flags.interface import EVERYONE, OFF, FlagFactory, FlagProvider, FlagState
from sluicegate.metrics.interface import MetricFactory, MetricProvider
from sluicegate.rollout import providers
from sluicegate.rollout.actions import Decision, Facts, Hold, Note, Refuse, RollBack, Write
from sluicegate.rollout.decide import decide
from sluicegate.rollout.entries import EventKind, Purpose, flag_record
from sluicegate.rollout.plan import Plan, ProviderSettings
from sluicegate.rollout.plan_read import read_plan
from sluicegate.rollout.providers import factory, points, settings_of
from sluicegate.rollout.readings import Health, Needed, needed, read_stage, stage_window
from sluicegate.rollout.series import Series
from sluicegate.rollout.start import Go, decide_start
from sluicegate.rollout.state import NOT_STARTED, Phase
from support.flagd_rig import LocalRig
from support.make_provider import around
from support.rollouts import Written

PLAN = b"""
flags: [{flagd-file: {file: flags.json, flag: new-checkout, where: local}}]
metrics-from: {file: {file: counts.jsonl}}
metrics:
  error_rate: {bad: errors, total: requests, of: exposed}
  service_errors: {bad: errors, total: requests}
arms: {label: variant, exposed: 'on', control: 'off'}
criteria: [service_errors <= 5%, error_rate <= 5%, error_rate <= control + 0.5pp]
stages:
  - {stage: dark, bake: 10min, min-samples: 100}
  - {stage: staff, bake: 10min, promotion: auto}
  - {stage: 5%, bake: 10min, min-samples: 100}
  - {stage: 50%, bake: 10min, min-samples: 100}
  - GA
tick-every: 5min
"""
MINUTE = 60
PER_MINUTE = 2000


@dataclass
class Machine:
    """A flag, its metrics and a journal; `bad` are the parts of requests that fail, off and on."""

    folder: Path
    plan: Plan
    bad: tuple[float, float]
    now: int = 1_800_000_000
    journal: Written = field(init=False)
    reasons: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journal = Written(self.plan)
        started = decide_start(self.plan, (self.read(),), (), Go("a" * 40, reason="a test"))
        assert started.action == Note(EventKind.STARTED)
        self.journal.add(EventKind.STARTED, self.now, flag_before=(flag_record(self.read()),))

    def flag(self) -> FlagProvider:
        own = self.plan.flags[0]
        made = factory("sluicegate.flags", own.name)
        assert isinstance(made, FlagFactory)
        return made.create(settings_of(own.values, "sluicegate.flags", own.name), around(self.folder))

    def read(self) -> FlagState:
        return self.flag().read()

    def metrics(self, own: ProviderSettings) -> MetricProvider:
        made = factory("sluicegate.metrics", own.name)
        assert isinstance(made, MetricFactory)
        return made.create(settings_of(own.values, "sluicegate.metrics", own.name), around(self.folder))

    def passes(self, minutes: int) -> None:
        """Time passes, in which users come."""
        exposure = self.read().exposure
        assert exposure is not None
        share = float(exposure.share) or (0.01 if exposure.segments else 0.0)
        with (self.folder / "counts.jsonl").open("a", encoding="utf-8") as file:
            for _ in range(minutes):
                self.now += MINUTE
                for arm, part, bad in (("on", share, self.bad[1]), ("off", 1 - share, self.bad[0])):
                    requests = round(PER_MINUTE * part)
                    counts = {"requests": requests, "errors": round(requests * bad)}
                    file.write(json.dumps({"time": self.now - 1, "arm": arm, "counts": counts}) + "\n")

    def health(self) -> Health | None:
        state = self.journal.state
        if state.stage == NOT_STARTED:
            return None
        stage = self.plan.stages[state.stage]
        answers = {(n.metric, n.over): self.answer(n, state.epoch) for n in needed(self.plan, stage)}
        return read_stage(self.plan, stage, answers)

    def answer(self, asked: Needed, epoch: int) -> Series:
        provider = self.metrics(self.plan.metric(asked.metric).provider)
        window = stage_window(self.plan, epoch, self.now)
        return Series(*(provider.counts(asked.query, arm, window) for arm in asked.arms))

    def tick(self) -> None:
        for _ in range(10):
            known = self.health()
            facts = Facts(
                self.journal.state,
                (self.read(),),
                known,
                datetime.fromtimestamp(self.now, UTC),
                deployed=True,
            )
            decision = decide(facts)
            self.reasons.append(decision.reason)
            if not self.act(decision, known):
                return

    def act(self, decision: Decision, known: Health | None) -> bool:
        match decision.action:
            case Hold() | Refuse():
                return False
            case Note() as note:
                readings = () if known is None else known.readings
                self.journal.add(
                    note.event, self.now, stage=note.stage, reason=decision.reason, epoch=note.epoch,
                    waiting=note.waiting, readings=readings, flag_after=(flag_record(self.read()),),
                )  # fmt: skip
                return note.event not in (EventKind.HEARTBEAT, EventKind.READING_CHANGED)
            case Write() as write:
                name = self.plan.stages[write.stage].name
                self.journal.add(EventKind.INTENDED, self.now, stage=name, purpose=write.purpose)
                self.flag().write(write.target, self.read())
            case RollBack():
                self.journal.add(
                    EventKind.INTENDED, self.now, purpose=Purpose.ROLLBACK, reason=decision.reason
                )
                self.flag().kill()
        return True


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setattr(providers, "points", points)
    checked = read_plan(PLAN, "rollouts/new-checkout.yml")
    assert checked.plan is not None, checked.errors
    return checked.plan


def run(folder: Path, plan: Plan, bad: tuple[float, float], ticks: int = 40) -> Machine:
    LocalRig(folder)
    (folder / "counts.jsonl").write_text("", encoding="utf-8")
    machine = Machine(folder, plan, bad)
    for _ in range(ticks):
        machine.tick()
        if machine.journal.state.phase in (Phase.COMPLETED, Phase.ROLLED_BACK):
            break
        machine.passes(5)
    return machine


def test_a_good_version_reaches_everybody(tmp_path: Path, plan: Plan) -> None:
    machine = run(tmp_path, plan, (0.01, 0.01))
    assert machine.journal.state.phase is Phase.COMPLETED, machine.reasons[-3:]
    confirmed = [
        d.body.stage for d in machine.journal.documents.values() if d.body.event is EventKind.CONFIRMED
    ]
    assert confirmed == ["dark", "staff", "5%", "50%", "GA"]
    assert machine.read().exposure == EVERYONE


def test_a_bad_version_is_off_again_in_the_tick_that_proves_it(tmp_path: Path, plan: Plan) -> None:
    machine = run(tmp_path, plan, (0.01, 0.2))
    state = machine.journal.state
    assert (state.phase, plan.stages[state.stage].name) == (Phase.ROLLED_BACK, "staff")
    assert machine.read().exposure == OFF
    assert "error_rate <= 5% is broken at staff" in state.reason


def test_a_hand_edit_pauses_and_stays(tmp_path: Path, plan: Plan) -> None:
    machine = run(tmp_path, plan, (0.01, 0.01), ticks=5)
    assert machine.journal.state.stage == 2
    rig = LocalRig.__new__(LocalRig)
    rig.folder, rig.path = tmp_path, tmp_path / "flags.json"
    rig.set(targeting={"fractional": [["on", 33], ["off", 67]]})
    before = rig.data()
    machine.tick()
    assert machine.journal.state.phase is Phase.PAUSED
    assert "the flag exposes 33%" in machine.journal.state.reason
    assert rig.data() == before
