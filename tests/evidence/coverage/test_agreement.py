"""All formats of one real run say the same, and what `coverage report` says."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.engines.coverage_data import complete
from sluicegate.evidence.coverage import cobertura, coveragepy_data, coveragepy_json, lcov
from sluicegate.evidence.coverage.resolve import resolve_coverage
from sluicegate.evidence.coverage.summary import CoverageCounts, count_record
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import CoverageRecord
from support.examples import few
from support.python_project import PIECES, environment, measure, write_project

modules = st.lists(
    st.lists(
        st.tuples(st.integers(0, len(PIECES) - 1), st.none() | st.integers(0, 3)), min_size=1, max_size=8
    ),
    min_size=1,
    max_size=3,
)


def percent(counts: CoverageCounts) -> str:
    covered, everything = counts.total
    return f"{100 * covered / everything:.8f}"


def lines_of(record: CoverageRecord) -> dict[str, tuple[int, int]]:
    return {path: (file.executable, file.covered) for path, file in record.files.items()}


def all_formats(folder: Path) -> dict[str, CoverageRecord]:
    """Every report of a measured project, and its completed data, resolved."""
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*.py")]
    index = PathIndex(files, prefixes=[folder.as_posix(), folder.resolve().as_posix()])
    data = complete(folder / ".coverage", ".coverage", folder, pythons=(), env=environment())
    assert data.problems == ()
    records = {
        "json": coveragepy_json.read(folder / "coverage.json", "coverage.json"),
        "xml": cobertura.read(folder / "coverage.xml", "coverage.xml"),
        "lcov": lcov.read(folder / "lcov.info", "lcov.info"),
        "data": data.record,
    }
    return {name: resolve_coverage(record, index) for name, record in records.items()}


@pytest.mark.slow
@pytest.mark.parametrize("branch", [False, True])
@settings(max_examples=few(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(project=modules)
def test_every_format_gives_the_total_of_coverage_report(
    project: list[list[tuple[int, int | None]]], branch: bool
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, project)
        measured = measure(folder, branch=branch)
        records = all_formats(folder)
        executed = coveragepy_data.read_executed(folder / ".coverage", ".coverage")
    expected = records["json"]
    for record in records.values():
        assert percent(count_record(record)) == measured.total
        assert record.unresolved == ()
        for path, file in record.files.items():
            assert (file.executable, file.covered) == (
                expected.files[path].executable,
                expected.files[path].covered,
            )
    assert_ran(executed, expected)


def assert_ran(executed: Mapping[str, int], expected: CoverageRecord) -> None:
    """The raw lines that ran, among the executable ones, are the covered ones."""
    for path, file in expected.files.items():
        ran = next(lines for key, lines in executed.items() if key.endswith(path))
        assert ran & file.executable == file.covered


@pytest.mark.slow
def test_every_format_gives_the_same_branches_of_every_line(tmp_path: Path) -> None:
    kinds = [number for number, piece in enumerate(PIECES) if "no branch" not in piece]
    write_project(tmp_path, [[(kind, 1) for kind in kinds], [(kind, None) for kind in kinds]])
    measure(tmp_path, branch=True)
    records = all_formats(tmp_path)
    expected = {path: dict(file.branches) for path, file in records["xml"].files.items()}
    for record in records.values():
        assert record.has_branches
        assert {path: dict(file.branches) for path, file in record.files.items()} == expected
