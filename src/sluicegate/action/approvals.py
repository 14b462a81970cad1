"""The Action's step that asks who lets the pull request pass, before the evidence is judged.

Run as `python -I -m sluicegate.action.approvals` with the token in `INPUT_TOKEN`. Of a wrong input
alone it fails: without an answer nothing is overridden, and that is said.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sluicegate.action.inputs import read_inputs
from sluicegate.core.errors import ExitCode, SluicegateError, UsageError
from sluicegate.core.text import one_line
from sluicegate.github.approvals import APPROVALS, Approvals
from sluicegate.github.approvals_api import collect_approvals
from sluicegate.github.connect import connect
from sluicegate.github.event import EventContext
from sluicegate.github.payload import read_event
from sluicegate.github.subject_folder import read_subject
from sluicegate.runtime import commands, process
from sluicegate.runtime.files import write_text


def collect(event: EventContext, token: str, api_url: str) -> Approvals:
    """What people said about the event's pull request.

    Raises:
        UsageError: the address of the API is none.
        WorldError: the pull request cannot be read.
    """
    return collect_approvals(connect(token, api_url), event.repository, event.number)


def main(environment: Mapping[str, str]) -> int:
    """Ask, write the file, and name it in the output `file`; the exit code."""
    try:
        if not read_inputs(environment).override:
            return ExitCode.OK
        event = read_event(environment)
        if subject := environment.get("SLUICEGATE_SUBJECT", ""):
            event = read_subject(Path(subject)).event(event)
        if not event.number:
            return ExitCode.OK
        found = collect(event, environment.get("INPUT_TOKEN", ""), environment.get("GITHUB_API_URL", ""))
    except UsageError as error:
        commands.error(one_line(str(error)))
        return error.exit_code
    except SluicegateError as error:
        commands.warning(f"Nobody can override this run: {one_line(str(error))}")
        return ExitCode.OK
    try:
        folder = Path(tempfile.mkdtemp(prefix="sluicegate-", dir=environment.get("RUNNER_TEMP") or None))
        file = folder / "approvals.json"
        write_text(file, APPROVALS.encode(found, indent=2).decode())
    except OSError as error:
        commands.warning(f"Nobody can override this run: the answer cannot be written: {error.strerror}")
        return ExitCode.OK
    commands.append("GITHUB_OUTPUT", environment.get("GITHUB_OUTPUT", ""), f"file={file}\n")
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(process.step(main))
