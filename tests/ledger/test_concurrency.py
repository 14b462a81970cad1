"""Many writers at once, and writers that are killed: nothing is lost, and nothing is left locked."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sluicegate.ledger.directory import directory_store
from sluicegate.ledger.documents import parse_path
from sluicegate.ledger.recording import Recorder, known
from sluicegate.ledger.verify import verify
from support.ledgers import Place, place, recorded, sha

pytestmark = pytest.mark.slow


def write(there: Place, *numbers: object) -> list[int]:
    """Let processes record, all of which must succeed but those that are killed; their attempts."""
    program = Path(__file__).with_name("writer.py")
    done = subprocess.run(
        [sys.executable, str(program), str(there.work), *map(str, numbers)],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.split()]


def commits(there: Place) -> set[str]:
    with there.store(whole=True) as store:
        view = store.view()
        assert verify(view).problems == ()
        found = known(view).baselines
        assert found is not None
        in_ledger = {p.key for p in map(parse_path, view.paths) if p}
        assert {e.commit for e in found.entries} == in_ledger
        return in_ledger


@pytest.mark.parametrize("count", [5, pytest.param(60, marks=pytest.mark.soak)])
def test_many_processes_at_once_lose_nothing(tmp_path: Path, count: int) -> None:
    """`--log-cli-level=INFO` shows how often they had to try."""
    there = place(tmp_path)
    attempts = write(there, *range(count))
    logging.getLogger(__name__).info("%d attempts", sum(attempts))
    assert commits(there) == {sha(n) for n in map(str, range(count))}
    assert there.at_remote("rev-list", "--count", "refs/sluicegate/ledger") == str(count)


LONG = 0.4
"""Seconds in which a process records, and some more."""


@pytest.mark.parametrize("killed", [8, pytest.param(25, marks=pytest.mark.soak)])
def test_writers_that_are_killed_at_any_moment_block_nobody(tmp_path: Path, killed: int) -> None:
    there = place(tmp_path)
    rng = random.Random(1)
    write(there, *(f"{number}@{rng.uniform(0, LONG)}" for number in range(killed)), killed)
    assert sha(str(killed)) in commits(there)


def test_many_threads_write_to_one_folder(tmp_path: Path) -> None:
    def write(number: int) -> None:
        directory_store(tmp_path / "ledger").update(Recorder(lambda _known: recorded(number)))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(40)))
    view = directory_store(tmp_path / "ledger").view()
    found = known(view).baselines
    assert found is not None
    assert {e.commit for e in found.entries} == {sha(n) for n in range(40)}
    assert verify(view).problems == ()
