"""The gates `security` and `lint`: what static analysis points at, by severity, all and new.

A result belongs to `security` when its rule has a security severity or tag, else to `lint`; the
readers have split the records, so no finding is counted in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from sluicegate.core.change import Change
from sluicegate.core.model import SEVERITY_ORDER, Finding, Measure, Severity, Table
from sluicegate.core.text import plural, some
from sluicegate.criteria import Measures
from sluicegate.evidence.findings.fingerprint import mark_new_by_lines
from sluicegate.evidence.findings.meant import ChangedPaths
from sluicegate.evidence.records import Evidence, FindingsRecord
from sluicegate.evidence.shards import own_path
from sluicegate.gates.interface import Context, Measured, counting, no_change_reason
from sluicegate.gates.measures import by_name, count, not_applicable, table

COUNTED = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.UNKNOWN)
"""The severities that have measures of their own."""


def _measures(findings: Sequence[Finding], no_change: str) -> list[Measure]:
    """Counts by severity, of all findings and of the new ones."""
    measures = [*_by_severity("", findings), count("findings", len(findings))]
    new = [f for f in findings if f.new]
    of_change = [*_by_severity("new.", new), count("new", len(new))]
    if no_change:
        return [*measures, *(not_applicable(m.name, no_change) for m in of_change)]
    return [*measures, *_doubted(of_change, [f for f in findings if f.new is None])]


def _doubted(of_change: Sequence[Measure], unknown: Sequence[Finding]) -> Iterator[Measure]:
    """The measures of new findings; in doubt while some may be new."""
    tally = Counter(f"new.{f.severity.value}" for f in unknown) + Counter({"new": len(unknown)})
    for measure in of_change:
        number = tally[measure.name]
        reason = f"{plural(number, 'finding')} without a path may be new" if number else ""
        yield replace(measure, doubt=reason)


def _by_severity(prefix: str, findings: Sequence[Finding]) -> list[Measure]:
    tally = Counter(f.severity for f in findings)
    return [count(prefix + s.value, tally[s]) for s in COUNTED]


def _collect(evidence: Evidence, context: Context, record: FindingsRecord) -> list[Finding]:
    own = record.security if context.settings.name == "security" else record.lint
    change = evidence.change
    meanings = ChangedPaths(
        change if isinstance(change, Change) else Change(), own_path(record.source), record.unresolved
    )

    def is_left_out(path: str) -> bool:
        """Is the path excluded, and that of every changed file that may be meant by it?"""
        excluded = bool(path) and context.excludes(path)
        return excluded and all(context.excludes(file.path) for file in meanings.of(path))

    kept = [f for f in own if not is_left_out(f.path)]
    if not isinstance(change, Change):
        return [replace(f, new=None) for f in kept]
    return kept if record.new_known else list(mark_new_by_lines(kept, meanings))


def _has_part(record: FindingsRecord, gate: str) -> bool:
    """Does the record count for this gate, even when it has no finding?"""
    if gate == "security":
        return record.is_security_tool or bool(record.security)
    return not record.is_security_tool or bool(record.lint)


def measure(evidence: Evidence, context: Context) -> Measured:
    """Measures of one of the two gates, by the name in `context.settings`."""
    gate = context.settings.name
    records = [r for r in evidence.findings if _has_part(r, gate)]
    problems = (
        *evidence.problems.get(gate, ()),
        *counting([p for r in records for p in r.problems], context),
    )
    if not records:
        absent = evidence.absent.get(gate) or f"no {gate} results were found"
        return Measured(absent=absent, problems=problems)
    findings = list(chain.from_iterable(_collect(evidence, context, r) for r in records))
    found = of_findings(findings, no_change_reason(evidence))
    sources = tuple(r.source for r in records)
    tables = _tables(found.findings, no_change_reason(evidence))
    return replace(found, problems=problems, tables=tables, sources=sources)


def of_findings(found: Iterable[Finding], no_change: str) -> Measured:
    """Measures, headline and remedies of findings: new ones first, then by severity, path, line and rule.

    `no_change` is why `new` does not apply; empty when there is a change.
    """

    def remeasure(part: tuple[Finding, ...]) -> Measures:
        return Measures(by_name(_measures(part, no_change)))

    def order(f: Finding) -> tuple[bool, int, str, int, str, str]:
        return not f.new, SEVERITY_ORDER[f.severity], f.path, f.line, f.rule, f.message

    findings = tuple(sorted(found, key=order))
    return Measured(
        measures=remeasure(findings),
        summary=_summary(findings, no_change),
        findings=findings,
        remedies=_remedies(findings),
        remeasure=remeasure,
    )


def _summary(findings: Sequence[Finding], no_change: str) -> str:
    """`3 findings: 1 high, 2 low; 1 new`."""
    if not findings:
        return "no findings"
    by_severity = [(s, sum(f.severity is s for f in findings)) for s in Severity]
    levels = ", ".join(f"{n:,} {s.value}" for s, n in by_severity if n)
    new = "" if no_change else f"; {sum(bool(f.new) for f in findings):,} new"
    return f"{plural(len(findings), 'finding')}: {levels}{new}"


def _rules(findings: Sequence[Finding]) -> tuple[Table, ...]:
    if len(findings) < 8:
        return ()
    tally = Counter((f.severity, f.rule) for f in findings)
    order = sorted(tally, key=lambda key: (SEVERITY_ORDER[key[0]], -tally[key], key[1]))
    rows = [(rule, severity.value, f"{tally[severity, rule]:,}") for severity, rule in order]
    return table("Findings by rule", ("rule", "severity", "count"), "llr", rows, tuple)


def _tables(findings: Sequence[Finding], no_change: str) -> tuple[Table, ...]:
    """Where there is no change, totals and worst files, too."""
    whole = (*_severities(findings), *_files(findings)) if no_change else ()
    return (*_rules(findings), *whole)


def _severities(findings: Sequence[Finding]) -> tuple[Table, ...]:
    tally = Counter(f.severity for f in findings)
    rows = [(s.value, f"{tally[s]:,}") for s in sorted(tally, key=SEVERITY_ORDER.__getitem__)]
    return table("Open findings by severity", ("severity", "count"), "lr", rows, tuple)


def _files(findings: Sequence[Finding]) -> tuple[Table, ...]:
    """The files with the worst findings, then with the most."""
    by_path: dict[str, list[Severity]] = {}
    for finding in findings:
        by_path.setdefault(finding.path or "no file", []).append(finding.severity)
    worst = {path: min(own, key=SEVERITY_ORDER.__getitem__) for path, own in by_path.items()}
    order = sorted(by_path, key=lambda path: (SEVERITY_ORDER[worst[path]], -len(by_path[path]), path))
    rows = [(path, f"{len(by_path[path]):,}", worst[path].value) for path in order]
    return table("Worst files", ("file", "findings", "worst"), "lrl", rows, tuple, limit=10)


def _remedies(findings: Sequence[Finding]) -> dict[str, tuple[str, ...]]:
    """By measure: the first findings of that severity, named, with where to read on."""
    texts: dict[str, tuple[str, ...]] = {}
    for severity in COUNTED:
        of_severity = [f for f in findings if f.severity is severity and f.waiver is None]
        texts |= _remedy(severity.value, of_severity)
        texts |= _remedy(f"new.{severity.value}", [f for f in of_severity if f.new])
    return texts | _remedy("findings", findings) | _remedy("new", [f for f in findings if f.new])


def _remedy(name: str, findings: Sequence[Finding]) -> dict[str, tuple[str, ...]]:
    if not findings:
        return {}
    places = some([place(f) for f in findings[:3]], len(findings))
    hint = f" See {findings[0].help}." if findings[0].help else ""
    return {name: (f"Fix {places}.{hint}",)}


def place(finding: Finding) -> str:
    """Rule and place, `B602 at src/a.py:3`."""
    where = f"{finding.path}:{finding.line}" if finding.line else finding.path
    return f"{finding.rule} at {where}" if where else finding.rule
