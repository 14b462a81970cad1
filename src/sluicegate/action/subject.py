"""The Action's step that finds out what the run that ended was about, on `workflow_run`.

Run as `python -I -m sluicegate.action.subject` with the token in `INPUT_TOKEN`. It names the folder that
it wrote in the output `folder`; the steps after it use no network to judge.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sluicegate.action.inputs import read_inputs
from sluicegate.bundle.find import find_bundles
from sluicegate.core.errors import ExitCode, SluicegateError, UsageError, WorldError
from sluicegate.core.text import one_line
from sluicegate.evidence.limits import read_bytes
from sluicegate.github.client import Client, Clock
from sluicegate.github.event import EventContext
from sluicegate.github.find_subject import Tools, find_subject
from sluicegate.github.objects import create
from sluicegate.github.payload import read_event
from sluicegate.github.publish.target import target_of
from sluicegate.github.subject import FILE, MAX_BYTES, REPOSITORY, Subject, parse_subject, subject_text
from sluicegate.runtime import commands, process
from sluicegate.runtime.crash import report_crash
from sluicegate.runtime.files import write_text


def client_of(token: str, api_url: str) -> Client:
    """A client of the API.

    Raises:
        UsageError: the address is none.
    """
    from sluicegate.github.pygithub import transport

    return Client(transport(token, api_url), Clock(), secret=token)


def write_subject(
    event: EventContext, folders: Sequence[Path], target: Path, environment: Mapping[str, str], token: str
) -> Subject:
    """Find the subject and write it to the folder `target`, which must not be there.

    Raises:
        UsageError: the folder is there, or the event is of no run that ended.
        WorldError: GitHub cannot be asked, or the disk refused.
    """
    target_of(event)  # the repository's name becomes a part of an address
    if target.exists():
        raise UsageError("is there already", where=str(target), remedy="Name a folder that does not exist.")
    client = client_of(token, environment.get("GITHUB_API_URL", ""))
    try:
        url = f"{event.server_url}/{event.repository}"
        objects = create(target / REPOSITORY, url, token, environment)
        subject = find_subject(event, folders, Tools(client, objects))
        write_text(target / FILE, subject_text(subject))
    except SluicegateError:
        shutil.rmtree(target, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise WorldError(f"cannot be written: {error.strerror}", where=str(target)) from error
    return subject


def read_subject(folder: Path) -> Subject:
    """The subject that `write_subject` left in a folder.

    Raises:
        UsageError: there is none.
        EvidenceError: the file cannot be read.
    """
    data, _ = read_bytes(folder / FILE, str(folder / FILE), limit=MAX_BYTES)
    return parse_subject(data, str(folder / FILE))


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
