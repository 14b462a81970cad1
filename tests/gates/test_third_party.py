"""A gate of a third party: one entry point, and it is in everything that a gate of ours is in."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from support import programs
from support.plugin import ENTRY, MODULE, install
from support.policies import SOURCES
from support.programs import Completed
from support.repo import repository

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
POLICY = """\
gates:
  census: {criteria: [{id: enough, expect: cases >= 3}]}
components:
  api: {paths: [api/**]}
waivers:
  - {gate: census, rule: too-few, reason: it is new, owner: "@alice", expires: 2099-01-31}
"""
JUNIT = (
    '<testsuite name="s" tests="2"><testcase classname="a" name="b"/>'
    '<testcase classname="a" name="c"/></testsuite>'
)


def python(folder: Path, env: Mapping[str, str], *arguments: str) -> Completed:
    path = [SOURCES, TESTS, *(Path(p) for p in env["PYTHONPATH"].split(os.pathsep) if p)]
    return programs.run([sys.executable, *arguments], folder, os.environ, path=path)


def run(folder: Path, env: Mapping[str, str], *arguments: str) -> Completed:
    return python(folder, env, "-m", "sluicegate", *arguments)


def project(folder: Path, policy: str = POLICY) -> Path:
    repo = repository(folder / "project")
    repo.commit(
        {"sluicegate.yml": policy, "api/app.py": "x = 1\n", ".gitignore": "reports/\nout/\n"}, "start"
    )
    (repo.root / "reports").mkdir()
    (repo.root / "reports" / "junit.xml").write_text(JUNIT)
    return repo.root


class Scratch:
    """A project in an environment where the package is installed, judged in every format."""

    def __init__(self, folder: Path) -> None:
        self.env = install(folder / "site")
        self.root = project(folder)
        formats = ("json", "markdown", "html", "sarif", "terminal")
        outputs = [f"--output={name}=out/report.{name}" for name in formats]
        (self.root / "out").mkdir()
        self.checked = self.run("check", "--warn-only", "--bundle", "out/bundle", *outputs)

    def run(self, *arguments: str) -> Completed:
        return run(self.root, self.env, *arguments)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    return Scratch(tmp_path_factory.mktemp("scratch"))


def test_it_is_judged(scratch: Scratch) -> None:
    assert scratch.checked.returncode == 0, scratch.checked.stderr
    report = json.loads((scratch.root / "out/report.json").read_text())
    verdict = next(v for v in report["gates"] if (v["gate"], v["component"]) == ("census", None))
    assert (verdict["status"], verdict["measures"]["cases"]) == ("FAIL", 2)
    assert verdict["remedies"] == ["Write more tests."]
    assert verdict["findings"][0]["waiver"]["owner"] == "@alice"


@pytest.mark.parametrize("name", ["markdown", "html", "sarif", "terminal"])
def test_it_is_in_every_format(scratch: Scratch, name: str) -> None:
    assert "census" in (scratch.root / f"out/report.{name}").read_text()


def test_it_has_a_badge(scratch: Scratch) -> None:
    assert scratch.run("badge", "out/report.json", "--output", "out/badges").returncode == 0
    badge = json.loads((scratch.root / "out/badges/census-cases.json").read_text())
    assert (badge["label"], badge["message"], badge["color"]) == ("cases counted", "2", "red")


def test_a_bundle_carries_its_evidence(scratch: Scratch) -> None:
    merged = scratch.run("merge", "out/bundle", "--format", "json")
    gates = json.loads(merged.stdout)["gates"]
    assert {v["measures"].get("cases") for v in gates if v["gate"] == "census"} >= {2}, merged.stderr


@pytest.mark.parametrize("subject", ["census", "cases", "census.cases", "enough", "cases >= 3"])
def test_it_is_explained(scratch: Scratch, subject: str) -> None:
    explained = scratch.run("explain", subject)
    assert explained.returncode == 0, explained.stderr
    assert "census" in explained.stdout


def test_the_explanation_offers_a_waiver_of_its_rule(scratch: Scratch) -> None:
    assert "too-few" in scratch.run("explain", "census").stdout


def test_it_is_planned(scratch: Scratch) -> None:
    planned = scratch.run("plan", "--by", "gate", "--format", "json")
    assert "census" in planned.stdout, planned.stderr


def test_it_is_in_the_schema(scratch: Scratch) -> None:
    schema = json.loads(scratch.run("schema", "policy").stdout)
    assert "`cases`" in schema["$defs"]["CensusGate"]["properties"]["criteria"]["description"]
    assert "census" in schema["$defs"]["ComponentGates"]["properties"]


def test_its_keys_are_checked(scratch: Scratch, tmp_path: Path) -> None:
    root = project(tmp_path, "gates: {census: {scope: new, criteria: [case >= 1]}}\n")
    said = run(root, scratch.env, "validate").stderr
    assert "the key 'scope' does not fit the gate 'census'. It belongs to: complexity, docs." in said
    assert "unknown measure 'case'. Perhaps you meant 'cases'." in said


def test_a_misspelt_name_is_answered_with_it(scratch: Scratch, tmp_path: Path) -> None:
    root = project(tmp_path, "gates: {sensus: {}}\n")
    assert "Perhaps you meant 'census'." in run(root, scratch.env, "validate").stderr


def test_it_is_in_the_documents(scratch: Scratch) -> None:
    pages = python(
        scratch.root,
        scratch.env,
        "-c",
        "from support import write_docs as w; print(w.gates_page(), w.policy_page())",
    ).stdout
    assert "## `census`: census" in pages
    assert "### `gates.census`" in pages


def test_it_is_never_there_where_it_is_not_installed(scratch: Scratch) -> None:
    bare = run(scratch.root, {"PYTHONPATH": ""}, "validate")
    assert "the gate 'census' is not a built-in one and has no 'run'" in bare.stderr


# --- what must not happen ----------------------------------------------------------------------


def refused(tmp_path: Path, env: Mapping[str, str]) -> str:
    found = run(project(tmp_path), env, "check")
    assert found.returncode == 3, found.stderr + found.stdout
    return found.stderr


def test_a_gate_of_ours_cannot_be_replaced(tmp_path: Path) -> None:
    entry = ENTRY.replace("gate: census", "gate: coverage")
    said = refused(tmp_path, install(tmp_path / "site", name="coverage", entry=entry))
    assert "the gate 'coverage' of the package 'acme-gates' cannot be used: there is" in said
    assert "pip uninstall acme-gates" in said


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (None, "FileNotFoundError"),
        ("gate: other\n", "its file has 'gate: other'"),
        ("gate: census\n", "'title'"),
        ("[", "expected"),
        (ENTRY.replace("[tests]", "[weather]"), "'weather'"),
        (ENTRY.replace("files: Globs", "colour: Globs"), "'colour'"),
        (ENTRY.replace("reads: [tests]", "engine: magic"), "'magic'"),
        (ENTRY.replace("headlines: [cases]", "headlines: [case]"), "'case'"),
        (ENTRY.replace("headlines:", "headline:"), "unknown key 'headline'"),
    ],
)
def test_an_entry_that_is_wrong_names_the_package(tmp_path: Path, entry: str | None, why: str) -> None:
    said = refused(tmp_path, install(tmp_path / "site", entry=entry))
    assert "the gate 'census' of the package 'acme-gates' cannot be used" in said
    assert why in said


def test_a_module_that_cannot_be_imported_is_no_bug_of_ours(tmp_path: Path) -> None:
    said = refused(tmp_path, install(tmp_path / "site", module="import nothing_of_this_name\n"))
    assert "the gate 'census' cannot be loaded: ModuleNotFoundError" in said


def test_one_that_fails_is_an_error_of_its_own_verdict_alone(tmp_path: Path) -> None:
    module = MODULE.replace("cases = sum(", "cases = 1 / 0 + sum(")
    found = run(project(tmp_path), install(tmp_path / "site", module=module), "check", "--format", "json")
    status = {v["gate"]: v["status"] for v in json.loads(found.stdout)["gates"] if v["component"] is None}
    assert found.returncode == 1
    assert (status["census"], status["tests"]) == ("ERROR", "PASS")
    assert "the gate 'census' failed: ZeroDivisionError" in found.stdout


def test_reading_a_policy_imports_nothing_of_the_package(tmp_path: Path) -> None:
    env = install(tmp_path / "site", module="raise SystemExit(9)\n")
    assert run(project(tmp_path), env, "validate").returncode == 0
