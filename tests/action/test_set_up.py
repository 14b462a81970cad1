"""How the Action gets its Python and its packages, in jobs that make it hard."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.action.install import EXTRAS, main, place
from support.composite import Job, Result
from support.hostile_repositories import trap
from support.uses import BAD, GOOD, ROOT, Project, project, shown

pytestmark = pytest.mark.slow

SET_UP = "Set up Sluicegate"
TOOLS = ("bash", "env", "git", "uname", "sed", "cat")


UV = str(Path(sys.executable).with_name("uv"))
"""Of the development set; with it an environment is made in seconds."""


def bare_path(folder: Path, *more: str) -> str:
    """A PATH that holds only what a runner always has, and `more`, by name or by path."""
    folder.mkdir(parents=True)
    for tool in (*TOOLS, *more):
        found = shutil.which(tool)
        assert found, f"{tool} is missing on this machine"
        (folder / Path(tool).name).symlink_to(found)
    return str(folder)


def fresh(root: Path, **environment: str) -> Job:
    """A job in which nothing is installed yet."""
    job = project(root, root / "nothing").job()
    shutil.rmtree(job.temp / "sluicegate")
    job.environment = environment
    return job


def python_of(job: Job) -> Path:
    return next(job.temp.glob("sluicegate/env-*/bin/python"))


@pytest.mark.usefixtures("true_starts")
class TestInstall:
    @pytest.mark.soak
    def test_from_nothing_with_pip(self, tmp_path: Path) -> None:
        """In `make test` as well, but of packages at hand and by none of the steps: `test_installing`."""
        result = fresh(tmp_path, PATH=bare_path(tmp_path / "tools")).run()
        assert result.conclusion == "success", shown(result)
        assert "packages by pip" in result.log or "packages by venv and its pip" in result.log

    def test_from_nothing_with_uv_and_again_in_the_same_job(self, tmp_path: Path) -> None:
        job = fresh(tmp_path, PATH=bare_path(tmp_path / "tools", UV))
        result = job.run()
        assert "packages by uv" in result.log, shown(result)
        assert result.conclusion == "success"
        second = replace(job, until=SET_UP).run()
        assert "packages by an earlier step" in second.log
        assert second.conclusion == "success"

    @pytest.mark.parametrize("ways", [2, pytest.param(3, marks=pytest.mark.soak)])
    def test_a_package_that_is_not_the_locked_one_is_refused(self, tmp_path: Path, ways: int) -> None:
        """By uv, by pip, and by the pip that `venv` brings."""
        job = fresh(tmp_path, PATH=bare_path(tmp_path / "tools", UV))
        action = tmp_path / "tampered"
        shutil.copytree(ROOT / "src", action / "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "action.yml", action)
        (action / "requirements").mkdir()
        locked = f"click==8.2.1 --hash=sha256:{'0' * 64}\n"
        (action / "requirements" / "action.txt").write_text(locked, encoding="utf-8")
        install = action / "src" / "sluicegate" / "action" / "install.py"
        text = install.read_text(encoding="utf-8")
        assert text.count("range(2)") == text.count("in ways(place, uv)") == 1
        once = text.replace("range(2)", "range(1)")
        once = once.replace("in ways(place, uv)", f"in list(ways(place, uv))[:{ways}]")
        install.write_text(once, encoding="utf-8")
        job.action = action
        result = job.run()
        assert (result.conclusion, result.exit_code) == ("failure", 3), shown(result)
        assert result.log.count("The install with ") == ways
        assert "The set-up failed" in result.commands("error")[0]
        assert [s.exit_code for s in result.steps] == [3, *[None] * (len(result.steps) - 1)]


class TestFindingPython:
    def found(self, small: Project, **job: object) -> Result:
        return self.job(small, **job).run()

    def job(self, small: Project, **job: object) -> Job:
        """Looks for a Python, and does no more."""
        use = small.job()
        use.defaults = {}
        use.until = SET_UP
        for name, value in job.items():
            setattr(use, name, value)
        return use

    def test_one_on_the_path_is_found(self, small: Project, tmp_path: Path) -> None:
        path = bare_path(tmp_path / "tools", UV)
        (tmp_path / "tools" / "python3").symlink_to(sys.executable)
        everything = {"ledger": "off", "comment": "never"}  # nobody is asked: there is no network
        result = self.found(small, environment={"PATH": path}, defaults=everything, until="")
        assert result.conclusion == "success", shown(result)
        assert len(result.steps) == 4

    def test_one_that_setup_python_left_is_found(self, small: Project, tmp_path: Path) -> None:
        environment = {"PATH": bare_path(tmp_path / "tools", UV), "pythonLocation": sys.prefix}
        result = self.found(small, environment=environment)
        assert result.conclusion == "success", shown(result)

    def test_one_of_the_hosted_tool_cache_is_found(self, small: Project, tmp_path: Path) -> None:
        place = tmp_path / "tool cache" / "Python" / f"3.{sys.version_info.minor}.9" / "x64" / "bin"
        place.mkdir(parents=True)
        (place / "python").symlink_to(sys.executable)
        environment = {
            "PATH": bare_path(tmp_path / "tools", UV),
            "RUNNER_TOOL_CACHE": str(tmp_path / "tool cache"),
        }
        assert self.found(small, environment=environment).conclusion == "success"

    @pytest.mark.parametrize("entry", ["{workspace}/.venv/bin", ".venv/bin", ""])
    def test_one_that_the_checkout_holds_is_not_run(self, small: Project, tmp_path: Path, entry: str) -> None:
        use = self.job(small)
        marks = [trap(use.workspace / folder, "python3.13")[1] for folder in (".venv/bin", ".")]
        path = f"{entry.format(workspace=use.workspace)}{os.pathsep}{bare_path(tmp_path / 'tools', UV)}"
        (tmp_path / "tools" / "python3").symlink_to(sys.executable)
        use.environment = {"PATH": path}
        result = use.run()
        assert result.conclusion == "success", shown(result)
        assert not [mark for mark in marks if mark.exists()]

    def test_one_that_is_too_old_is_passed_over(self, small: Project, tmp_path: Path) -> None:
        path = bare_path(tmp_path / "tools", UV)
        old = tmp_path / "tools" / "python3.13"
        old.write_text("#!/bin/bash\nexit 1\n", encoding="utf-8")
        old.chmod(0o755)
        (tmp_path / "tools" / "python").symlink_to(sys.executable)
        assert self.found(small, environment={"PATH": path}).conclusion == "success"

    def test_the_newest_is_taken_wherever_it_is_and_told_of_the_others(
        self, small: Project, tmp_path: Path
    ) -> None:
        path = bare_path(tmp_path / "tools", UV)
        (tmp_path / "tools" / "python3.11").symlink_to(sys.executable)
        newest = tmp_path / "cache" / "Python" / "3.14.1" / "x64" / "bin" / "python"
        newest.parent.mkdir(parents=True)
        newest.write_text('#!/bin/bash\ncase "$*" in *install.py*) echo "got $*"; exit 3 ;; esac\n', "utf-8")
        newest.chmod(0o755)
        environment = {"PATH": path, "RUNNER_TOOL_CACHE": str(tmp_path / "cache")}
        result = self.found(small, environment=environment)
        assert f"install.py {tmp_path / 'tools' / 'python3.11'}" in result.log, shown(result)

    def test_what_the_checkout_tells_a_shim_is_not_heard(self, small: Project, tmp_path: Path) -> None:
        path = bare_path(tmp_path / "tools", UV)
        shim = tmp_path / "tools" / "python3.14"
        shim.write_text(f'#!/bin/bash\n[ ! -e .python-version ] && exec {sys.executable} "$@"\n', "utf-8")
        shim.chmod(0o755)
        use = self.job(small, environment={"PATH": path})
        (use.workspace / ".python-version").write_text("3.10\n", encoding="utf-8")
        result = use.run()
        assert result.conclusion == "success", shown(result)

    def test_none_is_an_error_that_names_setup_python(self, small: Project, tmp_path: Path) -> None:
        result = self.found(small, environment={"PATH": bare_path(tmp_path / "tools")})
        assert result.exit_code == 2
        (error,) = result.commands("error")
        assert "No Python of 3.11 or later was found on this runner." in error
        assert "actions/setup-python" in error

    @pytest.mark.parametrize(
        "python", ["no such python", "/bin/false", '"; touch pwned; "', "$(touch pwned)"]
    )
    def test_an_input_that_is_no_python_is_an_error(self, small: Project, python: str) -> None:
        result = self.found(small, defaults={"python": python})
        assert result.exit_code == 2
        assert "The input 'python' does not name a Python" in result.commands("error")[0]
        assert not list(small.root.rglob("pwned"))


class TestIsolation:
    @pytest.mark.usefixtures("true_starts")
    def test_the_user_s_variables_and_modules_do_not_reach_us(self, small: Project, tmp_path: Path) -> None:
        trap = "raise SystemExit(99)\n"
        shadows = {f"{name}.py": trap for name in ("click", "yaml", "sluicegate", "sitecustomize", "json")}
        job = small.job(evidence={**GOOD, **shadows})
        job.environment = {
            "PYTHONPATH": str(job.workspace),
            "PYTHONHOME": str(tmp_path / "nothing"),
            "PYTHONSTARTUP": str(job.workspace / "click.py"),
            "PYTHONSAFEPATH": "",
            "PYTHONWARNINGS": "error",
            "PIP_USER": "1",
            "PIP_TARGET": str(tmp_path / "nothing"),
            "VIRTUAL_ENV": str(tmp_path / "nothing"),
            "COVERAGE_PROCESS_START": str(job.workspace / "nothing.ini"),
        }
        result = job.run()
        assert result.conclusion == "success", shown(result)
        assert not (job.workspace / ".coverage").exists()

    def test_a_command_of_the_user_s_own_sees_none_of_our_inputs(self, small: Project) -> None:
        policy = """
gates:
  seen:
    run: "env > seen.txt"
    criteria: [exit_code == 0]
"""
        job = small.job(evidence={**GOOD, "sluicegate.yml": policy})
        result = job.run()
        seen = (job.workspace / "seen.txt").read_text(encoding="utf-8")
        assert "PATH=" in seen, shown(result)
        assert "INPUT_" not in seen
        assert "ghs_tokenOfTheTests" not in seen
        assert "PYTHONPATH" not in seen

    def test_a_checkout_of_another_user_is_read(self, small: Project) -> None:
        # What git's own tests use: every folder then belongs to somebody else, as in a container job.
        job = small.job()
        job.environment = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
        probe = subprocess.run(
            ["git", "-C", str(job.workspace), "status"],
            env={**os.environ, **job.environment},
            capture_output=True,
            check=False,
        )
        assert b"dubious ownership" in probe.stderr
        result = job.run()
        assert result.conclusion == "success", shown(result)
        assert result.outputs["patch-coverage"] == "100"

    def test_the_checkout_s_settings_are_as_before(self, small: Project) -> None:
        job = small.job(evidence=BAD, depth=1)
        before = (job.workspace / ".git" / "config").read_bytes()
        job.run()
        assert (job.workspace / ".git" / "config").read_bytes() == before


class TestExtras:
    def test_each_has_locked_requirements_and_an_environment_of_its_own(self, tmp_path: Path) -> None:
        plain, aws = (place(ROOT, tmp_path, extras) for extras in ("", " aws "))
        assert plain.folder != aws.folder
        assert aws.requirements == ROOT / "requirements" / "aws.txt"
        assert all(place(ROOT, tmp_path, name).requirements.is_file() for name in EXTRAS)

    @pytest.mark.parametrize("extras", ["azure", "../dev", "dev", "aws, dev"])
    def test_another_name_is_refused(
        self, tmp_path: Path, extras: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        given = {"RUNNER_TEMP": str(tmp_path), "GITHUB_ACTION_PATH": str(ROOT), "INPUT_EXTRAS": extras}
        assert main({**given, "GITHUB_OUTPUT": str(tmp_path / "output")}) == 2
        assert (
            "::error title=Sluicegate::The set-up failed: the input 'extras' must be empty or one of: aws."
            in capsys.readouterr().out
        )

    @pytest.mark.real
    def test_with_the_extra_botocore_is_there_and_without_it_is_not(self, tmp_path: Path) -> None:
        for extras, code in (("aws", 0), ("", 1)):
            given = {
                "RUNNER_TEMP": str(tmp_path), "GITHUB_ACTION_PATH": str(ROOT), "INPUT_EXTRAS": extras,
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            }  # fmt: skip
            assert main({**os.environ, **given, "GITHUB_OUTPUT": str(tmp_path / "output")}) == 0
            python = place(ROOT, tmp_path, extras).python
            done = subprocess.run([python, "-I", "-c", "import botocore, sluicegate"], check=False)
            assert done.returncode == code
