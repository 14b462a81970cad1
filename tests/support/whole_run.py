"""A workflow as a whole: its jobs in their order, each step as GitHub's runner runs it.

Expressions are evaluated by GitHub's own library (`support.rig`). A `run:` step is a real bash on a machine
of its own (`support.runner`), and a step that uses our Action runs it (`support.composite`). Actions that
check out, upload and download do to files what those of GitHub do; those that set a language up do nothing,
since the machine has it. What the runner does and this does not: masking, time-outs, permissions.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.composite import Job as ActionJob
from support.composite import file_commands
from support.pullrequest import PullRequest
from support.runner import Runner
from support.workflows import OWN_ACTIONS, ROOT, Job, Workflow, evaluate, step_inputs, value_of

REPOSITORY = "octo-org/octo-repo"
_UNSEEN = shutil.ignore_patterns(".*")
"""What actions/upload-artifact leaves out: hidden files."""


@dataclass(slots=True)
class JobEnd:
    """How a job ended, all its instances together.

    Attributes:
        result: as `needs` has it: `success`, `failure` or `skipped`.
        outputs: by name; of a matrix none.
        log: what its steps printed, each under its name.
        ran: the names of the steps that ran.
        reports: the documents that our Action wrote in it.
    """

    result: str = "success"
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    ran: list[str] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class WholeRun:
    """One run of a workflow for a pull request.

    Attributes:
        root: an empty folder for the machines of the jobs.
        home: what a machine has besides the checkout; kept from run to run.
        environment: the installed environment of our Action.
        url: where GitHub's API is.
        path: folders whose programs go first.
    """

    pull: PullRequest
    root: Path
    home: Path
    environment: Path
    url: str = ""
    path: Sequence[Path] = ()
    artifacts: dict[str, Path] = field(default_factory=dict)

    def play(self, workflow: Workflow) -> dict[str, JobEnd]:
        """Run all jobs; how each ended, by id."""
        ended: dict[str, JobEnd] = {}
        waiting = dict(workflow.jobs)
        while waiting:
            name = next(n for n, job in waiting.items() if not set(job.needs) & set(waiting))
            ended[name] = self._job(waiting.pop(name), ended)
        return ended

    def _job(self, job: Job, ended: Mapping[str, JobEnd]) -> JobEnd:
        needs = {n: {"result": ended[n].result, "outputs": ended[n].outputs} for n in job.needs}
        context = {"github": self._github(), "needs": needs}
        results = {need["result"] for need in needs.values()}
        status = next((s for s in ("failure", "skipped") if s in results), "success")
        if not evaluate(job.condition, context, status)["value"]:
            return JobEnd("skipped")
        end = JobEnd()
        for number, matrix in enumerate(_instances(job, context)):
            folder = self.root / f"{job.name}-{number}"
            _Instance(self, job, folder, {**context, "matrix": matrix}, end).run()
        return end

    def _github(self) -> dict[str, Any]:
        return {
            "event_name": "pull_request",
            "event": self.payload(),
            "repository": REPOSITORY,
            "run_attempt": "1",
            "run_id": "9005",
        }

    def payload(self) -> dict[str, Any]:
        """The event: a pull request from a branch of the repository itself."""
        payload = self.pull.payload()
        payload["pull_request"]["head"]["repo"]["full_name"] = REPOSITORY
        payload["repository"]["full_name"] = REPOSITORY
        return payload


def _instances(job: Job, context: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The values of `matrix` of each instance of a job."""
    matrix = job.template.get("strategy", {}).get("matrix")
    found: list[Mapping[str, Any]] = value_of(matrix, context)["include"] if matrix else [{}]
    return found


@dataclass(slots=True)
class _Instance:
    """A job on its machine."""

    run_of: WholeRun
    job: Job
    folder: Path
    context: dict[str, Any]
    end: JobEnd
    failed: bool = False
    action: ActionJob = field(init=False)

    def run(self) -> None:
        """Run the steps; a step that fails lets those run that ask for it."""
        self.action = self._action()
        self.context["runner"] = {"temp": str(self.action.temp)}
        self.context["steps"] = {}
        for step in self.job.steps:
            condition = Job("", step).condition
            if evaluate(condition, self.context, "failure" if self.failed else "success")["value"]:
                self._step(step)
        outputs = self.job.template.get("outputs", {})
        self.end.outputs = step_inputs({"with": outputs}, self.context)
        self.end.result = "failure" if self.failed else self.end.result

    def _action(self) -> ActionJob:
        workspace, temp = self.folder / "work" / "repo", self.folder / "temp"
        workspace.mkdir(parents=True)
        (temp / "sluicegate").mkdir(parents=True)
        made = self.run_of.environment
        (temp / "sluicegate" / made.name).symlink_to(made)
        variables = {
            **self.run_of.pull.variables(),
            "GITHUB_API_URL": self.run_of.url,
            "GITHUB_RUN_NUMBER": "5",
            "GITHUB_RUN_ID": "9005",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_JOB": self.job.name,
            "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/sluicegate.yml@refs/pull/7/merge",
        }
        payload = self.run_of.payload()
        return ActionJob(
            ROOT, workspace, temp, "pull_request", payload, variables, defaults={"python": sys.executable}
        )

    def _step(self, step: Mapping[str, Any]) -> None:
        name = str(step.get("name", step.get("uses")))
        self.end.ran.append(name)
        outcome, outputs, log = self._done(step)
        self.end.log += f"== {self.job.name}: {name}: {outcome}\n{log}\n"
        if "id" in step:
            self.context["steps"][step["id"]] = {"outputs": outputs, "outcome": outcome}
        self.failed = self.failed or (outcome == "failure" and not step.get("continue-on-error"))

    def _done(self, step: Mapping[str, Any]) -> tuple[str, Mapping[str, str], str]:
        """Outcome, outputs and log of a step."""
        if "run" in step:
            return self._script(step)
        used = str(step["uses"]).partition("@")[0]
        inputs = step_inputs(step, self.context)
        if step["uses"] in OWN_ACTIONS:
            result = self.action.run(**inputs)
            if path := result.outputs.get("report-json"):
                self.end.reports.append(json.loads(Path(path).read_text("utf-8")))
            return result.conclusion, result.outputs, result.log
        if used == "actions/checkout":
            shutil.rmtree(self.action.workspace)
            self.run_of.pull.checkout(self.action.workspace, int(inputs.get("fetch-depth", "1")))
        elif used == "actions/upload-artifact":
            self._upload(inputs)
        elif used == "actions/download-artifact":
            return self._download(inputs), {}, ""
        else:
            assert used in ("actions/setup-node", "actions/setup-python"), used
        return "success", {}, ""

    def _script(self, step: Mapping[str, Any]) -> tuple[str, Mapping[str, str], str]:
        usual = self.job.template.get("defaults", {}).get("run", {}).get("working-directory", ".")
        given = step_inputs({"with": step.get("env", {})}, self.context)
        (folder,) = step_inputs({"with": {"": step.get("working-directory", usual)}}, self.context).values()
        outputs = self.folder / "output"
        outputs.write_text("", encoding="utf-8")
        base = self.action.base_environment()
        variables = {k: v for k, v in base.items() if k.startswith(("GITHUB_", "RUNNER_"))}
        runner = Runner(self.action.workspace, self.run_of.home, tuple(self.run_of.path))
        done = runner.shell(
            step["run"],
            self.action.workspace / folder,
            **{**variables, **given, "GITHUB_OUTPUT": str(outputs)},
        )
        outcome = "success" if done.returncode == 0 else "failure"
        return outcome, file_commands(outputs.read_text("utf-8")), done.stdout + done.stderr

    def _upload(self, inputs: Mapping[str, str]) -> None:
        place = self.run_of.root / "artifacts" / inputs["name"]
        shutil.copytree(self.action.workspace / inputs["path"], place, ignore=_UNSEEN)
        self.run_of.artifacts[inputs["name"]] = place

    def _download(self, inputs: Mapping[str, str]) -> str:
        """One artifact lies in the folder itself; those of a pattern each in a folder of its name."""
        place = Path(inputs["path"])
        if "name" in inputs:
            if inputs["name"] not in self.run_of.artifacts:
                return "failure"
            shutil.copytree(self.run_of.artifacts[inputs["name"]], place, dirs_exist_ok=True)
            return "success"
        for name in self._matching(inputs["pattern"]):
            shutil.copytree(self.run_of.artifacts[name], place / name)
        return "success"

    def _matching(self, pattern: str) -> Iterator[str]:
        assert pattern.endswith("*")
        return (name for name in self.run_of.artifacts if name.startswith(pattern[:-1]))
