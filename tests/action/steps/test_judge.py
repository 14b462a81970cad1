"""The Action's last step, in this process; the whole Action is tested in tests/action."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sluicegate.action import judge as action
from sluicegate.action.judge import FILES, OUTPUTS, checked_job, options
from sluicegate.core.errors import ExitCode, UsageError
from support.composite import file_commands, obeyed
from support.pullrequest import Files, write
from support.repo import repository
from support.uses import BAD, GOOD

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the step on files in a folder, with inputs as keyword arguments; gives its exit code."""

    def step(files: Files, **inputs: str) -> int:
        workspace = tmp_path / "work"
        write(workspace, {"README.md": "# App\n", **files})
        for name in [n for n in os.environ if n.startswith(("GITHUB_", "INPUT_", "RUNNER_", "GIT_"))]:
            monkeypatch.delenv(name)
        variables = {
            **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
            "GITHUB_WORKSPACE": str(workspace),
            "RUNNER_TEMP": str(tmp_path / "temp"),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        for name in ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"):
            monkeypatch.setenv(name, "0")  # so that what the step sets is undone
            monkeypatch.delenv(name)
        monkeypatch.chdir(workspace)
        return action.main(os.environ)

    return step


def outputs(tmp_path: Path) -> dict[str, str]:
    return file_commands((tmp_path / "output").read_text(encoding="utf-8"))


def test_a_good_build_exits_with_0_and_sets_every_output(run: Run, tmp_path: Path) -> None:
    assert run(GOOD, gate="tests\ncoverage") == ExitCode.OK
    assert tuple(outputs(tmp_path)) == OUTPUTS
    assert outputs(tmp_path)["tests"] == "3"


def test_a_bad_build_exits_with_1_and_says_why(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(BAD, gate="tests") == ExitCode.BLOCKED
    said = list(obeyed(capsys.readouterr().out))
    assert "::group::FAIL  tests  pass_rate 66.67%25" in said
    assert any(line.startswith("::error ") for line in said)
    assert (tmp_path / "summary").read_text(encoding="utf-8").startswith("## ")


def test_a_job_that_was_skipped_blocks_where_the_results_are_handed_over(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    needs = '{"build": {"result": "success", "outputs": {}}, "test": {"result": "skipped", "outputs": {}}}'
    assert run(GOOD, needs=needs) == ExitCode.BLOCKED
    assert "the job 'test' was skipped, and the plan does not say so" in capsys.readouterr().out


def test_the_reports_are_the_four_formats(run: Run, tmp_path: Path) -> None:
    run(GOOD, gate="tests")
    folder = tmp_path / "temp" / "sluicegate" / "report"
    assert sorted(p.name for p in folder.iterdir()) == ["badges", *sorted(FILES.values())]
    assert (folder / "badges" / "tests-pass_rate.svg").is_file()
    assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["status"] == "PASS"


def test_a_second_use_in_a_job_keeps_the_first_one_s_reports(run: Run, tmp_path: Path) -> None:
    run(GOOD, gate="tests")
    run(GOOD, gate="tests")
    assert sorted(p.name for p in (tmp_path / "temp" / "sluicegate").iterdir()) == ["report", "report-2"]


def test_reports_that_cannot_be_written_are_said_and_change_nothing(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "temp").write_text("a file where the folder should be", encoding="utf-8")
    assert run(BAD, gate="tests") == ExitCode.BLOCKED
    assert "report.json could not be written" in capsys.readouterr().out
    assert (outputs(tmp_path)["report-json"], outputs(tmp_path)["status"]) == ("", "BLOCKED")


def test_an_error_of_the_user_is_one_annotation(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(GOOD, gate="covrage") == ExitCode.USAGE
    (error,) = obeyed(capsys.readouterr().out)
    assert "Perhaps you meant 'coverage'" in error


def test_a_bug_of_ours_is_no_traceback_but_a_log(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("::error::no")

    monkeypatch.setattr(action, "check", broken)
    assert run(GOOD) == ExitCode.BUG
    said = capsys.readouterr()
    assert "::error title=Sluicegate::This is a bug of Sluicegate" in said.out
    log = Path(said.err.rsplit("log: ", 1)[1].strip())
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")
    log.unlink()


def test_the_inputs_become_the_check_s_options(tmp_path: Path) -> None:
    names = {
        "POLICY": "p.yml",
        "GATE": "tests",
        "BASE": "main",
        "BASELINE": "b.json",
        "EVIDENCE": "a.xml\ntests=b.xml",
    }
    variables = {f"INPUT_{k}": v for k, v in names.items()} | {"GITHUB_WORKSPACE": str(tmp_path)}
    found = options(checked_job(variables))
    assert (found.policy, found.gates, found.base, found.baseline) == ("p.yml", ("tests",), "main", "b.json")
    assert (found.evidence, found.directory) == (("a.xml", "tests=b.xml"), tmp_path)


def test_a_folder_that_is_not_there_is_the_user_s_error(tmp_path: Path) -> None:
    variables = {"GITHUB_WORKSPACE": str(tmp_path), "INPUT_WORKING_DIRECTORY": "no/such"}
    with pytest.raises(UsageError, match="working-directory: no/such: there is no such folder"):
        checked_job(variables)


def test_a_submodule_is_not_judged_for_the_repository_that_holds_it(tmp_path: Path) -> None:
    part = repository(tmp_path / "part", {"sluicegate.yml": "extends: legacy\n"})
    repo = repository(tmp_path / "work", {"a.py": ""})
    repo.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(part.root), "packages/app"
    )
    repo.commit({})
    with pytest.raises(UsageError, match="in a submodule") as caught:
        action.refuse_submodule(repo.root / "packages" / "app", repo.root)
    assert caught.value.where == "working-directory: packages/app"


def test_a_checkout_beside_others_in_the_workspace_is_judged(tmp_path: Path) -> None:
    repository(tmp_path / "work" / "project", {"a.py": ""})
    action.refuse_submodule(tmp_path / "work" / "project", tmp_path / "work")
    repo = repository(tmp_path / "whole", {"sub/a.py": ""})
    action.refuse_submodule(repo.root / "sub", repo.root)
