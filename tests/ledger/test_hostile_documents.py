"""Documents as anybody can push them: each is an entry of the baselines, or left out and reported."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.ledger.baselines import Baselines
from sluicegate.ledger.documents import DocumentError, path_of, read_document
from sluicegate.ledger.record import MAX_LINE
from sluicegate.ledger.recording import LATEST, checked
from sluicegate.ledger.wire import encode
from sluicegate.ledger.wire_read import decode
from support import gen_ledger
from support.damage import changed, placed
from support.examples import at_most
from support.ledgers import AT, recorded, sha

COMMITS = [sha(n) for n in range(9)]
GOOD: dict[str, Any] = json.loads(gen_ledger.document(7, COMMITS, sha("tree")).data)
GOOD["body"]["report"]["readings"] = GOOD["body"]["report"]["readings"][:1]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document but its top."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*at, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*at, key))


def read(path: str, data: bytes, until: str = LATEST) -> Baselines | str:
    """What the baselines take of a document, or why it is left out."""
    try:
        return checked(path, read_document(path, data), until)
    except DocumentError as error:
        return str(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
odd = st.sampled_from(
    [10**30, -(10**30), 10**4000, 1e308, 5e-324, "1/0", "9" * 5000, "\ud800", "x" * 10_000, [[]],
     [10**40, 10**41], [True, True], [-1, -1], "9999-12-31", "0000-00-00", AT, sha(1),
     {"a": 1}, [sha(1)] * 500]
)  # fmt: skip


@settings(max_examples=at_most(300))
@given(st.lists(st.tuples(st.sampled_from([*places(GOOD)]), odd | json_values), min_size=1, max_size=3))
def test_whatever_stands_anywhere_in_a_report_it_is_an_entry_or_left_out(
    changes: list[tuple[tuple[Any, ...], object]],
) -> None:
    document = json.loads(json.dumps(GOOD))
    for place, value in changes:
        put(document, place, value)
    data = json.dumps(document).encode()
    found = read(path_of("report", COMMITS[7], GOOD["at"], data), data)
    if isinstance(found, Baselines):
        assert decode(encode(found), "x") == found


def put(document: Any, place: tuple[Any, ...], value: object) -> None:
    """Change a place, where an earlier change left it there."""
    for key in place[:-1]:
        within = isinstance(document, dict) and key in document
        if not within and not (isinstance(document, list) and isinstance(key, int) and key < len(document)):
            return
        document = document[key]
    if isinstance(document, dict) or (isinstance(document, list) and isinstance(place[-1], int)):
        document[place[-1]] = deepcopy(value)


@given(json_values)
def test_any_json_is_left_out(value: object) -> None:
    assert isinstance(read(*placed(json.dumps(value).encode())), str)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 3000, b'{"a":1,"a":2}', b'{"a":NaN}', b"1" * 5000,
     b"\x80", "é".encode("latin-1")],
    ids=["empty", "a mark alone", "lists", "objects", "a key twice", "NaN", "digits", "no UTF-8", "Latin-1"],
)  # fmt: skip
def test_bytes_that_are_no_document_are_left_out(data: bytes) -> None:
    assert "left out" in str(read(*placed(data)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"committed": "x"}, "'body.committed' must be a whole number"),
        ({"committed": None}, "'body.committed' must be a whole number"),
        ({"committed": 2**80}, "'body.committed' must be at most"),
        ({"scope": 3}, "'body.scope' must be a text"),
        ({"tree": "x"}, "must be the full name of a commit or a file"),
        ({"line": ["x"]}, "must be the full name of a commit or a file"),
        ({"line": [sha("other")]}, "first parents of another commit"),
        ({"line": [sha("hostile")] * (MAX_LINE + 2)}, "above the limit"),
        ({"code": {"a.py": "x"}}, "must be the full name of a commit or a file"),
        ({"report": None}, "'body.report' must be an object"),
        ({"report": json.loads(recorded("other").data)["body"]["report"]}, "report of another commit"),
    ],
)
def test_what_is_wrong_with_a_report_is_said(change: dict[str, object], words: str) -> None:
    found = read(*changed(change))
    assert words in str(found)
    assert "left out" in str(found)


def test_a_report_of_a_time_to_come_is_left_out() -> None:
    assert "dated in the future" in str(read(*changed({}, at="9999-12-31T00:00:00Z"), until=AT))


@pytest.mark.parametrize("committed", [2**52, 253402300799])
def test_a_commit_of_a_time_to_come_counts_as_of_its_report(committed: int) -> None:
    found = read(*changed({"committed": committed}))
    assert isinstance(found, Baselines)
    assert found.entries[0].committed == 1795262400  # AT


@pytest.mark.slow
def test_many_criteria_of_many_measures_are_read_in_time() -> None:
    """Each criterion looks for the exact value behind the number that it shows."""
    count = 6000
    document = json.loads(json.dumps(GOOD))
    gate = next(g for g in document["body"]["report"]["gates"] if g["criteria"])
    detail = next(iter(gate["details"].values()))
    gate["measures"] = {f"m{n}": n for n in range(count)}
    gate["details"] = {name: {**detail, "exact": None, "of": None} for name in gate["measures"]}
    gate["criteria"] = [{**gate["criteria"][0], "actual": 0.5, "of": None}] * count
    data = json.dumps(document).encode()
    start = time.process_time()
    read(path_of("report", COMMITS[7], GOOD["at"], data), data)
    assert time.process_time() - start < 3
