"""Each step of the Action in a checkout that holds every trick: none runs, and no child sees the token."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.approvals_hub import ApprovalsHub
from support.composite import Job
from support.forks import fork_of, serving
from support.githubapi import running
from support.hostile_checkout import EMBEDDED, TOKEN, Trap, lay, no_network, trap, trusted_programs, watched
from support.uses import GOOD, ROOT, push, shown

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="tricks of a POSIX system"),
    pytest.mark.usefixtures("true_starts"),
]

SET_UP, FETCH = "Set up Sluicegate", "Fetch base, presets, approvals and ledger"
CHECK, PUBLISH = "Judge the evidence", "Record and publish the report"
STEPS = [SET_UP, FETCH, CHECK, PUBLISH]

USES = [
    ("pull_request", "ssh", "."), ("pull_request", "file", f"{EMBEDDED}/inner"),
    ("push", "https", "."), ("workflow_run", "file", "."),
]  # fmt: skip
"""Event, address of `origin`, and working directory: each value once at least."""

OTHER_USES = [
    ("pull_request", "file", "."), ("pull_request", "https", "."), ("push", "file", "."),
    ("push", "file", f"{EMBEDDED}/inner"),
]  # fmt: skip
"""The rest of the product, for `make test-real`."""

Use = tuple[str, str, str]


def _steps(use: Use) -> list[str]:
    """Below an embedded repository nothing is judged, so nothing of it is recorded or published."""
    return STEPS[: STEPS.index(CHECK) + 1] if use[2].startswith(EMBEDDED) else STEPS


CASES = [
    pytest.param(use, step, id=f"{step}, {', '.join(use)}", marks=marks)
    for uses, marks in ((USES, ()), (OTHER_USES, pytest.mark.soak))
    for use in uses
    for step in _steps(use)
]

ITS_SSH = {FETCH}
"""Steps that reach a server by ssh as `core.sshCommand` of the clone says: actions/checkout writes it."""


@dataclass
class Seen:
    """What each step sprang, by its name."""

    trap: Trap
    sprung: dict[str, list[str]] = field(default_factory=dict)
    leaks: dict[str, list[str]] = field(default_factory=dict)
    said: str = ""

    def after(self, step: str) -> None:
        """Take down what a step did."""
        self.sprung[step], self.leaks[step] = self.trap.sprung, self.trap.leaks
        self.trap.clear()


Runs = Callable[[Use], Seen]


@pytest.fixture(scope="module")
def runs(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Runs the Action in a use, once for all tests."""
    done: dict[Use, Seen] = {}
    with no_network() as network:

        def run(use: Use) -> Seen:
            if use not in done:
                done[use] = _seen(use, tmp_path_factory.mktemp("action"), environment, network)
            return done[use]

        yield run


def _seen(use: Use, root: Path, environment: Path, network: dict[str, str]) -> Seen:
    event, origin, folder = use
    made = trap(root / "trap")
    project = fork_of(root, watched(environment, made))
    if event == "workflow_run":
        with serving(project, token=TOKEN) as fork:
            job = fork.job(fork.left(GOOD))
            return _run(job, made, origin, folder, network)
    job = push(project, GOOD) if event == "push" else project.job(depth=1)
    with running(ApprovalsHub(project.pull.head)) as api:
        job.variables = {**job.variables, "GITHUB_API_URL": api}
        return _run(job, made, origin, folder, network)


def _run(job: Job, made: Trap, origin: str, folder: str, network: dict[str, str]) -> Seen:
    lay(job.workspace, made, origin)
    seen = Seen(made)
    job.environment = {**network, "HOME": str(made.folder)}
    job.path, job.token, job.after = [str(trusted_programs(made.folder / "bin"))], TOKEN, seen.after
    result = job.run(
        override="true", comment="always", status="true", check_run="true", working_directory=folder,
        warn_only="true",
    )  # fmt: skip
    seen.said = shown(result)[-6000:]
    return seen


@pytest.mark.parametrize(("use", "step"), CASES)
def test_no_command_of_the_checkout_runs(runs: Runs, use: Use, step: str) -> None:
    seen = runs(use)
    allowed = {"core.sshCommand"} if use[1] == "ssh" and step in ITS_SSH else set()
    assert set(seen.sprung[step]) <= allowed, seen.said


@pytest.mark.parametrize(("use", "step"), CASES)
def test_no_child_sees_the_token(runs: Runs, use: Use, step: str) -> None:
    seen = runs(use)
    assert seen.leaks[step] == [], seen.said


def test_the_steps_are_all_there_are() -> None:
    lines = (ROOT / "action.yml").read_text("utf-8").splitlines()
    named = {line.partition("name:")[2].strip() for line in lines if line.startswith("    - name:")}
    assert named == set(STEPS)
