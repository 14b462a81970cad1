"""Completing coverage.py's data: the figures of `coverage report`, and the user's file untouched."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from sluicegate.core.errors import EngineError, EvidenceError
from sluicegate.engines.coverage_data import CompletedData, complete, project_folder
from sluicegate.evidence.coverage.summary import count_record
from support import needs
from support.gen_coverage import write_data
from support.python_project import Measured, environment, measure, measured_project, write_project

ALL = [(piece, 1) for piece in range(10)]
MODULES = [ALL, ALL[:4]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two modules, measured without branches."""
    return measured_project(tmp_path, MODULES, branch=False).folder


@pytest.fixture
def branches(tmp_path: Path) -> Measured:
    """The same measured with branches."""
    return measured_project(tmp_path, MODULES, branch=True)


def completed(
    root: Path,
    data: str = ".coverage",
    *,
    pythons: Sequence[Path] | None = (),
    timeout: float = 120.0,
) -> CompletedData:
    """The completed data, by default with our own coverage.py."""
    return complete(root / data, data, root, pythons=pythons, env=environment(), timeout=timeout)


def percent(done: CompletedData) -> str:
    covered, everything = count_record(done.record).total
    return f"{100 * covered / everything:.8f}"


def configure(project: Path, *lines: str) -> None:
    (project / ".coveragerc").write_text("\n".join(lines))


@pytest.mark.slow
@pytest.mark.parametrize("branch", [False, True])
def test_the_total_is_that_of_coverage_report(tmp_path: Path, branch: bool) -> None:
    measured = measured_project(tmp_path, MODULES, branch=branch)
    done = completed(tmp_path)
    assert percent(done) == measured.total
    assert done.record.has_branches is branch
    assert done.problems == ()


@pytest.mark.slow
def test_the_project_configuration_is_honoured(tmp_path: Path) -> None:
    write_project(tmp_path, MODULES)
    report = ["[report]", "omit = */m1.py", "exclude_also =", "    def f0", "fail_under = 100"]
    configure(tmp_path, *report, "[run]", "branch = true")
    measured = measure_ignoring_fail_under(tmp_path)
    done = completed(tmp_path)
    assert percent(done) == measured
    assert "pkg/m1.py" not in done.record.files


def measure_ignoring_fail_under(project: Path) -> str:
    """Run without the minimum, which makes coverage.py's commands fail, then set it again."""
    settings = (project / ".coveragerc").read_text()
    (project / ".coveragerc").write_text(settings.replace("fail_under = 100", ""))
    total = measure(project, branch=False).total
    (project / ".coveragerc").write_text(settings)
    return total


@pytest.mark.slow
def test_the_project_own_interpreter_is_preferred_and_named(branches: Measured) -> None:
    (branches.folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    done = completed(branches.folder, pythons=None)
    assert percent(done) == branches.total
    assert done.record.source.note.startswith("analysed by the project's own coverage.py")
    assert done.record.source.note.endswith("(.venv/bin/python)")


@pytest.mark.slow
def test_an_interpreter_without_coverage_is_passed_over(project: Path) -> None:
    broken = project / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    note = completed(project, pythons=[project / "missing", broken]).record.source.note
    assert note.startswith("analysed by the coverage.py")
    assert note.endswith("that sluicegate brings")


@pytest.mark.slow
def test_an_interpreter_that_fails_is_named_beside_ours(project: Path) -> None:
    broken = project / "python"
    broken.write_text('#!/bin/sh\n[ "$1" = -c ] && echo 5.0 && exit 0\necho "no such plugin" >&2; exit 1\n')
    broken.chmod(0o755)
    note = completed(project, pythons=[broken]).record.source.note
    assert note.endswith("the project's own failed: coverage.py says: no such plugin")


@pytest.mark.slow
def test_the_data_file_and_its_folder_stay_as_they_are(project: Path) -> None:
    data = project / ".coverage"
    write_data(project / ".coverage.host.1.abc", files=1, lines=1)
    before = (data.read_bytes(), data.stat().st_mtime_ns, sorted(project.rglob("*")))
    completed(project, pythons=[Path(sys.executable)])
    completed(project)
    assert (data.read_bytes(), data.stat().st_mtime_ns, sorted(project.rglob("*"))) == before


@pytest.mark.slow
@pytest.mark.parametrize("ours", [True, False])
def test_files_that_cannot_be_analysed_are_problems_and_the_others_count(project: Path, ours: bool) -> None:
    (project / "pkg" / "m0.py").write_text("def (:\n")
    (project / "pkg" / "m1.py").unlink()
    done = completed(project, pythons=() if ours else [Path(sys.executable)])
    assert [problem.path for problem in done.problems] == ["pkg/m0.py", "pkg/m1.py"]
    assert all(problem.remedy for problem in done.problems)
    assert [problem.unseen for problem in done.problems] == [ours, False]
    assert done.record.files.keys() == {"main.py", "pkg/__init__.py"}


@pytest.mark.slow
def test_a_project_that_ignores_such_files_gets_its_figures_and_a_note(project: Path) -> None:
    configure(project, "[report]", "ignore_errors = true")
    (project / "pkg" / "m1.py").unlink()
    done = completed(project)
    assert done.problems == ()
    assert "`ignore_errors` left out 1 unreadable files" in done.record.source.note


@pytest.mark.slow
@pytest.mark.parametrize("ours", [True, False])
def test_combined_data_of_a_project_that_measures_in_parallel(branches: Measured, ours: bool) -> None:
    configure(branches.folder, "[run]", "parallel = true", "branch = true")
    done = completed(branches.folder, pythons=() if ours else [Path(sys.executable)])
    assert percent(done) == branches.total
    assert (branches.folder / ".coverage").exists()


@pytest.mark.slow
def test_our_own_analysis_imports_nothing_of_the_project(branches: Measured) -> None:
    configure(branches.folder, "[run]", "plugins = evil")
    (branches.folder / "evil.py").write_text("import pathlib\npathlib.Path('executed').touch()\n")
    assert percent(completed(branches.folder)) == branches.total
    assert not (branches.folder / "executed").exists()


@pytest.mark.slow
def test_data_of_a_folder_with_its_own_configuration_is_analysed_there(tmp_path: Path) -> None:
    part = tmp_path / "services" / "api"
    write_project(part, [ALL])
    configure(part, "[run]", "relative_files = true")
    measured = measure(part, branch=True)
    done = completed(tmp_path, "services/api/.coverage")
    assert percent(done) == measured.total
    assert done.record.roots == ("services/api",)
    assert "pkg/m0.py" in done.record.files


def test_data_that_a_plugin_traced_needs_the_project(tmp_path: Path) -> None:
    write_data(tmp_path / ".coverage", files=1, lines=1)
    connection = sqlite3.connect(tmp_path / ".coverage")
    connection.execute("INSERT INTO tracer VALUES (1, 'django_coverage_plugin')")
    connection.commit()
    connection.close()
    with pytest.raises(EvidenceError, match="needs the plugin django_coverage_plugin") as caught:
        completed(tmp_path)
    assert "coverage json" in caught.value.remedy


def test_nothing_to_analyse_is_an_error(tmp_path: Path) -> None:
    write_data(tmp_path / ".coverage", files=1, lines=1)
    configure(tmp_path, "[report]", "include = nowhere/*")
    with pytest.raises(EvidenceError, match="No data to report") as caught:
        completed(tmp_path)
    assert caught.value.where == ".coverage"


def test_an_analysis_that_does_not_end_in_time_is_an_engine_error(tmp_path: Path) -> None:
    write_data(tmp_path / ".coverage", files=1, lines=1)
    with pytest.raises(EngineError, match="did not end within") as caught:
        completed(tmp_path, timeout=0.001)
    assert caught.value.remedy


@pytest.mark.slow
@pytest.mark.parametrize(("age", "is_problem"), [(+10, True), (-10, False)])
def test_data_of_parallel_runs_that_is_newer_is_not_in_it(project: Path, age: int, is_problem: bool) -> None:
    parallel = project / ".coverage.host.1.abc"
    write_data(parallel, files=1, lines=1)
    moment = time.time() + age
    os.utime(parallel, (moment, moment))
    done = completed(project)
    assert [problem.remedy for problem in done.problems] == (
        ["Run `coverage combine`, then this again."] if is_problem else []
    )
    assert ("1 older data files" in done.record.source.note) is not is_problem


@pytest.mark.parametrize(
    ("configuration", "text", "expected"),
    [
        ("a/.coveragerc", "", "a"),
        ("a/pyproject.toml", "[tool.coverage.run]", "a"),
        ("a/setup.cfg", "[coverage:run]", "a"),
        ("a/pyproject.toml", "[tool.ruff]", "."),
        ("pyproject.toml", "[tool.coverage.run]", "."),
        ("b/.coveragerc", "", "."),
    ],
)
def test_the_folder_is_that_of_the_nearest_configuration(
    tmp_path: Path, configuration: str, text: str, expected: str
) -> None:
    (tmp_path / configuration).parent.mkdir(exist_ok=True)
    (tmp_path / configuration).write_text(text)
    assert project_folder(tmp_path / "a" / "reports" / ".coverage", tmp_path) == tmp_path / expected


def test_data_outside_the_repository_is_analysed_at_its_root(tmp_path: Path) -> None:
    assert project_folder(tmp_path / ".coverage", tmp_path / "repository") == tmp_path / "repository"


@pytest.mark.slow
def test_plugins_of_the_settings_that_took_no_part_are_named(project: Path) -> None:
    configure(project, "[run]", "plugins = one, two")
    note = completed(project).record.source.note
    assert note.endswith("without the plugins that the settings name: one, two")


@pytest.mark.slow
def test_of_thousands_of_missing_files_some_are_named_and_the_rest_is_counted(project: Path) -> None:
    data = sqlite3.connect(project / ".coverage")
    with data:
        data.executemany(
            "INSERT INTO file (path) VALUES (?)", ((str(project / f"gone{n}.py"),) for n in range(1_020))
        )
    data.close()
    problems = completed(project).problems
    assert len(problems) == 21
    assert problems[-1].message == "1,000 more measured files cannot be analysed"


class TestOfAStranger:
    def completed(self, project: Path) -> CompletedData:
        """The data completed as under `--untrusted`."""
        env = environment() | {"SECRET": "s3cret"}
        return complete(project / ".coverage", ".coverage", project, untrusted=True, env=env)

    @pytest.mark.slow
    def test_the_settings_hold_and_write_nothing(self, project: Path) -> None:
        configure(project, "[run]", f"debug_file = {project}/written", "[report]", "omit = */m1.py")
        done = self.completed(project)
        assert "pkg/m1.py" not in done.record.files
        assert not (project / "written").exists()

    @pytest.mark.slow
    def test_a_variable_of_the_job_reaches_no_message(self, project: Path) -> None:
        configure(project, "[report]", "exclude_lines = (${SECRET}")
        with pytest.raises(EvidenceError) as caught:
            self.completed(project)
        assert "exclude_lines" in str(caught.value)
        assert "s3cret" not in str(caught.value)

    @pytest.mark.slow
    @needs.posix
    def test_settings_that_lead_out_of_the_project_are_not_read(self, project: Path, tmp_path: Path) -> None:
        outside = tmp_path.parent / f"{tmp_path.name}-outside"
        outside.write_text("[run]\nthe token = s3cret\n")
        (project / ".coveragerc").symlink_to(outside)
        with pytest.raises(EvidenceError, match="coveragerc leads out of the project") as caught:
            self.completed(project)
        assert "s3cret" not in str(caught.value)

    @pytest.mark.slow
    @needs.posix
    def test_a_pipe_in_the_place_of_settings_holds_nobody_up(self, project: Path) -> None:
        os.mkfifo(project / ".coveragerc")
        with pytest.raises(EvidenceError, match="coveragerc is not a regular file"):
            self.completed(project)

    @pytest.mark.slow
    @needs.posix
    def test_only_plain_files_of_the_project_are_read(self, project: Path) -> None:
        pipe, link = project / "pkg" / "m0.py", project / "pkg" / "m1.py"
        pipe.unlink()
        os.mkfifo(pipe)
        link.unlink()
        link.symlink_to(os.__file__)
        done = self.completed(project)
        said = {problem.path: problem.message for problem in done.problems}
        assert len(said) == 2
        assert "is not a regular file" in said["pkg/m0.py"]
        assert "leads out of the project" in said[os.path.realpath(os.__file__)]
        assert done.record.files.keys() == {"main.py", "pkg/__init__.py"}
