"""Streams of any kind, and an orderly end on request: what every entry point sets up."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from types import FrameType

from sluicegate.core.errors import ExitCode, WorldError
from sluicegate.runtime.runnerlog import RunnerLog, guard

_SECRETS = frozenset(
    {
        "GITHUB_TOKEN", "GH_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_ENTERPRISE_TOKEN",
        "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL",
    }
)  # fmt: skip
"""Variables that hold tokens of GitHub and its runner. The Action's inputs, `INPUT_…`, hold some too."""

_REQUESTS = ("SIGTERM", "SIGHUP")
"""Requests to end, beside SIGINT; the second one does not exist on Windows."""


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child: without tokens, and without the inputs of the Action's step."""
    return {k: v for k, v in environment.items() if k not in _SECRETS and not k.startswith("INPUT_")}


def take_secrets(environment: MutableMapping[str, str]) -> dict[str, str]:
    """A copy of the environment; its secrets are gone from it, so that no child inherits them."""
    whole = dict(environment)
    for name in whole.keys() - without_secrets(whole).keys():
        del environment[name]
    return whole


def prepare() -> None:
    """Make the streams take any text, and requests to end run what cleans up.

    A closed stream becomes one that swallows everything; a character that a stream's encoding
    does not have is replaced.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    for name in _REQUESTS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    """Unwind, so that children are ended and temporary files removed; asking again changes nothing."""
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


@contextlib.contextmanager
def requests_held() -> Iterator[None]:
    """Answer a request to end after the block alone, so that what the block starts is known to who ends it.

    Between the start of a child and the name for it an answer would leave the child running. Only the main
    thread answers, so in any other nothing is held.
    """
    asked: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, *(getattr(signal, n) for n in _REQUESTS if hasattr(signal, n))):
            if callable(signal.getsignal(number)):
                before[number] = signal.signal(number, lambda number, _frame: asked.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if asked:
            signal.raise_signal(asked[0])


def step(main: Callable[[Mapping[str, str]], int | None]) -> int:
    """Run a step of the Action: its exit code, 128 more than the signal's number where it was asked to end.

    The runner asks so when a job is cancelled; one line says it, and what was begun is cleaned up. `main` is
    given the environment, whose secrets are then no longer in the process's own.
    """
    prepare()
    guard(os.environ)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    given = take_secrets(os.environ)
    try:
        return main(given) or 0
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except Exception as error:
        return _unexpected(error)
    sys.stderr.write("Sluicegate was asked to end before it was done.\n")
    return code


def _unexpected(error: Exception) -> int:
    """Say on the runner's log that it is a bug of ours, or that the folder is gone; the exit code."""
    from sluicegate.runtime.crash import report_crash

    try:
        here()
    except WorldError as gone:
        message, code = str(gone), gone.exit_code
    else:
        report_crash(error)
        message = f"This is a bug of Sluicegate, not of your input: {type(error).__name__}"
        code = ExitCode.BUG
    line = f"::error title=Sluicegate::{message}"
    if isinstance(sys.stdout, RunnerLog):
        sys.stdout.obey(line)
    else:
        sys.stderr.write(f"{line}\n")
    return code


def here() -> Path:
    """The current folder.

    Raises:
        WorldError: it does not exist any more.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise WorldError(
            f"the current folder cannot be found: {error.strerror}",
            remedy="It may have been deleted. Change to a folder that is there.",
        ) from error


def show(text: str, *, color: bool) -> None:
    """Write to standard output. A reader who leaves early changes nothing of the verdict.

    Raises:
        WorldError: it cannot be written.
    """
    import click

    try:
        click.echo(text, nl=False, color=color)
    except BrokenPipeError:
        _swallow()
    except OSError as error:
        _swallow()
        raise WorldError(f"cannot be written: {error.strerror}", where="standard output") from error


def _swallow() -> None:
    """Let what is still in the buffer go nowhere: the interpreter writes it out at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
