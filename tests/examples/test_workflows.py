"""The workflows, this project's own and those that users copy: what the tools of others say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import rig
from support.workflows import EXAMPLES, OWN, ROOT, Workflow, all_jobs, gate_steps, rollout_steps

ZIZMOR = ROOT / ".github" / "zizmor.yml"
every = pytest.mark.parametrize("path", [*OWN, *EXAMPLES], ids=lambda p: p.name)


@every
def test_github_s_parser_finds_no_error(path: Path) -> None:
    assert rig.parse("workflow", path)["errors"] == []


@every
def test_actionlint_finds_nothing(path: Path) -> None:
    assert rig.lint(path) == []


def test_the_schema_of_workflows_is_met() -> None:
    tool = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run(
        [*tool, *map(str, (*OWN, *EXAMPLES))], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout


def test_zizmor_finds_nothing(tmp_path: Path) -> None:
    place = tmp_path / ".github" / "workflows"
    place.mkdir(parents=True)
    copies = [Path(shutil.copy(path, place)) for path in (*OWN, *EXAMPLES)]
    (tmp_path / "rollout").mkdir()
    copies += [
        Path(shutil.copy(ROOT / name, tmp_path / name)) for name in ("action.yml", "rollout/action.yml")
    ]
    tool = Path(sys.executable).with_name("zizmor")
    options = ("--offline", "--no-progress", "--persona=pedantic", f"--config={ZIZMOR}")
    done = subprocess.run(
        [str(tool), *options, *map(str, copies)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@every
def test_the_gate_is_given_inputs_that_it_has(path: Path) -> None:
    known = rig.parse("action", ROOT / "action.yml")["template"]["inputs"].keys()
    for _, job in all_jobs(path):
        for step in gate_steps(job):
            assert step.get("with", {}).keys() <= known


@every
def test_commands_of_rollouts_are_given_inputs_and_asked_for_outputs_that_they_have(path: Path) -> None:
    known = rig.parse("action", ROOT / "rollout" / "action.yml")["template"]
    for _, job in all_jobs(path):
        for step in rollout_steps(job):
            assert step["with"].keys() <= known["inputs"].keys()
    asked = re.findall(r"steps\.rollout\.outputs\.([\w-]+)", path.read_text(encoding="utf-8"))
    assert set(asked) <= known["outputs"].keys()


@every
def test_the_gate_is_asked_for_outputs_that_it_has(path: Path) -> None:
    known = rig.parse("action", ROOT / "action.yml")["template"]["outputs"].keys()
    asked = re.findall(r"steps\.gate\.outputs\.([\w-]+)", path.read_text(encoding="utf-8"))
    assert set(asked) <= known


def test_our_own_gate_uses_the_action_of_this_commit() -> None:
    used = [s["uses"] for _, job in all_jobs(ROOT / ".github/workflows/ci.yml") for s in gate_steps(job)]
    assert used == ["./"] * 3


def test_a_wrong_input_of_the_reusable_workflow_is_found(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "reusable.yml").read_text(encoding="utf-8")
    path = tmp_path / "caller.yml"
    path.write_text(text.replace("expect:", "expected:"), encoding="utf-8")
    required, unknown = Workflow(path).parsed["errors"]
    assert "Input expect is required" in required
    assert "expected is not defined in the referenced workflow" in unknown
