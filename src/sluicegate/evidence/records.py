"""Typed records of evidence: what the readers and engines make, and the gates evaluate.

Plain values, no I/O. Paths are POSIX and relative to the repository once `evidence.paths` has
resolved them; before that they are as the tool wrote them.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from sluicegate.core.change import Change, NoChange
from sluicegate.core.fields import LineKey, LineSet
from sluicegate.core.model import Commit, Discovery, Finding, Notice, Problem, Source
from sluicegate.evidence.analysed import ChangesRecord, ComplexityRecord, DocsRecord, RunRecord
from sluicegate.history.entries import History


class Kind(enum.StrEnum):
    """Kinds of evidence that files can hold."""

    COVERAGE = "coverage"
    TESTS = "tests"
    FINDINGS = "findings"
    BENCHMARKS = "benchmarks"


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """Coverage of one file.

    Attributes:
        executable: bitset of the lines that could run (see `change.lines_to_bits`).
        covered: bitset of the executable lines that did; a subset of `executable`.
        branches: line -> (taken, possible), for lines that branch; empty when branches were
            not measured. Line 0 is for branches that the report counts for the file and
            assigns to no line: they count in its totals and never in a change.
        untaken: line -> naming -> names of the branches not taken, for lines of which some were
            and some were not, where the report names them; see `coverage.summary.naming`.
    """

    path: str
    executable: LineSet
    covered: LineSet
    branches: Mapping[LineKey, tuple[int, int]] = field(default_factory=dict)
    untaken: Mapping[LineKey, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatedTotals:
    """The totals that a report states: (covered, all), None where absent."""

    lines: tuple[int, int] | None = None
    branches: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class CoverageRecord:
    """One coverage report.

    Attributes:
        files: by path as resolved. A file whose path is no file of the repository stays here
            under the report's own path, so that totals remain the tool's own figures.
        has_branches: branches were measured (a file may still have none).
        roots: source roots that the report names, for the resolution of its paths.
        unresolved: keys of `files` that are no file of the repository, sorted.
        stated: the report's own sums; they can differ from what it lists line by line.
    """

    source: Source
    files: Mapping[str, FileCoverage]
    has_branches: bool
    roots: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    stated: StatedTotals = field(default_factory=StatedTotals)


class CaseOutcome(enum.StrEnum):
    """How a test case ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    FLAKY = "flaky"  # failed, and passed when tried again in the same run


@dataclass(frozen=True, slots=True)
class TestCase:
    """A reported case: one that failed, erred, was skipped or was flaky.

    Attributes:
        suite: its classname, or the name of its test suite.
        name: its name.
        duration: seconds, of the last attempt; None if the file has no valid duration.
        message: one line; `details` is the captured text. Of both the middle is cut out where they are long.
        path, line: its place if the file states it; empty and 0 otherwise.
    """

    __test__ = False  # not a pytest class

    suite: str
    name: str
    outcome: CaseOutcome
    duration: float | None = 0.0
    message: str = ""
    details: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class TestsRecord:
    """One result file, retries merged: `tests == passed + failed + errors + skipped`.

    Attributes:
        suite: name of the suite that the policy gave it; empty when it has none.
        tests: cases; a case that was tried again counts once, with its final outcome.
        flaky: cases among `passed` that failed before they passed.
        duration: seconds, summed over all attempts; None if the file does not state it.
        cases: failed and erred first, then flaky, then skipped; bounded.
        cases_dropped: how many more there were.
        stated: how many tests the file states and how many it lists, attempts counted each, where it
            states more and means tests by it; else None.
        cases_key: equal for two files with the same cases, whatever their outcomes; salted, so only
            for comparison within this process.
        results_key: the sum over its cases as written, attempts each, of what name, outcome and time make;
            likewise salted.
        suite_keys: of each suite with cases a number that only the same suite of the same run has, 0 for
            one that cannot be distinguished from others; likewise salted (see `evidence.tests.repeats`).
        names: of all cases, `suite::case`; None where there are too many, or the file does not name them.
        listed: of the cases that the file names; empty where there are too many.
    """

    __test__ = False

    source: Source
    tests: int
    passed: int
    failed: int
    errors: int
    skipped: int
    flaky: int
    duration: float | None
    cases: tuple[TestCase, ...] = ()
    cases_dropped: int = 0
    suite: str = ""
    stated: tuple[int, int] | None = None
    cases_key: int = field(default=0, compare=False, repr=False)
    results_key: int = field(default=0, compare=False, repr=False)
    suite_keys: tuple[int, ...] = field(default=(), compare=False, repr=False)
    names: frozenset[str] | None = field(default=None, compare=False, repr=False)
    listed: frozenset[str] = field(default=frozenset(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FindingsRecord:
    """The findings of a static analysis tool, split into security and lint.

    A result belongs to `security` when its rule has a security severity or tag, else to `lint`.

    Attributes:
        unresolved: paths that are no file of the repository.
        problems: what the tool itself could not do (a file that does not parse).
        new_known: every finding's `new` was decided by comparison with the base; otherwise it
            is decided from the change's lines.
        looked_at: the sources of the change that our own engine scanned: another shard's Python may not
            have parsed them (see `bundle.pieces`).
        suppressed: findings of our own engine, of medium severity and above, that are in none of the two,
            since a comment that the change adds silences them.
        rated: the rules of `security` whose severity the tool states by a `security-severity`, or as bandit
            does, and not by the level of a SARIF result alone.
        externals: the SHA-256 of each file that the report consists of beside itself, by its path as the
            report has it, relative to its folder.
    """

    source: Source
    security: tuple[Finding, ...] = ()
    lint: tuple[Finding, ...] = ()
    is_security_tool: bool = False
    unresolved: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    new_known: bool = False
    looked_at: tuple[str, ...] = ()
    externals: Mapping[str, str] = field(default_factory=dict)
    suppressed: tuple[Finding, ...] = ()
    rated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark, by samples or by what its tool states of them; one of the two is there.

    Nothing is made up from the other: where a tool gives statistics only there are no samples, and
    throughput alone is no time.

    Attributes:
        samples: seconds a call (or the mean of a round), in the order measured.
        stated: what the tool itself states, by measure: `p50 p95 p99 mean` (s), `throughput` (1/s),
            `error_rate` (%), `memory` (bytes).
        base: samples of the base, `base[i]` measured together with `samples[i]`: the same number, or empty.
        memory, base_memory: peak bytes of a run (or allocated a call, where the tool counts that).
        cpu, base_cpu: CPU seconds of a run.
        per_round: the pairs of a round, after which a sequential plan counts.
    """

    name: str
    samples: tuple[float, ...] = ()
    stated: Mapping[str, float] = field(default_factory=dict)
    base: tuple[float, ...] = ()
    memory: tuple[float, ...] = ()
    base_memory: tuple[float, ...] = ()
    cpu: tuple[float, ...] = ()
    base_cpu: tuple[float, ...] = ()
    per_round: int = 1


@dataclass(frozen=True, slots=True)
class BenchmarksRecord:
    """One benchmark file.

    Attributes:
        machine: identifies the kind of machine: processor, system, runtime; never a host name.
            Empty if the file does not state it.
        paired: the benchmarks have samples of the base, taken on the same machine, interleaved.
        looks: how often a sequential plan looked at the samples while they were taken.
        problems: benchmarks that failed in the tool, or a side that could not be measured.
        removed: benchmarks that the base has and the head has not, if the file lists them.
        commit: the commit measured, a full object name; empty if the file does not state it.
    """

    source: Source
    benchmarks: Mapping[str, Benchmark]
    machine: str = ""
    paired: bool = False
    looks: int = 1
    problems: tuple[Problem, ...] = ()
    removed: tuple[str, ...] = ()
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All evidence of one run: the only input of the gates beside policy and baseline.

    Attributes:
        problems: by gate name: files that could not be read, tools that failed.
        absent: by gate name: why there is nothing of its kind, in words for people.
        notices: what the collecting noticed: stale or repeated reports.
        runs: by gate name, for `run:` gates.
        base_benchmarks: the baseline file that the policy names, if any.
        history: what was recorded of earlier commits; empty without a ledger.
        files: those of the repository; None where they are not known.
        jobs: results of the jobs that the judging job needs, by id: `success`, `failure`, `cancelled` or
            `skipped`; None where they were not handed over.
    """

    commit: Commit = field(default_factory=Commit)
    change: Change | NoChange = field(default_factory=lambda: NoChange("no change was given"))
    coverage: tuple[CoverageRecord, ...] = ()
    tests: tuple[TestsRecord, ...] = ()
    findings: tuple[FindingsRecord, ...] = ()
    benchmarks: tuple[BenchmarksRecord, ...] = ()
    base_benchmarks: tuple[BenchmarksRecord, ...] = ()
    complexity: ComplexityRecord | None = None
    docs: DocsRecord | None = None
    changes: ChangesRecord | None = None
    runs: Mapping[str, RunRecord] = field(default_factory=dict)
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)
    discovery: Discovery = field(default_factory=Discovery)
    history: History = field(default_factory=History)
    files: Set[str] | None = None
    jobs: Mapping[str, str] | None = None
