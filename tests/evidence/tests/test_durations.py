import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.evidence.tests.durations import all_seconds, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, 0),
        ("", 0),
        (" 2 ", 2),
        ("1.5", 1.5),
        ("1e-05", 1e-05),
        ("0,123", 0.123),
        ("1234,5", 1234.5),
        ("1,234", 1234),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1.234.567,8", 1234567.8),
        ("1 234.5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("1 234.5s", 1234.5),
        ("80us", 80e-6),
        ("80\u00b5s", 80e-6),
        ("12 ms", 0.012),
        ("1m30.5s", 90.5),
        ("2 min", 120),
        ("PT20M34.5S", 1234.5),
        ("P1DT1S", 86401),
        ("00:20:34.5", 1234.5),
        ("1.00:00:01", 86401),
        ("1.234.567 ms", 1234.567),
    ],
)
def test_reads_seconds(text: str | None, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    [
        "<<computed>>",
        "nan",
        "inf",
        "-1",
        "1e300",
        "PT",
        "P",
        "5 apples",
        "1:2",
        "fast",
        "s",
        "1s!",
        "1.2.3,4,5",
    ],
)
def test_what_is_no_duration_is_unknown(text: str) -> None:
    assert seconds(text) is None


@given(st.lists(st.none() | st.text(max_size=6) | st.floats().map(str) | st.sampled_from(["1,5", "nan"])))
def test_many_seconds_are_read_as_each_is(texts: list[str | None]) -> None:
    assert all_seconds(texts) == [seconds(text) for text in texts]


@given(st.text() | st.floats().map(str) | st.from_regex(r"[0-9.,:PTDHMSsmu ]{1,12}"))
def test_seconds_are_finite_and_not_negative(text: str) -> None:
    found = seconds(text)
    assert found is None or 0 <= found < math.inf
