"""Reports that are left over from an earlier run."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sluicegate.collect.freshness import freshness, of_another_commit
from sluicegate.core.change import NoChange
from sluicegate.core.model import Source
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
    parts: dict[str, Any] = {"coverage": (), "tests": (), "change": NoChange("none")} | given
    return [n.code for n in freshness(root, parts["coverage"], parts["tests"], parts["change"])]


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


def test_the_same_cases_in_an_old_and_a_new_file_are_there_twice(tmp_path: Path) -> None:
    touch(tmp_path, old__xml=200_000, new__xml=10)
    files = tuple(replace(results("++", f"{n}.xml"), cases_key=7) for n in ("new", "old"))
    notices = freshness(tmp_path, (), files, NoChange("none"))
    assert len(notices) == 1
    assert notices[0].message.startswith("old.xml is 2 days older than new.xml and has the same 2 cases")


def test_the_same_cases_of_a_matrix_are_not(tmp_path: Path) -> None:
    touch(tmp_path, a__xml=30, b__xml=10)
    assert codes(tmp_path, tests=tuple(replace(results("++", f"{n}.xml"), cases_key=7) for n in "ab")) == []


def test_other_cases_are_other_results(tmp_path: Path) -> None:
    touch(tmp_path, a__xml=200_000, b__xml=10)
    files = (replace(results("++", "a.xml"), cases_key=7), replace(results("++", "b.xml"), cases_key=8))
    assert codes(tmp_path, tests=files) == []


def test_thousands_of_files_are_compared_at_once(tmp_path: Path) -> None:
    files = tuple(replace(results("+", f"{n}.xml"), cases_key=7) for n in range(10_000))
    assert freshness(tmp_path, (), files, NoChange("none")) == ()


@pytest.mark.parametrize(("measured", "count"), [("a" * 40, 0), ("b" * 40, 1), ("", 0)])
def test_benchmarks_of_another_commit_have_a_notice(measured: str, count: int) -> None:
    record = BenchmarksRecord(Source("reports/benchmarks.json", "x"), {}, commit=measured)
    notices = list(of_another_commit((record,), "a" * 40))
    assert len(notices) == count
    assert all("was measured at bbbbbbbbbb, and aaaaaaaaaa is checked out" in n.message for n in notices)


def test_without_a_repository_nothing_is_another_commit() -> None:
    record = BenchmarksRecord(Source("b.json", "x"), {}, commit="a" * 40)
    assert list(of_another_commit((record,), "")) == []
