"""The gate `complexity`: cyclomatic complexity of functions, as radon counts it.

`grown` are the functions that the change adds or makes more complex: an old, complex function
may be edited as long as it does not get worse.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction

from sluicegate.core.globs import glob_matches, matches_any
from sluicegate.core.model import Finding, Measure, Severity, Table
from sluicegate.core.text import plural, some
from sluicegate.criteria import Absolute, Criterion, Items, Measures, comparisons
from sluicegate.evidence.analysed import FunctionComplexity, FunctionState
from sluicegate.evidence.records import Evidence
from sluicegate.gates.interface import Context, Gate, Measured, counting, no_change_reason
from sluicegate.gates.measures import by_name, count, not_applicable, number, table
from sluicegate.policy.model import Scope

Functions = Sequence[FunctionComplexity]

_VIOLATES: dict[str, Callable[[int, Fraction], bool]] = {"<": operator.ge, "<=": operator.gt}
_NAMED = 10
_INCREASE = "grown.increase"

_PARTS: dict[str, Callable[[FunctionComplexity], bool]] = {
    "all": lambda _: True,
    "new": lambda f: f.state is FunctionState.NEW,
    "changed": lambda f: f.state in (FunctionState.NEW, FunctionState.CHANGED),
    "grown": lambda f: f.state is FunctionState.NEW or (f.before is not None and f.complexity > f.before),
}
"""What belongs to a part of the functions: what the change added, added or edited, made more complex."""


def _worst_first(function: FunctionComplexity) -> tuple[int, str, int]:
    return -function.complexity, function.path, function.line


def _in_scope(functions: Functions, scope: Scope) -> list[FunctionComplexity]:
    return list(filter(_PARTS[scope.value], functions))


def measure(evidence: Evidence, context: Context) -> Measured:
    """Measures over the scope that the policy chose, and over the parts of the change."""
    record = evidence.complexity
    problems = evidence.problems.get("complexity", ())
    if record is None:
        absent = evidence.absent.get("complexity") or "no Python sources were found"
        return Measured(absent=absent, problems=problems)
    functions = [f for f in record.functions if not matches_any(context.settings.exclude, f.path)]
    no_change = no_change_reason(evidence)
    scope = context.settings.scope
    scoped = _in_scope(functions, scope)
    broken = {f for c in comparisons(context.settings.criteria) for f in _breaking(c, functions, scoped)}
    offenders = sorted(broken, key=_worst_first)
    findings = tuple(_finding(f, bool(no_change)) for f in offenders)

    def remeasure(part: tuple[Finding, ...]) -> Measures:
        waived = {f.fingerprint for f in findings} - {f.fingerprint for f in part}
        return _measures([f for f in functions if _fingerprint(f) not in waived], scope, no_change)

    return Measured(
        measures=_measures(functions, scope, no_change),
        summary=_summary(functions, scoped, scope),
        findings=findings,
        remeasure=remeasure,
        problems=(*problems, *counting(record.problems, context)),
        tables=_table(scoped, scope, offenders),
        sources=(record.source,),
        remedies=_remedies(offenders),
    )


def _measures(functions: Functions, scope: Scope, no_change: str) -> Measures:
    scoped = _in_scope(functions, scope)
    empty = "there is no function"
    if scope is not Scope.ALL:
        empty = no_change or f"the change has no {scope.value} function"
    of_change = (_maximum(part, functions, no_change) for part in ("new", "changed", "grown"))
    measures = [*_statistics(scoped, empty), *of_change, _increase(functions, no_change)]
    return Measures(by_name(measures), {"file": _items(scoped)})


def _fingerprint(function: FunctionComplexity) -> str:
    return f"complex-function:{function.path}:{function.name}"


def _statistics(functions: Functions, reason: str) -> list[Measure]:
    if not functions:
        names = ("max_cyclomatic", "mean_cyclomatic")
        return [*(not_applicable(n, reason) for n in names), count("functions", 0)]
    values = [f.complexity for f in functions]
    return [
        count("max_cyclomatic", max(values)),
        number("mean_cyclomatic", Fraction(sum(values), len(values))),
        count("functions", len(values)),
    ]


def _maximum(part: str, functions: Functions, no_change: str) -> Measure:
    name = f"{part}.max_cyclomatic"
    if no_change:
        return not_applicable(name, no_change)
    values = [f.complexity for f in functions if _PARTS[part](f)]
    if not values:
        words = {"new": "adds no function", "changed": "touches no function"}
        return not_applicable(name, f"the change {words.get(part, 'makes no function more complex')}")
    return count(name, max(values))


def _gain(function: FunctionComplexity) -> int:
    """By how much an old function is more complex than it was; 0 for a new one."""
    return 0 if function.before is None else max(function.complexity - function.before, 0)


def _increase(functions: Functions, no_change: str) -> Measure:
    gains = [gain for gain in map(_gain, functions) if gain]
    if no_change or not gains:
        reason = no_change or "the change makes no old function more complex"
        return not_applicable(_INCREASE, reason)
    return count(_INCREASE, max(gains))


def _items(functions: Functions) -> Items:
    files: dict[str, list[FunctionComplexity]] = {}
    for function in functions:
        files.setdefault(function.path, []).append(function)
    return {path: by_name(_statistics(found, "")[:2]) for path, found in files.items()}


def _breaking(criterion: Criterion, functions: Functions, scoped: Functions) -> list[FunctionComplexity]:
    """The functions above the criterion's bound; none for one that is not on a maximum."""
    violates, bound = _VIOLATES.get(criterion.op), criterion.bound
    if violates is None or not isinstance(bound, Absolute):
        return []
    valued = _valued(criterion.measure.name, functions, scoped)
    glob = criterion.selector.glob if criterion.selector else "**"
    return [f for f, value in valued if violates(value, bound.value) and glob_matches(glob, f.path)]


def _valued(name: str, functions: Functions, scoped: Functions) -> list[tuple[FunctionComplexity, int]]:
    """The functions whose maximum a measure is, each with its value."""
    if name == _INCREASE:
        return [(f, gain) for f in functions if (gain := _gain(f))]
    part, _, rest = name.rpartition(".")
    if rest != "max_cyclomatic":
        return []
    return [(f, f.complexity) for f in (filter(_PARTS[part], functions) if part else scoped)]


def _finding(function: FunctionComplexity, no_change: bool) -> Finding:
    grew = f", was {function.before}" if function.before not in (None, function.complexity) else ""
    return Finding(
        "complex-function",
        Severity.MEDIUM,
        f"{function.name} has cyclomatic complexity {function.complexity}{grew}",
        function.path,
        function.line,
        function.line,
        new=None if no_change else _PARTS["grown"](function),
        fingerprint=_fingerprint(function),
    )


def _summary(functions: Functions, scoped: Functions, scope: Scope) -> str:
    which = "" if scope is Scope.ALL else f" {scope.value}"
    if not scoped:
        return f"{plural(len(functions), 'function')}, none{which}" if functions else "no functions"
    worst = max(scoped, key=lambda f: f.complexity)
    noun = "function" if len(scoped) == 1 else "functions"
    return f"most complex {worst.complexity}, of {len(scoped):,}{which} {noun}"


def _table(scoped: Functions, scope: Scope, offenders: Functions) -> tuple[Table, ...]:
    """Those that do not satisfy a criterion, then the most complex functions; at most `_NAMED`.

    Of the others, those at or above half of the worst.
    """
    highest = max((f.complexity for f in scoped), default=0)
    others = sorted((f for f in scoped if 2 * f.complexity >= highest), key=_worst_first)
    worst = list(dict.fromkeys((*offenders, *others)))[:_NAMED]
    title = "Most complex functions" if scope is Scope.ALL else f"Most complex {scope.value} functions"
    return table(
        title,
        ("where", "function", "complexity", "before"),
        "llrr",
        worst,
        lambda f: (
            f"{f.path}:{f.line}",
            f.name,
            str(f.complexity),
            str("" if f.before is None else f.before),
        ),
    )


def _remedies(offenders: Functions) -> dict[str, tuple[str, ...]]:
    if not offenders:
        return {}
    named = some([f"{f.name} ({f.path}:{f.line}, {f.complexity})" for f in offenders[:3]], len(offenders))
    text = f"Split {named}: early returns, one decision a function, a table for a chain of ifs."
    parts = ("", "new.", "changed.", "grown.")
    return dict.fromkeys([_INCREASE, *(f"{part}max_cyclomatic" for part in parts)], (text,))


GATE = Gate("complexity", measure)
