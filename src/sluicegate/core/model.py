"""The words of the house as types: measures, findings, verdicts, reports.

Pure: no clock, no file, no network. Values are exact: a measure is a `Fraction` in its
canonical unit (`%` per hundred, `s` seconds, `B` bytes, `/s` per second, empty for a count),
so that nothing ever compares rounded percentages.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from sluicegate.core.fields import Count, Exact, Line, Shown
from sluicegate.core.readings import Reading
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise, ReportStatus
from sluicegate.core.trust import Override, PolicyChange


class Severity(enum.StrEnum):
    """How bad a finding is; UNKNOWN is a level of its own, never guessed."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    UNKNOWN = "unknown"


_WORST_FIRST = (*list(Severity)[:3], Severity.UNKNOWN, Severity.LOW, Severity.INFO)
SEVERITY_ORDER: Mapping[Severity, int] = {severity: n for n, severity in enumerate(_WORST_FIRST)}


class Better(enum.StrEnum):
    """Which direction of a measure is an improvement."""

    HIGHER = "higher"
    LOWER = "lower"


class Absence(enum.StrEnum):
    """Why a measure has no value: it does not apply, or it could not be taken."""

    NOT_APPLICABLE = "not applicable"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Measure:
    """One named number drawn from evidence.

    Attributes:
        name: as criteria write it, for example `patch.line`.
        value: in the canonical unit; None when `absence` says why.
        unit: `%`, `s`, `B`, `/s`, or empty for a count.
        better: the direction of improvement.
        of: numerator and denominator where the value is a ratio of counts.
        samples: raw observations in the canonical unit, where they exist.
        absence: set exactly when `value` is None.
        reason: for a missing value, why; else what a criterion that it violates says; one line.
        doubt: why the value may be worse than it is proven to be; empty when nothing speaks for that.
        suspected: the value that it then would have; None when that is not known.
    """

    name: str
    value: Exact | None
    unit: str
    better: Better
    of: tuple[int, int] | None = None
    samples: tuple[float, ...] = ()
    absence: Absence | None = None
    reason: str = ""
    doubt: str = ""
    suspected: Exact | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where evidence came from: a file, or a tool that we ran.

    Attributes:
        path: POSIX path relative to the repository, or the tool's name for an engine.
        format: reader or engine name, for example `cobertura`.
        sha256: digest of the bytes read; empty for an engine.
        tool: what wrote it, where known; version likewise.
        note: how it was taken when that matters, for example `analysed by sluicegate`.
        shard: who brought it, for evidence of a bundle; `path` then begins with its label.
    """

    path: str
    format: str
    sha256: str = ""
    tool: str = ""
    version: str = ""
    note: str = ""
    shard: str = ""


_DIGEST = re.compile(r"[0-9a-f]{13,}")


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted finding or failed criterion.

    A finding matches when every one of `rule`, `path` (a glob) and `fingerprint` that is set
    matches. A waiver with `criterion` accepts that criterion, by id.
    """

    gate: str
    reason: str
    owner: str
    expires: date
    rule: str = ""
    path: str = ""
    fingerprint: str = ""
    criterion: str = ""
    where: str = ""

    def label(self) -> str:
        """What it accepts, in a few words: of a digest the beginning, of a test case the whole name."""
        shown = self.fingerprint[:12] if _DIGEST.fullmatch(self.fingerprint) else self.fingerprint
        return f"{self.gate}: " + " ".join(filter(None, (self.criterion, self.rule, self.path, shown)))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a tool or a gate points at.

    Attributes:
        rule: the tool's own rule name.
        path: POSIX path relative to the repository; empty when the finding has no place.
        line, end_line: 1-based; 0 when the finding has no line.
        new: True when this change brought it, False when it was there before, None when that
            is unknown (no change to compare with).
        fingerprint: stable over line moves; equal findings in one file have equal ones.
        tool: who found it.
        help: a URL or a short hint for the remedy.
        trace: what a failing test printed, or its end; several lines, bounded.
        source: of a failing test, the result file, since a matrix has several tests of one name.
    """

    rule: str
    severity: Severity
    message: str
    path: str = ""
    line: Line = 0
    end_line: Line = 0
    new: bool | None = None
    fingerprint: str = ""
    tool: str = ""
    help: str = ""
    waiver: Waiver | None = None
    trace: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One criterion, judged.

    Attributes:
        id: names the criterion for waivers; by default its normalised text.
        expect: the normalised text, `total >= 80%`.
        actual: value in the unit `unit`; for a selector, of the worst item.
        subject: the worst item of a selector (a file, a benchmark); empty without one.
        of: numerator and denominator, where the measure is a ratio.
        baseline: value of the reference, where the bound has one.
        reason: why SKIPPED or UNKNOWN, or what else the reader must know.
        waiver: set when a FAIL is accepted; it then counts as CONDITIONAL.
        incomplete: beside what `status` says, some items of a selector could not be measured.
        parts: where one of several comparisons must be satisfied, their results: the one that
            decides, and is nearest to its bound, first. The other attributes are its.
    """

    id: str
    expect: str
    status: CriterionStatus
    otherwise: Otherwise = Otherwise.BLOCK
    actual: Fraction | None = None
    unit: str = ""
    subject: str = ""
    of: tuple[int, int] | None = None
    baseline: Fraction | None = None
    reason: str = ""
    waiver: Waiver | None = None
    incomplete: bool = False
    parts: tuple[CriterionResult, ...] = ()

    @property
    def shown(self) -> CriterionResult:
        """The comparison that its value and its bound belong to: itself, or the first of its parts."""
        return self.parts[0] if self.parts else self


@dataclass(frozen=True, slots=True)
class Problem:
    """A tool or a file failed: its gate is ERROR, with this message.

    `unseen`: a file was not there to be looked at; a gate that only a preset brought is then WARN.
    """

    message: str
    path: str = ""
    remedy: str = ""
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A small table that a gate wants shown, worst row first.

    `columns` are its heads, `align` holds `l` or `r` a column, `rows` are cells of text, formatted
    and not yet escaped, and `more` says how many further rows were left out.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: str = ""
    more: Count = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's outcome.

    Attributes:
        blocking: False for a gate that the policy made advisory.
        measures: the plain ones, by name.
        items: those that a selector compares with a reference, as `file["src/a.py"].line`, so that
            a later report finds them in this one.
        before: of the plain measures that the baseline has too, by name: the baseline's value.
        cases: the names of all test cases, `suite::case`, or the files that coverage measured, where a
            criterion asks for them; None for other gates, and where not known.
    """

    gate: str
    status: GateStatus
    required: bool
    summary: str
    suite: str | None = None
    component: str | None = None
    blocking: bool = True
    criteria: tuple[CriterionResult, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    items: Mapping[str, Measure] = field(default_factory=dict)
    before: Mapping[str, Exact] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    remedies: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    sources: tuple[Source, ...] = ()
    cases: frozenset[str] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """`tests`, or `tests.unit` for a suite."""
        return f"{self.gate}.{self.suite}" if self.suite else self.gate

    @property
    def full_name(self) -> str:
        """The name, with its component: `api/tests.unit`."""
        return f"{self.component}/{self.name}" if self.component else self.name


@dataclass(frozen=True, slots=True)
class Commit:
    """Full object names, empty when unknown. `dirty` is a working tree with changes.

    Attributes:
        head: what the author pushed; on a pull request the head of its branch.
        tested: what is checked out; on a pull request the merge commit.
        base: what the change is measured against.
        base_label: how the base was chosen, for people.
    """

    head: str = ""
    tested: str = ""
    base: str = ""
    base_label: str = ""
    dirty: bool = False


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """Which policy judged: `origin` is `base`, `head`, `preset`; `ref` names file or preset."""

    origin: str
    ref: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A message beside the verdicts: an unused waiver, a file passed over.

    `level` is `info` or `warning`. `code` is stable, for example `waiver-unused`.
    """

    level: str
    code: str
    message: str


NO_TESTS = "no-tests"
"""The code of the notice that neither tests nor coverage were found."""

WHOLE = "whole"
"""The code of the notice that there is no change, so that gates about changes show the whole."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the search for evidence found, took, passed over (with the reason) and looked for."""

    taken: tuple[Source, ...] = ()
    passed_over: tuple[tuple[str, str], ...] = ()
    looked_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """A measure at one commit.

    Attributes:
        commit: its full object name; empty for what is not recorded yet.
        on: the date of its report, `YYYY-MM-DD`.
        value: in the canonical unit; None where it was not measured.
        carried: the value is an earlier commit's, since its suite did not run here.
    """

    commit: str
    on: str
    value: Shown | None
    carried: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """A measure over commits, oldest first.

    Attributes:
        verdict: whose it is: `coverage`, `tests.unit`, `api/coverage`.
        measure: its name, `patch.line`.
        unit: canonical, as of `Measure`.
        better: the direction of improvement.
    """

    verdict: str
    measure: str
    unit: str
    better: Better
    points: tuple[Point, ...]

    @property
    def name(self) -> str:
        """`coverage.total`, as the command `trend` takes it."""
        return f"{self.verdict}.{self.measure}"


@dataclass(frozen=True, slots=True)
class Report:
    """The verdicts of one commit, with the overall status.

    `override` is set exactly when the verdicts block and somebody who may merge let them pass; the
    status is then CONDITIONAL. With `report_only` the policy lets nothing block, whatever the status.
    `readings` are the run's benchmarks, for the ledger.
    `trends` are the headline measures over the recorded commits, this report's value last.
    """

    status: ReportStatus
    commit: Commit
    evaluated_on: date
    policy: PolicyRef
    verdicts: tuple[Verdict, ...]
    notices: tuple[Notice, ...] = ()
    discovery: Discovery = field(default_factory=Discovery)
    policy_change: PolicyChange | None = None
    override: Override | None = None
    report_only: bool = False
    readings: tuple[Reading, ...] = ()
    trends: tuple[Series, ...] = ()
