"""Projects that nobody here wrote: their own suites, then a check without any configuration.

The numbers must equal those of the tools that the project's maintainers read.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sluicegate.engines.complexity import functions
from sluicegate.policy.resolve import load_policy
from support.real_projects import (
    ATTRS,
    HUMANIZE,
    NETWORKX,
    Measured,
    Project,
    measured,
    once,
    plain_environment,
)

PROJECTS = [
    pytest.param(HUMANIZE, marks=pytest.mark.real, id="humanize"),
    pytest.param(ATTRS, marks=pytest.mark.real_large, id="attrs"),
    pytest.param(NETWORKX, marks=pytest.mark.real_large, id="networkx"),
]
FORMS = ("xml", "data", "data-ours")
"""The coverage evidence: coverage.xml beside `.coverage`; `.coverage` alone, analysed by the
project's own coverage.py; `.coverage` alone, and no interpreter of the project's to be found."""

Document = dict[str, Any]


@dataclass(frozen=True)
class Checked:
    """A measured project, and what `sluicegate check --format json` said of it."""

    project: Measured
    exit_codes: Mapping[str, int]
    documents: Mapping[str, Document]

    def gate(self, name: str, form: str = "xml") -> Document:
        gates: list[Document] = self.documents[form]["gates"]
        return next(gate for gate in gates if gate["gate"] == name)

    def sources(self) -> list[str]:
        """The files that the engines look at: those tracked that the preset's policy calls sources."""
        tracked = self.project.run("git", "ls-files", "*.py").stdout.split()
        source = load_policy(None, self.project.checkout).source
        return [path for path in tracked if source.is_analysed(path) and not source.is_test(path)]


@pytest.fixture(scope="module", params=PROJECTS)
def checked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    project: Project = request.param
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "real" / project.name
    given = measured(project, folder)
    done = json.loads(once(folder / "checks.json", lambda: json.dumps(_checks(given, folder))))
    return Checked(given, done["codes"], done["documents"])


def _checks(given: Measured, folder: Path) -> dict[str, Document]:
    xml = given.checkout / "coverage.xml"
    done = {"xml": _check(given, {})}
    aside = xml.rename(folder / xml.name)
    done["data"] = _check(given, {"VIRTUAL_ENV": str(given.python.parents[1])})
    done["data-ours"] = _check(given, {"PATH": str(_only_git(folder))})
    aside.rename(xml)
    return {
        "codes": {form: one.returncode for form, one in done.items()},
        "documents": {form: json.loads(one.stdout) for form, one in done.items()},
    }


def _check(given: Measured, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "sluicegate", "check", "--format", "json")
    done = given.run(*command, env={**plain_environment(), **env})
    assert done.returncode in (0, 1), done.stderr
    return done


def _only_git(folder: Path) -> Path:
    """A folder for PATH that has git and no Python."""
    git = shutil.which("git")
    assert git is not None
    (folder / "bin").mkdir()
    (folder / "bin" / "git").symlink_to(git)
    return folder / "bin"


# --- coverage -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def coverages_own(checked: Checked, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """The totals of the project's own `coverage json`."""
    out = tmp_path_factory.mktemp("own") / "coverage.json"
    done = checked.project.run(str(checked.project.python), "-m", "coverage", "json", "-o", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    totals: dict[str, int] = json.loads(out.read_text())["totals"]
    return totals


@pytest.mark.parametrize("form", FORMS)
def test_lines_and_branches_are_those_of_coverages_own_report(
    checked: Checked, coverages_own: dict[str, int], form: str
) -> None:
    details = checked.gate("coverage", form)["details"]
    lines = [coverages_own["covered_lines"], coverages_own["num_statements"]]
    branches = [coverages_own.get("covered_branches", 0), coverages_own.get("num_branches", 0)]
    assert details["line"]["of"] == lines
    assert details["branch"]["of"] == (branches if branches[1] else None)
    assert details["total"]["of"] == [lines[0] + branches[0], lines[1] + branches[1]]


@pytest.mark.parametrize("form", FORMS)
def test_the_total_is_the_one_that_coverage_report_prints(checked: Checked, form: str) -> None:
    own = checked.project.run(
        str(checked.project.python), "-m", "coverage", "report", "--format=total", "--precision=9"
    )
    exact = Fraction(checked.gate("coverage", form)["details"]["total"]["exact"])
    assert own.stdout.strip() == f"{float(exact):.9f}"


@pytest.mark.parametrize("form", FORMS)
def test_the_evidence_that_was_left_is_the_evidence_that_is_taken(checked: Checked, form: str) -> None:
    taken = [source["path"] for source in checked.documents[form]["evidence"]["taken"]]
    assert taken == ["coverage.xml" if form == "xml" else ".coverage", "junit.xml"]


def test_it_is_said_who_analysed_the_data(checked: Checked) -> None:
    (own,) = checked.gate("coverage", "data")["sources"]
    (ours,) = checked.gate("coverage", "data-ours")["sources"]
    assert "by the project's own coverage.py" in own["note"]
    assert "that sluicegate brings" in ours["note"]


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_left_to_be_said(checked: Checked, form: str) -> None:
    assert checked.documents[form]["notices"] == []
    assert [g["problems"] for g in checked.documents[form]["gates"] if g["problems"]] == []


# --- tests ----------------------------------------------------------------------------------------


def test_tests_are_those_of_pytests_last_line(checked: Checked) -> None:
    """An expected failure counts as skipped, and one that passed although it need not as passed."""
    own = Counter(checked.project.summary())
    expected = {
        "tests": own.total(),
        "passed": own["passed"] + own["xpassed"],
        "failed": own["failed"],
        "errors": own["error"],
        "skipped": own["skipped"] + own["xfailed"],
        "flaky": 0,
    }
    measures = checked.gate("tests")["measures"]
    assert {name: measures[name] for name in expected} == expected
    assert expected["passed"] > 0


@pytest.mark.parametrize("form", FORMS)
def test_the_verdict_is_what_the_suite_and_the_thresholds_say(checked: Checked, form: str) -> None:
    own = Counter(checked.project.summary())
    tests_hold = own["failed"] + own["error"] == 0
    total = Fraction(checked.gate("coverage", form)["details"]["total"]["exact"])
    assert checked.gate("tests", form)["status"] == ("PASS" if tests_hold else "FAIL")
    assert checked.gate("coverage", form)["status"] == ("PASS" if total >= 80 else "FAIL")
    assert checked.exit_codes[form] == (0 if tests_hold and total >= 80 else 1)


# --- engines --------------------------------------------------------------------------------------


def test_findings_are_those_of_bandits_command_line(checked: Checked) -> None:
    command = (sys.executable, "-m", "bandit", "--quiet", "-r", "-f", "json", *checked.sources())
    own = json.loads(checked.project.run(*command).stdout)
    gate = checked.gate("security")
    expected = Counter(
        (r["filename"].removeprefix("./"), r["line_number"], r["test_id"], r["issue_severity"].lower())
        for r in own["results"]
    )
    found = Counter((f["path"], f["line"], f["rule"], f["severity"]) for f in gate["findings"])
    assert own["errors"] == []
    assert found == expected
    severities = Counter(severity for *_, severity in expected.elements())
    for severity in ("high", "medium", "low"):
        assert gate["measures"][severity] == severities[severity]


def test_complexities_are_those_of_radons_command_line(checked: Checked) -> None:
    radons, ours = _radons(checked), _ours(checked)
    measures = checked.gate("complexity")["measures"]
    assert measures["functions"] == ours.total()
    assert measures["max_cyclomatic"] == max(complexity for *_, complexity in ours)
    assert radons.total() > 0
    assert radons - ours == Counter()


Listed = Counter[tuple[str, int, int]]
"""Path, line and complexity of functions."""


def _radons(checked: Checked) -> Listed:
    """What radon lists; it leaves out methods of classes within functions."""
    checkout = checked.project.checkout
    paths = [str(checkout / source) for source in checked.sources()]
    command = (sys.executable, "-m", "radon", "cc", "--json", "--show-closures", *paths)
    # Outside of the checkout: radon cannot start beside a pyproject.toml with a percent sign in it.
    own = json.loads(checked.project.run(*command, cwd=checkout.parent).stdout)
    return Counter(
        (Path(path).relative_to(checkout).as_posix(), f["lineno"], f["complexity"])
        for path, listed in own.items()
        for f in listed
        if f["type"] != "class"
    )


def _ours(checked: Checked) -> Listed:
    """What the engine counts, function by function: the report shows only the worst."""
    return Counter(
        (path, f.node.lineno, f.complexity)
        for path in checked.sources()
        for f in functions(ast.parse((checked.project.checkout / path).read_bytes()))
    )


def test_nothing_is_new_where_nothing_changed(checked: Checked) -> None:
    assert checked.gate("security")["measures"]["new"] == 0
    assert checked.gate("changes")["measures"] == dict.fromkeys(
        ("assertions.removed", "gate.changed", "suppressions.added", "suppressions.unsafe", "tests.deleted"),
        0,
    )
