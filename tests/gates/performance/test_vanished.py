"""Benchmarks that were recorded and are gone: named, warned about, their new name only where it is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest

from sluicegate.core.model import Absence, Better, Measure, PolicyRef, Source, Verdict
from sluicegate.core.readings import Reading
from sluicegate.core.statuses import GateStatus
from sluicegate.criteria import Reference, parse
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Evidence
from sluicegate.gates.interface import Context
from sluicegate.gates.judge import judge
from sluicegate.gates.performance import GATE
from sluicegate.gates.performance.suite import suite
from sluicegate.gates.performance.vanished import recorded, vanished
from sluicegate.history.entries import Entry, History
from sluicegate.policy.catalogue import gate_spec
from sluicegate.policy.model import GateSettings, Policy

Times = Mapping[str, float]


def entry(times: Times, commit: str = "a" * 40, machine: str = "runner") -> Entry:
    """A recorded report of benchmarks, by their medians in seconds."""
    return Entry(commit, commit, readings=tuple(Reading(n, machine, t, 0.0, 5) for n, t in times.items()))


def head(times: Times, machine: str = "runner") -> BenchmarksRecord:
    return BenchmarksRecord(
        Source("b.json", "go-bench"), {n: Benchmark(n, (t,) * 5) for n, t in times.items()}, machine
    )


def judged(now: Times, before: Times) -> Verdict:
    """The gate with the criterion `regression <= 10%`, and a ledger of one report."""
    criteria = (parse("regression <= 10%", gate_spec("performance").vocabulary),)
    settings = GateSettings("performance", criteria, required=False)
    context = Context(Policy(PolicyRef("head", "sluicegate.yml", ""), (settings,)), settings)
    records = (head(now),) if now else ()
    given = Evidence(benchmarks=records, history=History((entry(before),)))
    none = Reference(absence=Absence.NOT_APPLICABLE, reason="no baseline")
    return judge(GATE.measure(given, context), context, date(2030, 1, 1), none)


def gone(now: Times, *entries: Entry, machine: str = "runner") -> tuple[tuple[str, ...], Mapping[str, str]]:
    """What is gone from a ledger, and what it is likely called now."""
    found = vanished(suite((head(now, machine),)), {}, (), History(entries))
    return found.names, found.renamed


def test_one_that_was_recorded_and_did_not_run_warns_and_is_named() -> None:
    verdict = judged({"sort": 1.0}, {"sort": 1.0, "parse": 5.0})
    assert verdict.status is GateStatus.WARN
    assert "1 of the baseline did not run: parse" in verdict.summary
    assert "1 benchmark of the baseline did not run: parse" in (verdict.criteria[0].reason or "")
    assert verdict.tables[1].rows == (("parse",),)
    assert verdict.remedies[0].startswith("Run what is missing again, or leave it")


def test_where_all_are_there_nothing_is_said() -> None:
    verdict = judged({"sort": 1.0, "new": 2.0}, {"sort": 1.0})
    assert (verdict.status, "did not run" in verdict.summary) == (GateStatus.SKIPPED, False)


def test_without_any_results_the_gate_is_skipped_and_names_what_was_recorded() -> None:
    verdict = judged({}, {"sort": 1.0})
    assert verdict.status is GateStatus.SKIPPED
    assert "recorded before: sort" in verdict.summary


def test_the_last_report_that_has_any_counts() -> None:
    older, newer, without = entry({"a": 1.0}, "a" * 40), entry({"b": 1.0}, "b" * 40), entry({}, "c" * 40)
    assert recorded(History((older, newer, without))) == {"b"}


def test_one_without_a_time_is_known_by_its_measures() -> None:
    rate = Measure("throughput", Fraction(5), "/s", Better.HIGHER)
    found = Entry(
        "d", "a" * 40, measures={"performance": {'benchmark["x"].throughput': rate, "benchmarks": rate}}
    )
    assert recorded(History((found,))) == {"x"}


def test_a_base_that_was_measured_says_itself_what_ran() -> None:
    base = suite((head({"sort": 1.0}),))
    assert vanished(base, base, (), History((entry({"sort": 1.0, "nightly": 9.0}),))).names == ()


# --- renamed -----------------------------------------------------------------------------------


def test_an_alike_name_that_takes_as_long_is_likely_the_new_one() -> None:
    assert gone({"parse_json": 1.04}, entry({"parse": 1.0})) == (("parse",), {"parse": "parse_json"})


def test_a_renamed_one_warns_all_the_same() -> None:
    verdict = judged({"parse_json": 1.04}, {"parse": 1.0})
    assert verdict.status is GateStatus.WARN
    assert "did not run: parse (likely parse_json now)" in verdict.summary


@pytest.mark.parametrize(
    ("now", "before", "machine"),
    [
        ({"parse_json": 1.2}, {"parse": 1.0}, "runner"),  # takes longer
        ({"encode": 1.0}, {"parse": 1.0}, "runner"),  # another name
        ({"parse_json": 1.0}, {"parse": 1.0}, "laptop"),  # on another machine nobody knows
        ({"parse_a": 1.0, "parse_b": 1.0}, {"parse": 1.0}, "runner"),  # two fit it
        ({"parse": 1.0}, {"parse_a": 1.0, "parse_b": 1.0}, "runner"),  # it fits two
    ],
)
def test_a_new_name_is_not_said_where_it_is_not_known(now: Times, before: Times, machine: str) -> None:
    assert gone(now, entry(before), machine=machine) == (tuple(sorted(before)), {})


def test_of_another_suite_no_names_are_guessed() -> None:
    names = {f"case_{n:03}": float(n + 1) for n in range(300)}
    now = {f"{name}_x": time for name, time in names.items()}
    assert gone(now, entry(names))[1] == {}
