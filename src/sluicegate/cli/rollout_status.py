"""`sluicegate rollout status`: parse, call, print."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import click

from sluicegate.cli import options
from sluicegate.cli.ledger_place import anywhere
from sluicegate.cli.pages import in_file, is_colored, output, show_page, target
from sluicegate.cli.rollout_sessions import DEPLOYED, ONE, Asked, open_session
from sluicegate.core.errors import ExitCode, UsageError
from sluicegate.ledger.interface import REF
from sluicegate.ledger.open import Choice
from sluicegate.report import markdown
from sluicegate.report.sections import Page
from sluicegate.rollout.asking import Asking
from sluicegate.rollout.sections import status_page
from sluicegate.rollout.status import Status, status_json
from sluicegate.runtime.files import write_output
from sluicegate.runtime.process import show

FORMATS = ("text", "json", "markdown", "html")

_EPILOG = """
\b
  sluicegate rollout status                            all that go on
  sluicegate rollout status NAME -v                    with its events
  sluicegate rollout status NAME --output html=r.html  and a page

Exit codes: 0 shown; 2 your input is wrong; 3 a provider or the ledger failed.
"""


@click.command("status", short_help="Show a rollout.", epilog=_EPILOG)
@ONE
@options.choice("--format", "format_", values=FORMATS, about="Format to print.")
@output("Also write it to FILE, replacing it; repeatable.")
@click.option("-v", "--verbose", is_flag=True, help="Also show earlier readings, and the events.")
@DEPLOYED
@anywhere
@options.into(Asked)
def command(
    asked: Asked, choice: Choice, name: str, format_: str, outputs: Sequence[str], verbose: bool
) -> int:
    """Show the rollout NAME, or all that go on: stages, flags, readings against bounds, and what comes next.

    Nothing is written to flags or journal.
    """
    targets = [target(text, FORMATS) for text in outputs]
    drawn = "html" in (format_, *(kind for kind, _ in targets))
    with open_session(choice, asked.deployed) as session:
        found = session.statuses(name, drawn=drawn)
    shown = _Shown(found, is_one=bool(name), asking=_asking(choice))
    for kind, path in targets:
        write_output(path, shown.render(kind))
    if not found:
        click.echo("no rollout goes on", err=True)
    if format_ == "text":
        for one in found:
            show_page(status_page(one, shown.asking), verbose=verbose)
    else:
        show(shown.render(format_), color=is_colored())
    return max((one.outcome.failed.exit_code for one in found if one.outcome.failed), default=ExitCode.OK)


def _asking(choice: Choice) -> Asking:
    """Commands that name the same ledger."""
    named = (("--dir", choice.folder), ("--remote", choice.remote), ("--ref", choice.ref.removeprefix(REF)))
    words = [word for option, value in named if value for word in (option, shlex.quote(value))]
    return Asking(ending=" ".join([*words, *["--local"] * choice.local]))


@dataclass(frozen=True, slots=True)
class _Shown:
    """Rollouts in every format.

    Attributes:
        is_one: did somebody name one?
    """

    found: Sequence[Status]
    is_one: bool
    asking: Asking

    def render(self, kind: str) -> str:
        """In one of `FORMATS`.

        Raises:
            UsageError: a page shows one rollout, and there is another number of them.
        """
        if kind == "json":
            values = [status_json(one) for one in self.found]
            return f"{json.dumps(values[0] if self.is_one else values, indent=2, ensure_ascii=False)}\n"
        pages = [status_page(one, self.asking) for one in self.found]
        if kind == "markdown":
            return "\n".join(map(markdown.render, pages))
        if kind == "text":
            return "\n".join(in_file(page) for page in pages)
        return _html(pages)


def _html(pages: Sequence[Page]) -> str:
    if len(pages) != 1:
        what = f"a page shows one rollout, and there are {len(pages)}"
        raise UsageError(what, where="html", remedy="Name one: sluicegate rollout status NAME --format html.")
    from sluicegate.report import html  # with jinja2, which the other formats need not load

    return html.render(pages[0])
