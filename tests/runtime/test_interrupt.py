"""A program that is interrupted while it is still being imported ends without a traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support import needs
from support.messages import ROOT

STEPS = ("fetch", "judge", "publish")


def interrupted(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """The program, which gets the signal with one of its first imports."""
    program = (
        "import runpy, signal, sys, os\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name in ('sluicegate.core.text', 'sluicegate.runtime.process', 'click'):\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    (folder / "sitecustomize.py").write_text(program, encoding="utf-8")
    environment = {"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@needs.linux
@pytest.mark.slow
@pytest.mark.parametrize("module", ["sluicegate", *(f"sluicegate.action.{step}" for step in STEPS)])
def test_there_is_no_traceback(tmp_path: Path, module: str) -> None:
    done = interrupted(tmp_path, "-m", module)
    assert (done.returncode, done.stderr, done.stdout) == (-signal.SIGINT, "interrupted\n", "")


def test_every_step_of_the_action_is_looked_at() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert {step for step in STEPS if f"-m sluicegate.action.{step}" in text} == set(STEPS)
    assert text.count("-m sluicegate.action.") == len(STEPS)
