"""A release as it was found, printed and written in every format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sluicegate.cli.pages import in_file, is_colored, show_page, target
from sluicegate.release import page as release_page
from sluicegate.release.evaluation import Evaluation
from sluicegate.runtime.files import write_output
from sluicegate.runtime.process import show

FORMATS = ("text", "json", "markdown", "html")


def targets_of(outputs: Sequence[str]) -> list[tuple[str, Path]]:
    """The formats and files of `--output`.

    Raises:
        UsageError: one has another form, or names another format.
    """
    return [target(text, FORMATS) for text in outputs]


def print_and_write(seen: Evaluation, format_: str, targets: Sequence[tuple[str, Path]]) -> None:
    """Write a release to files, and print it.

    Raises:
        WorldError: it cannot be written or printed.
    """
    for kind, path in targets:
        write_output(path, render(seen, kind))
    if format_ == "text":
        show_page(release_page.page(seen), verbose=True)
    else:
        show(render(seen, format_), color=is_colored())


def render(seen: Evaluation, kind: str) -> str:
    """A release in one of `FORMATS`."""
    if kind == "json":
        return f"{json.dumps(release_page.as_json(seen), indent=2, ensure_ascii=False)}\n"
    page = release_page.page(seen)
    if kind == "text":
        return in_file(page)
    if kind == "markdown":
        from sluicegate.report import markdown

        return markdown.render(page)
    from sluicegate.report import html  # with jinja2, which the other formats need not load

    return html.render(page)
