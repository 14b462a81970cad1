"""A runner of GitHub's, as far as the `run:` steps of a workflow need one: a shell, a Python, folders."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{ *([\w.]+) *\}\}")


@dataclass(frozen=True)
class Runner:
    """A checkout at `workspace`, and what lies outside of it below `home`."""

    workspace: Path
    home: Path

    def __post_init__(self) -> None:
        for folder in ("temp", "npm"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        python = self.home / "python"
        if not python.exists():
            venv.create(python, with_pip=True, symlinks=True)
            self.shell("python -m pip install --quiet pipx", self.workspace)

    @property
    def environment(self) -> dict[str, str]:
        """What every step sees: programs of its own go before those of this machine."""
        places = [self.home / "python" / "bin", self.home / "npm" / "bin", self.home / "local" / "bin"]
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("VIRTUAL_ENV", "PYTEST", "COV_", "COVERAGE"))
        }
        path = os.pathsep.join([*map(str, places), kept["PATH"]])
        return {
            **kept,
            "CI": "true",
            "PATH": path,
            "RUNNER_TEMP": str(self.home / "temp"),
            "NPM_CONFIG_PREFIX": str(self.home / "npm"),
            "PIPX_HOME": str(self.home / "pipx"),
            "PIPX_BIN_DIR": str(self.home / "local" / "bin"),
            "POETRY_VIRTUALENVS_PATH": str(self.home / "poetry"),
        }

    def shell(self, script: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a script as `run:` does, by `bash -e`."""
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
            cwd=folder,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=900,
            check=False,
        )

    def job(
        self, workflow: Path, job: str, **matrix: str
    ) -> Iterator[tuple[str, subprocess.CompletedProcess[str]]]:
        """Run the `run:` steps of a job; name and end of each. A step that fails ends the job."""
        read: Any = yaml.safe_load(workflow.read_text(encoding="utf-8"))
        template = read["jobs"][job]
        usual = template.get("defaults", {}).get("run", {}).get("working-directory", ".")
        known = {f"matrix.{name}": value for name, value in matrix.items()}
        failed = False
        for step in template["steps"]:
            if "run" not in step or not _runs(step.get("if", ""), matrix, failed=failed):
                continue
            assert "${{" not in step["run"]
            folder = _filled(step.get("working-directory", usual), known)
            outputs = self.home / "temp" / "output"
            outputs.write_text("", encoding="utf-8")
            given = {k: _filled(str(v), known) for k, v in step.get("env", {}).items()}
            done = self.shell(step["run"], self.workspace / folder, GITHUB_OUTPUT=str(outputs), **given)
            for line in outputs.read_text(encoding="utf-8").splitlines():
                name, _, value = line.partition("=")
                known[f"steps.{step.get('id')}.outputs.{name}"] = value
            yield str(step.get("name")), done
            failed = failed or (done.returncode != 0 and not step.get("continue-on-error"))


def _runs(condition: str, matrix: Mapping[str, str], *, failed: bool) -> bool:
    """Does a step run? Its condition is one that `init` writes."""
    if failed and "cancelled()" not in condition:
        return False
    if found := re.search(r"matrix\.component == '([\w-]+)'", condition):
        return found[1] == matrix["component"]
    if found := re.search(r"contains\(fromJSON\('(\[.*?\])'\), matrix\.component\)", condition):
        return matrix["component"] in yaml.safe_load(found[1])
    return True


def _filled(text: str, known: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda m: known[m[1]], text)


def main() -> None:
    """`python -m support.runner WORKSPACE HOME WORKFLOW JOB [COMPONENT]`: run a job and show it."""
    workspace, home, workflow, job, *component = sys.argv[1:]
    runner = Runner(Path(workspace), Path(home))
    matrix = {"component": component[0]} if component else {}
    for name, done in runner.job(Path(workflow), job, **matrix):
        print(f"== {name}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")  # noqa: T201


if __name__ == "__main__":
    main()
