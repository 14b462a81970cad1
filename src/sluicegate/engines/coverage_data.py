"""Completes coverage.py's data file: what could have run, from the sources and their settings.

Preferred is the project's own `python -m coverage json`, because only that has the project's plugins (code
that runs) and its version of coverage.py; else, and always with `untrusted`, the coverage.py that we bring,
without any plugin (`coverage_analyser`). Either works on a copy of the data file, so that the user's file is
neither changed, combined nor deleted. `Source.note` says which one it was.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess  # nosec B404
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Problem, Source
from sluicegate.core.text import cut, one_line
from sluicegate.engines import coverage_analyser
from sluicegate.engines.coverage_commands import (
    Analyser,
    CompletionJob,
    analysers,
    child_environment,
    project_pythons,
    short,
)
from sluicegate.engines.interface import read_source
from sluicegate.engines.syntax import newer_python
from sluicegate.evidence.coverage import coveragepy_data, coveragepy_json
from sluicegate.evidence.records import CoverageRecord

_UNDER_FAIL_UNDER = 2  # coverage.py's exit code when the total is below the configured minimum
_UNREADABLE = re.compile(r"No source for code|Couldn't parse")
_SKIPPED = re.compile(r"Couldn't parse (?:Python file )?'([^']*)'(?:: (.*?))?\s*\(couldnt-parse\)")
_MAX_PROBLEMS = 20
_REMEDY = "Measure and report in the same tree, or `omit` the file in the coverage configuration."


@dataclass(frozen=True, slots=True)
class CompletedData:
    """A completed data file, with the reasons not to trust it; its gate is then ERROR."""

    record: CoverageRecord
    problems: tuple[Problem, ...] = ()


def complete(
    path: Path,
    shown: str,
    root: Path,
    *,
    untrusted: bool = False,
    tracked: Iterable[str] = (),
    pythons: Sequence[Path] | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 600.0,
) -> CompletedData:
    """A coverage record whose totals are those of `coverage report`.

    Args:
        path: the data file.
        shown: its path to show.
        root: the repository's root.
        untrusted: nothing of the project may run; only files below `root` are read.
        tracked: POSIX paths of the files that git tracks: no interpreter of the project's.
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
    environment = child_environment(os.environ if env is None else env, untrusted=untrusted)
    if pythons is None or untrusted:
        pythons = () if untrusted else project_pythons(folder, root, environment, tracked)
    with tempfile.TemporaryDirectory(prefix="sluicegate-coverage-") as scratch:
        copy, report = Path(scratch, ".coverage"), Path(scratch, "report.json")
        try:
            shutil.copyfile(path, copy)
            with copy.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise EvidenceError(f"cannot be read: {error.strerror}", where=shown) from error
        job = CompletionJob(shown, copy, report, folder, environment, timeout, root, untrusted)
        record, problems, note = _analyse(job, data, analysers(pythons, job))
    passed_over, uncombined = _parallel(path, shown)
    source = Source(
        shown, coveragepy_data.READER.format, digest, "coverage.py", data.version, note + passed_over
    )
    roots = (folder.relative_to(root).as_posix(),) if folder != root else ()
    return CompletedData(replace(record, source=source, roots=roots), (*uncombined, *problems))


def project_folder(path: Path, root: Path) -> Path:
    """The folder to analyse in: the nearest one above the data file that configures coverage.py.

    Without any configuration, or for a data file outside `root`, it is `root`.
    """
    if not path.parent.is_relative_to(root):
        return root
    above = [path.parent, *path.parent.parents]
    folders = above[: above.index(root) + 1]
    return next((folder for folder in folders if _is_configured(folder, root)), root)


def _is_configured(folder: Path, root: Path) -> bool:
    where, limit = folder.relative_to(root), coverage_analyser.MAX_SETTINGS
    marks = coverage_analyser.CONFIGURED.items()
    found = ((read_source(root, (where / name).as_posix(), limit=limit), mark) for name, mark in marks)
    return any(isinstance(text, bytes) and mark in text for text, mark in found)


def _analyse(
    job: CompletionJob, data: coveragepy_data.DataFile, candidates: Sequence[Analyser]
) -> tuple[CoverageRecord, tuple[Problem, ...], str]:
    """Record, problems and note of the first analyser that succeeds; where all fail, why each did."""
    failures: list[str] = []
    for analyser in candidates:
        if analyser.is_ours and data.plugins:
            failures.append(f"it needs the plugin {data.plugins[0][:100]}, which only the project has")
            continue
        done = analyser.run(job, ignore_errors=False)
        words = done.stdout + done.stderr
        strict = not _failed(done, job) or not _UNREADABLE.search(words)
        if not strict:
            done = analyser.run(job, ignore_errors=True)
        if _failed(done, job):
            failures.append(f"coverage.py says: {_one_line(words)}")
            continue
        skipped = dict(_SKIPPED.findall(done.stderr))
        record = coveragepy_json.read(job.report, job.shown)
        problems = () if strict else _problems(skipped, words, job, is_ours=analyser.is_ours)
        return record, problems, _note(analyser, failures, skipped if strict else {}, done.stdout)
    raise EvidenceError(
        f"cannot be completed: {'; '.join(failures)}"[:500],
        where=job.shown,
        remedy="Run `coverage json` where the tests ran, and name its report.",
    )


def _failed(done: subprocess.CompletedProcess[str], job: CompletionJob) -> bool:
    return done.returncode not in {0, _UNDER_FAIL_UNDER} or not job.report.is_file()


def _one_line(words: str) -> str:
    """The last line that a failed command printed, cut."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "nothing"


def _note(analyser: Analyser, failures: Sequence[str], skipped: Mapping[str, str], printed: str) -> str:
    parts = [f"analysed {analyser.label}"]
    if analyser.is_ours and printed:
        plugins = ", ".join(one_line(name) for name in printed.splitlines())
        parts.append(cut(f"without the plugins that the settings name: {plugins}", 200))
    parts += [f"the project's own failed: {failure}" for failure in failures]
    if skipped:
        names = ", ".join(sorted(skipped)[:5])
        parts.append(f"`ignore_errors` left out {len(skipped):,} unreadable files: {names}")
    return "; ".join(parts)


def _problems(
    skipped: Mapping[str, str], words: str, job: CompletionJob, *, is_ours: bool
) -> tuple[Problem, ...]:
    """What coverage.py could not analyse: a problem a file, and one for all of a long rest."""
    if not skipped:
        return (Problem(f"coverage.py says: {_one_line(words)}", job.shown, _REMEDY),)
    named = sorted(skipped.items())[:_MAX_PROBLEMS]
    found = [_problem(short(Path(path), job.folder), reason, is_ours=is_ours) for path, reason in named]
    if more := len(skipped) - len(named):
        is_unseen = all(problem.unseen for problem in found)
        what = f"{more:,} more measured files cannot be analysed"
        found.append(Problem(what, job.shown, _REMEDY, is_unseen))
    return tuple(found)


def _problem(name: str, reason: str, *, is_ours: bool) -> Problem:
    """A file that coverage.py could not analyse. Our Python may be older than the project's: a file that
    is there and that ours does not parse counts as not looked at."""
    what = f"was measured and cannot be analysed: {reason or 'no valid Python'}"[:300]
    if not is_ours or "No source" in reason:
        return Problem(what, name, _REMEDY)
    remedy = f"{newer_python()} Or run `coverage json` where the tests ran. Else: {_REMEDY}"
    return Problem(what, name, remedy, unseen=True)


def _parallel(path: Path, shown: str) -> tuple[str, tuple[Problem, ...]]:
    """Data files of parallel runs beside it: more of a note for older ones, a problem for newer ones.

    `coverage combine --keep` leaves older ones behind, which the data file then contains.
    """
    files, made = coveragepy_data.parallel_files(path), _written(path)
    newer = [file for file in files if _written(file) > made]
    older = len(files) - len(newer)
    note = f"; passed over {older:,} older data files beside it" if older else ""
    if not newer:
        return note, ()
    message = f"{len(newer):,} newer data files beside it are not combined into it: {newer[0].name}"
    return note, (Problem(message, shown, "Run `coverage combine`, then this again."),)


def _written(path: Path) -> int:
    """When a file was written, in nanoseconds; 0 for one that is gone."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
