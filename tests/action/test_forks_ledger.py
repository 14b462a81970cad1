"""The trusted half compares with what the ledger says of the base, and records nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.composite import Result
from support.forks import Fork, fork_of, serve_only, serving
from support.pullrequest import Files, git
from support.uses import BEFORE, GOOD, Project, cobertura, push, shown

pytestmark = pytest.mark.slow

POLICY = "extends: []\ngates:\n  coverage: {criteria: [total >= baseline]}\n"
STEP = "Fetch base, presets, approvals and ledger"


@pytest.fixture
def fork(tmp_path: Path, environment: Path) -> Iterator[Fork]:
    with serving(fork_of(tmp_path, environment, {**BEFORE, "sluicegate.yml": POLICY})) as made:
        yield made


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> Project:
    """The project after a push of its base was recorded, for tests that copy it."""
    made = fork_of(tmp_path_factory.mktemp("recorded"), environment, {**BEFORE, "sluicegate.yml": POLICY})
    with serving(made) as fork:
        record(fork, 80)
    return made


@pytest.fixture
def recorded(recording: Project, tmp_path: Path) -> Iterator[Fork]:
    """A fork's pull request whose base was recorded with a coverage of 80 %."""
    shutil.copytree(recording.root / "origin", tmp_path / "origin", symlinks=True)
    pull = replace(recording.pull, remote=tmp_path / "origin" / "remote.git")
    serve_only(tmp_path, pull)
    with serving(replace(recording, root=tmp_path, pull=pull)) as made:
        yield made


def covered(percent: int) -> Files:
    """Evidence with this total coverage, a multiple of ten."""
    return {**GOOD, "coverage.xml": cobertura({n: int(n <= percent // 10) for n in range(1, 11)})}


def record(fork: Fork, percent: int) -> None:
    """Record a report of the base, as a push to the default branch does."""
    project = replace(fork.project, root=fork.project.root / "pushed")
    result = push(project, covered(percent)).run()
    assert "refs/sluicegate/ledger" in refs(fork), shown(result)


def refs(fork: Fork) -> str:
    """The ledger's refs, with their commits."""
    return git(fork.pull.remote, "for-each-ref", "refs/sluicegate")


def criterion(result: Result) -> dict[str, Any]:
    """The criterion that compares."""
    assert result.outputs["report-json"], shown(result)
    document = json.loads(Path(result.outputs["report-json"]).read_text("utf-8"))
    (gate,) = [g for g in document["gates"] if g["gate"] == "coverage"]
    (found,) = gate["criteria"]
    return dict(found)


def said(result: Result) -> str:
    """The log of the step that fetches."""
    (step,) = [s for s in result.steps if s.name == STEP]
    assert step.exit_code == 0, shown(result)
    return step.log


@pytest.mark.parametrize(("percent", "status"), [(70, "FAIL"), (90, "PASS")])
def test_a_fork_s_pull_request_is_compared_with_the_recorded_base(
    recorded: Fork, percent: int, status: str
) -> None:
    before = refs(recorded)
    result = recorded.judge(recorded.left(covered(percent)))
    found = criterion(result)
    assert (found["status"], found["baseline"]) == (status, 80), shown(result)
    assert recorded.statuses() == ["success" if status == "PASS" else "failure"]
    assert f"baseline: {recorded.pull.base[:7]}, the base" in result.log
    assert refs(recorded) == before
    assert [*result.commands("warning"), *result.commands("notice")] == [], shown(result)


def test_the_nearest_recorded_ancestor_is_found_though_nothing_is_checked_out(recorded: Fork) -> None:
    base = recorded.pull.base
    for n in range(3):
        recorded.push({"CHANGES.md": f"{n}\n"}, onto_main=True)
    result = recorded.judge(recorded.left(covered(70)))
    assert criterion(result)["baseline"] == 80, shown(result)
    assert f"baseline: {base[:7]}, 3 commits before the base" in result.log


def test_before_the_first_push_it_is_skipped_and_nobody_is_warned(fork: Fork) -> None:
    result = fork.judge(fork.left(covered(70)))
    found = criterion(result)
    assert (found["status"], "recorded on the next push to main" in found["reason"]) == ("SKIPPED", True)
    assert "nothing is recorded yet in refs/sluicegate/ledger of origin" in said(result)
    assert fork.statuses() == ["success"], shown(result)
    assert refs(fork) == ""


def test_a_bundle_of_a_commit_that_is_not_known_is_not_compared_and_not_passed(recorded: Fork) -> None:
    """Else a stranger would choose the base by naming another commit, or none."""
    result = recorded.judge(recorded.left(covered(70), tested="f" * 40))
    found = criterion(result)
    assert (found["status"], "the base is not known" in found["reason"]) == ("UNKNOWN", True), shown(result)
    assert recorded.statuses() == ["failure"]


def test_a_project_in_a_folder_has_its_own(tmp_path: Path, environment: Path) -> None:
    with serving(fork_of(tmp_path, environment, {**BEFORE, "part/sluicegate.yml": POLICY})) as fork:
        project = replace(fork.project, root=tmp_path / "pushed")
        evidence = {f"part/{name}": text for name, text in covered(80).items()}
        assert push(project, evidence).run(working_directory="part").outputs["report-json"]
        result = fork.judge(fork.left(covered(70)), merge="../bundles", working_directory="part")
        assert criterion(result)["baseline"] == 80, shown(result)


@pytest.mark.parametrize("ledger", ["auto", pytest.param("off", marks=pytest.mark.soak)])
def test_without_a_bundle_and_without_a_ledger_there_is_no_noise(fork: Fork, ledger: str) -> None:
    result = fork.judge(ledger=ledger, expect="pr")
    assert [*result.commands("warning"), *result.commands("notice")] == [], shown(result)
    assert fork.statuses() == ["failure"]
