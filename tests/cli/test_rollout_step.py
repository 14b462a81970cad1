"""The inputs of the Action `rollout` as a command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.cli.rollout import command
from sluicegate.cli.rollout_step import OPTIONS, arguments, step
from sluicegate.core.errors import UsageError
from support import rig
from support.examples import at_most
from support.workflows import ROOT

ACTION = ROOT / "rollout" / "action.yml"


def of(**inputs: str) -> list[str]:
    """The command line of inputs (`without_go` is `without-go`)."""
    return arguments({f"INPUT_{name.upper()}": value for name, value in inputs.items()})


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    parsed = rig.parse("action", ACTION)
    assert parsed["errors"] == []
    found: dict[str, Any] = parsed["template"]
    return found


def test_a_command_gets_its_own_inputs() -> None:
    assert of(command="tick", name="") == ["rollout", "tick"]
    assert of(command="promote", name="x", to="25%", full="false", reason="-r") == [
        "rollout", "promote", "--to=25%", "--reason=-r", "--", "x",
    ]  # fmt: skip
    assert of(command="promote", name="x", full="true", reason="y")[2:4] == ["--full", "--reason=y"]
    assert of(command="start", name="x", without_go="y", ledger_ref="refs/z") == [
        "rollout", "start", "--without-go=y", "--ref=refs/z", "--", "x",
    ]  # fmt: skip
    assert of(command="comment", ask="true") == ["rollout", "comment", "--ask"]
    assert of(command="resume", name="x", full="false", ask="false", dry_run="true") == [
        "rollout", "resume", "--dry-run", "--", "x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({"command": ""}, "the input 'command' is ''"),
        ({"command": "tick; ls"}, "the input 'command' is 'tick; ls'"),
        ({"command": "resume", "to": "25%"}, "the input 'to' is not one of 'resume'"),
        ({"command": "pause", "full": "true"}, "the input 'full' is not one of 'pause'"),
        ({"command": "comment", "name": "x"}, "the input 'name' is not one of 'comment'"),
        ({"command": "tick", "dry_run": "yes"}, "the input 'dry-run' is 'yes'"),
    ],
)
def test_an_input_that_is_not_its_own_is_refused(inputs: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why.replace("(", r"\(")):
        of(**inputs)


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
@settings(max_examples=at_most(60))
def test_no_text_of_an_input_becomes_an_option(name: str, reason: str) -> None:
    words = of(command="rollback", name=name, reason=reason)
    assert words == ["rollout", "rollback", f"--reason={reason}", "--", name]


def test_a_wrong_input_is_an_error_for_the_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    given = {"GITHUB_WORKSPACE": str(tmp_path), "INPUT_COMMAND": "status", "INPUT_FOR": "1h"}
    assert step(given) == 2
    assert "::error title=Sluicegate::the input 'for' is not one of 'status'" in capsys.readouterr().out
    assert (tmp_path / "output").read_text(encoding="utf-8") == "exit=2\n"
    assert step({**given, "INPUT_WORKING_DIRECTORY": "nowhere"}) == 2
    assert "working-directory: there is no such folder" in capsys.readouterr().out


# --- the file ----------------------------------------------------------------------------------


def test_the_inputs_are_those_of_the_step(template: dict[str, Any]) -> None:
    others = {"command", "working-directory", "token", "python", "extras"}
    assert set(template["inputs"]) == {*OPTIONS, *others}
    passed = template["runs"]["steps"][1]["env"]
    for name in set(template["inputs"]) - {"token", "python", "extras"}:
        assert passed[f"INPUT_{name.upper().replace('-', '_')}"] == {"$expression": f"inputs.{name}"}
    assert passed["GITHUB_TOKEN"] == {"$expression": "inputs.token"}


def test_every_input_is_an_option_of_a_command() -> None:
    known = {option for one in command.commands.values() for p in one.params for option in p.opts}
    assert {f"--{name}" for name in OPTIONS} - {"--name", "--ledger-ref"} <= known


def test_no_script_has_an_expression_inside(template: dict[str, Any]) -> None:
    assert all(isinstance(one["run"], str) for one in template["runs"]["steps"])


def test_the_set_up_is_that_of_the_other_action(template: dict[str, Any]) -> None:
    own = template["runs"]["steps"][0]
    other = rig.parse("action", ROOT / "action.yml")["template"]["runs"]["steps"][0]
    line = 'export GITHUB_ACTION_PATH="$GITHUB_ACTION_PATH/.." # of the whole repository\n'
    assert own["run"] == line + other["run"]
    extras = {"INPUT_EXTRAS": {"$expression": "inputs.extras"}}
    assert (own["env"], own["shell"]) == ({**other["env"], **extras}, other["shell"])


def test_every_input_and_output_is_described(template: dict[str, Any]) -> None:
    for item in (*template["inputs"].values(), *template["outputs"].values()):
        assert item["description"].endswith((".", ")"))
