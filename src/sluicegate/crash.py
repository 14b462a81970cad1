"""What a bug of ours leaves behind: a log to attach, and one line that says where it is."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path

from sluicegate import __version__
from sluicegate.text import one_line


def report_crash(error: Exception) -> None:
    """Write the traceback to a file, and say on standard error where it is.

    The log holds the traceback, the versions and the names of the arguments' options, but no
    environment variables, so that it can be attached to an issue.
    """
    import platform

    import click

    log = "".join(traceback.format_exception(error))
    head = f"sluicegate {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    options = " ".join(a.split("=")[0] for a in sys.argv[1:])
    text = f"{head}arguments: {options}\n\n{log}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="sluicegate-crash-", suffix=".log", delete=False, encoding="utf-8"
        ) as stream:
            stream.write(text)
        place = str(Path(stream.name))
    except OSError:
        click.echo(text, err=True)
        place = "above"
    click.echo(
        f"sluicegate: this is a bug of sluicegate, not of your input: {type(error).__name__}: "
        f"{one_line(str(error))[:200]}. Please report it with the log: {place}",
        err=True,
    )
