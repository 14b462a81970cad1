"""Bundles and their joining as users run them: processes, files, exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import bundles, coverage_reports, needs, programs
from support.repo import Repo, pull_request

pytestmark = pytest.mark.slow

SOURCE = '''"""A."""


def add(a: int, b: int) -> int:
    """Add."""
    if a:
        return 1
    return a + b
'''
BEFORE = {"src/a.py": SOURCE, "tests/test_a.py": "", ".gitignore": "/reports/\n/bundles/\n"}
CHANGE = {"src/b.py": SOURCE}


def run(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return programs.sluicegate(root, *arguments, **environment)


def leave(repo: Repo, name: str, lines: str, marks: str = "++", *more: str, **environment: str) -> None:
    """One shard: its build, then `check --bundle`."""
    coverage = coverage_reports.cobertura({"src/b.py": lines})
    repo.write({"reports/coverage.xml": coverage, "reports/junit.xml": bundles.junit(marks)})
    done = run(repo.root, "check", "--warn-only", "--bundle", f"bundles/{name}", *more, **environment)
    assert done.returncode == 0, done.stderr


def merged(repo: Repo, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = run(repo.root, "merge", "bundles", "--format", "json", *arguments)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def gates(document: dict[str, Any]) -> dict[str, str]:
    return {g["gate"]: g["status"] for g in document["gates"]}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A pull request's test merge, as a checkout leaves it."""
    return pull_request(tmp_path / "project", BEFORE, CHANGE)


def test_three_shards_are_one_report(repo: Repo) -> None:
    leave(repo, "py3.11", "4+ 6+ 7- 8-")
    leave(repo, "py3.12", "4+ 6- 7+ 8-")
    leave(repo, "py3.13", "4+ 6- 7- 8+")
    code, document = merged(repo, "--expect", "py3.11", "--expect", "py3.12", "--expect", "py3.13")
    measures = {g["gate"]: g["measures"] for g in document["gates"]}
    assert code == 0
    assert measures["coverage"]["patch.line"] == 100
    assert measures["tests"]["tests"] == 6
    assert gates(document)["complexity"] == "PASS"
    assert len(document["evidence"]["taken"]) == 6


def test_no_shard_alone_would_have_passed(repo: Repo) -> None:
    leave(repo, "py3.11", "4+ 6+ 7- 8-")
    code, document = merged(repo)
    assert (code, gates(document)["coverage"]) == (1, "FAIL")


def test_a_preset_judges_in_place_of_any_file(repo: Repo) -> None:
    leave(repo, "py3.11", "4+ 6+ 7+ 8+")
    repo.write({"sluicegate.yml": "gates: {coverage: {criteria: [total == 0%]}}\n"})
    code, document = merged(repo, "--preset", "standard")
    assert (code, document["policy"]["ref"]) == (0, "standard")
    assert run(repo.root, "merge", "bundles", "--preset", "nope").returncode == 2


def test_a_failing_case_in_one_shard_blocks(repo: Repo) -> None:
    leave(repo, "py3.11", "4+ 6+ 7+ 8+")
    leave(repo, "py3.12", "4+ 6+ 7+ 8+", "+F")
    code, document = merged(repo)
    assert (code, gates(document)["tests"]) == (1, "FAIL")
    assert run(repo.root, "merge", "bundles", "--warn-only").returncode == 0


def test_a_missing_shard_blocks_and_is_named(repo: Repo) -> None:
    leave(repo, "py3.11", "4+ 6+ 7+ 8+")
    done = run(repo.root, "merge", "bundles", "--expect", "py3.11", "--expect", "py3.12=tests,coverage")
    assert done.returncode == 1
    assert "the shard 'py3.12' is missing" in done.stdout


def test_the_same_checkout_writes_the_same_bundle(repo: Repo) -> None:
    leave(repo, "s", "4+ 6+", "++")
    before = {p.name: p.read_bytes() for p in (repo.root / "bundles" / "s").iterdir()}
    leave(repo, "s", "4+ 6+", "++")
    assert {p.name: p.read_bytes() for p in (repo.root / "bundles" / "s").iterdir()} == before


def test_a_bundle_is_judged_elsewhere_without_the_code(repo: Repo, tmp_path: Path) -> None:
    leave(repo, "s", "4+ 6+ 7+ 8+")
    (tmp_path / "elsewhere").mkdir()
    shutil.move(repo.root / "bundles", tmp_path / "elsewhere" / "bundles")
    shutil.rmtree(repo.root)
    code, document = merged(Repo(tmp_path / "elsewhere"))
    assert (code, gates(document)["coverage"]) == (0, "PASS")


def test_the_run_and_its_attempt_are_written_down(repo: Repo) -> None:
    leave(repo, "s", "4+", GITHUB_RUN_ID="12345678901", GITHUB_RUN_ATTEMPT="2")
    manifest = json.loads((repo.root / "bundles" / "s" / "bundle.json").read_bytes())
    assert manifest["run"] == {"id": 12345678901, "attempt": 2}


def test_data_of_coveragepy_is_judged_without_its_sources(tmp_path: Path) -> None:
    code = "def f(x):\n    if x:\n        return 1\n    return 2\n"
    repo = pull_request(
        tmp_path / "p", {"a.py": code, ".gitignore": ".coverage\n"}, {"t.py": "import a\na.f(1)\n"}
    )
    python = [sys.executable, "-m", "coverage"]
    subprocess.run([*python, "run", "--branch", "--include=a.py", "t.py"], cwd=repo.root, check=True)
    run(repo.root, "check", "--warn-only", "--gate", "coverage", "--bundle", "bundles/s")
    whole = json.loads(run(repo.root, "check", "--gate", "coverage", "--format", "json").stdout)
    _, document = merged(repo, "--gate", "coverage")
    assert document["gates"][0]["measures"] == whole["gates"][0]["measures"]
    assert [p.name for p in (repo.root / "bundles/s").iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--bundle", "b/a shard"], "cannot be the name of a shard"),
        (["merge", "nowhere"], "there is no bundle"),
        (["merge", "b", "--expect", "x=nope"], "the policy has no gate 'nope'"),
        (["merge", "b", "--expect", "x", "--gate", "nope"], "the policy has no gate 'nope'"),
        (["merge", "b", "--expect", "x", "--output", "pdf=x"], "must have the form FORMAT=FILE"),
        (["merge"], "Missing argument"),
    ],
)
def test_wrong_arguments_are_exit_code_2(repo: Repo, arguments: list[str], message: str) -> None:
    done = run(repo.root, *arguments)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_a_shard_in_a_folder_with_something_else_is_refused(repo: Repo) -> None:
    done = run(repo.root, "check", "--bundle", "src")
    assert done.returncode == 2
    assert (repo.root / "src" / "a.py").is_file()


FILES, LINES = 60, 400


def many_shards(root: Path, shards: int) -> None:
    """So many bundles, each with the coverage of `FILES` files, branches too, and 500 cases."""
    files = {
        f"src/m{n}.py": " ".join(f"{k}+{'1/2' if k % 10 == 0 else ''}" for k in range(1, LINES))
        for n in range(FILES)
    }
    checkout = root / "checkout"
    texts = {"cov.xml": coverage_reports.cobertura(files), "junit.xml": bundles.junit("+" * 500)}
    evidence = bundles.collected(checkout, texts)
    for n in range(shards):
        bundles.write(root / "bundles" / f"s{n}", evidence, checkout)


PEAK = """
import atexit, sys
from pathlib import Path
atexit.register(lambda: sys.stderr.write(Path("/proc/self/status").read_text()))
from sluicegate.cli.main import run
run()
"""


@needs.linux
@pytest.mark.parametrize("shards", [50, pytest.param(200, marks=pytest.mark.soak)])
def test_many_shards_fit_into_little_memory(tmp_path: Path, shards: int) -> None:
    many_shards(tmp_path, shards)
    arguments = ["merge", "bundles", "--expect-count", str(shards), "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    measures = {g["gate"]: g["measures"] for g in json.loads(done.stdout)["gates"]}
    assert measures["tests"]["tests"] == shards * 500
    assert int(done.stderr.split("VmHWM:")[1].split()[0]) < 200 * 1024
