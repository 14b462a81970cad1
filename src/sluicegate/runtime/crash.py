"""What a bug of ours leaves behind: a log to attach, and one line that says where it is."""

from __future__ import annotations

import re
import sys
import tempfile
import traceback
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sluicegate import __version__
from sluicegate.core.text import one_line, redact

_OPTION = re.compile(r"--[a-z]+(?:-[a-z]+)*(?==|\Z)|-[A-Za-z]")


def report_crash(error: Exception) -> None:
    """Write the traceback to a file, and say on standard error where it is.

    The log holds the traceback, the versions and the names of the options, but no values of options, no
    other arguments and no environment variables, so that it can be attached to an issue.
    """
    import platform

    import click

    log = redact("".join(traceback.format_exception(error)))
    head = f"sluicegate {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    text = f"{head}options: {' '.join(option_names(sys.argv[1:])) or 'none'}\n\n{log}"
    place = _written(text)
    if not place:
        click.echo(text, err=True)
    click.echo(
        f"sluicegate: this is a bug of sluicegate, not of your input: {type(error).__name__}: "
        f"{redact(one_line(str(error)))[:200]}. Please report it with the log: {place or 'above'}",
        err=True,
    )


def option_names(arguments: Iterable[str]) -> list[str]:
    """The names of the options among the arguments; after `--` there are none."""
    names = []
    for argument in arguments:
        if argument == "--":
            break
        if found := _OPTION.match(argument):
            names.append(found[0])
    return names


def _written(text: str) -> str:
    """The path of the log; empty where it could not be written whole."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="sluicegate-crash-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
        ) as stream:
            name = stream.name
            stream.write(text)
    except OSError:
        with suppress(OSError, UnboundLocalError):
            Path(name).unlink()
        return ""
    return name
