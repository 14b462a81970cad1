"""What a step says to the runner: workflow commands, and the files for outputs and summary.

Source: GitHub's page "Workflow commands for GitHub Actions". Text of strangers is printed between
`::stop-commands::` and its random token, so that no line of it is taken for a command.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from sluicegate.core.text import redact
from sluicegate.runtime.files import unless_whole
from sluicegate.runtime.runnerlog import RunnerLog

SUMMARY_LIMIT = 1024 * 1024
"""Bytes of one step's summary; above it GitHub shows none of it."""


def escape_data(text: str) -> str:
    """Text as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command(line: str, out: TextIO | None = None) -> None:
    """A workflow command that is already escaped."""
    stream = out or sys.stdout
    if isinstance(stream, RunnerLog):
        stream.obey(line)
    else:
        stream.write(f"{line}\n")
    stream.flush()


def notice(message: str, out: TextIO | None = None) -> None:
    """An annotation of the level notice, without a place."""
    command(f"::notice title=Sluicegate::{escape_data(redact(message))}", out)


def warning(message: str, out: TextIO | None = None) -> None:
    """An annotation of the level warning, without a place."""
    command(f"::warning title=Sluicegate::{escape_data(redact(message))}", out)


def error(message: str, out: TextIO | None = None) -> None:
    """An annotation of the level error, without a place."""
    command(f"::error title=Sluicegate::{escape_data(redact(message))}", out)


def group(title: str, text: str, out: TextIO | None = None) -> None:
    """A folded part of the log that holds `text`, which cannot give commands."""
    command(f"::group::{escape_data(title)}", out)
    show(text, out)
    command("::endgroup::", out)


def show(text: str, out: TextIO | None = None) -> None:
    """Text of strangers in the log; no line of it is taken for a command."""
    token = secrets.token_hex(16)
    body = text if text.endswith("\n") or not text else f"{text}\n"
    command(f"::stop-commands::{token}\n{body}::{token}::", out)


def append(variable: str, path: str, text: str, warn: Callable[[str], None] = warning) -> bool:
    """Append `text` to one of the runner's files, named by `variable`.

    All of it or nothing: half a line would be an output of another value. A channel that is not there, or
    cannot be written, gives a warning and changes nothing else; the result is whether the text was written.
    """
    if not path:
        return False
    try:
        with Path(path).open("ab", buffering=0) as stream, unless_whole(stream.fileno()):
            left = memoryview((text if text.endswith("\n") else f"{text}\n").encode("utf-8", "replace"))
            while left:
                left = left[stream.write(left) :]
    except OSError as problem:
        warn(f"{variable} could not be written: {problem.strerror}. The verdict is not affected.")
        return False
    return True
