"""Who completes coverage.py's data, and the processes that do it: the project's own Python, and ours."""

from __future__ import annotations

import json
import re
import subprocess  # nosec B404
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import EngineError
from sluicegate.engines import coverage_analyser
from sluicegate.engines.isolation import checkout_of, import_path
from sluicegate.runtime.process import without_secrets

_PROBE_SECONDS = 60.0
_VERSION = re.compile(r"\d[\w.+-]{0,39}")
_NOT_INHERITED = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "PYTHONWARNINGS")
_NEEDED = ("PATH", "HOME", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL")


@dataclass(frozen=True, slots=True)
class CompletionJob:
    """One data file on its way: the copy, the folder of the settings, and the limits."""

    shown: str
    copy: Path
    report: Path
    folder: Path
    env: Mapping[str, str]
    timeout: float
    root: Path
    untrusted: bool


@dataclass(frozen=True, slots=True)
class AnalysisCommand:
    """A command, where it runs, and what its standard input holds."""

    words: tuple[str, ...]
    directory: Path
    given: str = ""


@dataclass(frozen=True, slots=True)
class Analyser:
    """Who analyses: the interpreter, its coverage.py, and words for it."""

    python: str
    version: str
    label: str
    is_ours: bool = False

    def command(self, job: CompletionJob, *, ignore_errors: bool) -> AnalysisCommand:
        """The command that writes the job's report."""
        if not self.is_ours:
            words = (self.python, "-m", "coverage", "json", "-o", str(job.report), *("-i",) * ignore_errors)
            return AnalysisCommand(words, job.folder)
        task = {
            "path": import_path(checkout_of(job.root)),
            "folder": str(job.folder),
            "inside": str(job.root) if job.untrusted else "",
            "data": str(job.copy),
            "report": str(job.report),
            "ignore_errors": ignore_errors,
        }
        script = coverage_analyser.__file__
        return AnalysisCommand((self.python, "-I", "-S", script), job.copy.parent, json.dumps(task))


def child_environment(env: Mapping[str, str], *, untrusted: bool) -> dict[str, str]:
    """The environment for a child: nothing may measure it, and its words must be readable.

    An untrusted author's settings could put the value of any variable into a message.
    """
    kept = {key: value for key, value in without_secrets(env).items() if key not in _NOT_INHERITED}
    if untrusted:
        kept = {key: value for key, value in kept.items() if key.upper() in _NEEDED}
    kept = {key: value for key, value in kept.items() if not key.startswith("COV_CORE_")}
    return kept | {"PYTHONIOENCODING": "utf-8:backslashreplace", "PYTHONDONTWRITEBYTECODE": "1"}


def run(command: AnalysisCommand, job: CompletionJob, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a command on the copy of the data.

    Raises:
        EngineError: it cannot be started, or does not end in time.
    """
    env = {**job.env, "COVERAGE_FILE": str(job.copy)}
    job.report.unlink(missing_ok=True)
    try:
        return subprocess.run(  # nosec B603
            command.words,
            cwd=command.directory,
            env=env,
            input=command.given,
            capture_output=True,
            timeout=timeout,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise _not_run(f"did not end within {timeout:g} seconds", job) from error
    except OSError as error:
        raise _not_run(f"cannot be started: {error.strerror}", job) from error


def _not_run(what: str, job: CompletionJob) -> EngineError:
    remedy = "Run `coverage json` yourself, and name its report."
    return EngineError(f"coverage.py's analysis {what}", where=job.shown, remedy=remedy)


def analysers(pythons: Sequence[Path], job: CompletionJob) -> list[Analyser]:
    """The first of the interpreters that has coverage.py, and then our own."""
    from coverage import __version__

    chosen: list[Analyser] = []
    for python in pythons:
        version = _version_of(python, job)
        if version:
            label = f"by the project's own coverage.py {version} ({short(python, job.folder)})"
            chosen.append(Analyser(str(python), version, label))
            break
    ours = f"by the coverage.py {__version__} that sluicegate brings"
    return [*chosen, Analyser(sys.executable, __version__, ours, is_ours=True)]


def _version_of(python: Path, job: CompletionJob) -> str:
    """The version of coverage.py that an interpreter has; empty when it has none."""
    probe = "import coverage; print(coverage.__version__)"
    try:
        done = run(AnalysisCommand((str(python), "-c", probe), job.folder), job, _PROBE_SECONDS)
    except EngineError:
        return ""
    version = done.stdout.strip()
    return version if done.returncode == 0 and _VERSION.fullmatch(version) else ""


def short(path: Path, folder: Path) -> str:
    """The path, POSIX, from the folder where it lies below it."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()
