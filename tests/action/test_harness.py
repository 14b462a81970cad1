"""The runner of composite actions that the other tests stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.composite import Job, Result, file_commands, obeyed

HEAD = "name: x\ndescription: x\n"


def use(tmp_path: Path, text: str, **inputs: str) -> Result:
    action = tmp_path / "an action"
    action.mkdir()
    (action / "action.yml").write_text(HEAD + text, encoding="utf-8")
    workspace = tmp_path / "work"
    workspace.mkdir()
    return Job(action, workspace, tmp_path / "temp").run(**inputs)


def test_outputs_of_a_step_reach_the_next_and_the_job(tmp_path: Path) -> None:
    result = use(
        tmp_path,
        """
inputs: {who: {default: "${{ github.event_name }}"}}
outputs: {said: {value: "${{ steps.two.outputs.said }}"}}
runs:
  using: composite
  steps:
    - {id: one, shell: bash, run: 'echo "word=hello" >> "$GITHUB_OUTPUT"'}
    - id: two
      shell: bash
      env: {WORD: "${{ steps.one.outputs.word }}, ${{ inputs.who }}"}
      run: echo "said=$WORD" >> "$GITHUB_OUTPUT"
""",
    )
    assert result.outputs == {"said": "hello, workflow_dispatch"}


def test_a_failed_step_skips_the_next_but_not_those_that_always_run(tmp_path: Path) -> None:
    result = use(
        tmp_path,
        """
runs:
  using: composite
  steps:
    - {shell: bash, run: "false; echo no"}
    - {shell: bash, run: echo two}
    - {shell: bash, if: always(), run: echo three}
    - {shell: bash, if: "!cancelled()", run: echo four}
    - {shell: bash, if: "failure() && github.event_name == 'push'", run: echo five}
""",
    )
    assert result.conclusion == "failure"
    assert result.log.split() == ["three", "four"]


def test_environment_and_path_are_carried_on(tmp_path: Path) -> None:
    result = use(
        tmp_path,
        """
runs:
  using: composite
  steps:
    - {shell: bash, run: 'echo "A=b c" >> "$GITHUB_ENV"; echo "/my/bin" >> "$GITHUB_PATH"'}
    - {shell: bash, run: 'echo "$A ${PATH%%:*}"'}
""",
    )
    assert result.log == "b c /my/bin\n"


def test_a_pipe_that_fails_fails_the_step(tmp_path: Path) -> None:
    text = "runs: {using: composite, steps: [{shell: bash, run: 'false | true'}]}"
    assert use(tmp_path, text).conclusion == "failure"


def test_an_unknown_input_is_refused(tmp_path: Path) -> None:
    text = "runs: {using: composite, steps: [{shell: bash, run: 'true'}]}"
    with pytest.raises(ValueError, match="Unexpected input"):
        use(tmp_path, text, nonsense="x")


def test_a_file_that_github_would_refuse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="runs"):
        use(tmp_path, "runz: {}")


def test_both_notations_of_outputs_are_read() -> None:
    assert file_commands("a=1\nb<<E\n2\n3\nE\nc=x=y\n") == {"a": "1", "b": "2\n3", "c": "x=y"}


@pytest.mark.parametrize("text", ["nonsense", "a<<E\n1\n"])
def test_outputs_that_the_runner_refuses_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"delimiter|invalid"):
        file_commands(text)


def test_stopped_commands_are_not_obeyed() -> None:
    log = "::group::a\n::stop-commands::t\n::error::x\n::t::\n ::notice::y\ntext ::error::z\n"
    assert list(obeyed(log)) == ["::group::a", "::notice::y"]
