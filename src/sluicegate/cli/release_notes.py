"""`sluicegate release notes`: parse, call, print."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import click

from sluicegate.cli import options
from sluicegate.cli.rollout_sessions import echo, github_of, refuse_strangers
from sluicegate.core.errors import UsageError, WorldError
from sluicegate.core.text import cut, one_line, plural
from sluicegate.git import Git, open_repository
from sluicegate.github.client import Client
from sluicegate.net.client import ApiError
from sluicegate.release.notes import text as show
from sluicegate.release.notes.changes import PullText, changes_of, pulls_by_message
from sluicegate.release.notes.draft import Draft, Drafts
from sluicegate.release.notes.hub import known_issues, pulls_of
from sluicegate.release.notes.read import Range, categories_of, commits_of, range_of
from sluicegate.runtime.commands import append
from sluicegate.runtime.process import here
from sluicegate.runtime.process import show as print_text

_TAG = re.compile(r"(?![-/.])(?!.*(?:\.\.|//|@\{|\.lock$|[/.]$))[^\s~^:?*\[\\\x00-\x20\x7f]{1,200}")
_MAX_TEMPLATE = 100_000
_SECONDS = 300.0
"""How long all requests together may take: a range of thousands of commits takes a hundred."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What notes are made from.

    Attributes:
        template: a file; empty for the default.
        known: the label of known issues.
    """

    template: str = ""
    known: str = ""


@click.command(short_help="Write the notes of a release.")
@click.argument("range_", metavar="[FROM..TO]", default="")
@options.choice("--format", "format_", values=("markdown", "json"), about="Format to print.")
@options.text("--draft", "TAG", "Put the notes into the draft release of TAG, between our marks.")
@options.text(
    "--template", "FILE", "Markdown with {{changes}}, {{breaking}} and others, in place of the default."
)
@click.option(
    "--known-issues", "known", metavar="LABEL", default="known-issue", show_default=True,
    help="Open issues with this label are the known ones.",
)  # fmt: skip
@options.into(Asked)
def command(asked: Asked, range_: str, format_: str, draft: str) -> None:
    """Write what was merged in FROM..TO, by group; by default from the nearest tag to HEAD.

    With GITHUB_TOKEN and GITHUB_REPOSITORY, pull requests with their labels, texts and authors are read from
    GitHub; else what the messages of the commits say. See docs/release-notes.md.

    Exit codes: 0 done, 2 your input is wrong, 3 GitHub failed.
    """
    client, repository = _client()
    if draft:
        _check_draft(draft, client)
    git = open_repository(here())
    if git is None:
        raise UsageError("this folder is in no git repository", remedy="Run it in a clone.")
    template = _template(asked.template)
    span = range_of(git, range_)
    try:
        notes = _notes(git, span, client, repository, asked.known)
        text = show.render(notes, template)
        if draft and client is not None:
            _say(Drafts(client, repository).put(draft, span.head, text), draft)
            return
    except ApiError as error:
        needs = "The job needs `pull-requests: read`, `issues: read`, and `contents: write` for --draft."
        raise WorldError(f"the notes could not be made: {error.message}", remedy=needs) from error
    if format_ == "json":
        click.echo(json.dumps(show.as_json(notes), indent=2, ensure_ascii=False))
    else:
        print_text(text, color=False)


def _check_draft(tag: str, client: Client | None) -> None:
    refuse_strangers()
    if not _TAG.fullmatch(tag):
        raise UsageError("this is no name for a tag", where="--draft", remedy="For example v1.4.0.")
    if client is None:
        remedy = "Set GITHUB_TOKEN and GITHUB_REPOSITORY, for example by `gh auth token`."
        raise UsageError("there is no token to write a draft release with", where="--draft", remedy=remedy)


def _client() -> tuple[Client | None, str]:
    github = github_of()
    client = github.client
    if client is not None:
        client.seconds = _SECONDS
    return client, github.repository


def _template(name: str) -> str:
    if not name:
        return show.DEFAULT_TEMPLATE
    try:
        with (here() / Path(name)).open(encoding="utf-8") as file:
            return file.read(_MAX_TEMPLATE)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"the template cannot be read: {reason}", where="--template") from None


def _notes(git: Git, span: Range, client: Client | None, repository: str, known: str) -> show.Notes:
    commits = commits_of(git, span)
    pulls: dict[str, PullText]
    issues = None
    if client is None:
        click.echo(
            "sluicegate: warning: without GITHUB_TOKEN and GITHUB_REPOSITORY, labels, texts and authors of "
            "pull requests and known issues are not read",
            err=True,
        )
        pulls = pulls_by_message(commits)
    else:
        pulls = pulls_of(client, repository, commits)
        issues = known_issues(client, repository, known) if known else ()
    return show.notes_from(
        span.shown, commits, changes_of(commits, pulls), categories_of(git, span.head), issues
    )


def _say(found: Draft, tag: str) -> None:
    """What was done, for people and for later steps: two runs at once write the same outputs."""
    name = cut(one_line(tag), 100)
    match found.what:
        case "published":
            echo([f"the release {name} is published already, and stays as it is: {found.url}"])
        case _:
            echo([f"the draft release {name} is {found.what}: {found.url}"])
    if found.others:
        ids = ", ".join(map(str, found.others))
        more = plural(len(found.others), "more draft")
        click.echo(f"sluicegate: warning: {name} has {more}, which stay: release {ids}", err=True)
    outputs = f"release-id={found.id}\nrelease-url={one_line(found.url)}\n"
    append("GITHUB_OUTPUT", os.environ.get("GITHUB_OUTPUT", ""), outputs)
