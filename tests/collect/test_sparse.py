"""A changed file that is not on the disk was not looked at, so its gates do not pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.core.model import Report
from sluicegate.core.statuses import GateStatus
from support import judging
from support.judging import judged
from support.repo import Repo, pull_request

SOURCE = "def f(x):\n    return x\n"


def statuses(report: Report) -> set[GateStatus]:
    return set(judging.statuses(report).values())


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A sparse checkout that lacks a changed file, and the change has another."""
    return sparse(pull_request(tmp_path, {"in/a.py": SOURCE}, {"out/b.py": SOURCE, "in/c.py": SOURCE}))


def sparse(repo: Repo) -> Repo:
    repo.git("sparse-checkout", "set", "in")
    return repo


def test_a_required_gate_is_an_error_that_names_the_file(repo: Repo) -> None:
    report = judged(repo, required=True)
    assert statuses(report) == {GateStatus.ERROR}
    assert {p.path for v in report.verdicts for p in v.problems} == {"out/b.py"}
    assert all(
        "sparse-checkout" in p.remedy for v in report.verdicts for p in v.problems if v.gate != "changes"
    )


UNDER_A_PRESET = {
    "complexity": GateStatus.WARN,
    "docs": GateStatus.WARN,
    "changes": GateStatus.WARN,
    "security": GateStatus.ERROR,
}


def test_of_the_gates_that_only_a_preset_brings_security_is_an_error(repo: Repo) -> None:
    assert judging.statuses(judged(repo, required=False)) == UNDER_A_PRESET


def test_where_no_source_is_left_it_is_so_too(tmp_path: Path) -> None:
    repo = sparse(pull_request(tmp_path, {"a.txt": "1"}, {"out/b.py": SOURCE}))
    assert judging.statuses(judged(repo, required=False)) == UNDER_A_PRESET


def test_a_file_that_the_change_leaves_alone_need_not_be_there(tmp_path: Path) -> None:
    repo = sparse(pull_request(tmp_path, {"in/a.py": SOURCE, "out/b.py": SOURCE}, {"in/c.py": SOURCE}))
    assert statuses(judged(repo, required=True)) == {GateStatus.PASS}


def test_a_file_that_the_change_deletes_need_not_be_there(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"in/a.py": SOURCE, "out/b.py": SOURCE}, {"in/c.py": SOURCE})
    repo.git("checkout", "-q", "feature")
    repo.git("rm", "-q", "out/b.py")
    repo.git("commit", "-q", "-m", "delete")
    repo.git("checkout", "-q", "--detach", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    assert GateStatus.ERROR not in statuses(judged(repo, required=True))


def test_another_file_concerns_the_changes_alone(tmp_path: Path) -> None:
    repo = sparse(pull_request(tmp_path, {"in/a.py": SOURCE}, {"out/b.js": "1\n", "in/c.py": SOURCE}))
    assert statuses(judged(repo, required=True, names=("complexity",))) == {GateStatus.PASS}
    assert statuses(judged(repo, required=True, names=("changes",))) == {GateStatus.ERROR}
