"""The seam of the readers: one module a format, each exposing one `READER`.

To add a format: write a module with a `READER`, add a line to `_BUILT_IN`, and a test; or,
outside this package, publish an entry point in the group `sluicegate.readers` that names a
`Reader`. Built-in modules are imported when the first file of their kind is looked at.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sluicegate.evidence.limits import head_bytes
from sluicegate.evidence.records import BenchmarksRecord, CoverageRecord, FindingsRecord, Kind, TestsRecord
from sluicegate.policy.plugins import plugins

Record = CoverageRecord | TestsRecord | FindingsRecord | BenchmarksRecord

HEAD_BYTES = 4096
"""How much of a file `matches` is shown."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How one format is recognised and read.

    Attributes:
        format: name, lower case, for example `cobertura`.
        kind: what the records are evidence of.
        matches: `(file name, first HEAD_BYTES bytes) -> bool`; decides by content first, so
            that a `coverage.xml` of any origin finds its reader; total on any bytes.
        read: `(path on disk, path to show) -> record`. Any bytes give a record or an
            `EvidenceError` whose `where` is the path to show, in bounded time and memory.
        skip_reason: `POSIX path -> reason`: why a file of this format is not the result of this
            run, by where it lies; empty when it may be. Asked unless the file alone was named.
        superseded: `POSIX paths of this format -> path: reason`: which of several files are earlier runs,
            that the tool kept beside a newer one.
        read_placed: as `read`, for a report that consists of several files which are elsewhere: the path
            of each on disk, by its path as the report has it. None for formats of one file.
    """

    format: str
    kind: Kind
    matches: Callable[[str, bytes], bool]
    read: Callable[[Path, str], Record]
    skip_reason: Callable[[str], str] = lambda _path: ""
    superseded: Callable[[Iterable[str]], Mapping[str, str]] = lambda _paths: {}
    read_placed: Callable[[Path, str, Mapping[str, Path]], Record] | None = None


def starts(pattern: bytes) -> Callable[[str, bytes], bool]:
    """A `matches` for files that start with a regular expression, after a mark of UTF-8 and white space."""
    start = re.compile(rb"[\s\xef\xbb\xbf]*" + pattern, re.DOTALL)
    return lambda _name, head: start.match(head) is not None


_BUILT_IN: tuple[str, ...] = (
    "sluicegate.evidence.coverage.coveragepy_json",
    "sluicegate.evidence.coverage.cobertura",
    "sluicegate.evidence.coverage.lcov",
    "sluicegate.evidence.coverage.coveragepy_data",
    "sluicegate.evidence.tests.junit",
    "sluicegate.evidence.findings.sarif",
    "sluicegate.evidence.findings.ruff_json",
    "sluicegate.evidence.benchmarks.native",
    "sluicegate.evidence.benchmarks.pytest_benchmark",
    "sluicegate.evidence.benchmarks.hyperfine",
    "sluicegate.evidence.benchmarks.google_benchmark",
    "sluicegate.evidence.benchmarks.criterion",
    "sluicegate.evidence.benchmarks.cargo_criterion",
    "sluicegate.evidence.benchmarks.jmh",
    "sluicegate.evidence.benchmarks.benchmarkdotnet",
    "sluicegate.evidence.benchmarks.k6",
    "sluicegate.evidence.benchmarks.locust",
    "sluicegate.evidence.benchmarks.go_bench",
)


@cache
def readers() -> tuple[Reader, ...]:
    """All readers, in the order in which they are asked; third parties' come first."""
    extra = tuple(point.load() for point in plugins("sluicegate.readers"))
    return (*extra, *(importlib.import_module(name).READER for name in _BUILT_IN))


def sniff(path: Path, kind: Kind | None = None) -> Reader | None:
    """The reader for a file, or None when no format matches.

    Raises:
        OSError: the file cannot be opened.
    """
    head = head_of(path)
    of_kind = (reader for reader in readers() if kind is None or reader.kind is kind)
    return next((reader for reader in of_kind if reader.matches(path.name, head)), None)


def superseded(files: Iterable[tuple[str, Reader]]) -> dict[str, str]:
    """Which of the files are earlier runs that a tool kept beside a newer one, with the reason."""
    paths: dict[Reader, list[str]] = {}
    for path, reader in files:
        paths.setdefault(reader, []).append(path)
    return {path: why for reader, own in paths.items() for path, why in reader.superseded(own).items()}


def head_of(path: Path) -> bytes:
    """The first HEAD_BYTES of a regular file, as of `limits.head_bytes`, which may raise `OSError`."""
    return head_bytes(path, HEAD_BYTES)
