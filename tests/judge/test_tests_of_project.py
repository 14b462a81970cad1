"""Which files of a pull request are tests, from the checkout to the report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from sluicegate.core.model import Report
from sluicegate.github.event import EventContext
from sluicegate.judge.check import CheckOptions, check
from support.repo import pull_request

SETTINGS = {"pytest.ini": "[pytest]\ntestpaths = checks\n"}
TESTS = {"checks/test_a.py": "x = 1\n", "checks/test_b.py": "x = 1\n"}
EVIL = {"checks/helpers.py": "eval(input())\n"}
SHIPPED = {"pkg/__init__.py": "from .test import client\n", "pkg/test/client.py": "x = 1\n"}


def judged(tmp_path: Path, base: Mapping[str, str], head: Mapping[str, str]) -> Report:
    """The report of a pull request under `standard`."""
    repo = pull_request(tmp_path / "repo", base, head)
    event = EventContext(
        name="pull_request",
        is_pull_request=True,
        is_merge_commit=True,
        head_sha=repo.git("rev-parse", "feature"),
        base_ref="main",
    )
    return check(CheckOptions(repo.root, event=event), lambda: date(2026, 11, 21)).report


def findings(report: Report) -> list[str]:
    return [f.path for v in report.verdicts if v.gate == "security" for f in v.findings]


def test_the_folders_of_the_base_s_testpaths_are_tests(tmp_path: Path) -> None:
    report = judged(tmp_path, {**TESTS, **SETTINGS}, EVIL)
    assert findings(report) == []
    assert "3 Python files not analysed as sources: 3 of tests (checks)" in [
        n.message for n in report.notices
    ]


def test_a_pull_request_makes_no_folder_one_of_tests(tmp_path: Path) -> None:
    assert findings(judged(tmp_path, TESTS, {**SETTINGS, **EVIL})) == ["checks/helpers.py"]


def test_a_pull_request_that_takes_out_an_import_hides_nothing(tmp_path: Path) -> None:
    head = {"pkg/__init__.py": "", "pkg/test/client.py": "eval(input())\n"}
    assert findings(judged(tmp_path, SHIPPED, head)) == ["pkg/test/client.py"]
