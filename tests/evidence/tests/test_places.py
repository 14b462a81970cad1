"""Where a failing case stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import CaseOutcome, TestCase
from sluicegate.evidence.tests.places import place

INDEX = PathIndex(["tests/test_cart.py", "tests/unit/test_cart.py", "src/cart.py", "web/cart.test.js"])


def placed(suite: str = "", path: str = "", line: int = 0, details: str = "") -> tuple[str, int]:
    case = place(TestCase(suite, "adds", CaseOutcome.FAILED, path=path, line=line, details=details), INDEX)
    return case.path, case.line


@pytest.mark.parametrize(
    ("suite", "path"),
    [
        ("tests.test_cart", "tests/test_cart.py"),
        ("tests.unit.test_cart.TestCart", "tests/unit/test_cart.py"),
        ("com.example.Cart", ""),
        ("test_cart", ""),
        ("Cart renders", ""),
        ("web/cart.test.js", "web/cart.test.js"),  # Vitest
        ("cart.test.js", "web/cart.test.js"),
        ("web/gone.test.js", ""),
    ],
)
def test_a_class_name_is_a_file_or_spells_a_python_module(suite: str, path: str) -> None:
    assert placed(suite)[0] == path


def test_the_file_that_the_result_names_comes_first() -> None:
    assert placed("tests.test_cart", "web/cart.test.js", 4) == ("web/cart.test.js", 4)


def test_a_path_of_another_machine_is_resolved() -> None:
    assert placed(path="/home/runner/work/x/x/web/cart.test.js", line=4) == ("web/cart.test.js", 4)


def test_a_file_that_is_not_here_gives_no_place() -> None:
    assert placed(path="elsewhere/x.py", line=4) == ("", 0)


def test_the_line_is_the_last_of_the_test_file_in_the_trace() -> None:
    trace = "tests/test_cart.py:3: \nsrc/cart.py:9: in add\ntests/test_cart.py:7: AssertionError"
    assert placed("tests.test_cart", details=trace) == ("tests/test_cart.py", 7)


@pytest.mark.parametrize(
    "trace",
    [
        " \u276f web/cart.test.js:3:42",
        " \u276f Object.add src/x.js:9:1\n \u276f check web/cart.test.js:3:42",
        "    at Object.toBe (web/cart.test.js:3:42)\n    at new Promise (<anonymous>)",
        "    at async web/cart.test.js:3:42",
        "    at web/cart.test.js:3:42",
    ],
)
def test_the_line_is_in_the_frames_of_javascript(trace: str) -> None:
    assert placed("web/cart.test.js", details=f"Error: x\n\n{trace}\n") == ("web/cart.test.js", 3)


@given(st.text(), st.text(), st.text())
def test_any_text_gives_a_file_of_the_repository_or_none(suite: str, path: str, details: str) -> None:
    found, _ = placed(suite, path, 1, details)
    assert not found or found in INDEX
