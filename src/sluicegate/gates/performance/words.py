"""The texts of the gate: its headline, its tables and its remedies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from sluicegate.core.model import Better, Table
from sluicegate.core.text import plural, some
from sluicegate.core.units import decimal_text, format_value
from sluicegate.criteria import Criterion, Measures, Relative
from sluicegate.gates.measures import table
from sluicegate.gates.performance.comparing import Assessment, Conclusion, How
from sluicegate.gates.performance.figures import STATISTICS, slowdown, statistic
from sluicegate.gates.performance.suite import Measurement, Measurements
from sluicegate.gates.performance.vanished import NAMED, Vanished

_ROWS = 10
_WORST = {"memory": "largest", "error_rate": "worst"}
_ORDER = (Conclusion.SLOWER, Conclusion.SUSPECT, Conclusion.FASTER, Conclusion.OPEN, Conclusion.SAME)


def by_state(compared: Mapping[str, Assessment], state: Conclusion) -> list[tuple[str, Assessment]]:
    """Those of a state, the largest difference first."""
    found = ((name, c) for name, c in compared.items() if c.state is state)
    return sorted(found, key=lambda item: (-abs(math.log(item[1].ratio)), item[0]))


def summary(runs: Measurements, compared: Mapping[str, Assessment], gone: Vanished) -> str:
    """The headline."""
    parts = [plural(len(runs), "benchmark"), *(_outcomes(compared) if compared else ())]
    if gone.names:
        parts.append(f"{len(gone.names):,} of the baseline did not run: {gone.summary()}")
    if any(c.foreign for c in compared.values()):
        parts.append("the baseline is of another machine")
    return "; ".join(parts)


def _outcomes(compared: Mapping[str, Assessment]) -> Iterator[str]:
    slower = by_state(compared, Conclusion.SLOWER)
    suspects, faster = by_state(compared, Conclusion.SUSPECT), by_state(compared, Conclusion.FASTER)
    if not slower:
        yield "none proven slower"
    for names, what in (
        ([f"{name} by {decimal_text(slowdown(c), 1)}%" for name, c in slower], "proven slower"),
        ([name for name, _ in suspects], "slower, not proven"),
        ([f"{name} {_factor(c)}" for name, c in faster], "proven faster"),
    ):
        if names:
            yield f"{len(names)} {what}: {some(names[:NAMED], len(names))}"


def _factor(compared: Assessment) -> str:
    return f"{100 * (compared.ratio - 1):+.1f}%"


# --- tables -------------------------------------------------------------------------------------


def tables(
    runs: Measurements, base: Measurements, compared: Mapping[str, Assessment], gone: Vanished
) -> tuple[Table, ...]:
    """The benchmarks, worst first, and those that are gone."""
    order = sorted(runs, key=lambda name: _badness(name, runs, compared))
    against = bool(base or compared)
    columns = ("Benchmark", "p50", "p95", *(("change", "99% interval", "on", "why") if against else ()))
    align = "lrrrrll"[: len(columns)]

    def row(name: str) -> tuple[str, ...]:
        run, one = runs[name], compared.get(name)
        figures = (name, _shown("p50", run), _shown("p95", run))
        if not against:
            return figures
        if one is None:
            return (*figures, "", "", "", "new" if run.benchmark.samples else "no samples")
        return (*figures, _factor(one), _interval(one), one.on, one.why)

    title = "Benchmarks of the baseline that did not run"
    return (
        *table("Benchmarks", columns, align, order, row, _ROWS),
        *table(title, ("Benchmark",), "l", gone.names, lambda name: (gone.label(name),), _ROWS),
    )


def _badness(
    name: str, runs: Measurements, compared: Mapping[str, Assessment]
) -> tuple[int, float, float, str]:
    one = compared.get(name)
    place = len(_ORDER) if one is None else _ORDER.index(one.state)
    size = abs(math.log(one.ratio)) if one and place < _ORDER.index(Conclusion.OPEN) else 0.0
    typical = statistic("p50", runs[name]).value
    return min(place, _ORDER.index(Conclusion.OPEN)), -size, -float(typical or 0), name


def _interval(compared: Assessment) -> str:
    if compared.lower == 0 and math.isinf(compared.upper):
        return ""
    return f"{100 * (compared.lower - 1):+.1f}% to {100 * (compared.upper - 1):+.1f}%"


def _shown(name: str, run: Measurement) -> str:
    value = statistic(name, run).value
    return "" if value is None else format_value(value, STATISTICS[name][0])


# --- remedies -----------------------------------------------------------------------------------


def remedies(
    measures: Measures,
    compared: Mapping[str, Assessment],
    criteria: Iterable[Criterion],
    commands: Mapping[str, str],
    gone: Vanished,
) -> dict[str, tuple[str, ...]]:
    """The benchmarks that got slower; for criteria that do not compare each of them, the worst.

    `commands` has by benchmark what runs it.
    """
    runs = {name: f": {command}" for name, command in commands.items()}
    slower = _of_slower(compared, runs)
    found = dict.fromkeys(("p50", "p95", "p99", "mean"), slower)
    found["regression"] = slower or (_RUN_AGAIN,) * bool(gone.names)
    overall = {c.measure.name for c in criteria if not (c.selector and isinstance(c.bound, Relative))}
    for name in overall.intersection(STATISTICS):
        found[name] = _worst(name, measures, runs)
    return {name: texts for name, texts in found.items() if texts}


def _of_slower(compared: Mapping[str, Assessment], runs: Mapping[str, str]) -> tuple[str, ...]:
    """What to do about the worst that are proven slower; else about those that look so."""
    worst = by_state(compared, Conclusion.SLOWER)[:NAMED]
    suspects = by_state(compared, Conclusion.SUSPECT)[:NAMED]
    return tuple(_profile(name, c, runs.get(name, "")) for name, c in worst) or tuple(
        f"{name} looks slower by {decimal_text(slowdown(c), 1)}% ({c.why}): {_SIDE_BY_SIDE}"
        for name, c in suspects
    )


_SIDE_BY_SIDE = "measure base and change side by side, in pairs: `sluicegate bench --base REF -- COMMAND`"
_RUN_AGAIN = (
    "Run what is missing again, or leave it: once the change is recorded on the default branch, "
    "or the baseline file is written anew, it is no longer expected"
)


def _worst(name: str, measures: Measures, runs: Mapping[str, str]) -> tuple[str, ...]:
    """Which benchmark has the worst value of a statistic, and what to do about it."""
    values = {item: own[name].value for item, own in measures.items["benchmark"].items()}
    known = {item: value for item, value in values.items() if value is not None}
    if not known:
        return ()
    unit, better = STATISTICS[name]
    worst = (max if better is Better.LOWER else min)(known, key=lambda item: known[item])
    todo = ("look into its errors" if name == "error_rate" else "profile it") + runs.get(worst, "")
    return (f"The {_WORST.get(name, 'slowest')} is {worst} with {format_value(known[worst], unit)}; {todo}",)


def _profile(name: str, compared: Assessment, command: str) -> str:
    slower = f"{name} is slower by {decimal_text(slowdown(compared), 1)}%"
    if compared.how is How.READINGS:
        return f"{slower}, {compared.why}: look at that commit, and confirm it with `sluicegate bench`"
    return f"{slower}: profile it on the base and on the change, on the same machine{command}"
