"""A report in a format that is not read is named, with the way to one that is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.collect.collector import collect
from sluicegate.collect.discovery import Candidate, UnsupportedReport, look_at, search
from sluicegate.collect.loader import EvidenceLoader
from sluicegate.collect.named import parse_named
from sluicegate.collect.request import CollectRequest
from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import Evidence, Kind
from sluicegate.github.event import EventContext
from support.evidence import policy, settings
from support.repo import repository
from support.sources import silent
from support.unread_files import FILES

JUNIT = '<testsuite name="s" tests="1"><testcase classname="c" name="n"/></testsuite>'


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def collected(root: Path, *gates: str) -> Evidence:
    chosen = policy(*(settings(gate, *CRITERIA[gate]) for gate in gates))
    return collect(CollectRequest(root=root, policy=chosen, event=EventContext(), progress=silent))


CRITERIA = {"coverage": ("total >= 80%",), "tests": ("failed == 0",), "lint": ("high == 0",)}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("target/site/jacoco/jacoco.xml", "JaCoCo XML"),
        ("build/reports/jacoco/test/jacocoTestReport.xml", "JaCoCo XML"),
        ("app/jacoco.xml", "JaCoCo XML"),
        ("coverage/clover.xml", "Clover XML"),
        ("clover.xml", "Clover XML"),
        ("cover.out", "a Go cover profile"),
        ("coverage.out", "a Go cover profile"),
        ("pkg/a.coverprofile", "a Go cover profile"),
        ("coverage.txt", "a Go cover profile"),
        ("c.out", "a Go cover profile"),
        ("profile.cov", "a Go cover profile"),
        ("report.json", "JSON of `go test`"),
        ("tests/TestResults/x/coverage.opencover.xml", "OpenCover XML"),
        ("coverage/.resultset.json", "a result set of SimpleCov"),
        ("coverage/coverage-final.json", "JSON of Istanbul"),
        ("TestResults/run.trx", "TRX of Visual Studio"),
        ("tests/unit.trx", "TRX of Visual Studio"),
        ("TestResult.xml", "XML of NUnit"),
        ("build/nunit3.xml", "XML of NUnit"),
        ("xunit.xml", "XML of xUnit.net"),
        ("target/surefire-reports/testng-results.xml", "XML of TestNG"),
        ("mochawesome-report/mochawesome.json", "JSON of Mocha"),
        ("test-results.json", "JSON of Jest or Vitest"),
        ("rspec.json", "JSON of RSpec"),
        ("results.tap", "TAP"),
        ("cucumber.json", "JSON of Cucumber"),
        ("eslint-report.json", "JSON of ESLint"),
        ("build/reports/checkstyle/main.xml", "Checkstyle XML"),
        ("target/checkstyle-result.xml", "Checkstyle XML"),
        ("target/pmd.xml", "XML of PMD"),
        ("target/spotbugsXml.xml", "XML of SpotBugs"),
        ("pylint.log", "text of pylint"),
        ("flake8.txt", "text of flake8 or ruff"),
        ("golangci.json", "JSON of golangci-lint"),
        ("jmh-results.csv", "text or CSV of JMH"),
    ],
)
def test_it_is_found_where_its_producer_writes_it(tmp_path: Path, path: str, name: str) -> None:
    write(tmp_path, path, FILES[name][-1])
    (candidate,) = search(tmp_path, ()).candidates
    sighting = look_at(tmp_path, candidate)
    assert isinstance(sighting, UnsupportedReport)
    assert sighting.format.name == name


def test_it_replaces_nothing_found(tmp_path: Path) -> None:
    write(tmp_path, "target/site/jacoco/jacoco.xml", FILES["JaCoCo XML"][0])
    evidence = collected(tmp_path, "coverage", "tests")
    assert evidence.absent["coverage"].startswith(
        "target/site/jacoco/jacoco.xml is JaCoCo XML, which is not supported. Convert it to Cobertura: "
    )
    assert evidence.absent["tests"].startswith("nothing found")


def test_it_is_a_warning_where_nothing_else_of_its_kind_is_there(tmp_path: Path) -> None:
    write(tmp_path, "eslint.json", FILES["JSON of ESLint"][0])
    (notice,) = collected(tmp_path, "lint", "tests").notices
    assert (notice.level, notice.code) == ("warning", "report-unread")
    assert notice.message.startswith("eslint.json is JSON of ESLint, which is not supported. Write SARIF")


def test_and_none_beside_a_report_that_is_read(tmp_path: Path) -> None:
    write(tmp_path, "coverage/clover.xml", FILES["Clover XML"][0])
    write(tmp_path, "coverage/lcov.info", "SF:a.js\nDA:1,1\nend_of_record\n")
    assert [n.code for n in collected(tmp_path, "coverage").notices] == []


def test_kinds_that_no_gate_reads_are_ignored(tmp_path: Path) -> None:
    write(tmp_path, "eslint.json", FILES["JSON of ESLint"][0])
    assert collected(tmp_path, "tests").notices == ()


def test_a_file_that_is_only_named_like_a_report_is_listed(tmp_path: Path) -> None:
    repository(tmp_path, {"a.py": "x = 1\n"})
    write(tmp_path, "coverage.xml", "<!DOCTYPE html><html><body>404</body></html>")
    (notice,) = [n for n in collected(tmp_path, "coverage").notices if n.code == "report-unknown"]
    assert notice.message == ("coverage.xml: not in a supported format; see `sluicegate explain coverage`")


def test_it_is_not_named_beside_a_report(tmp_path: Path) -> None:
    repository(tmp_path, {"a.py": "x = 1\n"})
    write(tmp_path, "coverage.xml", "<!DOCTYPE html><html><body>404</body></html>")
    write(tmp_path, "lcov.info", "SF:a.py\nDA:1,1\nend_of_record\n")
    assert not [n for n in collected(tmp_path, "coverage").notices if n.code == "report-unknown"]


def test_several_are_counted(tmp_path: Path) -> None:
    for module in "ab":
        write(tmp_path, f"{module}/target/site/jacoco/jacoco.xml", FILES["JaCoCo XML"][0])
    absent = collected(tmp_path, "coverage").absent["coverage"]
    assert absent.startswith(
        "a/target/site/jacoco/jacoco.xml is JaCoCo XML, which is not supported (nor is 1 other file). "
    )


def test_it_is_among_the_files_that_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "junit.xml", JUNIT)
    write(tmp_path, "TestResults/run.trx", FILES["TRX of Visual Studio"][0])
    evidence = collected(tmp_path, "tests")
    assert (
        "TestResults/run.trx",
        "is TRX of Visual Studio, which is not supported",
    ) in evidence.discovery.passed_over
    assert len(evidence.tests) == 1


def test_a_tracked_one_is_a_fixture(tmp_path: Path) -> None:
    repository(tmp_path, {"tests/data/jacoco.xml": FILES["JaCoCo XML"][0]})
    assert collected(tmp_path, "coverage").absent["coverage"].startswith("nothing found")


@pytest.fixture
def loader(tmp_path: Path) -> EvidenceLoader:
    return EvidenceLoader(tmp_path, PathIndex([]))


@pytest.mark.parametrize("name", sorted(FILES))
def test_named_alone_it_is_refused_with_the_way(loader: EvidenceLoader, name: str) -> None:
    write(loader.root, "report", FILES[name][0])
    with pytest.raises(EvidenceError) as caught:
        loader.take_named(parse_named("report"))
    assert caught.value.what == f"is {name}, which is not supported"
    assert caught.value.remedy


def test_named_in_a_folder_as_well(loader: EvidenceLoader) -> None:
    write(loader.root, "out/report.xml", FILES["XML of NUnit"][0])
    write(loader.root, "out/log.txt", "x")
    with pytest.raises(EvidenceError, match="holds a file that is XML of NUnit, which is not supported"):
        loader.take_named(parse_named("tests=out"))


def test_one_that_a_pattern_matches_is_a_problem_of_its_gate(loader: EvidenceLoader) -> None:
    write(loader.root, "jacoco.xml", FILES["JaCoCo XML"][0])
    loader.take_pattern("coverage", ["jacoco.xml"], Kind.COVERAGE)
    (problem,) = loader.problems["coverage"]
    assert problem.message == "is JaCoCo XML, which is not supported"
    assert "reportgenerator" in problem.remedy


def test_a_report_of_another_kind_than_the_one_named_says_which_it_is(loader: EvidenceLoader) -> None:
    write(loader.root, "report.xml", JUNIT)
    with pytest.raises(EvidenceError) as caught:
        loader.take_named(parse_named("coverage=report.xml"))
    assert caught.value.what == "is a report of tests (junit), not of coverage"
    assert "`--evidence tests=" in caught.value.remedy


def test_so_does_one_that_a_pattern_matches(loader: EvidenceLoader) -> None:
    write(loader.root, "report.xml", JUNIT)
    loader.take_pattern("coverage", ["report.xml"], Kind.COVERAGE)
    assert [p.message for p in loader.problems["coverage"]] == [
        "is a report of tests (junit), not of coverage"
    ]


def test_an_unread_name_without_a_report_is_nothing(tmp_path: Path) -> None:
    write(tmp_path, "cover.out", "")
    assert look_at(tmp_path, Candidate("cover.out", None)) is None


def test_a_baseline_of_another_kind_says_which_it_is(tmp_path: Path) -> None:
    write(tmp_path, "before.xml", JUNIT)
    performance = replace(settings("performance", "p95 <= 20ms"), baseline="before.xml")
    request = CollectRequest(root=tmp_path, policy=policy(performance), event=EventContext(), progress=silent)
    messages = [p.message for p in collect(request).problems["performance"]]
    assert messages == ["the baseline is a report of tests (junit), not of benchmarks"]
