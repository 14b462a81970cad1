"""The workflows that `init` writes, run whole, with the package managers and test runners themselves.

Each kind of project gets a pull request that is good, and one with a test that fails.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sluicegate.cli.main import main
from support.githubapi import Hub, Reply, running
from support.pullrequest import Files, git, open_pull_request, write
from support.runner import Runner
from support.started import JAVASCRIPT, MONOREPOS, PYTHON, Kind
from support.starter import WORKFLOW
from support.uses import shared_environment
from support.whole_run import JobEnd, WholeRun
from support.workflows import Workflow

pytestmark = pytest.mark.real_large
needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
KINDS = [
    *(pytest.param(kind, id=name) for name, kind in PYTHON.items()),
    *(pytest.param(kind, id=name, marks=needs_node) for name, kind in JAVASCRIPT.items()),
    *(pytest.param(kind, id=f"monorepo-{name}", marks=needs_node) for name, kind in MONOREPOS.items()),
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Action's environment, installed once for all workers of a test run."""
    base = tmp_path_factory.getbasetemp()
    return shared_environment(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture
def own_programs(tmp_path: Path) -> Path:
    """What the job that plans installs from the registry: this version, which is not there yet."""
    folder = tmp_path / "own"
    python = Path(sys.executable)
    script = f"""#!/bin/bash
case "$*" in "-I -m pip install sluicegate") exit 0 ;; esac
exec {tmp_path}/home/python/bin/python "$@"
"""
    write(folder, {"python": script, "sluicegate": f'#!/bin/bash\nexec {python} -m sluicegate "$@"\n'})
    for program in folder.iterdir():
        program.chmod(0o755)
    return folder


def begun(kind: Kind, root: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """The project with its lock file, and with what `init` writes."""
    write(root, kind.files)
    git(root, "init", "--quiet")
    if kind.lock:
        done = Runner(root, home).shell(kind.lock, root)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    git(root, "add", "--all")
    monkeypatch.chdir(root)
    main(["init", "--gitignore"], standalone_mode=False)
    git(root, "add", "--all")
    names = git(root, "ls-files").splitlines()
    return {name: (root / name).read_text("utf-8") for name in names}


@pytest.fixture
def hub() -> Iterator[tuple[Hub, str]]:
    """GitHub, on which the job that publishes comments; and its address."""
    server = Hub("")
    server.login = "github-actions[bot]"
    server.routes.append(("GET", r".*/(comments|events|reviews|activity)", lambda _call: Reply(200, [])))
    with running(server) as url:
        yield server, url


def judged(run: WholeRun, workflow: Workflow) -> tuple[dict[str, JobEnd], dict[str, Any]]:
    """How the jobs ended, and the report of the job 'gate'."""
    ended = run.play(workflow)
    log = "".join(end.log for end in ended.values())
    assert ended["gate"].reports, log
    return ended, ended["gate"].reports[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_is_tested_judged_and_commented_without_an_edit(
    tmp_path: Path,
    environment: Path,
    own_programs: Path,
    hub: tuple[Hub, str],
    kind: Kind,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home, (server, url) = tmp_path / "home", hub
    before = begun(kind, tmp_path / "before", home, monkeypatch)
    workflow = Workflow(tmp_path / "before" / WORKFLOW)
    for name, change in (("good", kind.change), ("bad", kind.failing)):
        pull = open_pull_request(tmp_path / name / "origin", before, change, {"NEWS.md": "Moved on.\n"})
        server.head, server.comments[:] = pull.head, []
        run = WholeRun(pull, tmp_path / name / "run", home, environment, url, (own_programs,))
        ended, report = judged(run, workflow)
        results = {job: end.result for job, end in ended.items()}
        said = "".join(end.log for end in ended.values())
        is_good = name == "good"
        assert results["gate"] == ("success" if is_good else "failure"), said
        assert (results["publish"], results["record"]) == ("success", "skipped"), said
        assert (report["status"], len(server.comments)) == ("PASS" if is_good else "BLOCKED", 1), said
        assert f"{kind.tests} tests" in server.comments[0]["body"]


def test_the_environment_of_a_runner_hides_that_of_the_tests(tmp_path: Path) -> None:
    runner = Runner(tmp_path, tmp_path / "home")
    assert "VIRTUAL_ENV" not in runner.environment
    assert runner.environment["PATH"].split(os.pathsep)[0] == str(tmp_path / "home" / "python" / "bin")
