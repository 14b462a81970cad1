"""`sluicegate check` as a user runs it: a process, files, an exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import needs, programs
from support.repo import Repo, repository

pytestmark = pytest.mark.slow

JUNIT = '<testsuite name="s" tests="{n}" failures="{bad}">{cases}</testsuite>'
PASSED = '<testcase classname="tests.test_a" name="t{n}" time="0.1"/>'
FAILED = (
    '<testcase classname="tests.test_a" name="t{n}">'
    '<failure message="no">tests/test_a.py:2: E</failure></testcase>'
)
COBERTURA = """<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM "coverage-04.dtd">
<coverage version="7.17.3" lines-valid="4" lines-covered="{covered}"><sources><source>src</source></sources>
<packages><package name="."><classes><class name="a.py" filename="a.py"><lines>{lines}</lines></class>
</classes></package></packages></coverage>"""
SOURCE = '"""A."""\n\n\ndef add(a: int, b: int) -> int:\n    """Add."""\n    return a + b\n'


def junit(passed: int, failed: int = 0) -> str:
    cases = [PASSED.format(n=n) for n in range(passed)] + [
        FAILED.format(n=n) for n in range(passed, passed + failed)
    ]
    return JUNIT.format(n=passed + failed, bad=failed, cases="".join(cases))


def cobertura(covered: int) -> str:
    lines = "".join(f'<line number="{n}" hits="{int(n <= covered)}"/>' for n in range(1, 5))
    return COBERTURA.format(covered=covered, lines=lines)


def run(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return programs.sluicegate(root, "check", *arguments, **environment)


def document(root: Path, *arguments: str) -> dict[str, Any]:
    return dict(json.loads(run(root, "--format", "json", *arguments).stdout))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A project with a passing build."""
    made = repository(
        tmp_path / "project", {"src/a.py": SOURCE, "tests/test_a.py": "", ".gitignore": "/reports/\n"}
    )
    made.write({"reports/junit.xml": junit(3), "reports/coverage.xml": cobertura(4)})
    return made


def test_without_any_configuration_a_good_build_passes(repo: Repo) -> None:
    done = run(repo.root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "PASS" in done.stdout.splitlines()[0]


def test_a_failing_test_blocks_and_is_named_with_its_place(repo: Repo) -> None:
    repo.write({"reports/junit.xml": junit(2, 1)})
    done = run(repo.root)
    assert done.returncode == 1
    assert "tests/test_a.py:2" in done.stdout


def test_warn_only_turns_one_into_zero_and_nothing_else(repo: Repo) -> None:
    repo.write({"reports/junit.xml": junit(2, 1)})
    done = run(repo.root, "--warn-only", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "BLOCKED")
    assert run(repo.root, "--warn-only", "--evidence", "nowhere.xml").returncode == 2


def test_the_same_inputs_give_the_same_bytes(repo: Repo) -> None:
    assert run(repo.root, "--format", "json").stdout == run(repo.root, "--format", "json").stdout


def test_outside_a_repository_everything_but_the_change_is_judged(tmp_path: Path) -> None:
    Repo(tmp_path).write({"junit.xml": junit(2), "coverage.xml": cobertura(4), "src/a.py": SOURCE})
    done = run(tmp_path, "--format", "json", GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    gates = {g["gate"]: g for g in json.loads(done.stdout)["gates"]}
    assert done.returncode == 0
    assert [gates[g]["status"] for g in ("tests", "coverage")] == ["PASS", "PASS"]
    assert gates["changes"]["summary"] == "not judged: not a git repository"


def test_a_change_of_documentation_only_passes(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "docs")
    repo.commit({"README.md": "# Hello\n"})
    assert run(repo.root).returncode == 0


def test_a_broken_file_that_was_only_found_makes_its_own_gate_an_error(repo: Repo) -> None:
    repo.write({"reports/coverage.xml": "<coverage"})
    done = run(repo.root, "--format", "json")
    statuses = {g["gate"]: g["status"] for g in json.loads(done.stdout)["gates"]}
    assert (done.returncode, statuses["coverage"], statuses["tests"]) == (1, "ERROR", "PASS")


def test_data_of_coveragepy_is_completed_to_what_coverage_report_says(tmp_path: Path) -> None:
    repo = repository(
        tmp_path,
        {"a.py": "def f(x):\n    if x:\n        return 1\n    return 2\n", "t.py": "import a\na.f(1)\n"},
    )
    python = [sys.executable, "-m", "coverage"]
    subprocess.run([*python, "run", "--branch", "t.py"], cwd=repo.root, check=True)
    report = subprocess.run(
        [*python, "report", "--precision=6", "--format=total"],
        cwd=repo.root,
        check=True,
        capture_output=True,
        text=True,
    )
    gates = {g["gate"]: g for g in json.loads(run(repo.root, "--format", "json").stdout)["gates"]}
    assert round(gates["coverage"]["measures"]["total"], 6) == float(report.stdout)
    assert "analysed by" in gates["coverage"]["sources"][0]["note"]


def test_every_output_format_is_written(repo: Repo) -> None:
    names = ("terminal", "markdown", "json", "sarif", "html")
    done = run(repo.root, *(f"--output={n}=out/report.{n}" for n in names))
    assert done.returncode == 0
    assert [(repo.root / f"out/report.{n}").stat().st_size > 0 for n in names] == [True] * 5


def test_an_earlier_report_is_the_baseline(repo: Repo) -> None:
    run(repo.root, "--output", "json=before.json")
    repo.write({"sluicegate.yml": "gates: {coverage: {criteria: [total >= baseline]}}\n"})
    assert run(repo.root, "--gate", "coverage", "--baseline", "before.json").returncode == 0
    repo.write({"reports/coverage.xml": cobertura(3)})
    assert run(repo.root, "--gate", "coverage", "--baseline", "before.json").returncode == 1


def test_the_policy_is_found_from_a_folder_below(repo: Repo) -> None:
    repo.write({"sluicegate.yml": "gates: {coverage: {criteria: [total == 100%]}}\n"})
    done = run(repo.root / "src", "--format", "json")
    assert json.loads(done.stdout)["policy"]["origin"] == "head"
    assert done.returncode == 0


def test_evidence_replaces_discovery_for_its_kind_only(repo: Repo) -> None:
    repo.write({"other.xml": junit(1, 1)})
    gates = {g["gate"]: g for g in document(repo.root, "--evidence", "tests=other.xml")["gates"]}
    assert (gates["tests"]["status"], gates["coverage"]["status"]) == ("FAIL", "PASS")


def test_a_suite_is_given_its_file_on_the_command_line(repo: Repo) -> None:
    repo.write(
        {"sluicegate.yml": "gates: {tests: {suites: {unit: {files: [x.xml], criteria: [tests >= 3]}}}}\n"}
    )
    done = run(repo.root, "--format", "json", "--evidence", "tests.unit=reports/junit.xml")
    suites = {g["suite"]: g["status"] for g in json.loads(done.stdout)["gates"] if g["gate"] == "tests"}
    assert suites["unit"] == "PASS"


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite name="&b;"/>'
BAD_EVIDENCE = {
    "truncated": ("junit.xml", junit(3)[:-20], "not well-formed XML"),
    "entity-bomb": ("junit.xml", BOMB, "declares the XML entity"),
    "binary": ("coverage.xml", "\0\1\2\3", "coverage.xml"),
    "empty": ("coverage.xml", "", "is empty"),
    "stranger": ("x.xml", "<html/>", "is not a report in a supported format"),
    "missing": ("", "", "there is no such file"),
}


@pytest.mark.parametrize("case", BAD_EVIDENCE)
def test_bad_evidence_that_is_named_is_one_line_with_exit_code_two(repo: Repo, case: str) -> None:
    name, text, expected = BAD_EVIDENCE[case]
    if name:
        repo.write({f"bad/{name}": text})
    done = run(repo.root, "--evidence", f"bad/{name or 'no.xml'}")
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_of_three_gigabytes_is_refused_at_once(repo: Repo) -> None:
    with (repo.root / "huge.xml").open("wb") as stream:
        stream.truncate(3 * 1024**3)
    done = run(repo.root, "--evidence", "tests=huge.xml")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


BAD_POLICY = {
    "misspelt": ("gates: {coverage: {critera: [total >= 80%]}}", ["sluicegate.yml:1", "'criteria'"]),
    "broken": ("gates: [", ["sluicegate.yml:"]),
    "hostile": ("gates: !!python/object/apply:os.system [id]", ["sluicegate.yml:1"]),
    "measure": ("gates:\n  coverage: {criteria: [totl >= 80%]}", ["sluicegate.yml:2", "'total'"]),
    "unit": ("gates:\n  coverage: {criteria: [total >= 80ms]}", ["sluicegate.yml:2", "percentage"]),
    "waiver": ("waivers: [{gate: security, rule: B602}]", ["sluicegate.yml:1"]),
}


@pytest.mark.parametrize("case", BAD_POLICY)
def test_a_bad_policy_is_one_line_with_its_place_and_exit_code_two(repo: Repo, case: str) -> None:
    text, expected = BAD_POLICY[case]
    repo.write({"sluicegate.yml": text + "\n"})
    done = run(repo.root)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert [e for e in expected if e not in done.stderr] == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--gate", "coverag"], "Perhaps you meant 'coverage'"),
        (["--policy", "no.yml"], "there is no such policy file"),
        (["--policy", "strict"], "--preset strict"),
        (["--preset", "strikt"], "Perhaps you meant 'strict'. Presets: legacy, standard, strict"),
        (["--preset", "strict", "--policy", "x.yml"], "exclude each other"),
        (["--base", "nowhere"], "is not in this clone"),
        (["--output", "pdf=x"], "Formats: terminal, markdown, json, sarif, html"),
        (["--evidence", "covrage=x.xml"], "unknown kind of evidence 'covrage'"),
        (["--evidence", "tests.unit=x.xml"], "the policy has no suite 'unit'"),
        (["--baseline", "no.json"], "no.json"),
        (["--format", "pdf"], "pdf"),
    ],
)
def test_a_wrong_argument_says_what_to_do(repo: Repo, arguments: list[str], expected: str) -> None:
    done = run(repo.root, *arguments)
    assert done.returncode == 2
    assert expected in done.stderr


@needs.linux
def test_an_output_replaces_a_link_and_does_not_follow_it(repo: Repo) -> None:
    (repo.root / "precious").write_text("precious")
    (repo.root / "report.json").symlink_to("precious")
    run(repo.root, "--output", "json=report.json")
    assert (repo.root / "precious").read_text() == "precious"
    assert json.loads((repo.root / "report.json").read_text())["schema"]


def test_an_output_that_cannot_be_written_is_the_worlds_fault(repo: Repo) -> None:
    done = run(repo.root, "--output", "json=/proc/no/such")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)


def test_no_colour_means_no_escapes_and_force_colour_brings_them(repo: Repo) -> None:
    assert "\x1b" not in run(repo.root).stdout
    assert "\x1b" in run(repo.root, FORCE_COLOR="1").stdout
    assert "\x1b" not in run(repo.root, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_text_of_strangers_reaches_no_terminal(repo: Repo) -> None:
    hostile = junit(1, 1).replace('message="no"', 'message="&#x9b;31m ::error::x &#x202e;"')
    repo.write({"reports/junit.xml": hostile})
    done = run(repo.root)
    assert done.returncode == 1
    assert not set("\x1b\x9b\u202e") & set(done.stdout)


RUN_GATE = """
gates:
  size:
    run: >-
      echo '{"total": 300}'
    measures: {total: KiB}
    criteria: [total <= 250KiB]
"""


def test_a_run_gate_is_judged(repo: Repo) -> None:
    repo.write({"sluicegate.yml": RUN_GATE})
    done = run(repo.root, "--gate", "size")
    assert done.returncode == 1
    assert "300KiB" in done.stdout


def test_an_interrupted_reader_of_the_output_is_no_error(repo: Repo) -> None:
    command = f"{sys.executable} -m sluicegate check --format json | head -c 1"
    done = subprocess.run(["bash", "-c", command], cwd=repo.root, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.stderr == ""


def test_a_selector_is_compared_with_the_items_of_the_baseline(repo: Repo) -> None:
    policy = "gates: {coverage: {criteria: ['file[\"src/*\"].line >= baseline']}}\n"
    repo.write({"sluicegate.yml": policy})
    run(repo.root, "--gate", "coverage", "--output", "json=before.json")
    repo.write({"reports/coverage.xml": cobertura(3)})
    done = run(repo.root, "--gate", "coverage", "--baseline", "before.json")
    assert done.returncode == 1
    assert "src/a.py" in done.stdout


def test_our_own_report_is_no_evidence(repo: Repo) -> None:
    repo.write({"src/a.py": "import subprocess\nsubprocess.call('x', shell=True)\n"})
    before = document(repo.root, "--output", "sarif=own.sarif")
    assert document(repo.root)["gates"] == before["gates"]


def test_a_preset_is_tried_without_a_file(repo: Repo) -> None:
    repo.write({"reports/coverage.xml": cobertura(3)})
    repo.write({"sluicegate.yml": "gates: {coverage: {criteria: [total >= 50%]}}\n"})
    assert run(repo.root).returncode == 0
    assert run(repo.root, "--preset", "strict").returncode == 1
