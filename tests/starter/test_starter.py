from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.policy.catalogue import gate_names
from sluicegate.starter.detect import Manager, Project, detect
from sluicegate.starter.place import Place
from sluicegate.starter.plan import found, plain_branch, plan
from sluicegate.starter.write import missing_files, write_files
from support import needs, rig
from support.examples import at_most
from support.policies import policy
from support.starter import (
    KINDS,
    POLICY,
    PYPROJECT,
    WORKFLOW,
    look,
    python,
    run_of_tests,
    steps,
    write,
)

every_kind = pytest.mark.parametrize("kind", KINDS)

# --- what is detected --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "manager"), [("pip", Manager.PIP), ("uv", Manager.UV), ("poetry", Manager.POETRY)]
)
def test_the_manager_is_told_by_its_files(tmp_path: Path, kind: str, manager: Manager) -> None:
    assert python(tmp_path, KINDS[kind]).manager is manager


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        (">=3.11", "3.13"),
        (">=3.9,<3.12", "3.11"),
        (">=3.9,<=3.12", "3.12"),
        (">=3.14", "3.14"),
        ("~=3.10", "3.13"),
        ("==3.12.*", "3.12"),
        ("", "3.13"),
    ],
)
def test_the_version_fits_the_project(tmp_path: Path, wanted: str, version: str) -> None:
    text = f'[project]\nname = "x"\nrequires-python = "{wanted}"\n'
    assert python(tmp_path, {"pyproject.toml": text}).version == version


def test_a_pinned_version_wins(tmp_path: Path) -> None:
    assert python(tmp_path, {"pyproject.toml": PYPROJECT, ".python-version": "3.12.4\n"}).version == "3.12"


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"setup.py": ""}, "Python: 3.13 (the newest supported, since the project names none)"),
        ({"pyproject.toml": PYPROJECT}, "Python: 3.13 (from requires-python)"),
        ({"setup.cfg": "[options]\npython_requires = >=3.9,<3.12\n"}, "Python: 3.11 (from python_requires)"),
        ({"setup.py": "setup(\n  python_requires='<3.13')\n"}, "Python: 3.12 (from python_requires)"),
        (
            {"pyproject.toml": '[tool.poetry.dependencies]\npython = "~3.11"\n'},
            "Python: 3.11 (from Poetry's python)",
        ),
        ({"setup.py": "", ".python-version": "3.12\n"}, "Python: 3.12 (from .python-version)"),
    ],
)
def test_it_says_where_the_version_comes_from(tmp_path: Path, files: Mapping[str, str], line: str) -> None:
    assert line in found(look(tmp_path, files)).splitlines()


def test_sources_are_found_in_both_layouts(tmp_path: Path) -> None:
    assert python(tmp_path / "a", {"src/x/__init__.py": "", "setup.py": ""}).packages == ("src",)
    flat = {"x/__init__.py": "", "tests/__init__.py": "", "setup.py": ""}
    assert python(tmp_path / "b", flat).packages == ("x",)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": '[tool.coverage.run]\nbranch = true\nsource = ["x"]\n'},
        {"setup.py": "", ".coveragerc": "[run]\nbranch = True\nsource = x\n"},
        {"setup.py": "", "tox.ini": "[coverage:run]\nbranch = True\nsource = x\n"},
    ],
)
def test_settings_of_coverage_are_left_to_coverage(tmp_path: Path, files: Mapping[str, str]) -> None:
    assert python(tmp_path, files).coverage_source
    assert python(tmp_path, files).coverage_branch


def test_other_languages_reports_and_workflows_are_named(tmp_path: Path) -> None:
    project = look(tmp_path, KINDS["go"])
    assert project.python is None
    assert (project.others, project.reports, project.workflows) == (("Go",), ("coverage.xml",), ("ci.yml",))


@pytest.mark.parametrize("name", ["pyproject.toml", "package.json", "setup.cfg", ".coveragerc", "tox.ini"])
@given(data=st.binary(max_size=60))
@settings(deadline=None, max_examples=at_most(30))
def test_files_that_are_no_settings_count_as_empty(tmp_path_factory: Any, name: str, data: bytes) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / name).write_bytes(data)
    assert set(plan(detect(root), "standard", "main")) == {POLICY, WORKFLOW}


# --- what is written ---------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("preset", ["standard", "strict", "legacy"])
def test_the_policy_loads(tmp_path: Path, kind: str, preset: str) -> None:
    result = policy(plan(look(tmp_path, KINDS[kind]), preset, "main")[POLICY])
    assert len(result.gates) == len(gate_names())


@every_kind
@pytest.mark.parametrize("preset", ["standard", "strict", "legacy"])
def test_what_the_policy_offers_in_comments_loads_too(tmp_path: Path, kind: str, preset: str) -> None:
    text = plan(look(tmp_path, KINDS[kind]), preset, "main")[POLICY]
    offered = text.partition("# More options:\n#\n")[2].replace("#   gates:", "# gates:")
    lines = [line.removeprefix("# ").removeprefix("#") for line in offered.splitlines()]
    gates, _, waivers = "\n".join(lines).partition("waivers:")
    body = "\n".join(line.removeprefix("  ") for line in gates.splitlines()[1:])
    result = policy(f"extends: {preset}\ngates:\n{body}\nwaivers:{waivers}\n")
    assert result.gate("bundle-size")
    assert len(result.waivers) == 1


def test_known_tests_are_required(tmp_path: Path) -> None:
    result = policy(plan(look(tmp_path, KINDS["pip"]), "standard", "main")[POLICY])
    assert [g.name for g in result.gates if g.required] == ["tests", "coverage"]


def test_jest_is_required_where_it_writes_junit(tmp_path: Path) -> None:
    one, other = look(tmp_path / "a", KINDS["jest"]), look(tmp_path / "b", KINDS["jest with junit"])
    assert not any(g.required for g in policy(plan(one, "standard", "main")[POLICY]).gates)
    assert any(g.required for g in policy(plan(other, "standard", "main")[POLICY]).gates)
    assert "npm install --save-dev jest-junit" in steps(one)
    assert "jest-junit" not in steps(other).replace("--reporters=jest-junit", "")


def test_unknown_tests_are_not_required(tmp_path: Path) -> None:
    result = policy(plan(look(tmp_path, KINDS["go"]), "standard", "main")[POLICY])
    assert not any(g.required for g in result.gates)


# every kind of project with the simplest workflow, and the others with what differs
WORKFLOWS = [
    *((kind, "standard", Place()) for kind in KINDS),
    ("pip", "legacy", Place()),
    ("go", "strict", Place("services/my go.1")),
    ("jest", "standard", Place("web")),
]
every_workflow = pytest.mark.parametrize(("kind", "preset", "place"), WORKFLOWS)


@pytest.mark.slow
@every_workflow
def test_the_workflow_is_one(tmp_path: Path, kind: str, preset: str, place: Place) -> None:
    write_files(tmp_path, plan(look(tmp_path, KINDS[kind]), preset, "main", place))
    path = tmp_path / place.workflow
    tool = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*tool, str(path)], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [zizmor, "--offline", "--no-config", str(path)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@every_workflow
def test_github_s_parser_and_actionlint_find_nothing(
    tmp_path: Path, kind: str, preset: str, place: Place
) -> None:
    write_files(tmp_path, plan(look(tmp_path, KINDS[kind]), preset, "main", place))
    assert rig.parse("workflow", tmp_path / place.workflow)["errors"] == []
    assert rig.lint(tmp_path / place.workflow) == []


@pytest.mark.parametrize(
    ("kind", "commands"),
    [
        ("pip", "python -m pip install --editable . pytest pytest-cov\n"),
        ("pip", "python -m pytest --junitxml=reports/junit.xml --cov=src --cov-branch --cov-report=xml"),
        ("pip with extras", '--requirement requirements-dev.txt --editable ".[test]" pytest pytest-cov\n'),
        ("pip with extras", "python -m pytest --junitxml=reports/junit.xml --cov=x --cov-branch"),
        ("pip with groups", "--group dev --editable ."),
        ("uv", "python -m pip install uv\nuv run --with pytest --with pytest-cov python -m pytest"),
        ("poetry", "pipx install poetry\npoetry install\npoetry run python -m pip install pytest"),
        ("scripts", "python -m pip install --requirement requirements.txt pytest pytest-cov\n"),
        ("jest", "npm ci\nnpx jest --coverage --coverageReporters=lcov\n"),
        ("jest with junit", "--coverageReporters=lcov --reporters=default --reporters=jest-junit\n"),
        ("node", "npm ci\nnpm test"),
    ],
)
def test_the_test_step_fits_the_project(tmp_path: Path, kind: str, commands: str) -> None:
    assert commands in run_of_tests(tmp_path, KINDS[kind])


def test_without_a_known_language_the_step_is_left_to_fill_in(tmp_path: Path) -> None:
    project = look(tmp_path, KINDS["go"])
    assert "# Build and test here" in plan(project, "standard", "main")[WORKFLOW]
    assert f"Fill in the test step in {WORKFLOW}." in steps(project)
    assert "If one of ci.yml already runs the tests" in steps(project)


@pytest.mark.parametrize(
    ("revision", "branch"),
    [
        ("origin/main", "main"),
        ("origin/release/2.x", "release/2.x"),
        ("", "main"),
        ("origin/on", "main"),
        ("origin/1.0", "main"),
        ("origin/a'b", "main"),
        ("origin/{a}", "main"),
    ],
)
def test_only_plain_branch_names_reach_the_workflow(revision: str, branch: str) -> None:
    assert plain_branch(revision) == branch


def test_what_was_found_is_told(tmp_path: Path) -> None:
    assert found(Project(None)) == "found no known project files: complete the two files by hand\n"
    project = look(
        tmp_path, {**KINDS["pip with extras"], "tests/test_x.py": "", ".coveragerc": "[run]\nbranch=1\n"}
    )
    assert found(project).splitlines() == [
        "found Python, installed by pip",
        "Python: 3.13 (from requires-python)",
        "found sources in x",
        "found tests in tests/, pytest",
        "found coverage settings",
    ]
    assert "found Go\nfound reports: coverage.xml\nfound workflows: ci.yml\n" in found(
        look(tmp_path / "go", KINDS["go"])
    )
    assert "found JavaScript, Jest\n" in found(Project(None, node=True, jest=True))


# --- how it is written -------------------------------------------------------------------------

FILES = {"sluicegate.yml": "extends: standard\n", ".github/workflows/sluicegate.yml": "on: push\n"}


def test_new_files_are_written(tmp_path: Path) -> None:
    write_files(tmp_path, missing_files(tmp_path, FILES))
    assert {n: (tmp_path / n).read_text(encoding="utf-8") for n in FILES} == FILES


def test_what_is_there_already_with_the_same_content_is_kept(tmp_path: Path) -> None:
    write(tmp_path, {"sluicegate.yml": FILES["sluicegate.yml"]})
    assert list(missing_files(tmp_path, FILES)) == [".github/workflows/sluicegate.yml"]


@pytest.mark.parametrize("name", FILES)
def test_another_content_is_never_overwritten(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: "mine\n"})
    with pytest.raises(UsageError, match="exists already and is never overwritten"):
        missing_files(tmp_path, FILES)
    with pytest.raises(UsageError, match="exists already"):
        write_files(tmp_path, FILES)
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [Path(name).name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine\n"


def test_paths_may_lead_upwards_from_the_project(tmp_path: Path) -> None:
    here = tmp_path / "a" / "src"
    here.mkdir(parents=True)
    write(tmp_path, {"a/.sluicegate.yml": ""})
    files = {"../sluicegate.yml": "x", "../../.github/workflows/a.yml": "y"}
    with pytest.raises(UsageError, match=r"^\.\./\.sluicegate\.yml: a policy exists already"):
        missing_files(here, files, "..")
    (tmp_path / "a" / ".sluicegate.yml").unlink()
    write_files(here, missing_files(here, files, ".."))
    assert (tmp_path / ".github" / "workflows" / "a.yml").read_text(encoding="utf-8") == "y"


def test_a_policy_of_another_name_is_not_doubled(tmp_path: Path) -> None:
    write(tmp_path, {".sluicegate.yml": "extends: strict\n"})
    with pytest.raises(UsageError, match=r"^\.sluicegate\.yml: a policy exists already") as caught:
        missing_files(tmp_path, FILES)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("link", [".github", "sluicegate.yml", ".github/workflows"])
def test_links_are_not_followed(tmp_path: Path, link: str) -> None:
    root, outside = tmp_path / "repo", tmp_path / "outside"
    outside.mkdir()
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside / "x" if link.endswith(".yml") else outside)
    for act in (missing_files, write_files):
        with pytest.raises(UsageError, match="must not be a link"):
            act(root, FILES)
    assert list(outside.iterdir()) == []


@needs.posix
def test_what_was_begun_is_taken_back_when_the_disk_refuses(tmp_path: Path) -> None:
    write(tmp_path, {".github/workflows": "a file in place of the folder"})
    with pytest.raises((WorldError, UsageError)):
        write_files(tmp_path, FILES)
    assert not (tmp_path / "sluicegate.yml").exists()
