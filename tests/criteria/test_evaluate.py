"""Judging criteria: exact, worst item first, and honest about what is missing."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.aggregation import gate_status
from sluicegate.core.model import Absence, CriterionResult, Measure
from sluicegate.core.statuses import GATE_ORDER, CriterionStatus, GateStatus, Otherwise
from sluicegate.criteria import Measures, Proof, Reference, evaluate
from support.criteria import baseline, criterion, items, measure, plain

PASS, WARN, FAIL, SKIPPED, UNKNOWN = (
    CriterionStatus.PASS,
    CriterionStatus.WARN,
    CriterionStatus.FAIL,
    CriterionStatus.SKIPPED,
    CriterionStatus.UNKNOWN,
)


def status(
    text: str, measures: Measures, references: Mapping[str, Reference] | None = None
) -> CriterionStatus:
    return evaluate(criterion(text), measures, references).status


# --- absolute bounds ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("total >= 80%", "80", PASS),
        ("total >= 80%", "79.999999", FAIL),
        ("total > 80%", "80", FAIL),
        ("total > 80%", "80.000001", PASS),
        ("total < 80%", "80", FAIL),
        ("total <= 80%", "80", PASS),
        ("total <= 80%", "80.000001", FAIL),
        ("total == 80%", "80", PASS),
        ("total == 80%", "79.999999", FAIL),
        ("total != 80%", "79.999999", PASS),
        ("total != 80%", "80", FAIL),
    ],
)
def test_comparison_is_exact(text: str, value: str, expected: CriterionStatus) -> None:
    assert status(text, plain(total=value)) is expected


def test_two_thirds_are_not_66_67_per_cent() -> None:
    assert status("total >= 66.67%", plain(total=Fraction(200, 3))) is FAIL
    assert status("total >= 66.666666%", plain(total=Fraction(200, 3))) is PASS


def test_units_are_converted() -> None:
    assert status("p95 <= 500ms", plain(p95="0.5")) is PASS
    assert status("size <= 1KiB", plain(size=1025)) is FAIL


def test_an_advisory_criterion_warns() -> None:
    assert evaluate(criterion("total >= 80%", Otherwise.WARN), plain(total=1)).status is WARN


def test_the_result_carries_what_a_report_needs() -> None:
    measures = Measures({"total": measure("total", Fraction(1568, 20), of=(1568, 2000))})
    result = evaluate(criterion("total>=80%"), measures)
    assert result == CriterionResult(
        "total >= 80%", "total >= 80%", FAIL, actual=Fraction(1568, 20), unit="%", of=(1568, 2000)
    )


# --- references ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "base", "expected"),
    [
        ("total >= baseline", "81", "81", PASS),
        ("total >= baseline", "80.999999", "81", FAIL),
        ("total >= baseline - 0.5pp", "80.5", "81", PASS),
        ("total >= baseline - 0.5pp", "80.499999", "81", FAIL),
        ("error_rate <= baseline + 0.5pp", "1.5", "1", PASS),
        ("p95 <= baseline + 10%", "0.110", "0.1", PASS),
        ("p95 <= baseline + 10%", "0.110001", "0.1", FAIL),
        ("p95 <= baseline + 20ms", "0.120", "0.1", PASS),
        ("p95 <= baseline + 20ms", "0.120001", "0.1", FAIL),
        ("tests >= baseline - 3", "97", "100", PASS),
        ("tests >= baseline - 3", "96", "100", FAIL),
        ("tests >= baseline - 5%", "95", "100", PASS),
        ("high <= baseline + 10%", "0", "0", PASS),
        ("high <= baseline + 10%", "1", "0", FAIL),
    ],
)
def test_bounds_move_with_the_reference(text: str, value: str, base: str, expected: CriterionStatus) -> None:
    name = text.split(maxsplit=1)[0]
    result = evaluate(criterion(text), plain(**{name: value}), baseline(plain(**{name: base})))
    assert result.status is expected
    assert result.baseline == Fraction(base)


def test_nothing_recorded_yet_is_skipped() -> None:
    result = evaluate(criterion("total >= baseline"), plain(total=1))
    assert (result.status, result.reason) == (SKIPPED, "no baseline recorded yet")


def test_a_reference_that_could_not_be_read_is_unknown() -> None:
    lost = {"baseline": Reference(absence=Absence.NOT_MEASURED, reason="the ledger is damaged")}
    result = evaluate(criterion("total >= baseline"), plain(total=1), lost)
    assert (result.status, result.reason) == (UNKNOWN, "the ledger is damaged")


def test_a_measure_that_the_reference_does_not_know_is_skipped() -> None:
    result = evaluate(criterion("total >= baseline"), plain(total=1), baseline(plain()))
    assert (result.status, result.reason) == (SKIPPED, "not in the baseline")


def test_a_measure_that_the_reference_could_not_take_is_unknown() -> None:
    result = evaluate(criterion("total >= baseline"), plain(total=1), baseline(plain(total=None)))
    assert (result.status, result.reason) == (UNKNOWN, "not measured in the baseline")


def test_an_absolute_bound_needs_no_reference() -> None:
    lost = {"baseline": Reference(absence=Absence.NOT_MEASURED, reason="damaged")}
    assert status("total >= 80%", plain(total=80), lost) is PASS


# --- what is missing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measures", "expected", "reason"),
    [
        (plain(), UNKNOWN, "total was not measured"),
        (plain(total=None), UNKNOWN, "total was not measured"),
        (
            Measures({"total": measure("total", None, reason="no data")}),
            UNKNOWN,
            "no data",
        ),
        (
            Measures(
                {"total": measure("total", None, absence=Absence.NOT_APPLICABLE, reason="no changed lines")}
            ),
            SKIPPED,
            "no changed lines",
        ),
    ],
)
def test_what_was_not_measured_never_passes(
    measures: Measures, expected: CriterionStatus, reason: str
) -> None:
    for text in ("total >= 0%", "total >= baseline - 100pp", "total != 1%"):
        result = evaluate(criterion(text), measures, baseline(plain(total=0)))
        assert (result.status, result.reason, result.actual) == (expected, reason, None)


# --- selectors ----------------------------------------------------------------------------------

FILES = 'file["src/**"].line >= 50%'


def test_every_item_that_matches_must_satisfy() -> None:
    good = items("file", "line", {"src/a.py": 50, "src/b/c.py": 90, "other.py": 0})
    assert status(FILES, good) is PASS
    assert status(FILES, items("file", "line", {"src/a.py": 50, "src/b.py": "49.9"})) is FAIL


def test_the_worst_item_is_shown() -> None:
    result = evaluate(
        criterion(FILES), items("file", "line", {"src/a.py": 20, "src/b.py": 10, "src/c.py": 90})
    )
    assert (result.subject, result.actual) == ("src/b.py", Fraction(10))
    assert result.reason == "2 of 3 items"


def test_the_worst_item_is_the_highest_where_low_is_asked_for() -> None:
    result = evaluate(
        criterion('benchmark["*"].p95 <= 1s'), items("benchmark", "p95", {"a": 3, "b": 5, "c": 2})
    )
    assert result.subject == "b"


def test_the_worst_item_is_measured_by_its_own_reference() -> None:
    head = items("benchmark", "p95", {"slow": "10", "fast": "0.003"})
    base = baseline(items("benchmark", "p95", {"slow": "8", "fast": "0.001"}))
    relative = evaluate(criterion('benchmark["*"].p95 <= baseline + 10%'), head, base)
    absolute = evaluate(criterion('benchmark["*"].p95 <= baseline + 1ms'), head, base)
    assert (relative.subject, absolute.subject) == ("fast", "slow")


def test_an_item_whose_reference_is_zero_is_the_worst_of_all_ratios() -> None:
    head = items("benchmark", "p95", {"from_zero": "0.001", "fast": 3})
    base = baseline(items("benchmark", "p95", {"from_zero": 0, "fast": 1}))
    result = evaluate(criterion('benchmark["*"].p95 <= baseline + 10%'), head, base)
    assert result.subject == "from_zero"


def test_nothing_that_matches_is_skipped() -> None:
    result = evaluate(criterion(FILES), items("file", "line", {"a.py": 1}))
    assert (result.status, result.reason) == (SKIPPED, 'nothing matched file["src/**"]')


def test_items_without_a_reference_are_left_out() -> None:
    head = items("benchmark", "p95", {"new": 100, "old": 1})
    base = baseline(items("benchmark", "p95", {"old": 1}))
    result = evaluate(criterion('benchmark["*"].p95 <= baseline'), head, base)
    assert (result.status, result.subject) == (PASS, "old")


def test_an_item_that_could_not_be_measured_is_named() -> None:
    result = evaluate(criterion(FILES), items("file", "line", {"src/a.py": 90, "src/b.py": None}))
    assert (result.status, result.subject) == (UNKNOWN, "src/b.py")
    assert result.reason == "1 of 2 items; line was not measured"


def test_a_failing_item_does_not_hide_one_that_could_not_be_measured() -> None:
    result = evaluate(criterion(FILES), items("file", "line", {"src/a.py": 1, "src/b.py": None}))
    assert (result.status, result.subject, result.incomplete) == (FAIL, "src/a.py", True)
    assert result.reason == "1 of 2 items; 1 could not be measured"
    assert gate_status([result], required=True, failed=False) is GateStatus.ERROR
    assert gate_status([result], required=False, failed=False) is GateStatus.FAIL


# --- proof --------------------------------------------------------------------------------------


def sampled(name: str, value: str | int) -> Measures:
    return Measures({name: measure(name, value, samples=(1.0, 2.0))})


class CountingProof:
    """A proof of a fixed outcome that counts how often it was asked for."""

    def __init__(self, proven: bool) -> None:
        self.proven, self.asked = proven, 0

    def __call__(self, measure: Measure, reference: Measure) -> Proof:
        self.asked += 1
        return Proof(self.proven, "p = 0.2")


def judged(text: str, value: int, base: int, *, proven: bool, samples: bool = True) -> CriterionResult:
    name = text.split(maxsplit=1)[0]
    head = sampled(name, value) if samples else plain(**{name: value})
    return evaluate(criterion(text), head, baseline(sampled(name, base)), CountingProof(proven))


def test_a_violation_that_is_not_proven_only_warns() -> None:
    result = judged("p95 <= baseline + 10%", 120, 100, proven=False)
    assert (result.status, result.reason) == (WARN, "p = 0.2")


def test_a_proven_violation_fails() -> None:
    result = judged("p95 <= baseline + 10%", 120, 100, proven=True)
    assert (result.status, result.reason) == (FAIL, "p = 0.2")


def test_without_samples_the_numbers_decide() -> None:
    assert judged("p95 <= baseline + 10%", 120, 100, proven=False, samples=False).status is FAIL


def test_a_satisfied_comparison_needs_no_proof() -> None:
    proof = CountingProof(False)
    evaluate(criterion("p95 <= baseline"), sampled("p95", 1), baseline(sampled("p95", 1)), proof)
    assert proof.asked == 0


def test_an_absolute_bound_needs_no_proof() -> None:
    proof = CountingProof(False)
    assert evaluate(criterion("p95 <= 1ms"), sampled("p95", 1), {}, proof).status is FAIL
    assert proof.asked == 0


@pytest.mark.parametrize(
    "text", ["p95 <= baseline - 10%", "p95 < baseline", "p95 >= baseline + 10%", "p95 == baseline - 1s"]
)
def test_a_demanded_change_has_to_be_shown(text: str) -> None:
    assert judged(text, 100, 100, proven=False).status is FAIL


def test_a_change_in_the_good_direction_needs_no_proof_of_getting_worse() -> None:
    assert judged("p95 >= baseline - 10%", 50, 100, proven=False).status is FAIL


def test_where_higher_is_better_less_needs_a_proof() -> None:
    assert judged("throughput >= baseline - 10%", 50, 100, proven=False).status is WARN
    assert judged("throughput >= baseline - 10%", 50, 100, proven=True).status is FAIL


# --- monotone -----------------------------------------------------------------------------------

values = st.fractions(min_value=0, max_value=200, max_denominator=1000)
RISING = ("total >= 80%", "total > 80%", "total >= baseline - 1pp", "throughput >= baseline - 10%")
FALLING = (
    "p95 <= 80s",
    "p95 < 80s",
    "p95 <= baseline + 10%",
    "error_rate <= baseline + 1pp",
    "p95 < baseline",
)
ORDER = (SKIPPED, PASS, WARN, UNKNOWN, FAIL)


@given(st.sampled_from(RISING + FALLING), values, values, values, st.booleans())
def test_a_worse_measure_never_gives_a_better_status(
    text: str, a: Fraction, b: Fraction, base: Fraction, proven: bool
) -> None:
    name = text.split(maxsplit=1)[0]
    worse, better = (min(a, b), max(a, b)) if text in RISING else (max(a, b), min(a, b))
    reference = baseline(Measures({name: measure(name, base, samples=(1.0,))}))

    def rank(value: Fraction) -> int:
        head = Measures({name: measure(name, value, samples=(1.0,))})
        return ORDER.index(evaluate(criterion(text), head, reference, CountingProof(proven)).status)

    assert rank(worse) >= rank(better)


@given(st.sampled_from(("total == 80%", "total != 80%", *RISING[:2])), values)
def test_the_operators_are_those_of_arithmetic(text: str, value: Fraction) -> None:
    op = text.split()[1]
    expected = {"==": value == 80, "!=": value != 80, ">=": value >= 80, ">": value > 80}[op]
    assert (status(text, plain(total=value)) is PASS) is expected


file_values = st.dictionaries(
    st.sampled_from(["src/a", "src/b", "src/c"]), st.one_of(st.none(), values), max_size=3
)


@given(file_values, st.sampled_from(["src/a", "src/d"]), st.one_of(st.none(), values), st.booleans())
def test_one_more_item_never_improves_the_gate(
    files: dict[str, Fraction | None], name: str, value: Fraction | None, required: bool
) -> None:
    def rank(values: Mapping[str, Fraction | None]) -> int:
        result = evaluate(criterion(FILES), items("file", "line", values))
        return GATE_ORDER.index(gate_status([result], required=required, failed=False))

    assert rank({**files, name + "/new": value}) >= rank(files)


@given(file_values)
def test_a_selector_is_as_strict_as_its_items_one_by_one(files: dict[str, Fraction | None]) -> None:
    result = evaluate(criterion(FILES), items("file", "line", files))
    single = [evaluate(criterion(FILES), items("file", "line", {k: v})).status for k, v in files.items()]
    assert result.status is max(single, key=ORDER.index, default=SKIPPED)


# --- values in doubt ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "suspected", "status"), [(0, 15, WARN), (0, 5, PASS), (0, None, WARN), (12, 15, FAIL)]
)
def test_a_value_in_doubt_only_warns(value: int, suspected: int | None, status: CriterionStatus) -> None:
    worse = None if suspected is None else Fraction(suspected)
    doubted = measure("error_rate", value, doubt="not proven", suspected=worse)
    result = evaluate(criterion("error_rate <= 10%"), Measures({"error_rate": doubted}))
    assert result.status is status
    assert (result.reason == "not proven") == (status is WARN)


# --- one of several -----------------------------------------------------------------------------

EITHER = "total >= 80% or p95 <= 5s"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"total": 90, "p95": 9}, PASS),
        ({"total": 10, "p95": 1}, PASS),
        ({"total": 90}, PASS),
        ({"total": 10, "p95": 9}, FAIL),
        ({"total": 10}, FAIL),
        ({}, UNKNOWN),
    ],
)
def test_one_of_several_comparisons_is_enough(values: dict[str, int], expected: CriterionStatus) -> None:
    assert status(EITHER, plain(**values)) is expected


@pytest.mark.parametrize(("total", "expected"), [(90, PASS), (10, FAIL), (None, UNKNOWN)])
def test_a_skipped_comparison_decides_nothing(total: int | None, expected: CriterionStatus) -> None:
    assert status("total >= 80% or p95 <= baseline", plain(total=total, p95=1)) is expected


def test_it_is_skipped_when_all_are() -> None:
    assert status("total >= baseline or p95 <= baseline", plain(total=1, p95=1)) is SKIPPED


def test_it_warns_when_it_is_advisory() -> None:
    assert evaluate(criterion(EITHER, Otherwise.WARN), plain(total=1, p95=9)).status is WARN


def test_it_shows_the_comparison_that_is_nearest_to_its_bound() -> None:
    result = evaluate(criterion(EITHER), plain(total=79, p95=50))
    assert (result.expect, str(result.actual), result.unit) == (EITHER, "79", "%")
    assert [part.expect for part in result.parts] == ["total >= 80%", "p95 <= 5s"]


def test_it_shows_the_comparison_that_decides() -> None:
    result = evaluate(criterion(EITHER), plain(total=79, p95=1))
    assert (str(result.actual), result.shown.expect) == ("1", "p95 <= 5s")


@pytest.mark.parametrize(("total", "said"), [(10, True), (90, False), (None, False)])
def test_a_failure_says_which_other_comparison_is_not_known(total: int | None, said: bool) -> None:
    reason = evaluate(criterion("total >= 80% or p95 <= 5s"), plain(total=total)).reason
    assert ("p95 <= 5s is not known: " in reason) is said


PARTS = st.lists(
    st.sampled_from(["total >= 80%", "p95 <= 5s", "total >= baseline", "p95 <= baseline"]),
    min_size=2,
    max_size=4,
)


@given(PARTS, values, values, st.booleans(), st.sets(st.sampled_from(["total", "p95", "baseline"])))
def test_what_gets_lost_never_helps(
    parts: list[str], total: Fraction, p95: Fraction, has_baseline: bool, lost: set[str]
) -> None:
    measured = {"total": total, "p95": p95}
    before = baseline(plain(total=50, p95=50)) if has_baseline else {}
    gone = {"baseline": Reference(absence=Absence.NOT_MEASURED, reason="unreachable")}

    def of(measures: dict[str, Fraction], references: Mapping[str, Reference]) -> GateStatus:
        result = evaluate(criterion(" or ".join(parts)), plain(**measures), references)
        return gate_status([result], required=True, failed=False)

    full = of(measured, before)
    less = of(
        {name: value for name, value in measured.items() if name not in lost},
        gone if "baseline" in lost else before,
    )
    assert GATE_ORDER.index(less) >= GATE_ORDER.index(full)
