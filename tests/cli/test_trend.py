"""`sluicegate trend` and `sluicegate badge`, as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sluicegate.cli.main import main
from sluicegate.core.errors import EvidenceError, UsageError
from support.ledgers import commit, place
from support.pullrequest import git as run_git
from support.uses import cobertura, junit

FILES = {"src/app.py": "x = 1\n", ".gitignore": "reports/\ncoverage.xml\nreport.json\nbadges/\n"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, standalone_mode=False, catch_exceptions=False)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone, with evidence."""
    for name in [n for n in os.environ if n.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    found = place(tmp_path, FILES).work
    monkeypatch.chdir(found)
    measure(found, 5)
    return found


def measure(work: Path, covered: int) -> None:
    """Evidence, of which so many of ten lines ran."""
    text = cobertura({n: int(n <= covered) for n in range(1, 11)})
    (work / "coverage.xml").write_text(text, encoding="utf-8")
    (work / "reports").mkdir(exist_ok=True)
    (work / "reports" / "junit.xml").write_text(junit(), encoding="utf-8")


def record(work: Path, *covered: int) -> None:
    """A recorded commit for each coverage."""
    for number in covered:
        measure(work, number)
        commit(work, f"covers {number}")
        run_git(work, "push", "--quiet", "origin", "HEAD:refs/heads/main")
        run("check", "--warn-only", "--output", "json=report.json")
        run("ledger", "record", "report.json")
    run("ledger", "fetch")


def test_the_headline_measures_have_a_line_each(work: Path) -> None:
    record(work, 5, 7)
    lines = run("trend").stdout.splitlines()
    assert ["coverage.total", "▁█", "70%"] in [line.split()[:3] for line in lines]
    assert lines[0].startswith("tests.pass_rate")  # in the order of the gates


def test_one_measure_is_shown_commit_by_commit(work: Path) -> None:
    record(work, 5, 8, 7)
    text = run("trend", "coverage.total", "-n", "2").stdout
    assert [line.split()[2:] for line in text.splitlines()[4:6]] == [
        ["70%", "▼", "10pp", "worse"],
        ["80%", "▲", "30pp", "better"],
    ]
    assert "…and 1 more row" in text


def test_the_gate_alone_is_its_headline(work: Path) -> None:
    record(work, 5, 8)
    assert run("trend", "coverage").stdout == run("trend", "coverage.total").stdout


def test_csv_has_every_recorded_commit(work: Path) -> None:
    record(work, 5, 8)
    rows = list(csv.DictReader(io.StringIO(run("trend", "coverage.total", "--format", "csv").stdout)))
    assert [row["value"] for row in rows] == ["50", "80"]


def test_an_unknown_measure_names_the_nearest(work: Path) -> None:
    record(work, 5)
    with pytest.raises(UsageError, match=r"Perhaps you meant 'coverage\.total'"):
        run("trend", "coverage.totl")


def test_without_a_ledger_it_says_how_to_get_one(work: Path) -> None:
    with pytest.raises(UsageError, match="sluicegate ledger fetch"):
        run("trend")


def test_an_empty_ledger_says_when_it_is_filled(work: Path) -> None:
    run("ledger", "fetch")
    with pytest.raises(EvidenceError, match="recorded on the next push to main"):
        run("trend")


def test_the_report_of_a_change_shows_the_course_up_to_it(work: Path) -> None:
    record(work, 5, 7)
    measure(work, 9)
    document = json.loads(run("check", "--warn-only", "--format", "json").stdout)
    course = next(t for t in document["trends"] if t["measure"] == "total")
    assert [p["value"] for p in course["points"]] == [50, 70, 90]
    assert "Trends of" in run("check", "--warn-only", "--format", "markdown").stdout


def test_badges_are_written_in_both_forms(work: Path) -> None:
    run("check", "--warn-only", "--output", "json=report.json")
    printed = run("badge", "report.json").stdout.split()
    assert "badges/coverage-total.svg" in printed
    badge = json.loads((work / "badges" / "coverage-total.json").read_text(encoding="utf-8"))
    assert (badge["label"], badge["message"], badge["color"]) == ("coverage", "50%", "red")


def test_a_report_that_is_none_is_refused(work: Path) -> None:
    (work / "report.json").write_text("{}", encoding="utf-8")
    with pytest.raises(EvidenceError):
        run("badge", "report.json")
