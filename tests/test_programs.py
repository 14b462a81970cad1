"""A program that is forked is one that was started: the tests that use `support.programs` rest on it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from support import programs
from support.processes import wait_until
from support.repo import pull_request
from support.uses import BEFORE, CHANGE, GOOD

pytestmark = pytest.mark.slow

needs_forks = pytest.mark.skipif(not programs.CAN_FORK, reason="programs are only forked on Linux")

STATE = """
import atexit, gc, locale, os, signal, sys, threading, warnings
import __main__, json
import github  # it has warnings of its own ignored

streams = {n: getattr(sys, n) for n in ("stdin", "stdout", "stderr")}
handled = [s for s in signal.valid_signals() if signal.getsignal(s) not in (signal.SIG_DFL, None)]
print(json.dumps({
    "arguments": sys.argv,
    "all arguments": sys.orig_argv,
    "blocked signals": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "descriptors": sorted(os.listdir("/proc/self/fd")),
    "encoding": locale.getpreferredencoding(False),
    "environment": dict(os.environ),
    "executable": [sys.executable, sys.prefix, sys.base_prefix],
    "flags": [list(sys.flags), sys.warnoptions, sys._xoptions],
    "folder": os.getcwd(),
    "garbage": [gc.isenabled(), gc.get_threshold(), gc.callbacks],
    "handled signals": sorted(handled),
    "hooks": [sys.displayhook is sys.__displayhook__, sys.gettrace(), sys.getprofile()],
    "limits": [sys.getrecursionlimit(), sys.getswitchinterval()],
    "main": [__main__.__spec__.name, __main__.__file__, __main__.__package__, sorted(vars(__main__))],
    "mask": [os.umask(0)],
    "path": sys.path,
    "streams": {
        n: [s.encoding, s.errors, s.line_buffering, s.write_through, s.mode, s.name, s.isatty(), s.fileno()]
        for n, s in streams.items()
    },
    "streams of the start": all(s is getattr(sys, f"__{n}__") for n, s in streams.items()),
    "threads": threading.active_count(),
    "warnings": [str(f) for f in warnings.filters],
}))
"""
CACHES = """
import functools, gc, json, sys
gc.unfreeze()  # else what the server imported is hidden
print(json.dumps([f"{c.__module__}.{c.__qualname__}" for c in gc.get_objects()
                  if isinstance(c, functools._lru_cache_wrapper)
                  and (c.__module__ or "").startswith("sluicegate") and c.cache_info().currsize]))
print("sluicegate.cli.check" in sys.modules)
"""
ENDS = {
    "returns": "print('x')",
    "exits with a number": "raise SystemExit(7)",
    "exits with nothing": "raise SystemExit",
    "exits with a text": "raise SystemExit('why')",
    "raises": "1 / 0",
    "is interrupted": "import os, signal, sys\n"
    "sys.excepthook = sys.__excepthook__\n"
    "os.kill(os.getpid(), signal.SIGINT)",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "runs what is registered": "import atexit; atexit.register(print, 'at the end')",
    "waits for its threads": "import threading, time\n"
    "threading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()",
    "writes to a closed stream": "import os; print('x' * 100_000); os.close(1)",
    "writes bytes": "import sys; sys.stdout.buffer.write(b'a\\xff\\r\\n')",
    "cannot be found": None,
}


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[programs.Completed]]:
    """Runs a program as a child of a server and as an interpreter of its own."""

    def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> list[programs.Completed]:
        results = []
        for switch in ("0", "1"):
            monkeypatch.setenv("SLUICEGATE_TESTS_TRUE_STARTS", switch)
            results.append(programs.run(command, folder, environment))
        return results

    return run


def module(folder: Path, text: str | None) -> list[str]:
    """A module of the folder, as a program."""
    if text is not None:
        (folder / "program.py").write_text(text, encoding="utf-8")
    return [sys.executable, "-m", "program", "a", "b c"]


@needs_forks
def test_a_file_is_run_as_an_interpreter_runs_it(tmp_path: Path, both: Any) -> None:
    """It finds modules beside itself, and not in the current folder."""
    (tmp_path / "there").mkdir()
    for folder, name in ((".", "here"), ("there", "beside")):
        (tmp_path / folder / f"{name}.py").write_text("", encoding="utf-8")
    file = tmp_path / "there" / "program.py"
    file.write_text(
        "import sys, beside\n"
        "print(sys.argv, sys.path, __name__, __file__, 'here' in sys.modules)\n"
        "try:\n    import here\nexcept ImportError:\n    sys.exit(7)\n",
        encoding="utf-8",
    )
    forked, started = both([sys.executable, str(file), "a", "b c"], tmp_path, programs.laptop())
    assert vars(forked) == vars(started)
    assert forked.returncode == 7


@needs_forks
@pytest.mark.parametrize(
    "locale", [{}, pytest.param({"LC_ALL": "C"}, marks=pytest.mark.soak)], ids=["of the tests", "C"]
)
def test_the_state_is_that_of_a_start(tmp_path: Path, both: Any, locale: dict[str, str]) -> None:
    own = {k: v for k, v in os.environ.items() if k.startswith(("LANG", "LC_"))}
    variables = {"PATH": os.environ["PATH"], "X": "ä\udcff", **own, **locale}
    forked, started = (json.loads(done.stdout) for done in both(module(tmp_path, STATE), tmp_path, variables))
    assert forked == started


REMEMBERED = {
    "documents.codec._adapter", "policy.catalogue._specs_by_name", "policy.catalogue.folder",
    "policy.loader.load_layer", "policy.plugins.plugins", "policy.settings._data", "policy.settings._kind",
    "policy.settings.gate_section", "policy.settings.section", "report.html._environment",
}  # fmt: skip
"""What is made once for all programs: it depends on the package alone, or on other packages on the path."""


@needs_forks
def test_everything_is_imported_and_nothing_else_is_remembered(tmp_path: Path, both: Any) -> None:
    forked, _ = both(module(tmp_path, CACHES), tmp_path, os.environ)
    remembered, is_imported, _ = forked.stdout.split("\n")
    assert set(json.loads(remembered)) == {f"sluicegate.{name}" for name in REMEMBERED}
    assert is_imported == "True"


@needs_forks
def test_what_a_package_on_the_path_adds_is_found(tmp_path: Path, both: Any) -> None:
    metadata = tmp_path / "added" / "other-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n", "utf-8")
    (metadata / "entry_points.txt").write_text("[sluicegate.gates]\nother = other\n", "utf-8")
    program = module(
        tmp_path,
        "from sluicegate.policy.plugins import plugins\n"
        "print([point.name for point in plugins('sluicegate.gates')])\n",
    )
    environment = {**programs.laptop(), "PYTHONPATH": str(tmp_path / "added")}
    forked = programs.run(program, tmp_path, programs.laptop(), path=[tmp_path / "added"])
    _, started = both(program, tmp_path, environment)
    assert (forked.stdout, "other" in forked.stdout) == (started.stdout, True)


@needs_forks
@pytest.mark.parametrize("text", ENDS.values(), ids=ENDS)
def test_its_end_is_that_of_an_interpreter(tmp_path: Path, both: Any, text: str | None) -> None:
    forked, started = both(module(tmp_path, text), tmp_path, programs.laptop())
    assert (forked.returncode, forked.stdout) == (started.returncode, started.stdout)
    assert ends(forked) == ends(started)


WAITS = """
import time
from pathlib import Path
print("x", flush=True)
Path("there").touch()
time.sleep(600)
"""


@needs_forks
@pytest.mark.parametrize("switch", ["0", "1"])
def test_one_that_is_started_runs_until_a_signal_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    monkeypatch.setenv("SLUICEGATE_TESTS_TRUE_STARTS", switch)
    started = programs.start(module(tmp_path, WAITS), tmp_path, programs.laptop())
    wait_until((tmp_path / "there").exists)
    other = programs.run([sys.executable, "-m", "sluicegate", "--version"], tmp_path, programs.laptop())
    assert (started.poll(), other.returncode) == (None, 0)
    started.send_signal(signal.SIGTERM)
    assert started.communicate(timeout=60) == ("x\n", "")
    assert started.returncode == -signal.SIGTERM


def ends(done: programs.Completed) -> str:
    """What it wrote to standard error last; the frames above differ."""
    return done.stderr.rstrip().rpartition("\n")[2]


@needs_forks
@pytest.mark.parametrize(
    "arguments",
    [
        ["check"], ["check", "--help"], ["check", "--policy", "nowhere.yml"], ["plan"],
        *(pytest.param(words, marks=pytest.mark.soak) for words in (
            ["--version"], ["check", "--format", "json"], ["chek"], ["explain", "tests"],
            ["merge", "nowhere"], ["schema", "policy"], ["trend"], ["validate"],
        )),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_prints_the_same(tmp_path: Path, both: Any, arguments: list[str]) -> None:
    repo = pull_request(tmp_path / "r", {**BEFORE, "sluicegate.yml": "extends: strict\n"}, CHANGE)
    repo.write(GOOD)
    command = [sys.executable, "-m", "sluicegate", *arguments]
    forked, started = both(command, repo.root, programs.laptop())
    assert vars(forked) == vars(started)


@needs_forks
def test_all_links_to_an_environment_have_one_server(tmp_path: Path) -> None:
    """Each job of the Action's tests has its environment by a link of its own."""
    there = Path(sys.prefix)
    parents = set()
    for name in ("one", "two"):
        (tmp_path / name).symlink_to(there)
        python = tmp_path / name / Path(sys.executable).relative_to(there)
        command = [str(python), *module(tmp_path, "import os; print(os.getppid())")[1:]]
        parents.add(programs.run(command, tmp_path, programs.laptop()).stdout)
    assert len(parents) == 1


def test_variables_that_python_obeys_get_an_interpreter_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('customized')", encoding="utf-8")
    done = programs.sluicegate(tmp_path, "--version", PYTHONPATH=str(tmp_path))
    assert done.stdout.startswith("customized\n")
