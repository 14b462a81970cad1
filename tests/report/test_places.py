"""Addresses of files and lines."""

from __future__ import annotations

import pytest

from sluicegate.report.places import Blobs, linked

TREE = "https://github.com/acme/shop/blob/4f1c2d9"
blobs = Blobs(TREE)


@pytest.mark.parametrize(
    ("place", "address"),
    [
        (("src/a.py", 0, 0), "/src/a.py"),
        (("src/a.py", 3, 0), "/src/a.py#L3"),
        (("src/a.py", 3, 3), "/src/a.py#L3"),
        (("src/a.py", 3, 9), "/src/a.py#L3-L9"),
        (("a b/#x?.py", 1, 1), "/a%20b/%23x%3F.py#L1"),
        (("é\udcff.py", 0, 0), "/%C3%A9%FF.py"),
    ],
)
def test_a_file_has_an_address(place: tuple[str, int, int], address: str) -> None:
    assert blobs(*place) == TREE + address


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "C:\\x",
        "../x",
        "a/../../x",
        "./x",
        "https://evil.example",
        "javascript://x",
        "a\nb",
        "\ud800",
    ],
)
def test_what_is_no_file_of_the_repository_has_none(path: str) -> None:
    assert blobs(path, 1, 1) == ""


def test_a_folder_stands_before_the_path_and_lines_are_those_of_the_commit() -> None:
    there = Blobs(TREE, "api/", lambda path, line: line - 1 if path == "api/a.py" else None)
    assert there("a.py", 3, 5) == f"{TREE}/api/a.py#L2-L4"
    assert there("b.py", 3, 5) == f"{TREE}/api/b.py", "the commit lacks the line"


def test_places_and_their_lines_in_a_table() -> None:
    found = linked(("a.py", "12.3%", "3, 7-9 and 2 more"), ("file", "line", "where"), blobs)
    assert found == {
        0: (("a.py", f"{TREE}/a.py"),),
        2: (("3", f"{TREE}/a.py#L3"), (", ", ""), ("7-9", f"{TREE}/a.py#L7-L9"), (" and 2 more", "")),
    }


def test_a_place_with_its_line() -> None:
    assert linked(("a.py:61", "f"), ("where", "function"), blobs) == {0: (("a.py:61", f"{TREE}/a.py#L61"),)}


@pytest.mark.parametrize("column", ["result file", "case", "rule"])
def test_other_columns_are_left_alone(column: str) -> None:
    assert linked(("a.py",), (column,), blobs) == {}


def test_the_pieces_make_up_the_cell() -> None:
    text = "1, 2-3, 44-55 and 1,234 more"
    pieces = linked(("a.py", text), ("file", "not covered"), blobs)[1]
    assert "".join(piece for piece, _ in pieces) == text
