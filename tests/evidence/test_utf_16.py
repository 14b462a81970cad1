"""Text in UTF-16 with a mark, in which PowerShell 5 redirects what a tool prints, is read like UTF-8."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence import limits
from sluicegate.evidence.limits import head_bytes, read_bytes, text_chunks
from sluicegate.evidence.reader import sniff

REPORTS = {
    "coverage.json": '{"meta": {"format": 3, "version": "7.10", "branch_coverage": false}, "files": '
    '{"a.py": {"executed_lines": [1], "missing_lines": [], "excluded_lines": []}}, "totals": {}}',
    "lcov.info": "TN:\r\nSF:a.c\r\nDA:1,1\r\nend_of_record\r\n",
    "a.sarif": '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": []}]}',
    "bench.txt": "goos: linux\r\npkg: p\r\nBenchmarkA-8\t100\t12 ns/op\r\nPASS\r\n",
    "hyperfine.json": '{"results": [{"command": "x", "mean": 1.0, "times": [1.0]}]}',
}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_report_is_read_like_one_in_utf_8(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    path.write_bytes(("\ufeff" + REPORTS[name]).encode(encoding))
    reader = sniff(path)
    assert reader is not None
    read = reader.read(path, name)
    path.write_text(REPORTS[name], encoding="utf-8")
    plain = reader.read(path, name)
    assert str(read).replace(read.source.sha256, "") == str(plain).replace(plain.source.sha256, "")


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    path, data = tmp_path / "a.json", "{}".encode("utf-16")
    path.write_bytes(data)
    assert read_bytes(path, "a.json", limit=100) == (b"{}", hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("data", [b"\xff\xfea", b"\xfe\xff\xd8\x00\x00a"])
def test_half_a_character_is_damage(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "lcov.info"
    path.write_bytes(data)
    with pytest.raises(EvidenceError, match="starts as UTF-16 text and is not valid UTF-16"):
        list(text_chunks(path, "lcov.info", hashlib.sha256()))


def test_the_head_of_xml_stays_as_it_is(tmp_path: Path) -> None:
    path, data = tmp_path / "a.xml", "<a/>".encode("utf-16")
    path.write_bytes(data)
    assert head_bytes(path, 100) == data


@given(
    text=st.text(alphabet="aé€\U0001f600\n", min_size=1),
    chunk=st.integers(2, 9),
    encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
)
def test_chunks_of_any_size_join_to_the_text(
    tmp_path_factory: pytest.TempPathFactory, text: str, chunk: int, encoding: str
) -> None:
    path = tmp_path_factory.mktemp("chunks") / "lcov.info"
    path.write_bytes(("\ufeff" + text).encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "CHUNK", chunk if encoding != "utf-8" else chunk + 1)
        assert b"".join(text_chunks(path, "", hashlib.sha256())) == text.encode()
