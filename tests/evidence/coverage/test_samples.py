"""Real coverage files of public projects: what is read is what the files say of themselves."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from sluicegate.evidence.coverage.summary import CoverageCounts, count_files, count_record
from sluicegate.evidence.reader import sniff
from sluicegate.evidence.records import CoverageRecord, Kind
from support.coverage_reports import sample


def read_sample(path: Path) -> CoverageRecord:
    reader = sniff(path, Kind.COVERAGE)
    assert reader is not None
    record = reader.read(path, path.name)
    assert isinstance(record, CoverageRecord)
    return record


def stated(path: Path, what: str) -> tuple[int, int]:
    root = ET.parse(path).getroot()
    return int(root.attrib[f"{what}-covered"]), int(root.attrib[f"{what}-valid"])


def test_istanbul_lines_and_branches_are_those_of_its_head() -> None:
    path = sample("coverage/cobertura-istanbul.xml")
    record = read_sample(path)
    assert count_record(record) == CoverageCounts(stated(path, "lines"), stated(path, "branches"))
    assert record.has_branches
    assert record.roots == ("C:\\temp",)


def test_fastapi_keeps_the_sums_of_its_head() -> None:
    path = sample("coverage/cobertura-fastapi.xml")
    record = read_sample(path)
    assert record.stated.lines == stated(path, "lines")
    assert not record.has_branches


def test_fastapi_lists_fewer_lines_than_its_head_states_with_a_note() -> None:
    path = sample("coverage/cobertura-fastapi.xml")
    record = read_sample(path)
    lines = list(ET.parse(path).iter("line"))
    covered = sum(line.get("hits") != "0" for line in lines)
    assert count_files(record.files.values()).lines == (covered, len(lines))
    assert record.source.note == "states 7,809 of 7,815 lines and lists 7,706 of 7,712"


def test_octocov_lines_are_those_that_it_lists() -> None:
    path = sample("coverage/lcov-octocov.info")
    entries = [line for line in path.read_text().splitlines() if line.startswith("DA:")]
    covered = sum(not entry.endswith(",0") for entry in entries)
    record = read_sample(path)
    assert count_record(record) == CoverageCounts(lines=(covered, len(entries)))
    assert len(record.files) == 21


def test_formats_that_are_not_read_here_are_not_mistaken() -> None:
    for name in ("jacoco-octocov.xml", "clover-octocov.xml", "gocover-octocov.out"):
        assert sniff(sample(f"coverage/{name}"), Kind.COVERAGE) is None
