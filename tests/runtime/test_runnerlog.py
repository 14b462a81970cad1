"""On a runner no line that a command prints is taken for a workflow command, whatever strangers wrote."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sluicegate.cli import main
from sluicegate.runtime import commands
from sluicegate.runtime.runnerlog import RunnerLog, guard
from support.composite import obeyed
from support.repo import repository
from support.templates import copied, refresh

SET = "::set-output name=x::y"
OLD = "##[error]x"
PIECES = st.lists(
    st.sampled_from([":", "::", "#", "##", "[", "##[", " ", "\t", "\n", "\r\n", "x", "é", SET, OLD])
)


def logged(*pieces: str) -> str:
    """What stands in the log when the pieces were written one after another."""
    stream = io.BytesIO()
    log = RunnerLog(stream, "utf-8", newline="")
    for piece in pieces:
        log.write(piece)
        log.flush()
    return stream.getvalue().decode()


@given(PIECES)
@example([":", ":error::x"])
@example(["#", "#", "[error]"])
@example([" \t", "::x"])
def test_no_line_is_a_command_however_it_is_written(pieces: list[str]) -> None:
    assert list(obeyed(logged(*pieces))) == []


@given(PIECES)
def test_it_does_not_matter_in_how_many_pieces(pieces: list[str]) -> None:
    assert logged(*pieces) == logged("".join(pieces))


@given(st.text())
def test_what_is_no_command_is_left_as_it_is(text: str) -> None:
    whole = text.encode("utf-8", "replace").decode()
    if not list(obeyed(whole)) and "##[" not in whole and "::" not in whole:
        assert logged(whole) == whole


@given(st.dictionaries(st.text(), st.sampled_from((OLD, SET, f"a {OLD}")) | st.text()))
@example({"name": OLD, SET: SET})
def test_json_means_the_same(value: object) -> None:
    assert json.loads(logged(json.dumps(value, indent=1))) == value


def test_our_own_commands_are_obeyed() -> None:
    stream = io.BytesIO()
    log = RunnerLog(stream, "utf-8", newline="")
    log.write("half a line")
    commands.notice("told", out=log)
    commands.show(SET, out=log)
    assert list(obeyed(stream.getvalue().decode())) == ["::notice title=Sluicegate::told"]


def test_a_file_and_a_terminal_at_home_are_left_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdout", file)
        guard({"GITHUB_ACTIONS": "true"})
        assert sys.stdout is file
    pipe = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", pipe)
    guard({})
    assert sys.stdout is pipe


# --- every command ------------------------------------------------------------------------------

Run = Callable[..., str]


class Kept(io.BytesIO):
    """What a program printed, also when its streams are gone."""

    def close(self) -> None:
        """Nothing: the text is still to be read."""


FAILURE = f'<failure message="{SET}">{OLD}&#10;{SET}</failure>'
CASE = f'<testcase name="{SET}" classname="{OLD}" file="a.py">{FAILURE}</testcase>'
BENCHMARKS = {
    "schema": "sluicegate.benchmarks/1",
    "benchmarks": [{"name": name, "unit": "ms", "samples": [2, 3]} for name in (SET, OLD, f"{SET} long")],
    "removed": [f"{SET} gone"],
}
WAIVER = f'{{gate: tests, rule: "{SET}", reason: "{OLD}", owner: "{SET}", expires: 2999-01-01}}'
POLICY = f"""
components: {{"x": {{paths: ["{SET}/**"]}}}}
gates:
  tests: {{criteria: [{{id: "x", expect: failed == 0}}]}}
  performance: {{criteria: ['benchmark["*"].p95 <= 1ms']}}
  size: {{run: "echo '{SET}'; echo '{OLD}' >&2; exit 3", measures: {{total: KiB}}, criteria: [total <= 1KiB]}}
waivers: [{WAIVER}]
"""
LEDGER = "--dir=../ledger"
LINES: dict[str, list[list[str]]] = {
    "check": [
        ["check", "--verbose", "--bundle=../bundle"],
        *(["check", f"--format={name}"] for name in ("markdown", "json", "sarif", "html")),
        ["check", "--policy", SET],
    ],
    "merge": [["merge", "--preset=standard", "../bundle"], ["merge", SET]],
    "plan": [["plan"], ["plan", "--format=json"]],
    "explain": [["explain", "tests"], ["explain", "performance"], ["explain", SET]],
    "validate": [["validate"], ["validate", "--format=json"], ["validate", SET]],
    "badge": [["badge", "../report.json", f"--output={SET}"], ["badge", SET]],
    "ledger": [
        ["ledger", "record", "../report.json", LEDGER],
        ["ledger", "log", LEDGER],
        ["ledger", "show", "HEAD", LEDGER],
        ["ledger", "show", SET, LEDGER],
        ["ledger", "verify", LEDGER],
    ],
    "rollout": [
        ["rollout", "list", LEDGER],
        ["rollout", "status", SET, LEDGER],
        ["rollout", "validate"],
        ["rollout", "rollback", SET, LEDGER],
    ],
    "release": [
        ["release", "plan", SET, "--at", "2026-12-01T10:00+01:00", LEDGER],
        ["release", "status", SET, LEDGER],
        ["release", "signoffs", SET, LEDGER],
        ["release", "history", SET, LEDGER],
        ["release", "verify", SET, LEDGER],
        ["release", "impact"],
        ["release", "impact", SET],
    ],
    "trend": [
        ["trend", "--ledger=../ledger"],
        ["trend", f'performance.benchmark["{SET}"].p95', "--ledger=../ledger"],
        ["trend", SET, "--ledger=../ledger"],
    ],
    "bench": [
        [
            "bench",
            "--base=HEAD",
            "--reads=b.json",
            "--max-rounds=2",
            "--pairs-per-round=1",
            "--warmup=0",
            "cp",
            "bench.json",
            "b.json",
        ],
        ["bench", "--base=HEAD", "--shell=bash", f"echo '{SET}'; echo '{OLD}' >&2; exit 1"],
        ["bench", "--base", SET, "true"],
    ],
    "init": [["init", "--dry-run"]],
    "schema": [["schema", "policy"], ["schema", SET]],
    "completion": [["completion", "bash"], ["completion", SET]],
    "fetch": [["fetch", "--policy", SET]],
    "subject": [["subject", SET]],
    "approvals": [["approvals", "--output", SET]],
    "publish": [["publish", SET]],
}


def set_up(root: Path) -> None:
    """A repository full of commands, with what a run left."""
    committed = {"sluicegate.yml": POLICY, "a.py": "x = 1\n", ".gitignore": "reports/\n"}
    committed["bench.json"] = json.dumps(BENCHMARKS)
    made = repository(root / SET, committed)
    (made.root / "reports").mkdir()
    (made.root / "reports/junit.xml").write_text(f'<testsuite name="{SET}">{CASE}</testsuite>', "utf-8")
    (made.root / "reports/bench.json").write_text(json.dumps(BENCHMARKS), "utf-8")


def program(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Run:
    """Runs a command line as a program does, in a folder; what it printed."""
    monkeypatch.chdir(folder)
    for name in ("GITHUB_EVENT_PATH", "GITHUB_EVENT_NAME", "GITHUB_TOKEN", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(main, "prepare", lambda: None)  # the handlers of signals are this test run's

    def call(*arguments: str, on_runner: bool = True) -> str:
        monkeypatch.setenv("GITHUB_ACTIONS", str(on_runner).lower())
        stream = Kept()
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, "utf-8", newline="", write_through=True))
        monkeypatch.setattr(sys, "argv", ["sluicegate", *arguments])
        with suppress(SystemExit):
            main.run()
        sys.stdout.flush()
        sys.stderr.flush()
        return stream.getvalue().decode()

    return call


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line in a repository that has been judged and recorded."""
    copied("full of commands, judged", tmp_path, judge_and_record)
    refresh(tmp_path / SET)
    return program(monkeypatch, tmp_path / SET)


def judge_and_record(root: Path) -> str:
    """Fill a folder with the repository, its report, its bundle and its ledger; what the check printed."""
    set_up(root)
    with pytest.MonkeyPatch.context() as patched:
        run = program(patched, root / SET)
        said = run("check", "--output=json=../report.json", "--bundle=../bundle")
        run("ledger", "record", "../report.json", LEDGER)
    return said


@pytest.mark.slow
def test_the_judged_repository_is_blocked(tmp_path: Path) -> None:
    assert "BLOCKED" in copied("full of commands, judged", tmp_path, judge_and_record)


@pytest.mark.slow
@pytest.mark.parametrize("name", main.COMMANDS)
def test_of_every_command_no_line_is_obeyed(run: Run, name: str) -> None:
    for line in LINES[name]:
        said = run(*line)
        assert said, line
        assert list(obeyed(said)) == [], line


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES["bench"][:2])
def test_without_that_the_same_lines_would_be_obeyed(run: Run, line: list[str]) -> None:
    assert list(obeyed(run(*line, on_runner=False)))
