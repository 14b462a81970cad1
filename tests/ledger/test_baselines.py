"""The baselines: joined, trimmed, written compactly, and read from strangers."""

from __future__ import annotations

import contextlib
import json
import random
import zlib
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.model import Better, Measure
from sluicegate.core.readings import LEAST, MOST, Reading
from sluicegate.history.entries import Case, Entry
from sluicegate.ledger.baselines import MAX_ENTRIES, MAX_ITEMS, MAX_SCOPES, Baselines, edges, joined, walk
from sluicegate.ledger.documents import DocumentError, NewerError
from sluicegate.ledger.recording import readable
from sluicegate.ledger.wire import encode
from sluicegate.ledger.wire_read import decode
from support.examples import at_most
from support.ledgers import AT, entry, sha, total

names = st.sampled_from(["total", "patch.line", 'file["src/a b.py"].line'])
fractions = st.fractions(-100, 10**6, max_denominator=10**6)
ratio = st.tuples(st.integers(0, 500), st.integers(1, 500))


def measure(name: str, value: Fraction, of: tuple[int, int] | None) -> Measure:
    exact = Fraction(100 * of[0], of[1]) if of else value
    return Measure(name.rpartition('"].')[2], exact, "%", Better.HIGHER, of=of)


measured = st.dictionaries(
    st.sampled_from(["coverage", "tests.unit", "api/coverage"]),
    st.dictionaries(names, st.tuples(fractions, st.none() | ratio), min_size=1, max_size=3).map(
        lambda d: {n: measure(n, *v) for n, v in d.items()}
    ),
    max_size=3,
)
entries = st.builds(
    lambda n, scope, at, measures, cases, medians: Entry(
        sha((n, scope))[:16], sha(n), sha(("t", n)), at, AT, scope, "PASS", measures,
        tuple(Reading(b, "m", v, v / 4, 5, v if v > 1 else None) for b, v in sorted(medians.items())),
        tuple(Case(f"t::{c}", "a.py", "failed") for c in sorted(cases)),
        {"a.py": sha(n)} if cases else {},
    ),
    st.integers(0, 30), st.sampled_from(["", "api"]), st.integers(0, 9), measured,
    st.frozensets(st.sampled_from("xyz")),
    st.dictionaries(st.sampled_from("ab"), st.sampled_from([0.5, 0.25, 2.0]), max_size=2),
)  # fmt: skip
parents = st.dictionaries(st.integers(0, 9).map(sha), st.integers(0, 9).map(sha), max_size=9)


def one_a_document(found: list[Entry]) -> tuple[Entry, ...]:
    return tuple({e.document: e for e in found}.values())


ledgers = st.builds(Baselines, st.lists(entries, max_size=8).map(one_a_document), parents)


@pytest.mark.slow
@settings(max_examples=at_most(60), deadline=None)
@given(ledgers, ledgers)
def test_what_is_written_is_read(one: Baselines, other: Baselines) -> None:
    both = joined(one, other)
    assert decode(encode(both), "x") == both


@pytest.mark.slow
@settings(max_examples=at_most(60), deadline=None)
@given(st.lists(entries, max_size=8).map(one_a_document), st.integers(0, 8))
def test_joining_is_commutative_and_idempotent(found: tuple[Entry, ...], at: int) -> None:
    one, other = Baselines(found[:at]), Baselines(found[max(at - 2, 0) :])
    assert joined(one, other) == joined(other, one)
    assert joined(joined(one, other), other) == joined(one, other)


def test_only_the_newest_are_kept() -> None:
    many = tuple(entry(str(n), at=n, coverage=n) for n in range(MAX_ENTRIES + 5))
    found = joined(Baselines(many), Baselines()).entries
    assert (len(found), found[0].commit, found[-1].commit) == (MAX_ENTRIES, sha("5"), many[-1].commit)


def test_items_are_kept_of_the_newest_alone() -> None:
    item = {"coverage": {"total": total(1), 'file["a.py"].line': total(2)}}
    many = tuple(Entry(sha(("d", n))[:16], sha(n), committed=n, measures=item) for n in range(MAX_ITEMS + 3))
    found = joined(Baselines(many), Baselines()).entries
    assert [len(e.measures["coverage"]) for e in found] == [1] * 3 + [2] * MAX_ITEMS


def test_a_value_that_stays_is_written_once() -> None:
    same = Baselines(tuple(entry(str(n), at=n, coverage=80) for n in range(100)))
    series = json.loads(encode(same))["scopes"][""]["series"]["coverage"]["total"]
    assert series == {"unit": "%", "better": "higher", "points": [[0, "80/1", None]]}


def test_a_gate_that_did_not_run_leaves_a_gap() -> None:
    three = (entry("a", at=1, coverage=80), entry("b", at=2, tests=1), entry("c", at=3, coverage=80))
    assert [("coverage" in e.measures) for e in decode(encode(Baselines(three)), "x").entries] == [
        True, False, True,
    ]  # fmt: skip


def test_lines_end_even_where_parents_run_in_a_circle() -> None:
    circle = {sha(1): sha(2), sha(2): sha(1)}
    assert walk(sha(1), circle) == [sha(1), sha(2)]


@given(st.lists(st.integers(0, 99).map(sha), unique=True, min_size=1, max_size=20))
def test_a_line_is_walked_as_it_was_recorded(line: list[str]) -> None:
    assert walk(line[0], edges(line)) == line


def test_three_hundred_reports_are_kilobytes() -> None:
    rng = random.Random(7)
    gates = {f"gate{n}": 0 for n in range(9)}
    many = [
        Entry(sha(("d", n))[:16], sha(n), sha(("t", n)), n, AT, "", "PASS",
              {g: {m: measure(m, Fraction(0), (rng.randrange(2000), 2000)) for m in ("total", "line", "x")}
               for g in gates},
              tuple(Reading(f"bench{b}", "x86", rng.random(), rng.random() / 50, 20) for b in range(10)))
        for n in range(MAX_ENTRIES)
    ]  # fmt: skip
    assert len(zlib.compress(encode(Baselines(tuple(many))))) < 150_000


# --- strangers ---------------------------------------------------------------------------------

GOOD = json.loads(
    encode(
        Baselines(
            (entry("a", at=1, coverage=80, failed="x"), entry("b", at=2, coverage=81)), {sha(1): sha(2)}
        )
    )
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in the document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(p for key, item in inner for p in places(item, (*at, key)))]


@settings(max_examples=at_most(200), deadline=None)
@given(
    st.sampled_from(places(GOOD)[1:]),
    st.sampled_from(
        [None, True, -1, 10**9, 1e300, "", "x", "1/0", [], [[]], [[0]], [[0, "1/0"]], {}, {"x": 1}]
    ),
)
def test_whatever_stands_anywhere_is_read_or_a_typed_error(place: tuple[Any, ...], value: object) -> None:
    document = json.loads(json.dumps(GOOD))
    at = document
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    with contextlib.suppress(DocumentError):
        encode(decode(json.dumps(document).encode(), "x"))


@pytest.mark.parametrize("ratio", [LEAST / MOST, MOST / LEAST])
@pytest.mark.parametrize("median", [LEAST, MOST])
def test_every_reading_that_is_recorded_is_read(median: float, ratio: float) -> None:
    with_reading = replace(entry("a"), readings=(Reading("b", "m", median, 0, 20, ratio),))
    assert decode(encode(Baselines((with_reading,))), "x").entries == (with_reading,)


@pytest.mark.parametrize(
    "row", [[1e-300, 0, 1, None], [1e300, 0, 1, None], [1, 1e300, 1, None], [1, 0, 1, 5e-324]]
)
def test_a_reading_that_nobody_can_have_measured_is_refused(row: list[float]) -> None:
    scope = {**GOOD["scopes"][""], "readings": {"m": {"b": [[0, *row]]}}}
    with pytest.raises(DocumentError, match="a reading"):
        decode(json.dumps({**GOOD, "scopes": {"": scope}}).encode(), "x")


def test_what_would_be_too_large_to_read_is_written_without_its_oldest_part() -> None:
    scopes = tuple(entry("a", at=n, scope=f"s{n:03}", coverage=n) for n in range(MAX_SCOPES + 1))
    found = decode(readable(Baselines(scopes)), "x")
    assert found.entries == scopes[1:]


def test_what_is_within_the_limits_is_written_as_it_is() -> None:
    own = Baselines((entry("a", coverage=1),))
    assert readable(own) == encode(own)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_typed_error(data: bytes) -> None:
    with pytest.raises(DocumentError):
        decode(data, "x")


def test_a_newer_schema_says_so() -> None:
    with pytest.raises(NewerError, match="newest sluicegate"):
        decode(b'{"schema": "sluicegate.ledger.baselines/2"}', "x")


def test_a_small_file_that_unfolds_to_a_large_one_is_refused() -> None:
    scope = {**GOOD["scopes"][""], "entries": [GOOD["scopes"][""]["entries"][0]] * MAX_ENTRIES}
    scope["series"] = {"g": {f"m{n}": {"unit": "", "better": "lower", "points": []} for n in range(20_000)}}
    with pytest.raises(DocumentError, match="too many values"):
        decode(json.dumps({**GOOD, "scopes": {"": scope}}).encode(), "x")
