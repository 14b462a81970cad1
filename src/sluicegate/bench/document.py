"""The evidence that is written: `sluicegate.benchmarks/1`. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sluicegate import __version__
from sluicegate.bench.model import Compared, Counts, Failure, Outcome, Reading, Series, Settings
from sluicegate.core.readings import MAX_NAME
from sluicegate.core.text import cut, one_line, plural
from sluicegate.evidence.benchmarks import native_document as native
from sluicegate.evidence.benchmarks.native_document import (
    BENCHMARKS,
    Benchmarks,
    Machine,
    Plan,
    Side,
)

_LOG = 400


def document(outcome: Outcome, settings: Settings, compared: Compared, machine: Machine) -> str:
    """The evidence as JSON text.

    A side that failed stands under `problems`, so that its gate is ERROR and never passes.
    """
    dirty = f"dirty: {plural(compared.uncommitted, 'file')} not as committed"
    entries = [_paired(name, s, outcome.counts.get(name)) for name, s in outcome.series.items()]
    entries += [_alone(name, readings) for name, readings in outcome.only_head.items()]
    made = Benchmarks(
        tuple(sorted(entries, key=lambda entry: entry.name)),
        "sluicegate bench",
        __version__,
        machine,
        Side(compared.base, _label(compared.label)),
        Side(compared.head, dirty if compared.uncommitted else ""),
        Plan(
            looks=max(outcome.looks, 1),
            order="random",
            seed=settings.seed,
            clock=str(settings.clock),
            warmup=settings.warmup,
            stopped=str(outcome.stopped or "failed"),
        ),
        tuple(sorted(outcome.only_base)),
        (_problem(outcome.failure),) if outcome.failure else (),
    )
    return BENCHMARKS.encode(made, indent=1).decode()


def _label(text: str) -> str:
    return cut(one_line(text), MAX_NAME)


def _problem(failure: Failure) -> native.Failure:
    log = one_line(failure.log)[-_LOG:]
    remedy = f"Its output ends with: {log}" if failure.side else log
    return native.Failure(_label(failure.what), remedy if log else "It wrote nothing.")


def _paired(name: str, series: Series, counts: Counts | None) -> native.Series:
    base, head = series.base, series.head
    timed = series.is_timed
    return native.Series(
        name,
        "s",
        tuple(r.seconds for r in head),
        tuple(r.seconds for r in base),
        tuple(r.cpu for r in head if timed),
        tuple(r.cpu for r in base if timed),
        tuple(float(r.memory) for r in head if timed),
        tuple(float(r.memory) for r in base if timed),
        series.per_round,
        counts.head if counts else None,
        counts.base if counts else None,
    )


def _alone(name: str, readings: Sequence[Reading]) -> native.Series:
    return native.Series(name, "s", tuple(r.seconds for r in readings))
