"""The Action's steps about the ledger: fetch what the check compares with, and record a push's report.

Run as `python -I -m sluicegate.action.ledger fetch` and `… record`, with the inputs in `INPUT_…`. They
never fail the job: a ledger that cannot be asked is said in the report, where a criterion needs it, and
one that cannot be written is a notice.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sluicegate.action.inputs import ActionInputs, read_inputs
from sluicegate.collect.base import base_tip
from sluicegate.core.errors import SluicegateError, UsageError
from sluicegate.core.text import one_line
from sluicegate.evidence.limits import read_bytes
from sluicegate.git import Git
from sluicegate.git.environment import trust, with_settings
from sluicegate.github.event import EventContext
from sluicegate.github.payload import read_event
from sluicegate.ledger.fetching import fetch_snapshot, fetched_line
from sluicegate.ledger.interface import ReadOnlyError
from sluicegate.ledger.open import Choice, open_git, repository
from sluicegate.ledger.snapshot import write_snapshot
from sluicegate.policy.location import tree_root
from sluicegate.runtime import commands, process
from sluicegate.runtime.crash import report_crash

_MAX_REPORT = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Step:
    """Where a step runs."""

    environment: Mapping[str, str]
    inputs: ActionInputs
    event: EventContext
    workspace: Path

    @property
    def git(self) -> Git:
        """Git in the folder that is judged.

        Raises:
            SluicegateError: it is in no repository, or holds several policies.
        """
        folder = self.workspace / self.inputs.working_directory
        git = repository(folder)
        root = folder if self.inputs.policy else tree_root(folder, git)
        return git if root in (folder, folder.absolute()) else repository(root)

    @property
    def subject(self) -> str:
        """The folder of what a run that has ended was about; empty for a checkout."""
        return self.environment.get("SLUICEGATE_SUBJECT", "")

    @property
    def choice(self) -> Choice:
        """The ledger's place."""
        return Choice(ref=self.inputs.ledger_ref, token=self.inputs.token)


def fetch(step: Step) -> None:
    """Fetch, and tell the next step by the output `file` where it is.

    Raises:
        SluicegateError: there is no repository, or the file cannot be written.
    """
    git, starts = _subject(step) if step.subject else _checkout(step)
    with open_git(step.choice, git, step.environment) as store:
        snapshot = fetch_snapshot(store, git, starts)
    temp = Path(step.environment.get("RUNNER_TEMP") or step.workspace)
    path = temp / "sluicegate" / f"ledger-{os.getpid()}.json"
    write_snapshot(path, snapshot)
    commands.append("GITHUB_OUTPUT", step.environment.get("GITHUB_OUTPUT", ""), f"file={path}\n")
    commands.show(one_line(snapshot.reason or fetched_line(snapshot)))


def _checkout(step: Step) -> tuple[Git, list[str]]:
    """Git in the checkout, and the commits that may be compared with."""
    git = step.git
    starts = [c for c in (base_tip(git, "", step.event), git.commit("HEAD")) if c]
    return git, list(dict.fromkeys(starts))


def _subject(step: Step) -> tuple[Git, list[str]]:
    """The same of a run that has ended: nothing is checked out, and the subject names the base."""
    # Such a run imports what judges; a checkout's fetch would pay half a second for it.
    from sluicegate.github.subject_folder import read_subject
    from sluicegate.judge.triggered import About, root_of

    folder = Path(step.subject)
    git = repository(root_of(About(folder, step.inputs.working_directory), step.inputs.policy))
    base = read_subject(folder).base
    return git, [base] if base else []


def record(step: Step) -> None:
    """Record the report of this push.

    Raises:
        SluicegateError: the report cannot be read, or the ledger not be written.
    """
    # What records imports what reads reports, which a fetch has no use for.
    from sluicegate.ledger import listing, writing
    from sluicegate.report.document import read_report

    name = step.inputs.report
    path = step.workspace / name if name else Path(step.environment.get("SLUICEGATE_REPORT", ""))
    if step.event.name != "push":
        raise UsageError(f"only pushes are recorded, and this is '{one_line(step.event.name)}'")
    data, _ = read_bytes(path, name or path.name, limit=_MAX_REPORT)
    report = read_report(data, name or path.name)
    about = report.commit.tested
    if about != step.event.tested_sha:
        raise UsageError(
            f"the report is of {one_line(about[:12]) or 'no commit'} and not of {step.event.tested_sha[:12]}",
            remedy="Record the report in the workflow run that tested the commit.",
        )
    with open_git(step.choice, git := step.git, step.environment) as store:
        done = writing.record(store, git, report, lambda: datetime.now(UTC))
        commands.show(one_line(listing.recorded_line(done, store.name)))
    for problem in done.problems:
        commands.warning(one_line(problem))


STEPS: Mapping[str, Callable[[Step], None]] = {"fetch": fetch, "record": record}
"""The steps by the argument that names them."""


def _step(environment: Mapping[str, str]) -> Step:
    inputs = read_inputs(environment)
    workspace = Path(environment.get("GITHUB_WORKSPACE") or Path.cwd())
    os.environ.update(with_settings(os.environ, trust(workspace, workspace / inputs.working_directory)))
    return Step(environment, inputs, read_event(environment), workspace)


def main(name: str, environment: Mapping[str, str]) -> None:
    """Run a step; whatever happens, the job goes on."""
    try:
        STEPS[name](_step(environment))
    except ReadOnlyError as error:
        commands.notice(f"The report was not recorded. {one_line(str(error))} The verdict is not affected.")
    except UsageError as error:
        commands.notice(f"The ledger was left aside. {one_line(str(error))}")
    except SluicegateError as error:
        what = "fetched" if name == "fetch" else "written"
        commands.warning(f"The ledger was not {what}. {one_line(str(error))} The verdict is not affected.")
    except Exception as error:
        report_crash(error)
        commands.warning(f"This is a bug of Sluicegate, not of your input: {type(error).__name__}")


if __name__ == "__main__":
    sys.exit(process.step(lambda environment: main(sys.argv[1], environment)))
