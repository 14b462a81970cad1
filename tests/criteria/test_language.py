"""The criteria language: what parses, what does not and what the error then says."""

import re
from fractions import Fraction
from operator import eq, ge, gt, le, lt

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sluicegate.core.errors import CriterionError
from sluicegate.core.model import Better
from sluicegate.core.statuses import Otherwise
from sluicegate.core.units import UNITS
from sluicegate.criteria import (
    Absolute,
    Criterion,
    MeasureSpec,
    Relative,
    Vocabulary,
    explain,
    nearest,
    parse,
)
from sluicegate.criteria.language import Selector
from support.criteria import VOCABULARY, criterion
from support.speed import soon

# --- what parses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "measure", "op", "value"),
    [
        ("total >= 80%", "total", ">=", "80"),
        ("patch.line > 79.999999%", "patch.line", ">", "79.999999"),
        ("high == 0", "high", "==", "0"),
        ("tests != -3", "tests", "!=", "-3"),
        ("p95 <= 500ms", "p95", "<=", "1/2"),
        ("p95 < 20 µs", "p95", "<", "1/50000"),
        ("p95 < 20 μs", "p95", "<", "1/50000"),  # Greek mu instead of the micro sign
        ("size <= 250KiB", "size", "<=", "256000"),
        ("throughput >= 90/min", "throughput", ">=", "3/2"),
    ],
)
def test_absolute_bounds(text: str, measure: str, op: str, value: str) -> None:
    parsed = criterion(text)
    assert (parsed.measure.name, parsed.op) == (measure, op)
    assert isinstance(parsed.bound, Absolute)
    assert parsed.bound.value == Fraction(value)


@pytest.mark.parametrize(
    ("text", "reference", "offset", "proportional"),
    [
        ("total >= baseline", "baseline", "0", False),
        ("total >= baseline - 0.5pp", "baseline", "-1/2", False),
        ("error_rate <= control + 0.5pp", "control", "1/2", False),
        ("p95 <= baseline + 10%", "baseline", "10", True),
        ("p95 <= baseline - 10%", "baseline", "-10", True),
        ("p95 <= baseline + 20ms", "baseline", "1/50", False),
        ("tests >= baseline - 3", "baseline", "-3", False),
        ("tests >= baseline - 5%", "baseline", "-5", True),
        ("error_rate <= control * 1.2", "control", "20", True),
        ("total >= baseline * 0.99", "baseline", "-1", True),
    ],
)
def test_references(text: str, reference: str, offset: str, proportional: bool) -> None:
    bound = criterion(text).bound
    assert isinstance(bound, Relative)
    assert (bound.reference, bound.offset, bound.proportional) == (reference, Fraction(offset), proportional)


def test_a_selector() -> None:
    parsed = criterion("file['src/**'].line >= 50%")
    assert parsed.selector == Selector("file", "src/**")
    assert parsed.expect == 'file["src/**"].line >= 50%'


def test_a_criterion_is_named_by_its_text_or_as_told() -> None:
    assert criterion("total>=80%").id == "total >= 80%"
    assert parse("total >= 80%", VOCABULARY, name="floor").id == "floor"


@pytest.mark.parametrize(("value", "bound"), [("200", "220"), ("0", "0"), ("-200", "-180")])
def test_ten_per_cent_more_is_more_for_negative_values_too(value: str, bound: str) -> None:
    relative = criterion("p95 <= baseline + 10%").bound
    assert isinstance(relative, Relative)
    assert relative.applied(Fraction(value)) == Fraction(bound)


# --- what does not, and what is then said -------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ("", "'' is not a criterion", "Write it as MEASURE OP BOUND, for example 'total >= 80%'."),
        ("total", "'total' is not a criterion", "Write it as MEASURE OP BOUND"),
        ("total >=", "'total >=' is not a criterion", "Write it as MEASURE OP BOUND"),
        (">= 80%", "'>= 80%' is not a criterion", "Write it as MEASURE OP BOUND"),
        ("80% <= total", "'80% <= total' is not a criterion", "Write it as MEASURE OP BOUND"),
        ("x" * 301, f"'{'x' * 79}…' is not a criterion", "Write it as MEASURE OP BOUND"),
        ("total\x1b[2J >= 1%", "'total\\x1b[2J >= 1%' is not a criterion", "Write it as MEASURE OP"),
        ("total = 80%", "'=' is not an operator in 'total = 80%'", "Perhaps you meant '=='."),
        ("total => 80%", "'=>' is not an operator in 'total => 80%'", "Perhaps you meant '>='."),
        ("p95 =< 1s", "'=<' is not an operator in 'p95 =< 1s'", "Perhaps you meant '<='."),
        ("total === 80%", "'= 80%' is not a number", "Write it as 80%, 500ms, 250KiB or 10."),
        ("total >= 80,5%", "'80,5%' is not a number", "Write it as 80%, 500ms, 250KiB or 10."),
        ("total >= .5%", "'.5%' is not a number", "Write it as 80%"),
        ("total >= 1e3%", "'1e3%' is not a number", "Write it as 80%"),
        ("total >= +5%", "'+5%' is not a number", "Write it as 80%"),
        ("total >= ٨٠%", "'٨٠%' is not a number", "Write it as 80%"),
        ("p95 <= baseline / 2", "'baseline / 2' is not a number", "Write it as 80%"),
        ("p95 <= baseline * 2s", "'2s' is not a factor", "Write a number above 0 without a unit: 'baseline"),
        ("p95 <= baseline * 0", "'0' is not a factor", "Write a number above 0 without a unit: 'baseline"),
        ("p95 <= baseline * -1", "'-1' is not a factor", "Write a number above 0 without a unit: 'baseline"),
        ("p95 <= baseline +", "'baseline +' is not a number", "Write it as 80%"),
        ("p95 <= 5 \x1bms", "unknown unit '\\x1bms' in '5 \\x1bms'", "Perhaps you meant 'ms'."),
        ("totl >= 80%", "unknown measure 'totl'", "Perhaps you meant 'total'. Measures: error_rate, high,"),
        ("zzz >= 80%", "unknown measure 'zzz'", "Measures: error_rate, high,"),
        ('file["a"].lin >= 1%', "unknown measure 'lin' behind file[\"a\"]", "Perhaps you meant 'line'."),
        ('fil["a"].line >= 1%', "unknown selector 'fil[…]'", "Selectors of this gate: benchmark, file."),
        ("total >= 80", "'total' is a percentage, and '80' has no unit", "Write '80%'."),
        (
            "total >= 0.825",
            "'total' is a percentage, and '0.825' has no unit",
            "Perhaps you meant '82.5%', else",
        ),
        (
            "total >= 1",
            "'total' is a percentage, and '1' has no unit",
            "Perhaps you meant '100%', else write",
        ),
        ("total > 0", "'total' is a percentage, and '0' has no unit", "Write '0%'."),
        ("total > -0.5", "'total' is a percentage, and '-0.5' has no unit", "Write '-0.5%'."),
        ("total >= 80pp", "'total' is a percentage, and '80pp' is not", "Units that fit: %; for ex"),
        ("tests >= 80%", "'tests' is a count, and '80%' is not", "Write a number without a unit"),
        ("p95 <= 10", "'p95' is a time, and '10' is not", "Units that fit: ns, us, µs, ms, s, min, h; for"),
        ("size <= 10ms", "'size' is a size, and '10ms' is not", "Units that fit: B, kB, KiB, MB, MiB"),
        ("throughput >= 3s", "'throughput' is a rate, and '3s' is not", "Units that fit: /s, /min"),
        ("p95 <= 5MS", "unknown unit 'MS' in '5MS'", "Perhaps you meant 'ms'."),
        ("size <= 5KB", "unknown unit 'KB' in '5KB'", "Perhaps you meant 'kB'."),
        ("p95 <= 5 parsecs", "unknown unit 'parsecs' in '5 parsecs'", "Units: %, pp, ns,"),
        ("p95 <= basline", "unknown reference 'basline'", "Perhaps you meant 'baseline'."),
        ("p95 <= yesterday", "unknown reference 'yesterday'", "References: baseline, control."),
        (
            "total >= baseline - 1%",
            "a relative '1%' on 'total', itself a percentage, could be read two ways",
            "Write 'baseline - 1pp' for",
        ),
        ("total >= baseline - 1", "the offset '1' has no unit", "Write 'baseline - 1pp' for"),
        ("p95 <= baseline + 1pp", "'p95' is a time, and '1pp' is not", "Units that fit: ns"),
        ("p95 <= baseline + -10%", "offset '-10%' has two signs", "Write 'baseline + 10%'."),
        ("tests >= baseline - -0", "offset '-0' has two signs", "Write 'baseline - 0'."),
    ],
)
def test_errors_say_what_is_wrong_and_what_to_write(text: str, what: str, remedy: str) -> None:
    with pytest.raises(CriterionError) as caught:
        criterion(text)
    assert caught.value.what == what
    assert caught.value.remedy.startswith(remedy)


SHARE = Vocabulary({"share": MeasureSpec("share", "%", Better.HIGHER, share=True)})


@pytest.mark.parametrize(
    ("bound", "remedy"),
    [
        ("> 100%", "Perhaps you meant '>= 100%'."),
        ("< 0%", "Perhaps you meant '<= 0%'."),
        (">= 180%", "Write a bound such as '80%'."),
        ("<= -1%", "Write a bound such as '80%'."),
        ("== 100.1%", "Write a bound such as '80%'."),
        ("== -1%", "Write a bound such as '80%'."),
        (">= baseline + 101pp", "Write a smaller offset."),
        ("< control - 100pp", "Write a smaller offset."),
    ],
)
def test_a_bound_that_no_share_can_reach_is_an_error(bound: str, remedy: str) -> None:
    with pytest.raises(CriterionError) as caught:
        parse(f"share {bound}", SHARE)
    assert caught.value.what == f"'share' lies between 0% and 100%, so '{bound}' can never be satisfied"
    assert caught.value.remedy == remedy
    criterion(f"total {bound}")  # no share: it may grow beyond


@pytest.mark.parametrize(
    "bound",
    [">= 100%", "<= 0%", ">= 0%", "<= 180%", "!= 180%", "== 100%", ">= baseline + 100pp", "< baseline"],
)
def test_a_bound_that_a_share_can_reach_or_always_keeps_is_none(bound: str) -> None:
    assert parse(f"share {bound}", SHARE).expect == f"share {bound}"


@given(
    st.sampled_from([">=", ">", "<=", "<", "=="]),
    st.integers(-120, 220),
    st.sampled_from(["", "baseline + ", "baseline - "]),
)
def test_an_accepted_bound_is_kept_by_some_share(op: str, number: int, before: str) -> None:
    """Against a search through the whole percentages of a measure and of its reference."""
    assume(not before or number >= 0)
    text = f"{before}{number}{'pp' if before else '%'}"
    compare = {">=": ge, ">": gt, "<=": le, "<": lt, "==": eq}[op]
    whole = range(101)
    sign = -1 if "-" in before else 1
    bounds = [r + sign * number for r in whole] if before else [number]
    try:
        parse(f"share {op} {text}", SHARE)
        accepted = True
    except CriterionError:
        accepted = False
    assert accepted == any(compare(value, bound) for value in whole for bound in bounds)


@pytest.mark.parametrize(
    "text",
    [
        "total = 80%",
        "total => 80%",
        "p95 =< 1s",
        "total >= 80",
        "total >= baseline - 1%",
        "total >= baseline - 1",
        "p95 <= baseline + -10%",
        "size <= 5KB",
        "p95 <= basline",
    ],
)
def test_the_quoted_correction_leads_to_a_criterion(text: str) -> None:
    with pytest.raises(CriterionError) as caught:
        criterion(text)
    quoted = re.search("'([^']+)'", caught.value.remedy)
    assert quoted
    measure, op, bound = text.split(" ", 2)
    fix = quoted[1]
    candidates = (f"{measure} {fix} {bound}", f"{measure} {op} {fix}", f"{measure} {op} 5{fix}")
    assert any(_parses(candidate) for candidate in candidates)


def _attempt(text: str) -> Criterion | CriterionError:
    try:
        return criterion(text)
    except CriterionError as error:
        return error


def _parses(text: str) -> bool:
    return isinstance(_attempt(text), Criterion)


# --- properties ---------------------------------------------------------------------------------

numbers = st.tuples(st.integers(0, 10**6), st.sampled_from(["", ".5", ".125", ".000001"])).map(
    lambda t: f"{t[0]}{t[1]}"
)
spaces = st.text(" \t\n\u00a0", max_size=3)
OF_UNIT = {"%": "total", "": "tests", "s": "p95", "B": "size", "/s": "throughput"}


@st.composite
def token_lists(draw: st.DrawFn) -> list[str]:
    """The tokens of a well-formed criterion."""
    unit = draw(st.sampled_from([u for u in UNITS.values() if u.symbol != "pp"]))
    head = [OF_UNIT[unit.canonical], draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))]
    symbol = unit.symbol
    if draw(st.booleans()):
        head += [draw(st.sampled_from(["baseline", "control"])), draw(st.sampled_from(["+", "-"]))]
        symbol = "pp" if symbol == "%" else draw(st.sampled_from([symbol, "%"]))
    return [*head, draw(numbers), symbol]


@given(token_lists())
def test_the_normalised_text_parses_to_itself(tokens: list[str]) -> None:
    parsed = criterion("".join(tokens))
    assert criterion(parsed.expect) == parsed


@given(token_lists(), st.data())
def test_white_space_does_not_matter(tokens: list[str], data: st.DataObject) -> None:
    spaced = "".join(data.draw(spaces) + token for token in tokens) + data.draw(spaces)
    assert criterion(spaced) == criterion("".join(tokens))


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\"'"), max_size=40))
def test_any_glob_survives(glob: str) -> None:
    parsed = criterion(f'file["{glob}"].line >= 50%')
    assert parsed.selector == Selector("file", glob)
    assert criterion(parsed.expect) == parsed


@given(st.text())
@example("total >= 80%")
@example('file["' + "x" * 400)
def test_any_text_is_a_criterion_or_an_error(text: str) -> None:
    outcome = _attempt(text)
    if isinstance(outcome, CriterionError):
        assert outcome.what
        assert outcome.remedy
        assert "\n" not in str(outcome)


tokens_of_all_kinds = st.sampled_from([*'[].><=!+-1% "', "total", "p95", "file", "baseline", "ms"])


@given(st.lists(tokens_of_all_kinds, max_size=12).map("".join))
def test_any_mixture_of_tokens_is_a_criterion_or_an_error(text: str) -> None:
    outcome = _attempt(text)
    if isinstance(outcome, Criterion):
        assert criterion(outcome.expect) == outcome


@pytest.mark.parametrize(
    "text",
    [
        "a." * 149,
        "total >= " + " " * 290,
        " " * 300,
        "a" * 300,
        'file["' + "*" * 290,
        "total" + "=" * 290,
        "total >= " + "1" * 290,
        "total >= baseline" + " " * 200 + "+",
        "x[" * 140,
        "a-" * 150,
        "total >= 80%" * 10**6,
    ],
)
def test_pathological_text_ends_soon(text: str) -> None:
    with soon(0.2), pytest.raises(CriterionError):
        criterion(text)


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("total >= 80%", "'total' must be at least 80%"),
        ("p95 < 1.5s", "'p95' must be below 1.5s"),
        ("high == 0", "'high' must be exactly 0"),
        ("tests != 7", "'tests' must be anything but 7"),
        ("total >= baseline", "'total' must be at least that of the baseline"),
        (
            "total >= baseline - 0.0000001pp",
            "'total' must be at least that of the baseline minus 0.0000001 percentage points",
        ),
        (
            "total >= baseline - 1pp",
            "'total' must be at least that of the baseline minus 1 percentage point",
        ),
        ("p95 <= control + 10%", "'p95' must be at most that of the control plus 10%"),
        ("p95 <= baseline + 20ms", "'p95' must be at most that of the baseline plus 20ms"),
        (
            'file["src/**"].line > 50%',
            "'line' of every file that matches 'src/**' must be above 50%",
        ),
    ],
)
def test_a_criterion_is_explained(text: str, sentence: str) -> None:
    assert explain(criterion(text)) == f"{sentence}; otherwise the gate fails."


def test_an_advisory_criterion_only_warns() -> None:
    assert explain(criterion("total >= 80%", Otherwise.WARN)).endswith("; otherwise it warns.")


def test_nearest_prefers_silence_to_nonsense() -> None:
    assert nearest("pass_rat", ["pass_rate", "passed"]) == "pass_rate"
    assert nearest("zzz", ["pass_rate"]) == ""


# --- one of several ------------------------------------------------------------------------------


def test_several_comparisons_stand_with_or_between_them() -> None:
    parsed = criterion("total>=80%  or\np95 <= 5s")
    assert parsed.expect == parsed.id == "total >= 80% or p95 <= 5s"
    assert [part.measure.name for part in parsed.parts] == ["total", "p95"]


def test_or_within_a_glob_is_a_part_of_the_name() -> None:
    parsed = criterion('file["a or b/**"].line >= 50% or total >= 80%')
    assert [part.expect for part in parsed.comparisons] == ['file["a or b/**"].line >= 50%', "total >= 80%"]


@pytest.mark.parametrize(
    "text", ["or total >= 80%", "total >= 80% or ", "total >= 80% or or p95 <= 5s", "or"]
)
def test_a_missing_comparison_is_an_error(text: str) -> None:
    with pytest.raises(CriterionError):
        criterion(text)


def test_more_than_eight_comparisons_are_an_error() -> None:
    with pytest.raises(CriterionError, match="9 comparisons"):
        criterion(" or ".join(["total >= 80%"] * 9))


def test_the_explanation_names_all_of_them() -> None:
    assert explain(criterion("total >= 80% or p95 <= 5s")) == (
        "'total' must be at least 80%, or 'p95' must be at most 5s; otherwise the gate fails."
    )
