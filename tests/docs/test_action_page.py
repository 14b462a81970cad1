"""`docs/action.md` says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sluicegate.core.errors import ExitCode
from support import rig
from support.action_docs import DOCUMENT

TEXT = DOCUMENT.read_text(encoding="utf-8")
STEPS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


def test_there_are_two_generated_tables() -> None:
    assert TEXT.count("<!-- begin ") == 2


def test_the_exit_codes_are_the_program_s() -> None:
    rows = re.findall(r"^\| (\d) \|", TEXT, re.MULTILINE)
    assert [int(row) for row in rows] == list(ExitCode)


@pytest.mark.parametrize("snippet", STEPS)
def test_each_snippet_is_a_step_of_a_workflow(snippet: str, tmp_path: Path) -> None:
    steps = [{"id": "gate", "run": "true"}, *yaml.safe_load(snippet)]
    ids = [step.get("id") for step in steps[1:]]
    job = {"runs-on": "ubuntu-latest", "steps": steps[1:] if "gate" in ids else steps}
    path = tmp_path / "workflow.yml"
    path.write_text(yaml.safe_dump({"on": "push", "jobs": {"a": job}}), encoding="utf-8")
    assert rig.parse("workflow", path)["errors"] == []
    assert [line for line in rig.lint(path) if 'property "report-directory"' not in line] == []
