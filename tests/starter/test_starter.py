from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.policy.catalogue import gate_names
from sluicegate.starter.detect import Project, detect
from sluicegate.starter.place import Place
from sluicegate.starter.plan import found, ignored_by, outputs, plain_branch, plan
from sluicegate.starter.python import Manager
from sluicegate.starter.write import append_lines, missing_files, write_files
from support import needs
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


BUILD = '[build-system]\nrequires = ["%s"]\n[project]\nname = "x"\ndynamic = ["version"]\n'


@pytest.mark.parametrize(
    ("files", "by"),
    [
        ({"pyproject.toml": BUILD % 'hatchling", "hatch-vcs>=0.5'}, "hatch-vcs"),
        ({"pyproject.toml": BUILD % "setuptools_scm[toml]>=8"}, "setuptools-scm"),
        ({"pyproject.toml": BUILD % "poetry-dynamic-versioning"}, "poetry-dynamic-versioning"),
        ({"pyproject.toml": BUILD % "pdm-backend" + '[tool.pdm.version]\nsource = "scm"\n'}, "pdm-backend"),
        ({"setup.py": "setup(setup_requires=['pbr'], pbr=True)\n"}, "pbr"),
        ({"setup.cfg": "[options]\nsetup_requires = setuptools-scm\n"}, "setuptools-scm"),
        ({"setup.py": "", "versioneer.py": ""}, "versioneer"),
        *(
            ({"pyproject.toml": BUILD % name}, name)
            for name in (
                "vcs-versioning",
                "versioningit",
                "flit-scm",
                "dunamai",
                "setuptools-git-versioning",
                "uv-dynamic-versioning",
            )
        ),
        ({"pyproject.toml": BUILD % "setuptools"}, ""),
        ({"pyproject.toml": BUILD % "my-hatch-vcs-plugin"}, ""),
        ({"pyproject.toml": BUILD % "pdm-backend"}, ""),
    ],
)
def test_a_version_from_tags_wants_them_in_the_checkout(
    tmp_path: Path, files: Mapping[str, str], by: str
) -> None:
    text = plan(look(tmp_path, files), "standard", "main")[WORKFLOW]
    gate = yaml.safe_load(text)["jobs"]["gate"]
    assert gate["steps"][0]["with"]["fetch-depth"] == (0 if by else 2)
    assert (f"{by} makes the version" in text) == bool(by)


def test_sources_are_found_in_both_layouts(tmp_path: Path) -> None:
    assert python(tmp_path / "a", {"src/x/__init__.py": "", "setup.py": ""}).packages == ("src",)
    flat = {"x/__init__.py": "", "tests/__init__.py": "", "setup.py": ""}
    assert python(tmp_path / "b", flat).packages == ("x",)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": PYPROJECT + '[tool.coverage.run]\nbranch = true\nsource = ["x"]\n'},
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


@pytest.mark.parametrize("name", ["setup.cfg", ".coveragerc", "tox.ini", "noxfile.py", "vitest.config.ts"])
@given(data=st.binary(max_size=60))
@settings(deadline=None, max_examples=at_most(30))
def test_files_that_are_no_settings_count_as_empty(tmp_path_factory: Any, name: str, data: bytes) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / name).write_bytes(data)
    assert set(plan(detect(root), "standard", "main")) == {POLICY, WORKFLOW}


@pytest.mark.parametrize("name", ["pyproject.toml", "package.json"])
@given(data=st.binary(max_size=60))
@settings(deadline=None, max_examples=30)
def test_a_damaged_manifest_is_refused_by_name_and_never_a_crash(
    tmp_path_factory: Any, name: str, data: bytes
) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / name).write_bytes(data)
    said = None
    try:
        detect(root)
    except UsageError as error:
        said = str(error)
    assert said is None or said.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"package.json": '{"name": '}, "package.json: is not JSON: Expecting value: line 1 column 10"),
        ({"package.json": "[]"}, "package.json: must hold a JSON object"),
        ({"pyproject.toml": "[project\n"}, "pyproject.toml: is not TOML: "),
    ],
)
def test_the_error_of_a_damaged_manifest_names_the_place(
    tmp_path: Path, files: Mapping[str, str], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        look(tmp_path, files)
    assert str(caught.value).startswith(message)


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


def test_coverage_is_required_where_it_is_measured(tmp_path: Path) -> None:
    one, other = (
        look(tmp_path / "a", KINDS["vitest-without-provider"]),
        look(tmp_path / "b", KINDS["npm-vitest"]),
    )
    required = [
        [g.name for g in policy(plan(p, "standard", "main")[POLICY]).gates if g.required]
        for p in (one, other)
    ]
    assert required == [["tests"], ["tests", "coverage"]]
    assert "install @vitest/coverage-v8 in the version of Vitest" in steps(one)
    assert "@vitest/coverage-v8" not in steps(other)


def test_unknown_tests_are_not_required(tmp_path: Path) -> None:
    result = policy(plan(look(tmp_path, KINDS["go"]), "standard", "main")[POLICY])
    assert not any(g.required for g in result.gates)


@pytest.mark.parametrize(
    ("kind", "commands"),
    [
        ("pip", "python -m pip install --editable . pytest pytest-cov\n"),
        ("pip", "python -m pytest --junitxml=reports/junit.xml --cov=src --cov-branch --cov-report=xml"),
        ("pip-extras", '--requirement requirements-dev.txt --editable ".[test]"\n'),
        ("pip-extras", "python -m pytest --junitxml=reports/junit.xml --cov=x --cov-branch"),
        ("pip-groups", "install --upgrade pip\npython -m pip install --group dev --editable . pytest-cov\n"),
        ("pip-requirements", "install --requirement requirements/test.txt --editable . pytest-cov\n"),
        ("uv", "pip install uv\nuv sync --frozen --group tests\n"),
        ("uv", "uv run --frozen --group tests --with pytest-cov python -m pytest --junitxml"),
        (
            "poetry",
            "install poetry\npoetry install --with test\npoetry run python -m pip install pytest-cov\n",
        ),
        ("hatch", "PYTEST_ADDOPTS=--junitxml=reports/junit.xml --cov=src --cov-branch --cov-report=xml\n"),
        ("hatch", "hatch run ci:python -m pytest"),
        ("hatch-test", "PYTEST_ADDOPTS=--junitxml=reports/junit.xml\nhatch test --cover --python 3.13"),
        ("tox", "tox run -e py -x testenv.pass_env+=PYTEST_ADDOPTS -x testenv.deps+=pytest-cov -x testenv.p"),
        ("tox-toml", "tox run -e unit -x tool.tox.env.unit.pass_env+=PYTEST_ADDOPTS -x tool.tox.env.unit.pa"),
        ("nox", "--cov-report=xml --override-ini=pythonpath=src\nnox --session tests --python 3.13"),
        ("npm-vitest", "npm ci\nnpm test -- --run --reporter=default --reporter=junit"),
        ("npm-vitest", "--coverage.enabled --coverage.reporter=lcovonly"),
        ("npm-vitest", "--coverage.reportOnFailure"),
        ("npm-jest", "npm install --global jest-junit@16\nnpm ci\nJEST"),
        ("npm-jest", "\nnpm test -- --ci --coverage"),
        ("npm-jest", '--reporters="$(npm root --global)/jest-junit"\n'),
        ("npm-jest", "JEST_JUNIT_OUTPUT_FILE=reports/junit.xml\n"),
        (
            "npm-jest-junit",
            "npm install\nJEST_JUNIT_OUTPUT_FILE=reports/junit.xml\nJEST_JUNIT_ADD_FILE_ATTRIBUTE=",
        ),
        ("npm-jest-junit", "\nnpx jest --ci --coverage"),
        ("npm-jest-junit", "--reporters=default --reporters=jest-junit"),
        (
            "pnpm-vitest",
            "npm install --global pnpm@9.15.0\npnpm install --frozen-lockfile\npnpm run test --run",
        ),
        ("pnpm-jest", "npm install --global pnpm@8\n"),
        ("yarn-jest", "npm install --global yarn@1\n"),
        ("yarn-jest", "yarn install --frozen-lockfile\n"),
        (
            "yarn-berry-vitest",
            "npm install --global @yarnpkg/cli-dist@4.13\nyarn install --immutable\nyarn run test --run",
        ),
        (
            "bun",
            "bun install --frozen-lockfile\nmkdir -p reports\nbun test --reporter=junit",
        ),
        ("bun-vitest", "bun install --frozen-lockfile\nbun run test --run --reporter=default"),
        (
            "node-test",
            "mkdir -p reports coverage\nnode --test --experimental-test-coverage --test-reporter=spec",
        ),
        ("node-test-options", "NODE_OPTIONS=--test-reporter=spec --test-reporter-destination=stdout"),
        ("node-script", "npm install\nnpm test"),
        ("both", "--outputFile.junit=reports/junit-javascript.xml"),
    ],
)
def test_the_steps_fit_the_project(tmp_path: Path, kind: str, commands: str) -> None:
    assert commands in run_of_tests(tmp_path, KINDS[kind]) + "\n"


@pytest.mark.parametrize("kind", ["scripts", "node"])
def test_without_tests_nothing_is_run(tmp_path: Path, kind: str) -> None:
    assert run_of_tests(tmp_path, KINDS[kind]) == ""
    assert f"Fill in the test step in {WORKFLOW}." in steps(look(tmp_path, KINDS[kind]))


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (
            "npm-vitest",
            ["node-version-file: .nvmrc", "cache: npm", "cache-dependency-path: package-lock.json"],
        ),
        ("npm-jest", ["node-version-file: package.json", "cache: npm"]),
        ("npm-jest-junit", ["node-version: lts/*"]),
        ("pnpm-vitest", ["cache: pnpm", "cache-dependency-path: pnpm-lock.yaml"]),
        ("yarn-berry-vitest", ["cache: yarn", "cache-dependency-path: yarn.lock"]),
    ],
)
def test_node_is_set_up_with_what_the_project_names(tmp_path: Path, kind: str, lines: list[str]) -> None:
    text = plan(look(tmp_path, KINDS[kind]), "standard", "main")[WORKFLOW]
    assert [line for line in lines if f"          {line}\n" not in text] == []


@pytest.mark.parametrize("kind", ["npm-jest-junit", "bun"])
def test_without_a_lock_file_that_setup_node_knows_nothing_is_cached(tmp_path: Path, kind: str) -> None:
    assert "cache:" not in plan(look(tmp_path, KINDS[kind]), "standard", "main")[WORKFLOW]


def test_a_pnpm_that_needs_a_later_node_is_installed_by_it(tmp_path: Path) -> None:
    text = plan(look(tmp_path, KINDS["pnpm-new"]), "standard", "main")[WORKFLOW]
    first, install, second = (text.index(w) for w in ("node-version: lts/*", "pnpm@12.1.0", "cache: pnpm"))
    assert first < install < second


@pytest.mark.parametrize("preset", ["standard", "legacy"])
def test_only_under_legacy_the_policy_alone_judges_failing_tests(tmp_path: Path, preset: str) -> None:
    workflow: Any = yaml.safe_load(plan(look(tmp_path, KINDS["pip"]), preset, "main")[WORKFLOW])
    steps_ = {s.get("name"): s for s in workflow["jobs"]["gate"]["steps"]}
    assert steps_["Test"].get("continue-on-error", False) is (preset == "legacy")
    assert "continue-on-error" not in steps_["Install"]


def test_a_second_language_is_tested_although_the_first_failed(tmp_path: Path) -> None:
    workflow: Any = yaml.safe_load(plan(look(tmp_path, KINDS["both"]), "standard", "main")[WORKFLOW])
    conditions = {s.get("name"): s.get("if") for s in workflow["jobs"]["gate"]["steps"]}
    assert conditions["Test (Python)"] is None
    assert conditions["Install (JavaScript)"] == conditions["Test (JavaScript)"] == "${{ !cancelled() }}"


@pytest.mark.parametrize(
    "script",
    ["vitest && echo ok", "jest | tee log", "jest; true", "jest --watch", "vitest bench", "jest & wait"],
)
def test_options_are_not_put_behind_a_script_that_would_not_pass_them_on(tmp_path: Path, script: str) -> None:
    package = {"scripts": {"test": script}, "devDependencies": {"jest": "29", "jest-junit": "1"}}
    commands = run_of_tests(tmp_path, {"package.json": json.dumps(package)})
    assert "npx jest --ci" in commands
    assert "npm test" not in commands


@pytest.mark.parametrize(
    "script",
    [
        "jest",
        "npm run build && jest --verbose",
        "NODE_OPTIONS=--experimental-vm-modules jest",
        "cross-env A=b npx jest",
    ],
)
def test_a_script_that_ends_with_the_runner_gets_its_options(tmp_path: Path, script: str) -> None:
    package = {"scripts": {"test": script}, "devDependencies": {"jest": "29", "jest-junit": "1"}}
    assert "npm test -- --ci --coverage" in run_of_tests(tmp_path, {"package.json": json.dumps(package)})


HOSTILE = '$(id)";`id`\n::x:: ${{ github.token }}'


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": json.dumps({"packageManager": f"pnpm@{HOSTILE}", "scripts": {"test": HOSTILE}})},
        {"package.json": json.dumps({"engines": {"node": HOSTILE}, "devDependencies": {"jest": HOSTILE}})},
        {
            "pyproject.toml": PYPROJECT + f"[dependency-groups]\n{json.dumps(HOSTILE)} = ['pytest']\n",
            "test_a.py": "",
        },
        {
            "pyproject.toml": PYPROJECT
            + f"[tool.hatch.envs.{json.dumps(HOSTILE)}]\ndependencies = ['pytest']\n"
        },
        {"pyproject.toml": PYPROJECT + f"[tool.tox.env.{json.dumps(HOSTILE)}]\ndeps = ['pytest']\n"},
        {"noxfile.py": f"@session(name={HOSTILE!r}, python=[{HOSTILE!r}])\ndef a(s):\n    s.run('pytest')\n"},
        {".python-version": HOSTILE, "setup.py": "", "test_a.py": ""},
        {
            "yarn.lock": "__metadata:\n",
            ".yarnrc.yml": f"yarnPath: yarn-{HOSTILE}.cjs\n",
            "package.json": "{}",
        },
        {f"a/{HOSTILE}/setup.py": "", f"a/{HOSTILE}/test_a.py": "", "b/setup.py": "", "b/test_b.py": ""},
        {"c/setup.py": "", "c/test_a.py": "", "b/setup.py": "", "b/test_b.py": "", "${{ x }}/a.py": ""},
    ],
)
def test_no_text_of_the_project_reaches_a_command_or_an_expression(
    tmp_path: Path, files: Mapping[str, str]
) -> None:
    files = {name.replace("\n", ""): text for name, text in files.items()}
    for text in plan(look(tmp_path, files), "standard", "main").values():
        assert "id)" not in text
        assert "github.token" not in text
        assert "${{ x }}" not in text
        assert yaml.safe_load(text)


@given(text=st.text(max_size=40))
@settings(deadline=None, max_examples=60)
def test_names_of_a_project_are_plain_words_wherever_they_are_written(
    tmp_path_factory: Any, text: str
) -> None:
    package = {"packageManager": f"yarn@{text}", "scripts": {"test": text}, "engines": {"node": text}}
    root = tmp_path_factory.mktemp("any")
    written = run_of_tests(root, {"package.json": json.dumps(package)})
    group = f"[dependency-groups]\n{json.dumps(text, ensure_ascii=False)} = ['pytest']\n"
    with contextlib.suppress(UsageError):  # TOML forbids characters that JSON has
        written += run_of_tests(root, {"pyproject.toml": PYPROJECT + group})
    assert re.fullmatch(r"[\w \n./@*=+:,\"'\[\]()$-]*", written, re.ASCII), written


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
        tmp_path, {**KINDS["pip-extras"], "tests/test_x.py": "", ".coveragerc": "[run]\nbranch=1\n"}
    )
    assert found(project).splitlines() == [
        "found Python, installed by pip",
        "Python: 3.13 (from requires-python)",
        "found sources in x",
        "found tests in tests/, pytest",
        "the tests need requirements-dev.txt, the extra test",
        "found coverage settings",
    ]
    assert "found Go\nfound reports: coverage.xml\nfound workflows that may run tests: ci.yml\n" in found(
        look(tmp_path / "go", KINDS["go"])
    )
    assert found(look(tmp_path / "node", KINDS["pnpm-vitest"])).splitlines() == [
        "found JavaScript, installed by pnpm 9.15.0 (from packageManager)",
        "Node: the newest LTS, since nothing names one",
        "found tests by Vitest",
    ]


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


# --- what git ignores --------------------------------------------------------------------------


def test_what_the_tests_write_is_told_as_patterns(tmp_path: Path) -> None:
    project = look(tmp_path, KINDS["both"])
    assert ignored_by(outputs(project)) == ("reports/", "coverage.xml", ".coverage", "coverage/")
    assert outputs(project, Place("a"))[0] == "a/reports/junit.xml"
    assert "       reports/\n       .coverage\n" in steps(project, ["reports/", ".coverage"])


@pytest.mark.parametrize(("old", "new"), [(None, "a/\nb\n"), ("x", "x\na/\nb\n"), ("x\n", "x\na/\nb\n")])
def test_lines_are_appended(tmp_path: Path, old: str | None, new: str) -> None:
    path = tmp_path / ".gitignore"
    if old is not None:
        path.write_text(old, encoding="utf-8")
    append_lines(path, ["a/", "b"])
    assert path.read_text(encoding="utf-8") == new


def test_lines_are_not_appended_through_a_link(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").symlink_to(tmp_path / "other")
    with pytest.raises(UsageError, match="must not be a link"):
        append_lines(tmp_path / ".gitignore", ["a"])
    assert not (tmp_path / "other").exists()
