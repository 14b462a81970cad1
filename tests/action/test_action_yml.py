"""`action.yml`, as GitHub reads it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sluicegate.action.inputs import ActionInputs, variable
from sluicegate.action.judge import OUTPUTS
from support import rig

ACTION = Path(__file__).resolve().parents[2] / "action.yml"


@pytest.fixture(scope="module")
def parsed() -> dict[str, Any]:
    return rig.parse("action", ACTION)


@pytest.fixture(scope="module")
def template(parsed: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = parsed["template"]
    return found


def steps(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from template["runs"]["steps"]


def test_github_s_parser_finds_no_error(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == []


def test_the_schema_of_action_files_is_met() -> None:
    tool = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-actions",
        str(ACTION),
    ]
    done = subprocess.run(tool, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout


def test_the_inputs_are_the_fields_of_the_settings(template: dict[str, Any]) -> None:
    assert list(template["inputs"]) == [f.name.replace("_", "-") for f in fields(ActionInputs)]


def test_the_defaults_are_those_of_the_settings(template: dict[str, Any]) -> None:
    for item in fields(ActionInputs):
        if item.name == "token":
            continue
        default = template["inputs"][item.name.replace("_", "-")]["default"]
        if isinstance(item.default, bool):
            assert default == str(item.default).lower()
        else:
            assert default == (item.default or "")


def test_the_token_is_the_job_s_own_by_default(template: dict[str, Any]) -> None:
    assert template["inputs"]["token"]["default"] == {"$expression": "github.token"}


def test_the_outputs_are_those_that_the_last_step_writes(template: dict[str, Any]) -> None:
    assert tuple(template["outputs"]) == OUTPUTS
    for name, output in template["outputs"].items():
        assert output["value"] == {"$expression": f"steps.check.outputs.{name}"}


def test_every_input_and_output_is_described(template: dict[str, Any]) -> None:
    for item in (*template["inputs"].values(), *template["outputs"].values()):
        assert item["description"].endswith((".", ")", "`"))


def test_no_script_has_an_expression_inside(template: dict[str, Any]) -> None:
    for step in steps(template):
        assert isinstance(step["run"], str)
        assert "${{" not in step["run"]


def test_every_step_runs_in_bash_and_uses_nothing_of_others(template: dict[str, Any]) -> None:
    assert {step.get("shell") for step in steps(template)} == {"bash"}
    assert not [step for step in steps(template) if "uses" in step]


def test_every_input_reaches_a_step_under_its_variable(template: dict[str, Any]) -> None:
    passed = {k: v for step in steps(template) for k, v in step["env"].items() if k.startswith("INPUT_")}
    expected = {
        variable(f.name): {"$expression": f"inputs.{f.name.replace('_', '-')}"} for f in fields(ActionInputs)
    }
    assert passed == expected


def test_every_program_takes_the_place_of_its_shell_so_that_it_is_asked_to_end(
    template: dict[str, Any],
) -> None:
    programs = [s["run"] for s in steps(template) if '"$SLUICEGATE_PYTHON"' in s["run"]]
    assert len(programs) == len(list(steps(template))) - 1  # all but the one that looks for a Python
    assert all(run.startswith('exec "$SLUICEGATE_PYTHON" -I -m sluicegate.action.') for run in programs)


def test_only_fetching_and_publishing_are_given_the_token(template: dict[str, Any]) -> None:
    given = [step["name"] for step in steps(template) if "INPUT_TOKEN" in step["env"]]
    assert given == [
        "Fetch base, presets, approvals and ledger",
        "Record and publish the report",
    ]


def test_the_report_is_published_whatever_the_verdict_but_not_when_cancelled(parsed: dict[str, Any]) -> None:
    wanted = "!cancelled() && inputs.bundle == '' && (inputs.report || steps.check.outputs.report-json)"
    assert parsed["steps"][-1]["if"] == wanted


def test_only_a_push_is_recorded_and_of_another_branch_only_where_the_input_says_so(
    template: dict[str, Any],
) -> None:
    (asked,) = [s["env"]["SLUICEGATE_RECORD"] for s in steps(template) if "SLUICEGATE_RECORD" in s["env"]]
    branch = "format('refs/heads/{0}', github.event.repository.default_branch)"
    where = f"inputs.ledger == 'record' || inputs.ledger == 'auto' && github.ref == {branch}"
    assert " ".join(asked["$expression"].split()) == f"github.event_name == 'push' && ({where})"


def test_the_step_that_judges_has_no_token(template: dict[str, Any]) -> None:
    (judging,) = [step for step in steps(template) if step.get("id") == "check"]
    assert not [name for name in judging["env"] if "TOKEN" in name]


def test_it_has_an_icon_and_a_colour(template: dict[str, Any]) -> None:
    assert template["branding"].keys() == {"icon", "color"}
