"""How pages are printed and written: `--output`, and a page on the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from sluicegate.cli import options
from sluicegate.core.errors import UsageError
from sluicegate.report.formats import FILE_WIDTH
from sluicegate.report.sections import Block, Page
from sluicegate.runtime.process import show

_WIDEST = 400
"""Columns; a larger width reported by a terminal is cut to this."""


def output(about: str) -> Callable[[options.Command], options.Command]:
    """`--output FORMAT=FILE`, repeatable, which the command gets as `outputs`."""
    return click.option("--output", "outputs", multiple=True, metavar="FORMAT=FILE", help=about)


def target(text: str, names: Sequence[str]) -> tuple[str, Path]:
    """The format and the file of an `--output`.

    Args:
        text: as it was given.
        names: of the formats that the command has.

    Raises:
        UsageError: it has another form, or names another format.
    """
    name, separator, path = text.partition("=")
    if not separator or name not in names or not path:
        raise UsageError(
            "must have the form FORMAT=FILE", where=f"--output {text}",
            remedy=f"Formats: {', '.join(names)}; for example --output html=report.html.",
        )  # fmt: skip
    return name, Path(path)


def is_colored() -> bool:
    """Is standard output printed in colour?"""
    return not os.environ.get("NO_COLOR") and (sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR")))


def show_page(page: Page, *, verbose: bool = False) -> None:
    """Print a page for the terminal, in its width; colours as of `show_report`.

    Raises:
        WorldError: it cannot be printed.
    """
    from sluicegate.report import terminal  # with rich, which the other formats need not load

    color = is_colored()
    show(terminal.render(page, width=_width(), color=color, verbose=verbose), color=color)


def show_blocks(blocks: Sequence[Block]) -> None:
    """Print blocks of a page for the terminal, as `show_page` does.

    Raises:
        WorldError: they cannot be printed.
    """
    from sluicegate.report import terminal

    color = is_colored()
    show(terminal.render_blocks(blocks, width=_width(), color=color), color=color)


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)


def in_file(page: Page) -> str:
    """A page as a terminal shows it, for a file."""
    from sluicegate.report import terminal

    return terminal.render(page, width=FILE_WIDTH, color=False)
