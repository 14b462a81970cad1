"""Reports that are left over from an earlier run."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sluicegate.collect.freshness import freshness, of_another_commit
from sluicegate.core.change import NoChange
from sluicegate.core.model import Notice, Source
from sluicegate.evidence.records import BenchmarksRecord
from support.evidence import change, coverage, results

NOW = 1_700_000_000


def touch(root: Path, **ages: int) -> None:
    """Files by name (`__` for a dot) that are so many seconds old."""
    for name, age in ages.items():
        path = root / name.replace("__", ".")
        path.write_text("x")
        os.utime(path, (NOW - age, NOW - age))


def codes(root: Path, **given: Any) -> list[str]:
    return [n.code for n in notices(root, **given)]


def notices(root: Path, **given: Any) -> tuple[Notice, ...]:
    parts: dict[str, Any] = {"coverage": (), "tests": (), "change": NoChange("none")} | given
    return freshness(root, parts["coverage"], parts["tests"], parts["change"], lambda path: "test" in path)


def test_a_report_that_is_older_than_a_changed_file_is_stale(tmp_path: Path) -> None:
    touch(tmp_path, a__py=10, coverage__xml=60)
    report = coverage("a.py: 1+")
    assert codes(tmp_path, coverage=(report,), change=change("a.py: 1")) == ["stale-report"]


def test_a_report_that_is_newer_is_not(tmp_path: Path) -> None:
    touch(tmp_path, a__py=60, coverage__xml=10)
    assert codes(tmp_path, coverage=(coverage("a.py: 1+"),), change=change("a.py: 1")) == []


def test_a_changed_file_that_the_report_does_not_cover_says_nothing(tmp_path: Path) -> None:
    touch(tmp_path, b__py=10, coverage__xml=60)
    assert codes(tmp_path, coverage=(coverage("a.py: 1+"),), change=change("b.py: 1")) == []


def test_results_that_are_older_than_a_changed_test_are_stale(tmp_path: Path) -> None:
    touch(tmp_path, test_a__py=10, test_b__py=90, a__py=10, junit__xml=60)
    (notice,) = notices(
        tmp_path,
        tests=(results("++", "junit.xml"),),
        change=change("test_a.py: 1\ntest_b.py: 1\na.py: 1\ngone_test.py: 1"),
    )
    assert (notice.code, notice.message) == (
        "stale-report",
        "junit.xml is older than 1 changed test file: test_a.py; run the tests again",
    )


def test_data_beside_the_tests_makes_no_results_stale(tmp_path: Path) -> None:
    touch(tmp_path, test_a__json=10, junit__xml=60)
    assert codes(tmp_path, tests=(results("++", "junit.xml"),), change=change("test_a.json: 1")) == []


@pytest.mark.parametrize(
    ("suite", "stale"),
    [
        ("test_a", "old.xml"),
        ("test_a.TestCart", "old.xml"),
        ("test_a.py", "old.xml"),
        ("test_ab", ""),
        ("other", ""),
    ],
)
def test_results_of_the_test_s_own_file_decide(tmp_path: Path, suite: str, stale: str) -> None:
    touch(tmp_path, test_a__py=60, old__xml=90, new__xml=10)
    old = replace(results("++", "old.xml"), names=frozenset({f"{suite}::x"}))
    found = notices(tmp_path, tests=(old, results("+", "new.xml")), change=change("test_a.py: 1"))
    assert [n.message.split()[0] for n in found] == [stale] * bool(stale)


def test_the_same_cases_in_an_old_and_a_new_file_are_there_twice(tmp_path: Path) -> None:
    touch(tmp_path, old__xml=200_000, new__xml=10)
    files = tuple(replace(results("++", f"{n}.xml"), cases_key=7) for n in ("new", "old"))
    (notice,) = notices(tmp_path, tests=files)
    assert notice.message.startswith("old.xml is 2 days older than new.xml and has the same 2 cases")


def test_the_same_cases_of_a_matrix_are_not(tmp_path: Path) -> None:
    touch(tmp_path, a__xml=30, b__xml=10)
    assert codes(tmp_path, tests=tuple(replace(results("++", f"{n}.xml"), cases_key=7) for n in "ab")) == []


def test_other_cases_are_other_results(tmp_path: Path) -> None:
    touch(tmp_path, a__xml=200_000, b__xml=10)
    files = (replace(results("++", "a.xml"), cases_key=7), replace(results("++", "b.xml"), cases_key=8))
    assert codes(tmp_path, tests=files) == []


def test_thousands_of_files_are_compared_at_once(tmp_path: Path) -> None:
    files = tuple(replace(results("+", f"{n}.xml"), cases_key=7) for n in range(10_000))
    assert notices(tmp_path, tests=files) == ()


@pytest.mark.parametrize(("measured", "count"), [("a" * 40, 0), ("b" * 40, 1), ("", 0)])
def test_benchmarks_of_another_commit_have_a_notice(measured: str, count: int) -> None:
    record = BenchmarksRecord(Source("reports/benchmarks.json", "x"), {}, commit=measured)
    found = list(of_another_commit((record,), "a" * 40))
    assert len(found) == count
    assert all("was measured at bbbbbbbbbb, and aaaaaaaaaa is checked out" in n.message for n in found)


def test_without_a_repository_nothing_is_another_commit() -> None:
    record = BenchmarksRecord(Source("b.json", "x"), {}, commit="a" * 40)
    assert list(of_another_commit((record,), "")) == []
