"""Units: exact conversion, and text that never hides a difference."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.units import DIMENSIONS, EXAMPLES, UNITS, decimal_text, format_value, symbols_of

CANONICAL = ["", "%", "s", "B", "/s"]
values = st.fractions(min_value=-(10**12), max_value=10**12, max_denominator=10**9)


@pytest.mark.parametrize(
    ("amount", "symbol", "canonical"),
    [
        ("500", "ms", "1/2"),
        ("1", "µs", "1/1000000"),
        ("1", "us", "1/1000000"),
        ("3", "ns", "3/1000000000"),
        ("2", "min", "120"),
        ("1.5", "h", "5400"),
        ("250", "KiB", "256000"),
        ("250", "kB", "250000"),
        ("1", "MiB", "1048576"),
        ("1", "GiB", "1073741824"),
        ("1", "GB", "1000000000"),
        ("90", "/min", "3/2"),
    ],
)
def test_conversion_is_exact(amount: str, symbol: str, canonical: str) -> None:
    assert Fraction(amount) * UNITS[symbol].factor == Fraction(canonical)


def test_every_unit_leads_to_a_canonical_one_of_factor_one() -> None:
    assert all(UNITS[u.canonical].factor == 1 for u in UNITS.values())


def test_every_dimension_has_words_an_example_and_its_own_symbol() -> None:
    assert set(DIMENSIONS) == set(EXAMPLES) == {u.canonical for u in UNITS.values()} - {"pp"}
    assert all(unit in symbols_of(unit) for unit in DIMENSIONS)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("79.994", "%", "79.99%"),
        ("0.0125", "s", "12.5ms"),
        ("1204", "", "1,204"),
        ("0", "s", "0s"),
        ("0.001", "s", "1ms"),
        ("1024", "B", "1KiB"),
        ("0", "B", "0B"),
        ("90", "s", "1.5min"),
        ("7200", "s", "2h"),
        ("0.0000000005", "s", "0.5ns"),
        ("-0.0125", "s", "-12.5ms"),
        ("256000", "B", "250KiB"),
        ("1023", "B", "1,023B"),
        ("1.005", "", "1"),
        ("1.015", "", "1.02"),
        ("-0.001", "%", "0%"),
        ("12", "/s", "12/s"),
        ("5", "requests", "5requests"),
    ],
)
def test_values_are_written_for_people(value: str, unit: str, text: str) -> None:
    assert format_value(Fraction(value), unit) == text


def test_huge_numbers_are_written_in_full() -> None:
    assert decimal_text(Fraction(10**30) + Fraction(1, 4), 2) == "1" + ",000" * 10 + ".25"


@given(values, st.integers(0, 9))
def test_a_decimal_is_within_half_a_unit_of_its_last_place(value: Fraction, digits: int) -> None:
    text = decimal_text(value, digits).replace(",", "")
    assert abs(Fraction(text) - value) <= Fraction(1, 2 * 10**digits)
    assert not (text.endswith("0") and "." in text)


@given(values, values, st.sampled_from(CANONICAL))
def test_different_values_never_look_equal(a: Fraction, b: Fraction, unit: str) -> None:
    shown = format_value(a, unit, against=b), format_value(b, unit, against=a)
    assert (shown[0] == shown[1]) is (a == b)


@given(values, st.integers(1, 10**40), st.sampled_from(CANONICAL))
def test_the_smallest_difference_is_seen(a: Fraction, tiny: int, unit: str) -> None:
    b = a + Fraction(1, tiny)
    assert format_value(a, unit, against=b) != format_value(b, unit, against=a)


@given(st.integers(-(10**9), 10**9), st.integers(0, 6), st.sampled_from(sorted(set(UNITS) - {"pp"})))
def test_what_was_typed_is_shown_again(mantissa: int, exponent: int, symbol: str) -> None:
    typed = Fraction(mantissa, 10**exponent) * UNITS[symbol].factor
    text = format_value(typed, UNITS[symbol].canonical, digits=40).replace(",", "")
    number = text.rstrip("".join(c for c in text if not c.isdigit() and c not in ".-"))
    shown = Fraction(number) * UNITS[text.removeprefix(number)].factor
    assert abs(shown - typed) <= Fraction(4000, 10**40)
