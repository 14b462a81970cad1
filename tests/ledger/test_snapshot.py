"""What `ledger fetch` leaves for `check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.ledger.baselines import Baselines
from sluicegate.ledger.snapshot import Snapshot, State, read_snapshot, write_snapshot
from support.ledgers import entry, sha

FULL = Snapshot(State.RECORDED, "origin", "", Baselines((entry("a", coverage=80),)), (sha(1), sha(2)))


@pytest.mark.parametrize("snapshot", [FULL, Snapshot(State.UNREACHABLE, "origin", "no network")])
def test_it_is_read_as_it_was_written(tmp_path: Path, snapshot: Snapshot) -> None:
    write_snapshot(tmp_path / "a" / "ledger.json", snapshot)
    assert read_snapshot(tmp_path / "a" / "ledger.json", "x") == snapshot


def test_parents_are_those_of_the_baselines_and_those_fetched() -> None:
    assert FULL.parents == {sha(1): sha(2)}


@pytest.mark.parametrize(
    "change", [{"schema": "x"}, {"state": "well"}, {"line": [7]}, {"baselines": 7}, {"reason": None}]
)
def test_a_damaged_file_is_a_typed_error(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "ledger.json"
    write_snapshot(path, FULL)
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), "utf-8")
    with pytest.raises(EvidenceError, match=r"ledger fetch"):
        read_snapshot(path, "x")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_are_a_typed_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "ledger.json").write_bytes(data)
    with pytest.raises(EvidenceError):
        read_snapshot(tmp_path / "ledger.json", "x")
