"""What the commands of rollouts share: their options, the rollouts of a ledger, and how they answer."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from sluicegate.cli import options, rollout_runner
from sluicegate.core.errors import ExitCode, SluicegateError, UsageError
from sluicegate.core.text import clean, one_line
from sluicegate.git import open_repository
from sluicegate.github.client import connect as connect_github
from sluicegate.ledger.open import Choice, open_store
from sluicegate.net.client import Clock
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.policy.location import project_root
from sluicegate.rollout import status as show
from sluicegate.rollout.discover import Plans, find_plans
from sluicegate.rollout.entries import Actor
from sluicegate.rollout.journal import Closed, Journals
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.session import Session
from sluicegate.rollout.strangers import why_strange
from sluicegate.rollout.who import GitHub, who_asks
from sluicegate.runtime.process import here
from sluicegate.runtime.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Asked:
    """What several commands take.

    Attributes:
        reason: for the journal.
        dry: write nothing.
        deployed: the commit that the environment runs.
        publish: show the rollout on GitHub? None for where that is usual.
    """

    reason: str = ""
    dry: bool = False
    deployed: str = ""
    publish: bool | None = None


REASON = options.text("--reason", "TEXT", "Why, for the journal.")
DRY = click.option("--dry-run", "dry", is_flag=True, help="Say what would be done, and write nothing.")
PUBLISH = click.option(
    "--publish/--no-publish", default=None,
    help="Show the rollout on GitHub: Deployments, an issue, calls for people.  [default: in GitHub "
    "Actions, where there is a token]",
)  # fmt: skip
DEPLOYED = options.text(
    "--deployed", "SHA", "Commit that the environment runs, where no GitHub Deployment says it."
)
NAME = click.argument("name", metavar="NAME")
ONE = click.argument("name", metavar="[NAME]", default="")


def clock() -> Clock:
    """The time that commands go by."""
    return Clock()


def refuse_strangers() -> None:
    """Refuse to act by a checkout that may be a stranger's: its plans name servers and tokens.

    Raises:
        UsageError: it may be one.
        WorldError: git could not be asked.
    """
    why = why_strange(os.environ, lambda: open_repository(here()))
    if why:
        raise UsageError(
            f"the plans of this checkout may be a stranger's, and they say to whom tokens are sent: {why}",
            remedy="Run it on schedule or workflow_dispatch, with a plain checkout of the default branch. "
            "'rollout validate' without --live asks nobody.",
        )


def github_of() -> GitHub:
    """The repository at GitHub, as the environment names it."""
    token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or ""
    if not token:
        return GitHub(os.environ.get("GITHUB_REPOSITORY", ""))
    make = functools.partial(connect_github, token, os.environ.get("GITHUB_API_URL", ""), seconds=60.0)
    return GitHub(os.environ.get("GITHUB_REPOSITORY", ""), make)


def plans_of_project() -> Plans:
    """The plans of the project that the working directory is in."""
    return find_plans(project_root(here()), FetchedPresets.of(os.environ).read)


@contextlib.contextmanager
def open_session(
    choice: Choice, deployed: str = "", *, proven: bool = False, actor: Actor | None = None
) -> Iterator[Session]:
    """The rollouts of a ledger; where that decides, with who asks, as GitHub says.

    Args:
        choice: of the ledger.
        deployed: the commit that the environment runs.
        proven: does it decide who asks?
        actor: who asks, where that is known.
    """
    github, in_folder = github_of(), bool(choice.folder)
    asked = github if proven else GitHub(github.repository)
    actor = actor or who_asks(os.environ, asked, in_folder=in_folder)
    refuse_strangers()
    around = Surroundings(os.environ, project_root(here()), clock())
    with open_store(choice, open_repository(here()), here()) as store:
        yield Session(Journals(store), plans_of_project, around, github, actor, in_folder, deployed)


def echo(lines: Iterable[str]) -> None:
    """Print lines, without what a terminal would obey; each stays one, or the runner obeys the next."""
    for line in lines:
        click.echo(clean(line).replace("\n", " "))


def show_error(error: SluicegateError) -> None:
    """Print an error and go on."""
    click.echo(f"sluicegate: error: {one_line(str(error))}", err=True)


def say(outcome: Outcome, *, dry: bool = False) -> ExitCode:
    """Print what was done, and show it to the runner."""
    runner = rollout_runner.shown()
    if runner is not None:
        runner.add(outcome)
    echo(show.outcome_lines(outcome, dry=dry))
    refusal = outcome.refusal
    if refusal is not None:
        remedy = getattr(refusal.action, "remedy", "")
        show_error(UsageError(refusal.reason, where=outcome.id, remedy=remedy))
    if outcome.failed is not None:
        show_error(outcome.failed)
    return outcome.exit_code


@contextlib.contextmanager
def session_of_any(choice: Choice, actor: Actor | None = None) -> Iterator[Session]:
    """The same, where neither the ledger nor who asks may be in the way."""
    github = github_of()
    try:
        actor = actor or who_asks(os.environ, github, in_folder=bool(choice.folder))
    except SluicegateError:
        actor = who_asks(os.environ, GitHub(github.repository), in_folder=bool(choice.folder))
    refuse_strangers()
    around = Surroundings(os.environ, _root_or_here(), clock())
    with contextlib.ExitStack() as stack:
        try:
            store = stack.enter_context(open_store(choice, open_repository(here()), here()))
        except SluicegateError as error:
            store = Closed(error)
        yield Session(Journals(store), plans_of_project, around, github, actor, bool(choice.folder))


def _root_or_here() -> Path:
    try:
        return project_root(here())
    except SluicegateError:
        return here()
