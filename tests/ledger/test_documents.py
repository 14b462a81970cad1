"""Documents: named by their content, versioned, and read from strangers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.ledger.documents import (
    KINDS,
    MAX_DOCUMENT,
    Document,
    DocumentError,
    NewerError,
    path_of,
    place_of,
    read_document,
)
from support.ledgers import AT, note, sha

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=9), values, max_size=4))
def test_a_document_is_read_as_it_was_written(body: dict[str, object]) -> None:
    document = Document("report", sha(1), AT, body, "sluicegate 1")
    assert read_document(document.path, document.data) == document


def test_its_path_says_kind_day_key_and_digest() -> None:
    place = place_of(note(sha(1)).path)
    assert place is not None
    assert (place.kind, place.key, place.day.isoformat()) == ("report", sha(1), "2026-11-21")


@pytest.mark.parametrize(
    "path",
    ["", "report/2026/11/21/a.json", "report/2026/02/30/a.0123456789abcdef.json", "../x",
     "report/2026/11/21/", "report/2026/11/21/a/b.0123456789abcdef.json",
     "report/2026/11/21/-a.0123456789abcdef.json",
     "report/2026/11/21/a.0123456789abcdef.json\n"],
)  # fmt: skip
def test_other_paths_are_no_document_s(path: str) -> None:
    assert place_of(path) is None


def written(value: object, kind: str = "report", key: str = "k", at: str = AT) -> tuple[str, bytes]:
    data = json.dumps(value).encode()
    return path_of(kind, key, at, data), data


GOOD = {"schema": "sluicegate.ledger.report/1", "key": "k", "at": AT, "by": "", "body": {}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "sluicegate.ledger.report/0"}, "names no schema"),
        ({"schema": "sluicegate.ledger.pruned/1"}, "below the folder of another kind"),
        ({"schema": 7}, "names no schema"),
        ({"body": []}, "has no body"),
        ({"at": "2026-11-21"}, "has no body, or no time"),
        ({"key": "other"}, "is not what its path says"),
        ({"at": "2026-11-20T12:00:00Z"}, "is not what its path says"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, object], message: str) -> None:
    path, data = written({**GOOD, **change})
    with pytest.raises(DocumentError, match=message):
        read_document(path, data)


def test_bytes_that_changed_are_refused() -> None:
    document = note(sha(1), n=1)
    with pytest.raises(DocumentError, match="is not what its path says"):
        read_document(document.path, document.data.replace(b'"n":1', b'"n":2'))


@pytest.mark.parametrize("schema", ["sluicegate.ledger.report/99", "sluicegate.ledger.report/2"])
def test_a_newer_version_is_told_from_a_damaged_one(schema: str) -> None:
    with pytest.raises(NewerError, match="does not know"):
        read_document(*written({**GOOD, "schema": schema}))


def test_a_kind_of_the_future_is_newer() -> None:
    path, data = written({**GOOD, "schema": "sluicegate.ledger.decision/1"}, kind="decision")
    with pytest.raises(NewerError):
        read_document(path, data)


def test_a_document_above_the_limit_is_not_parsed() -> None:
    data = b"[" * (MAX_DOCUMENT + 1)
    with pytest.raises(DocumentError, match="above the limit"):
        read_document(path_of("report", "k", AT, data), data)


STEPS = {"report": (lambda b: {**b, "first": 1}, lambda b: {**b, "second": b["first"]})}


class TestMigrations:
    @pytest.mark.parametrize(
        ("version", "body"), [(1, {}), (2, {"first": 1}), (3, {"first": 1, "second": 1})]
    )
    def test_every_version_is_brought_to_the_newest(self, version: int, body: dict[str, object]) -> None:
        path, data = written({**GOOD, "schema": f"sluicegate.ledger.report/{version}", "body": body})
        assert read_document(path, data, STEPS).body == {"first": 1, "second": 1}

    def test_a_body_that_does_not_fit_is_a_typed_error(self) -> None:
        path, data = written({**GOOD, "schema": "sluicegate.ledger.report/2", "body": {}})
        with pytest.raises(DocumentError, match="cannot be brought"):
            read_document(path, data, STEPS)


@given(st.binary(max_size=200) | values.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_are_a_document_or_a_typed_error(data: bytes) -> None:
    for kind in (*KINDS, "other"):
        with pytest.raises(DocumentError):
            read_document(path_of(kind, "k", AT, data), data)
