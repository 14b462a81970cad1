"""`sluicegate ledger`: parse, call, print."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from sluicegate.cli import options
from sluicegate.cli.ledger_place import anywhere, on_ref
from sluicegate.collect.base import compared_commits
from sluicegate.core.errors import ExitCode, UsageError
from sluicegate.core.text import one_line, plural
from sluicegate.github.payload import read_event
from sluicegate.ledger import listing, writing
from sluicegate.ledger.fetching import fetch_snapshot, fetched_line
from sluicegate.ledger.interface import NoLedgerError, UnreachableError
from sluicegate.ledger.local import fetched_file
from sluicegate.ledger.open import Choice, open_git, open_store, repository
from sluicegate.ledger.snapshot import State, write_snapshot
from sluicegate.ledger.verify import verify as verified
from sluicegate.report.document import load_report
from sluicegate.runtime.process import here


def _now() -> datetime:
    return datetime.now(UTC)


def _left_out(problems: Iterable[str]) -> None:
    for problem in problems:
        click.echo(f"sluicegate: warning: {one_line(problem)}", err=True)


@click.group(
    epilog="""
The ledger is an append-only record on the ref refs/sluicegate/ledger of your repository. Clones do not
fetch it. A small second ref holds the baselines of pull requests. See docs/ledger.md.

\b
  sluicegate ledger fetch && sluicegate check  compare with the baseline
  sluicegate ledger record report.json         on the default branch
  sluicegate ledger log                        the last recorded reports
"""
)
def command() -> None:
    """Record reports in the repository, and read them back."""


@command.command(short_help="Fetch the baselines for 'check'.")
@on_ref
@click.option("--output", default="", metavar="FILE", help="File to write, for 'check --ledger FILE'.")
def fetch(choice: Choice, output: str) -> int:
    """Fetch the baselines for 'check', and the ancestors that a shallow clone lacks.

    Exit codes: 0 fetched, or nothing is recorded yet, 2 your input is wrong, 3 the ledger cannot be reached
    or read; 'check' then reports UNKNOWN where a criterion needs it.
    """
    git = repository(here())
    event = read_event(os.environ)
    with open_git(choice, git) as store:
        snapshot = fetch_snapshot(store, git, compared_commits(git, event))
    path = Path(output) if output else fetched_file(git)
    write_snapshot(path, snapshot)
    if snapshot.state in (State.UNREACHABLE, State.UNREADABLE):
        raise UnreachableError(snapshot.reason)
    click.echo(one_line(fetched_line(snapshot)))
    return ExitCode.OK


@command.command(short_help="Record a report that 'check' wrote.")
@click.argument("report", metavar="REPORT.json")
@anywhere
def record(choice: Choice, report: str) -> None:
    """Record REPORT.json, written by 'sluicegate check --output json=REPORT.json', in the ledger.

    This clone must have the commit of the report. Over HTTP the command uses the token in GITHUB_TOKEN,
    else git's own credentials; either must be able to write (`contents: write`).

    Exit codes: 0 recorded, 2 your input is wrong, 3 the ledger cannot be reached or written.
    """
    event = read_event(os.environ)
    if event.is_about_pull_request or event.name == "merge_group":
        raise UsageError(
            "the ledger is only read in pull requests", remedy="Record on pushes to the default branch."
        )
    git = repository(here())
    read = load_report(Path(report), report)
    if read.commit.dirty and not event.name:
        raise UsageError(
            "the report is of a working tree with changes, not of a commit", where=report,
            remedy="Commit, run 'sluicegate check' again, and record that report.",
        )  # fmt: skip
    with open_store(choice, git, here()) as store:
        done = writing.record(store, git, read, _now)
        click.echo(one_line(listing.recorded_line(done, store.name)))
    _left_out(done.problems)


@command.command(short_help="List the recorded reports, newest first.")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N",
              help="Number of reports.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@anywhere
def log(choice: Choice, limit: int, as_json: bool) -> None:
    """List the recorded reports, newest first."""
    with open_store(choice, repository(here()), here()) as store:
        found = listing.log(store.view(), limit, writing.latest_time(_now()))
    if not found.total:
        click.echo(f"nothing is recorded yet in {one_line(store.name)}", err=True)
    for row in found.rows:
        click.echo(json.dumps(row.as_json()) if as_json else one_line(row.line))
    if found.total > len(found.rows) and not as_json:
        click.echo(f"and {found.total - len(found.rows):,} more", err=True)
    _left_out(found.problems)


@command.command(short_help="Print the recorded report of a commit.")
@click.argument("commit", metavar="COMMIT")
@options.format_
@anywhere
def show(choice: Choice, commit: str, format_: str) -> None:
    """Print the latest recorded report of COMMIT: a revision, or the first digits of a commit."""
    from sluicegate.cli.printing import show_report
    from sluicegate.judge.check import Checked

    git = repository(here())
    key = git.commit(commit) or commit.lower()
    with open_store(choice, git, here()) as store:
        until = writing.latest_time(_now())
        found = listing.report_about(store.view(), key, git.prefix.rstrip("/"), until)
    if found.others:
        click.echo(f"{plural(found.others, 'other report')} of this commit not shown", err=True)
    show_report(Checked(found.report, git.root), format_)


@command.command(short_help="Check every commit of the ledger.")
@anywhere
def verify(choice: Choice) -> int:
    """Check every commit of the ledger: one line of commits that only add documents, each of them valid.

    Exit codes: 0 valid, 1 not valid, 2 your input is wrong, 3 the ledger cannot be reached.
    """
    try:
        with open_store(choice, repository(here()), here(), whole=True) as store:
            result = verified(store.view(), writing.latest_time(_now()))
    except NoLedgerError as error:
        click.echo(one_line(str(error)))
        return ExitCode.BLOCKED
    for problem in result.problems:
        click.echo(one_line(problem))
    click.echo(one_line(listing.verified_line(result)))
    return ExitCode.BLOCKED if result.problems else ExitCode.OK


@command.command(short_help="Delete old documents.")
@click.option("--keep", required=True, metavar="DAYS", help="Days to keep documents, for example 400d.")
@click.option("--dry-run", "dry", is_flag=True, help="Print what would be deleted, and delete nothing.")
@anywhere
def prune(choice: Choice, keep: str, dry: bool) -> None:
    """Delete documents that are older than DAYS.

    The history of the ledger starts anew with the rest. Reports that others record meanwhile are kept.
    """
    days = writing.parse_days(keep)
    with open_store(choice, repository(here()), here(), whole=True) as store:
        done = writing.prune(store, days, _now, dry=dry)
    words = "would be deleted" if dry else "deleted"
    click.echo(f"{plural(done.removed, 'document')} before {done.first} {words}, {done.kept:,} kept")
    _left_out(done.problems)


@command.command(short_help="Rebuild the baselines.")
@anywhere
def rebuild(choice: Choice) -> None:
    """Rebuild the baselines from the recorded reports, after they were damaged or deleted."""
    with open_store(choice, repository(here()), here()) as store:
        _, problems = writing.rebuild(store, _now)
        click.echo(f"rebuilt the baselines of {one_line(store.name)} from its newest reports")
    _left_out(problems)
