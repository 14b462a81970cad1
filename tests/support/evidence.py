"""Small languages in which tests write evidence, changes and policies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from sluicegate.core.change import Change, FileChange, lines_to_bits
from sluicegate.core.model import Absence, Finding, PolicyRef, Severity, Source, Verdict, Waiver
from sluicegate.core.statuses import Otherwise
from sluicegate.criteria import Criterion, Measures, Reference, parse
from sluicegate.evidence.analysed import ComplexityRecord, FunctionComplexity, FunctionState
from sluicegate.evidence.records import (
    CaseOutcome,
    CoverageRecord,
    Evidence,
    FileCoverage,
    FindingsRecord,
    TestCase,
    TestsRecord,
)
from sluicegate.gates.interface import Context
from sluicegate.gates.judge import judge
from sluicegate.gates.registry import gate
from sluicegate.history.baseline import Before
from sluicegate.policy import catalogue
from sluicegate.policy.model import GateSettings, Policy, Scope, SourceSettings, Suite

TODAY = date(2026, 11, 21)
_LINE = re.compile(r"(\d+)([+-])(?:\((\d+)/(\d+)\))?")
_CASES = {
    "+": CaseOutcome.PASSED,
    "F": CaseOutcome.FAILED,
    "E": CaseOutcome.ERROR,
    "s": CaseOutcome.SKIPPED,
    "f": CaseOutcome.FLAKY,
}


def coverage(text: str, path: str = "coverage.xml", *, format: str = "cobertura") -> CoverageRecord:
    """Coverage as text: a line a file, `src/a.py: 1+ 2- 3+(1/2)`; `+` ran, `-` did not."""
    files: dict[str, FileCoverage] = {}
    for row in filter(None, map(str.strip, text.splitlines())):
        name, _, lines = row.partition(":")
        marks = [(int(n), sign, taken, possible) for n, sign, taken, possible in _LINE.findall(lines)]
        files[name] = FileCoverage(
            name,
            lines_to_bits(n for n, *_ in marks),
            lines_to_bits(n for n, sign, *_ in marks if sign == "+"),
            {n: (int(taken), int(possible)) for n, _, taken, possible in marks if possible},
        )
    has_branches = any(f.branches for f in files.values())
    return CoverageRecord(Source(path, format), files, has_branches)


def change(text: str) -> Change:
    """A change as text: a line a file, `src/a.py: 1-3 7`; `new` before the path of an added file."""
    files: dict[str, FileChange] = {}
    for row in filter(None, map(str.strip, text.splitlines())):
        name, _, ranges = row.partition(":")
        is_new = name.startswith("new ")
        path = name.removeprefix("new ")
        lines: list[int] = []
        for part in ranges.split():
            first, _, last = part.partition("-")
            lines += range(int(first), int(last or first) + 1)
        files[path] = FileChange(path, "" if is_new else path, lines_to_bits(lines))
    return Change(files)


def results(marks: str, path: str = "junit.xml", suite: str = "") -> TestsRecord:
    """Test results as marks: `+` passed, `F` failed, `E` error, `s` skipped, `f` flaky."""
    outcomes = [_CASES[m] for m in marks]
    cases = [
        TestCase("suite", f"case_{n}", o, path="tests/test_a.py", line=n + 1)
        for n, o in enumerate(outcomes)
        if o is not CaseOutcome.PASSED
    ]
    return TestsRecord(
        source=Source(path, "junit"),
        tests=len(outcomes),
        passed=outcomes.count(CaseOutcome.PASSED) + outcomes.count(CaseOutcome.FLAKY),
        failed=outcomes.count(CaseOutcome.FAILED),
        errors=outcomes.count(CaseOutcome.ERROR),
        skipped=outcomes.count(CaseOutcome.SKIPPED),
        flaky=outcomes.count(CaseOutcome.FLAKY),
        duration=0.5 * len(outcomes),
        cases=tuple(cases),
        names=frozenset(f"suite::case_{n}" for n in range(len(outcomes))),
        suite=suite,
    )


def finding(text: str, *, new: bool | None = None) -> Finding:
    """A finding as `severity rule path:line`; a `*` before it marks it as new."""
    is_new = text.startswith("*")
    severity, rule, place = text.removeprefix("*").split()
    path, _, line = place.partition(":")
    return Finding(
        rule, Severity(severity), f"{rule} here", path, int(line or 0), int(line or 0),
        new=True if is_new else new, fingerprint=f"{rule}:{path}:{line}",
    )  # fmt: skip


def security(*findings: str, new_known: bool = True) -> FindingsRecord:
    """What a security tool found; findings without a `*` were there before."""
    found = tuple(finding(f, new=False if new_known else None) for f in findings)
    source = Source("bandit", "bandit", tool="bandit")
    return FindingsRecord(source, security=found, is_security_tool=True, new_known=new_known)


def lint(*findings: str) -> FindingsRecord:
    """What a linter found."""
    return FindingsRecord(Source("ruff.json", "ruff"), lint=tuple(finding(f) for f in findings))


def functions(text: str) -> ComplexityRecord:
    """Functions as text: a line each, `src/a.py:3 name 12`, then `new`, `was 9` or `same`."""
    found: list[FunctionComplexity] = []
    for row in filter(None, map(str.strip, text.splitlines())):
        place, name, value, *rest = row.split()
        path, _, line = place.partition(":")
        before = int(rest[1]) if rest[:1] == ["was"] else int(value) if rest == ["same"] else None
        states = {"new": FunctionState.NEW, "was": FunctionState.CHANGED, "same": FunctionState.SAME}
        state = states[rest[0]] if rest else None
        found.append(FunctionComplexity(path, name, int(line), int(line) + 5, int(value), before, state))
    return ComplexityRecord(Source("complexity", "sluicegate"), tuple(found))


def settings(
    name: str,
    *criteria: str,
    required: bool = True,
    scope: Scope = Scope.ALL,
    suites: Mapping[str, str] | None = None,
) -> GateSettings:
    """A gate's settings; a criterion with `?` before it only warns, `id: text` names it."""
    return GateSettings(
        name,
        tuple(_criterion(name, c) for c in criteria),
        required=required,
        scope=scope,
        suites=tuple(Suite(s, (), (_criterion(name, c),)) for s, c in (suites or {}).items()),
        spec=catalogue.gate_spec(name),
    )


def _criterion(gate_name: str, text: str) -> Criterion:
    otherwise = Otherwise.WARN if text.startswith("?") else Otherwise.BLOCK
    name, separator, expect = text.removeprefix("?").partition(": ")
    vocabulary = catalogue.gate_spec(gate_name).vocabulary
    return parse(
        expect if separator else name, vocabulary, name=name if separator else "", otherwise=otherwise
    )


def policy(
    *gates: GateSettings, waivers: tuple[Waiver, ...] = (), source: SourceSettings | None = None
) -> Policy:
    """A resolved policy."""
    return Policy(PolicyRef("preset", "test", ""), gates, source or SourceSettings(), waivers)


def waiver(gate_name: str, *, expires: date = date(2027, 1, 31), **what: str) -> Waiver:
    """A waiver of a gate for `rule`, `path`, `fingerprint` or `criterion`."""
    return Waiver(gate_name, "known", "@alice", expires, **what)


def verdict(
    evidence: Evidence,
    chosen: GateSettings,
    *,
    baseline: Measures | None = None,
    waivers: tuple[Waiver, ...] = (),
    source: SourceSettings | None = None,
    suite: str = "",
    before: Before | None = None,
) -> Verdict:
    """The verdict of one gate on this evidence, today."""
    context = Context(
        policy(chosen, waivers=waivers, source=source),
        chosen,
        next((s for s in chosen.suites if s.name == suite), None),
        before or Before(),
        today=TODAY,
    )
    reference = (
        Reference(baseline) if baseline else Reference(absence=Absence.NOT_APPLICABLE, reason="none yet")
    )
    measured = gate(chosen).measure(evidence, context)
    return judge(measured, context, TODAY, reference)


def value(of: Verdict, name: str) -> float | None:
    """A measure of the verdict as a float."""
    measured = of.measures[name].value
    return None if measured is None else float(measured)
