from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import FileChange
from sluicegate.engines.gate_changes import find, is_shared


def what(path: str) -> list[str]:
    return [change.what for change in find(FileChange(path, path), b"", b"")]


def parts(name: str, head: str, base: str | None) -> list[str]:
    change = FileChange(name, name if base is not None else "")
    found = find(change, head.encode(), None if base is None else base.encode())
    return [change.what for change in found]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (".github/workflows/ci.yml", "a workflow was changed"),
        (".github/actions/setup/action.yml", "an action that workflows use was changed"),
        ("action.yml", "an action was changed"),
        ("tools/action.yaml", "an action was changed"),
        ("sluicegate.yml", "the policy of this gate was changed"),
        (".coveragerc", "settings of coverage were changed"),
        (".bandit", "settings of bandit were changed"),
        ("bandit.yaml", "settings of bandit were changed"),
        ("ruff.toml", "settings of ruff were changed"),
        ("pytest.ini", "settings of pytest were changed"),
        ("codecov.yml", "settings of Codecov were changed"),
        (".pre-commit-config.yaml", "hooks of pre-commit were changed"),
        (".eslintrc.json", "settings of ESLint were changed"),
        ("web/eslint.config.mjs", "settings of ESLint were changed"),
    ],
)
def test_a_file_of_the_gate_is_named(path: str, says: str) -> None:
    assert what(path) == [says]


@pytest.mark.parametrize(
    "path", ["src/a.py", "README.md", "docs/workflows/ci.yml", "my_conftest.py", "src/action.py"]
)
def test_any_other_file_is_not(path: str) -> None:
    assert what(path) == []


FIXTURE = "import pytest, pytest_mock\n@pytest.fixture\ndef client():\n  pytest_run = 1\n  yield pytest_run\n"


@pytest.mark.parametrize(
    "hook",
    [
        "def pytest_collection_modifyitems(items): items.clear()\n",
        "async def pytest_runtest_call(item): ...\n",
        "pytest_plugins = ['helpers']\n",
        "collect_ignore = ['test_a.py']\n",
        "collect_ignore_glob: list[str] = ['test_*.py']\n",
        "from helpers import pytest_runtest_setup\n",
        "from helpers import setup as pytest_runtest_setup\n",
        "from helpers import *\n",
        "if True:\n    def pytest_configure(config): ...\n",
        "try:\n    import x\nexcept ImportError:\n    collect_ignore = ['x']\n",
        "def pick():\n    global collect_ignore\n    collect_ignore = ['x']\npick()\n",
        "for pytest_plugins in [['a']]: pass\n",
        "def broken(:\n",
    ],
)
def test_a_conftest_counts_where_a_version_has_hooks(hook: str) -> None:
    says = ["fixtures and hooks of pytest were changed"]
    assert parts("tests/conftest.py", FIXTURE + hook, FIXTURE) == says
    assert parts("tests/conftest.py", FIXTURE, FIXTURE + hook) == says
    assert parts("conftest.py", hook, None) == ["fixtures and hooks of pytest were added"]


def test_a_conftest_of_plain_fixtures_does_not_count() -> None:
    assert parts("tests/conftest.py", FIXTURE + "x = 1\n", FIXTURE) == []
    assert parts("conftest.py", FIXTURE, None) == []
    assert list(find(FileChange("b.py", "conftest.py"), FIXTURE.encode(), FIXTURE.encode())) == []


def test_a_conftest_with_hooks_that_is_renamed_away_is_named_by_its_old_path() -> None:
    old = b"collect_ignore = ['a']\n"
    assert [(c.path, c.what) for c in find(FileChange("b.py", "conftest.py"), b"", old)] == [
        ("conftest.py", "fixtures and hooks of pytest were renamed to b.py")
    ]


def test_an_added_file_says_so() -> None:
    assert [c.what for c in find(FileChange("pytest.ini"), b"", None)] == ["settings of pytest were added"]


def test_a_removed_file_says_so() -> None:
    change = FileChange("pytest.ini", "pytest.ini", deleted=True)
    assert [c.what for c in find(change, None, b"")] == ["settings of pytest were removed"]


def test_a_workflow_that_is_renamed_away_is_named_by_its_old_path() -> None:
    change = FileChange("attic/ci.yml", ".github/workflows/ci.yml")
    assert [(c.path, c.what) for c in find(change, b"", b"")] == [
        (".github/workflows/ci.yml", "a workflow was renamed to attic/ci.yml")
    ]


def test_a_file_that_becomes_a_workflow_is_named_by_its_new_path() -> None:
    change = FileChange(".github/workflows/ci.yml", "attic/ci.yml")
    assert [(c.path, c.what) for c in find(change, b"", b"")] == [
        (".github/workflows/ci.yml", "a workflow was renamed from attic/ci.yml")
    ]


@pytest.mark.parametrize(
    ("name", "base", "head", "says"),
    [
        (
            "pyproject.toml",
            "[tool.coverage.report]\nfail_under=80",
            "[tool.coverage.report]\nfail_under=1",
            "coverage",
        ),
        ("pyproject.toml", "", "[tool.pytest.ini_options]\naddopts='-x'", "pytest"),
        ("pyproject.toml", "[tool.bandit]\nskips=[]", "[tool.bandit]\nskips=['B101']", "bandit"),
        ("pyproject.toml", "[tool.ruff.lint]\nselect=['F']", "", "ruff"),
        ("setup.cfg", "[tool:pytest]\naddopts=", "[tool:pytest]\naddopts=-x", "pytest"),
        ("setup.cfg", "[coverage:run]\nbranch=true", "[coverage:run]\nbranch=false", "coverage"),
        ("tox.ini", "[flake8]\nignore=", "[flake8]\nignore=E501", "flake8"),
        ("package.json", "{}", '{"jest": {"testMatch": []}}', "jest"),
    ],
)
def test_of_a_shared_file_the_part_that_differs_is_named(name: str, base: str, head: str, says: str) -> None:
    assert parts(name, head, base) == [f"settings of {says} were changed"]


@pytest.mark.parametrize(
    ("name", "base", "head"),
    [
        ("pyproject.toml", "[project]\nversion='1'\n[tool.ruff]\n", "[project]\nversion='2'\n[tool.ruff]\n"),
        ("pyproject.toml", "[tool.ruff]\nselect=['F', 'E']", "[tool.ruff]\nselect = [\n  'F',\n  'E',\n]"),
        ("setup.cfg", "[metadata]\nname=a", "[metadata]\nname=b"),
        ("package.json", '{"version": "1"}', '{"version": "2"}'),
    ],
)
def test_a_shared_file_whose_gate_parts_are_equal_is_not_named(name: str, base: str, head: str) -> None:
    assert parts(name, head, base) == []


def test_a_new_pyproject_without_tools_is_not_named() -> None:
    assert parts("pyproject.toml", "[project]\nname='a'", None) == []


@pytest.mark.parametrize(
    ("name", "head"),
    [("pyproject.toml", "[tool"), ("setup.cfg", "x"), ("package.json", "{"), ("package.json", "[1]")],
)
def test_a_shared_file_that_cannot_be_read_is_named(name: str, head: str) -> None:
    assert parts(name, head, "") == [f"settings in {name} that cannot be read were changed"]


@given(st.sampled_from(["pyproject.toml", "setup.cfg", "package.json"]), st.binary(), st.binary())
def test_any_bytes_give_an_answer(name: str, head: bytes, base: bytes) -> None:
    assert is_shared(name)
    found = list(find(FileChange(name, name), head, base))
    assert len(found) <= 1
    if head == base:
        assert all("cannot be read" in change.what for change in found)
