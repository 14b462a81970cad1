"""The outputs of the action: headline measures as `name=value` for the file `GITHUB_OUTPUT`.

| output | value |
| --- | --- |
| `status` | PASS, WARN, CONDITIONAL or BLOCKED |
| `blocked` | `true` or `false` |
| `summary` | the sentence with what decided the status |
| `gates` | a JSON object, gate name to its status |
| `coverage`, `line-coverage`, `branch-coverage`, `patch-coverage` | a percentage without its sign, `78.4` |
| `tests`, `passed`, `failed`, `errors`, `skipped`, `flaky` | counts over all suites |
| `pass-rate` | passed / (passed + failed + errors), per hundred |
| `findings`, `new-findings` | unwaived findings of the gates `security` and `lint` |
| `critical`, `high` | of these, by severity |
| `max-complexity`, `documented` | the highest complexity; the percentage of documented names |

A measure that was not taken is an empty text, never a zero.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from sluicegate.core.model import Finding, Report, Severity, Verdict
from sluicegate.core.statuses import ReportStatus
from sluicegate.core.text import one_line
from sluicegate.core.units import decimal_text
from sluicegate.policy.catalogue import gates_reading
from sluicegate.report import view

MEASURES: Mapping[str, tuple[str, str]] = {
    "coverage": ("coverage", "total"),
    "line-coverage": ("coverage", "line"),
    "branch-coverage": ("coverage", "branch"),
    "patch-coverage": ("coverage", "patch.total"),
    "max-complexity": ("complexity", "max_cyclomatic"),
    "documented": ("docs", "documented"),
}
"""Outputs that are one measure of one gate."""

COUNTS = ("tests", "passed", "failed", "errors", "skipped", "flaky")
"""Outputs that are counts of the gate `tests`, summed over its suites."""

NAMES = (
    "status", "blocked", "summary", "gates", *MEASURES, *COUNTS, "pass-rate",
    "findings", "new-findings", "critical", "high",
)  # fmt: skip
"""Every output, in the order of the table above."""


def once(report: Report) -> tuple[Verdict, ...]:
    """The verdicts without those of components that the whole's verdict of the gate includes."""
    whole = {v.gate for v in report.verdicts if v.component is None}
    return tuple(v for v in report.verdicts if v.component is None or v.gate not in whole)


def outputs(report: Report) -> dict[str, str]:
    """All outputs by name, always the same names; a value that was not measured is empty."""
    counts = {name: _sum(report, name) for name in COUNTS}
    numbers = {name: _measure(report, *where) for name, where in MEASURES.items()} | counts
    numbers["pass-rate"] = _pass_rate(counts)
    values = {
        "status": str(report.status),
        "blocked": "true" if report.status is ReportStatus.BLOCKED else "false",
        "summary": one_line(view.sentence(report)),
        "gates": json.dumps({view.title(v): str(v.status) for v in report.verdicts}),
        **{n: "" if v is None else decimal_text(v, 4).replace(",", "") for n, v in numbers.items()},
        **_findings(report),
    }
    return {name: values[name] for name in NAMES}


def format_outputs(values: Mapping[str, str], delimiter_source: Callable[[], str]) -> str:
    """The lines to append to `GITHUB_OUTPUT`, of output names and their values.

    A value with a line break is written between delimiters; the source gives a fresh, unguessable word each
    time, and is called until the value does not contain it, so no value can end its own block.

    Raises:
        ValueError: the source keeps giving delimiters that the value contains.
    """
    return "".join(_entry(name, value, delimiter_source) for name, value in values.items())


def _entry(name: str, value: str, delimiter_source: Callable[[], str]) -> str:
    if "\n" not in value and "\r" not in value and "<<" not in name:
        return f"{name}={value}\n"
    for _ in range(10):
        delimiter = delimiter_source()
        if delimiter and delimiter not in value:
            return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
    raise ValueError(f"no delimiter for the output {name}")


def _measure(report: Report, gate: str, name: str) -> Fraction | None:
    for verdict in once(report):
        measure = verdict.measures.get(name) if verdict.gate == gate else None
        if measure is not None and measure.value is not None:
            return measure.value
    return None


def _sum(report: Report, name: str) -> Fraction | None:
    """The sum over suites; a verdict of all suites together replaces them."""
    ours = [v for v in once(report) if v.gate == "tests" and name in v.measures]
    whole = [v for v in ours if v.suite is None]
    return _total(v.measures[name].value for v in whole or ours)


def _total(values: Iterable[Fraction | None]) -> Fraction | None:
    known = [value for value in values if value is not None]
    return sum(known, Fraction(0)) if known else None


def _pass_rate(counts: Mapping[str, Fraction | None]) -> Fraction | None:
    passed, failed, errors = (counts[name] for name in ("passed", "failed", "errors"))
    if passed is None or failed is None or errors is None:
        return None
    whole = passed + failed + errors
    return 100 * passed / whole if whole else None


def _findings(report: Report) -> dict[str, str]:
    gates = gates_reading("findings")
    judged = [v for v in once(report) if v.gate in gates and v.measures]
    counts = _counted([f for v in judged for f in v.findings if f.waiver is None])
    return {name: str(count) if judged else "" for name, count in counts.items()}


def _counted(found: list[Finding]) -> dict[str, int]:
    return {
        "findings": len(found),
        "new-findings": sum(f.new is True for f in found),
        "critical": sum(f.severity is Severity.CRITICAL for f in found),
        "high": sum(f.severity is Severity.HIGH for f in found),
    }
