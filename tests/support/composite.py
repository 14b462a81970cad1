"""A small, faithful runner of composite actions.

The action is parsed by GitHub's parser and every expression is evaluated by GitHub's library (see
`support.rig`); each `run` step is a real bash with the runner's real files, but for one that only makes way
for a program of the package: `support.programs` runs that. What the runner does and this does not: `uses`
steps, masking, timeouts.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import programs, rig

BASH = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail")
"""What `shell: bash` means (GitHub's page "Workflow syntax", `jobs.<id>.steps[*].shell`)."""

FILE_COMMANDS = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_STATE")

_PLAIN = re.compile(r"[\w.-]+")
"""A word that a shell takes as it is."""

SYSTEM = ("HOME", "LANG", "SYSTEMROOT", "TMPDIR")
NETWORK = ("SSL_", "HTTP_", "HTTPS_", "NO_PROXY", "PIP_CERT", "PIP_INDEX", "PIP_EXTRA", "PIP_FIND", "UV_")
"""What steps see of this machine: how it reaches the network, as on a runner behind a proxy."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step that ran, or was skipped (`exit_code` None)."""

    name: str
    exit_code: int | None
    log: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What the job sees of the action."""

    conclusion: str
    outputs: Mapping[str, str]
    steps: Sequence[Step]
    environment: Mapping[str, str]
    path: Sequence[str]

    @property
    def log(self) -> str:
        """The log of all steps."""
        return "".join(step.log for step in self.steps)

    @property
    def summary(self) -> str:
        """The job summary that the steps wrote."""
        return "".join(step.summary for step in self.steps)

    @property
    def exit_code(self) -> int | None:
        """The exit code of the first step that failed; 0 when none did."""
        codes = [s.exit_code for s in self.steps if s.exit_code is not None]
        return next((code for code in codes if code), 0) if codes else None

    def commands(self, name: str) -> list[str]:
        """The workflow commands `::name …::…` that the runner would obey, `::stop-commands::` kept."""
        return [line for line in obeyed(self.log) if line.startswith((f"::{name}::", f"::{name} "))]


def obeyed(log: str) -> Iterator[str]:
    """The lines of a log that the runner takes for commands, also for those of its first notation."""
    stopped = ""
    for line in log.splitlines():
        text = line.lstrip()
        if stopped:
            stopped = "" if text == f"::{stopped}::" else stopped
        elif text.startswith("::stop-commands::"):
            stopped = text.removeprefix("::stop-commands::")
        elif text.startswith("::") or "##[" in text:
            yield text


def file_commands(text: str) -> dict[str, str]:
    """The pairs of a `GITHUB_OUTPUT` file, in both of its notations.

    Raises:
        ValueError: the runner would refuse the file.
    """
    pairs: dict[str, str] = {}
    lines = iter(text.replace("\r\n", "\n").split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            pairs[name] = "\n".join(_until(lines, delimiter))
        elif equals > 0:
            pairs[line[:equals]] = line[equals + 1 :]
        else:
            raise ValueError(f"invalid format '{line}'")
    return pairs


def _until(lines: Iterator[str], delimiter: str) -> Iterator[str]:
    for line in lines:
        if line == delimiter:
            return
        yield line
    raise ValueError(f"matching delimiter not found '{delimiter}'")


@dataclass(slots=True)
class Job:
    """A job on a runner, in which the action is used once or several times.

    Attributes:
        action: folder of the action.
        workspace: where the repository is checked out.
        temp: `RUNNER_TEMP`.
        event: name of the event; `payload` its payload.
        variables: the runner's default variables for the event (`GITHUB_SHA`, …).
        environment: the workflow's own variables.
        path: folders in front of the system's.
        defaults: inputs that every use gives, unless it gives others.
        broken: runner's files, such as `GITHUB_STEP_SUMMARY`, that cannot be written.
        after: called after each step that ran, with its name.
        until: the last step of the action that is looked at; all are, by default.
    """

    action: Path
    workspace: Path
    temp: Path
    event: str = "workflow_dispatch"
    payload: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    path: Sequence[str] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    broken: Sequence[str] = ()
    token: str = "ghs_tokenOfTheTests"
    uses: int = 0
    after: Callable[[str], object] = str
    until: str = ""

    def run(self, **inputs: str) -> Result:
        """Use the action with these inputs (`warn_only` means `warn-only`)."""
        self.uses += 1
        parsed = rig.parse("action", self.action / "action.yml")
        if parsed["errors"]:
            raise ValueError(parsed["errors"])
        return _Use(self, parsed).run(
            {**self.defaults, **{k.replace("_", "-"): v for k, v in inputs.items()}}
        )

    def base_environment(self) -> dict[str, str]:
        """What every step of this job sees."""
        event_file = self.temp / "_github_workflow" / "event.json"
        event_file.parent.mkdir(parents=True, exist_ok=True)
        event_file.write_text(json.dumps(self.payload), encoding="utf-8")
        system = {k: v for k, v in os.environ.items() if k in SYSTEM or k.startswith(NETWORK)}
        return {
            **system,
            "PATH": os.pathsep.join([*self.path, os.environ["PATH"]]),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(self.action),
            "GITHUB_EVENT_NAME": self.event,
            "GITHUB_EVENT_PATH": str(event_file),
            "GITHUB_REPOSITORY": "octo-org/octo-repo",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_TOOL_CACHE": str(self.temp / "no-tool-cache"),
            **self.variables,
            **self.environment,
        }


class _Use:
    """One use of the action in a job."""

    def __init__(self, job: Job, parsed: Mapping[str, Any]) -> None:
        self.job = job
        self.template = parsed["template"]
        self.conditions = [step["if"] for step in parsed["steps"]]
        self.environment = job.base_environment()
        self.path: list[str] = []
        self.outcomes: dict[str, dict[str, Any]] = {}
        self.failed = False
        self.inputs: dict[str, str] = {}

    def run(self, given: Mapping[str, str]) -> Result:
        self.inputs = self._inputs(given)
        pairs = zip(self.template["runs"]["steps"], self.conditions, strict=True)
        steps = []
        for index, (step, condition) in enumerate(pairs):
            steps.append(self._step(index, step, condition))
            if steps[-1].name == self.job.until:
                break
        outputs = {name: o.get("value", "") for name, o in (self.template.get("outputs") or {}).items()}
        return Result(
            conclusion="failure" if self.failed else "success",
            outputs=dict(zip(outputs, self._texts(list(outputs.values())), strict=True)),
            steps=steps,
            environment={k: v for k, v in self.environment.items() if k not in self.job.base_environment()},
            path=self.path,
        )

    def _inputs(self, given: Mapping[str, str]) -> dict[str, str]:
        declared = self.template.get("inputs") or {}
        if unknown := given.keys() - declared.keys():
            raise ValueError(f"Unexpected input(s) {sorted(unknown)}")
        defaults = [declared[name].get("default") or "" for name in declared]
        values = dict(zip(declared, self._texts(defaults), strict=True))
        return {**values, **given}

    def _context(self) -> dict[str, Any]:
        env = self.environment
        github = {
            "event_name": self.job.event,
            "event": dict(self.job.payload),
            "token": self.job.token,
            "repository": env["GITHUB_REPOSITORY"],
            "workspace": env["GITHUB_WORKSPACE"],
            "sha": env.get("GITHUB_SHA", ""),
            "ref": env.get("GITHUB_REF", ""),
        }
        runner = {"temp": env["RUNNER_TEMP"], "os": "Linux", "tool_cache": env["RUNNER_TOOL_CACHE"]}
        return {"github": github, "runner": runner, "inputs": self.inputs, "steps": self.outcomes, "env": env}

    def _texts(self, values: Sequence[Any]) -> list[str]:
        """Values of the template as the runner's text, expressions evaluated."""
        expressions = [v["$expression"] for v in values if isinstance(v, dict)]
        answers = iter(self._evaluate(expressions))
        return [next(answers)["text"] if isinstance(v, dict) else _text(v) for v in values]

    def _evaluate(self, expressions: Sequence[str]) -> list[dict[str, Any]]:
        if not expressions:
            return []
        context, status = self._context(), "failure" if self.failed else "success"
        answers = rig.evaluate(expressions, context, status)
        if errors := [a["error"] for a in answers if "error" in a]:
            raise ValueError(errors)
        return answers

    def _step(self, index: int, step: Mapping[str, Any], condition: str) -> Step:
        name = step.get("name") or step.get("id") or f"step {index}"
        if not self._evaluate([condition])[0]["value"]:
            self._record(step, "skipped", {})
            return Step(name, None)
        env = step.get("env") or {}
        variables = dict(zip(env, self._texts(list(env.values())), strict=True))
        (directory,) = self._texts([step.get("working-directory") or "."])
        if isinstance(step["run"], dict):
            raise TypeError("a script with expressions inside it")
        done = self._bash(index, step["run"], variables, self.job.workspace / directory)
        self._record(step, "success" if done.exit_code == 0 else "failure", done.outputs)
        self.failed = self.failed or done.exit_code != 0
        self.job.after(name)
        return Step(name, done.exit_code, done.log, done.outputs, done.summary)

    def _record(self, step: Mapping[str, Any], outcome: str, outputs: Mapping[str, str]) -> None:
        if "id" in step:
            self.outcomes[step["id"]] = {"outputs": outputs, "outcome": outcome, "conclusion": outcome}

    def _bash(self, index: int, script: str, variables: Mapping[str, str], directory: Path) -> Step:
        folder = self.job.temp / "_runner_file_commands" / f"{self.job.uses}-{index}"
        folder.mkdir(parents=True)
        files = {name: folder / name.lower() for name in FILE_COMMANDS}
        for name, file in files.items():
            file.mkdir() if name in self.job.broken else file.touch()
        (folder / "step.sh").write_text(script, encoding="utf-8")
        path = os.pathsep.join([*reversed(self.path), self.environment["PATH"]])
        environment = {
            **self.environment, "PATH": path, **{n: str(f) for n, f in files.items()}, **variables,
        }  # fmt: skip
        bash = [shutil.which(BASH[0]) or BASH[0], *BASH[1:], str(folder / "step.sh")]
        command = _program(script, environment) or bash
        done = programs.run(command, directory, environment, merged=True)
        texts = {n: f.read_text(encoding="utf-8") if f.is_file() else "" for n, f in files.items()}
        self.environment.update(file_commands(texts["GITHUB_ENV"]))
        self.path += texts["GITHUB_PATH"].split()
        outputs = file_commands(texts["GITHUB_OUTPUT"])
        return Step("", done.returncode, done.stdout, outputs, texts["GITHUB_STEP_SUMMARY"])


def _program(script: str, environment: Mapping[str, str]) -> list[str] | None:
    """The program that takes the place of the script's bash, where it is all that the script names."""
    words = shlex.split(script, comments=True)
    interpreter = environment.get("SLUICEGATE_PYTHON", "")
    if words[:2] != ["exec", "$SLUICEGATE_PYTHON"] or not Path(interpreter).is_file():
        return None
    return [interpreter, *words[2:]] if all(map(_PLAIN.fullmatch, words[2:])) else None


def _text(value: Any) -> str:
    """A plain value of the template as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
