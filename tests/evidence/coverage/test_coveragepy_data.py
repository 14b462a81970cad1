"""coverage.py's data file: what is read, and what is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sluicegate.core.change import lines_to_bits
from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.coverage import coveragepy_data
from sluicegate.evidence.coverage.coveragepy_data import (
    DataFile,
    inspect,
    matches,
    parallel_files,
    read_executed,
)
from support.gen_coverage import write_data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A valid data file of two files with twenty lines each."""
    path = tmp_path / ".coverage"
    write_data(path, files=2, lines=20)
    return path


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def refused(path: Path) -> str:
    with pytest.raises(EvidenceError) as caught:
        read_executed(path, ".coverage")
    assert caught.value.where == ".coverage"
    assert caught.value.remedy
    return caught.value.what


def test_a_data_file_names_version_files_and_plugins(data: Path) -> None:
    change(data, "INSERT INTO tracer VALUES (1, 'django_coverage_plugin')")
    names = ("package0/module0.py", "package1/module1.py")
    assert inspect(data, ".coverage") == DataFile("7.10.0", False, names, ("django_coverage_plugin",))


def test_the_lines_that_ran_are_read(data: Path) -> None:
    missed = {5, 10, 15, 20}
    expected = lines_to_bits(set(range(1, 21)) - missed)
    assert read_executed(data, ".coverage") == {
        "package0/module0.py": expected,
        "package1/module1.py": expected,
    }


def test_contexts_are_united(data: Path) -> None:
    change(data, "INSERT INTO context VALUES (2, 'test_a')", "INSERT INTO line_bits VALUES (1, 2, x'200400')")
    assert read_executed(data, ".coverage")["package0/module0.py"] == lines_to_bits(
        {*range(1, 20)} - {15} | {5, 10}
    )


def test_with_branches_the_lines_are_the_ends_of_arcs(data: Path) -> None:
    change(
        data,
        "UPDATE meta SET value = '1' WHERE key = 'has_arcs'",
        "INSERT INTO arc VALUES (1, 1, -1, 1), (1, 1, 1, 3), (1, 1, 3, -1), (2, 1, 7, 7)",
    )
    assert read_executed(data, ".coverage") == {
        "package0/module0.py": lines_to_bits([1, 3]),
        "package1/module1.py": lines_to_bits([7]),
    }


def test_the_file_and_its_folder_stay_as_they_are(data: Path) -> None:
    journal = data.with_name(".coverage-journal")
    journal.write_bytes(b"not to be rolled back")
    before = (data.read_bytes(), data.stat().st_mtime_ns)
    data.chmod(0o444)
    read_executed(data, ".coverage")
    assert (data.read_bytes(), data.stat().st_mtime_ns) == before
    assert sorted(path.name for path in data.parent.iterdir()) == [".coverage", ".coverage-journal"]


def test_the_reader_checks_and_never_guesses(data: Path) -> None:
    with pytest.raises(EvidenceError, match="what ran, but not what could have run") as caught:
        coveragepy_data.READER.read(data, ".coverage")
    assert "coverage json" in caught.value.remedy


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (["DROP TABLE arc"], "lacks the table arc"),
        (["UPDATE coverage_schema SET version = 6"], "schema is not version 7"),
        (["INSERT INTO coverage_schema VALUES (7)"], "schema is not version 7"),
        (["DELETE FROM file"], "holds no measured file"),
        (["UPDATE file SET path = x'ff' WHERE id = 1"], "a file has no name"),
        (["UPDATE file SET path = NULL WHERE id = 1"], "a file has no name"),
        (["UPDATE line_bits SET numbits = 'text'"], "a set of lines is damaged"),
        (["UPDATE line_bits SET numbits = zeroblob(1000000)"], "a set of lines is damaged"),
        (
            ["DROP TABLE line_bits", "CREATE VIEW line_bits AS SELECT 1 AS file_id"],
            "lacks the table line_bits",
        ),
        (
            ["UPDATE meta SET value = 1 WHERE key = 'has_arcs'", "INSERT INTO arc VALUES (1, 1, 4000001, 1)"],
            "a line number is impossible",
        ),
    ],
)
def test_a_damaged_or_hostile_database_is_refused(data: Path, statements: list[str], what: str) -> None:
    change(data, *statements)
    assert what in refused(data)


def test_endless_work_is_cut_short(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coveragepy_data, "_MAX_STEPS", 1)
    change(
        data,
        "UPDATE meta SET value = 1 WHERE key = 'has_arcs'",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
        " INSERT INTO arc SELECT 1, 1, i, i + 1 FROM n",
    )
    assert "interrupted" in refused(data)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02", "it is not an SQLite database"),
        (b"!coverage.py: This is a private format, don't read it directly!{}", "it is of coverage.py 4"),
        (b"SQLite format 3\x00" + b"\xff" * 5000, "is not a coverage.py data file"),
    ],
)
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / ".coverage"
    path.write_bytes(content)
    assert what in refused(path)


def test_a_database_cut_short_is_refused(data: Path) -> None:
    data.write_bytes(data.read_bytes()[:9000])
    assert "is not a coverage.py data file" in refused(data)


def test_data_files_of_parallel_runs_are_seen_beside_it(data: Path) -> None:
    parallel = data.with_name(".coverage.host.42.XyZ")
    parallel.write_bytes(data.read_bytes())
    data.with_name(".coverage.txt").write_text("notes")
    data.with_name(".coveragerc").write_text("[run]")
    assert parallel_files(data) == (parallel,)


def test_parallel_data_files_are_seen_without_a_combined_one(tmp_path: Path) -> None:
    write_data(tmp_path / ".coverage.host.1", files=1, lines=1)
    assert [path.name for path in parallel_files(tmp_path / ".coverage")] == [".coverage.host.1"]


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("data.db", b"SQLite format 3\x00 ... CREATE TABLE coverage_schema", True),
        ("data.db", b"SQLite format 3\x00 ... CREATE TABLE other", False),
        (".coverage", b"", True),
        (".coverage.host.42", b"SQLite format 3\x00", True),
        (".coveragerc", b"[run]", False),
        (".coveragerc.toml", b"[run]", False),
    ],
)
def test_it_is_recognised_by_content_first(name: str, head: bytes, expected: bool) -> None:
    assert matches(name, head) is expected
