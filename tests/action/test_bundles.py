"""A matrix of three jobs and the one that judges it, through `action.yml`."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from support.composite import Job, Result
from support.pullrequest import Files, write
from support.uses import Project, cobertura, junit, shown

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


@pytest.fixture
def job(small: Project) -> Job:
    variables = {"GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "1"}
    made = small.job()
    return replace(made, variables={**made.variables, **variables})


def uploaded(job: Job, result: Result, name: str) -> None:
    """What upload and download leave: a folder for each artifact, without hidden files."""
    target = job.workspace / "downloaded" / f"bundle-{name}-1"
    shutil.copytree(result.outputs["bundle"], target, ignore=shutil.ignore_patterns(".*"))


def run_matrix(job: Job, *names: str, failed: int = 0) -> None:
    for n, name in enumerate(names):
        result = leave(job, name, failed=failed if n == 0 else 0, covered=(8, 10, 0)[n])
        assert result.exit_code == 0, shown(result)
        assert Path(result.outputs["bundle"]).name == name
        uploaded(job, result, name)
    clean(job.workspace, {})
    shutil.rmtree(job.workspace / "bundles")


def judge(job: Job) -> Result:
    return job.run(merge="downloaded", expect="\n".join(f"{name}=tests,coverage" for name in SHARDS))


def test_three_shards_get_one_green_report(job: Job) -> None:
    run_matrix(job, *SHARDS)
    result = judge(job)
    assert result.exit_code == 0, shown(result)
    assert (result.outputs["tests"], result.outputs["patch-coverage"]) == ("6", "100")
    assert result.outputs["bundle"] == ""
    assert "Sluicegate" in result.summary


def test_a_failing_case_of_one_shard_turns_it_red(job: Job) -> None:
    run_matrix(job, *SHARDS, failed=1)
    result = judge(job)
    assert (result.exit_code, result.outputs["failed"]) == (1, "1"), shown(result)


def test_a_shard_that_was_lost_turns_it_red_by_name(job: Job) -> None:
    run_matrix(job, *SHARDS[:2])
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
        ({"merge": "b"}, "there is no bundle"),
        ({"bundle": "a b"}, "cannot be the name of a shard"),
    ],
)
def test_inputs_that_do_not_fit_are_said(job: Job, inputs: dict[str, str], message: str) -> None:
    result = job.run(**inputs)
    assert result.exit_code == 2
    assert message in result.log
