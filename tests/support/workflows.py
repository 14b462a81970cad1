"""Workflows as GitHub reads them: their jobs, and which of these run on an event.

Conditions and inputs are evaluated by GitHub's own library (see `support.rig`). A workflow that is
called is this repository's, whichever version the call names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from support import rig

ROOT = Path(__file__).resolve().parents[2]
OWN = tuple(sorted((ROOT / ".github" / "workflows").glob("*.yml")))
EXAMPLES = tuple(p for p in sorted((ROOT / "examples").glob("*.yml")) if not p.name.startswith("policy-"))
OWN_ACTIONS = ("sluicegate/sluicegate@v0", "./")
ROLLOUT = "sluicegate/sluicegate/rollout@v0"
"""The Action that runs commands of rollouts."""

LEVELS = {"none": 0, "read": 1, "write": 2}

FRESH = re.compile(r"format\('\{0\}/[\w-]+', runner\.temp\)|\$\{\{ runner\.temp \}\}/[\w-]+")
"""A folder that no checkout and no earlier job has anything in, as parsed or as written."""

_STATUS = re.compile(r"\b(always|cancelled|failure|success)\(\)")


@dataclass(frozen=True)
class Job:
    """A job of a workflow; `called` is the workflow that it calls, if it does."""

    name: str
    template: Mapping[str, Any]

    @property
    def permissions(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.template.get("permissions", {})
        return found

    @property
    def may_write(self) -> bool:
        return "write" in self.permissions.values()

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        return list(self.template.get("steps", ()))

    @property
    def uses(self) -> list[str]:
        """The actions of its steps, without their versions; `run` for a script."""
        return [str(step.get("uses", "run")).partition("@")[0] for step in self.steps]

    @property
    def needs(self) -> list[str]:
        found = self.template.get("needs", [])
        return [found] if isinstance(found, str) else list(found)

    @property
    def condition(self) -> str:
        """The expression that decides whether it runs."""
        found = self.template.get("if", "")
        text = found["$expression"] if isinstance(found, dict) else str(found).strip()
        if not text:
            return "success()"
        return text if _STATUS.search(text) else f"success() && ({text})"

    @cached_property
    def called(self) -> Workflow | None:
        match = re.search(r"\.github/workflows/[\w.-]+", str(self.template.get("uses", "")))
        return Workflow(ROOT / match[0]) if match else None


@dataclass(frozen=True)
class Workflow:
    """A workflow file."""

    path: Path

    @cached_property
    def parsed(self) -> Mapping[str, Any]:
        return rig.parse("workflow", self.path)

    @cached_property
    def template(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.parsed["template"]
        return found

    @cached_property
    def jobs(self) -> dict[str, Job]:
        return {name: Job(name, template) for name, template in self.template["jobs"].items()}

    @property
    def events(self) -> list[str]:
        on = self.template["on"]
        return [on] if isinstance(on, str) else list(on)


def recording(job: Job) -> bool:
    """Does it record what was merged? Then it runs on pushes alone, and checks the commit out."""
    return job.permissions == {"contents": "write"} and "github.event_name == 'push'" in job.condition


def granting_lines(path: Path) -> list[str]:
    """The lines of a workflow that grant a permission."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if re.match(r"\s+(?!ledger:)[a-z-]+: (read|write|none)\b", line)]


def says_why(line: str) -> bool:
    """Does a line that grants a permission say what for?"""
    return re.search(r"(read|write) # to \w+", line) is not None


def example(name: str) -> Workflow:
    """An example by its file name."""
    return Workflow(ROOT / "examples" / name)


def all_jobs(*paths: Path) -> Iterator[tuple[Path, Job]]:
    """Every job of these workflows."""
    for path in paths:
        for job in Workflow(path).jobs.values():
            yield path, job


def gate_steps(job: Job) -> list[Mapping[str, Any]]:
    """The steps of a job that use our Action."""
    return [step for step in job.steps if step.get("uses") in OWN_ACTIONS]


def rollout_steps(job: Job) -> list[Mapping[str, Any]]:
    """The steps of a job that run a command of rollouts."""
    return [step for step in job.steps if step.get("uses") == ROLLOUT]


def downloads(steps: Iterable[Mapping[str, Any]]) -> list[str]:
    """Where the steps lay artifacts; empty for over the workspace."""
    found = [s for s in steps if str(s.get("uses")).startswith("actions/download-artifact@")]
    places = [s.get("with", {}).get("path", "") for s in found]
    return [p["$expression"] if isinstance(p, dict) else str(p) for p in places]


@dataclass(frozen=True)
class Run:
    """One run of a workflow.

    Attributes:
        github: the context of the event.
        results: how jobs end that run, where that is not `success`.
        outputs: of jobs that run.
    """

    github: Mapping[str, Any]
    results: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, workflow: Workflow, inputs: Mapping[str, Any] | None = None) -> dict[str, str]:
        """How each job ends, by name; those of a workflow that is called as `caller / called`."""
        ended: dict[str, str] = {}
        waiting = dict(workflow.jobs)
        while waiting:
            name = next(n for n, job in waiting.items() if not set(job.needs) & set(waiting))
            job = waiting.pop(name)
            needs = {n: {"result": ended[n], "outputs": self.outputs.get(n, {})} for n in job.needs}
            context = {"github": self.github, "needs": needs, "inputs": inputs or {}}
            if not _holds(job, context):
                ended[name] = "skipped"
            elif job.called is None:
                ended[name] = self.results.get(name, "success")
            else:
                inner = self.of(job.called, called_inputs(job, context))
                ended |= {f"{name} / {n}": result for n, result in inner.items()}
                ended[name] = "failure" if "failure" in inner.values() else "success"
        return ended


def _holds(job: Job, context: Mapping[str, Any]) -> bool:
    results = {need["result"] for need in context["needs"].values()}
    status = next((s for s in ("failure", "skipped") if s in results), "success")
    return bool(evaluate(job.condition, context, status)["value"])


def called_inputs(job: Job, context: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of the workflow that a job calls: what it gives, else the defaults."""
    assert job.called is not None
    declared = job.called.template["on"]["workflow_call"]["inputs"]
    given = {name: value_of(value, context) for name, value in job.template.get("with", {}).items()}
    return {name: spec.get("default") for name, spec in declared.items()} | given


def step_inputs(step: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, str]:
    """The inputs of a step's action, as the text that it receives."""
    return {name: _text_of(value, context) for name, value in step.get("with", {}).items()}


def value_of(value: Any, context: Mapping[str, Any]) -> Any:
    """A value of a template, its expression evaluated."""
    return evaluate(value["$expression"], context)["value"] if isinstance(value, dict) else value


def _text_of(value: Any, context: Mapping[str, Any]) -> str:
    if isinstance(value, dict):
        return str(evaluate(value["$expression"], context)["text"])
    return str(value).lower() if isinstance(value, bool) else str(value)


def evaluate(expression: str, context: Mapping[str, Any], status: str = "success") -> dict[str, Any]:
    """The value of an expression by GitHub's library, and its text."""
    (answer,) = rig.evaluate([expression], context, status)
    assert "error" not in answer, answer
    return answer
