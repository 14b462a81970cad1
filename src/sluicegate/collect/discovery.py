"""Finding evidence that nobody named: where tools leave their output, by what files hold.

Candidates are untracked files (tracked ones are fixtures), usually git-ignored, that have a
report's ending and either a report's name or stand below an output folder. What a candidate
is, its content decides. Dependency folders are never entered.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from xml.parsers import expat

from sluicegate.evidence.reader import HEAD_BYTES, Reader, head_of, readers
from sluicegate.evidence.records import Kind
from sluicegate.globs import matches_any

SKIPPED_FOLDERS = frozenset(
    {
        ".git", ".hg", ".svn", "node_modules", ".venv", "venv", "env", ".env", "virtualenv",
        "site-packages", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache",
        ".hypothesis", "bower_components", "vendor", ".gradle", ".m2", ".cargo", ".eggs", ".idea",
        ".terraform", ".yarn", ".pnpm-store", ".cache", ".sluicegate",
    }
)  # fmt: skip
"""Folders of dependencies and caches: whatever lies there is not this project's evidence."""

OUTPUT_FOLDERS = frozenset(
    {
        "reports", "report", "build", "target", "coverage", "test-results", "test_results",
        "test-reports", "out", "output", "results", "htmlcov", "artifacts", "surefire-reports",
        "failsafe-reports", ".benchmarks", "junit", "TestResults",
        "BenchmarkDotNet.Artifacts",
    }
)  # fmt: skip
"""Folders into which tools write; a report below one needs no telling name."""

NAMES: dict[Kind, tuple[str, ...]] = {
    Kind.COVERAGE: (".coverage", "coverage*.json", "coverage*.xml", "cobertura*.xml", "cov.xml", "lcov.info",
                    "*.lcov", "*-coverage.xml"),
    Kind.TESTS: ("junit*.xml", "TEST-*.xml", "test-results*.xml", "test_results*.xml", "test-report*.xml",
                 "pytest*.xml", "xunit*.xml", "results.xml", "report.xml", "*-junit.xml", "*.junit.xml"),
    Kind.FINDINGS: ("*.sarif", "*.sarif.json", "ruff*.json"),
    Kind.BENCHMARKS: ("bench*.json", "*-bench.json", "*_bench.json", "*-benchmark.json", "*_benchmark.json",
                      "bench*.txt", "hyperfine*.json", "jmh-result*.json", "k6*.json", "*_stats.csv"),
}  # fmt: skip
"""Telling names of each kind."""

_ENDINGS = (".xml", ".json", ".sarif", ".info", ".lcov", ".txt", ".csv")
_MAX_DEPTH = 10
MAX_ENTRIES = 300_000
"""Files that a search looks at the names of."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be evidence: its POSIX path, and the kind that its name tells, if any."""

    path: str
    told: Kind | None


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate that a reader recognises."""

    path: str
    reader: Reader


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file with a telling name whose content is no report at all."""

    path: str
    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A candidate that is not taken, and why."""

    path: str
    reason: str


Sighting = Found | Unreadable | PassedOver


_SAVED = re.compile(r"((?:[^\n]*/)?\.benchmarks/)(?:[^/\n]+/)?([0-9]{4,9})_[^/\n]*\.json")


@dataclass(frozen=True, slots=True)
class Search:
    """The files worth opening, by path; `is_whole` is False where the search ended after `MAX_ENTRIES`."""

    candidates: tuple[Candidate, ...]
    is_whole: bool


def search(root: Path, tracked: Iterable[str]) -> Search:
    """Look for files worth opening; bounded in depth and number."""
    paths = list(islice(_walk(root), MAX_ENTRIES + 1))
    found = _candidates(root, paths[:MAX_ENTRIES], set(tracked))
    return Search(tuple(sorted(found, key=lambda c: c.path)), len(paths) <= MAX_ENTRIES)


def _candidates(root: Path, paths: Iterable[str], known: set[str]) -> Iterator[Candidate]:
    for path in paths:
        name = path.rpartition("/")[2]
        if path in known or not (name.endswith(_ENDINGS) or name == ".coverage"):
            continue
        told = _told(name)
        is_output = not OUTPUT_FOLDERS.isdisjoint(path.split("/")[:-1])
        if (told or is_output) and _is_regular(root / path):
            yield Candidate(path, told)


def _told(name: str) -> Kind | None:
    """The kind of evidence that a file's name tells."""
    return next((kind for kind, patterns in NAMES.items() if matches_any(patterns, name)), None)


def _is_regular(path: Path) -> bool:
    """Is it a file, and neither a link nor a pipe?"""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _walk(root: Path) -> Iterator[str]:
    """Paths of files, linked folders not entered."""
    for folder, folders, names in os.walk(root):
        where = Path(folder).relative_to(root).as_posix()
        prefix = "" if where == "." else f"{where}/"
        deep = prefix.count("/") >= _MAX_DEPTH
        folders[:] = [] if deep else [f for f in folders if f not in SKIPPED_FOLDERS]
        yield from (prefix + n for n in names)


def look_at(root: Path, candidate: Candidate) -> Sighting | None:
    """What a candidate is.

    None for one that neither its name nor its content tells, and for an earlier run that a tool keeps
    beside the last one.
    """
    try:
        head = head_of(root / candidate.path)
    except OSError as error:
        kind = candidate.told or Kind.TESTS
        return Unreadable(candidate.path, kind, f"cannot be read: {error.strerror}")
    name = candidate.path.rpartition("/")[2]
    reader = next((r for r in readers() if r.matches(name, head)), None)
    if reader is not None:
        return None if reader.stands_aside(candidate.path) else Found(candidate.path, reader)
    if candidate.told is None:
        return None
    broken = _broken(name, head)
    if broken:
        return Unreadable(candidate.path, candidate.told, broken)
    return PassedOver(candidate.path, "not in a format that is read here")


def earlier_runs(paths: Iterable[str]) -> dict[str, str]:
    """Runs that pytest-benchmark saved before its last one, each with the path of that last one.

    Its storage keeps them all, `.benchmarks/MACHINE/0001_NAME.json`, and only the last is of this commit.
    """
    numbered = [(match[1], int(match[2]), match[0]) for match in map(_SAVED.fullmatch, paths) if match]
    last = {storage: (number, path) for storage, number, path in sorted(numbered)}
    return {path: last[storage][1] for storage, number, path in numbered if number < last[storage][0]}


def _broken(name: str, head: bytes) -> str:
    """Why the content cannot be what the name says; empty for a well-formed stranger."""
    if not head.strip():
        return "is empty"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if name.endswith(".xml"):
        return "is not XML" if start != b"<" else _malformed(head)
    if name.endswith((".json", ".sarif")) and (start not in (b"{", b"[") or not _is_json(head)):
        return "is not JSON"
    return ""


def _is_json(head: bytes) -> bool:
    """Is a short file JSON? One that goes on may be."""
    try:
        return len(head) == HEAD_BYTES or json.loads(head) is not None
    except (ValueError, RecursionError):
        return False


def _malformed(head: bytes) -> str:
    """Why a short XML file is broken; empty for a good one, and for one that goes on."""
    parser = expat.ParserCreate()
    try:
        parser.Parse(head, len(head) < HEAD_BYTES)
    except expat.ExpatError as error:
        return f"is not well-formed XML: {expat.ErrorString(error.code)} at line {error.lineno}"
    return ""
