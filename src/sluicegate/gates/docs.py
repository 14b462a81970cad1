"""The gate `docs`: is the public API documented?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from sluicegate.core.globs import matches_any
from sluicegate.core.model import Better, Finding, Measure, Severity, Table
from sluicegate.core.text import plural, some
from sluicegate.core.units import format_value
from sluicegate.criteria import Items, Measures, comparisons
from sluicegate.evidence.analysed import PublicName
from sluicegate.evidence.records import Evidence
from sluicegate.gates.interface import Context, Gate, Measured, counting, no_change_reason
from sluicegate.gates.measures import by_name, count, not_applicable, percentage, table
from sluicegate.policy.model import Scope

Names = Sequence[PublicName]

_NEW_UNDOCUMENTED = "new.undocumented"


def measure(evidence: Evidence, context: Context) -> Measured:
    """Measures over the scope that the policy chose, and over the names that the change adds."""
    problems, record = evidence.problems.get("docs", ()), evidence.docs
    if record is None:
        absent = evidence.absent.get("docs") or "no Python sources were found"
        return Measured(absent=absent, problems=problems)
    names = [n for n in record.names if not matches_any(context.settings.exclude, n.path)]
    new = [n for n in names if n.new]
    no_change = no_change_reason(evidence)
    unasked = _unasked(names)
    scoped = names if context.settings.scope is Scope.ALL else new
    missing = _missing(scoped, new, context, unasked)
    findings = tuple(_finding(n) for n in missing)

    def remeasure(part: tuple[Finding, ...]) -> Measures:
        waived = {f.fingerprint for f in findings} - {f.fingerprint for f in part}
        rest = [n for n in names if _fingerprint(n) not in waived]
        return _measures(rest, context.settings.scope, no_change, unasked)

    return Measured(
        measures=_measures(names, context.settings.scope, no_change, unasked),
        summary=_summary(scoped, new),
        findings=findings,
        remeasure=remeasure,
        problems=(*problems, *counting(record.problems, context)),
        tables=_worst_files(names, no_change),
        sources=(record.source,),
        remedies=_remedies(missing),
    )


def _missing(scoped: Names, new: Names, context: Context, unasked: str) -> list[PublicName]:
    """The names without a docstring; only new ones when all criteria are on those and apply."""
    names = {c.measure.name for c in comparisons(context.settings.criteria)}
    if unasked and names <= {_NEW_UNDOCUMENTED}:
        return []
    judged = new if all(name.startswith("new.") for name in names) else scoped
    return [n for n in judged if not n.documented]


def _unasked(names: Names) -> str:
    """Why nobody is asked to document new names: the project does not; empty where they are asked."""
    old = [n.before for n in names if n.before is not None]
    documented = sum(old)
    if not old or 2 * documented > len(old):
        return ""
    share = format_value(Fraction(100 * documented, len(old)), "%")
    names_of_it = plural(len(old), "public name")
    return f"the base documents {documented:,} of {names_of_it} ({share}), not more than half"


def _measures(names: Names, scope: Scope, no_change: str, unasked: str) -> Measures:
    new = [n for n in names if n.new]
    scoped, reason = names, "there is no public name"
    if scope is not Scope.ALL:
        scoped, reason = new, no_change or "the change adds no public name"
    of_change = _documented("new.", new, "the change adds no public name")
    why = {m.name: no_change for m in of_change} if no_change else {_NEW_UNDOCUMENTED: unasked}
    of_change = [
        not_applicable(m.name, r, m.unit, m.better) if (r := why.get(m.name)) else m for m in of_change
    ]
    total = count("names", len(scoped), Better.HIGHER)
    plain = by_name([*_documented("", scoped, reason), total, *of_change])
    return Measures(plain, {"file": _items(scoped)})


def _fingerprint(name: PublicName) -> str:
    return f"undocumented:{name.path}:{name.name}"


def _documented(prefix: str, names: Names, empty: str) -> list[Measure]:
    documented = sum(n.documented for n in names)
    return [
        percentage(f"{prefix}documented", documented, len(names), empty=empty),
        count(f"{prefix}undocumented", len(names) - documented),
    ]


def _items(names: Names) -> Items:
    files: dict[str, list[PublicName]] = {}
    for name in names:
        files.setdefault(name.path, []).append(name)
    return {path: by_name(_documented("", found, "")) for path, found in files.items()}


def _finding(name: PublicName) -> Finding:
    return Finding(
        f"undocumented-{name.kind}",
        Severity.LOW,
        f"{name.kind} {name.name} has no docstring",
        name.path,
        name.line,
        name.line,
        new=name.new,
        fingerprint=_fingerprint(name),
    )


def _summary(names: Names, new: Names) -> str:
    documented = sum(n.documented for n in names)
    more = f"; of the new ones {sum(n.documented for n in new):,} of {len(new):,}" if new else ""
    return f"{documented:,} of {plural(len(names), 'public name')} documented{more}"


def _worst_files(names: Names, no_change: str) -> tuple[Table, ...]:
    """The files with the most public names without a docstring, where there is no change to look at."""
    if not no_change:
        return ()
    missing = Counter(n.path for n in names if not n.documented)
    of_all = Counter(n.path for n in names)
    order = sorted(missing, key=lambda path: (-missing[path], path))
    rows = [(path, f"{missing[path]:,}", f"{of_all[path]:,}") for path in order]
    return table("Worst files", ("file", "undocumented", "public names"), "lrr", rows, tuple, limit=10)


def _remedies(missing: Names) -> dict[str, tuple[str, ...]]:
    if not missing:
        return {}
    named = [f"{n.name} ({n.path}:{n.line})" for n in missing[:3]]
    text = f"Write a docstring for {some(named, len(missing))}."
    return dict.fromkeys(("documented", "undocumented", "new.documented", "new.undocumented"), (text,))


GATE = Gate("docs", measure)
