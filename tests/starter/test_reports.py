from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sluicegate.starter.detect import detect
from sluicegate.starter.plan import found
from support.starter import COBERTURA, JUNIT, KINDS, look, run_of_tests, steps, write

PIP = KINDS["pip"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "--junitxml=reports/junit.xml --cov=src --cov-branch --cov-report=xml\n"),
        ({"junit.xml": JUNIT}, "--junitxml=junit.xml --cov=src"),
        ({"junit.xml": JUNIT, "build/a/junit.xml": JUNIT}, "--junitxml=junit.xml --cov=src"),
        ({"build/results/pytest.xml": JUNIT}, "--junitxml=build/results/pytest.xml --cov=src"),
        ({"out/junit.xml": "<testsuite name='any'><testcase name='a'/></testsuite>"}, "=out/junit.xml "),
        ({"reports/cov.xml": COBERTURA}, "--cov-report=xml:reports/cov.xml\n"),
        ({"coverage.json": '{"meta": {"branch_coverage": true}, "files": {}}'}, "--cov-report=json\n"),
        ({"coverage.xml": COBERTURA, "lcov.info": "TN:\nSF:a\nend_of_record\n"}, "--cov-report=xml\n"),
        ({"lcov.info": "TN:\nSF:a\nend_of_record\n"}, "--cov-report=lcov:lcov.info\n"),
        ({"packages/api/junit.xml": JUNIT}, "--junitxml=reports/junit.xml"),  # another project's
        ({"reports/a b;c/junit.xml": JUNIT}, "--junitxml=reports/junit.xml"),  # no word of a shell
    ],
)
def test_reports_stay_where_they_lie(tmp_path: Path, files: Mapping[str, str], words: str) -> None:
    assert words in run_of_tests(tmp_path, {**PIP, **files}) + "\n"
    project = detect(tmp_path)
    assert set(project.reports) == set(files)
    assert words.strip() in steps(project)


def test_tracked_reports_are_fixtures(tmp_path: Path) -> None:
    write(tmp_path, {**PIP, "junit.xml": JUNIT})
    assert detect(tmp_path, ["junit.xml"]).reports == ()


def test_another_language_s_reports_do_not_move_those_of_python(tmp_path: Path) -> None:
    foreign = JUNIT.replace("pytest", "jest tests")
    mixed = {**PIP, **KINDS["npm-jest-junit"], "junit.xml": foreign, "coverage/lcov.info": "TN:\nSF:a\n"}
    assert "--junitxml=reports/junit.xml --cov=src --cov-branch --cov-report=xml" in run_of_tests(
        tmp_path, mixed
    )
    own = {**mixed, "reports/py.xml": JUNIT}
    assert "--junitxml=reports/py.xml --cov=src" in run_of_tests(tmp_path, own)


def test_many_reports_are_counted(tmp_path: Path) -> None:
    project = look(tmp_path, {f"reports/{i}.xml": JUNIT for i in range(7)})
    names = ", ".join(f"reports/{i}.xml" for i in range(5))
    assert f"found reports: {names} and 2 more\n" in found(project)
