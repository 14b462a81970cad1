"""A source that this Python does not parse: nobody who left it alone is blocked, and nothing hides in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.core.change import NoChange
from sluicegate.core.model import Problem, Report
from sluicegate.core.statuses import GateStatus
from sluicegate.engines.analyse import UnreadSources
from sluicegate.engines.interface import MAX_SOURCE_BYTES
from support.judging import judged, statuses
from support.repo import Repo, pull_request, repository

SOURCE = "def f(x):\n    return x\n"
NEWER = "match nonsense as\n"  # a syntax that no Python of today has
ENGINES = ("complexity", "docs", "security")
ALL_PASS = dict.fromkeys(ENGINES, GateStatus.PASS)


def judge(repo: Repo, *, required: bool) -> Report:
    return judged(repo, required=required, names=ENGINES)


@pytest.mark.parametrize("required", [True, False])
def test_an_unchanged_file_blocks_no_one(tmp_path: Path, required: bool) -> None:
    repo = pull_request(tmp_path, {"new.py": NEWER, "a.py": SOURCE}, {"b.py": SOURCE})
    assert statuses(judge(repo, required=required)) == ALL_PASS


def test_it_is_a_notice_that_names_file_and_remedy(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"new.py": NEWER}, {"b.py": SOURCE})
    (notice,) = [n for n in judge(repo, required=True).notices if n.code == "sources-unread"]
    assert notice.message.startswith("1 source that the change does not touch was not looked at: new.py.")
    assert "does not parse as Python 3." in notice.message
    assert "pipx install --python python3." in notice.message


def test_many_are_one_notice(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {f"n{i}.py": NEWER for i in range(5)}, {"b.py": SOURCE})
    (notice,) = [n for n in judge(repo, required=True).notices if n.code == "sources-unread"]
    assert "5 sources that the change does not touch were not looked at: n0.py, n1.py, n2.py and 2 more." in (
        notice.message
    )


def test_so_is_one_that_is_too_large(tmp_path: Path) -> None:
    large = "x = 1\n" * (MAX_SOURCE_BYTES // 6 + 1)
    repo = pull_request(tmp_path, {"generated.py": large}, {"b.py": SOURCE})
    assert statuses(judge(repo, required=True)) == ALL_PASS


def test_a_changed_file_is_an_error_where_the_policy_names_the_gate(tmp_path: Path) -> None:
    report = judge(pull_request(tmp_path, {"a.py": SOURCE}, {"a.py": NEWER}), required=True)
    assert statuses(report) == dict.fromkeys(ENGINES, GateStatus.ERROR)


def test_one_that_a_gate_leaves_out_does_not_count_there(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"a.py": SOURCE}, {"templates/a.py": NEWER})
    report = judged(repo, required=True, names=ENGINES, exclude=("templates/**",))
    assert GateStatus.ERROR not in statuses(report).values()


def test_under_a_preset_security_alone_is_an_error(tmp_path: Path) -> None:
    report = judge(pull_request(tmp_path, {"a.py": SOURCE}, {"a.py": NEWER}), required=False)
    assert statuses(report) == {
        "complexity": GateStatus.WARN,
        "docs": GateStatus.WARN,
        "security": GateStatus.ERROR,
    }


def test_a_renamed_file_is_a_changed_one(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": NEWER, "b.py": SOURCE})
    repo.git("checkout", "-q", "-b", "feature")
    repo.git("mv", "a.py", "c.py")
    repo.git("commit", "-q", "-m", "rename")
    repo.git("checkout", "-q", "--detach", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    assert statuses(judge(repo, required=False))["security"] is GateStatus.ERROR


def test_where_there_is_no_change_every_source_is_judged(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": NEWER, "b.py": SOURCE})
    assert statuses(judge(repo, required=False)) == dict.fromkeys(ENGINES, GateStatus.WARN)
    assert statuses(judge(repo, required=True)) == dict.fromkeys(ENGINES, GateStatus.ERROR)


def test_a_change_that_is_not_seen_may_hold_it() -> None:
    unread = UnreadSources([Problem("does not parse", "a.py")], NoChange("the base is not here", unseen=True))
    assert [problem.unseen for problem in unread.scanned(["a.py"])] == [False]


def test_files_that_bandit_excludes_need_not_be_scanned() -> None:
    unread = UnreadSources([Problem("does not parse", "a.py")], NoChange("the base is not here", unseen=True))
    assert unread.scanned(["b.py"]) == ()
