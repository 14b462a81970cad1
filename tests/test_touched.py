"""Which tests `make quick` runs for a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.repo import repository
from support.touched import ROOT, TESTED_BY, changes, touched

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("src/sluicegate/core/globs.py", "tests/core/test_globs.py"),
        ("tests/core/test_globs.py", "tests/core/test_globs.py"),
        ("tests/support/touched.py", "tests/test_touched.py"),
        ("docs/policy.md", "tests/docs"),
        ("gates/tests.yml", "tests/gates/test_catalogue.py"),
    ],
)
def test_a_file_is_tested_by(changed: str, expected: str) -> None:
    assert expected in touched(ROOT, [changed])


def test_what_does_not_import_the_module_is_left_out() -> None:
    assert "tests/core/test_globs.py" not in touched(ROOT, ["src/sluicegate/stats/paired.py"])


def test_a_test_that_is_gone_is_not_run() -> None:
    assert touched(ROOT, ["tests/test_nothing.py"]) == []


def test_every_place_of_tests_is_there() -> None:
    assert [p for p in {p for ps in TESTED_BY.values() for p in ps} if not (ROOT / p).exists()] == []


def test_the_change_is_the_branch_and_what_is_not_committed(tmp_path: Path) -> None:
    repo = repository(tmp_path / "r", {"a": "1", "b": "1"})
    repo.git("checkout", "-q", "-b", "work")
    repo.commit({"a": "2"})
    repo.write({"b": "2", "c d": "1"})
    assert changes(repo.root) == ["a", "b", "c d"]
