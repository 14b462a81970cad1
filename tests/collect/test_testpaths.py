"""What is a test where the policy does not say: `testpaths`, and shipped folders named like tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sluicegate.collect.left_out import left_out
from sluicegate.collect.shipped import TREE
from sluicegate.collect.testpaths import with_test_folders
from sluicegate.core.model import PolicyRef
from sluicegate.policy.model import Policy, SourceSettings
from sluicegate.policy.resolve import preset_policy
from support.repo import Repo, opened, repository

TESTS = {"checks/test_a.py": "x = 1\n", "checks/test_b.py": "x = 1\n", "checks/helpers.py": "x = 1\n"}


def source_of(
    root: Path, files: Mapping[str, str], settings: str = TREE, imports: tuple[str, ...] = (TREE,)
) -> SourceSettings:
    repository(root, files)
    return with_test_folders(preset_policy(), opened(root), settings, imports).source


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = ['checks']\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = 'checks docs'\n"),
        ("pyproject.toml", "[tool.pytest]\ntestpaths = ['./checks/']\n"),
        ("pytest.toml", "[pytest]\ntestpaths = ['checks']\n"),
        ("pytest.ini", "[pytest]\ntestpaths =\n    docs\n    checks\n"),
        ("tox.ini", "[tox]\n[pytest]\ntestpaths = checks\n"),
        ("setup.cfg", "[tool:pytest]\ntestpaths = ch*\n"),
    ],
)
def test_testpaths_say_which_folder_holds_tests(tmp_path: Path, name: str, text: str) -> None:
    source = source_of(tmp_path, {**TESTS, "src/a.py": "x = 1\n", name: text})
    assert [source.is_test(path) for path in ("checks/helpers.py", "tests/a.py", "src/a.py")] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "paths", [".", "", "..", "/", "src", "gone", "src/test_a.py", "*", "**"], ids=lambda text: text or "empty"
)
def test_neither_the_whole_nor_a_folder_of_sources_is_taken_for_tests(tmp_path: Path, paths: str) -> None:
    files = {"src/a.py": "", "src/b.py": "", "src/test_a.py": "", "src/test_b.py": "", "top.py": ""}
    source = source_of(tmp_path, {**files, "pytest.ini": f"[pytest]\ntestpaths = {paths}\n"})
    assert not any(map(source.is_test, ("src/a.py", "src/b.py", "top.py")))


@pytest.mark.parametrize(
    "text", ["[tool.pytest.ini_options\n", "[tool.pytest.ini_options]\ntestpaths = 3\n", "tool = 1\n", "\0"]
)
def test_settings_that_are_wrong_add_nothing(tmp_path: Path, text: str) -> None:
    source = source_of(tmp_path, {**TESTS, "pyproject.toml": text})
    assert source.tests == preset_policy().source.tests


def test_the_first_file_of_pytest_decides(tmp_path: Path) -> None:
    files = {**TESTS, "pytest.ini": "[pytest]\n", "setup.cfg": "[tool:pytest]\ntestpaths = checks\n"}
    assert not source_of(tmp_path, files).is_test("checks/helpers.py")


def test_a_policy_that_names_its_tests_is_left_as_it_is(tmp_path: Path) -> None:
    repository(tmp_path, {**TESTS, "pytest.ini": "[pytest]\ntestpaths = checks\n"})
    policy = Policy(PolicyRef("head", "", ""), (), source=SourceSettings(tests=("spec/**",)))
    assert with_test_folders(policy, opened(tmp_path), TREE, (TREE,)) == policy


def test_a_change_hides_no_source_by_settings_of_its_own(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**TESTS, "src/test_a.py": "", "src/a.py": ""})
    base = repo.git("rev-parse", "HEAD")
    repo.commit({"pytest.ini": "[pytest]\ntestpaths = checks\n"})
    git = opened(tmp_path)
    assert not with_test_folders(preset_policy(), git, base, ()).source.is_test("checks/helpers.py")
    assert with_test_folders(preset_policy(), git, TREE, ()).source.is_test("checks/helpers.py")
    assert not with_test_folders(preset_policy(), git, "", ()).source.is_test("checks/helpers.py")


PACKAGE = {
    "src/pkg/__init__.py": "",
    "src/pkg/test/__init__.py": "",
    "src/pkg/test/client.py": "x = 1\n",
    "src/pkg/test/test_client.py": "x = 1\n",
    "src/pkg/core/__init__.py": "",
}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("src/pkg/core/a.py", "from pkg.test import client"),
        ("src/pkg/core/a.py", "from pkg import x as y, test"),
        ("src/pkg/core/a.py", "import os, pkg.test.client as c"),
        ("src/pkg/core/a.py", "from ..test.client import x"),
        ("src/pkg/core/a.py", "from .. import test  # shipped"),
        ("src/pkg/__init__.py", "from .test import (client)"),
        ("src/pkg/a.py", "def f():\n\tfrom . import test; test.run()"),
        ("src/pkg/a.py", "from . import (\n    core,  # (the rest)\n    test,\n)"),
        ("src/pkg/a.py", "from .test import (\n    client,\n)"),
        ("src/pkg/core/a.py", "from .. \\\n    import test"),
        ("src/pkg/core/a.py", "import os; import pkg.test as t"),
    ],
)
def test_a_folder_that_its_package_imports_is_no_test(tmp_path: Path, module: str, line: str) -> None:
    source = source_of(tmp_path, {**PACKAGE, module: f"{line}\n"})
    assert not source.is_test("src/pkg/test/client.py")
    assert source.is_test("src/pkg/test/test_client.py")
    assert source.is_scanned("src/pkg/test/client.py")


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("src/pkg/test/b.py", "from pkg.test import client"),  # the folder itself
        ("src/pkg/core/test_a.py", "from pkg.test import client"),  # a test
        ("src/pkg/conftest.py", "from pkg.test import client"),
        ("tools/a.py", "from pkg.test import client"),  # no module of the package
        ("src/pkg/core/a.py", "from pkg.testing import client"),
        ("src/pkg/core/a.py", "from .test import client"),
        ("src/pkg/core/a.py", "from other.test import client"),
        ("src/pkg/core/a.py", "# from pkg.test import client"),
        ("src/pkg/core/a.py", '"""\nfrom pkg.test import client\n"""'),
        ("src/pkg/core/a.py", "from pkg.test import (client"),  # does not parse
        ("src/pkg/core/a.txt", "from pkg.test import client"),
    ],
)
def test_a_folder_that_only_others_import_is_one(tmp_path: Path, module: str, line: str) -> None:
    assert source_of(tmp_path, {**PACKAGE, module: f"{line}\n"}).is_test("src/pkg/test/client.py")


MODULES = {
    "src/pkg/__init__.py": "",
    "src/pkg/test_runner.py": "",
    "pkg2/__init__.py": "",
    "pkg2/a_test.py": "",
}
ELSEWHERE = "[pytest]\ntestpaths = checks\n"


def among_tests(source: SourceSettings) -> list[str]:
    return [path for path in ("src/pkg/test_runner.py", "pkg2/a_test.py") if source.is_test(path)]


@pytest.mark.parametrize(
    ("files", "tests"),
    [
        ({}, ["src/pkg/test_runner.py", "pkg2/a_test.py"]),
        ({"src/pkg/a.py": "from .test_runner import x\n"}, ["pkg2/a_test.py"]),
        ({"pkg2/b.py": "from pkg2 import (\n    a_test,\n)\n"}, ["src/pkg/test_runner.py"]),
        ({"src/pkg/test_b.py": "from . import test_runner\n"}, ["src/pkg/test_runner.py", "pkg2/a_test.py"]),
        ({"tools/b.py": "import pkg.test_runner\n"}, ["src/pkg/test_runner.py", "pkg2/a_test.py"]),
        # pytest looks for tests in other places alone
        ({"pytest.ini": ELSEWHERE}, ["pkg2/a_test.py"]),
        (
            {"pytest.ini": ELSEWHERE.replace("checks", "checks src")},
            ["src/pkg/test_runner.py", "pkg2/a_test.py"],
        ),
        (
            {"pytest.ini": "[pytest]\ntestpaths = src\n", "src/pkg/a.py": "from . import test_runner\n"},
            ["src/pkg/test_runner.py", "pkg2/a_test.py"],
        ),
        ({"pytest.ini": "[pytest]\ntestpaths = .\n"}, ["src/pkg/test_runner.py", "pkg2/a_test.py"]),
    ],
)
def test_a_module_that_its_package_imports_or_pytest_does_not_collect_is_no_test(
    tmp_path: Path, files: Mapping[str, str], tests: list[str]
) -> None:
    assert among_tests(source_of(tmp_path, {**MODULES, **files})) == tests


def test_a_test_in_a_folder_of_tests_is_one_although_its_package_imports_it(tmp_path: Path) -> None:
    files = {"pkg/__init__.py": "from .tests import test_a\n", "pkg/tests/test_a.py": ""}
    assert source_of(tmp_path, {**files, "pkg/tests/__init__.py": ""}).is_test("pkg/tests/test_a.py")


def test_a_folder_outside_of_packages_is_one_whoever_imports_it(tmp_path: Path) -> None:
    files = {"tests/__init__.py": "", "tests/client.py": "", "pkg/__init__.py": "from tests import client\n"}
    assert source_of(tmp_path, files).is_test("tests/client.py")


def test_a_change_that_takes_out_the_import_hides_no_source(tmp_path: Path) -> None:
    repo: Repo = repository(tmp_path, {**PACKAGE, "src/pkg/a.py": "from .test import client\n"})
    base = repo.git("rev-parse", "HEAD")
    repo.commit({"src/pkg/a.py": ""})
    git = opened(tmp_path)
    assert with_test_folders(preset_policy(), git, base, (TREE,)).source.is_test("src/pkg/test/client.py")
    both = with_test_folders(preset_policy(), git, base, (base, TREE)).source
    assert not both.is_test("src/pkg/test/client.py")


def test_an_import_that_is_not_committed_counts(tmp_path: Path) -> None:
    repo = repository(tmp_path, PACKAGE)
    repo.write({"src/pkg/a.py": "from .test import client\n"})
    source = with_test_folders(preset_policy(), opened(tmp_path), TREE, (TREE,)).source
    assert not source.is_test("src/pkg/test/client.py")


def test_what_the_engines_leave_out_is_counted_and_named() -> None:
    source = SourceSettings(exclude=("old.py",), tests=("**/tests/**",), vendored=("vendor/**",))
    files = ("a.py", "tests/a.py", "tests/sub/b.py", "x/tests/c.py", "vendor/d.pyw", "old.py", "tests/e.txt")
    (notice,) = left_out(files, source)
    assert notice.level == "info"
    assert notice.message == (
        "5 Python files not analysed as sources: 1 left out by the policy (old.py); "
        "1 of foreign or generated code (vendor); 3 of tests (tests, x/tests)"
    )


def test_nothing_is_said_where_nothing_is_left_out() -> None:
    assert not list(left_out(("a.py", "tests/a.txt"), SourceSettings(tests=("tests/**",))))
