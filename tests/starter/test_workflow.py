"""The baseline in the workflow: which presets get one, and the step that fetches it, run by bash."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sluicegate.starter.detect import Project
from sluicegate.starter.plan import compares, plan
from support import needs
from support.starter import WORKFLOW, write


def workflow_of(preset: str) -> dict[str, Any]:
    result: dict[str, Any] = yaml.safe_load(plan(Project(None), preset, "main")[WORKFLOW])
    return result


@pytest.mark.parametrize(("preset", "expected"), [("standard", False), ("strict", True), ("legacy", True)])
def test_a_preset_that_compares_gets_a_baseline(preset: str, expected: bool) -> None:
    job = workflow_of(preset)["jobs"]["gate"]
    names = [s.get("name") for s in job["steps"]]
    assert compares(preset) is expected
    assert (names.count("Fetch the baseline"), names.count("Keep the baseline")) == (expected, expected)
    assert ("actions" in job["permissions"]) is expected
    assert set(job["permissions"].values()) == {"read"}


def artifact(run: int, **more: Any) -> dict[str, Any]:
    of = {"id": run, "head_branch": "main", "head_repository_id": 7, "repository_id": 7}
    of.update({k: v for k, v in more.items() if k in of})
    return {
        "expired": more.get("expired", False),
        "created_at": more.get("created_at", "2026-01-01T00:00:00Z"),
        "workflow_run": of,
    }


def fetch(root: Path, artifacts: list[dict[str, Any]] | None) -> tuple[int, str, str]:
    """Run the step in bash with a `gh` that answers from here: exit code, outputs, what gh was asked for."""
    if shutil.which("jq") is None:
        needs.missing("needs jq, which evaluates the step's query as gh does: install the package jq")
    listing = "exit 1" if artifacts is None else f"jq -r \"${{@: -1}}\" '{root}/artifacts.json'"
    gh = f'#!/bin/bash\necho "$1 $2 $3" >> \'{root}/asked\'\nif [ "$1" = api ]; then {listing}; fi\n'
    write(root, {"bin/gh": gh, "artifacts.json": json.dumps({"artifacts": artifacts}), "out": ""})
    (root / "bin" / "gh").chmod(0o755)
    step = next(s for s in workflow_of("legacy")["jobs"]["gate"]["steps"] if s.get("id") == "baseline")
    environment = {
        "PATH": f"{root}/bin:{os.environ['PATH']}", "GITHUB_REPOSITORY": "o/r",
        "GITHUB_OUTPUT": f"{root}/out", "RUNNER_TEMP": "/t", "BRANCH": "main", "NAME": step["env"]["NAME"],
    }  # fmt: skip
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, (root / "out").read_text(), (root / "asked").read_text()


@pytest.mark.slow
def test_the_newest_baseline_of_the_base_branch_is_fetched(tmp_path: Path) -> None:
    code, outputs, asked = fetch(
        tmp_path,
        [
            artifact(12345678901, created_at="2026-02-01T00:00:00Z"),
            artifact(2),
            artifact(3, created_at="2026-03-01T00:00:00Z", head_branch="feature"),
            artifact(4, created_at="2026-03-01T00:00:00Z", head_repository_id=8),  # a fork's
            artifact(5, created_at="2026-03-01T00:00:00Z", expired=True),
        ],
    )
    assert (code, outputs) == (0, "report=/t/quality-baseline/report.json\n")
    assert asked.splitlines() == [
        "api repos/o/r/actions/artifacts?name=quality-baseline&per_page=100 --jq",
        "run download 12345678901",
    ]


@pytest.mark.slow
def test_no_baseline_yet_is_no_error(tmp_path: Path) -> None:
    code, outputs, asked = fetch(tmp_path, [artifact(1, head_branch="feature")])
    assert (code, outputs, len(asked.splitlines())) == (0, "", 1)


@pytest.mark.slow
def test_a_listing_that_fails_is_not_taken_for_none(tmp_path: Path) -> None:
    code, outputs, asked = fetch(tmp_path, None)
    assert (code, outputs, len(asked.splitlines())) == (1, "", 1)
