"""Unites the evidence of shards. Pure.

`join` is associative, commutative and idempotent, so the order, repetition and
grouping of joins do not matter; and the worse value of two shards is kept.

| evidence | how it is united |
| --- | --- |
| coverage | line by line; branches exactly where the reports name them, else the larger number |
| tests | by identity: shard, result file and suite; the same case in two shards is two cases |
| findings | by tool and fingerprint; of equal ones, as many as the shard with the most has |
| functions, names | by path, name and line; the known state, the higher complexity |
| sources that were not analysed | those that no shard analysed |
| measures of `run:` gates | the worse value; a missing value stays missing |
| benchmarks | by shard and file; the samples of one name are judged together |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sluicegate.bundle import pieces
from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Discovery, Notice, Problem, Source
from sluicegate.core.text import plural
from sluicegate.evidence import records
from sluicegate.evidence.analysed import ChangesRecord, ComplexityRecord, DocsRecord, RunRecord
from sluicegate.evidence.coverage.summary import names_branches, unite

LOWER_BOUND = "branches of lines that several reports cover are a lower bound"
"""Note on the source of united coverage when a report does not name its branches."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage of several reports: `sources` are theirs; `stated` is valid for a single one only.

    `names_branches`: every report names the branches of a line, so that the union is exact.
    """

    files: Mapping[str, records.FileCoverage]
    sources: frozenset[Source]
    has_branches: bool
    names_branches: bool
    unresolved: frozenset[str]
    stated: records.StatedTotals = field(default_factory=records.StatedTotals)


@dataclass(frozen=True, slots=True)
class Pool:
    """The evidence of any number of shards, each piece under its identity."""

    shards: frozenset[str] = frozenset()
    change: Change | NoChange | None = None
    coverage: Coverage | None = None
    tests: Mapping[tuple[str, str], records.TestsRecord] = field(default_factory=dict)
    findings: Mapping[pieces.ToolKey, records.FindingsRecord] = field(default_factory=dict)
    benchmarks: Mapping[str, records.BenchmarksRecord] = field(default_factory=dict)
    base_benchmarks: Mapping[str, records.BenchmarksRecord] = field(default_factory=dict)
    complexity: ComplexityRecord | None = None
    docs: DocsRecord | None = None
    changes: ChangesRecord | None = None
    runs: Mapping[str, RunRecord] = field(default_factory=dict)
    problems: Mapping[str, frozenset[Problem]] = field(default_factory=dict)
    notices: frozenset[Notice] = frozenset()
    absent: Mapping[str, str] = field(default_factory=dict)
    taken: frozenset[Source] = frozenset()
    passed_over: frozenset[tuple[str, str]] = frozenset()
    files: frozenset[str] | None = None


def pool_of(shard: str, evidence: records.Evidence) -> Pool:
    """The evidence of one shard, whose sources are labelled already (see `evidence.shards`)."""
    coverage: Coverage | None = None
    for record in evidence.coverage:
        coverage = pieces.either(coverage, _coverage(record), _join_coverage)
    label = f" (shard {shard})"
    return Pool(
        shards=frozenset({shard}),
        change=evidence.change,
        coverage=coverage,
        tests={(r.source.path, r.suite): r for r in evidence.tests},
        findings=_by_tool(evidence.findings),
        benchmarks=_by_path(evidence.benchmarks),
        base_benchmarks=_by_path(evidence.base_benchmarks),
        complexity=evidence.complexity,
        docs=evidence.docs,
        changes=evidence.changes,
        runs=evidence.runs,
        problems={
            gate: frozenset(replace(p, message=p.message + label) for p in own)
            for gate, own in evidence.problems.items()
        },
        notices=frozenset(replace(n, message=n.message + label) for n in evidence.notices),
        absent=evidence.absent,
        taken=frozenset(evidence.discovery.taken),
        passed_over=frozenset((f"{shard}: {path}", why) for path, why in evidence.discovery.passed_over),
        files=None if evidence.files is None else frozenset(evidence.files),
    )


def _by_path(read: Iterable[records.BenchmarksRecord]) -> dict[str, records.BenchmarksRecord]:
    return {record.source.path: record for record in read}


def _by_tool(read: Iterable[records.FindingsRecord]) -> dict[pieces.ToolKey, records.FindingsRecord]:
    findings: dict[pieces.ToolKey, records.FindingsRecord] = {}
    for record in map(pieces.in_order, read):
        key = pieces.tool(record)
        findings[key] = pieces.added(findings[key], record) if key in findings else record
    return findings


def join(one: Pool, two: Pool) -> Pool:
    """The evidence of both."""
    return Pool(
        shards=one.shards | two.shards,
        change=pieces.join_changes(one.change, two.change),
        coverage=pieces.either(one.coverage, two.coverage, _join_coverage),
        tests=pieces.by_key(one.tests, two.tests, pieces.larger),
        findings=pieces.by_key(one.findings, two.findings, pieces.join_findings),
        benchmarks=pieces.by_key(one.benchmarks, two.benchmarks, pieces.larger),
        base_benchmarks=pieces.by_key(one.base_benchmarks, two.base_benchmarks, pieces.larger),
        complexity=pieces.either(one.complexity, two.complexity, pieces.join_complexity),
        docs=pieces.either(one.docs, two.docs, pieces.join_docs),
        changes=pieces.either(one.changes, two.changes, pieces.join_gate_changes),
        runs=pieces.by_key(one.runs, two.runs, pieces.join_runs),
        problems=pieces.by_key(one.problems, two.problems, frozenset.union),
        notices=one.notices | two.notices,
        absent=pieces.by_key(one.absent, two.absent, min),
        taken=one.taken | two.taken,
        passed_over=one.passed_over | two.passed_over,
        files=pieces.either(one.files, two.files, frozenset.union),
    )


def evidence_of(pool: Pool) -> records.Evidence:
    """The pool as evidence, in a fixed order; the caller sets the commit."""
    return records.Evidence(
        change=NoChange("no shard was read") if pool.change is None else pool.change,
        coverage=() if pool.coverage is None else (_united(pool.coverage),),
        tests=pieces.in_key_order(pool.tests),
        findings=tuple(replace(r, source=_short(r.source)) for r in pieces.in_key_order(pool.findings)),
        benchmarks=pieces.in_key_order(pool.benchmarks),
        base_benchmarks=pieces.in_key_order(pool.base_benchmarks),
        complexity=pool.complexity,
        docs=pool.docs,
        changes=pool.changes,
        runs=dict(sorted(pool.runs.items())),
        problems={g: tuple(sorted(found, key=repr)) for g, found in sorted(pool.problems.items())},
        notices=(*_lower_bound(pool.coverage), *sorted(pool.notices, key=repr)),
        absent=dict(sorted(pool.absent.items())),
        discovery=Discovery(tuple(sorted(pool.taken, key=repr)), tuple(sorted(pool.passed_over))),
        files=pool.files,
    )


def with_problem(pool: Pool, gates: Iterable[str], problem: Problem) -> Pool:
    """The pool with a problem of several gates."""
    return join(pool, Pool(problems={gate: frozenset({problem}) for gate in gates}))


def _lower_bound(coverage: Coverage | None) -> tuple[Notice, ...]:
    if coverage is None or len(coverage.sources) == 1 or coverage.names_branches:
        return ()
    text = f"coverage is united from {plural(len(coverage.sources), 'report')}; {LOWER_BOUND}"
    return (Notice("info", "coverage-united", text),)


def _short(source: Source) -> Source:
    """The source without the list of files, if it combines several."""
    paths = source.path.split(" | ")
    return source if len(paths) == 1 else replace(source, path=plural(len(paths), "report"), shard="")


def _coverage(record: records.CoverageRecord) -> Coverage:
    sources = frozenset({record.source})
    named = all(map(names_branches, record.files.values()))
    return Coverage(
        record.files, sources, record.has_branches, named, frozenset(record.unresolved), record.stated
    )


def _join_coverage(one: Coverage, two: Coverage) -> Coverage:
    same = one.sources == two.sources
    return Coverage(
        pieces.by_key(one.files, two.files, unite),
        one.sources | two.sources,
        one.has_branches or two.has_branches,
        one.names_branches and two.names_branches,
        one.unresolved | two.unresolved,
        one.stated if same and one.stated == two.stated else records.StatedTotals(),
    )


def _united(coverage: Coverage) -> records.CoverageRecord:
    sources = sorted(coverage.sources, key=repr)
    if len(sources) == 1:
        source = sources[0]
    else:
        shards = len({s.shard for s in sources})
        source = Source(
            f"{plural(len(sources), 'report')} of {plural(shards, 'shard')}",
            " | ".join(sorted({s.format for s in sources})),
            tool=" | ".join(sorted({s.tool for s in sources} - {""})),
            note="united line by line" + ("" if coverage.names_branches else f"; {LOWER_BOUND}"),
        )
    return records.CoverageRecord(
        source,
        dict(sorted(coverage.files.items())),
        coverage.has_branches,
        unresolved=tuple(sorted(coverage.unresolved)),
        stated=coverage.stated,
    )
