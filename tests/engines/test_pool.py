from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import EngineError
from sluicegate.engines import pool
from sluicegate.engines.analyse import analyse
from sluicegate.engines.pool import Sized, chunks
from sluicegate.engines.worker import BaseVersion, FileResult, FileTask
from support import needs
from support.processes import is_running, wait_until
from support.sources import silent, workspace


def tasks(*sizes: int) -> list[Sized]:
    return [(size, FileTask(f"{number}.py", BaseVersion.NOTHING)) for number, size in enumerate(sizes)]


def paths(portions: list[list[FileTask]]) -> list[list[str]]:
    return [[task.path for task in portion] for portion in portions]


def test_the_largest_files_come_first() -> None:
    given = tasks(1_000, 5_000_000, 900_000)
    assert paths(list(chunks(given, 2))) == [["1.py"], ["2.py"], ["0.py"]]


def test_small_files_share_a_portion() -> None:
    assert paths(list(chunks(tasks(10, 20, 30), 2))) == [["2.py", "1.py", "0.py"]]


@given(st.lists(st.integers(0, 3_000_000), max_size=40), st.integers(1, 8))
def test_every_file_is_in_exactly_one_portion(sizes: list[int], workers: int) -> None:
    found = [path for portion in paths(list(chunks(tasks(*sizes), workers))) for path in portion]
    assert sorted(found) == sorted(task.path for _, task in tasks(*sizes))


def test_work_in_this_process_leaves_the_collector_as_it_was(tmp_path: Path) -> None:
    enabled, frozen = gc.isenabled(), gc.get_freeze_count()
    analyse(workspace(tmp_path, {"a.py": "eval(x)\n"}), {"bandit"}, silent)
    assert gc.isenabled() == enabled
    assert gc.get_freeze_count() <= frozen


def test_a_few_small_files_start_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_in_processes", None)
    found = analyse(workspace(tmp_path, {"a.py": "x = 1\n"}, workers=8), {"docs"}, silent)
    assert found.docs is not None


def _die(_: list[FileTask]) -> list[FileResult]:
    os._exit(1)


@needs.linux
def test_a_process_that_dies_is_an_error_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(pool, "_work", _die)
    monkeypatch.setattr("threading.active_count", lambda: 1)
    with pytest.raises(EngineError, match="died") as caught:
        analyse(workspace(tmp_path, {"a.py": "x = 1\n"}, workers=2), {"docs"}, silent)
    assert "out of memory" in caught.value.remedy


@pytest.mark.parametrize("threads", [1, 2], ids=["copied processes", "fresh processes"])
def test_processes_give_what_one_process_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    head = {f"m{n}.py": f"def f(a):\n    return a or {n}\neval(a)\n" for n in range(5)}
    base = {f"m{n}.py": "def f(a):\n    return a\n" for n in range(3)}
    wanted = {"bandit", "complexity", "docs"}
    alone = analyse(workspace(tmp_path, head, base), wanted, silent)
    monkeypatch.setattr(pool, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(pool, "_SMALLEST_CHUNK", 1)
    monkeypatch.setattr("threading.active_count", lambda: threads)
    assert analyse(workspace(tmp_path, head, base, workers=3), wanted, silent) == alone


def children(pid: int) -> list[int]:
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
@needs.linux
def test_the_processes_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = analysing(tmp_path)
    workers = children(parent.pid)
    parent.kill()
    parent.communicate(timeout=300)
    wait_until(lambda: not any(is_running(worker) for worker in workers))


@pytest.mark.slow
@needs.linux
def test_a_process_that_is_killed_ends_the_work_whatever_the_parent_does_with_signals(tmp_path: Path) -> None:
    parent = analysing(tmp_path)
    os.kill(children(parent.pid)[0], signal.SIGKILL)
    _, said = parent.communicate(timeout=300)
    assert b"EngineError: a process that analyses Python sources died" in said


def analysing(root: Path) -> subprocess.Popen[bytes]:
    """A process that has just started two others, and unwinds when it is asked to end."""
    script = (
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        "from pathlib import Path; from support.sources import silent, workspace\n"
        "from sluicegate.engines.analyse import analyse\n"
        f"text = 'x = 1\\n' * {pool.PARALLEL_BYTES // 6}\n"
        "analyse(workspace(Path('.'), {'a.py': text, 'b.py': text}, workers=2), {'complexity'}, silent)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=root, env=environment, stderr=subprocess.PIPE
    )
    wait_until(lambda: len(children(parent.pid)) == 2)
    return parent
