"""Projects of every kind that `sluicegate init` knows, for real package managers: each with a change to it.

The change adds a function and its test; `failing` is the same with a test that fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

_IGNORED = ".venv\n__pycache__/\n.tox/\n.nox/\n*.egg-info/\nnode_modules/\n.yarn/\n.pnp.*\n"
_PYTHON = {
    "src/demo/__init__.py": '"""Sums."""\n\n\ndef add(a: int, b: int) -> int:\n    """The sum."""\n'
    "    return a + b\n",
    "tests/test_demo.py": "from demo import add\n\n\ndef test_add() -> None:\n    assert add(1, 2) == 3\n",
    ".gitignore": _IGNORED,
}
_PYTHON_CHANGE = {
    "src/demo/more.py": '"""More."""\n\n\ndef twice(a: int) -> int:\n    """The double."""\n'
    "    return a + a\n",
    "tests/test_more.py": "from demo.more import twice\n\n\ndef test_twice() -> None:\n"
    "    assert twice(2) == 4\n",
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
_POETRY = """\
[tool.poetry]
name = "demo"
version = "1.0"
description = "Sums."
authors = ["A <a@example.com>"]
packages = [{include = "demo", from = "src"}]

[tool.poetry.dependencies]
python = ">=3.10,<3.12"

[tool.poetry.group.test.dependencies]
pytest = "^8"

[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""


@dataclass(frozen=True)
class Kind:
    """A kind of project.

    Attributes:
        files: the project.
        change: what the pull request adds.
        lock: a command that writes its lock file, with the package manager that the runner brings.
        tests: how many there are with the change, in the parts that it touches.
    """

    files: Mapping[str, str]
    change: Mapping[str, str]
    lock: str = ""
    tests: int = 2

    @property
    def failing(self) -> Mapping[str, str]:
        """The change with a test that fails."""
        return {name: text.replace("4", "5") for name, text in self.change.items()}


PYTHON: Mapping[str, Kind] = {
    name: Kind({**_PYTHON, **files}, _PYTHON_CHANGE, lock)
    for name, files, lock in (
        ("pip", {"pyproject.toml": _HEAD + '[dependency-groups]\ntest = ["pytest>=8"]\n'}, ""),
        ("requirements", {"pyproject.toml": _HEAD, "requirements/test.txt": "pytest\n"}, ""),
        (
            "uv",
            {"pyproject.toml": _HEAD + '[dependency-groups]\ntests = ["pytest>=8"]\n[tool.uv]\n'},
            "python -m pip install uv && uv lock",
        ),
        ("poetry", {"pyproject.toml": _POETRY}, "pipx install poetry && poetry lock"),
        (
            "hatch",
            {"pyproject.toml": _HEAD + '[tool.hatch.envs.ci]\ndependencies = ["pytest", "pytest-cov"]\n'},
            "",
        ),
        (
            "hatch-test",
            {
                "pyproject.toml": _HEAD + "[tool.hatch.envs.hatch-test]\nparallel = false\n"
                "[tool.coverage.run]\nsource_pkgs = ['demo']\n"
            },
            "",
        ),
        (
            "tox",
            {"pyproject.toml": _HEAD, "tox.ini": "[testenv]\ndeps =\n    pytest\ncommands = pytest\n"},
            "",
        ),
        (
            "tox-toml",
            {
                "pyproject.toml": _HEAD + '[tool.tox.env_run_base]\ndeps = ["pytest"]\n'
                'commands = [["pytest", "tests"]]\n'
            },
            "",
        ),
        (
            "tox-coverage",
            {
                "pyproject.toml": _HEAD,
                "tox.ini": "[testenv:unit]\ndeps =\n    pytest\n    coverage\n"
                "commands = coverage run -m pytest\n",
                ".coveragerc": "[run]\nbranch = true\nsource = demo\n",
            },
            "",
        ),
        ("nox", {"pyproject.toml": _HEAD, "noxfile.py": _SESSION}, ""),
    )
}

_ESM, _CJS = "import { %s } from './%s.js'\n", "const { %s } = require('./%s.js')\n"
_VITEST, _BUN = (f"import {{ expect, test }} from '{name}'\n" for name in ("vitest", "bun:test"))
_NODE = "const test = require('node:test')\nconst assert = require('node:assert')\n"
_RUNNERS: Mapping[str, tuple[str, str, Mapping[str, str], bool]] = {
    "vitest": (_VITEST, "vitest", {"vitest": "^3", "@vitest/coverage-v8": "^3"}, True),
    "jest": ("", "jest", {"jest": "^29"}, False),
    "node": (_NODE, "node --test", {}, False),
    "bun": (_BUN, "bun test", {}, True),
}
"""By runner: what begins its tests, the script, what it takes, and whether modules are ECMAScript's."""


def _javascript(runner: str, manager: str = "") -> Kind:
    head, script, needed, is_module = _RUNNERS[runner]
    package = {"name": "demo", "private": True, "scripts": {"test": script}, "devDependencies": needed}
    package |= {"type": "module"} if is_module else {}
    package |= {"packageManager": manager} if manager else {}

    def files(name: str, body: str, call: str, result: int) -> dict[str, str]:
        source = f"export const {name} = " if is_module else f"exports.{name} = "
        test = f"assert.equal({call}, {result})" if runner == "node" else f"expect({call}).toBe({result})"
        imports = (_ESM if is_module else _CJS) % (name, name)
        return {
            f"src/{name}.js": f"{source}{body}\n",
            f"src/{name}.test.js": f"{head}{imports}test('{name} works', () => {{ {test} }})\n",
        }

    text = json.dumps(package, indent=2) + "\n"
    return Kind(
        {
            "package.json": text,
            ".gitignore": _IGNORED,
            **files("add", "(a, b) => { return a + b }", "add(1, 2)", 3),
        },
        files("twice", "(a) => { return a + a }", "twice(2)", 4),
        _locking(manager),
    )


def _locking(manager: str) -> str:
    """The command that makes the lock file."""
    name, _, version = manager.partition("@")
    if name == "yarn" and not version.startswith("1."):
        return f"npm install --global @yarnpkg/cli-dist@{version} && yarn install --no-immutable"
    install = f"npm install --global {manager} && "
    commands = {"pnpm": "pnpm install --lockfile-only", "yarn": "yarn install", "bun": "bun install"}
    return install + commands[name] if name in commands else "npm install --package-lock-only"


JAVASCRIPT: Mapping[str, Kind] = {
    f"{manager or 'npm'}-{runner}": _javascript(runner, manager)
    for runner, manager in (
        ("vitest", "npm@10.8.0"),
        ("jest", "npm@10.8.0"),
        ("node", ""),
        ("vitest", "pnpm@9.15.0"),
        ("jest", "pnpm@10.5.2"),
        ("vitest", "yarn@1.22.22"),
        ("jest", "yarn@1.22.22"),
        ("vitest", "yarn@4.5.3"),
        ("jest", "yarn@4.5.3"),
        ("vitest", "bun@1.2.0"),
        ("bun", "bun@1.2.0"),
    )
}


def _below(folder: str, kind: Kind) -> Kind:
    """The same project in a folder of a repository."""
    files = {f"{folder}/{name}": text for name, text in kind.files.items()}
    change = {f"{folder}/{name}": text for name, text in kind.change.items()}
    return Kind(files, change, f"cd {folder} && {kind.lock}" if kind.lock else "", kind.tests)


def _both(one: Kind, two: Kind) -> Kind:
    """A repository of two projects, of which the change touches the first."""
    return replace(one, files={**one.files, **two.files, ".gitignore": _IGNORED})


_OTHER = {n.replace("demo", "mail"): t.replace("demo", "mail") for n, t in PYTHON["pip"].files.items()}
MONOREPOS: Mapping[str, Kind] = {
    "python": _both(_below("libs/sums", PYTHON["pip"]), _below("libs/mail", Kind(_OTHER, {}))),
    "mixed": _both(_below("web", JAVASCRIPT["npm@10.8.0-vitest"]), _below("api", PYTHON["pip"])),
}
