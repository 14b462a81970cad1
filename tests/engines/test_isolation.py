"""What an interpreter of ours may import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sluicegate.core.errors import UsageError
from sluicegate.engines.isolation import (
    checkout_of,
    exposed,
    import_path,
    refuse_exposed,
    starting_interpreters,
)


def test_a_folder_of_the_checkout_is_exposed(tmp_path: Path) -> None:
    path = [str(tmp_path), str(tmp_path / "src"), str(tmp_path.parent / "elsewhere")]
    assert exposed(tmp_path, path) == path[:2]


def test_what_depends_on_where_we_stand_is_exposed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib").mkdir()
    monkeypatch.chdir(tmp_path)
    assert exposed(tmp_path / "checkout", ["", "lib"]) == ["", "lib"]


def test_the_name_of_an_import_hook_is_no_folder(tmp_path: Path) -> None:
    assert exposed(tmp_path, ["__editable__.some.finder.__path_hook__"]) == []


def test_a_link_into_the_checkout_is_exposed(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    (tmp_path / "link").symlink_to("checkout", target_is_directory=True)
    assert exposed(tmp_path / "checkout", [str(tmp_path / "link")]) == [str(tmp_path / "link")]


def test_what_runs_us_is_not_exposed_wherever_it_lies() -> None:
    assert exposed(Path(sys.prefix).parent, [sys.prefix]) == []


def test_the_import_path_of_ours_has_whole_paths_outside_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), "", "hook", *sys.path])
    found = import_path(tmp_path)
    assert found == [p for p in sys.path[3:] if Path(p).is_absolute()]


def test_an_exposed_checkout_is_refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").touch()
    (tmp_path / "services" / "api").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    with pytest.raises(UsageError) as caught:
        refuse_exposed(tmp_path / "services" / "api")
    assert "python -I -m sluicegate" in caught.value.remedy


def test_the_checkout_is_the_nearest_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert checkout_of(tmp_path / "a" / "b") == tmp_path
    (tmp_path / "a" / ".git").touch()
    assert checkout_of(tmp_path / "a" / "b") == tmp_path / "a"


@pytest.mark.parametrize("before", [{}, {"PYTHONPATH": "src", "PYTHONSAFEPATH": ""}])
def test_the_environment_is_as_before_once_interpreters_have_started(before: dict[str, str]) -> None:
    environment = dict(before)
    with starting_interpreters(environment):
        assert environment == {"PYTHONSAFEPATH": "1"}
    assert environment == before


def test_an_error_leaves_the_environment_as_it_was() -> None:
    environment = {"PYTHONPATH": os.curdir}
    with pytest.raises(KeyError), starting_interpreters(environment):
        raise KeyError
    assert environment == {"PYTHONPATH": os.curdir}


def test_bandit_s_plugins_are_listed_in_no_folder_of_caches(tmp_path: Path) -> None:
    script = "import sluicegate.engines.bandit_scan as b; print(len(b.extension_loader.MANAGER.plugins))"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 10
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "PYTHONPYCACHEPREFIX", "PYTHONUSERBASE"]
)
@pytest.mark.parametrize("value", [".coveragerc", "{checkout}/.coveragerc"])
def test_a_process_that_files_of_the_checkout_started_is_refused(
    tmp_path: Path, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value.format(checkout=tmp_path))
    with pytest.raises(UsageError, match="was started by settings") as caught:
        refuse_exposed(tmp_path)
    assert caught.value.where == name


def test_one_that_other_settings_measure_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COVERAGE_PROCESS_START", "/elsewhere/.coveragerc")
    refuse_exposed(tmp_path)
