"""What follows on what was done with a rollout: it is shown on GitHub, and a bad failure is an error there.

Whatever fails here is said, and changes neither the rollout nor the exit code.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import click

from sluicegate.cli.rollout_sessions import Asked
from sluicegate.core.text import one_line
from sluicegate.github.publish.identity import run_of
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.publish.outcome import complaint
from sluicegate.rollout.publish.publisher import Publisher
from sluicegate.rollout.publish.texts import Publication
from sluicegate.rollout.session import Session
from sluicegate.rollout.state import GOING_BACK
from sluicegate.runtime import commands


@dataclass(frozen=True, slots=True)
class Pages:
    """Shows the rollouts of a session.

    Attributes:
        publisher: None where nothing is to be shown.
    """

    session: Session
    publisher: Publisher | None

    def show(self, outcomes: Iterable[Outcome]) -> None:
        """Show each rollout as it is after what was done."""
        for outcome in outcomes:
            _shout(outcome)
            if self.publisher is not None and outcome.refusal is None:
                _carefully(outcome.id, partial(self._show, outcome))

    def _show(self, outcome: Outcome) -> str:
        """Show one; what could not be shown."""
        if self.publisher is None:
            return ""
        now, url = int(self.session.around.clock.now()), run_of(os.environ).url
        this = Publication(self.session.shown(outcome), now, url)
        return complaint(outcome.id, self.publisher.publish(this))


def pages_of(session: Session, asked: Asked) -> Pages:
    """What shows the rollouts of a session.

    Without `--publish` that is in GitHub Actions alone, where there is a token and the ledger is no folder: a
    try on a laptop opens no issue, and its owner does not open a second page beside that of the workflows.
    """
    github = session.github
    can = github.connect is not None and bool(github.repository)
    usual = _in_actions() and not session.in_folder
    wanted = usual if asked.publish is None else asked.publish
    if asked.dry or not wanted:
        return Pages(session, None)
    if asked.publish and not can:
        _warn("without GITHUB_TOKEN and GITHUB_REPOSITORY no rollout is shown on GitHub")
    return Pages(session, Publisher(github, session.around.clock) if can else None)


def _carefully(id_: str, show: Callable[[], str]) -> None:
    try:
        text = show()
    except Exception as error:  # whatever it is: the rollout was acted on, and its exit code counts
        text = f"{id_} is not shown on GitHub: {error}"
    if text:
        _warn(text)


def _in_actions() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _warn(text: str) -> None:
    if _in_actions():
        commands.warning(one_line(text))
    else:
        click.echo(f"sluicegate: warning: {one_line(text)}", err=True)


def _shout(outcome: Outcome) -> None:
    """In Actions, an error for a flag that is not off, and for a limit of the plan that was reached."""
    if not _in_actions():
        return
    state, failed = outcome.state, outcome.failed
    if failed is not None and (state is None or state.phase in GOING_BACK):
        commands.error(one_line(f"{outcome.id}: {failed.what}. {failed.remedy}"))
    elif outcome.gave_up:
        commands.error(one_line(f"{outcome.id}: paused by a limit of its plan: {outcome.gave_up}"))
