"""`sluicegate ledger`: parse, call, print."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from sluicegate.collect.base import base_tip
from sluicegate.core.errors import ExitCode, UsageError
from sluicegate.core.text import one_line, plural
from sluicegate.evidence.limits import read_bytes
from sluicegate.github.payload import read_event
from sluicegate.ledger import listing, writing
from sluicegate.ledger.fetching import fetch_snapshot, fetched_line
from sluicegate.ledger.interface import NoLedgerError, UnreachableError
from sluicegate.ledger.local import fetched_file
from sluicegate.ledger.open import Choice, open_git, open_store, repository
from sluicegate.ledger.refs import REF
from sluicegate.ledger.snapshot import State, write_snapshot
from sluicegate.ledger.verify import verify as verified
from sluicegate.report.document import read_report
from sluicegate.report.formats import NAMES
from sluicegate.runtime.process import here

_MAX_REPORT = 64 * 1024**2


def _now() -> datetime:
    return datetime.now(UTC)


def _left_out(problems: Iterable[str]) -> None:
    for problem in problems:
        click.echo(f"sluicegate: warning: {one_line(problem)}", err=True)


_PLACE = (
    click.option("--remote", default="", metavar="NAME",
                 help="Remote that holds it.  [default: origin, or the only one]"),
    click.option("--local", is_flag=True, help="This repository holds it; the default without a remote."),
    click.option("--ref", default=REF, metavar="REF", show_default=True, help="Its ref, or a branch."),
    click.option(
        "--max-wait", "seconds", type=click.FloatRange(min=0), default=180.0, show_default=True,
        metavar="SECONDS", help="How long to try while others write, or the network fails.",
    ),
)  # fmt: skip
_FOLDER = click.option("--dir", "folder", default="", metavar="DIR", help="A folder holds it, not a ref.")


def _on_ref(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add the options that say on which ref the ledger is, handed over as one `Choice`."""

    @functools.wraps(command)
    def with_choice(*, remote: str, local: bool, ref: str, seconds: float, folder: str = "",
                    **rest: object) -> int | None:  # fmt: skip
        token = os.environ.get("GITHUB_TOKEN", "")
        return command(choice=Choice(remote, local, folder, ref, token, seconds), **rest)

    for option in reversed(_PLACE):
        with_choice = option(with_choice)
    return with_choice


def _anywhere(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """The same, and a folder."""
    return _FOLDER(_on_ref(command))


@click.group(
    epilog="""
The ledger is an append-only record on the ref refs/sluicegate/ledger of your repository, which clones
do not fetch. A small ref beside it holds what a pull request is compared with. docs/ledger.md says more.

\b
  sluicegate ledger fetch && sluicegate check  compare with what was recorded
  sluicegate ledger record report.json         of the default branch
  sluicegate ledger log                        the last recorded reports
"""
)
def command() -> None:
    """Record reports in the repository, and read what was recorded."""


@command.command(short_help="Fetch what 'check' compares with.")
@_on_ref
@click.option("--output", default="", metavar="FILE", help="Write it there, for 'check --ledger FILE'.")
def fetch(choice: Choice, output: str) -> int:
    """Fetch what 'check' compares with: the baselines, and the ancestors that a shallow clone lacks.

    Exit codes: 0 fetched, or there is nothing yet, 2 your input is wrong, 3 the ledger cannot be asked
    or read; 'check' then says so where a criterion needs it.
    """
    git = repository(here())
    event = read_event(os.environ)
    with open_git(choice, git) as store:
        starts = [c for c in (base_tip(git, "", event), git.commit("HEAD")) if c]
        snapshot = fetch_snapshot(store, git, list(dict.fromkeys(starts)))
    path = Path(output) if output else fetched_file(git)
    write_snapshot(path, snapshot)
    if snapshot.state in (State.UNREACHABLE, State.UNREADABLE):
        raise UnreachableError(snapshot.reason)
    click.echo(one_line(fetched_line(snapshot)))
    return ExitCode.OK


@command.command(short_help="Record a report that 'check' wrote.")
@click.argument("report", metavar="REPORT.json")
@_anywhere
def record(report: str, choice: Choice) -> None:
    """Record REPORT.json, written by 'sluicegate check --output json=REPORT.json', in the ledger.

    It is recorded for the commit that it is about, which this clone must have. Over HTTP the token in
    GITHUB_TOKEN is used, else what git has; either needs to write (`contents: write`).

    Exit codes: 0 recorded, 2 your input is wrong, 3 the ledger cannot be asked or written.
    """
    event = read_event(os.environ)
    if event.is_about_pull_request or event.name == "merge_group":
        raise UsageError(
            "the ledger is only read in pull requests", remedy="Record on pushes to the default branch."
        )
    git = repository(here())
    data, _ = read_bytes(Path(report), report, limit=_MAX_REPORT)
    read = read_report(data, report)
    if read.commit.dirty and not event.name:
        raise UsageError(
            "the report is of a working tree with changes, not of a commit", where=report,
            remedy="Commit, run 'sluicegate check' again, and record that report.",
        )  # fmt: skip
    with open_store(choice, git, here()) as store:
        done = writing.record(store, git, read, _now)
        click.echo(one_line(listing.recorded_line(done, store.name)))
    _left_out(done.problems)


@command.command(short_help="List what was recorded, newest first.")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N",
              help="How many.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a line.")
@_anywhere
def log(limit: int, as_json: bool, choice: Choice) -> None:
    """List what was recorded, newest first."""
    git = repository(here())
    with open_store(choice, git, here()) as store:
        found = listing.log(store.view(), limit, writing.latest_time(_now()))
    if not found.total:
        click.echo(f"nothing is recorded yet in {one_line(store.name)}", err=True)
    for row in found.rows:
        click.echo(json.dumps(row.as_json()) if as_json else one_line(row.line))
    if found.total > len(found.rows) and not as_json:
        click.echo(f"and {found.total - len(found.rows):,} more", err=True)
    _left_out(found.problems)


@command.command(short_help="Print the report recorded of a commit.")
@click.argument("commit", metavar="COMMIT")
@click.option("--format", "format_", type=click.Choice(NAMES), default="terminal", help="What to print.")
@_anywhere
def show(commit: str, format_: str, choice: Choice) -> None:
    """Print the report that was recorded last of COMMIT, a revision or the beginning of its name."""
    from sluicegate.cli.printing import show_report
    from sluicegate.judge.check import Checked

    git = repository(here())
    key = git.commit(commit) or commit.lower()
    with open_store(choice, git, here()) as store:
        until = writing.latest_time(_now())
        found = listing.report_about(store.view(), key, git.prefix.rstrip("/"), until)
    if found.others:
        click.echo(f"{plural(found.others, 'other report')} of this commit not shown", err=True)
    checked = Checked(found.report, git.root)
    show_report(checked, [], format_name=format_)


@command.command(short_help="Check the whole chain.")
@_anywhere
def verify(choice: Choice) -> int:
    """Check the whole chain: one line of commits that only add documents, each of them sound.

    Exit codes: 0 all is well, 1 something is wrong, 2 your input is wrong, 3 the ledger cannot be asked.
    """
    git = repository(here())
    try:
        with open_store(choice, git, here(), whole=True) as store:
            result = verified(store.view(), writing.latest_time(_now()))
    except NoLedgerError as error:
        click.echo(one_line(str(error)))
        return ExitCode.BLOCKED
    for problem in result.problems:
        click.echo(one_line(problem))
    click.echo(one_line(listing.verified_line(result)))
    return ExitCode.BLOCKED if result.problems else ExitCode.OK


@command.command(short_help="Take old documents away.")
@click.option("--keep", required=True, metavar="DAYS", help="How long documents are kept, for example 400d.")
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would go.")
@_anywhere
def prune(keep: str, dry: bool, choice: Choice) -> None:
    """Take documents away that are older than DAYS.

    The chain begins anew with what is kept. What others record meanwhile is not lost.
    """
    days = writing.parse_days(keep)
    git = repository(here())
    with open_store(choice, git, here(), whole=True) as store:
        done = writing.prune(store, days, _now, dry=dry)
    words = "would go" if dry else "went"
    click.echo(f"{plural(done.removed, 'document')} before {done.first} {words}, {done.kept:,} stay")
    _left_out(done.problems)


@command.command(short_help="Make the baselines anew.")
@_anywhere
def rebuild(choice: Choice) -> None:
    """Make the baselines anew from the recorded reports, where they are damaged or were deleted."""
    git = repository(here())
    with open_store(choice, git, here()) as store:
        _, problems = writing.rebuild(store, _now)
        click.echo(f"the baselines of {one_line(store.name)} are made of its newest reports")
    _left_out(problems)
