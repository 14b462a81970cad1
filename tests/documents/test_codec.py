"""The codec: what it keeps, what it refuses with which words, and within which time and memory."""

from __future__ import annotations

import enum
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import (
    MAX_LINE,
    MAX_TEXT,
    Exact,
    Items,
    LineKey,
    LineSet,
    RepositoryPath,
    Sha,
    Shown,
    Text,
    is_inside,
)
from sluicegate.documents.codec import Codec


class Colour(enum.StrEnum):
    """A word."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Part:
    """A part.

    Attributes:
        n: how many; said
            over two lines.
    """

    n: int = 0
    else_: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """Every type that documents have."""

    count: int
    part: Part
    named: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    colour: Colour = Colour.RED
    kind: Literal["a", "b"] = "a"
    day: date | None = None
    pair: tuple[int, str] | None = None
    real: float = 0.0
    flag: bool = False
    exact: Exact | None = None
    lines: LineSet = 0
    branches: Mapping[LineKey, int] = field(default_factory=dict)
    path: RepositoryPath = ""
    sha: Sha = "0" * 40
    few: Annotated[tuple[str, ...], Items(2)] = ()
    short: Annotated[str, Text(3)] = ""
    shown: Shown | None = None


CODEC = Codec(Whole, "sluicegate.test/1", remedy="Write it again.")
GOOD: dict[str, Any] = {"schema": "sluicegate.test/1", "count": 1, "part": {}}

lines = st.sets(st.integers(1, 20_000), max_size=5).map(lambda found: sum(1 << n for n in found))
texts = st.text(st.characters(), max_size=9)  # lone surrogates too, which stand for bytes of names
parts = st.builds(Part, st.integers(-(2**53), 2**53), texts)
wholes = st.builds(
    Whole,
    st.integers(-(2**53), 2**53),
    parts,
    st.dictionaries(texts, st.lists(parts, max_size=2).map(tuple), max_size=2),
    st.sampled_from(Colour),
    st.sampled_from(("a", "b")),
    st.none() | st.dates(),
    st.none() | st.tuples(st.integers(-9, 9), texts),
    st.floats(-1e300, 1e300),
    st.booleans(),
    st.none() | st.fractions(),
    lines,
    st.dictionaries(st.integers(0, MAX_LINE), st.integers(0, 9), max_size=2),
    st.sampled_from(("", "a/b.py", ".github/x.yml", "..a/b..")),
    st.sampled_from(("0" * 40, "a" * 64)),
    st.lists(texts, max_size=2).map(tuple),
    st.text("abc", max_size=3),
    st.none() | st.integers(-(10**9), 10**9).map(lambda n: Fraction(n, 8)),
)


@given(wholes)
def test_what_is_written_is_read(value: Whole) -> None:
    assert CODEC.decode(CODEC.encode(value), "x") == value


@given(wholes)
def test_the_same_value_gives_the_same_ascii(value: Whole) -> None:
    again = Whole(**{name: getattr(value, name) for name in reversed(Whole.__slots__)})
    assert CODEC.encode(value) == CODEC.encode(again)
    assert CODEC.encode(value).isascii()


@given(wholes)
def test_a_portable_document_has_no_lone_surrogate(value: Whole) -> None:
    data = Codec(Whole, "sluicegate.test/1", portable=True).encode(value)
    json.dumps(json.loads(data), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"new": 1}, "'new' is not a known key"),
        ({"part": {"m": 1}}, "'part.m' is not a known key"),
        ({"count": True}, "'count' must be a whole number"),
        ({"count": 1.0}, "'count' must be a whole number"),
        ({"count": "1"}, "'count' must be a whole number"),
        ({"count": 2**53 + 1}, "'count' must be at most"),
        ({"count": None}, "'count' must be a whole number"),
        ({"part": []}, "'part' must be an object"),
        ({"part": {"else": 1}}, "'part.else' must be a text"),
        ({"named": {"x": [{"n": ""}]}}, "'named.x[0].n' must be a whole number"),
        ({"named": {"x": {}}}, "'named.x' must be a list"),
        ({"colour": "green"}, "'colour' must be one of 'red' or 'blue'"),
        ({"kind": "c"}, "'kind' must be one of 'a' or 'b'"),
        ({"day": 0}, "'day' must be a text"),
        ({"day": "2026-02-30"}, "'day' must be a date"),
        ({"day": "2026-01-01T00:00:00"}, "'day' must be a date"),
        ({"pair": [1]}, "'pair[1]' is missing"),
        ({"pair": [1, "a", 2]}, "'pair' must have at most 2 items"),
        ({"real": True}, "'real' must be a number"),
        ({"real": 1e301}, "'real' must be at most"),
        ({"real": "1"}, "'real' must be a number"),
        ({"flag": 1}, "'flag' must be true or false"),
        ({"exact": "1/0"}, "'exact' must be a fraction"),
        ({"exact": "1e999999999"}, "'exact' must be a fraction"),
        ({"exact": "1" * 2001 + "/1"}, "'exact' must be a fraction"),
        ({"exact": 0.5}, "'exact' must be a text"),
        ({"lines": 5}, "'lines' must be a text"),
        ({"lines": "1"}, "'lines' must be a set of lines"),
        ({"lines": "-2"}, "'lines' must be a set of lines"),
        ({"lines": "f" * 2_000_000}, "'lines' must be a set of lines"),
        ({"branches": {"01": 1}}, "must be a line"),
        ({"branches": {"-1": 1}}, "must be a line"),
        ({"branches": {str(MAX_LINE + 1): 1}}, "must be a line"),
        ({"path": "../x"}, "'path' must be a path inside the repository"),
        ({"sha": "0" * 39}, "'sha' must be the full name of a commit or a file"),
        ({"sha": "0" * 40 + "\n"}, "'sha' must be the full name of a commit or a file"),
        ({"few": ["a"] * 3}, "'few' must have at most 2 items"),
        ({"few": "ab"}, "'few' must be a list"),
        ({"short": "abcd"}, "'short' must be a text of at most 3 characters"),
        ({"shown": True}, "'shown' must be a finite number"),
        ({"shown": 10**2000}, "'shown' must be a finite number"),
        ({"part": {"else": "x" * (MAX_TEXT + 1)}}, "'part.else' must be a text of at most"),
        ({"schema": "sluicegate.test/2"}, "has the schema 'sluicegate.test/2', and this version reads"),
        ({"schema": 1}, "does not name a schema"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        CODEC.decode(json.dumps(GOOD | change).encode(), "file.json")
    assert said in caught.value.what
    assert (caught.value.where, caught.value.remedy) == ("file.json", "Write it again.")


def test_a_missing_key_is_named() -> None:
    with pytest.raises(EvidenceError, match="'count' is missing"):
        CODEC.take({"schema": "sluicegate.test/1", "part": {}}, "x")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 100_000, b'{"count": NaN}', b'{"a":1,"a":1}',
     b'{"count": ' + b"9" * 10_000 + b"}", b'{"real": 1e999}', b"null"],
    ids=range(10),
)  # fmt: skip
def test_bytes_that_would_hurt_are_refused(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        CODEC.decode(data, "x")


def test_a_document_above_its_limit_is_not_parsed() -> None:
    with pytest.raises(EvidenceError, match="above the limit of 10"):
        Codec(Part, limit=10).decode(b"[" * 11, "x")


def test_a_number_that_is_not_finite_is_not_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        CODEC.encode(Whole(1, Part(), real=float("nan")))


@pytest.mark.parametrize("kind", [tuple[Whole | Part, ...], set[str], bytes, Any])
def test_a_type_that_would_not_come_back_is_an_error_of_ours(kind: Any) -> None:
    made: Any = dataclass(frozen=True)(type("Made", (), {"__annotations__": {"x": kind}}))
    with pytest.raises(TypeError, match="no document holds"):
        Codec(made).decode(b'{"x": []}', "x")


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../a", "a/../b", "a/./b", "C:/a", "a\\b", "a\0b", "a//b", ""]
)
def test_paths_stay_inside(path: str) -> None:
    assert not is_inside(path)


# --- hostile sizes -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Long:
    """A long document."""

    texts: tuple[str, ...] = ()
    named: Mapping[str, int] = field(default_factory=dict)


MANY: Mapping[str, Callable[[int], bytes]] = {
    "items": lambda n: b'{"texts":[' + b"1," * (2 * n) + b"1]}",
    "values": lambda n: b'{"named":{' + b",".join(b'"%x":""' % k for k in range(n)) + b"}}",
    "unknown keys": lambda n: b"{" + b",".join(b'"%x":1' % k for k in range(n)) + b"}",
}


@pytest.mark.parametrize("count", [70_000, pytest.param(700_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("what", MANY)
def test_many_wrong_parts_cost_little(what: str, count: int) -> None:
    data = MANY[what](count)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(EvidenceError):
        Codec(Long).decode(data, "x")
    assert time.process_time() - start < 14e-6 * count
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 0.9 * count, "KiB"


def test_nothing_of_pydantic_is_imported_before_a_document_is_used() -> None:
    program = "import sys, sluicegate.report.document, sluicegate.bundle.layout; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"pydantic", "pydantic_core"} & set(done.stdout.split())


# --- the schema --------------------------------------------------------------------------------


def test_the_schema_takes_what_is_written_and_describes_it() -> None:
    schema = CODEC.json_schema("Title", "About.")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == "urn:sluicegate:test:1"
    assert schema["$defs"]["Part"]["properties"]["n"]["description"] == "how many; said over two lines."
    assert schema["required"] == ["schema", "count", "part"]


@given(wholes)
def test_what_is_written_holds_to_the_schema(value: Whole) -> None:
    validator = jsonschema.Draft202012Validator(CODEC.json_schema("Title", "About."))
    validator.validate(json.loads(CODEC.encode(value)))


@pytest.mark.parametrize("change", [{"new": 1}, {"part": {"m": 1}}, {"count": ""}, {"lines": "x"}])
def test_what_the_schema_refuses_is_refused(change: dict[str, Any]) -> None:
    schema = CODEC.json_schema("Title", "About.")
    assert not jsonschema.Draft202012Validator(schema).is_valid(GOOD | change)
