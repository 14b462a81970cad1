"""The job that a step of the Action runs in: its inputs, its event, and the folder to judge."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sluicegate.action.inputs import ActionInputs, read_inputs
from sluicegate.git.environment import trust, with_settings
from sluicegate.github.event import EventContext
from sluicegate.github.payload import read_event

if TYPE_CHECKING:
    from sluicegate.judge.question import RunSubject


@dataclass(frozen=True, slots=True)
class Job:
    """Where a step runs.

    Attributes:
        environment: the step's variables, tokens included.
        workspace: `GITHUB_WORKSPACE`.
        subject: folder with the subject of a run that has ended; None for a checkout.
    """

    environment: Mapping[str, str] = field(repr=False)
    inputs: ActionInputs
    event: EventContext
    workspace: Path
    subject: Path | None = None

    @property
    def directory(self) -> Path:
        """The folder to judge."""
        return self.workspace / self.inputs.working_directory

    @property
    def ended(self) -> RunSubject | None:
        """The run that has ended, and the project in it; None for a checkout."""
        from sluicegate.judge.question import RunSubject  # a checkout's job need not import it

        return RunSubject(self.subject, self.inputs.working_directory) if self.subject else None

    @property
    def temp(self) -> Path:
        """The runner's folder for what goes with the job."""
        return Path(self.environment.get("RUNNER_TEMP") or tempfile.gettempdir())

    @property
    def api_url(self) -> str:
        """The address of the API; empty for github.com."""
        return self.environment.get("GITHUB_API_URL", "")


def read_job(environment: Mapping[str, str]) -> Job:
    """The job from a step's variables.

    Raises:
        UsageError: an input is wrong.
        EventError: the event payload is malformed.
    """
    inputs = read_inputs(environment)
    workspace = Path(environment.get("GITHUB_WORKSPACE") or Path.cwd())
    subject = environment.get("SLUICEGATE_SUBJECT", "")
    return Job(environment, inputs, read_event(environment), workspace, Path(subject) if subject else None)


def trust_checkout(workspace: Path, directory: Path) -> None:
    """Let git read a checkout that belongs to another user, as in a container."""
    os.environ.update(with_settings(os.environ, trust(workspace, directory)))
