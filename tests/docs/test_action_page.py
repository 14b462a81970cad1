"""`docs/action.md` says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sluicegate.errors import ExitCode
from support import rig
from support.action_docs import DOCUMENT, ROOT, with_tables

TEXT = DOCUMENT.read_text(encoding="utf-8")
MESSAGES = re.findall(r"^### `(.+)`$", TEXT, re.MULTILINE)
STEPS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


def said() -> str:
    """All text that the program can say: its sources, with strings that span lines joined."""
    files = [ROOT / "action.yml", *sorted((ROOT / "src" / "sluicegate").rglob("*.py"))]
    text = "\n".join(f.read_text(encoding="utf-8") for f in files)
    text = text.replace('echo "::error title=Sluicegate::$what Put', "")
    return re.sub(r'"\s*\n\s*f?"', "", text)


def test_the_tables_are_those_of_action_yml() -> None:
    assert with_tables(TEXT) == TEXT, "run: python tests/support/action_docs.py"
    assert TEXT.count("<!-- begin ") == 2


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_of_the_troubleshooting_is_one_that_is_said(message: str) -> None:
    parts = [part.strip() for part in re.split(r"…|: (?=the packages)", message)]
    for part in parts:
        assert part in said()


def test_the_troubleshooting_has_messages() -> None:
    assert len(MESSAGES) >= 8


def test_the_exit_codes_are_the_program_s() -> None:
    rows = re.findall(r"^\| (\d) \|", TEXT, re.MULTILINE)
    assert [int(row) for row in rows] == list(ExitCode)


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert targets
    for target in targets:
        assert (DOCUMENT.parent / target).resolve().exists()


@pytest.mark.parametrize("snippet", STEPS)
def test_each_snippet_is_a_step_of_a_workflow(snippet: str, tmp_path: Path) -> None:
    steps = [{"id": "gate", "run": "true"}, *yaml.safe_load(snippet)]
    ids = [step.get("id") for step in steps[1:]]
    job = {"runs-on": "ubuntu-latest", "steps": steps[1:] if "gate" in ids else steps}
    path = tmp_path / "workflow.yml"
    path.write_text(yaml.safe_dump({"on": "push", "jobs": {"a": job}}), encoding="utf-8")
    assert rig.parse("workflow", path)["errors"] == []
    assert [line for line in rig.lint(path) if 'property "report-directory"' not in line] == []
