"""Documents: named by their content, versioned, and read from strangers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.fields import Exact
from sluicegate.ledger.documents import (
    KINDS,
    MAX_DOCUMENT,
    Document,
    DocumentError,
    NewerError,
    parse_path,
    path_of,
    read_document,
    register,
)
from support.ledgers import AT, Note, note, sha

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a feature of its own would record."""

    go: bool
    risk: Exact
    by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@pytest.fixture
def decisions() -> Iterator[str]:
    """A new kind of document is its dataclass and one line."""
    yield register("judgement", Decision).name
    del KINDS["judgement"]


@given(st.from_type(Decision), st.text(max_size=100))
def test_a_document_of_a_new_kind_is_read_as_it_was_written(body: Decision, by: str) -> None:
    register("judgement", Decision)
    document = Document(sha(1), AT, body, by)
    assert document.path.startswith("judgement/2026/11/21/")
    assert read_document(document.path, document.data) == document
    del KINDS["judgement"]


def test_a_body_of_a_new_kind_is_as_strict_as_any(decisions: str) -> None:
    value = {"schema": f"sluicegate.ledger.{decisions}/1", "key": "k", "at": AT, "body": {"go": 1}}
    with pytest.raises(DocumentError, match=r"'body.go' must be true or false"):
        read_document(*written(value, kind=decisions))


def test_its_path_says_kind_day_key_and_digest() -> None:
    place = parse_path(note(sha(1)).path)
    assert place is not None
    assert (place.kind, place.key, place.day.isoformat()) == ("note", sha(1), "2026-11-21")


@pytest.mark.parametrize(
    "path",
    ["", "report/2026/11/21/a.json", "report/2026/02/30/a.0123456789abcdef.json", "../x",
     "report/2026/11/21/", "report/2026/11/21/a/b.0123456789abcdef.json",
     "report/2026/11/21/-a.0123456789abcdef.json",
     "report/2026/11/21/a.0123456789abcdef.json\n"],
)  # fmt: skip
def test_other_paths_are_no_document_s(path: str) -> None:
    assert parse_path(path) is None


def written(value: object, kind: str = "note", key: str = "k", at: str = AT) -> tuple[str, bytes]:
    data = json.dumps(value).encode()
    return path_of(kind, key, at, data), data


GOOD = {"schema": "sluicegate.ledger.note/1", "key": "k", "at": AT, "by": "", "body": {}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "sluicegate.ledger.note/0"}, "does not name a schema"),
        ({"schema": "sluicegate.ledger.pruned/1"}, "below the folder of another kind"),
        ({"schema": 7}, "does not name a schema"),
        ({"body": []}, "'body' must be an object"),
        ({"at": "2026-11-21"}, "has no time"),
        ({"key": "other"}, "does not match its path"),
        ({"at": "2026-11-20T12:00:00Z"}, "does not match its path"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, object], message: str) -> None:
    path, data = written({**GOOD, **change})
    with pytest.raises(DocumentError, match=message):
        read_document(path, data)


def test_bytes_that_changed_are_refused() -> None:
    document = note(sha(1), n=1)
    with pytest.raises(DocumentError, match="does not match its path"):
        read_document(document.path, document.data.replace(b'"n":1', b'"n":2'))


@pytest.mark.parametrize("schema", ["sluicegate.ledger.note/99", "sluicegate.ledger.note/2"])
def test_a_newer_version_is_told_from_a_damaged_one(schema: str) -> None:
    with pytest.raises(NewerError, match="does not support"):
        read_document(*written({**GOOD, "schema": schema}))


def test_a_kind_of_the_future_is_newer() -> None:
    path, data = written({**GOOD, "schema": "sluicegate.ledger.prophecy/1"}, kind="prophecy")
    with pytest.raises(NewerError):
        read_document(path, data)


def test_a_document_above_the_limit_is_not_parsed() -> None:
    data = b"[" * (MAX_DOCUMENT + 1)
    with pytest.raises(DocumentError, match="above the limit"):
        read_document(path_of("report", "k", AT, data), data)


class TestMigrations:
    @pytest.fixture(autouse=True)
    def _third_version(self) -> Iterator[None]:
        register("note", Note, lambda b: {**b, "n": 1}, lambda b: {**b, "words": f"n {b['n']}"})
        yield
        register("note", Note)

    @pytest.mark.parametrize(("version", "body"), [(1, {}), (2, {"n": 1}), (3, {"n": 1, "words": "n 1"})])
    def test_every_version_is_brought_to_the_newest(self, version: int, body: dict[str, object]) -> None:
        path, data = written({**GOOD, "schema": f"sluicegate.ledger.note/{version}", "body": body})
        assert read_document(path, data).body == Note(1, "n 1")

    def test_a_body_that_does_not_fit_is_a_typed_error(self) -> None:
        path, data = written({**GOOD, "schema": "sluicegate.ledger.note/2", "body": {}})
        with pytest.raises(DocumentError, match="cannot be migrated"):
            read_document(path, data)


@given(st.binary(max_size=200) | values.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_are_a_document_or_a_typed_error(data: bytes) -> None:
    for kind in (*KINDS, "other"):
        with pytest.raises(DocumentError):
            read_document(path_of(kind, "k", AT, data), data)


@given(st.from_regex(r"[A-Za-z0-9][ -~é]{0,30}", fullmatch=True))
def test_any_key_that_begins_with_a_letter_or_digit_is_read_back_from_its_path(key: str) -> None:
    place = parse_path(path_of("note", key, AT, b""))
    assert place is not None
    assert place.key == key


def test_a_key_that_is_a_version_stays_readable() -> None:
    assert path_of("note", "v1.4.0", AT, b"").startswith("note/2026/11/21/v1+2E4+2E0.")
