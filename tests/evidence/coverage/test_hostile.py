"""Any bytes give a record or an `EvidenceError`, whatever the format."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.coverage import cobertura, coveragepy_json, lcov
from sluicegate.evidence.reader import Reader, readers
from sluicegate.evidence.records import CoverageRecord, Kind
from support.coverage_reports import cobertura as cobertura_text
from support.coverage_reports import coverage_json, files_of, unnamed
from support.coverage_reports import lcov as lcov_text
from support.examples import at_most
from support.gen_coverage import write_data

READERS = tuple(reader for reader in readers() if reader.kind is Kind.COVERAGE)
BY_FORMAT = {reader.format: reader for reader in READERS}
REPORT = {"a.py": "1+ 2- 3+1/2", "pkg/b.py": "10-0/2 4000+"}

lines = st.dictionaries(
    st.integers(1, 3000),
    st.tuples(st.sampled_from("+-"), st.none() | st.tuples(st.integers(0, 3), st.integers(1, 3))),
    max_size=20,
)
telling = st.sampled_from([b"-", b"9" * 8, b"<", b"\n", b"0"])
names = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)


def as_text(file: dict[int, tuple[str, tuple[int, int] | None]]) -> str:
    """A file in the mini-language."""
    words = []
    for number, (mark, branches) in sorted(file.items()):
        counts = f"{min(branches)}/{branches[1]}" if branches else ""
        words.append(f"{number}{mark}{counts}")
    return " ".join(words)


def read_bytes(reader: Reader, content: bytes) -> CoverageRecord | EvidenceError:
    """What the reader makes of the bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report")
        path.write_bytes(content)
        try:
            record = reader.read(path, "shown")
        except EvidenceError as error:
            return error
    assert isinstance(record, CoverageRecord)
    return record


def check(outcome: CoverageRecord | EvidenceError) -> None:
    """What holds for every record, and for every error."""
    if isinstance(outcome, EvidenceError):
        assert outcome.where == "shown"
        assert outcome.what
        return
    for path, file in outcome.files.items():
        assert file.path == path
        assert file.covered & ~file.executable == 0
        assert file.executable & 1 == 0
        assert all(0 <= taken <= possible for taken, possible in file.branches.values())


def valid(kind: str) -> bytes:
    """A valid file of a format."""
    if kind == "coveragepy-data":
        with tempfile.TemporaryDirectory() as folder:
            write_data(Path(folder, "data"), files=2, lines=30)
            return Path(folder, "data").read_bytes()
    if kind == "coveragepy-json":
        return coverage_json(REPORT).encode()
    return (cobertura_text(REPORT) if kind == "cobertura" else lcov_text(REPORT)).encode()


@pytest.mark.parametrize("kind", BY_FORMAT)
@given(content=st.binary(max_size=300))
def test_any_bytes(kind: str, content: bytes) -> None:
    BY_FORMAT[kind].matches("coverage.xml", content)
    check(read_bytes(BY_FORMAT[kind], content))


@pytest.mark.parametrize("kind", BY_FORMAT)
@settings(max_examples=at_most(60), deadline=None)
@given(draw=st.data())
def test_mutations_of_a_valid_file(kind: str, draw: st.DataObject) -> None:
    content = bytearray(valid(kind))
    for _ in range(draw.draw(st.integers(1, 4))):
        start = draw.draw(st.integers(0, len(content)))
        stop = start + draw.draw(st.integers(0, 6))
        content[start:stop] = draw.draw(
            st.binary(max_size=6) | st.sampled_from([b"-", b"9" * 8, b"<", b"\n"])
        )
    check(read_bytes(BY_FORMAT[kind], bytes(content)))


@pytest.mark.parametrize("kind", BY_FORMAT)
@given(cut=st.floats(0.02, 0.98))
@settings(max_examples=at_most(30), deadline=None)
def test_a_file_cut_short_is_never_half_a_record(kind: str, cut: float) -> None:
    content = valid(kind)
    outcome = read_bytes(BY_FORMAT[kind], content[: int(len(content) * cut)])
    if isinstance(outcome, CoverageRecord):
        assert kind == "lcov"  # cut between two records, a tracefile is a shorter tracefile
        assert outcome.files.keys() == {"a.py"}


@given(report=st.dictionaries(names, lines.map(as_text), min_size=1, max_size=5))
def test_every_format_gives_what_was_written(report: dict[str, str]) -> None:
    written = {
        coveragepy_json.READER: coverage_json(report),
        cobertura.READER: cobertura_text(report),
        lcov.READER: lcov_text(report),
    }
    for reader, text in written.items():
        record = read_bytes(reader, text.encode())
        assert isinstance(record, CoverageRecord)
        assert unnamed(record.files) == files_of(report)


@pytest.mark.parametrize("kind", BY_FORMAT)
def test_a_file_of_three_gigabytes_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "report"
    with path.open("wb") as stream:
        stream.truncate(3 * 1024**3)
    with pytest.raises(EvidenceError, match="above the limit") as caught:
        BY_FORMAT[kind].read(path, "shown")
    assert caught.value.remedy


@pytest.mark.parametrize("kind", BY_FORMAT)
@pytest.mark.parametrize("what", ["empty", "folder", "nothing"])
def test_what_is_no_file_with_content_is_refused(kind: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "report"
    if what == "empty":
        path.touch()
    elif what == "folder":
        path.mkdir()
    with pytest.raises(EvidenceError):
        BY_FORMAT[kind].read(path, "shown")
