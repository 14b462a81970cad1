"""The workflow that `init` writes for every kind of project, as the tools of others and our own read it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sluicegate.engines import suppressions
from sluicegate.starter.place import Place
from sluicegate.starter.plan import plan
from support import rig
from support.starter import KINDS, look, write
from support.workflows import FRESH, ROOT, Job, Workflow, downloads, gate_steps

# every kind of project with the simplest workflow, and the others with what differs
WRITTEN = [
    *((kind, "standard", Place()) for kind in KINDS),
    ("pip", "legacy", Place()),
    ("go", "strict", Place("services/my go.1")),
    ("npm-jest", "standard", Place("web")),
    ("both", "legacy", Place("a b")),
]
every = pytest.mark.parametrize("number", range(len(WRITTEN)), ids=[f"{k}-{p}" for k, p, _ in WRITTEN])
pytestmark = pytest.mark.slow
ZIZMOR = ROOT / ".github" / "zizmor.yml"
OWN = "sluicegate/sluicegate"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Workflow]:
    """The workflows, each in a repository of its own."""
    root = tmp_path_factory.mktemp("written")
    found = []
    for number, (kind, preset, place) in enumerate(WRITTEN):
        files = plan(look(root / f"{number}", KINDS[kind]), preset, "main", place)
        found.append(Workflow(write(root / f"{number}", files) / place.workflow))
    return found


def test_the_schema_of_workflows_is_met(written: list[Workflow]) -> None:
    kinds = ("uv", "nox", "npm-jest", "pnpm-new", "both", "monorepo-mixed", "go")
    tool = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    paths = [str(written[n].path) for n, (kind, _, _) in enumerate(WRITTEN) if kind in kinds]
    done = subprocess.run([*tool, *paths], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout


def test_zizmor_finds_what_the_documents_say(written: list[Workflow]) -> None:
    """A package manager, or a reporter, that is in no lock file of the project (docs/init.md)."""
    tool = Path(sys.executable).with_name("zizmor")
    options = ("--offline", "--no-progress", f"--config={ZIZMOR}", "--format=json-v1")
    paths = [str(workflow.path) for workflow in written]
    done = subprocess.run([str(tool), *options, *paths], capture_output=True, encoding="utf-8", check=False)
    findings = json.loads(done.stdout)
    text = "".join(workflow.path.read_text("utf-8") for workflow in written)
    assert {(f["ident"], f["determinations"]["severity"]) for f in findings} == {("adhoc-packages", "Low")}
    assert len(findings) == text.count("run: npm install --global ")


@every
def test_github_s_parser_and_actionlint_find_nothing(written: list[Workflow], number: int) -> None:
    assert written[number].parsed["errors"] == []
    assert rig.lint(written[number].path) == []


@every
def test_nothing_is_switched_off(written: list[Workflow], number: int) -> None:
    path = written[number].path
    assert suppressions.find(path.read_bytes(), ".github/workflows/sluicegate.yml") == []


@every
def test_actions_are_pinned_by_commit(written: list[Workflow], number: int) -> None:
    used = re.findall(r"uses: (\S+)(.*)", written[number].path.read_text("utf-8"))
    other = [(name, comment) for name, comment in used if not name.startswith(f"{OWN}@")]
    assert {name for name, _ in used} - {name for name, _ in other} == {f"{OWN}@v0"}
    for name, comment in other:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name), name
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), name


@every
def test_jobs_that_run_code_of_the_project_may_only_read(written: list[Workflow], number: int) -> None:
    for job in written[number].jobs.values():
        if "run" in job.uses:
            assert job.permissions == {"contents": "read"}, job.name
        persisted = [s["with"].get("persist-credentials") for s in job.steps if _is(s, "checkout")]
        assert persisted == ["false"] * len(persisted), job.name


@every
def test_expressions_reach_no_script(written: list[Workflow], number: int) -> None:
    scripts = [step["run"] for job in written[number].jobs.values() for step in job.steps if "run" in step]
    assert [script for script in scripts if not isinstance(script, str)] == []


@every
def test_the_action_is_given_inputs_that_it_has(written: list[Workflow], number: int) -> None:
    known = rig.parse("action", ROOT / "action.yml")["template"]["inputs"].keys()
    steps = [step for job in written[number].jobs.values() for step in gate_steps(job)]
    assert len(steps) >= 3
    assert {name for step in steps for name in step.get("with", {})} <= known


@every
def test_what_a_job_downloads_a_job_before_it_has_uploaded(written: list[Workflow], number: int) -> None:
    workflow = written[number]
    for job in workflow.jobs.values():
        before = set(_uploads(workflow, _needed(workflow, job)))
        for step in (s for s in job.steps if _is(s, "download-artifact")):
            inputs = step["with"]
            name = str(inputs.get("name") or inputs["pattern"].removesuffix("*"))
            assert any(u == name if "name" in inputs else u.startswith(name) for u in before), job.name
        assert all(map(FRESH.fullmatch, downloads(job.steps))), job.name
    names = list(_uploads(workflow, workflow.jobs))
    assert len(names) == len(set(names))


def _is(step: Mapping[str, Any], action: str) -> bool:
    return str(step.get("uses")).startswith(f"actions/{action}@")


def _needed(workflow: Workflow, job: Job) -> set[str]:
    """The jobs that end before a job begins."""
    return {n for direct in job.needs for n in (direct, *_needed(workflow, workflow.jobs[direct]))}


def _uploads(workflow: Workflow, jobs: Iterable[str]) -> Iterator[str]:
    """The names of artifacts; of those with an expression what stands before it."""
    for step in (step for name in jobs for step in workflow.jobs[name].steps if _is(step, "upload-artifact")):
        found = step["with"]["name"]
        yield found.partition("${{")[0] if isinstance(found, str) else _literal(found["$expression"])


def _literal(expression: str) -> str:
    """The beginning of a text as GitHub's parser makes it: `format('bundle-{0}', …)`."""
    match = re.match(r"format\('([^'{]*)", expression)
    assert match, expression
    return match[1]
