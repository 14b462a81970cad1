"""Badges beside the baselines: of the newest report of each folder, and nobody else's file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.ledger.baselines import joined
from sluicegate.ledger.fastimport import is_badge, stream
from sluicegate.ledger.interface import Update
from sluicegate.ledger.recording import badges_of, of_document
from support.ledgers import place, recorded

BLOB = "a" * 40


def added(update: Update, badges: dict[str, str]) -> list[str]:
    """The paths that the stream of an update puts beside the baselines."""
    lines = stream(update, "", {}, 0, badges).decode().splitlines()
    return [line.split(" ", 3)[3] for line in lines if line.startswith("M 100644 ")]


def test_the_newest_report_has_its_badges() -> None:
    document = recorded(1, coverage=80)
    own = of_document(document.path, document)
    made = badges_of(document, own, own)
    assert json.loads(made["coverage-total.json"])["message"] == "80%"
    assert all(map(is_badge, made))


def test_an_older_report_leaves_the_badges_as_they_are() -> None:
    older, newer = recorded(1, at="2026-11-20T10:00:00Z"), recorded(2, at="2026-11-21T10:00:00Z")
    old = of_document(older.path, older)
    whole = joined(old, of_document(newer.path, newer))
    assert badges_of(older, old, whole) == {}


def test_new_badges_replace_those_of_their_folder_and_no_others() -> None:
    update = Update({}, "x", baselines=b"{}", badges={"api/b.svg": b"<svg/>"})
    there = {"a.svg": BLOB, "api/old.svg": BLOB, "web/c.svg": BLOB}
    assert added(update, there) == ["baselines.json", "badges/a.svg", "badges/web/c.svg", "badges/api/b.svg"]


def test_an_update_of_the_baselines_alone_keeps_the_badges() -> None:
    update = Update({}, "x", baselines=b"{}")
    assert added(update, {"a.svg": BLOB}) == ["baselines.json", "badges/a.svg"]


@pytest.mark.parametrize(
    "path", ["../a.svg", "a/../b.svg", ".git/a.svg", "a.svg\n", "a b.svg", "a.html", "/a.svg", ""]
)
def test_a_path_that_is_none_of_a_badge(path: str) -> None:
    assert not is_badge(path)


@given(st.text(max_size=20))
def test_no_folder_leads_out(text: str) -> None:
    path = f"{text}/a.svg"
    if is_badge(path):
        assert ".." not in path.split("/")
        assert not path.startswith("/")


def test_badges_stand_in_the_repository_beside_the_baselines(tmp_path: Path) -> None:
    there = place(tmp_path)
    document = recorded(1)
    own = of_document(document.path, document)
    with there.store() as store:
        store.update(lambda _view: Update({document.path: document.data}, "x", baselines=b"{}",
                                          badges=badges_of(document, own, own)))  # fmt: skip
        store.update(lambda _view: Update({}, "x", baselines=b"{} "))
    listed = there.at_remote("ls-tree", "-r", "--name-only", "refs/sluicegate/baselines").split()
    assert "badges/coverage-total.svg" in listed
