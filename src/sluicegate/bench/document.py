"""The evidence that is written: `sluicegate.benchmarks/1`. Pure."""

from __future__ import annotations

from dataclasses import replace

from sluicegate import __version__
from sluicegate.bench.model import Compared, Failure, Outcome, Series, Settings
from sluicegate.core.readings import MAX_NAME
from sluicegate.core.text import cut, one_line, plural
from sluicegate.evidence.benchmarks import native_document as native

_LOG = 400


def document(
    outcome: Outcome, settings: Settings, compared: Compared, machine: native.BenchmarkMachine
) -> str:
    """The evidence as JSON text.

    A side that failed stands under `problems`, so that its gate is ERROR and never passes.
    """
    dirty = f"dirty: {plural(compared.uncommitted, 'file')} not as committed"
    entries = [_paired(name, s) for name, s in outcome.series.items()]
    for name, readings in outcome.only_head.items():
        entries.append(native.BenchmarkSeries(name, "s", tuple(r.seconds for r in readings)))
    made = native.Benchmarks(
        tuple(sorted(entries, key=lambda entry: entry.name)),
        "sluicegate bench",
        __version__,
        machine,
        native.MeasuredCommit(compared.base, _label(compared.label)),
        native.MeasuredCommit(compared.head, dirty if compared.uncommitted else ""),
        native.SamplingPlan(
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
    return native.BENCHMARKS.encode(made, indent=1).decode()


def _label(text: str) -> str:
    return cut(one_line(text), MAX_NAME)


def _problem(failure: Failure) -> native.BenchmarkFailure:
    log = one_line(failure.log)[-_LOG:]
    remedy = f"Its output ends with: {log}" if failure.side else log
    return native.BenchmarkFailure(_label(failure.what), remedy if log else "It wrote nothing.")


def _paired(name: str, series: Series) -> native.BenchmarkSeries:
    head, base = (tuple(r.seconds for r in side) for side in (series.head, series.base))
    made = native.BenchmarkSeries(name, "s", head, base, pairs_per_round=series.per_round)
    if series.is_timed:
        made = replace(
            made,
            cpu=tuple(r.cpu for r in series.head),
            base_cpu=tuple(r.cpu for r in series.base),
            memory=tuple(float(r.memory) for r in series.head),
            base_memory=tuple(float(r.memory) for r in series.base),
        )
    return made
