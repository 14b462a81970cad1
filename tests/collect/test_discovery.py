"""Discovery: where tools leave their output, by what files hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.collect.discovery import (
    Candidate,
    RecognisedReport,
    SkippedFile,
    UnreadableReport,
    look_at,
    search,
)
from sluicegate.evidence.records import Kind

JUNIT = '<testsuite name="s" tests="1"><testcase classname="c" name="n"/></testsuite>'


def write(root: Path, *names: str, text: str = JUNIT) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def names(root: Path, tracked: tuple[str, ...] = ()) -> list[str]:
    return [c.path for c in search(root, tracked).candidates]


@pytest.mark.parametrize(
    "name",
    [
        "junit.xml",
        ".coverage",
        "coverage.json",
        "a/b/lcov.info",
        "TEST-x.xml",
        "x.sarif",
        "reports/x.xml",
        "bench.txt",
        "k6.json",
        "load_stats.csv",
        "jmh-result.json",
        "BenchmarkDotNet.Artifacts/results/x.json",
    ],
)
def test_telling_names_and_output_folders_are_candidates(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
    assert names(tmp_path) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "node_modules/a/coverage.xml",
        ".venv/lib/junit.xml",
        "web/node_modules/x/lcov.info",
        ".git/coverage.xml",
        "pom.xml",
        "src/config.json",
    ],
)
def test_dependencies_and_ordinary_files_are_not(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
    assert names(tmp_path) == []


def test_tracked_files_are_fixtures(tmp_path: Path) -> None:
    write(tmp_path, "junit.xml", "tests/data/coverage.xml")
    assert names(tmp_path, ("tests/data/coverage.xml",)) == ["junit.xml"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "real/junit.xml")
    (tmp_path / "reports").symlink_to(tmp_path / "real")
    assert names(tmp_path) == ["real/junit.xml"]


def test_content_decides_what_a_file_is(tmp_path: Path) -> None:
    write(tmp_path, "coverage.xml")
    found = look_at(tmp_path, Candidate("coverage.xml", Kind.COVERAGE))
    assert isinstance(found, RecognisedReport)
    assert found.reader.kind is Kind.TESTS


@pytest.mark.parametrize(
    ("name", "kind", "text", "reason"),
    [
        ("junit.xml", Kind.TESTS, "", "is empty"),
        ("junit.xml", Kind.TESTS, "\0\1binary", "is not XML"),
        ("ruff.json", Kind.FINDINGS, "oops", "is not JSON"),
        ("x.sarif", Kind.FINDINGS, "oops", "is not JSON"),
    ],
)
def test_a_telling_name_without_a_report_is_unreadable(
    tmp_path: Path, name: str, kind: Kind, text: str, reason: str
) -> None:
    write(tmp_path, name, text=text)
    assert look_at(tmp_path, Candidate(name, kind)) == UnreadableReport(name, kind, reason)


def test_a_well_formed_unknown_file_is_skipped(tmp_path: Path) -> None:
    write(tmp_path, "coverage.xml", text="<report name='x'/>")
    sighting = look_at(tmp_path, Candidate("coverage.xml", Kind.COVERAGE))
    assert sighting == SkippedFile("coverage.xml", "not in a supported format")


def test_an_unknown_file_in_an_output_folder_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, "build/stats.json", text="{}")
    assert look_at(tmp_path, Candidate("build/stats.json", None)) is None


@given(
    st.binary(max_size=300),
    st.sampled_from(["coverage.xml", "coverage.json", ".coverage", "x.sarif", "a.xml"]),
)
def test_any_bytes_are_something(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / name).write_bytes(data)
    for candidate in search(root, ()).candidates:
        look_at(root, candidate)


@pytest.mark.parametrize("name", ["e0001.xml", "x0001.json"])
def test_what_a_shard_took_into_a_bundle_is_no_report_of_this_run(tmp_path: Path, name: str) -> None:
    write(tmp_path, f"out/py3.12/{name}", "out/py3.12/bundle.json")
    sighting = look_at(tmp_path, Candidate(f"out/py3.12/{name}", None))
    assert sighting == SkippedFile(f"out/py3.12/{name}", "is a bundle's copy of a report")


@pytest.mark.parametrize(("name", "beside"), [("e0001.xml", "other.json"), ("junit.xml", "bundle.json")])
def test_a_name_or_place_alone_does_not_exclude_a_report(tmp_path: Path, name: str, beside: str) -> None:
    write(tmp_path, f"out/{name}", f"out/{beside}")
    assert isinstance(look_at(tmp_path, Candidate(f"out/{name}", None)), RecognisedReport)
