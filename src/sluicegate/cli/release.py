"""`sluicegate release`: parse, call, print."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from sluicegate.cli import options, release_impact, release_notes, rollout_sessions
from sluicegate.cli.ledger_place import anywhere
from sluicegate.cli.pages import output, show_blocks
from sluicegate.cli.release_shown import FORMATS, print_and_write, targets_of
from sluicegate.cli.release_statement import compared, read_statement, server_address
from sluicegate.cli.rollout_sessions import echo, github_of, refuse_strangers
from sluicegate.core.decision import Wanted
from sluicegate.core.errors import ExitCode, PolicyError, UsageError, WorldError
from sluicegate.core.text import one_line
from sluicegate.git import Git, open_repository
from sluicegate.github.payload import commented
from sluicegate.ledger.open import Choice, open_store
from sluicegate.net.client import ApiError
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.policy.location import project_root
from sluicegate.policy.resolve import load_policy
from sluicegate.release import page as show
from sluicegate.release.answering import answer_comment
from sluicegate.release.entries import NAME as RELEASE_NAME
from sluicegate.release.evaluation import Evaluation
from sluicegate.release.gather.collect import Sources, Subject
from sluicegate.release.gather.people import Place, graphql_path, head_of
from sluicegate.release.read import settings_of
from sluicegate.release.record import statement
from sluicegate.release.session import Session
from sluicegate.release.store import Releases
from sluicegate.release.when import planned_time
from sluicegate.rollout.keys import parse_duration
from sluicegate.rollout.who import GitHub, who_asks
from sluicegate.runtime.files import write_output
from sluicegate.runtime.process import here
from sluicegate.runtime.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Asked:
    """What several commands take.

    Attributes:
        commit: a revision; empty for the pull request's head.
        number: of the pull request or issue where people sign off; 0 for none.
        policy: its file.
    """

    commit: str = ""
    number: int = 0
    policy: str = ""


@click.group(
    epilog="""
A release goes when every blocking check of its commit passes and every role has signed it off, in comments of
its pull request or tracking issue. The policy's section `release` says which. See docs/release.md.

\b
  sluicegate release plan v1.4.0 --at 2026-12-01T10:00+01:00
  sluicegate release status v1.4.0 --number 42   look, and write nothing
  sluicegate release decide v1.4.0 --number 42   decide, and record it
  sluicegate release verify HEAD                 does a decision let it go?
  sluicegate release notes v1.3.0..HEAD          what was merged, by group
  sluicegate release impact v1.3.0..HEAD         what it changes for operators

Exit codes: 0 go, or done; 1 no-go, or held by a freeze; 2 your input is wrong; 3 the ledger or GitHub failed.
"""
)
def command() -> None:
    """Decide whether a commit is released: go or no-go."""


NAME = click.argument("name", metavar="NAME")
FORMAT = options.choice("--format", "format_", values=FORMATS, about="Format to print.")
OUTPUT = output("Also write it to FILE, replacing it; repeatable.")


def _about(command: options.Command) -> options.Command:
    """Add the options that name the commit and the pull request or issue of the sign-offs."""
    made = options.into(Asked)(command)
    for option in (
        options.policy,
        click.option("--number", type=click.IntRange(1), default=None, metavar="N", callback=_or_none,
                     help="Pull request or issue in which people sign off."),
        options.text("--commit", "SHA", "Commit to decide on.  [default: the pull request's head, or HEAD]"),
    ):  # fmt: skip
        made = option(made)
    return made


def _or_none(_context: click.Context, _option: click.Parameter, value: int | None) -> int:
    return value or 0


def _checked(name: str) -> str:
    """The name of a release; raises `UsageError` for none."""
    try:
        RELEASE_NAME.check(name)
    except PolicyError as error:
        raise UsageError(one_line(error.what), where="NAME", remedy=error.remedy) from None
    return name


@contextlib.contextmanager
def _session(choice: Choice, asked: Asked) -> Iterator[Session]:
    """The releases of a ledger, by the policy of this tree: a stranger's is refused."""
    refuse_strangers()
    github, git = github_of(), open_repository(here())
    actor = who_asks(os.environ, GitHub(github.repository), in_folder=bool(choice.folder))
    around = Surroundings(os.environ, project_root(here()), rollout_sessions.clock())
    file, root = (here() / asked.policy, here()) if asked.policy else (None, around.root)
    policy = load_policy(file, root, FetchedPresets.of(os.environ).read)
    sources = Sources(git, github, around, Place(asked.number, graphql_path(os.environ)))
    with open_store(choice, git, here()) as store:
        yield Session(Releases(store), settings_of(policy), policy.ref.sha256, sources, actor.login)


def _subject(session: Session, name: str, asked: Asked) -> Subject:
    """What is decided on: the commit that is named, else the pull request's head, else HEAD on a laptop."""
    git = session.sources.git
    commit = _named(git, asked.commit) if asked.commit else _head(session, asked.number)
    return Subject(name, commit, git.tree(commit) if git is not None else "")


def _named(git: Git | None, text: str) -> str:
    found = (git.commit(text) if git is not None else "") or text.lower()
    if len(found) not in (40, 64) or not all(c in "0123456789abcdef" for c in found):
        remedy = "Write the full name of a commit, or a revision that this clone has."
        raise UsageError(f"'{one_line(text)[:60]}' is no commit", where="--commit", remedy=remedy)
    return found


def _head(session: Session, number: int) -> str:
    try:
        head = head_of(session.sources.github, number) if number else ""
    except ApiError as error:
        what = f"#{number} cannot be read: {error.message}"
        raise WorldError(what, remedy="Name the commit: --commit SHA.") from error
    if head:
        return head
    git = session.sources.git
    if os.environ.get("GITHUB_ACTIONS") == "true" or git is None or not git.commit("HEAD"):
        what = "which commit is decided on is not known"
        raise UsageError(what, where="--commit", remedy="Name it: --commit SHA.")
    return git.commit("HEAD")


# --- commands ----------------------------------------------------------------------------------


@command.command(short_help="Plan a release for a time.")
@NAME
@options.text("--at", "TIME", "When, with an offset or a zone: 2026-12-01T10:00+01:00.")
@options.text("--reason", "TEXT", "Why, for the journal.")
@options.policy
@anywhere
def plan(choice: Choice, name: str, at: str, reason: str, policy: str) -> None:
    """Plan the release NAME: its checkpoints are counted back from the time.

    Planning anew starts the checkpoints anew; the old plan stays on record.
    """
    if not at:
        raise UsageError("there is no time", where="--at", remedy="Write --at 2026-12-01T10:00+01:00.")
    planned = planned_time(at)
    with _session(choice, Asked(policy=policy)) as session:
        _, views = session.plan(_checked(name), planned, reason)
    echo([f"{name} is planned for {show.moment(planned)}"])
    echo(f"  {v.checkpoint.label:<8} {show.moment(v.checkpoint.due)}  {v.state}" for v in views)


@command.command(short_help="Look at a release, and write nothing.")
@NAME
@FORMAT
@OUTPUT
@_about
@anywhere
def status(choice: Choice, asked: Asked, name: str, format_: str, outputs: Sequence[str]) -> None:
    """Show the readiness of the release NAME: the answer, what blocks and who can unblock it, the matrix.

    Nothing is written to the ledger or to GitHub.
    """
    targets = targets_of(outputs)
    with _session(choice, asked) as session:
        seen = session.look(_subject(session, _checked(name), asked))
    print_and_write(seen, format_, targets)


@command.command(short_help="Decide, and record the decision.")
@NAME
@FORMAT
@OUTPUT
@options.text("--documents", "FOLDER", "Also write decision.json and statement.json, for `actions/attest`.")
@click.option(
    "--publish",
    "publishes",
    is_flag=True,
    help="Show it in the comment and the commit status, in the job's summary and outputs.",
)
@_about
@anywhere
def decide(
    choice: Choice,
    asked: Asked,
    name: str,
    format_: str,
    outputs: Sequence[str],
    documents: str,
    publishes: bool,
) -> int:
    """Decide whether the release NAME goes, and record the decision in the ledger where it changed.

    Exit codes: 0 GO or CONDITIONAL, 1 NO-GO or held by a freeze, 2 your input is wrong, 3 the ledger failed.
    """
    targets = targets_of(outputs)
    with _session(choice, asked) as session:
        seen = session.decide(_subject(session, _checked(name), asked))
        github = session.sources.github
    if documents:
        _write(seen, Path(documents))
    print_and_write(seen, format_, targets)
    if publishes:
        _publish(seen, github)
    if seen.settled is not None and seen.settled.is_others:
        click.echo("sluicegate: another run decided meanwhile; its decision counts", err=True)
    return ExitCode.OK if seen.goes else ExitCode.BLOCKED


def _write(seen: Evaluation, folder: Path) -> None:
    """The decision's document, byte by byte as the ledger has it, and the statement about it."""
    document = seen.decision
    if document is None:
        return
    about = statement(document, server_address())
    write_output(folder / "decision.json", document.data.decode())
    write_output(folder / "statement.json", json.dumps(about, indent=2) + "\n")
    write_output(folder / "predicate.json", json.dumps(about["predicate"], indent=2) + "\n")


def _publish(seen: Evaluation, github: GitHub) -> None:
    """Show the decision in all channels; a channel that fails is reported, and changes no decision."""
    from sluicegate.release import publish

    publish.write_outputs(seen, os.environ)
    client = github.client
    if client is None:
        click.echo("sluicegate: warning: there is no token to publish with", err=True)
        return
    for outcome in publish.publish(seen, client, os.environ):
        click.echo(one_line(str(outcome)), err=True)
    if problem := _answered(seen, github):
        click.echo(f"sluicegate: warning: {one_line(problem)}", err=True)


def _answered(seen: Evaluation, github: GitHub) -> str:
    """Answer the comment that started this run, where it does nothing; why that could not be done."""
    try:
        number = commented(os.environ, ("created", "edited"))
    except UsageError:  # no comment started it
        return ""
    return answer_comment(github, seen, number)


@command.command(short_help="Show who signed off.")
@NAME
@_about
@anywhere
def signoffs(choice: Choice, asked: Asked, name: str) -> int:
    """Show who signed NAME off, what does not count and why, and the lines to comment.

    Exit codes: 0 every role has signed off, 1 one has not, 2 your input is wrong, 3 the ledger failed.
    """
    with _session(choice, asked) as session:
        seen = session.look(_subject(session, _checked(name), asked))
    rows = [row for row in seen.matrix.rows if row.id.startswith("signoff.")]
    for row in rows:
        echo([f"{row.id.removeprefix('signoff.'):<20} {row.status:<8} {row.actual}  {row.reason}".rstrip()])
    show_blocks([*show.sign_off_blocks(seen)])
    return ExitCode.BLOCKED if any(row.is_bad for row in rows) else ExitCode.OK


@command.command(short_help="Check that a decision lets a commit go.")
@click.argument("commit", metavar="COMMIT")
@options.text("--release", "NAME", "Release that the decision must be of.")
@options.text("--policy-sha256", "DIGEST", "Policy that must have decided.")
@options.text("--max-age", "TIME", "How old the decision may be, such as 24h.")
@click.option("--go", "go_only", is_flag=True, help="CONDITIONAL does not suffice.")
@click.option(
    "--statement",
    "statement_file",
    metavar="FILE",
    default="",
    help="In-toto statement, as JSON, that must be about this very decision.",
)
@anywhere
def verify(
    choice: Choice,
    commit: str,
    release: str,
    policy_sha256: str,
    max_age: str,
    go_only: bool,
    statement_file: str,
) -> int:
    """Check that a recorded decision lets COMMIT go, or a commit with the same tree.

    It needs the ledger alone: release, commit, repository, outcome, age and policy of the decision, and that
    no later one supersedes it. What cannot be read refuses. Other tools verify signatures; --statement checks
    that what was signed is the decision that counts.

    Exit codes: 0 it may go, 1 it may not, 2 your input is wrong, 3 the ledger cannot be read.
    """
    git = open_repository(here())
    full = _named(git, commit)
    wanted = Wanted(
        full, git.tree(full) if git is not None else "", int(rollout_sessions.clock().now()),
        os.environ.get("GITHUB_REPOSITORY", ""), release, policy_sha256.lower(), not go_only,
        parse_duration(max_age) if max_age else 0,
    )  # fmt: skip
    about = read_statement(statement_file) if statement_file else None
    with open_store(choice, git, here()) as store:
        found = Releases(store).verify(wanted)
        if statement_file:
            found = compared(found, about, Releases(store))
    if found.refused:
        click.echo(f"sluicegate: {one_line(found.refused)}. {one_line(found.remedy)}", err=True)
        return ExitCode.BLOCKED
    echo([f"{full[:12]} may go: {found.text}", f"  {found.path}"])
    return ExitCode.OK


@command.command(short_help="Print plans, looks and decisions.")
@NAME
@anywhere
def history(choice: Choice, name: str) -> None:
    """Print the plans, looks and decisions of the release NAME, the oldest first."""
    with open_store(choice, open_repository(here()), here()) as store:
        journal, decisions = Releases(store).history(_checked(name))
    lines = show.history_lines(journal, decisions)
    echo(lines)
    for problem in journal.unread.values():
        click.echo(f"sluicegate: warning: {one_line(problem)}", err=True)
    if not lines:
        remedy = "`sluicegate ledger log` lists what it has."
        raise UsageError(f"the ledger has no release '{name}'", remedy=remedy)


command.add_command(release_notes.command, "notes")
command.add_command(release_impact.command, "impact")
