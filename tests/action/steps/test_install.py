"""The Action's own environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sluicegate.action import install
from sluicegate.action.install import InstallError, Place, clean_environment, place, ways

ROOT = Path(__file__).resolve().parents[3]


def make(folder: Path, *, windows: bool = False) -> Place:
    return Place(folder / "env", folder / "requirements.txt", folder / "src", windows)


def test_the_user_s_own_settings_do_not_steer_the_install() -> None:
    mine = {
        "PIP_TARGET": "x",
        "PIP_USER": "1",
        "UV_SYSTEM_PYTHON": "1",
        "PYTHONPATH": "x",
        "VIRTUAL_ENV": "x",
    }
    assert clean_environment({**mine, "PATH": "/bin"}).keys() & mine.keys() == set()


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "INPUT_TOKEN"])
def test_the_install_inherits_no_token(name: str) -> None:
    assert name not in clean_environment({name: "secret"})


@pytest.mark.parametrize(
    "name", ["PIP_CONFIG_FILE", "UV_CONFIG_FILE", "UV_CACHE_DIR", "HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"]
)
def test_neither_settings_nor_a_cache_are_taken_from_the_checkout(tmp_path: Path, name: str) -> None:
    given = {"GITHUB_WORKSPACE": str(tmp_path / "work")}
    for inside in (tmp_path / "work" / "x", Path("x"), tmp_path / "work" / ".." / "work"):
        assert name not in clean_environment({**given, name: str(inside)})
    assert clean_environment({**given, name: str(tmp_path / "other")})[name] == str(tmp_path / "other")


def test_no_program_is_taken_from_the_checkout(tmp_path: Path) -> None:
    path = os.pathsep.join((str(tmp_path / "work" / "bin"), "/usr/bin", "", "bin"))
    given = {"GITHUB_WORKSPACE": str(tmp_path / "work"), "PATH": path}
    assert clean_environment(given)["PATH"] == "/usr/bin"


def test_a_uv_that_the_checkout_holds_is_not_taken(tmp_path: Path) -> None:
    for folder in ("work/bin", "tools"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "uv").touch(mode=0o755)
    path = os.pathsep.join((str(tmp_path / "work" / "bin"), "bin", "", str(tmp_path / "tools")))
    found = install.find_uv({"PATH": path, "GITHUB_WORKSPACE": str(tmp_path / "work")})
    assert found == str(tmp_path / "tools" / "uv")


def test_where_packages_come_from_stays_the_user_s_choice() -> None:
    mirror = {
        "PIP_INDEX_URL": "u",
        "UV_DEFAULT_INDEX": "u",
        "PIP_CERT": "c",
        "HTTPS_PROXY": "p",
        "PATH": "/bin",
    }
    assert clean_environment(mirror).items() >= mirror.items()


def test_the_place_depends_on_the_requirements(tmp_path: Path) -> None:
    file = tmp_path / "requirements" / "action.txt"
    file.parent.mkdir()
    file.write_text("a==1\n", encoding="utf-8")
    first = place(tmp_path, tmp_path).folder
    file.write_text("a==2\n", encoding="utf-8")
    assert place(tmp_path, tmp_path).folder != first


def test_windows_keeps_its_interpreters_elsewhere(tmp_path: Path) -> None:
    assert make(tmp_path, windows=True).python == tmp_path / "env" / "Scripts" / "python.exe"


def test_every_way_is_locked_by_hashes_and_takes_wheels_only(tmp_path: Path) -> None:
    for _, commands in ways(make(tmp_path), "uv"):
        assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(commands[-1])


def test_uv_is_the_first_way_where_there_is_one(tmp_path: Path) -> None:
    assert [name for name, _ in ways(make(tmp_path), "uv")] == ["uv", "pip", "venv and its pip"]
    assert [name for name, _ in ways(make(tmp_path), None)] == ["pip", "venv and its pip"]


def test_the_next_way_is_taken_when_one_fails(tmp_path: Path) -> None:
    assert install.install(make(tmp_path), lambda c: c[0] != "uv", "uv", no_sleep) == "pip"


def test_all_ways_are_tried_twice_before_giving_up(tmp_path: Path) -> None:
    pauses: list[float] = []
    tried: list[list[str]] = []

    def fail(command: list[str]) -> bool:
        tried.append(command)
        return False

    with pytest.raises(InstallError, match="actions/setup-python"):
        install.install(make(tmp_path), fail, None, pauses.append)
    assert (len(tried), pauses) == (4, [10.0])


def test_a_half_made_environment_is_made_again(tmp_path: Path) -> None:
    half = make(tmp_path).folder / "half"
    half.mkdir(parents=True)
    install.install(make(tmp_path), lambda _: True, None, no_sleep)
    assert not half.exists()


def no_sleep(_: float) -> None:
    """Wait for nothing."""


class TestInARealEnvironment:
    """With a real venv, without packages."""

    @pytest.fixture
    def real(self, tmp_path: Path) -> Place:
        where = Place(tmp_path / "env", tmp_path / "none.txt", ROOT / "src")
        subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", str(where.folder)], check=True)
        return where

    def said(self, where: Place, code: str, **more: str) -> str:
        return subprocess.run(
            [str(where.python), "-I", "-c", code],
            check=True,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **more},
        ).stdout.strip()

    def test_our_source_is_importable_without_a_variable(self, real: Place) -> None:
        install.link_source(real)
        assert self.said(real, "import sluicegate; print(sluicegate.__file__)").startswith(str(ROOT / "src"))

    def test_another_version_of_the_action_takes_its_own_source(self, real: Place, tmp_path: Path) -> None:
        other = tmp_path / "ü other" / "src"
        (other / "sluicegate").mkdir(parents=True)
        (other / "sluicegate" / "__init__.py").write_text("", encoding="utf-8")
        install.link_source(real)
        install.link_source(Place(real.folder, real.requirements, other))
        found = self.said(real, "import sluicegate; print(ascii(sluicegate.__file__))")
        assert found == ascii(str(other / "sluicegate" / "__init__.py"))

    def test_coverage_s_start_hook_is_taken_out(self, real: Place) -> None:
        hook = next(real.folder.glob("**/site-packages")) / "a1_coverage.pth"
        hook.write_text("import sys; sys.exit(9)\n", encoding="ascii")
        install.link_source(real)
        assert self.said(real, "print(1)", COVERAGE_PROCESS_START="x") == "1"

    def test_a_folder_without_packages_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(InstallError, match="no site-packages"):
            install.link_source(make(tmp_path))


def test_a_program_that_does_not_start_has_failed(tmp_path: Path) -> None:
    run = install.runner(dict(os.environ), tmp_path)
    assert not run([str(tmp_path / "no such program")])
    assert not run([sys.executable, "-c", "raise SystemExit(1)"])
    assert run([sys.executable, "-c", ""])


class TestTheStep:
    def variables(self, tmp_path: Path) -> dict[str, str]:
        output = tmp_path / "output"
        names = {"RUNNER_TEMP": tmp_path / "temp", "GITHUB_ACTION_PATH": ROOT, "GITHUB_OUTPUT": output}
        return {name: str(path) for name, path in names.items()}

    def test_an_environment_of_an_earlier_step_is_taken(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        where = place(ROOT, tmp_path / "temp")
        (where.folder / "lib" / "site-packages").mkdir(parents=True)
        where.marker.touch()
        assert install.main(self.variables(tmp_path)) == 0
        assert "packages by an earlier step" in capsys.readouterr().out
        assert (tmp_path / "output").read_text(encoding="utf-8") == f"python={where.python}\n"

    def test_a_failed_install_is_one_annotation_and_exit_code_3(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> str:
            raise InstallError("no network")

        monkeypatch.setattr(install, "install", refuse)
        assert install.main(self.variables(tmp_path)) == 3
        said = capsys.readouterr().out.splitlines()
        assert said[-1] == "::error title=Sluicegate::The set-up failed: no network"
        assert said.count("::endgroup::") == 1

    @pytest.mark.parametrize("name", ["RUNNER_TEMP", "GITHUB_ACTION_PATH", "GITHUB_OUTPUT"])
    def test_a_variable_of_the_runner_that_is_missing_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        assert install.main({**self.variables(tmp_path), name: ""}) == 2
        assert f"needs the runner's variable {name}" in capsys.readouterr().out
