"""`sluicegate release impact`: parse, call, print."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from sluicegate.cli import options
from sluicegate.cli.pages import in_file, is_colored, output, show_page, target
from sluicegate.cli.release_shown import FORMATS
from sluicegate.core.errors import UsageError
from sluicegate.git import open_repository
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.policy.location import project_root
from sluicegate.policy.resolve import load_policy
from sluicegate.release.impact.model import IMPACT, Impact
from sluicegate.release.impact.page import page
from sluicegate.release.impact.read import impact_of
from sluicegate.release.notes.read import range_of
from sluicegate.release.read import settings_of
from sluicegate.runtime.files import write_output
from sluicegate.runtime.process import here, show


@click.command(short_help="Show what a release changes for operators.")
@click.argument("range_", metavar="[FROM..TO]", default="")
@options.choice("--format", "format_", values=FORMATS, about="Format to print.")
@output("Also write it to FILE, replacing it; repeatable.")
@options.policy
def command(range_: str, format_: str, outputs: Sequence[str], policy: str) -> None:
    """Show what FROM..TO changes for the people who run it; by default from the nearest tag to HEAD.

    These are settings and environment variables, database migrations with their dangerous statements, API
    descriptions, alerts and dashboards, and majors of dependencies, each with "runbook touched: yes" or "no".
    It reads the clone, runs nothing of it, and makes no request. See docs/release-impact.md.

    \b
      sluicegate release impact
      sluicegate release impact v1.3.0..v1.4.0 --format markdown

    Exit codes: 0 done, 2 your input is wrong, 3 git failed.
    """
    targets = [target(text, FORMATS) for text in outputs]
    git = open_repository(here())
    if git is None:
        raise UsageError("this folder is in no git repository", remedy="Run it in a clone.")
    file, root = (here() / policy, here()) if policy else (None, project_root(here()))
    settings = settings_of(load_policy(file, root, FetchedPresets.of(os.environ).read))
    impact = impact_of(git, range_of(git, range_), settings.runbooks)
    for kind, path in targets:
        write_output(path, _rendered(impact, kind))
    if format_ == "text":
        show_page(page(impact), verbose=True)
    else:
        show(_rendered(impact, format_), color=is_colored())


def _rendered(impact: Impact, kind: str) -> str:
    if kind == "json":
        return IMPACT.encode(impact, indent=2).decode()
    if kind == "text":
        return in_file(page(impact))
    if kind == "markdown":
        from sluicegate.report import markdown

        return markdown.render(page(impact))
    from sluicegate.report import html  # with jinja2, which the other formats need not load

    return html.render(page(impact))
