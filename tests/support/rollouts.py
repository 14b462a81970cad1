"""Plans, journals, flags and readings in few words, for tests of rollouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from sluicegate.flags.interface import GROUP as FLAGS
from sluicegate.flags.interface import OFF, Exposure, FlagFactory, FlagProvider, FlagState
from sluicegate.ledger.documents import Document, stamp
from sluicegate.metrics.interface import GROUP as METRICS
from sluicegate.metrics.interface import Bin, MetricFactory, MetricProvider
from sluicegate.policy.keys import Key
from sluicegate.policy.values import KINDS
from sluicegate.rollout import providers
from sluicegate.rollout.entries import Entry, EventKind, flag_record
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.plan_read import read_plan
from sluicegate.rollout.series import Series
from sluicegate.rollout.state import State, fold
from sluicegate.runtime.surroundings import Surroundings


def _no_flag(settings: Mapping[str, Any], around: Surroundings) -> FlagProvider:
    raise AssertionError("plans are read without a provider")


def _no_metric(settings: Mapping[str, Any], around: Surroundings) -> MetricProvider:
    raise AssertionError("plans are read without a provider")


FLAG_FACTORY = FlagFactory(
    {
        "path": Key(KINDS["path"], "The file.", missing="Name the file, for example path: flags.json."),
        "flag": Key(KINDS["label"], "The flag.", missing="Name the flag, for example flag: new-checkout."),
        "timeout": Key(KINDS["seconds"], "The longest that a request may take.", 5.0),
    },
    _no_flag,
)
METRIC_FACTORY = MetricFactory({"url": Key(KINDS["text"], "The address.", "http://localhost")}, _no_metric)
POINTS: Mapping[str, tuple[EntryPoint, ...]] = {
    FLAGS: (EntryPoint("file", "support.rollouts:FLAG_FACTORY", FLAGS),),
    METRICS: (EntryPoint("tally", "support.rollouts:METRIC_FACTORY", METRICS),),
}

FLAG = "flags: [{file: {path: flags.json, flag: new-checkout}}]\n"
PROVIDER = "metrics-from: {tally: {}}\n"
METRIC_LINES = """metrics:
  error_rate: {bad: 'bad{v="$arm"}', total: 'all{v="$arm"}', of: exposed}
  service_errors: {bad: bad, total: all}
  latency: {durations: 'seconds{v="$arm"}', of: exposed}
"""
ARMS = "arms: {label: v, exposed: 'on', control: 'off'}\n"
CRITERIA = "criteria: [service_errors <= 5%, error_rate <= 5%, error_rate <= control + 0.5pp]\n"
USUAL = FLAG + PROVIDER + METRIC_LINES + ARMS + CRITERIA


@contextmanager
def providers_of_tests() -> Iterator[None]:
    """The providers of this module in place of those that are installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(providers, "points", lambda group: POINTS[group])
        yield


def plan(text: str = USUAL, path: str = "rollouts/new-checkout.yml") -> Plan:
    """The plan of a file, which must have no error."""
    with providers_of_tests():
        checked = read_plan(text.encode(), path)
    if checked.plan is None:
        raise checked.errors[0]
    return checked.plan


def complaints(text: str, path: str = "rollouts/new-checkout.yml") -> list[str]:
    """Every error of a plan, as users see them."""
    with providers_of_tests():
        return [str(error) for error in read_plan(text.encode(), path).errors]


def bins(*counts: tuple[int, int] | None, width: int = 60, start: int = 0) -> tuple[Bin, ...]:
    """Bins of bad and total; None for one without data."""
    return tuple(Bin(start + width * i, *(c or (0, 0)), known=c is not None) for i, c in enumerate(counts))


def series(
    exposed: Sequence[tuple[int, int] | None], control: Sequence[tuple[int, int] | None] | None = None
) -> Series:
    """The bins of one metric."""
    return Series(bins(*exposed), None if control is None else bins(*control))


@dataclass
class Written:
    """A journal as the controller writes it: each event behind the last."""

    plan: Plan
    id: str = "new-checkout-20261130T120000Z"
    documents: dict[str, Document[Entry]] = field(default_factory=dict)
    _state: State | None = None

    def add(self, event: EventKind, at: int, **more: Any) -> Written:
        """Append an event."""
        if event is EventKind.STARTED:
            entry = Entry(
                0, "", at, event, plan=self.plan.data.decode(), plan_sha256=self.plan.sha256, **more
            )
        else:
            state = self.state
            entry = Entry(state.next_seq, state.prev, at, event, **more)
        return self.put(entry)

    def put(self, entry: Entry) -> Written:
        """Append an entry as it is."""
        moment = datetime.fromtimestamp(entry.at, UTC)
        document = Document(self.id, stamp(moment), entry)
        self.documents[document.path], self._state = document, None
        return self

    @property
    def state(self) -> State:
        """What it adds up to."""
        self._state = self._state or fold(self.documents)
        return self._state


def flag(exposure: Exposure | None, *, fingerprint: str = "", **more: Any) -> FlagState:
    """A flag with this exposure; its fingerprint follows from it."""
    values: dict[str, Any] = {
        "enabled": exposure is not None and exposure != OFF,
        "reason": "one rule",
        "driver": None,
        "version": "1",
        "bucketing": "salt",
        **more,
    }
    return FlagState(exposure=exposure, fingerprint=fingerprint or f"as {exposure}", **values)


def started(of: Plan, at: int = 0) -> Written:
    """A rollout that has just started."""
    return Written(of).add(EventKind.STARTED, at, flag_before=(flag_record(flag(OFF)),) * len(of.flags))


def at_stage(of: Plan, name: str, at: int = 0) -> Written:
    """A rollout whose stage `name` was confirmed at `at`; the stages before it were, a second each before."""
    index = of.stage(name)
    assert index is not None
    journal = started(of, max(0, at - index - 1))
    for number, stage in enumerate(of.stages[: index + 1]):
        moment = max(0, at - index + number)
        after = (flag_record(flag(stage.exposure)),) * len(of.flags)
        journal.add(EventKind.INTENDED, moment, stage=stage.name, holder="me", expires=moment + 600)
        journal.add(EventKind.CONFIRMED, moment, stage=stage.name, epoch=moment, flag_after=after)
    return journal
