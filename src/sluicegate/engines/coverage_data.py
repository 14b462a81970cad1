"""Completes coverage.py's data file: what could have run, from the sources and their settings.

Preferred is the project's own `python -m coverage json`, because only that has the project's
plugins and its version of coverage.py; else the coverage.py that we bring, without any plugin.
Either runs in the folder of the project's configuration, on a copy of the data file, so that the
user's file is neither changed, combined nor deleted. `Source.note` says which one it was.

Running the project's interpreter runs the project's code (its coverage plugins). Whoever must
not do that passes `pythons=()`: then nothing of the project is executed or imported.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess  # nosec B404
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sluicegate.errors import EngineError, EvidenceError
from sluicegate.evidence.coverage import coveragepy_data, coveragepy_json
from sluicegate.evidence.records import CoverageRecord
from sluicegate.model import Problem, Source
from sluicegate.process import without_secrets

_OURS = """
import sys, coverage
try:
    cov = coverage.Coverage(data_file=sys.argv[1])
    cov.set_option("run:plugins", [])
    cov.load()
    cov.json_report(outfile=sys.argv[2], ignore_errors="-i" in sys.argv or None)
except coverage.CoverageException as error:
    sys.exit(f"{error}")
"""

_UNDER_FAIL_UNDER = 2  # coverage.py's exit code when the total is below the configured minimum
_PROBE_SECONDS = 60.0
_UNREADABLE = re.compile(r"No source for code|Couldn't parse")
_SKIPPED = re.compile(r"Couldn't parse (?:Python file )?'([^']*)'(?:: (.*?))?\s*\(couldnt-parse\)")
_VERSION = re.compile(r"\d[\w.+-]{0,39}")
_NOT_INHERITED = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "PYTHONWARNINGS")
_CONFIGURED: Mapping[str, bytes] = {
    ".coveragerc": b"",
    ".coveragerc.toml": b"",
    "setup.cfg": b"[coverage:",
    "tox.ini": b"[coverage:",
    "pyproject.toml": b"[tool.coverage",
}


@dataclass(frozen=True, slots=True)
class Completed:
    """A completed data file, with what stands against trusting it; its gate is then ERROR."""

    record: CoverageRecord
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Analyser:
    """Who analyses: the command before coverage.py's arguments, its version, and words for it."""

    command: tuple[str, ...]
    version: str
    label: str
    is_ours: bool = False

    def arguments(self, data: Path, report: Path) -> list[str]:
        """The whole command that writes `report` from `data`."""
        if self.is_ours:
            return [*self.command, str(data), str(report)]
        return [*self.command, "-m", "coverage", "json", "-o", str(report)]


@dataclass(frozen=True, slots=True)
class _Job:
    """One data file on its way: the copy, the folder to work in, and the limits."""

    shown: str
    copy: Path
    report: Path
    folder: Path
    env: Mapping[str, str]
    timeout: float


def complete(
    path: Path,
    shown: str,
    root: Path,
    *,
    pythons: Sequence[Path] | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 600.0,
) -> Completed:
    """A coverage record whose totals are those of `coverage report`.

    Args:
        path: the data file.
        shown: its path to show.
        root: the repository's root.
        pythons: interpreters to try, in order; None looks for the project's own, and an empty
            sequence allows none but ours.
        env: the environment; by default that of this process.
        timeout: seconds for the analysis.

    Raises:
        EvidenceError: no valid data file, or nothing in it can be analysed.
        EngineError: coverage.py did not end in time, or broke.
    """
    path, root = path.absolute(), root.absolute()
    data = coveragepy_data.inspect(path, shown)
    folder = project_folder(path, root)
    environment = _environment(os.environ if env is None else env)
    if pythons is None:
        pythons = project_pythons(folder, root, environment)
    with tempfile.TemporaryDirectory(prefix="sluicegate-coverage-") as scratch:
        copy = Path(scratch, ".coverage")
        digest = _copy(path, copy, shown)
        job = _Job(shown, copy, Path(scratch, "report.json"), folder, environment, timeout)
        record, problems, note = _analyse(job, data, _analysers(pythons, job))
    source = Source(shown, coveragepy_data.FORMAT, digest, "coverage.py", data.version, note)
    relative = folder.relative_to(root).as_posix() if folder != root else ""
    record = replace(record, source=source, roots=(relative,) if relative else ())
    passed_over, uncombined = _parallel(path, shown)
    if passed_over:
        record = replace(record, source=replace(source, note=f"{note}; {passed_over}"))
    return Completed(record, (*uncombined, *problems))


def project_folder(path: Path, root: Path) -> Path:
    """The folder to analyse in: the nearest one above the data file that configures coverage.py.

    Without any configuration, or for a data file outside `root`, it is `root`.
    """
    if not path.parent.is_relative_to(root):
        return root
    above = [path.parent, *path.parent.parents]
    folders = above[: above.index(root) + 1]
    return next((folder for folder in folders if _is_configured(folder)), root)


def _is_configured(folder: Path) -> bool:
    for name, mark in _CONFIGURED.items():
        try:
            with (folder / name).open("rb") as stream:
                if mark in stream.read(1 << 20):
                    return True
        except OSError:
            continue
    return False


def project_pythons(folder: Path, root: Path, env: Mapping[str, str]) -> tuple[Path, ...]:
    """Interpreters that may be the project's own, most likely first; all exist."""
    places = [base / name for base in dict.fromkeys((folder, root)) for name in (".venv", "venv")]
    places += [Path(active) for active in (env.get("VIRTUAL_ENV"),) if active]
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    found = [*(place / inside for place in places), *_on_path(env)]
    return tuple(dict.fromkeys(python for python in found if python.is_file()))


def _on_path(env: Mapping[str, str]) -> list[Path]:
    names = (shutil.which(name, path=env.get("PATH")) for name in ("python", "python3"))
    return [Path(name) for name in names if name]


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for a child: nothing may measure it, its words are readable, and it holds no token."""
    kept = {key: value for key, value in without_secrets(env).items() if key not in _NOT_INHERITED}
    kept = {key: value for key, value in kept.items() if not key.startswith("COV_CORE_")}
    return kept | {"PYTHONIOENCODING": "utf-8:backslashreplace", "PYTHONDONTWRITEBYTECODE": "1"}


def _copy(path: Path, copy: Path, shown: str) -> str:
    """Copy the data file; the SHA-256 of its bytes."""
    try:
        shutil.copyfile(path, copy)
        with copy.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise EvidenceError(f"cannot be read: {error.strerror}", where=shown) from error


def _run(command: Sequence[str], job: _Job, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a command in the job's folder, on the copy of the data.

    Raises:
        EngineError: it cannot be started, or does not end in time.
    """
    env = {**job.env, "COVERAGE_FILE": str(job.copy)}
    job.report.unlink(missing_ok=True)
    try:
        return subprocess.run(  # nosec B603
            command,
            cwd=job.folder,
            env=env,
            stdin=subprocess.DEVNULL,
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


def _not_run(what: str, job: _Job) -> EngineError:
    remedy = "Run `coverage json` yourself, and name its report."
    return EngineError(f"coverage.py's analysis {what}", where=job.shown, remedy=remedy)


def _analysers(pythons: Sequence[Path], job: _Job) -> list[_Analyser]:
    """The first of the interpreters that has coverage.py, and then our own."""
    from coverage import __version__

    chosen: list[_Analyser] = []
    for python in pythons:
        version = _version_of(python, job)
        if version:
            label = f"by the project's own coverage.py {version} ({_short(python, job.folder)})"
            chosen.append(_Analyser((str(python),), version, label))
            break
    ours = f"by the coverage.py {__version__} that sluicegate brings"
    return [*chosen, _Analyser((sys.executable, "-P", "-c", _OURS), __version__, ours, is_ours=True)]


def _version_of(python: Path, job: _Job) -> str:
    """The version of coverage.py that an interpreter has; empty when it has none."""
    probe = "import coverage; print(coverage.__version__)"
    try:
        done = _run([str(python), "-c", probe], job, _PROBE_SECONDS)
    except EngineError:
        return ""
    version = done.stdout.strip()
    return version if done.returncode == 0 and _VERSION.fullmatch(version) else ""


def _short(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _analyse(
    job: _Job, data: coveragepy_data.DataFile, analysers: Sequence[_Analyser]
) -> tuple[CoverageRecord, tuple[Problem, ...], str]:
    """Record, problems and note of the first analyser that succeeds.

    Raises:
        EvidenceError: none did; it says why the first one did not.
        EngineError: one did not end in time.
    """
    failures: list[str] = []
    for analyser in analysers:
        if analyser.is_ours and data.plugins:
            failures.append(f"it needs the plugin {data.plugins[0][:100]}, which only the project has")
            continue
        done = _run(analyser.arguments(job.copy, job.report), job, job.timeout)
        words = done.stdout + done.stderr
        strict = not _failed(done, job) or not _UNREADABLE.search(words)
        if not strict:
            done = _run([*analyser.arguments(job.copy, job.report), "-i"], job, job.timeout)
        if _failed(done, job):
            failures.append(f"coverage.py says: {_one_line(words)}")
            continue
        skipped = dict(_SKIPPED.findall(done.stderr))
        record = coveragepy_json.read(job.report, job.shown)
        problems = () if strict else _problems(skipped, words, job)
        return record, problems, _note(analyser, failures, skipped if strict else {})
    raise EvidenceError(
        f"cannot be completed: {'; '.join(failures)}"[:500],
        where=job.shown,
        remedy="Run `coverage json` where the tests ran, and name its report.",
    )


def _failed(done: subprocess.CompletedProcess[str], job: _Job) -> bool:
    return done.returncode not in {0, _UNDER_FAIL_UNDER} or not job.report.is_file()


def _one_line(words: str) -> str:
    """The last line that a failed command said, cut."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "nothing"


def _note(analyser: _Analyser, failures: Sequence[str], skipped: Mapping[str, str]) -> str:
    parts = [f"analysed {analyser.label}"]
    parts += [f"the project's own failed: {failure}" for failure in failures]
    if skipped:
        names = ", ".join(sorted(skipped)[:5])
        parts.append(f"`ignore_errors` left out {len(skipped):,} unreadable files: {names}")
    return "; ".join(parts)


def _problems(skipped: Mapping[str, str], words: str, job: _Job) -> tuple[Problem, ...]:
    """What coverage.py could not analyse, a problem a file."""
    remedy = "Measure and report in the same tree, or `omit` the file in the coverage configuration."
    if not skipped:
        return (Problem(f"coverage.py says: {_one_line(words)}", job.shown, remedy),)
    return tuple(
        Problem(f"was measured and cannot be analysed: {reason or 'no valid Python'}"[:300], name, remedy)
        for name, reason in sorted((_short(Path(path), job.folder), why) for path, why in skipped.items())
    )


def _parallel(path: Path, shown: str) -> tuple[str, tuple[Problem, ...]]:
    """Data files of parallel runs beside it: a note for older ones, a problem for newer ones.

    `coverage combine --keep` leaves older ones behind, which the data file then contains.
    """
    files = coveragepy_data.parallel_files(path)
    made = path.stat().st_mtime_ns
    newer = [file for file in files if file.stat().st_mtime_ns > made]
    older = len(files) - len(newer)
    note = f"passed over {older:,} older data files beside it" if older else ""
    if not newer:
        return note, ()
    message = f"{len(newer):,} newer data files beside it are not combined into it: {newer[0].name}"
    return note, (Problem(message, shown, "Run `coverage combine`, then this again."),)
