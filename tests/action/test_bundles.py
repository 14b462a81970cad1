"""A matrix of three jobs and the one that judges it, through `action.yml`."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from support.composite import Job, Result
from support.pullrequest import Files, write
from support.uses import Project, cobertura, junit, project, shown

pytestmark = pytest.mark.slow

SHARDS = ("py3.11", "py3.12", "py3.13")


def clean(workspace: Path, evidence: Files) -> None:
    """The evidence of one shard, in place of the one before."""
    shutil.rmtree(workspace / "reports", ignore_errors=True)
    (workspace / "coverage.xml").unlink(missing_ok=True)
    write(workspace, evidence)


def leave(job: Job, name: str, *, failed: int = 0, covered: int = 0) -> Result:
    """One job of the matrix; each covers another line of the change."""
    lines = {3: 1, 5: 1, 8: int(covered == 8), 10: int(covered == 10)}
    clean(job.workspace, {"reports/junit.xml": junit(2, failed), "coverage.xml": cobertura(lines)})
    return job.run(
        bundle=f"bundles/{name}",
        gate="tests\ncoverage",
        warn_only="true",
        annotations="off",
        summary="false",
    )


def in_run(small: Project) -> Job:
    """A job of run 77, which has no evidence yet."""
    made = small.job(evidence={})
    return replace(made, variables={**made.variables, "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "1"})


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> tuple[Project, dict[str, Path]]:
    """The project, and what each job of the matrix left; `failed` is that of one with a failing case."""
    small = project(tmp_path_factory.mktemp("matrix"), environment)
    job = in_run(small)
    left = {name: leave(job, name, covered=line) for name, line in zip(SHARDS, (8, 10, 0), strict=True)}
    left["failed"] = leave(job, f"again/{SHARDS[0]}", failed=1, covered=8)
    assert [shown(result) for result in left.values() if result.exit_code] == []
    return small, {name: Path(result.outputs["bundle"]) for name, result in left.items()}


@pytest.fixture
def job(matrix: tuple[Project, dict[str, Path]], tmp_path: Path) -> Job:
    """The job that judges, in a checkout of its own."""
    return in_run(replace(matrix[0], root=tmp_path))


@pytest.fixture
def bundles(matrix: tuple[Project, dict[str, Path]]) -> dict[str, Path]:
    return matrix[1]


def downloaded(job: Job, *folders: Path) -> None:
    """What upload and download leave: a folder for each artifact, without hidden files."""
    for folder in folders:
        target = job.workspace / "downloaded" / f"bundle-{folder.name}-1"
        shutil.copytree(folder, target, ignore=shutil.ignore_patterns(".*"))


def judge(job: Job) -> Result:
    return job.run(merge="downloaded", expect="\n".join(f"{name}=tests,coverage" for name in SHARDS))


def test_each_shard_leaves_a_folder_of_its_name(bundles: dict[str, Path]) -> None:
    assert [bundles[name].name for name in SHARDS] == list(SHARDS)


def test_three_shards_get_one_green_report(job: Job, bundles: dict[str, Path]) -> None:
    downloaded(job, *(bundles[name] for name in SHARDS))
    result = judge(job)
    assert result.exit_code == 0, shown(result)
    assert (result.outputs["tests"], result.outputs["patch-coverage"]) == ("6", "100")
    assert result.outputs["bundle"] == ""
    assert "Sluicegate" in result.summary


def test_a_failing_case_of_one_shard_turns_it_red(job: Job, bundles: dict[str, Path]) -> None:
    downloaded(job, bundles["failed"], *(bundles[name] for name in SHARDS[1:]))
    result = judge(job)
    assert (result.exit_code, result.outputs["failed"]) == (1, "1"), shown(result)


def test_a_shard_that_was_lost_turns_it_red_by_name(job: Job, bundles: dict[str, Path]) -> None:
    downloaded(job, *(bundles[name] for name in SHARDS[:2]))
    result = judge(job)
    assert result.exit_code == 1, shown(result)
    assert "the shard 'py3.13' is missing" in result.log
    assert json.loads(result.outputs["gates"])["tests"] == "ERROR"


def test_without_any_bundle_there_is_a_red_report_all_the_same(job: Job) -> None:
    result = judge(job)
    assert (result.exit_code, result.outputs["status"]) == (1, "BLOCKED"), shown(result)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"expect": "x"}, "lists the bundles that must be there"),
        ({"merge": "b", "evidence": "x"}, "'merge' and 'evidence' exclude each other"),
        pytest.param({"merge": "b"}, "there is no bundle", marks=pytest.mark.soak),
        pytest.param({"bundle": "a b"}, "cannot be the name of a shard", marks=pytest.mark.soak),
    ],
)
def test_inputs_that_do_not_fit_are_said(job: Job, inputs: dict[str, str], message: str) -> None:
    result = job.run(**inputs)
    assert result.exit_code == 2
    assert message in result.log
