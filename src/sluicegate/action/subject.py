"""The Action's step that finds out what the run that ended was about, on `workflow_run`.

Run as `python -I -m sluicegate.action.subject` with the token in `INPUT_TOKEN`. It names the folder that
it wrote in the output `folder`; the steps after it use no network to judge.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sluicegate.action.inputs import read_inputs
from sluicegate.bundle.find import find_bundles
from sluicegate.core.errors import ExitCode, SluicegateError
from sluicegate.core.text import one_line
from sluicegate.github.payload import read_event
from sluicegate.github.subject import Subject
from sluicegate.github.subject_folder import write_subject
from sluicegate.runtime import commands, process
from sluicegate.runtime.crash import report_crash


def sentence(subject: Subject) -> str:
    """What was found, for the log."""
    what = f"pull request {subject.number}" if subject.number else "no pull request"
    if subject.number and not subject.is_open:
        what += ", which is closed and gets no comment"
    change = f"against {subject.base[:10]} ({subject.base_label})" if subject.base else subject.unseen
    lines = [f"{what}, head {subject.head[:10]}, policy of {subject.base_ref} at {subject.tip[:10]}"]
    lines += [f"change: {change}"] if change else []
    lines += [f"no success: {problem}" for problem in subject.problems]
    lines += [f"no status: {subject.shared}"] if subject.shared else []
    return "\n".join(one_line(line) for line in lines)


def main(environment: Mapping[str, str]) -> int:
    """Find out, write, and name the folder; the exit code."""
    try:
        inputs = read_inputs(environment)
        workspace = Path(environment.get("GITHUB_WORKSPACE") or Path.cwd())
        folders = find_bundles(inputs.merge, workspace / inputs.working_directory)
        temp = Path(environment.get("RUNNER_TEMP") or tempfile.gettempdir())
        target = Path(tempfile.mkdtemp(prefix="sluicegate-", dir=temp)) / "subject"
        subject = write_subject(read_event(environment), folders, target, environment, inputs.token)
        commands.show(sentence(subject))
        commands.append("GITHUB_OUTPUT", environment.get("GITHUB_OUTPUT", ""), f"folder={target}\n")
    except SluicegateError as error:
        commands.error(one_line(str(error)))
        return error.exit_code
    except Exception as error:
        report_crash(error)
        commands.error(f"This is a bug of Sluicegate, not of your input: {type(error).__name__}")
        return ExitCode.BUG
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(process.step(main))
