"""The parts of a monorepo: which there are, and what the policy and the workflow make of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sluicegate.core.globs import matches_any
from sluicegate.starter.members import find_folders
from sluicegate.starter.place import Place, only_project
from sluicegate.starter.plan import found, plan
from support.policies import policy
from support.starter import KINDS, POLICY, PYPROJECT, WORKFLOW, look, steps, write

MONOREPOS = [name for name in KINDS if name.startswith("monorepo")]


@pytest.mark.parametrize(
    ("files", "folders"),
    [
        (KINDS["monorepo-pnpm"], ["packages/api", "packages/types", "packages/web"]),
        (KINDS["monorepo-uv"], ["libs/mail", "libs/money"]),
        (KINDS["monorepo-mixed"], ["backend", "frontend"]),
        ({"package.json": '{"workspaces": ["a/*"]}', "a/b/package.json": "{}"}, ["a/b"]),
        ({"package.json": '{"workspaces": {"packages": ["./a/*/"]}}', "a/b/package.json": "{}"}, ["a/b"]),
        ({"package.json": '{"workspaces": ["examples/*"]}', "examples/b/package.json": "{}"}, ["examples/b"]),
        ({"docs/package.json": "{}", "x/tests/data/setup.py": "", ".x/setup.py": ""}, []),
        ({"a/setup.py": "", "a/inner/setup.py": "", "a/b/c/d/setup.py": ""}, ["a"]),
        ({"a b/setup.py": "", "a'/setup.py": "", "-x/setup.py": ""}, []),
    ],
)
def test_parts_have_manifests_of_their_own(
    tmp_path: Path, files: Mapping[str, str], folders: list[str]
) -> None:
    assert [m.folder for m in find_folders(write(tmp_path, files), list(files))] == folders


def test_parts_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    files = dict.fromkeys(("a/core/setup.py", "b/core/setup.py", "1/setup.py"), "")
    assert [m.name for m in find_folders(write(tmp_path, files), list(files))] == ["part-1", "core", "core-2"]


@pytest.mark.parametrize("kind", MONOREPOS)
def test_every_part_is_a_component_with_a_case_in_the_matrix(tmp_path: Path, kind: str) -> None:
    project = look(tmp_path, KINDS[kind])
    files = plan(project, "standard", "main")
    judged = policy(files[POLICY])
    assert [c.name for c in judged.components] == [p.name for p in project.members]
    assert {c.jobs for c in judged.components} == {("component",)}
    assert not judged.whole
    workflow: Any = yaml.safe_load(files[WORKFLOW])
    assert "component" in workflow["jobs"]


@pytest.mark.parametrize("kind", MONOREPOS)
def test_every_source_belongs_to_a_part_and_what_all_share_to_every_one(tmp_path: Path, kind: str) -> None:
    files = KINDS[kind]
    judged = policy(plan(look(tmp_path, files), "standard", "main")[POLICY])
    for name in (n for n in files if n.endswith(".py")):
        owners = [c.name for c in judged.components if matches_any(c.paths, name)]
        assert len(owners) == 1 or name.startswith(("examples/", "libs/old")), (name, owners)
    shared = [n for n in files if "/" not in n and n.endswith(("lock", "lock.yaml", ".toml", ".json"))]
    for name in [*shared, POLICY, WORKFLOW]:
        assert all(matches_any(c.paths, name) for c in judged.components), name


def test_a_gate_is_required_of_the_parts_that_can_be_tested(tmp_path: Path) -> None:
    judged = policy(plan(look(tmp_path, KINDS["monorepo-pnpm"]), "standard", "main")[POLICY])
    required = {c.name: [g.name for g in c.gates if g.required] for c in judged.components}
    assert required == {"api": ["tests", "coverage"], "types": [], "web": ["tests", "coverage"]}


def test_a_threshold_is_kept_for_its_own_part(tmp_path: Path) -> None:
    judged = policy(plan(look(tmp_path, KINDS["monorepo-uv"]), "standard", "main")[POLICY])
    totals = {
        c.name: next(k.expect for g in c.gates if g.name == "coverage" for k in g.criteria)
        for c in judged.components
    }
    assert totals == {"mail": "total >= 80%", "money": "total >= 100%", "root": "total >= 80%"}


def test_equal_parts_share_their_steps_and_others_have_their_own(tmp_path: Path) -> None:
    text = plan(look(tmp_path, KINDS["monorepo-mixed"]), "standard", "main")[WORKFLOW]
    assert text.count("matrix.component == 'backend'") == 3  # set up, install, test
    assert text.count("working-directory: backend") == 2
    equal = plan(look(tmp_path / "equal", KINDS["monorepo-pnpm"]), "standard", "main")[WORKFLOW]
    assert "            api) folder=packages/api ;;\n            web) folder=packages/web ;;\n" in equal
    assert equal.count("run: pnpm install --frozen-lockfile") == 1


def test_no_step_runs_for_a_part_that_has_no_tests(tmp_path: Path) -> None:
    workflow: Any = yaml.safe_load(plan(look(tmp_path, KINDS["monorepo-pnpm"]), "standard", "main")[WORKFLOW])
    conditions = {s.get("if") for s in workflow["jobs"]["component"]["steps"] if "run" in s}
    assert conditions == {"""${{ contains(fromJSON('["api", "web"]'), matrix.component) }}"""}


def test_a_lock_file_above_is_installed_where_it_lies(tmp_path: Path) -> None:
    files = {
        "package.json": '{"workspaces": ["p/*"]}',
        "package-lock.json": "{}",
        "p/a/package.json": '{"devDependencies": {"vitest": "3"}}',
        "p/b/package.json": '{"devDependencies": {"vitest": "3", "@vitest/coverage-v8": "3"}}',
    }
    workflow: Any = yaml.safe_load(plan(look(tmp_path, files), "standard", "main")[WORKFLOW])
    steps = [s for s in workflow["jobs"]["component"]["steps"] if "run" in s]
    places = [(s["name"], s.get("working-directory", ".")) for s in steps]
    assert places == [("Install (a)", "."), ("Test (a)", "p/a"), ("Install (b)", "."), ("Test (b)", "p/b")]
    assert (
        "cache-dependency-path: package-lock.json"
        in plan(look(tmp_path, files), "standard", "main")[WORKFLOW]
    )


def test_one_part_alone_is_no_monorepo_and_the_project_that_is_meant(tmp_path: Path) -> None:
    files = {"code/pyproject.toml": PYPROJECT, "code/tests/test_x.py": "", "README.md": ""}
    write(tmp_path, files)
    assert only_project(tmp_path, list(files)) == Place("code")
    assert look(tmp_path, files).members == ()
    assert only_project(tmp_path, ["code/setup.py", "other/setup.py"]) is None
    (tmp_path / "setup.py").touch()
    assert only_project(tmp_path, list(files)) is None


def test_what_was_found_of_the_parts_is_told(tmp_path: Path) -> None:
    assert found(look(tmp_path, KINDS["monorepo-pnpm"])).splitlines() == [
        "found a monorepo of 3 parts",
        "  api: packages/api, JavaScript by pnpm 10.5.2 with Vitest",
        "  types: packages/types, JavaScript by pnpm 10.5.2, no known tests",
        "  web: packages/web, JavaScript by pnpm 10.5.2 with Vitest",
    ]


TOP = {
    "hyp/setup.py": "",
    "hyp/tests/test_x.py": "",
    "two/setup.py": "",
    "two/test_y.py": "",
    "requirements/test.txt": "pytest\n",
}


def test_requirements_of_the_repository_are_installed_and_do_not_make_tests(tmp_path: Path) -> None:
    files = {**TOP, "tooling/setup.py": "", "tooling/src/tooling/__init__.py": ""}
    project = look(tmp_path, files)
    assert [p.name for p in project.members] == ["hyp", "two", "root"]
    text = plan(project, "standard", "main")[WORKFLOW]
    assert "run: python -m pip install --requirement ../requirements/test.txt --editable . pytest-cov" in text
    assert "No tests are known of root" in steps(project)


def test_at_the_top_only_its_own_tests_run(tmp_path: Path) -> None:
    files = {
        **TOP,
        "checks/test_all.py": "",
        "checks/__init__.py": "",
        "eslint.config.js": "",
        "package.json": '{"scripts": {"test": "jest"}}',
    }
    project = look(tmp_path, files)
    (top,) = (p for p in project.members if p.name == "root")
    assert top.paths == ("checks/**",)
    assert [run.test for run in top.project.tests()] == [
        ("python -m pytest checks --junitxml=reports/junit.xml --cov --cov-branch --cov-report=xml",)
    ]


def test_settings_of_javascript_at_the_top_make_no_part(tmp_path: Path) -> None:
    files = {**KINDS["monorepo-pnpm"], "vitest.config.ts": "", "eslint.config.js": "", ".prettierrc.js": ""}
    assert [p.name for p in look(tmp_path, files).members] == ["api", "types", "web"]
