"""The gate `performance`: what the samples prove against a baseline file."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.model import Absence, PolicyRef, Problem, Source, Verdict
from sluicegate.core.readings import LEAST, MOST
from sluicegate.core.statuses import GATE_ORDER, GateStatus
from sluicegate.criteria import Reference, parse
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Evidence
from sluicegate.gates.interface import Context, Measured
from sluicegate.gates.judge import judge
from sluicegate.gates.performance import GATE, baseline_measures
from sluicegate.policy.catalogue import gate_spec
from sluicegate.policy.model import GateSettings, Policy
from support.examples import at_most

Suite = Mapping[str, Sequence[float]]

NO_SLOWER = 'benchmark["*"].p95 <= baseline + 10%'


def record(suite: Suite, machine: str = "runner", path: str = "bench.json") -> BenchmarksRecord:
    benchmarks = {name: Benchmark(name, tuple(samples)) for name, samples in suite.items()}
    return BenchmarksRecord(Source(path, "pytest-benchmark"), benchmarks, machine)


def evidence(head: Suite, base: Suite | None = None, base_machine: str = "runner") -> Evidence:
    before = () if base is None else (record(base, base_machine, "baseline.json"),)
    return Evidence(benchmarks=(record(head),), base_benchmarks=before)


def context(*criteria: str, baseline: str = "") -> Context:
    vocabulary = gate_spec("performance").vocabulary
    parsed = tuple(parse(text, vocabulary) for text in criteria)
    gate = GateSettings("performance", parsed, required=True, baseline=baseline)
    return Context(Policy(PolicyRef("head", "sluicegate.yml", ""), (gate,)), gate)


def measured(head: Suite, base: Suite | None = None, base_machine: str = "runner") -> Measured:
    return GATE.measure(evidence(head, base, base_machine), context())


def judged(given_: Evidence, *criteria: str) -> Verdict:
    where = context(*criteria)
    base = baseline_measures(given_)
    none = Reference(absence=Absence.NOT_APPLICABLE, reason="no baseline")
    reference = none if base is None else Reference(base)
    return judge(GATE.measure(given_, where), where, date(2030, 1, 1), reference)


def status(head: Suite, base: Suite, *criteria: str) -> GateStatus:
    return judged(evidence(head, base), *criteria).status


def noisy(seed: int, size: int = 30, scale: float = 0.01) -> list[float]:
    """Samples of a run with 5 % noise and a long tail."""
    usual = NormalDist(1, 0.05).samples(size, seed=seed)
    luck = NormalDist().samples(size, seed=f"luck {seed}")
    return [scale * x * (3 if bad > 2.05 else 1) for x, bad in zip(usual, luck, strict=True)]


def slower(samples: Sequence[float], factor: float) -> list[float]:
    return [x * factor for x in samples]


# --- statistics ---------------------------------------------------------------------------------


def test_statistics_are_those_of_the_slowest_benchmark() -> None:
    plain = measured({"fast": [0.1, 0.2, 0.3], "slow": [1.0, 2.0, 3.0]}).measures.plain
    assert {name: m.value for name, m in plain.items() if m.value is not None} == {
        "p50": Fraction(2),
        "p95": Fraction(1.0 * 2.9),
        "p99": Fraction(2.98),
        "mean": Fraction(2),
        "benchmarks": Fraction(2),
    }


def test_a_value_is_exactly_the_float_of_the_file() -> None:
    assert measured({"a": [0.1]}).measures.plain["p50"].value == Fraction(0.1) != Fraction(1, 10)


def test_each_benchmark_has_statistics_of_its_own() -> None:
    items = measured({"fast": [0.5], "slow": [2.0]}).measures.items["benchmark"]
    assert {name: own["p95"].value for name, own in items.items()} == {
        "fast": Fraction(1, 2),
        "slow": Fraction(2),
    }
    assert items["fast"]["p95"].samples == (0.5,)


def test_samples_of_several_files_are_taken_together() -> None:
    both = Evidence(benchmarks=(record({"a": [1.0]}), record({"a": [3.0], "b": [1.0]})))
    result = GATE.measure(both, context())
    assert result.measures.items["benchmark"]["a"]["mean"].value == 2
    assert len(result.sources) == 2


def test_a_slow_benchmark_fails_an_absolute_bound() -> None:
    verdict = judged(evidence({"tests/test_x.py::test_y": [0.6] * 5}), "p95 <= 500ms")
    assert verdict.status is GateStatus.FAIL
    (remedy,) = verdict.remedies
    assert remedy.startswith("The slowest is tests/test_x.py::test_y with 600ms; profile it: pytest ")


def test_every_measure_is_in_the_catalogue_with_its_unit() -> None:
    result = measured({"a": [1.0]}, {"a": [1.0]})
    vocabulary = gate_spec("performance").vocabulary
    for specs, measures in (
        (vocabulary.measures, result.measures.plain),
        (vocabulary.selectors["benchmark"], result.measures.items["benchmark"]["a"]),
    ):
        assert {n: (s.unit, s.better) for n, s in specs.items()} == {
            n: (m.unit, m.better) for n, m in measures.items()
        }


def stated(base: Mapping[str, float] | None = None, **figures: float) -> Evidence:
    """A tool that gives statistics only."""

    def one(figures: Mapping[str, float]) -> tuple[BenchmarksRecord, ...]:
        return (BenchmarksRecord(Source("k6.json", "k6"), {"a": Benchmark("a", stated=figures)}),)

    return Evidence(benchmarks=one(figures), base_benchmarks=() if base is None else one(base))


def test_what_a_tool_states_is_judged_without_samples() -> None:
    assert judged(stated(p95=0.6), "p95 <= 500ms").status is GateStatus.FAIL
    assert judged(stated(p95=0.6), "p99 <= 500ms").status is GateStatus.SKIPPED


def test_statistics_alone_prove_no_regression() -> None:
    regression = GATE.measure(stated({"p95": 0.1}, p95=0.6), context()).measures.plain["regression"]
    assert regression.absence is Absence.NOT_MEASURED


def test_a_benchmark_that_failed_in_its_tool_makes_the_gate_an_error() -> None:
    problem = Problem("the benchmark a failed", "b.json")
    failed = BenchmarksRecord(Source("b.json", "x"), {}, problems=(problem,))
    verdict = judged(Evidence(benchmarks=(failed,)), "p95 <= 500ms")
    assert (verdict.status, verdict.problems) == (GateStatus.ERROR, (problem,))


# --- what is absent -----------------------------------------------------------------------------


def test_no_benchmarks_are_said() -> None:
    assert GATE.measure(Evidence(), context()).absent == "no benchmark results were found"
    looked = Evidence(absent={"performance": "looked for *.json"})
    assert GATE.measure(looked, context()).absent == "looked for *.json"


def test_without_a_baseline_a_regression_does_not_apply() -> None:
    regression = measured({"a": [1.0]}).measures.plain["regression"]
    assert (regression.value, regression.absence) == (None, Absence.NOT_APPLICABLE)
    assert regression.reason.startswith("no samples of the base (`sluicegate bench` takes them), no baseline")
    assert judged(evidence({"a": [1.0]}), "regression <= 10%").status is GateStatus.SKIPPED


def test_a_baseline_that_could_not_be_read_makes_the_gate_an_error() -> None:
    broken = Evidence(
        benchmarks=(record({"a": [1.0]}),), problems={"performance": (Problem("is not JSON", "b.json"),)}
    )
    result = GATE.measure(broken, context("regression <= 10%", baseline="b.json"))
    regression = result.measures.plain["regression"]
    assert (regression.absence, regression.reason) == (
        Absence.NOT_MEASURED,
        "the baseline b.json could not be read",
    )
    assert result.problems


def test_a_baseline_of_other_benchmarks_proves_nothing() -> None:
    regression = measured({"new": [1.0]}, {"old": [1.0]}).measures.plain["regression"]
    assert (regression.absence, regression.reason) == (
        Absence.NOT_MEASURED,
        "the baseline has none of these benchmarks",
    )


def test_without_a_baseline_file_there_is_no_reference() -> None:
    assert baseline_measures(evidence({"a": [1.0]})) is None


def test_the_baseline_file_is_the_reference() -> None:
    base = baseline_measures(evidence({"a": [9.0]}, {"a": [1.0], "b": [2.0]}))
    assert base is not None
    assert base.plain["p95"].value == 2
    assert base.items["benchmark"]["a"]["p95"].value == 1


# --- proof --------------------------------------------------------------------------------------


def test_a_slowdown_is_found_and_named() -> None:
    base = {"parse": noisy(1), "render": noisy(2)}
    head = {"parse": slower(noisy(3), 1.3), "render": noisy(4)}
    verdict = judged(evidence(head, base), "regression <= 10%")
    assert verdict.status is GateStatus.FAIL
    assert verdict.summary.startswith("2 benchmarks; 1 proven slower: parse by ")
    assert verdict.remedies[0].startswith("parse is slower by ")
    assert verdict.remedies[0].endswith("pytest -k 'parse' --benchmark-only")
    assert verdict.tables[0].rows[0][0] == "parse"


def test_the_size_of_a_slowdown_is_about_right() -> None:
    worst = measured({"a": slower(noisy(1), 1.3)}, {"a": noisy(2)}).measures.plain["regression"].value
    assert worst is not None
    assert 25 < worst < 35


def test_a_slowdown_below_the_bound_passes() -> None:
    assert status({"a": slower(noisy(1), 1.05)}, {"a": noisy(1)}, "regression <= 10%") is GateStatus.PASS


def test_faster_is_no_regression() -> None:
    result = measured({"a": slower(noisy(1), 0.5)}, {"a": noisy(2)})
    assert result.measures.plain["regression"].value == 0
    assert result.summary == "1 benchmark; none proven slower; 1 proven faster: a -48.5%"


def test_three_samples_prove_nothing_but_warn() -> None:
    verdict = judged(evidence({"a": [2.0, 2.1, 2.2]}, {"a": [1.0, 1.1, 1.2]}), NO_SLOWER)
    assert verdict.status is GateStatus.WARN
    assert verdict.criteria[0].reason == (
        "not proven slower: too few samples to prove anything (3 and 3 samples)"
    )


def test_a_proven_comparison_with_the_baseline_fails() -> None:
    verdict = judged(evidence({"a": slower(noisy(1), 1.3)}, {"a": noisy(2)}), NO_SLOWER)
    assert verdict.status is GateStatus.FAIL
    assert verdict.criteria[0].reason.startswith("proven slower: p = ")


def test_many_benchmarks_need_stronger_proof() -> None:
    base = {f"b{i}": [1.0 + i / 100 for i in range(5)] for i in range(10)}
    head = {**base, "b0": [2.0 + i / 100 for i in range(5)]}
    one = measured({"b0": head["b0"]}, base).measures.plain["regression"].value
    ten = measured(head, base).measures.plain["regression"].value
    assert one is not None
    assert one > 90
    assert ten == 0  # p = 1/252 is below 0.01 and not below 0.001
    assert status({"b0": head["b0"]}, base, NO_SLOWER) is GateStatus.FAIL
    assert status(head, base, NO_SLOWER) is GateStatus.WARN


@pytest.mark.slow
def test_false_alarms_are_rare() -> None:
    alarms = 0
    for run in range(30):
        base = {f"b{i}": noisy(run * 100 + i, 20) for i in range(5)}
        head = {f"b{i}": noisy(run * 100 + 50 + i, 20) for i in range(5)}
        alarms += measured(head, base).measures.plain["regression"].value != 0
    assert alarms <= 2  # 1 % expected; three or more have a chance of 0.3 %


def test_thirty_samples_find_a_slowdown_of_thirty_per_cent() -> None:
    missed = [
        seed
        for seed in range(15)
        if status({"a": slower(noisy(seed), 1.3)}, {"a": noisy(seed + 1000)}, "regression <= 10%")
        is not GateStatus.FAIL
    ]
    assert not missed


samples = st.lists(st.floats(1e-6, 10), min_size=1, max_size=12)
CRITERIA = ("regression <= 10%", NO_SLOWER, "p95 <= baseline + 10%", "p50 <= 1s", "mean <= baseline")


@given(samples, samples, samples, st.floats(1, 5), st.sampled_from(CRITERIA))
@settings(max_examples=at_most(200))
def test_a_slower_run_never_gives_a_better_status(
    a: list[float], b: list[float], other: list[float], factor: float, criterion: str
) -> None:
    base = {"a": a, "other": other}
    before = status({"a": b, "other": other}, base, criterion)
    after = status({"a": slower(b, factor), "other": other}, base, criterion)
    assert GATE_ORDER.index(after) >= GATE_ORDER.index(before)


@given(samples, samples, st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_matter(a: list[float], b: list[float], rng: random.Random) -> None:
    there = measured({"a": a}, {"a": b})
    shuffled = measured({"a": rng.sample(a, len(a))}, {"a": rng.sample(b, len(b))})
    assert there.measures.plain["regression"] == shuffled.measures.plain["regression"]
    assert (there.summary, there.tables) == (shuffled.summary, shuffled.tables)


absurd = st.lists(
    st.just(0.0) | st.sampled_from((LEAST, MOST)) | st.floats(LEAST, MOST), min_size=1, max_size=5
)


@given(absurd, absurd)
def test_absurd_samples_are_judged_too(a: list[float], b: list[float]) -> None:
    assert judged(evidence({"a": a}, {"a": b}), *CRITERIA).status in GateStatus


# --- what is said beside ------------------------------------------------------------------------


def test_benchmarks_that_disappeared_are_named() -> None:
    result = measured({"a": [1.0]}, {"a": [1.0], "b": [1.0], "c": [1.0]})
    assert result.summary == "1 benchmark; none proven slower; 2 of the baseline did not run: b, c"
    assert result.tables[1].rows == (("b",), ("c",))


def test_many_that_disappeared_are_counted() -> None:
    gone = {f"old{i:02}": [1.0] for i in range(12)}
    result = measured({"a": [1.0]}, gone)
    assert result.summary == "1 benchmark; 12 of the baseline did not run: old00, old01, old02 and 9 more"
    assert (len(result.tables[1].rows), result.tables[1].more) == (10, 2)


def test_another_machine_is_said() -> None:
    result = measured({"a": [1.0]}, {"a": [1.0]}, base_machine="laptop")
    assert result.summary.endswith("; the baseline is of another machine")


def test_the_table_shows_the_worst_first() -> None:
    base = {"a": noisy(1), "b": noisy(2), "c": noisy(3, scale=1.0)}
    head = {"a": slower(noisy(4), 1.2), "b": slower(noisy(5), 2), "c": noisy(6, scale=1.0), "d": [0.001]}
    table = measured(head, base).tables[0]
    assert [row[0] for row in table.rows] == ["b", "a", "c", "d"]
    assert [row[-1] for row in table.rows[2:]] == ["not proven slower: p = 0.19, not below 0.01", "new"]
    assert all(len(row) == len(table.columns) == len(table.align) for row in table.rows)


def test_without_a_baseline_the_table_has_no_empty_columns() -> None:
    table = measured({"a": [0.5], "b": [2.0]}).tables[0]
    assert table.columns == ("Benchmark", "p50", "p95")
    assert table.rows == (("b", "2s", "2s"), ("a", "500ms", "500ms"))


def test_sources_are_both_files() -> None:
    assert [s.path for s in measured({"a": [1.0]}, {"a": [1.0]}).sources] == ["bench.json", "baseline.json"]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("tests/test_a.py::test_b[1-x]", "pytest 'tests/test_a.py::test_b[1-x]' --benchmark-only"),
        ("it's", "pytest -k 'it'\\''s' --benchmark-only"),
        ("$(rm -rf .)", "pytest -k '$(rm -rf .)' --benchmark-only"),
    ],
)
def test_a_command_to_copy_is_quoted(name: str, command: str) -> None:
    remedies = GATE.measure(evidence({name: [1.0]}), context("p95 <= 1s")).remedies
    assert remedies["p95"][0].endswith(f"profile it: {command}")


def test_where_each_benchmark_is_compared_the_remedy_names_what_got_slower() -> None:
    base = {"fast": noisy(1), "slow": noisy(2, scale=1.0)}
    head = {"fast": slower(noisy(3), 2), "slow": noisy(4, scale=1.0)}
    (remedy,) = judged(evidence(head, base), NO_SLOWER).remedies
    assert remedy.startswith("fast is slower by ")


# --- slower, and not proven ---------------------------------------------------------------------

NO_REGRESSION = "regression <= 10%"


def paired(factor: float, size: int, seed: int = 1) -> Evidence:
    base = noisy(seed, size)
    head = [factor * x * y for x, y in zip(base, NormalDist(1, 0.02).samples(size, seed=seed), strict=True)]
    benchmark = Benchmark("a", samples=tuple(head), base=tuple(base))
    return Evidence(benchmarks=(BenchmarksRecord(Source("b.json", "x"), {"a": benchmark}, paired=True),))


@pytest.mark.parametrize(
    ("factor", "size", "expected"),
    [
        (1.3, 20, GateStatus.FAIL),
        (1.3, 4, GateStatus.WARN),  # nothing can be proven, and it looks like more than 10 %
        (1.06, 4, GateStatus.PASS),  # not proven, and within the bound anyway
        (1.06, 20, GateStatus.PASS),
        (1.0, 20, GateStatus.PASS),
        (0.7, 20, GateStatus.PASS),
    ],
)
def test_the_verdicts_of_pairs(factor: float, size: int, expected: GateStatus) -> None:
    assert judged(paired(factor, size), NO_REGRESSION).status is expected
    assert judged(paired(factor, size), 'benchmark["*"].regression <= 10%').status is expected


def test_a_warning_says_why_and_what_to_do() -> None:
    verdict = judged(paired(1.3, 4), NO_REGRESSION)
    assert verdict.criteria[0].reason == "a: not proven slower: too few pairs to prove anything"
    assert "measure base and change side by side" in verdict.remedies[0]


def test_pairs_are_their_own_baseline() -> None:
    assert judged(paired(1.3, 20), NO_SLOWER).status is GateStatus.FAIL
    assert judged(paired(1.3, 20), NO_SLOWER).criteria[0].reason.endswith("(20 pairs)")
    assert judged(paired(1.0, 20), NO_SLOWER).status is GateStatus.PASS


def test_the_table_shows_interval_samples_and_why() -> None:
    (row,) = GATE.measure(paired(1.3, 20), context()).tables[0].rows
    assert row[3].startswith("+")
    assert " to +" in row[4]
    assert row[5:] == ("20 pairs", "proven slower: p = 2.7e-06")


def test_a_benchmark_that_disappeared_warns() -> None:
    verdict = judged(evidence({"a": noisy(1)}, {"a": noisy(2), "b": noisy(3)}), NO_REGRESSION)
    assert verdict.status is GateStatus.WARN
    assert verdict.criteria[0].reason == "1 benchmark of the baseline did not run: b"


def test_so_does_one_that_the_file_itself_says_was_removed() -> None:
    (record_,) = paired(1.0, 20).benchmarks
    without = Evidence(benchmarks=(replace(record_, removed=("old",)),))
    assert judged(without, NO_REGRESSION).criteria[0].reason == "1 benchmark of the baseline did not run: old"


def test_so_do_all_of_them_together_where_nothing_is_left_to_compare() -> None:
    renamed = Evidence(benchmarks=(replace(record({"new": noisy(1)}), removed=("old",)),))
    verdict = judged(renamed, NO_REGRESSION)
    assert verdict.status is GateStatus.WARN
    assert (verdict.criteria[0].reason or "").startswith("1 benchmark of the baseline did not run: old")


def test_a_new_benchmark_does_not() -> None:
    verdict = judged(evidence({"a": noisy(1), "new": noisy(2)}, {"a": noisy(3)}), NO_REGRESSION)
    assert verdict.status is GateStatus.PASS


def test_samples_without_a_base_in_another_file_hide_no_proven_slowdown() -> None:
    both = Evidence(benchmarks=(*paired(1.3, 20).benchmarks, record({"a": noisy(2)})))
    verdict = judged(both, NO_REGRESSION)
    assert verdict.status is GateStatus.FAIL
    assert verdict.tables[0].rows[0][5] == "20 pairs"


def test_samples_without_a_base_count_beside_pairs_for_absolute_bounds() -> None:
    both = Evidence(benchmarks=(record({"a": [9.0] * 9}), *paired(1.0, 20).benchmarks))
    assert judged(both, "p95 <= 5s").status is GateStatus.FAIL


def test_memory_is_compared_in_pairs_too() -> None:
    (record_,) = paired(1.0, 20).benchmarks
    before = tuple(1e6 + 100 * i for i in range(20))
    grown = replace(record_.benchmarks["a"], memory=tuple(1.3 * x for x in before), base_memory=before)
    verdict = judged(
        Evidence(benchmarks=(replace(record_, benchmarks={"a": grown}),)), "memory <= baseline + 10%"
    )
    assert verdict.status is GateStatus.FAIL
    assert verdict.criteria[0].reason == "proven larger: p = 2.7e-06 (20 pairs)"


def test_what_a_tool_states_is_judged_as_it_is() -> None:
    load = Benchmark("home", stated={"p95": 0.3, "throughput": 120.0, "error_rate": 2.5})
    there = Evidence(benchmarks=(BenchmarksRecord(Source("k6.json", "k6"), {"home": load}),))
    assert judged(there, "p95 <= 500ms", "throughput >= 100/s", "error_rate <= 5%").status is GateStatus.PASS
    assert judged(there, 'benchmark["home"].throughput >= 200/s').status is GateStatus.FAIL
