"""Formats that are known and not read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.evidence.reader import HEAD_BYTES, readers
from sluicegate.evidence.unread import formats, recognise
from support.unread_files import FILES

CASES = [
    pytest.param(name, text, id=f"{name} {i}")
    for name, texts in FILES.items()
    for i, text in enumerate(texts)
]


def named(head: bytes) -> str:
    known = recognise(head)
    return known[1].name if known else ""


@pytest.mark.parametrize(("name", "text"), CASES)
def test_each_is_recognised_by_its_beginning(name: str, text: str) -> None:
    assert named(text.encode()) == name


@pytest.mark.parametrize(("name", "text"), CASES)
def test_none_is_taken_by_a_reader(name: str, text: str) -> None:
    assert [r.format for r in readers() if r.matches("report.dat", text.encode())] == []


def test_each_has_a_file_here() -> None:
    assert sorted(f.name for _, f in formats()) == sorted(FILES)


def test_each_has_a_remedy_and_a_source() -> None:
    assert [f.name for _, f in formats() if not f.remedy.endswith((".", "?"))] == []
    assert [
        f.name for _, f in formats() if not re.fullmatch(r"https://\S+(?:, https://\S+)*", f.source)
    ] == []


@pytest.mark.parametrize("mark", ["\ufeff", "\n \r\n", "\ufeff\n"])
def test_text_before_it_does_not_matter(mark: str) -> None:
    assert named((mark + FILES["Checkstyle XML"][0]).encode()) == "Checkstyle XML"


def test_utf_16_is_recognised_as_well() -> None:
    assert named(FILES["XML of NUnit"][0].encode("utf-16")) == "XML of NUnit"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "<report name='x'/>",
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion/>',
        "<results><result/></results>",
        "<html><body>",
        '{"name": "x", "version": "1.0.0", "dependencies": {}}',
        '{"errors": []}',
        '{"results": []}',
        '[{"name": "x"}]',
        "ok\n",
        "a.c:1:2: warning: unused variable\n",
        "[INFO] Scanning for projects...\n",
        '{"version": 3, "file": "a.js", "sources": ["a.ts"], "mappings": ""}',
    ],
)
def test_an_unknown_format_stays_unknown(text: str) -> None:
    assert named(text.encode()) == ""


@given(st.binary(max_size=400))
def test_any_bytes_are_a_format_or_none(head: bytes) -> None:
    recognise(head)


@pytest.mark.parametrize(
    "part", ["<", "<!--", "<?x", "{", '{"', '[{"', '"a":', "1..1\n#\n", "a", " ", "<!DOCTYPE ["]
)
def test_no_beginning_takes_long(part: str) -> None:
    head = (part * HEAD_BYTES).encode()[:HEAD_BYTES]
    assert named(head) == ""
