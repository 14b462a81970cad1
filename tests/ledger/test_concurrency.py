"""Many writers at once, and writers that are killed: nothing is lost, and nothing is left locked."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sluicegate.ledger.directory import directory_store
from sluicegate.ledger.documents import parse_path
from sluicegate.ledger.recording import Recorder, known
from sluicegate.ledger.verify import verify
from support.ledgers import Place, place, recorded, sha

pytestmark = pytest.mark.slow


def start(there: Place, *numbers: int) -> subprocess.Popen[str]:
    program = Path(__file__).with_name("writer.py")
    path = os.pathsep.join(sys.path)
    return subprocess.Popen(
        [sys.executable, str(program), str(there.work), *map(str, numbers)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip


def commits(there: Place) -> set[str]:
    with there.store(whole=True) as store:
        view = store.view()
        assert verify(view).problems == ()
        found = known(view).baselines
        assert found is not None
        in_ledger = {p.key for p in map(parse_path, view.paths) if p}
        assert {e.commit for e in found.entries} == in_ledger
        return in_ledger


@pytest.mark.parametrize("count", [8, pytest.param(60, marks=pytest.mark.soak)])
def test_many_processes_at_once_lose_nothing(tmp_path: Path, count: int) -> None:
    """`--log-cli-level=INFO` shows how often they had to try."""
    there = place(tmp_path)
    writers = start(there, *range(count))
    attempts, errors = writers.communicate()
    assert writers.returncode == 0, errors
    logging.getLogger(__name__).info("%d attempts", sum(map(int, attempts.split())))
    assert commits(there) == {sha(n) for n in map(str, range(count))}
    assert there.at_remote("rev-list", "--count", "refs/sluicegate/ledger") == str(count)


@pytest.mark.parametrize("killed", [8, pytest.param(25, marks=pytest.mark.soak)])
def test_writers_that_are_killed_at_any_moment_block_nobody(tmp_path: Path, killed: int) -> None:
    there = place(tmp_path)
    rng = random.Random(1)
    for number in range(killed):
        writer = start(there, number)
        time.sleep(rng.uniform(0.1, 0.9))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(writer.pid, signal.SIGKILL)
        writer.communicate()
    last = start(there, killed)
    _, err = last.communicate()
    assert last.returncode == 0, err
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
