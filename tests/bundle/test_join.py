"""Uniting what shards brought: in any order, any portions and any number of times, nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import reduce
from itertools import permutations
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.bundle.join import LOWER_BOUND, Pool, evidence_of, join, pool_of, with_problem
from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Absence, Better, Finding, Measure, Notice, Problem, Severity, Source
from sluicegate.core.statuses import GATE_ORDER, REPORT_ORDER, GateStatus
from sluicegate.evidence.analysed import ComplexityRecord, RunRecord
from sluicegate.evidence.coverage.summary import TARGETS, naming
from sluicegate.evidence.records import (
    CoverageRecord,
    Evidence,
    FileCoverage,
    FindingsRecord,
    StatedTotals,
    TestsRecord,
)
from sluicegate.evidence.shards import brought_by
from sluicegate.judge.evaluate import evaluate
from support import evidence as ev

SHARDS = ("a", "b", "c")
SOURCES = ("src/a.py", "src/b.py")
R = TypeVar("R", ComplexityRecord, FindingsRecord)
DAY = date(2026, 11, 21)
POLICY = ev.policy(
    ev.settings("tests", "pass_rate == 100%", "tests >= 1"),
    ev.settings("coverage", "total >= 60%", "patch.line >= 50%"),
    ev.settings("security", "high == 0", "new == 0"),
    ev.settings("complexity", "max_cyclomatic < 10"),
)


def labelled(evidence: Evidence, shard: str) -> Evidence:
    """The evidence as a bundle gives it back."""

    def own(source: Source) -> Source:
        return brought_by(source, shard)

    coverage = tuple(replace(r, source=own(r.source)) for r in evidence.coverage)
    tests = tuple(replace(r, source=own(r.source)) for r in evidence.tests)
    return replace(evidence, coverage=coverage, tests=tests)


def pooled(evidence: Mapping[str, Evidence]) -> Evidence:
    pools = [pool_of(name, labelled(e, name)) for name, e in evidence.items()]
    return evidence_of(reduce(join, pools, Pool()))


lines = st.lists(st.sampled_from(("1+", "2+", "2-", "3-", "4+(1/2)", "4+(2/2)", "4-(0/2)")), max_size=4)
coverages = st.dictionaries(st.sampled_from(("src/a.py", "src/b.py")), lines, max_size=2).map(
    lambda files: ev.coverage("\n".join(f"{path}: {' '.join(marks)}" for path, marks in files.items()))
)
results = st.text("+Fs", min_size=1, max_size=4).map(ev.results)
findings = st.lists(
    st.sampled_from(("high B1 src/a.py:1", "*high B1 src/a.py:1", "low B2 src/a.py:2", "*low B2 src/b.py:2")),
    max_size=3,
)


def looking(record: R, seen: set[str]) -> R:
    """The record of an engine that looked at some of two changed sources, and not at the others."""
    missed = tuple(Problem("does not parse", path, unseen=True) for path in SOURCES if path not in seen)
    return replace(record, looked_at=tuple(sorted(seen)), problems=missed)


seen = st.sets(st.sampled_from(SOURCES))
found = st.builds(lambda f, s: looking(ev.security(*f), s), findings, seen)
rows = st.lists(
    st.sampled_from(("src/a.py:1 f 3", "src/a.py:1 f 12 new", "src/a.py:9 g 4 was 3", "src/b.py:1 h 11")),
    max_size=3,
    unique=True,
)
functions = st.builds(lambda rows, s: looking(ev.functions("\n".join(rows)), s), rows, seen)
measures = st.builds(
    lambda value, reason: Measure("total", value, "B", Better.LOWER,
                                  absence=None if value is not None else Absence.NOT_MEASURED, reason=reason),
    st.none() | st.integers(0, 3).map(Fraction), st.sampled_from(("", "x")),
)  # fmt: skip
changes = st.sampled_from(
    (
        ev.change("src/a.py: 1-2"),
        ev.change("src/a.py: 2-4\nnew src/b.py: 1"),
        NoChange("x"),
        NoChange("y", unseen=True),
    )
)
problems = st.dictionaries(
    st.sampled_from(("tests", "coverage")), st.just((Problem("broken", "x.xml"),)), max_size=1
)
evidences = st.builds(
    Evidence,
    change=changes,
    coverage=st.lists(coverages, max_size=2).map(tuple),
    tests=st.lists(results, max_size=1).map(tuple),
    findings=st.lists(found, max_size=2).map(tuple),
    complexity=st.none() | functions,
    runs=st.dictionaries(
        st.just("size"), measures.map(lambda m: RunRecord(Source("size", "run"), {"total": m})), max_size=1
    ),
    problems=problems,
    notices=st.just((Notice("info", "stale", "old"),)) | st.just(()),
    absent=st.dictionaries(st.just("lint"), st.sampled_from(("none", "nothing")), max_size=1),
)
pools = st.builds(lambda name, e: pool_of(name, labelled(e, name)), st.sampled_from(SHARDS), evidences)


@given(pools, pools, pools)
def test_the_portions_do_not_matter(one: Pool, two: Pool, three: Pool) -> None:
    assert join(join(one, two), three) == join(one, join(two, three))


@given(pools, pools)
def test_the_order_does_not_matter(one: Pool, two: Pool) -> None:
    assert evidence_of(join(one, two)) == evidence_of(join(two, one))
    assert join(one, two) == join(two, one)


@given(pools, pools)
def test_what_was_joined_can_be_joined_again(one: Pool, two: Pool) -> None:
    assert join(one, one) == one
    assert join(join(one, two), two) == join(one, two)


@given(pools)
def test_nothing_changes_nothing(one: Pool) -> None:
    assert join(one, Pool()) == one
    assert join(Pool(), one) == one


def verdicts(evidence: Evidence) -> dict[str, tuple[GateStatus, object, object]]:
    report = evaluate(evidence, POLICY, date(2026, 11, 21))
    return {v.name: (v.status, dict(v.measures), v.summary) for v in report.verdicts}


parts = st.builds(
    Evidence,
    change=st.just(ev.change("src/a.py: 1-2")),
    coverage=st.lists(coverages, min_size=2, max_size=4).map(
        lambda rs: tuple(replace(r, source=Source(f"c{n}.xml", "cobertura")) for n, r in enumerate(rs))
    ),
    tests=st.lists(results, min_size=1, max_size=4).map(
        lambda rs: tuple(replace(r, source=Source(f"j{n}.xml", "junit")) for n, r in enumerate(rs))
    ),
    findings=found.map(lambda f: (f,)),
    complexity=functions,
)


@given(parts, st.data())
def test_the_shards_of_a_split_are_judged_as_the_whole(whole: Evidence, data: st.DataObject) -> None:
    def split(records: tuple[object, ...]) -> list[list[object]]:
        where = [data.draw(st.integers(0, 2)) for _ in records]
        return [[r for r, at in zip(records, where, strict=True) if at == n] for n in range(3)]

    coverage, tests, everything = split(whole.coverage), split(whole.tests), {}
    for n, name in enumerate(SHARDS):
        everything[name] = replace(
            whole,
            coverage=tuple(c for c in coverage[n] if isinstance(c, CoverageRecord)),
            tests=tuple(t for t in tests[n] if isinstance(t, TestsRecord)),
        )
    assert verdicts(pooled(everything)) == verdicts(whole)


worse = st.builds(
    Evidence,
    change=st.just(ev.change("src/a.py: 1-2")),
    tests=st.just((ev.results("F"),)),
    findings=st.just((ev.security("*high B9 src/b.py:9"),)),
    complexity=st.just(ev.functions("src/c.py:1 awful 40 new")),
    problems=st.just({"coverage": (Problem("is damaged"),)}),
)


def some_test_ran(evidence: Evidence) -> bool:
    """Did one run to its end? Where none did, the gate is ERROR, and any result makes it FAIL."""
    return any(r.passed + r.failed for r in evidence.tests)


@given(st.dictionaries(st.sampled_from(SHARDS), parts.filter(some_test_ran), min_size=1), worse)
def test_a_worse_shard_never_makes_a_better_report(good: dict[str, Evidence], bad: Evidence) -> None:
    before = evaluate(pooled(good), POLICY, date(2026, 11, 21))
    after = evaluate(pooled({**good, "z": bad}), POLICY, date(2026, 11, 21))
    assert REPORT_ORDER.index(after.status) >= REPORT_ORDER.index(before.status)
    for one, two in zip(before.verdicts, after.verdicts, strict=True):
        assert GATE_ORDER.index(two.status) >= GATE_ORDER.index(one.status)


def test_lines_are_covered_where_any_shard_covers_them() -> None:
    (record,) = pooled({
        "a": Evidence(coverage=(ev.coverage("src/a.py: 1+ 2-"),)),
        "b": Evidence(coverage=(ev.coverage("src/a.py: 1- 2+ 3-"),)),
    }).coverage  # fmt: skip
    assert record.files == ev.coverage("src/a.py: 1+ 2+ 3-").files
    assert record.source.path == "2 reports of 2 shards"


def test_united_branches_are_said_to_be_a_lower_bound() -> None:
    shards = {n: Evidence(coverage=(ev.coverage("src/a.py: 1+(1/2)"),)) for n in ("a", "b")}
    (record,) = pooled(shards).coverage
    assert record.files["src/a.py"].branches == {1: (1, 2)}
    assert LOWER_BOUND in record.source.note
    assert [n.code for n in pooled(shards).notices] == ["coverage-united"]


def test_branches_that_the_reports_name_are_united_exactly() -> None:
    files = {n: FileCoverage("a.py", 2, 2, {1: (1, 2)}, {1: naming((1, 2), TARGETS, [n])}) for n in "23"}
    shards = {
        n: Evidence(coverage=(CoverageRecord(Source(n, "cobertura"), {"a.py": file}, True),))
        for n, file in files.items()
    }
    (record,) = pooled(shards).coverage
    assert record.files["a.py"].branches == {1: (2, 2)}
    assert LOWER_BOUND not in record.source.note
    assert pooled(shards).notices == ()


def test_a_single_report_keeps_what_it_states_of_itself() -> None:
    stated = replace(ev.coverage("src/a.py: 1+"), stated=StatedTotals(branches=(3, 4)))
    assert pooled({"a": Evidence(coverage=(stated,))}).coverage[0].stated == stated.stated


def test_the_same_case_in_two_shards_is_two_cases() -> None:
    together = pooled({n: Evidence(tests=(ev.results("+F"),)) for n in ("py3.11", "py3.12")})
    assert sum(r.tests for r in together.tests) == 4
    assert [r.source.path for r in together.tests] == ["py3.11: junit.xml", "py3.12: junit.xml"]


def test_a_finding_of_several_shards_counts_once() -> None:
    shards = {n: Evidence(findings=(ev.security("high B1 src/a.py:1"),)) for n in SHARDS}
    assert len(pooled(shards).findings[0].security) == 1


def test_of_equal_findings_in_a_shard_all_count() -> None:
    shards = {
        "a": Evidence(findings=(ev.security("high B1 src/a.py:1", "high B1 src/a.py:1"),)),
        "b": Evidence(findings=(ev.security("high B1 src/a.py:1"),)),
    }
    assert len(pooled(shards).findings[0].security) == 2


def test_a_finding_that_any_shard_calls_new_is_new() -> None:
    finding = Finding("B1", Severity.HIGH, "x", "src/a.py", 1, fingerprint="f")
    record = ev.security()
    shards = {
        name: Evidence(findings=(replace(record, security=(replace(finding, new=new),)),))
        for name, new in (("a", False), ("b", True))
    }
    assert [f.new for f in pooled(shards).findings[0].security] == [True]


@pytest.mark.parametrize(("better", "kept"), [(Better.LOWER, 9), (Better.HIGHER, 2)])
def test_of_a_command_s_measures_the_worse_counts(better: Better, kept: int) -> None:
    def run(value: int) -> Evidence:
        measure = Measure("total", Fraction(value), "B", better)
        return Evidence(runs={"size": RunRecord(Source("size", "run"), {"total": measure})})

    joined = pooled({"a": run(2), "b": run(9)})
    assert joined.runs["size"].measures["total"].value == kept


def test_all_that_any_shard_saw_is_the_change() -> None:
    shards = {
        "a": Evidence(change=ev.change("src/a.py: 1")),
        "b": Evidence(change=ev.change("src/a.py: 2\nsrc/b.py: 1")),
        "c": Evidence(change=NoChange("shallow")),
    }
    change = pooled(shards).change
    assert isinstance(change, Change)
    assert change.files == ev.change("src/a.py: 1-2\nsrc/b.py: 1").files


def test_problems_say_which_shard_has_them() -> None:
    shards = {"a": Evidence(problems={"tests": (Problem("is empty", "j.xml"),)}), "b": Evidence()}
    assert pooled(shards).problems == {"tests": (Problem("is empty (shard a)", "j.xml"),)}


def test_a_problem_of_several_gates_stands_at_each() -> None:
    pool = with_problem(Pool(), ("tests", "lint"), Problem("missing"))
    assert evidence_of(pool).problems == {"lint": (Problem("missing"),), "tests": (Problem("missing"),)}


# --- sources that a shard could not look at ---


def scanned(*seen: str) -> Evidence:
    """A shard whose engine looked at some of the sources."""
    record = looking(ev.security(), set(seen))
    problems = tuple(replace(problem, unseen=False) for problem in record.problems)
    return Evidence(
        change=ev.change("src/a.py: 1\nsrc/b.py: 1"), findings=(replace(record, problems=problems),)
    )


def security_of(*shards: Evidence) -> set[tuple[GateStatus, tuple[str, ...]]]:
    """Status and problems of the gate, of the shards in every order."""
    found = set()
    for order in permutations(shards):
        evidence = pooled(dict(zip(SHARDS, order, strict=False)))
        (verdict,) = [v for v in evaluate(evidence, POLICY, DAY).verdicts if v.gate == "security"]
        found.add((verdict.status, tuple(problem.path for problem in verdict.problems)))
    return found


def test_a_source_that_one_shard_of_two_could_read_is_read() -> None:
    assert security_of(scanned("src/a.py"), scanned("src/a.py", "src/b.py")) == {(GateStatus.PASS, ())}


def test_each_shard_may_have_read_another() -> None:
    assert security_of(scanned("src/a.py"), scanned("src/b.py"), scanned()) == {(GateStatus.PASS, ())}


def test_a_source_that_no_shard_could_read_is_an_error() -> None:
    assert security_of(scanned("src/a.py"), scanned()) == {(GateStatus.ERROR, ("src/b.py",))}


def test_a_shard_that_did_not_look_at_a_source_settles_nothing() -> None:
    other = replace(scanned("src/a.py"), findings=(ev.security(),))
    assert security_of(scanned("src/a.py"), other) == {(GateStatus.ERROR, ("src/b.py",))}


def test_settings_that_one_shard_refused_stay_a_problem() -> None:
    refused = replace(ev.security(), problems=(Problem("bandit does not accept its settings", ".bandit"),))
    whole = scanned(*SOURCES)
    assert security_of(whole, replace(whole, findings=(refused,))) == {(GateStatus.ERROR, (".bandit",))}
