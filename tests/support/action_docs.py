"""The tables of pages that come from `action.yml`, the reusable workflow `gate.yml`, and the examples."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "action.md"

_BLOCK = re.compile(r"(<!-- begin (\w+ of [\w./]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _default(item: dict[str, Any]) -> str:
    found = item.get("default", "")
    value = str(found).lower() if isinstance(found, bool) else str(found)
    return f"`{value}`" if value else ""


def inputs_table(action: dict[str, Any]) -> str:
    """A row an input: name, default, meaning."""
    rows = [
        f"| `{name}` | {_default(item)} | {item['description']} |" for name, item in action["inputs"].items()
    ]
    return "\n".join(["| input | default | meaning |", "| --- | --- | --- |", *rows])


def outputs_table(action: dict[str, Any]) -> str:
    """A row an output: name, meaning."""
    rows = [f"| `{name}` | {item['description']} |" for name, item in action["outputs"].items()]
    return "\n".join(["| output | meaning |", "| --- | --- |", *rows])


DEFAULT_BRANCH = "${{ github.event.repository.default_branch }}"
"""What a checkout names that holds nothing of a change."""


def runs_of(job: dict[str, Any]) -> list[str]:
    """What a job runs of the project that it judges; empty for nothing."""
    steps = job.get("steps", ())
    checkouts = [s.get("with", {}) for s in steps if str(s.get("uses")).startswith("actions/checkout@")]
    checks_out = any(given.get("ref") != DEFAULT_BRANCH for given in checkouts)
    commands = [f"the step `{step['name']}`" for step in steps if "run" in step and checks_out]
    ours = [
        step.get("with", {})
        for step in steps
        if "luicegate@" in f"{step.get('uses')}" or step.get("uses") == "./"
    ]
    judged = [given for given in ours if not given.keys() & {"report", "merge"}]
    trusting = any(given.get("untrusted") != "true" for given in judged)
    return [*commands, *(["what `check` runs"] if trusting else [])]


def _job_row(file: Path, name: str, job: dict[str, Any]) -> str:
    token = ", ".join(f"`{key}: {level}`" for key, level in job["permissions"].items())
    runs = f"calls `{str(job['uses']).rpartition('/')[2]}`" if "uses" in job else ", ".join(runs_of(job))
    return f"| `{file.name}` | `{name}` | {runs or 'nothing'} | {token} |"


def jobs_table() -> str:
    """A row a job of the reusable workflow and of the examples: what it runs, and its token."""
    files = [ROOT / ".github" / "workflows" / "gate.yml", *sorted((ROOT / "examples").glob("*.yml"))]
    workflows = [(file, yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files]
    rows = [
        _job_row(file, name, job)
        for file, workflow in workflows
        if "jobs" in workflow
        for name, job in workflow["jobs"].items()
    ]
    head = ["| workflow | job | runs of the project | its token |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def with_tables(text: str) -> str:
    """The page with its tables as the two files say them now."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    rollout = yaml.safe_load((ROOT / "rollout" / "action.yml").read_text(encoding="utf-8"))
    gate = yaml.safe_load((ROOT / ".github" / "workflows" / "gate.yml").read_text(encoding="utf-8"))
    tables = {
        "inputs of action.yml": inputs_table(action),
        "outputs of action.yml": outputs_table(action),
        "inputs of rollout/action.yml": inputs_table(rollout),
        "outputs of rollout/action.yml": outputs_table(rollout),
        "jobs of examples": jobs_table(),
        "inputs of gate.yml": inputs_table(gate[True]["workflow_call"]),  # YAML 1.1 reads `on` as true
    }
    return _BLOCK.sub(lambda m: f"{m[1]}{tables[m[2]]}\n{m[3]}", text)
