"""JSONPath, so far as we read it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.documents.jsonpath import PathError, parse_path

DOCUMENT: dict[str, Any] = {
    "a": {"b c": [1, 2, {"d": None}], "it's": 3, 'say "x"': 4, "e-f": 5},
    "rows": [
        {"name": "on", "count": 7, "live": True},
        {"name": "off", "count": 1, "live": False},
        {"count": 2},
        8,
    ],
    "0": "zero",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [DOCUMENT]),
        ("$.a['b c'][0]", [1]),
        ('$["a"]["b c"][-1].d', [None]),
        ("$.a['b c'][7]", []),
        ("$.a['b c'].x", []),
        ("$.a['it\\'s']", [3]),
        ("$.a['say \"x\"']", [4]),
        ("$.a.e-f", [5]),
        ("$.a['b c'][*]", [1, 2, {"d": None}]),
        ("$.a.*", [[1, 2, {"d": None}], 3, 4, 5]),
        ("$.rows[*].count", [7, 1, 2]),
        ("$.rows[?@.name == 'on'].count", [7]),
        ('$.rows[?@.name=="on" && @.live==true].count', [7]),
        ("$.rows[?@.name != 'on'].count", [1, 2]),
        ("$.rows[?@.live == 1].count", []),
        ("$.rows[?@.count == 1].name", ["off"]),
        ("$.rows[?@ == 8]", [8]),
        ("$['0']", ["zero"]),
        ("$[0]", []),
    ],
)
def test_what_a_path_names(path: str, found: list[Any]) -> None:
    assert parse_path(path).find(DOCUMENT) == found


@pytest.mark.parametrize(
    "path",
    ["", "a", "$a", "$.", "$..a", "$.a[1:2]", "$.a[01]", "$[?@.a]", "$[?@.a == 1", "$[?@.a == 1 || @.b == 2]",
     "$.a ", "$['a", "$[a]", "$['\\x']", "$" + ".a" * 300, "$.length()"],
)  # fmt: skip
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        parse_path(path)


keys = st.text(max_size=6)


@given(st.dictionaries(keys, st.integers(), min_size=1, max_size=5), st.data())
def test_a_quoted_name_is_any_key(document: dict[str, int], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(document)))
    assert parse_path(f"$[{json.dumps(key)}]").find(document) == [document[key]]


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    with suppress(PathError):
        assert isinstance(parse_path(f"${text}").find(DOCUMENT), list)
