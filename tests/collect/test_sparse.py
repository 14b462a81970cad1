"""A changed file that is not on the disk was not looked at, so its gates do not pass."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sluicegate.checking import silent
from sluicegate.collect.collector import Request, collect
from sluicegate.evaluate import evaluate
from sluicegate.github.event import EventContext
from sluicegate.model import Report
from sluicegate.statuses import GateStatus
from support.evidence import policy, settings
from support.repo import Repo, pull_request

CRITERIA = {
    "complexity": "max_cyclomatic < 10",
    "docs": "undocumented <= 99",
    "security": "high == 0",
    "changes": "suppressions.added == 0",
}
SOURCE = "def f(x):\n    return x\n"


def judged(repo: Repo, *, required: bool, names: tuple[str, ...] = tuple(CRITERIA)) -> Report:
    """The report of the pull request whose test merge is checked out."""
    head = repo.git("rev-parse", "HEAD^2")
    event = EventContext(name="pull_request", is_pull_request=True, head_sha=head, base_ref="main")
    chosen = policy(*(settings(name, CRITERIA[name], required=required) for name in names))
    evidence = collect(Request(root=repo.root, policy=chosen, event=event, progress=silent))
    return evaluate(evidence, chosen, date(2026, 11, 21))


def statuses(report: Report) -> set[GateStatus]:
    return {verdict.status for verdict in report.verdicts}


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
    assert all("not looked at" in p.message for v in report.verdicts for p in v.problems)


def test_a_gate_that_only_a_preset_brings_warns(repo: Repo) -> None:
    assert statuses(judged(repo, required=False)) == {GateStatus.WARN}


def test_where_no_source_is_left_it_warns_too(tmp_path: Path) -> None:
    repo = sparse(pull_request(tmp_path, {"a.txt": "1"}, {"out/b.py": SOURCE}))
    assert statuses(judged(repo, required=False)) == {GateStatus.WARN}


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
