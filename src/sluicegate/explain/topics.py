"""The topics of `sluicegate explain`, and the parts that its other texts share. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta

from sluicegate.core.errors import ExitCode
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise, ReportStatus
from sluicegate.core.text import one_line
from sluicegate.core.units import DIMENSIONS, UNITS, Unit, symbols_of
from sluicegate.criteria import Criterion, explain
from sluicegate.policy.catalogue import find_spec, gate_names, gate_spec, preset_names, preset_text
from sluicegate.policy.model import GateSettings, Policy, Suite
from sluicegate.policy.resolve import preset_policy
from sluicegate.policy.waivers import active

WIDTH = 96
"""Columns of an explanation."""

_NAME = 23
"""Columns of a name; a longer one has a line of its own."""

_WAIVER_DAYS = 90
"""How long the waiver that is offered counts."""

STATUSES: Mapping[str, Mapping[str, str]] = {
    "A criterion is": {
        CriterionStatus.PASS: "satisfied",
        CriterionStatus.WARN: "not satisfied, and advisory (`else: warn`), or worse without proof",
        CriterionStatus.FAIL: "not satisfied",
        CriterionStatus.SKIPPED: "not applicable, with the reason: no changed lines, no baseline yet",
        CriterionStatus.UNKNOWN: "applicable, and could not be measured",
    },
    "A gate is": {
        GateStatus.PASS: "satisfied in all its criteria",
        GateStatus.WARN: "satisfied but for advisory criteria, or not required and not measurable",
        GateStatus.CONDITIONAL: "passing only through waivers that have not expired",
        GateStatus.FAIL: "not satisfied: a blocking criterion is FAIL",
        GateStatus.ERROR: "required and not measurable, or a tool or a file failed",
        GateStatus.SKIPPED: "not applicable: there is nothing of its kind",
    },
    "A report is": {
        ReportStatus.PASS: "free of failures",
        ReportStatus.WARN: "free of failures, with warnings, or without any tests and coverage",
        ReportStatus.CONDITIONAL: "passing only through waivers",
        ReportStatus.BLOCKED: "stopped by a gate that is FAIL or ERROR and not advisory",
    },
}
"""Every status with its meaning, by level."""

EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.OK: "not blocked",
    ExitCode.BLOCKED: "blocked; `--warn-only` turns it into 0",
    ExitCode.USAGE: "your input is wrong: an argument, the policy, or a file that you named",
    ExitCode.WORLD: "the network, an API, a disk or a process failed",
    ExitCode.BUG: "a bug of sluicegate; a log has the details",
}
"""Every exit code with its meaning."""

_CRITERIA = """\
A criterion is one line that a measure must satisfy:

    MEASURE OP BOUND             OP: < <= > >= == !=
    total >= 80%                 a number with its unit: `sluicegate explain units`
    total >= baseline            what was recorded of the base, or the report of --baseline
    total >= baseline - 1pp      an offset to it: percentage points for a percentage
    p95 <= baseline + 10%        … and for anything else also relative
    file["src/**"].line >= 50%   every file that matches; in a list it needs single quotes

In the policy it is a text, or a mapping with a name and with what happens when it fails:

    gates:
      coverage:
        criteria:
          - total >= 80%
          - 'file["src/**"].line >= 50%'
          - {id: patch, expect: patch.line >= 90%, else: warn}

The list replaces that of the preset; `adjust: {total: total >= 90%, patch: off}` changes single
criteria by their id.
"""

_SUITES = """\
A suite is a named part of the tests, with files and a verdict of its own. Without criteria of its
own it takes those of the gate:

    gates:
      tests:
        suites:
          unit: {files: "reports/unit/**/*.xml", criteria: [pass_rate == 100%]}
          integration: {files: "reports/integration/*.xml", criteria: [pass_rate == 100%, tests >= 250]}

`--evidence tests.unit=PATH` names its files on the command line.
"""

_WAIVERS = """\
A waiver accepts findings or a failed criterion for a reason and until a day; what passes only
through one is CONDITIONAL. After its last day it no longer counts. It is accepted by 'rule', 'path'
(a glob) or 'fingerprint', all of those that it has, or by 'criterion', the id of a criterion.
To quarantine a test case: gate 'tests', with the fingerprint CLASS::NAME. These gates measure a whole, so
there it is a criterion: {wholes}.
To paste into the policy:
"""

_PRESETS = """\
A preset is a policy that ships with sluicegate: `extends: NAME` in the policy, or
`sluicegate check --preset NAME` to try one without a file. A preset of your organisation is
a file of another repository at a commit, `extends: OWNER/REPOSITORY/PATH.yml@SHA`; `sluicegate fetch`
brings it.
"""


def item(name: str, text: str) -> Iterator[str]:
    """A name with its text beside it, or below it when the name is long."""
    indent = " " * (_NAME + 4)
    head = f"  {name:<{_NAME}}  "
    if len(name) > _NAME:
        yield f"  {name}"
        head = indent
    yield from textwrap.wrap(one_line(text), WIDTH, initial_indent=head, subsequent_indent=indent)


def wrapped(text: str) -> list[str]:
    """A paragraph of the width, indented."""
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")


def part(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A title with its lines, and an empty line after them."""
    yield from (title, *lines, "")


def criteria_items(criteria: Iterable[Criterion]) -> Iterator[str]:
    """Every criterion's id with what it asks."""
    for criterion in criteria:
        yield from item(criterion.id, explain(criterion))


def suite_lines(suite: Suite) -> Iterator[str]:
    """A suite with its files and criteria."""
    yield f"  Suite {suite.name} ({', '.join(suite.files)})"
    yield from criteria_items(suite.criteria)


def ready_waiver(gate: str, policy: Policy, today: date) -> list[str]:
    """The lines of a waiver to paste: for a finding of the gate, else for a criterion of it."""
    spec = find_spec(gate)
    rule = spec.rule if spec is not None else ""
    if rule:
        accepts = [f"rule: {rule:<20} # the rule of the finding, as the report names it",
                   "path: src/legacy/**        # where it is accepted; a glob"]  # fmt: skip
    else:
        settings = policy.gate(gate)
        criterion = settings.criteria[0].id if settings and settings.criteria else "total"
        accepts = [f"criterion: {criterion:<15} # the id of the criterion that may fail"]
    return [
        "waivers:",
        f"  - gate: {gate}",
        *(f"    {line}" for line in accepts),
        f'    reason: "{"runs in a sandbox" if rule else "the new module gets its tests in May"}"',
        '    owner: "@alice"            # who answers for it',
        f"    expires: {today + timedelta(days=_WAIVER_DAYS)}        # the last day on which it counts",
    ]


def _statuses(policy: Policy, today: date) -> Iterator[str]:
    for level, meanings in STATUSES.items():
        yield from part(level, (f"  {status:<12} {meaning}" for status, meaning in meanings.items()))


def _exit_codes(policy: Policy, today: date) -> Iterator[str]:
    return (f"  {int(code)}  {meaning}" for code, meaning in EXIT_CODES.items())


def _criteria(policy: Policy, today: date) -> Iterator[str]:
    yield _CRITERIA
    yield "Measures (`sluicegate explain GATE` describes them)"
    for gate in gate_names():
        yield from item(gate, ", ".join(gate_spec(gate).vocabulary.measures))


def _units(policy: Policy, today: date) -> Iterator[str]:
    for canonical in filter(None, DIMENSIONS):
        units = (UNITS[symbol] for symbol in symbols_of(canonical))
        yield from item(DIMENSIONS[canonical], ", ".join(map(_unit, units)))
    yield from (*item("a count", "written without a unit"), "")
    yield from textwrap.wrap(
        "An offset to a percentage is in percentage points, `pp`. Values are converted and compared exactly, "
        "never rounded: 79.99% is not 80%.",
        WIDTH,
    )


def _unit(unit: Unit) -> str:
    is_large = unit.factor.denominator == 1 and unit.factor > 1
    return f"{unit.symbol} ({unit.factor.numerator:,} {unit.canonical})" if is_large else unit.symbol


def _suites(policy: Policy, today: date) -> Iterator[str]:
    yield _SUITES
    settings = policy.gate("tests")
    suites = settings.suites if settings else ()
    yield f"Suites here ({policy.ref.ref})"
    yield from (line for suite in suites for line in suite_lines(suite))
    if not suites:
        yield "  none: all test results are judged as one"


def _waivers(policy: Policy, today: date) -> Iterator[str]:
    wholes = (name for name in gate_names() if not gate_spec(name).waives_findings)
    yield _WAIVERS.format(wholes=", ".join(wholes))
    for_finding, for_criterion = (ready_waiver(gate, policy, today) for gate in ("security", "coverage"))
    yield from (f"    {line}" for line in (*for_finding, *for_criterion[1:]))
    yield ""
    yield f"Waivers here ({policy.ref.ref})"
    for waiver in policy.waivers:
        state = "until" if active(waiver, today) else "no longer counts: expired on"
        yield from item(waiver.label(), f"{waiver.owner}, {state} {waiver.expires}; {waiver.reason}")
    if not policy.waivers:
        yield "  none"


def _presets(policy: Policy, today: date) -> Iterator[str]:
    yield _PRESETS
    for name in preset_names():
        title = f"{name}: {preset_text(name).partition(chr(10))[0].removeprefix('# ')}"
        gates = preset_policy(name).gates
        yield from part(title, (line for g in gates for line in item(g.name, ", ".join(_shown(g)))))


def _shown(gate: GateSettings) -> Iterator[str]:
    warns = {Otherwise.WARN: " (only warns)"}
    return (f"{c.expect}{warns.get(c.otherwise, '')}" for c in gate.criteria)


TOPICS: Mapping[str, Callable[[Policy, date], Iterable[str]]] = {
    "statuses": _statuses,
    "exit-codes": _exit_codes,
    "criteria": _criteria,
    "units": _units,
    "suites": _suites,
    "waivers": _waivers,
    "presets": _presets,
}
"""What can be explained beside gates, criteria and measures: name -> its lines here and today."""
