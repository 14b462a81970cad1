"""The file of approvals: what is written is read, and nothing else."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.github.approvals import APPROVALS, Approvals

SHA = "4f1c2d9be07a36c5d8812f3a90b7e6c4d5a1f023"


def document(**changes: Any) -> dict[str, Any]:
    at = {"who": "mona", "bot": False, "at": "2026-11-21T10:00:00Z", "url": ""}
    return {
        "schema": APPROVALS.schema, "repository": "octo/repo", "number": 7, "head": SHA,
        "pushed_at": "2026-11-21T09:00:00Z", "label": at,
        "comments": [{**at, "edited": False, "body": "/sluicegate override because x"}],
        "reviews": [{**at, "state": "APPROVED", "commit": SHA}],
        "permissions": {"mona": "write"}, "problems": [],
        **changes,
    }  # fmt: skip


def read(value: object) -> Approvals:
    return APPROVALS.decode(json.dumps(value).encode(), "approvals.json")


def test_what_is_written_is_read_back() -> None:
    found = read(document())
    assert APPROVALS.decode(APPROVALS.encode(found), "x") == found
    assert json.loads(APPROVALS.encode(found)) == document()


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "sluicegate.approvals/2"},
        {"extra": 1},
        {"number": "7"},
        {"number": True},
        {"number": 0},
        {"head": SHA[:10]},
        {"head": SHA + "\n"},
        {"pushed_at": "yesterday"},
        {"pushed_at": "2026-11-21T09:00:00+02:00"},
        {"label": {"who": "mona", "at": "2026-11-21T10:00:00Z"}},
        {"comments": [{}]},
        {"reviews": [{"state": "LGTM"}]},
        {"permissions": {"mona": True}},
        {"problems": ["x"] * 2000},
    ],
)
def test_anything_else_is_refused_with_its_place(changes: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError) as caught:
        read(document(**changes))
    assert caught.value.where == "approvals.json"
    assert next(iter(changes)) in caught.value.what


def test_a_missing_key_is_refused() -> None:
    cut = document()
    del cut["permissions"]
    with pytest.raises(EvidenceError, match="permissions"):
        read(cut)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_record_or_the_typed_error(data: bytes) -> None:
    with contextlib.suppress(EvidenceError):
        APPROVALS.decode(data, "x")


@pytest.mark.parametrize("text", ["[" * 200_000, "1e999", "NaN", "9" * 10_000])
def test_hostile_json_gives_the_typed_error(text: str) -> None:
    with pytest.raises(EvidenceError):
        APPROVALS.decode(text.encode(), "x")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(key=st.sampled_from(sorted(document())), value=values)
def test_any_mutation_gives_a_record_or_the_typed_error(key: str, value: object) -> None:
    with contextlib.suppress(EvidenceError):
        assert isinstance(read(document(**{key: value})), Approvals)
