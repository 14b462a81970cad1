"""Runs a `run:` gate: a command of the user's own that prints measures, SARIF, or nothing.

It gets the environment as it is, without what belongs to the step that runs us: the Action's inputs, and the
files of its outputs and state. Times and exit codes stay out of the record, so that reports are the same for
the same output.
"""

from __future__ import annotations

import os
import signal
import tempfile
from fractions import Fraction
from pathlib import Path

from sluicegate.core.errors import EngineError
from sluicegate.core.model import Better, Measure, Source
from sluicegate.core.text import cut, one_line
from sluicegate.core.units import format_value
from sluicegate.engines import command
from sluicegate.engines.printed import read_measures
from sluicegate.evidence.analysed import RunRecord
from sluicegate.evidence.findings.paths import resolve_findings
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import FindingsRecord
from sluicegate.policy.model import RunOutput, RunSettings

EXIT_CODE = "exit_code"
"""The one measure of a gate whose command prints nothing."""

_LAST_LINES = 5


def run_gate(name: str, run: RunSettings, root: Path, index: PathIndex | None = None) -> RunRecord:
    """Run the command of the gate `name` and read what it printed.

    `run.directory` is inside `root`, the repository; `index` settles the paths of findings on its files.

    Raises:
        EngineError: it could not be started, ran too long, printed too much, ended with an exit
            code that is not in `run.ok_exit_codes`, or printed something else than promised.
        EvidenceError: its output is not SARIF.
    """
    where = f"gates.{name}.run"
    done = _completed(run, _directory(run, root, where), where)
    source = Source(name, "run", note="printed by the gate's own command")
    if run.output is RunOutput.NOTHING:
        return RunRecord(source, {EXIT_CODE: _exit_code(run, done)})
    if done.exit_code not in run.ok_exit_codes:
        raise EngineError(_ended(done.exit_code), where=where, remedy=_last_words(done.stderr))
    if run.output is RunOutput.SARIF:
        found = _findings(done, name, where, index)
        return RunRecord(source, findings=(*found.security, *found.lint), unresolved=found.unresolved)
    return RunRecord(source, read_measures(done.stdout, run, where))


def _directory(run: RunSettings, root: Path, where: str) -> Path:
    top = root.resolve()
    directory = (top / run.directory).resolve()
    what = f"the directory '{run.directory}'"
    if not directory.is_relative_to(top):
        remedy = "Name a folder of the repository, relative to its top."
        raise EngineError(f"{what} is outside the repository", where=where, remedy=remedy)
    if not directory.is_dir():
        remedy = "Create it in an earlier step, or correct 'directory'."
        raise EngineError(f"{what} does not exist", where=where, remedy=remedy)
    return directory


def _completed(run: RunSettings, directory: Path, where: str) -> command.CompletedCommand:
    limits, environment = command.CommandLimits(run.timeout), command.command_environment(os.environ)
    try:
        return command.run_command(run.command, directory, limits, environment)
    except command.TimedOut as error:
        what = f"the command was stopped after {format_value(Fraction(run.timeout), 's')}"
        remedy = f"Make it faster, or raise 'timeout'. {_last_words(error.stderr)}"
        raise EngineError(what, where=where, remedy=remedy) from error
    except command.TooMuchOutput as error:
        what = f"the command wrote more than {error.limit:,} bytes to its {error.stream}"
        raise EngineError(what, where=where, remedy="Write its log to a file.") from error
    except (OSError, ValueError) as error:
        what = f"the command could not be started: {one_line(str(error))}"
        remedy = "It is run by 'bash -c', or 'sh -c' where there is no bash."
        raise EngineError(what, where=where, remedy=remedy) from error


def _ended(exit_code: int) -> str:
    if exit_code >= 0:
        return f"the command ended with exit code {exit_code}"
    try:
        return f"the command was stopped by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"the command was stopped by signal {-exit_code}"


def _last_words(stderr: str) -> str:
    """The last lines, and before them the last one that mentions an error: Node's comes first."""
    lines = [line for text in stderr.replace("\r", "\n").split("\n") if (line := one_line(text))]
    errors = [line for line in lines[:-_LAST_LINES] if "error" in line.lower()]
    words = " | ".join(cut(line, 200) for line in (*errors[-1:], *lines[-_LAST_LINES:]))
    return f"Its standard error ends with: {words}" if words else "It wrote nothing to standard error."


def _exit_code(run: RunSettings, done: command.CompletedCommand) -> Measure:
    spec = run.measures.get(EXIT_CODE)
    # A shell shows the signal n as 128 + n, and so do we.
    code = done.exit_code if done.exit_code >= 0 else 128 - done.exit_code
    return Measure(EXIT_CODE, Fraction(code), "", spec.better if spec else Better.LOWER)


def _findings(
    done: command.CompletedCommand, name: str, where: str, index: PathIndex | None
) -> FindingsRecord:
    from sluicegate.evidence.findings.sarif import READER

    with tempfile.TemporaryDirectory(prefix="sluicegate-") as folder:
        path = Path(folder) / "stdout.sarif"
        path.write_bytes(done.stdout)
        record = READER.read(path, f"{name} (standard output)")
    if not isinstance(record, FindingsRecord):
        raise EngineError("the command printed no findings", where=where)
    if record.problems:
        first = record.problems[0]
        raise EngineError(f"the tool itself failed: {first.message}", where=where, remedy=first.remedy)
    return resolve_findings(record, index) if index is not None else record
