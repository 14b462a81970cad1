"""The result of a comparison as text for a terminal. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from sluicegate.bench.model import Compared, Outcome, Series, Settings, Stop
from sluicegate.bench.plan import MOST_PAIRS, Looks
from sluicegate.core.text import cut, one_line, plural
from sluicegate.core.units import format_value
from sluicegate.stats.quantiles import quantile
from sluicegate.stats.sequential import SequentialDecision, SequentialVerdict

_LONGEST_NAME = 60
_NAMED = 5
_HEADS = ("benchmark", "base", "head", "head/base", "between", "pairs", "")
_LEGEND = (
    "Times are medians; head/base is of the pairs, which noise moves less, so that the two may differ.",
    "The true factor lies above and below each bound with 99 % confidence.",
)
_MORE_HEADS = ("benchmark", "CPU base", "CPU head", "memory base", "memory head")


def table(outcome: Outcome, settings: Settings, compared: Compared) -> str:
    """The benchmarks with their verdicts, and the next steps; failures are left out."""
    looks = Looks(len(outcome.series), settings.min_rounds, settings.max_rounds)
    judged = looks.judge(outcome.series)
    rows = [_row(name, series, judged[name], looks) for name, series in outcome.series.items()]
    changed = f"  dirty: {plural(compared.uncommitted, 'file')}" if compared.uncommitted else ""
    lines = [
        f"base  {compared.base[:12]}  {one_line(compared.label)}".rstrip(),
        f"head  {compared.head[:12]}{changed}",
        "",
    ]
    if rows:
        lines += [*_columns((_HEADS, *rows), "lrrrrrl"), ""]
        lines += _LEGEND
    lines += _more(outcome)
    return "\n".join([*lines, *_advice(outcome, judged, looks), ""])


def _verdict(judged: SequentialVerdict, *, faster: bool) -> str:
    match judged.decision:
        case SequentialDecision.SLOWER:
            return "slower"
        case SequentialDecision.NOT_SLOWER:
            return "faster" if faster else "no difference shown"
        case SequentialDecision.UNDECIDED:
            return "undecided"


def _row(name: str, series: Series, judged: SequentialVerdict, looks: Looks) -> tuple[str, ...]:
    found = judged.comparison
    bounded = found.lower > 0 and math.isfinite(found.upper)
    between = f"{found.lower:.3f} and {found.upper:.3f}" if bounded else "too few pairs"
    pairs = series.pairs
    return (
        _name(name),
        _middle(pairs.base),
        _middle(pairs.head),
        f"{found.ratio:.3f}",
        between,
        f"{found.count:,}",
        _verdict(judged, faster=looks.faster(series)),
    )


def _name(name: str) -> str:
    return cut(one_line(name), _LONGEST_NAME)


def _middle(samples: Sequence[float], unit: str = "s") -> str:
    return format_value(Fraction(quantile(samples, 0.5)), unit)


def _columns(rows: Sequence[Sequence[str]], align: str) -> Iterator[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(align))]
    for row in rows:
        cells = zip(row, widths, align, strict=True)
        yield "  ".join(c.rjust(w) if side == "r" else c.ljust(w) for c, w, side in cells).rstrip()


def _more(outcome: Outcome) -> list[str]:
    """CPU time and memory of timed runs; empty if the command reported its own samples."""
    rows = []
    for name, series in outcome.series.items():
        if not series.is_timed:
            continue
        sides = (series.base, series.head)
        cpu = [_middle([reading.cpu for reading in side], "s") for side in sides]
        memory = [_middle([float(reading.memory) for reading in side], "B") for side in sides]
        rows.append((_name(name), *cpu, *memory))
    return ["", *_columns((_MORE_HEADS, *rows), "lrrrr")] if rows else []


def _advice(outcome: Outcome, judged: Mapping[str, SequentialVerdict], looks: Looks) -> Iterator[str]:
    yield ""
    yield from _notes(outcome)
    slower = _of(judged, SequentialDecision.SLOWER)
    undecided = _of(judged, SequentialDecision.UNDECIDED)
    if slower:
        yield f"Slower: {_some(slower)}. Profile it on both sides; 'sluicegate check' judges by the policy."
    if undecided:
        yield f"Undecided: {_some(undecided)}. {_more_pairs(outcome, judged, undecided, looks)}"
    if judged and not slower and not undecided:
        yield "Nothing is slower."


def _notes(outcome: Outcome) -> Iterator[str]:
    yield from (f"note: {one_line(notice)}" for notice in outcome.notices)
    if outcome.only_base:
        yield f"note: only in the base: {_some(outcome.only_base)}"
    if outcome.only_head:
        yield f"note: only in the head, so not compared: {_some(list(outcome.only_head))}"


def _of(judged: Mapping[str, SequentialVerdict], decision: SequentialDecision) -> list[str]:
    return [name for name, one in judged.items() if one.decision is decision]


def _more_pairs(
    outcome: Outcome, judged: Mapping[str, SequentialVerdict], undecided: Sequence[str], looks: Looks
) -> str:
    fewest = min(judged[name].comparison.count for name in undecided)
    if fewest < looks.first_that_can_confirm:
        needed = looks.first_that_can_confirm
        return f"Below {needed} pairs nothing can be proven here: raise --max-time or --max-rounds."
    if outcome.stopped is Stop.BUDGET:
        return "The time was over: raise --max-time."
    small = "The difference is small or the machine noisy"
    if min(outcome.series[name].per_round for name in undecided) < MOST_PAIRS:
        return f"{small}: try --pairs-per-round {MOST_PAIRS}."
    return f"{small}: try a quieter machine, or more --max-rounds."


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    shown = ", ".join(_name(name) for name in names[:_NAMED])
    return shown + (f" and {more:,} more" if more > 0 else "")
