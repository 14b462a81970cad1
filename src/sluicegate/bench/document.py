"""The evidence that is written: `sluicegate.benchmarks/1`. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sluicegate import __version__
from sluicegate.bench.model import Compared, Counts, Failure, Machine, Outcome, Reading, Series, Settings
from sluicegate.text import clean, cut, encodable, one_line

Json = dict[str, object]

SCHEMA = "sluicegate.benchmarks/1"
_LOG = 1500


def document(outcome: Outcome, settings: Settings, compared: Compared, machine: Machine) -> str:
    """The evidence as JSON text.

    A side that failed stands under `problems`, so that its gate is ERROR and never passes.
    """
    head: Json = {"commit": compared.head}
    if compared.uncommitted:
        head["dirty"] = True
    entries = [_paired(name, s, outcome.counts.get(name)) for name, s in outcome.series.items()]
    entries += [_alone(name, readings) for name, readings in outcome.only_head.items()]
    made: Json = {
        "schema": SCHEMA,
        "tool": "sluicegate bench",
        "version": __version__,
        "machine": {
            "system": machine.system,
            "architecture": machine.architecture,
            "processor": machine.processor,
            "cores": machine.cores,
            "runtime": machine.runtime,
        },
        "base": {"commit": compared.base, "ref": compared.label},
        "head": head,
        "plan": _plan(outcome, settings),
        "benchmarks": sorted(entries, key=lambda entry: str(entry["name"])),
    }
    if outcome.only_base:
        made["removed"] = sorted(outcome.only_base)
    if outcome.failure:
        made["problems"] = [_problem(outcome.failure)]
    return encodable(json.dumps(made, indent=1, ensure_ascii=False)) + "\n"


def _plan(outcome: Outcome, settings: Settings) -> Json:
    return {
        "looks": outcome.looks,
        "order": "random",
        "seed": settings.seed,
        "clock": str(settings.clock),
        "warmup": settings.warmup,
        "minimum_of": settings.minimum_of,
        "stopped": str(outcome.stopped or "failed"),
    }


def _problem(failure: Failure) -> Json:
    log = cut(clean(failure.log[-_LOG:]).strip(), _LOG)
    remedy = f"Its output ends with: {one_line(log)}" if log else "It wrote nothing."
    return {"message": failure.what, "remedy": remedy}


def _paired(name: str, series: Series, counts: Counts | None) -> Json:
    entry: Json = {"name": name, "unit": "s"}
    for key, readings in (("samples", series.head), ("base_samples", series.base)):
        entry[key] = [r.seconds for r in readings]
    both = (*series.base, *series.head)
    for key, value in (("cpu", _cpu), ("memory", _memory)):
        if all(value(r) > 0 for r in both):  # the clock of the CPU is too coarse for a short run
            entry[key] = [value(r) for r in series.head]
            entry[f"base_{key}"] = [value(r) for r in series.base]
    if counts is not None:
        entry |= {"instructions": counts.head, "base_instructions": counts.base}
    return entry


def _alone(name: str, readings: Sequence[Reading]) -> Json:
    return {"name": name, "unit": "s", "samples": [r.seconds for r in readings]}


def _cpu(reading: Reading) -> float:
    return reading.cpu


def _memory(reading: Reading) -> float:
    return reading.memory
