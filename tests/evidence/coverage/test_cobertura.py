"""Cobertura XML: what is read, what is united, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.coverage.cobertura import matches, read
from sluicegate.evidence.coverage.summary import CoverageCounts, count_record
from sluicegate.evidence.records import CoverageRecord, StatedTotals
from support.coverage_reports import cobertura, cobertura_lines, file_coverage, files_of


def read_text(tmp_path: Path, text: str) -> CoverageRecord:
    path = tmp_path / "coverage.xml"
    path.write_text(text, encoding="utf-8")
    return read(path, "coverage.xml")


def classes(*bodies: str) -> str:
    inner = f"<classes>{''.join(bodies)}</classes>"
    return f"<coverage line-rate='0'><packages><package>{inner}</package></packages></coverage>"


def one_class(path: str, lines: str, methods: str = "") -> str:
    method = f"<methods><method name='m'>{cobertura_lines(methods)}</method></methods>" if methods else ""
    return f"<class filename='{path}'>{method}{cobertura_lines(lines)}</class>"


def test_lines_and_branches_are_read(tmp_path: Path) -> None:
    report = {"a.py": "1+ 2- 3+1/2", "pkg/b.py": "10-0/2 4000000+"}
    assert read_text(tmp_path, cobertura(report)).files == files_of(report)


def test_the_source_roots_are_kept_in_order(tmp_path: Path) -> None:
    record = read_text(tmp_path, cobertura({"a.py": "1+"}, sources=("/b/src", "C:\\a", " ")))
    assert record.roots == ("/b/src", "C:\\a")


def test_the_source_names_tool_version_and_digest(tmp_path: Path) -> None:
    text = cobertura({"a.py": "1+"}, attributes='version="7.1"').replace(
        "<sources>", "<!-- coverage.py --><sources>"
    )
    source = read_text(tmp_path, text).source
    assert (source.path, source.tool, source.version, len(source.sha256)) == (
        "coverage.xml",
        "coverage.py",
        "7.1",
        64,
    )


def test_classes_of_one_file_are_united(tmp_path: Path) -> None:
    text = classes(one_class("a.py", "1+ 2- 3+1/2"), one_class("a.py", "2+ 3+2/2 9-"))
    assert read_text(tmp_path, text).files == {"a.py": file_coverage("a.py", "1+ 2+ 3+2/2 9-")}


def test_a_line_of_class_and_method_counts_once(tmp_path: Path) -> None:
    text = classes(one_class("a.py", "1+ 2-", methods="2-"))
    assert read_text(tmp_path, text).files == {"a.py": file_coverage("a.py", "1+ 2-")}


def test_lines_that_only_methods_list_do_not_count_beside_the_class_list(tmp_path: Path) -> None:
    two = (
        f"<methods><method>{cobertura_lines('7+')}</method><method>{cobertura_lines('8+')}</method></methods>"
    )
    text = classes(f"<class filename='a.py'>{two}{cobertura_lines('1+')}</class>")
    assert read_text(tmp_path, text).files == {"a.py": file_coverage("a.py", "1+")}


def test_methods_stand_in_for_a_class_without_lines(tmp_path: Path) -> None:
    text = classes(
        f"<class filename='a.py'><methods><method>{cobertura_lines('7+ 8-')}</method></methods></class>"
    )
    assert read_text(tmp_path, text).files == {"a.py": file_coverage("a.py", "7+ 8-")}


def test_the_order_of_attributes_does_not_matter(tmp_path: Path) -> None:
    line = "<line hits='3' condition-coverage='50% (1/2)' branch='True' number='4'/>"
    text = classes(f"<class filename='a.py'><lines>{line}</lines></class>")
    assert read_text(tmp_path, text).files == {"a.py": file_coverage("a.py", "4+1/2")}


@pytest.mark.parametrize(
    ("missing", "names"), [("9", ("9",)), ("exit", ("exit",)), ("9,exit", None), ("", None)]
)
def test_coverage_py_names_the_branches_not_taken(
    tmp_path: Path, missing: str, names: tuple[str, ...] | None
) -> None:
    line = (
        "<line number='4' hits='1' branch='true' condition-coverage='50% (1/2)'"
        f" missing-branches='{missing}'/>"
    )
    text = classes(f"<class filename='a.py'><lines>{line}</lines></class>")
    expected = {4: {"2 by target": names}} if names else {}
    assert read_text(tmp_path, text).files["a.py"].untaken == expected


def test_conditions_below_a_line_are_passed_over(tmp_path: Path) -> None:
    line = (
        "<line number='4' hits='1' branch='true' condition-coverage='50% (1/2)'><conditions>"
        "<condition number='0' type='jump' coverage='50%'/></conditions></line><line number='5' hits='0'/>"
    )
    text = classes(f"<class filename='a.py'><lines>{line}</lines></class>")
    assert read_text(tmp_path, text).files == {"a.py": file_coverage("a.py", "4+1/2 5-")}


def test_a_doctype_is_normal(tmp_path: Path) -> None:
    doctype = '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'
    text = cobertura({"a.py": "1+"}).replace("<coverage", f"{doctype}<coverage", 1)
    assert read_text(tmp_path, text).files.keys() == {"a.py"}


@pytest.mark.parametrize(
    ("report", "attributes", "expected"),
    [
        ("1+", "", False),
        ("1+", 'branches-valid="0" branches-covered="0"', False),
        ("1+", 'branches-valid="4" branches-covered="2"', True),
        ("1+1/2", "", True),
    ],
)
def test_the_file_says_whether_branches_were_measured(
    tmp_path: Path, report: str, attributes: str, expected: bool
) -> None:
    assert read_text(tmp_path, cobertura({"a.py": report}, attributes=attributes)).has_branches is expected


def test_branches_stated_in_sum_alone_count_in_the_whole(tmp_path: Path) -> None:
    stated = 'lines-valid="2" lines-covered="1" branches-valid="4" branches-covered="3"'
    record = read_text(tmp_path, cobertura({"a.py": "1+ 2-"}, attributes=stated))
    assert count_record(record) == CoverageCounts(lines=(1, 2), branches=(3, 4))


def test_a_sum_that_differs_from_the_listed_cases_is_reported(tmp_path: Path) -> None:
    record = read_text(tmp_path, cobertura({"a.py": "1+ 2-"}, attributes='lines-valid="9" lines-covered="8"'))
    assert record.stated == StatedTotals(lines=(8, 9))
    assert record.source.note == "states 8 of 9 lines and lists 1 of 2"


def test_line_zero_is_left_out_with_a_note(tmp_path: Path) -> None:
    record = read_text(tmp_path, cobertura({"a.py": "0+1/2 1+"}))
    assert record.files == {"a.py": file_coverage("a.py", "1+")}
    assert record.source.note == "left out a line 0 in 1 places"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("number='-3' hits='1'", "'-3' where a line number belongs"),
        ("number='4000001' hits='1'", "names line 4000001, outside 0 to 4,000,000"),
        ("number='1e3' hits='1'", "'1e3' where a line number belongs"),
        ("number='²' hits='1'", "where a line number belongs"),
        ("number='1' hits='-1'", "'-1' where a count belongs"),
        ("number='1' hits='many'", "'many' where a count belongs"),
        (f"number='1' hits='{'9' * 40}'", "where a count belongs"),
        ("hits='1'", "holds a line without a number"),
        (
            "number='1' hits='1' branch='true' condition-coverage='150% (3/2)'",
            "condition coverage '150% (3/2)'",
        ),
        ("number='1' hits='1' branch='true' condition-coverage='50%'", "without (taken/possible)"),
    ],
)
def test_impossible_numbers_are_refused(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        read_text(tmp_path, classes(f"<class filename='a.py'><lines><line {line}/></lines></class>"))
    assert what in caught.value.what
    assert caught.value.where == "coverage.xml"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<report/>", "the root 'report'"),
        (classes("<class name='x'/>"), "a class without a file name"),
        (cobertura({"a.py": "1+"})[:-30], "not well-formed XML"),
        ('<!DOCTYPE coverage [<!ENTITY a "b">]><coverage>&a;</coverage>', "declares the XML entity 'a'"),
    ],
)
def test_what_is_no_whole_report_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(EvidenceError, match=what):
        read_text(tmp_path, text)


@pytest.mark.parametrize(
    "encoding", ["foo", "utf-7", "shift_jis", "rot13", "idna", "unicode_escape", "cp932"]
)
def test_an_encoding_that_cannot_be_read_is_refused(tmp_path: Path, encoding: str) -> None:
    text = cobertura({"a.py": "1+"}).replace('version="1.0"', f'version="1.0" encoding="{encoding}"', 1)
    with pytest.raises(EvidenceError, match=f"the encoding '{encoding}', which cannot be read") as caught:
        read_text(tmp_path, text)
    assert caught.value.remedy == "Write it in UTF-8."


@pytest.mark.parametrize("encoding", ["UTF-8", "utf-16", "iso-8859-1", "windows-1252", "ISO-8859-15"])
def test_common_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    text = cobertura({"ü.py": "1+"}).replace('version="1.0"', f'version="1.0" encoding="{encoding}"', 1)
    path = tmp_path / "coverage.xml"
    path.write_bytes(text.encode(encoding))
    assert read(path, "coverage.xml").files == {"ü.py": file_coverage("ü.py", "1+")}


def test_depth_is_limited(tmp_path: Path) -> None:
    text = "<coverage>" + "<line number='1' hits='1'>" * 60_000 + "</line>" * 60_000 + "</coverage>"
    with pytest.raises(EvidenceError, match="deeper than 100"):
        read_text(tmp_path, text)


def test_a_source_root_of_many_megabytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="source root of more than"):
        read_text(tmp_path, cobertura({}, sources=("x" * 3_000_000,)))


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("any.txt", b'<?xml version="1.0"?>\n<coverage line-rate="1">', True),
        ("any.txt", b"\xef\xbb\xbf<coverage><sources/><packages>", True),
        ("any.txt", '<coverage line-rate="1">'.encode("utf-16"), True),
        ("coverage.xml", b'<coverage generated="1" clover="4.4"><project>', False),
        ("coverage.xml", b'<!DOCTYPE report><report name="jacoco">', False),
        ("coverage.xml", b"\x7fELF\x00\x01", True),
        ("coverage.xml", b"", True),
        ("notes.txt", b"\x7fELF\x00\x01", False),
    ],
)
def test_it_is_recognised_by_content_first(name: str, head: bytes, expected: bool) -> None:
    assert matches(name, head) is expected
