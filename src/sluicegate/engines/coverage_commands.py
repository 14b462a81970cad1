"""Who completes coverage.py's data, and the processes that do it: the project's own Python, and ours.

Whatever Python is found runs code of the project, so nothing is looked for where that must not run. And what
is committed is no interpreter of the project's: a virtual environment is made by whoever runs the tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess  # nosec B404
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import EngineError
from sluicegate.engines import coverage_analyser
from sluicegate.engines.isolation import checkout_of, import_path
from sluicegate.runtime.files import is_inside
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

    def run(
        self, words: Sequence[str], directory: Path, *, given: str = "", timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the copy of the data, with `given` on its standard input.

        Raises:
            EngineError: it cannot be started, or does not end in time.
        """
        seconds = self.timeout if timeout is None else timeout
        self.report.unlink(missing_ok=True)
        try:
            return subprocess.run(  # nosec B603
                words,
                cwd=directory,
                env={**self.env, "COVERAGE_FILE": str(self.copy)},
                input=given,
                capture_output=True,
                timeout=seconds,
                check=False,
                encoding="utf-8",
                errors="replace",
            )
        except (subprocess.TimeoutExpired, OSError) as error:
            ended = f"cannot be started: {error.strerror}" if isinstance(error, OSError) else ""
            raise EngineError(
                f"coverage.py's analysis {ended or f'did not end within {seconds:g} seconds'}",
                where=self.shown,
                remedy="Run `coverage json` yourself, and name its report.",
            ) from error


@dataclass(frozen=True, slots=True)
class Analyser:
    """Who analyses: the interpreter, and words for it and its coverage.py."""

    python: str
    label: str
    is_ours: bool = False

    def run(self, job: CompletionJob, *, ignore_errors: bool) -> subprocess.CompletedProcess[str]:
        """Write the job's report.

        Raises:
            EngineError: as of `CompletionJob.run`.
        """
        if not self.is_ours:
            words = (self.python, "-m", "coverage", "json", "-o", str(job.report), *("-i",) * ignore_errors)
            return job.run(words, job.folder)
        task = {
            "path": import_path(checkout_of(job.root)),
            "folder": str(job.folder),
            "inside": str(job.root) if job.untrusted else "",
            "data": str(job.copy),
            "report": str(job.report),
            "ignore_errors": ignore_errors,
        }
        words = (self.python, "-I", "-S", coverage_analyser.__file__)
        return job.run(words, job.copy.parent, given=json.dumps(task))


def child_environment(env: Mapping[str, str], *, untrusted: bool) -> dict[str, str]:
    """The environment for a child: nothing may measure it, and its words must be readable.

    An untrusted author's settings could put the value of any variable into a message.
    """
    kept = {
        key: value
        for key, value in without_secrets(env).items()
        if key not in _NOT_INHERITED and not key.startswith("COV_CORE_")
        if not untrusted or key.upper() in _NEEDED
    }
    return kept | {"PYTHONIOENCODING": "utf-8:backslashreplace", "PYTHONDONTWRITEBYTECODE": "1"}


def analysers(pythons: Sequence[Path], job: CompletionJob) -> list[Analyser]:
    """The first of the interpreters that has coverage.py, and then our own."""
    from coverage import __version__

    versions = ((python, _version_of(python, job)) for python in pythons)
    own = next(((python, version) for python, version in versions if version), None)
    ours = f"by the coverage.py {__version__} that sluicegate brings"
    chosen = [Analyser(sys.executable, ours, is_ours=True)]
    if own is not None:
        label = f"by the project's own coverage.py {own[1]} ({short(own[0], job.folder)})"
        chosen.insert(0, Analyser(str(own[0]), label))
    return chosen


def _version_of(python: Path, job: CompletionJob) -> str:
    """The version of coverage.py that an interpreter has; empty when it has none."""
    probe = (str(python), "-c", "import coverage; print(coverage.__version__)")
    try:
        done = job.run(probe, job.folder, timeout=_PROBE_SECONDS)
    except EngineError:
        return ""
    version = done.stdout.strip()
    return version if done.returncode == 0 and _VERSION.fullmatch(version) else ""


def short(path: Path, folder: Path) -> str:
    """The path, POSIX, from the folder where it lies below it."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


# --- the project's Python -----------------------------------------------------------------------


def project_pythons(
    folder: Path, root: Path, env: Mapping[str, str], tracked: Iterable[str] = ()
) -> tuple[Path, ...]:
    """Interpreters that may be the project's own, most likely first; all exist.

    An environment of which git tracks anything is excluded, and so is one that `PATH` finds in the
    checkout or by an entry that is empty or relative.

    Args:
        folder: where coverage.py is configured.
        root: the folder that paths are relative to.
        env: names the active environment, and `PATH`.
        tracked: POSIX paths of the files that git tracks.
    """
    committed = {path.casefold() for path in tracked}
    places = [base / name for base in dict.fromkeys((folder, root)) for name in (".venv", "venv")]
    if Path(active := env.get("VIRTUAL_ENV", "")).is_absolute():
        places.append(Path(active))
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    own = [place / inside for place in places if not _is_committed(place, root, committed)]
    found = (*own, *_on_path(env.get("PATH", ""), checkout_of(root)))
    return tuple(dict.fromkeys(filter(Path.is_file, found)))


def _is_committed(place: Path, root: Path, committed: set[str]) -> bool:
    """Does git track the folder, what it is a link to, one above, or a file in it?

    Names are compared without their case, as some file systems do.
    """
    for path, top in ((place, root.absolute()), (place.resolve(), root.resolve())):
        if not path.is_relative_to(top):
            continue
        name = path.relative_to(top).as_posix().casefold()
        above = {name, *(parent.as_posix() for parent in Path(name).parents)}
        if above & committed or any(file.startswith(f"{name}/") for file in committed):
            return True
    return False


def _on_path(path: str, checkout: Path) -> list[Path]:
    """The Python interpreters on `PATH`, without entries that are relative or lead into the checkout."""
    entries = [e for e in path.split(os.pathsep) if Path(e).is_absolute() and not is_inside(e, checkout)]
    if not entries:  # `which` would look where it pleases
        return []
    found = (shutil.which(name, path=os.pathsep.join(entries)) for name in ("python", "python3"))
    # Windows looks into the current folder first.
    return [Path(name) for name in found if name and not is_inside(Path(name).parent, checkout)]
