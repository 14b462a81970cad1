"""A ledger in a folder: what its writers and readers find while others write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from sluicegate.ledger.directory import DirectoryStore, directory_store
from sluicegate.ledger.documents import Document
from sluicegate.ledger.record import Recorded
from sluicegate.ledger.recording import Recorder, known
from support.ledgers import recorded, sha

Listed = tuple[str, list[str], list[str]]


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return directory_store(tmp_path / "ledger")


def record(store: DirectoryStore, *numbers: int) -> None:
    for number in numbers:
        store.update(Recorder(partial(recorded_there, number)))


def recorded_there(number: int, _known: object) -> Document[Recorded]:
    return recorded(number)


def commits(store: DirectoryStore) -> set[str]:
    found = known(store.view()).baselines
    assert found is not None
    return {entry.commit for entry in found.entries}


def test_old_baselines_keep_their_numbers_and_no_bytes(store: DirectoryStore) -> None:
    record(store, *range(20))
    sizes = {int(file.stem): file.stat().st_size for file in (store.root / "baselines").iterdir()}
    assert sorted(sizes) == list(range(1, 21))
    assert [number for number, size in sorted(sizes.items()) if size] == [18, 19, 20]


def test_a_writer_whose_listings_miss_the_newest_baselines_loses_nothing(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, *range(20))
    monkeypatch.setattr("sluicegate.ledger.directory.os.walk", Missing(listings=2))
    record(store, 20)
    assert commits(store) == {sha(number) for number in range(21)}


class Missing:
    """`os.walk`, whose first listings miss most baselines, as one does that is made while others write."""

    def __init__(self, listings: int) -> None:
        self.left = listings
        self.walk = os.walk

    def __call__(self, top: Path, **options: object) -> Iterator[Listed]:
        self.left -= 1
        for folder, folders, names in self.walk(top, onerror=None):
            is_short = self.left >= 0 and folder.endswith("baselines")
            yield folder, folders, [name for name in names if not is_short or name <= "000000001.json"]


def test_a_view_from_before_reads_what_others_wrote_since(store: DirectoryStore) -> None:
    record(store, 0)
    view = store.view()
    record(store, *range(1, 20))
    assert view.baselines == store.view().baselines


def test_where_nothing_is_recorded_there_are_no_baselines(store: DirectoryStore) -> None:
    assert store.view().baselines is None
