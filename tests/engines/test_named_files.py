"""Files that settings and workflows name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import Change, FileChange
from sluicegate.engines.named_files import named
from support.sources import Text, analysis, workspace
from support.speed import soon


def names(path: str, text: str) -> set[str]:
    return {one.path for one in named(path, text)}


@pytest.mark.parametrize(
    ("path", "text", "target"),
    [
        ("tox.ini", "addopts = --cov-config=ci/cov.ini", "ci/cov.ini"),
        ("pyproject.toml", 'addopts = ["--cov-config", "ci/cov.ini"]', "ci/cov.ini"),
        (
            ".github/workflows/ci.yml",
            "    - run: coverage run --rcfile=ci/.coveragerc -m pytest",
            "ci/.coveragerc",
        ),
        (".github/workflows/ci.yml", "      COVERAGE_RCFILE: ci/cov.cfg", "ci/cov.cfg"),
        (".github/workflows/ci.yml", "    - run: bandit -c ci/bandit.yaml -r src", "ci/bandit.yaml"),
        (".bandit", "configfile = ci/bandit.yaml", "ci/bandit.yaml"),
        ("ruff.toml", 'extend = "ci/base.toml"', "ci/base.toml"),
        ("web/.eslintrc.json", '"extends": ["eslint:recommended", "./base.js"]', "web/base.js"),
        (".github/workflows/ci.yml", "    - uses: ./ci/test", "ci/test"),
        (".github/workflows/ci.yml", "    - run: scripts/test.sh --all", "scripts/test.sh"),
        (
            ".github/workflows/ci.yml",
            "      run: |\n        set -e\n        python tools/check.py",
            "tools/check.py",
        ),
        (".github/workflows/ci.yml", "    - run: python -m tools.check", "tools/check.py"),
        (".github/workflows/ci.yml", "    - run: ./test.sh\n      working-directory: web", "web/test.sh"),
        (".github/workflows/ci.yml", "    - run: make test", "Makefile"),
        ("Makefile", "test:\n\t@bash scripts/test.sh", "scripts/test.sh"),
        ("package.json", '{"scripts": {\n  "test": "node tools/test.mjs"\n}}', "tools/test.mjs"),
        ("noxfile.py", 'session.run("python", "tools/check.py")', "tools/check.py"),
        (".pre-commit-config.yaml", "        entry: tools/hook.sh", "tools/hook.sh"),
        ("ci/test/action.yml", "  main: dist/index.js", "ci/test/dist/index.js"),
    ],
)
def test_a_name_is_found(path: str, text: str, target: str) -> None:
    assert target in names(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[tool.ruff.per-file-ignores]\n"src/a.py" = ["E501"]'),
        ("pyproject.toml", 'version = {path = "src/a.py"}'),
        (".pre-commit-config.yaml", "  exclude: |\n    src/a.py"),
        (".github/workflows/ci.yml", "    paths:\n      - src/a.py"),
        (".github/workflows/ci.yml", "    - run: pytest src/a.py"),
        (".github/workflows/ci.yml", "    - run: python -c 'import a'"),
    ],
)
def test_what_is_neither_settings_nor_run_is_not(path: str, text: str) -> None:
    assert "src/a.py" not in names(path, text)


@given(st.sampled_from(["tox.ini", ".github/workflows/ci.yml", "package.json", "Makefile"]), st.text())
def test_any_text_gives_names_inside_the_repository(path: str, text: str) -> None:
    assert not [name for name in names(path, text) if name.startswith(("/", ".."))]


# --- of a change ----------------------------------------------------------------------------------


def gate(root: Path, head: dict[str, Text], base: dict[str, Text]) -> list[tuple[str, str]]:
    found = analysis(workspace(root, head, base), "changes").changes
    assert found is not None
    return [(change.path, change.what) for change in found.gate_changes]


WORKFLOW = ".github/workflows/ci.yml"


def test_a_changed_file_that_is_named_is_a_change_of_the_gate(tmp_path: Path) -> None:
    same: dict[str, Text] = {"tox.ini": "[pytest]\naddopts = --cov-config=ci/cov.ini\n"}
    head, base = same | {"ci/cov.ini": "[report]\n"}, same | {"ci/cov.ini": ""}
    assert gate(tmp_path, head, base) == [("ci/cov.ini", "settings that tox.ini names were changed")]


def test_what_a_script_names_counts_in_turn(tmp_path: Path) -> None:
    same: dict[str, Text] = {
        WORKFLOW: "    - run: make test\n",
        "Makefile": "test:\n\tscripts/test.sh\n",
        "scripts/test.sh": "pytest -c ci/pytest.cfg\n",
    }
    head, base = same | {"ci/pytest.cfg": "[pytest]\n"}, same | {"ci/pytest.cfg": ""}
    assert gate(tmp_path, head, base) == [
        ("ci/pytest.cfg", "settings that scripts/test.sh names were changed")
    ]


def test_everything_below_a_local_action_belongs_to_it(tmp_path: Path) -> None:
    same: dict[str, Text] = {WORKFLOW: "    - uses: ./ci/test\n"}
    head, base = same | {"ci/test/dist/index.js": "x\n"}, same | {"ci/test/dist/index.js": "y\n"}
    assert gate(tmp_path, head, base) == [
        ("ci/test/dist/index.js", f"an action that {WORKFLOW} uses was changed")
    ]


def test_a_name_that_the_change_takes_out_counts(tmp_path: Path) -> None:
    base: dict[str, Text] = {WORKFLOW: "    - run: scripts/test.sh\n", "scripts/test.sh": "pytest\n"}
    head: dict[str, Text] = {WORKFLOW: "    - run: 'true'\n"}
    assert ("scripts/test.sh", f"a script that {WORKFLOW} runs was removed") in gate(tmp_path, head, base)


@pytest.mark.parametrize("text", ["    - uses: ./web/lib\n", "    - run: ./web/lib/ci/test.sh\n"])
def test_a_submodule_or_link_above_a_named_file_counts(tmp_path: Path, text: str) -> None:
    judged = workspace(tmp_path, {WORKFLOW: text}, {WORKFLOW: text})
    moved = Change({"web/lib": FileChange("web/lib", "web/lib", submodule=True)})
    found = analysis(replace(judged, change=moved), "changes").changes
    assert found is not None
    assert [change.path for change in found.gate_changes] == ["web/lib"]


TRAPS = [
    "\n",
    ";a=",
    "-p ",
    ";sh -x",
    "uses: \n",
    "extends: [",
    "\"'",
    "python -m ",
    "- ",
    "a: ",
    ".",
    "run: env ",
]


@pytest.mark.parametrize("trap", TRAPS)
def test_a_file_of_any_text_takes_a_time_that_grows_with_its_length(trap: str) -> None:
    """A second of processor time for what takes milliseconds; it took a minute and more."""
    with soon(10):
        list(named(".github/workflows/x.yml", trap * (200_000 // len(trap))))
