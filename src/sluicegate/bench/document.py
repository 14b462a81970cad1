"""The evidence that is written: `sluicegate.benchmarks/1`. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sluicegate import __version__
from sluicegate.bench.model import Compared, Counts, Failure, Machine, Outcome, Reading, Series, Settings
from sluicegate.core.text import cut, encodable, one_line, plural

Json = dict[str, object]

SCHEMA = "sluicegate.benchmarks/1"
_LOG = 400
_LONGEST = 500  # characters of a text that the reader takes


def document(outcome: Outcome, settings: Settings, compared: Compared, machine: Machine) -> str:
    """The evidence as JSON text.

    A side that failed stands under `problems`, so that its gate is ERROR and never passes.
    """
    head: Json = {"commit": compared.head}
    if compared.uncommitted:
        head["ref"] = f"dirty: {plural(compared.uncommitted, 'file')} not as committed"
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
        "base": {"commit": compared.base, "ref": _label(compared.label)},
        "head": head,
        "plan": _plan(outcome, settings),
        "benchmarks": sorted(entries, key=lambda entry: str(entry["name"])),
    }
    if outcome.only_base:
        made["removed"] = sorted(outcome.only_base)
    if outcome.failure:
        made["problems"] = [_problem(outcome.failure)]
    return encodable(json.dumps(made, indent=1, ensure_ascii=False)) + "\n"


def _label(text: str) -> str:
    return cut(one_line(text), _LONGEST)


def _plan(outcome: Outcome, settings: Settings) -> Json:
    return {
        **({"looks": outcome.looks} if outcome.looks else {}),
        "order": "random",
        "seed": settings.seed,
        "clock": str(settings.clock),
        "warmup": settings.warmup,
        "stopped": str(outcome.stopped or "failed"),
    }


def _problem(failure: Failure) -> Json:
    log = one_line(failure.log)[-_LOG:]
    remedy = f"Its output ends with: {log}" if failure.side else log
    return {"message": _label(failure.what), "remedy": remedy if log else "It wrote nothing."}


def _paired(name: str, series: Series, counts: Counts | None) -> Json:
    entry: Json = {"name": name, "unit": "s", "pairs_per_round": series.per_round}
    for prefix, side in (("", series.head), ("base_", series.base)):
        entry[f"{prefix}samples"] = [r.seconds for r in side]
        if series.is_timed:
            entry |= {f"{prefix}cpu": [r.cpu for r in side], f"{prefix}memory": [r.memory for r in side]}
    if counts is not None:
        entry |= {"instructions": counts.head, "base_instructions": counts.base}
    return entry


def _alone(name: str, readings: Sequence[Reading]) -> Json:
    return {"name": name, "unit": "s", "samples": [r.seconds for r in readings]}
