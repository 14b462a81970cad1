"""The commands that `init` writes, run as GitHub's runner does, with the package managers themselves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from sluicegate.cli.main import main
from support.runner import Runner
from support.starter import WORKFLOW, write

needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
pytestmark = pytest.mark.real_large

_SOURCE = {
    "src/demo/__init__.py": "def add(a: int, b: int) -> int:\n    return a + b\n",
    "tests/test_demo.py": "from demo import add\n\n\ndef test_add() -> None:\n    assert add(1, 2) == 3\n",
    ".gitignore": ".venv\n__pycache__/\n.tox/\n.nox/\n*.egg-info/\nnode_modules/\n.yarn/\n.pnp.*\n",
}
_HEAD = (
    '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.10,<3.12"\n'
)
_SESSION = """\
import nox


@nox.session
def tests(session):
    session.install(".", "pytest", "pytest-cov")
    session.run("pytest", *session.posargs)
"""
PYTHON: Mapping[str, Mapping[str, str]] = {
    "pip": {"pyproject.toml": _HEAD + '[dependency-groups]\ntest = ["pytest>=8"]\n'},
    "requirements": {"pyproject.toml": _HEAD, "requirements/test.txt": "pytest\n"},
    "uv": {"pyproject.toml": _HEAD + '[dependency-groups]\ntests = ["pytest>=8"]\n[tool.uv]\n'},
    "hatch": {"pyproject.toml": _HEAD + '[tool.hatch.envs.ci]\ndependencies = ["pytest", "pytest-cov"]\n'},
    "hatch-test": {
        "pyproject.toml": _HEAD
        + "[tool.hatch.envs.hatch-test]\nparallel = false\n[tool.coverage.run]\nsource_pkgs = ['demo']\n"
    },
    "tox": {
        "pyproject.toml": _HEAD,
        "tox.ini": "[testenv]\ndeps =\n    pytest\ncommands = pytest\n",
    },
    "tox-toml": {
        "pyproject.toml": _HEAD
        + '[tool.tox.env_run_base]\ndeps = ["pytest"]\ncommands = [["pytest", "tests"]]\n'
    },
    "tox-coverage": {
        "pyproject.toml": _HEAD,
        "tox.ini": "[testenv:unit]\ndeps =\n    pytest\n    coverage\ncommands = coverage run -m pytest\n",
        ".coveragerc": "[run]\nbranch = true\nsource = demo\n",
    },
    "nox": {"pyproject.toml": _HEAD, "noxfile.py": _SESSION},
}
_ADD = "%s = (a, b) => { return a + b }\n"
_VITEST = {
    "package.json": '{"type": "module", "scripts": {"test": "vitest"}, "packageManager": "%s",'
    ' "devDependencies": {"@vitest/coverage-v8": "^3", "vitest": "^3"}}',
    "src/add.js": _ADD % "export const add",
    "src/add.test.js": "import { expect, test } from 'vitest'\nimport { add } from './add.js'\n"
    "test('adds', () => expect(add(1, 2)).toBe(3))\n",
}
_JEST = {
    "package.json": '{"scripts": {"test": "jest"}, "packageManager": "%s",'
    ' "devDependencies": {"jest": "^29"}}',
    "src/add.js": _ADD % "exports.add",
    "src/add.test.js": "const { add } = require('./add.js')\ntest('adds', () => expect(add(1, 2)).toBe(3))\n",
}
JAVASCRIPT = [
    (name, files)
    for files in (_VITEST, _JEST)
    for name in ("npm@10.8.0", "pnpm@9.15.0", "pnpm@10.5.2", "yarn@1.22.22", "yarn@4.5.3", "bun@1.2.0")
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """What a runner has besides the checkout."""
    return tmp_path / "home"


def tried(root: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """The verdict that a maintainer sees who calls `init`, runs the job, and calls `check`."""
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=root, check=True)
    monkeypatch.chdir(root)
    main(["init", "--gitignore"], standalone_mode=False)
    for name, done in Runner(root, home).job(root / WORKFLOW, "gate"):
        assert done.returncode == 0, f"{name}\n{done.stdout}\n{done.stderr}"
    git = subprocess.run(["git", "status", "--short"], cwd=root, capture_output=True, text=True, check=True)
    left = {line[3:] for line in git.stdout.splitlines()} - {"package-lock.json", "uv.lock", "bun.lock"}
    assert left <= {".gitignore", ".github/", "sluicegate.yml", "yarn.lock", ".yarnrc.yml", "pnpm-lock.yaml"}
    capsys.readouterr()
    main(["check"], standalone_mode=False)
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", PYTHON)
def test_a_python_project_is_tested_and_measured_without_an_edit(
    tmp_path: Path, home: Path, kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(tmp_path / "checkout", {**_SOURCE, **PYTHON[kind]})
    said = tried(root, home, monkeypatch, capsys)
    assert "1 of 1 test passed" in said
    assert "2 of 2 lines" in said


@needs_node
@pytest.mark.parametrize(("manager", "files"), JAVASCRIPT)
def test_a_javascript_project_is_tested_and_measured_without_an_edit(
    tmp_path: Path,
    home: Path,
    manager: str,
    files: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    package = {"package.json": json.dumps(json.loads(files["package.json"] % manager), indent=2) + "\n"}
    root = write(tmp_path / "checkout", {**files, **package, ".gitignore": _SOURCE[".gitignore"]})
    said = tried(root, home, monkeypatch, capsys)
    assert "1 of 1 test passed" in said
    assert "1 of 1 line" in said


def test_the_environment_of_a_runner_hides_that_of_the_tests(tmp_path: Path, home: Path) -> None:
    runner = Runner(tmp_path, home)
    assert "VIRTUAL_ENV" not in runner.environment
    assert runner.environment["PATH"].split(os.pathsep)[0] == str(home / "python" / "bin")
