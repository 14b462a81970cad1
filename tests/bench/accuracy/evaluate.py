"""`make bench-accuracy`: how often each rule raises a false alarm, and how often it finds a slowdown.

    python -m bench.accuracy.evaluate [--suites N] [--per-round K] [--pool FILE] [--write FILE]

Suites of 30 benchmarks are drawn from the recorded runs. A false alarm is a suite without any slowdown
in which a rule calls something slower; ours is asked after every look of its plan, and one is enough.
With --write the tables take the place of those between the marks in FILE.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.accuracy.pool import MODES, RECORDED, SAME, Pool, load
from bench.accuracy.rules import OURS, RULES, compared, ours
from bench.accuracy.suites import FAMILY, Design, Drawn, straight, suite
from sluicegate.bench.plan import MOST_PAIRS
from sluicegate.evidence.records import Benchmark
from sluicegate.gates.performance.comparing import State
from sluicegate.stats import sequential

MARKS = ("<!-- bench-accuracy -->", "<!-- /bench-accuracy -->")

_TWENTY, _THIRTY = 20, 30
_BY_PAIRS = (1, 5, 10, 20)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suites", type=int, default=1000)
    parser.add_argument("--per-round", type=int, default=MOST_PAIRS)
    parser.add_argument("--pool", type=Path, default=RECORDED)
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    pool = load(chosen.pool)
    text = "\n".join(_page(pool, chosen.suites, chosen.per_round)) + "\n"
    sys.stdout.write(text)
    if chosen.write:
        before, _, rest = chosen.write.read_text(encoding="utf-8").partition(MARKS[0])
        after = rest.partition(MARKS[1])[2]
        chosen.write.write_text(f"{before}{MARKS[0]}\n{text}{MARKS[1]}{after}", encoding="utf-8")


def _page(pool: Pool, suites: int, per_round: int) -> Iterator[str]:
    rounds = len(next(iter(pool.runs[MODES[0]].values()))[SAME[0]])
    yield f"{pool.machine}. Each variant of {len(pool.runs[MODES[0]])} workloads ran {rounds:,} times a mode;"
    yield f"{suites:,} suites of {FAMILY} benchmarks a cell; a round is of {per_round} pairs of runs."
    yield (
        "Coefficient of variation of single runs, median of the workloads: "
        + ", ".join(f"{mode} {100 * statistics.median(_variations(pool, mode)):.0f} %" for mode in MODES)
        + "."
    )
    yield ""
    for mode in MODES:
        yield from _table(pool, mode, suites, per_round)
        yield ""
    yield from _by_pairs(pool, max(suites // 3, 1))
    yield ""
    yield from _as_recorded(pool)


def _variations(pool: Pool, mode: str) -> list[float]:
    both = [[x for v in SAME for x in runs[v]] for runs in pool.runs[mode].values()]
    return [statistics.stdev(x) / statistics.mean(x) for x in both]


# --- all rules ----------------------------------------------------------------------------------


def _table(pool: Pool, mode: str, suites: int, per_round: int) -> Iterator[str]:
    yield (
        f"| {mode} | suites with a false alarm | "
        + " | ".join(f"{slow} % found within {rounds} rounds" for slow, rounds in _CELLS)
        + " |"
    )
    yield "| --- |" + " ---: |" * (1 + len(_CELLS))
    alarms = _false_alarms(pool, mode, suites, per_round)
    found = [_found(pool, mode, slow, Design(rounds, per_round), suites) for slow, rounds in _CELLS]
    for rule in RULES:
        cells = " | ".join(f"{_percent(power[rule])} %" for power in found)
        yield f"| {rule} | {_percent(alarms[rule] / suites)} % | {cells} |"


_CELLS = (("5", _TWENTY), ("5", _THIRTY), ("10", _TWENTY), ("10", _THIRTY), ("20", _TWENTY))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0")


def _false_alarms(pool: Pool, mode: str, suites: int, per_round: int) -> Counter[str]:
    """Ours at any look counts; the others judge the same data after twenty rounds."""
    rng = random.Random(f"{mode} same")
    design = Design(_THIRTY, per_round)
    alarms: Counter[str] = Counter()
    for _ in range(suites):
        drawn = suite(pool.runs[mode], "", design, rng)
        alarms[OURS] += any(ours(_first(drawn, look)) for look in sequential.plan(FAMILY).looks)
        twenty = _first(drawn, _TWENTY)
        alarms.update(name for name, rule in RULES.items() if name != OURS and rule(twenty))
    return alarms


def _first(drawn: Sequence[Drawn], rounds: int) -> list[Drawn]:
    return [replace(d, benchmark=_start(d.benchmark, rounds * d.benchmark.per_round)) for d in drawn]


def _start(one: Benchmark, pairs: int) -> Benchmark:
    return replace(one, samples=one.samples[:pairs], base=one.base[:pairs])


def _found(pool: Pool, mode: str, slow: str, design: Design, suites: int) -> dict[str, float]:
    """The share of the slow benchmarks that each rule names."""
    rng = random.Random(f"{mode} {slow} {design}")
    found: Counter[str] = Counter()
    total = 0
    for _ in range(math.ceil(suites / 3)):
        drawn = suite(pool.runs[mode], slow, design, rng)
        truth = {d.benchmark.name for d in drawn if d.slower}
        total += len(truth)
        for name, rule in RULES.items():
            found[name] += len(rule(drawn) & truth)
    return {name: found[name] / total for name in RULES}


# --- ours alone ---------------------------------------------------------------------------------


def _by_pairs(pool: Pool, suites: int) -> Iterator[str]:
    yield f"| {OURS}, pairs in a round | mode | false alarms | 5 % within 30 rounds | 10 % within 20 rounds |"
    yield "| ---: | --- | ---: | ---: | ---: |"
    for per_round in _BY_PAIRS:
        for mode in MODES:
            alarms = _false_alarms(pool, mode, suites, per_round)[OURS] / suites
            five = _found(pool, mode, "5", Design(_THIRTY, per_round), suites)[OURS]
            ten = _found(pool, mode, "10", Design(_TWENTY, per_round), suites)[OURS]
            cells = " | ".join(f"{_percent(x)} %" for x in (alarms, five, ten))
            yield f"| {per_round} | {mode} | {cells} |"


def _as_recorded(pool: Pool) -> Iterator[str]:
    """Without any drawing: the base against itself, and each slowdown, as they were recorded."""
    for mode in MODES:
        found = [compared([straight(runs)]) for runs in pool.runs[mode].values()]
        states = Counter(next(iter(one.values())).state for one in found)
        off = states[State.SLOWER] + states[State.FASTER]
        pairs = len(straight(next(iter(pool.runs[mode].values()))).samples)
        yield (
            f"In the order recorded, {mode}, each workload against itself over {pairs} pairs: "
            f"{off} of {len(found)} called slower or faster."
        )


if __name__ == "__main__":
    main()
