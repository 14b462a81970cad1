"""A runner of GitHub's, as far as the `run:` steps of a workflow need one: a shell, a Python, folders."""

from __future__ import annotations

import os
import subprocess
import venv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Runner:
    """A checkout at `workspace`, and what lies outside of it below `home`; programs in `path` go first."""

    workspace: Path
    home: Path
    path: tuple[Path, ...] = ()

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
        places = [
            *self.path,
            self.home / "python" / "bin",
            self.home / "npm" / "bin",
            self.home / "local" / "bin",
        ]
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
