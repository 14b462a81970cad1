import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.evidence.json_text import line_of

DOCUMENT = b'\xef\xbb\xbf{"a": "x]}",\n "b": [1,\n  {"c": null},\n  [NaN]\n ]\n}'


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("a",), 1),
        (("b",), 2),
        (("b", 0), 2),
        (("b", 1), 3),
        (("b", 1, "c"), 3),
        (("b", 2, 0), 4),
    ],
)
def test_names_the_line_of_a_value(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(DOCUMENT, path) == line


@pytest.mark.parametrize("path", [("z",), ("b", 7), ("b", 0, "c"), (0,)])
def test_a_value_that_is_not_there_has_no_line(path: tuple[str | int, ...]) -> None:
    assert line_of(DOCUMENT, path) == 0


@given(st.binary(max_size=60), st.lists(st.text(max_size=2) | st.integers(0, 3), max_size=3))
def test_any_bytes_have_a_line_or_none(data: bytes, path: list[str | int]) -> None:
    assert line_of(data, path) >= 0


def test_what_the_writer_wrote_is_found() -> None:
    text = json.dumps({"a": [{"b": 1}, {"b": 2}]}, indent=1)
    assert text.splitlines()[line_of(text.encode(), ("a", 1, "b")) - 1].strip() == '"b": 2'
