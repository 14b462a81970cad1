"""`validate`, `schema`, `explain` and `init` as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sluicegate.bundle.layout import bundle_schema
from sluicegate.cli.main import COMMANDS, main
from sluicegate.evidence.benchmarks.native_document import native_schema
from sluicegate.policy.catalogue import gate_names
from sluicegate.policy.schema import policy_schema
from sluicegate.report.document import report_schema
from support.policies import SOURCES, sluicegate
from support.repo import repository

MINE = ("validate", "schema", "explain", "init")


def policy_file(root: Path, text: str) -> Path:
    path = root / "sluicegate.yml"
    path.write_text(text, encoding="utf-8")
    return path


def invoke(monkeypatch: pytest.MonkeyPatch, where: Path, *arguments: str) -> str:
    monkeypatch.chdir(where)
    result = CliRunner().invoke(main, arguments, standalone_mode=False)
    assert result.exception is None, result.exception
    return result.stdout


@pytest.mark.parametrize("name", MINE)
def test_every_command_has_help_with_examples_or_exit_codes(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage: " in result.output
    assert len(result.output.splitlines()) > 8
    assert COMMANDS[name]


def test_the_frame_of_the_command_line_loads_neither_pydantic_nor_yaml() -> None:
    code = "import sys, sluicegate.cli.main; print([m for m in ('pydantic', 'yaml') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


# --- validate ----------------------------------------------------------------------------------


def test_validate_prints_what_a_policy_resolves_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy_file(tmp_path, "gates: {coverage: {}}\n")
    output = invoke(monkeypatch, tmp_path, "validate")
    assert output.startswith("sluicegate.yml: OK\n")
    assert "  coverage       required\n" in output


def test_validate_without_a_file_speaks_of_the_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke(monkeypatch, tmp_path, "validate").startswith("the preset 'standard': OK\n")


def test_validate_prints_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(invoke(monkeypatch, tmp_path, "validate", "--format", "json"))
    assert len(document["gates"]) == len(gate_names())


@pytest.mark.slow
def test_validate_shows_every_error_one_a_line_and_exits_with_2(tmp_path: Path) -> None:
    policy_file(tmp_path, "gates:\n  covrage: {}\n  lint: {critera: []}\n")
    done = sluicegate(tmp_path, "validate")
    assert done.returncode == 2
    assert done.stdout == ""
    first, second, count = done.stderr.splitlines()
    assert first.startswith("sluicegate: error: sluicegate.yml:2:3: unknown gate 'covrage'. Perhaps you")
    assert second.endswith("sluicegate.yml:3:10: unknown key 'critera'. Perhaps you meant 'criteria'.")
    assert count == "sluicegate: 2 errors in the policy"


@pytest.mark.slow
@pytest.mark.parametrize("data", [b"\xff\xfe", b"a: &a [*a, *a]\n", b"[" * 100_000, b"\x00" * 2_000_000, b""])
def test_validate_of_hostile_files_is_no_traceback(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "p.yml").write_bytes(data)
    done = sluicegate(tmp_path, "validate", "p.yml")
    assert done.returncode == 2
    assert done.stderr.startswith("sluicegate: error: p.yml")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_validate_of_a_missing_file_exits_with_2(tmp_path: Path) -> None:
    done = sluicegate(tmp_path, "validate", "nope.yml")
    assert (done.returncode, "nope.yml: does not exist" in done.stderr) == (2, True)


# --- schema ------------------------------------------------------------------------------------


def test_schema_prints_the_schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(invoke(monkeypatch, tmp_path, "schema")) == policy_schema()
    assert json.loads(invoke(monkeypatch, tmp_path, "schema", "policy")) == policy_schema()
    assert json.loads(invoke(monkeypatch, tmp_path, "schema", "report")) == report_schema()
    assert json.loads(invoke(monkeypatch, tmp_path, "schema", "bundle")) == bundle_schema()
    assert json.loads(invoke(monkeypatch, tmp_path, "schema", "benchmarks")) == native_schema()


# --- explain -----------------------------------------------------------------------------------


def test_explain_speaks_of_the_policy_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy_file(tmp_path, "gates: {coverage: {criteria: [total >= 77%]}}\n")
    assert "'total' must be at least 77%" in invoke(monkeypatch, tmp_path, "explain", "coverage")


@pytest.mark.slow
def test_explain_of_what_does_not_exist_exits_with_2(tmp_path: Path) -> None:
    done = sluicegate(tmp_path, "explain", "covrage")
    assert done.returncode == 2
    assert "Perhaps you meant 'coverage'" in done.stderr


# --- init --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_init_writes_once_and_what_it_wrote_is_valid(tmp_path: Path) -> None:
    repository(tmp_path, {"pyproject.toml": '[project]\nname = "x"\n', "tests/test_x.py": ""})
    first = sluicegate(tmp_path, "init")
    assert first.returncode == 0
    assert "wrote sluicegate.yml\nwrote .github/workflows/sluicegate.yml\n\nNext:\n" in first.stdout
    assert sluicegate(tmp_path, "validate").returncode == 0
    again = sluicegate(tmp_path, "init")
    assert again.returncode == 0
    assert "kept  sluicegate.yml\n" in again.stdout


@pytest.mark.slow
def test_init_never_overwrites(tmp_path: Path) -> None:
    policy_file(tmp_path, "extends: strict\n")
    done = sluicegate(tmp_path, "init")
    assert done.returncode == 2
    assert "sluicegate.yml: exists already and is never overwritten" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["sluicegate.yml"]


def test_init_in_a_folder_of_a_project_writes_at_its_top(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(tmp_path, {"src/x/__init__.py": "", "setup.py": ""})
    output = invoke(monkeypatch, tmp_path / "src" / "x", "init", "--preset", "legacy")
    assert "extends: legacy\n" in (tmp_path / "sluicegate.yml").read_text(encoding="utf-8")
    assert f"the project is {tmp_path}\n" in output
    assert "wrote ../../sluicegate.yml\nwrote ../../.github/workflows/sluicegate.yml\n" in output
    assert "Read ../../sluicegate.yml;" in output
    assert "Merge it: the push to main records the first baseline." in output


def test_init_in_a_project_of_a_monorepo_writes_its_policy_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixture = {"packages/api/tests/reports/junit.xml": "<testsuites/>"}
    repository(tmp_path, {"packages/api/setup.py": "", "setup.py": "", **fixture})
    api = tmp_path / "packages" / "api"
    (api / "junit.xml").write_text(
        '<testsuite name="pytest"><testcase name="a"/></testsuite>', encoding="utf-8"
    )
    output = invoke(monkeypatch, api, "init")
    assert "found reports: junit.xml\n" in output
    assert "wrote sluicegate.yml\nwrote ../../.github/workflows/sluicegate-packages-api.yml\n" in output
    assert "--junitxml=junit.xml" in output
    assert "the check 'Quality gate (packages/api)' required" in output
    assert (api / "sluicegate.yml").is_file()
    assert not (tmp_path / "sluicegate.yml").exists()
    assert "kept  sluicegate.yml\n" in invoke(monkeypatch, api, "init")
    assert "wrote sluicegate.yml\nwrote .github/workflows/sluicegate.yml\n" in invoke(
        monkeypatch, tmp_path, "init"
    )


def test_a_dry_run_prints_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = invoke(monkeypatch, tmp_path, "init", "--dry-run")
    assert "--- sluicegate.yml\n" in output
    assert "--- .github/workflows/sluicegate.yml\n" in output
    assert list(tmp_path.iterdir()) == []
