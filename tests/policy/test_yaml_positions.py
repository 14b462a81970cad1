from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import PolicyError
from sluicegate.policy.document import Document
from sluicegate.policy.yaml_positions import MAX_BYTES, MAX_NODES, read_document
from support.policies import plain
from support.speed import soon


def document(text: str) -> Document:
    return read_document(text.encode(), "p.yml")


def data(text: str) -> dict[str, Any]:
    found: dict[str, Any] = plain(document(text).top)
    return found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12345678901234567890", "12345678901234567890"),
        ("1.5", 1.5),
        ("1.50", "1.50"),
        ("1e3", "1e3"),
        (".nan", ".nan"),
        ("12:30:45", "12:30:45"),
        ("2027-01-31", "2027-01-31"),
        ('"12"', "12"),
        ("!!str 12", "12"),
        ("!!int 12", 12),
        ("! 12", "12"),
        ("=", "="),
    ],
)
def test_scalars_follow_yaml_1_2_and_lose_nothing(text: str, value: object) -> None:
    result = data(f"key: {text}")["key"]
    assert (result, type(result)) == (value, type(value))


def test_keys_are_texts_whatever_they_look_like() -> None:
    assert data("{on: 1, 2: 2, null: 3}") == {"on": 1, "2": 2, "null": 3}


def test_places_are_those_of_keys_and_values() -> None:
    doc = document("gates:\n  lint:\n    - [a, b]\n")
    top: Any = doc.top
    gates = top.value["gates"]
    assert gates.keys["lint"] == (2, 3)
    assert gates.value["lint"].value[0].value[1].mark == (3, 11)


def test_an_alias_stands_for_its_anchor() -> None:
    assert data("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert plain(read_document(b"\xef\xbb\xbfa: 1\n", "p.yml").top) == {"a": 1}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a: \xff\n", "p.yml:1:4: is not UTF-8 text"),
        (b"\xff\xfea\x00", "p.yml:1:1: is not UTF-8 text"),
        (b"a: 1\nb: \x00\n", "p.yml:2:4: the character U+0000 must not occur in YAML"),
        (b"a:\n\tb: 1\n", "p.yml:2:1: a tab is in the indentation"),
        (b'a: "\\ud800"\n', "p.yml:1:4: an escape makes half a character"),
        (b'a: "\\UFFFFFFFF"\n', "p.yml: is not valid YAML"),
        (b"%YAML 9.9\n---\na: 1\n", "p.yml:1:1: is not valid YAML"),
        (b"? [a]\n: 1\n", "p.yml:1:3: a key is plain text"),
        (b"a: !!set {x}\n", "p.yml:1:4: the tag '!!set' is refused"),
        (b"a: !secret x\n", "p.yml:1:4: the tag '!secret' is refused"),
        (b"a: !!int x\n", "p.yml:1:4: 'x' does not fit its tag '!!int'"),
        (b"a: !!int true\n", "p.yml:1:4: 'true' does not fit its tag '!!int'"),
        (b"a: &x [*x]\n", "p.yml:1:8: the alias '*x' refers to nothing"),
        (b"text\n", "p.yml:1:1: the top of a policy is a mapping"),
        (b"", "p.yml: is empty"),
        (b"a: 1\x00" + b" " * MAX_BYTES, "p.yml: has more than 1,048,576 bytes"),
    ],
)
def test_what_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read_document(raw, "p.yml")
    assert str(caught.value).startswith(message)


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with soon(2), pytest.raises(PolicyError, match=f"more than {MAX_NODES:,} values"):
        document("\n".join(lines))


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(PolicyError, match="nests deeper than 30"):
        document("a: " + "[" * 50_000)


def test_a_file_of_many_values_is_refused_before_it_is_read_to_its_end() -> None:
    with pytest.raises(PolicyError, match="more than"):
        document("a: [" + "x," * (MAX_BYTES // 2 - 10) + "]")


TEXTS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=8)
KEYS = st.text("abc", min_size=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abc", min_size=1), JSON, min_size=1, max_size=3))
@settings(deadline=None)
def test_json_reads_as_itself(value: dict[str, Any]) -> None:
    assert data(json.dumps(value)) == value


@given(st.binary(max_size=200) | st.text("{}[]:,-&*!|>%@`'\"#? \n\tab0\\~<=", max_size=60).map(str.encode))
@settings(deadline=None)
def test_any_bytes_give_a_document_or_a_policy_error(raw: bytes) -> None:
    where = "p.yml"
    try:
        result = read_document(raw, "p.yml")
    except PolicyError as error:
        where = error.where
    else:
        assert isinstance(plain(result.top), dict)
    assert where.startswith("p.yml")
