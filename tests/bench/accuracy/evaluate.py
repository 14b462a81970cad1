"""`make bench-accuracy`: how often each rule raises a false alarm, and how often it finds a slowdown.

    python -m bench.accuracy.evaluate [--suites N] [--per-round K] [--pool FILE] [--write FILE]

Suites of 30 benchmarks are drawn from the recorded runs. A false alarm is a suite without any slowdown
in which a rule calls something slower; ours is asked after every look of its plan, and one is enough.
With --write the tables take the place of those between the marks in FILE.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bench.accuracy.pool import MODES, RECORDED, SAME, Pool, Runs, load
from bench.accuracy.rules import OURS, RULES, compared, ours
from bench.accuracy.suites import FAMILY, Design, Drawn, straight, suite
from sluicegate.bench.plan import MOST_PAIRS
from sluicegate.evidence.records import Benchmark
from sluicegate.gates.performance.comparing import Conclusion
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
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        ask = partial(_asked, workers, pool)
        tables = [_table(ask, mode, suites, per_round) for mode in MODES]
        tables.append(_by_pairs(ask, max(suites // 3, 1)))
        heads = [next(table) for table in tables]  # so that all is asked for before the first answer
    for head, table in zip(heads, tables, strict=True):
        yield from (head, *table, "")
    yield from _as_recorded(pool)


def _variations(pool: Pool, mode: str) -> list[float]:
    both = [[x for v in SAME for x in runs[v]] for runs in pool.runs[mode].values()]
    return [statistics.stdev(x) / statistics.mean(x) for x in both]


@dataclass(frozen=True, slots=True)
class _Cell:
    """What a share is asked of: suites of a mode; `slow` is the slowdown in them, empty for none."""

    mode: str
    slow: str
    design: Design
    suites: int
    rules: tuple[str, ...] = tuple(RULES)


Shares = Mapping[str, float]
Ask = Callable[[_Cell], "Future[Shares]"]


def _asked(workers: Executor, pool: Pool, cell: _Cell) -> Future[Shares]:
    share = _found if cell.slow else _false_alarms
    return workers.submit(share, pool.runs[cell.mode], cell)


# --- all rules ----------------------------------------------------------------------------------


def _table(ask: Ask, mode: str, suites: int, per_round: int) -> Iterator[str]:
    alarms = ask(_Cell(mode, "", Design(_THIRTY, per_round), suites))
    found = [ask(_Cell(mode, slow, Design(rounds, per_round), suites)) for slow, rounds in _CELLS]
    yield (
        f"| {mode} | suites with a false alarm | "
        + " | ".join(f"{slow} % found within {rounds} rounds" for slow, rounds in _CELLS)
        + " |"
    )
    yield "| --- |" + " ---: |" * (1 + len(_CELLS))
    for rule in RULES:
        cells = " | ".join(_percent(share.result()[rule]) for share in (alarms, *found))
        yield f"| {rule} | {cells} |"


_CELLS = (("5", _TWENTY), ("5", _THIRTY), ("10", _TWENTY), ("20", _TWENTY))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def _false_alarms(workloads: Mapping[str, Runs], cell: _Cell) -> Shares:
    """The share of suites in which a rule names something. Ours at any look counts; the others judge the
    same data after twenty rounds."""
    rng = random.Random(f"{cell.mode} same")
    alarms: Counter[str] = Counter()
    for _ in range(cell.suites):
        drawn = suite(workloads, "", cell.design, rng)
        alarms[OURS] += _alarms_at_a_look(drawn)
        twenty = _first(drawn, _TWENTY)
        alarms.update(name for name in cell.rules if name != OURS and RULES[name](twenty))
    return {name: alarms[name] / cell.suites for name in cell.rules}


def _alarms_at_a_look(drawn: Sequence[Drawn]) -> bool:
    """Does the gate say "slower" after any look? The sequential p-value of the last look is that of all, so
    that most suites need not be judged at each."""
    plan = sequential.plan(FAMILY)
    if all(_p_of_all_looks(d, plan) * FAMILY > sequential.ALPHA for d in drawn):
        return False
    return any(ours(_first(drawn, look)) for look in plan.looks)


def _p_of_all_looks(drawn: Drawn, plan: sequential.SequentialPlan) -> float:
    one = drawn.benchmark
    return sequential.sequential_p(
        sequential.PairedSamples(one.base, one.samples, one.per_round), plan
    ).slower


def _first(drawn: Sequence[Drawn], rounds: int) -> list[Drawn]:
    return [replace(d, benchmark=_start(d.benchmark, rounds * d.benchmark.per_round)) for d in drawn]


def _start(one: Benchmark, pairs: int) -> Benchmark:
    return replace(one, samples=one.samples[:pairs], base=one.base[:pairs])


def _found(workloads: Mapping[str, Runs], cell: _Cell) -> Shares:
    """The share of the slow benchmarks that each rule names."""
    rng = random.Random(f"{cell.mode} {cell.slow} {cell.design}")
    found: Counter[str] = Counter()
    total = 0
    for _ in range(math.ceil(cell.suites / 3)):
        drawn = suite(workloads, cell.slow, cell.design, rng)
        truth = {d.benchmark.name for d in drawn if d.slower}
        total += len(truth)
        for name in cell.rules:
            found[name] += len(RULES[name](drawn) & truth)
    return {name: found[name] / total for name in cell.rules}


# --- ours alone ---------------------------------------------------------------------------------


def _by_pairs(ask: Ask, suites: int) -> Iterator[str]:
    rows = [
        (per_round, mode, [
            ask(_Cell(mode, slow, Design(rounds, per_round), suites, (OURS,)))
            for slow, rounds in (("", _THIRTY), ("5", _THIRTY), ("10", _TWENTY))
        ])
        for per_round in _BY_PAIRS
        for mode in MODES
    ]  # fmt: skip
    yield f"| {OURS}, pairs in a round | mode | false alarms | 5 % within 30 rounds | 10 % within 20 rounds |"
    yield "| ---: | --- | ---: | ---: | ---: |"
    for per_round, mode, shares in rows:
        yield f"| {per_round} | {mode} | {' | '.join(_percent(s.result()[OURS]) for s in shares)} |"


def _as_recorded(pool: Pool) -> Iterator[str]:
    """Without any drawing: the base against itself, and each slowdown, as they were recorded."""
    for mode in MODES:
        found = [compared([straight(runs)]) for runs in pool.runs[mode].values()]
        states = Counter(next(iter(one.values())).state for one in found)
        off = states[Conclusion.SLOWER] + states[Conclusion.FASTER]
        pairs = len(straight(next(iter(pool.runs[mode].values()))).samples)
        yield (
            f"In the order recorded, {mode}, each workload against itself over {pairs} pairs: "
            f"{off} of {len(found)} called slower or faster."
        )


if __name__ == "__main__":
    main()
