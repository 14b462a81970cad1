"""coverage.py's data file, `.coverage`: an SQLite database of what ran.

It knows what ran and not what could have run, so it makes no `CoverageRecord` by itself: that
needs the sources and the project's configuration. `READER.read` therefore checks the file and
then always raises an `EvidenceError` that explains how to get a report; a caller that may look at
the sources completes the data with `sluicegate.engines.coverage_data.complete` instead.

The schema is described in coverage.py's documentation, "Coverage.py database schema"; version 7
is read, of coverage.py 5.0 and later. The file is opened read-only and immutable, so that SQLite
neither writes to it nor acts on journals beside it. The data is untrusted: tables must be
plain tables, values are checked for type, and the work of a query is bounded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import NoReturn

from sluicegate.core.change import lines_to_bits
from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import MAX_LINE
from sluicegate.evidence.coverage.build import MAX_FILES
from sluicegate.evidence.limits import check_size, open_regular
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import CoverageRecord, Kind

SCHEMA_VERSION = 7
_MAGIC = b"SQLite format 3\x00"
_OLD_MAGIC = b"!coverage.py: This is a private format"
_TABLES = ("coverage_schema", "meta", "file", "context", "line_bits", "arc", "tracer")
_MAX_STEPS = 20_000  # of a hundred thousand instructions of SQLite's machine: about a minute
_AGAIN = "Run the tests under coverage again, with coverage.py 5 or later."


@dataclass(frozen=True, slots=True)
class DataFile:
    """The contents of a data file.

    Attributes:
        version: of the coverage.py that made it.
        has_arcs: branches were measured.
        files: the measured files, as coverage.py wrote them, sorted.
        plugins: names of the plugins that traced a file and are needed to analyse it.
    """

    version: str
    has_arcs: bool
    files: tuple[str, ...]
    plugins: tuple[str, ...]


def matches(name: str, head: bytes) -> bool:
    """An SQLite database with coverage.py's schema; or a data file's name, whatever it holds."""
    if head.startswith(_MAGIC) and b"coverage_schema" in head:
        return True
    return head.startswith(_OLD_MAGIC) or name == ".coverage" or name.startswith(".coverage.")


def parallel_files(path: Path) -> tuple[Path, ...]:
    """Data files of parallel runs beside `path` that were not combined into it, sorted.

    coverage.py names them after the data file, with a suffix of machine, process and random
    letters; only files that hold an SQLite database are meant.
    """
    beside = path.parent.glob(f"{path.name}.*")
    return tuple(sorted(file for file in beside if file.is_file() and _begins(file, _MAGIC)))


def _begins(path: Path, magic: bytes) -> bool:
    try:
        with open_regular(path) as stream:
            return stream.read(len(magic)) == magic
    except OSError:
        return False


def _bad(what: str, shown: str) -> NoReturn:
    raise EvidenceError(f"is not a coverage.py data file: {what}", where=shown, remedy=_AGAIN)


@contextmanager
def _opened(path: Path, shown: str) -> Iterator[sqlite3.Connection]:
    """The database, open read-only and immutable, with bounded work; errors are typed."""
    check_size(path, shown)
    if _begins(path, _OLD_MAGIC):
        _bad("it is of coverage.py 4", shown)
    if not _begins(path, _MAGIC):
        _bad("it is not an SQLite database", shown)
    uri = path.resolve().as_uri() + "?mode=ro&immutable=1"
    steps = iter(range(_MAX_STEPS))
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
            connection.set_progress_handler(lambda: next(steps, None) is None, 100_000)
            yield connection
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        _bad(f"{error}"[:200], shown)


def _check_schema(connection: sqlite3.Connection, shown: str) -> None:
    """Refuse a database whose tables are not plain tables of the known version."""
    rows = connection.execute("SELECT name, type, sql FROM sqlite_master LIMIT 1000").fetchall()
    plain = {name for name, kind, sql in rows if kind == "table" and str(sql).startswith("CREATE TABLE")}
    missing = [table for table in _TABLES if table not in plain]
    if missing:
        _bad(f"it lacks the table {missing[0]}", shown)
    versions = connection.execute("SELECT version FROM coverage_schema LIMIT 2").fetchall()
    if versions != [(SCHEMA_VERSION,)]:
        _bad(f"its schema is not version {SCHEMA_VERSION}", shown)


def _file_names(connection: sqlite3.Connection, shown: str) -> dict[int, str]:
    """Measured files by their number in the database."""
    rows = connection.execute("SELECT id, path FROM file LIMIT ?", (MAX_FILES + 1,)).fetchall()
    if len(rows) > MAX_FILES:
        _bad(f"it measures more than {MAX_FILES:,} files", shown)
    if not rows:
        raise EvidenceError(
            "holds no measured file",
            where=shown,
            remedy="Check `source` in the configuration of coverage.py, and its warnings in the log.",
        )
    if not all(isinstance(path, str) and path for _, path in rows):
        _bad("a file has no name", shown)
    return dict(rows)


def _describe(connection: sqlite3.Connection, shown: str) -> DataFile:
    _check_schema(connection, shown)
    rows = connection.execute("SELECT key, value FROM meta LIMIT 100")
    meta = {str(key): str(value) for key, value in rows}
    tracers = connection.execute("SELECT DISTINCT tracer FROM tracer LIMIT 100")
    return DataFile(
        version=meta.get("version", "")[:40],
        has_arcs=meta.get("has_arcs") == "1",
        files=tuple(sorted(_file_names(connection, shown).values())),
        plugins=tuple(sorted(str(tracer) for (tracer,) in tracers if tracer)),
    )


def inspect(path: Path, shown: str) -> DataFile:
    """Check a data file, and read its contents.

    Raises:
        EvidenceError: no data file, of an unknown version, damaged, or without a measured file.
    """
    with _opened(path, shown) as connection:
        return _describe(connection, shown)


def read_executed(path: Path, shown: str) -> Mapping[str, int]:
    """Bitsets of the lines that ran, by file as coverage.py wrote it, all contexts united.

    With branches measured the lines are the positive ends of the arcs that ran.

    Raises:
        EvidenceError: as `inspect`, or a line number is impossible.
    """
    with _opened(path, shown) as connection:
        has_arcs = _describe(connection, shown).has_arcs
        names = _file_names(connection, shown)
        bits = _lines_of_arcs(connection, shown) if has_arcs else _lines_of_bitmaps(connection, shown)
        return {name: bits.get(number, 0) for number, name in names.items()}


def _lines_of_bitmaps(connection: sqlite3.Connection, shown: str) -> dict[int, int]:
    """File number -> lines; a numbits is a little-endian bitset of line numbers."""
    bits: dict[int, int] = {}
    for number, blob in connection.execute("SELECT file_id, numbits FROM line_bits"):
        if not isinstance(blob, bytes) or len(blob) > MAX_LINE // 8 + 1:
            _bad("a set of lines is damaged", shown)
        bits[number] = bits.get(number, 0) | int.from_bytes(blob, "little") & ~1
    return bits


def _lines_of_arcs(connection: sqlite3.Connection, shown: str) -> dict[int, int]:
    """File number -> lines; negative ends of arcs are entries and exits."""
    ends = connection.execute(
        "SELECT file_id, fromno FROM arc WHERE fromno > 0 UNION"
        " SELECT file_id, tono FROM arc WHERE tono > 0 ORDER BY 1"
    )
    bits: dict[int, int] = {}
    for number, of_file in groupby(ends, key=lambda row: row[0]):
        lines = [line for _, line in islice(of_file, MAX_LINE + 1)]  # one more than can be distinct
        if len(lines) > MAX_LINE or not all(isinstance(line, int) and line <= MAX_LINE for line in lines):
            _bad("a line number is impossible", shown)
        bits[number] = lines_to_bits(lines)
    return bits


def read(path: Path, shown: str) -> CoverageRecord:
    """Check the file, and refuse to guess what could have run.

    Raises:
        EvidenceError: always; see the module's docstring.
    """
    inspect(path, shown)
    raise EvidenceError(
        "records what ran, but not what could have run",
        where=shown,
        remedy="Run `coverage json` or `coverage xml` beside the sources, and name its report.",
    )


READER = Reader("coveragepy-data", Kind.COVERAGE, matches, read)
