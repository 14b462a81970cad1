"""A request to end that comes while a child starts ends the child too."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sluicegate.engines.command import CommandLimits, run_command
from sluicegate.git.runner import runner
from sluicegate.runtime.process import requests_held
from support import needs

pytestmark = needs.posix


def interrupted(monkeypatch: pytest.MonkeyPatch, begin: Callable[[], object]) -> list[int | None]:
    """How the children of a call ended that is interrupted before they have a name; None for no end."""
    children: list[subprocess.Popen[bytes]] = []
    start: Any = subprocess.Popen

    def popen(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        children.append(start(*arguments, **options))
        signal.raise_signal(signal.SIGINT)
        return children[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    with pytest.raises(KeyboardInterrupt):
        begin()
    return [child.returncode for child in children]


def test_git_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = runner(tmp_path, os.environ)
    assert None not in interrupted(monkeypatch, lambda: git("version"))


def test_a_command_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = partial(run_command, "sleep 600", tmp_path, CommandLimits(60), os.environ)
    assert None not in interrupted(monkeypatch, begin)


def test_the_handlers_are_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with requests_held():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_nothing_is_held() -> None:
    failures: list[Exception] = []

    def hold() -> None:
        try:
            with requests_held():
                pass
        except ValueError as error:
            failures.append(error)

    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    assert failures == []
