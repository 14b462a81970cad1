"""Parts that the judging commands share: `--format`, `--output`, and the report on the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.judge.check import Checked
from sluicegate.report.formats import NAMES, render
from sluicegate.runtime.files import write_text
from sluicegate.runtime.process import show

_WIDEST = 400
"""Columns; a larger width reported by a terminal is cut to this."""


def parse_targets(texts: Sequence[str]) -> list[tuple[str, Path]]:
    """The `--output` arguments.

    Raises:
        UsageError: one is not of the form FORMAT=FILE.
    """
    return [_target(text) for text in texts]


def show_report(
    checked: Checked, targets: Sequence[tuple[str, Path]], *, format_name: str, verbose: bool = False
) -> None:
    """Write the requested reports, then print one.

    Raises:
        WorldError: a file cannot be written.
    """
    for name, path in targets:
        _write(path, render(name, checked.report, checked.root))
    color = _wants_color(os.environ, sys.stdout.isatty())
    show(_shown(checked, format_name, verbose=verbose, color=color), color=color)


def _target(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not separator or name not in NAMES or not path:
        raise UsageError(
            "must have the form FORMAT=FILE", where=f"--output {text}",
            remedy=f"Formats: {', '.join(NAMES)}; for example --output html=report.html.",
        )  # fmt: skip
    return name, Path(path)


def _write(path: Path, text: str) -> None:
    try:
        write_text(path, text)
    except OSError as error:
        raise WorldError(f"cannot be written: {error.strerror}", where=str(path)) from error


def _wants_color(environment: Mapping[str, str], is_terminal: bool) -> bool:
    """Colour on a terminal or where FORCE_COLOR asks for it; never with NO_COLOR (no-color.org)."""
    if environment.get("NO_COLOR"):
        return False
    return is_terminal or bool(environment.get("FORCE_COLOR"))


def _shown(checked: Checked, format_name: str, *, verbose: bool, color: bool) -> str:
    if format_name != "terminal":
        return render(format_name, checked.report, checked.root)
    from sluicegate.report import compose, terminal  # with rich, which the other formats need not load

    width = min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)
    return terminal.render(compose.page(checked.report), width=width, color=color, verbose=verbose)
