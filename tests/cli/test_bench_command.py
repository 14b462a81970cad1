"""The command line in this process: what is printed, written, and refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sluicegate.cli.bench import command
from sluicegate.core.errors import EngineError, UsageError, WorldError
from support.benching import REPORT, Benched, benched, needs_posix

pytestmark = needs_posix


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Benched:
    """The current folder."""
    made = benched(tmp_path, {"x": "1\n"}, {"y": "1\n"})
    monkeypatch.setattr("tempfile.tempdir", str(made.temporary))
    monkeypatch.chdir(made.root)
    for name in [n for n in os.environ if n.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    return made


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["--base", "main", "--max-rounds", "1", *arguments])


def test_the_table_goes_to_standard_output_and_the_rest_beside_it(made: Benched) -> None:
    done = bench("--seed", "5", "--name", "own", "--", "true")
    assert done.exit_code == 0, done.output
    assert "own" in done.stdout
    assert done.stderr == "seed of the order: 5\nevidence: reports/benchmarks.json\n"
    assert made.evidence()["plan"]["seed"] == 5


def test_the_evidence_itself_is_no_change_of_the_head(made: Benched) -> None:
    (made.root / "new").write_text("1\n")
    bench("--output", "evidence.json", "--", "test", "!", "-e", "evidence.json")
    evidence = json.loads((made.root / "evidence.json").read_text())
    assert evidence["head"]["ref"] == "dirty: 1 file not as committed"
    assert "problems" not in evidence


def test_a_failure_stands_in_the_evidence_and_ends_it(made: Benched) -> None:
    done = bench("--setup", "echo why; exit 4", "--", "true")
    assert isinstance(done.exception, EngineError)
    assert done.stderr.splitlines()[-1] == "why"
    (problem,) = made.evidence()["problems"]
    assert problem == {
        "message": "the set-up of the base ended with exit code 4",
        "remedy": "Its output ends with: why",
    }


def test_what_did_not_end_is_in_the_evidence(made: Benched) -> None:
    (made.root / "reports").mkdir()
    (made.root / REPORT).write_text("of an earlier run")
    assert isinstance(bench("--", "no-such-program").exception, UsageError)
    (problem,) = json.loads((made.root / REPORT).read_text())["problems"]
    assert problem["message"] == "the benchmarks were not measured to their end"


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("--reads", "a", "--command", "x", "--command", "y"), "--reads"),
        (("--min-rounds", "2", "--", "true"), "--min-rounds"),
        (("--max-time", "never", "--", "true"), "--max-time"),
        (("--from-head", "/", "--", "true"), "--from-head"),
    ],
)
def test_options_that_contradict_each_other_touch_nothing(
    made: Benched, arguments: tuple[str, ...], place: str
) -> None:
    error = bench(*arguments).exception
    assert isinstance(error, UsageError)
    assert error.where == place
    assert not (made.root / REPORT).exists()


def test_evidence_that_cannot_be_written_is_said_before_anything_runs(made: Benched) -> None:
    error = bench("--output", "x/y.json", "--setup", "touch ran", "--", "true").exception
    assert isinstance(error, WorldError)
    assert error.where == "x/y.json"
    assert not (made.root / "ran").exists()


def test_options_of_the_command_are_its_own(made: Benched) -> None:
    assert bench("true", "--base", "nowhere", "-v").exit_code == 0
    assert made.evidence()["benchmarks"][0]["name"] == "true --base nowhere -v"


def test_windows_is_refused_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluicegate.cli.bench.WINDOWS", True)
    assert isinstance(bench("--", "true").exception, WorldError)
