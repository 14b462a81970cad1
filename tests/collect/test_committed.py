"""What a change does to the gate itself, where nothing is checked out."""

from __future__ import annotations

from pathlib import Path

from sluicegate.collect.committed import changes_between
from sluicegate.evidence.analysed import ChangesRecord
from support.repo import opened, repository

WORKFLOW = ".github/workflows/ci.yml"


def record(root: Path, base: dict[str, str], head: dict[str, str]) -> ChangesRecord:
    repo = repository(root, base)
    repo.git("config", "core.bigFileThreshold", "1k")
    repo.commit(head)
    git = opened(repo.root)
    return changes_between(git, "HEAD~1", "HEAD", git.change_between("HEAD~1", "HEAD"))


def test_a_file_that_a_workflow_of_the_commit_names_counts(tmp_path: Path) -> None:
    base = {WORKFLOW: "    - run: scripts/test.sh\n", "scripts/test.sh": "pytest\n"}
    found = record(tmp_path / "r", base, {"scripts/test.sh": "true\n"})
    assert [c.what for c in found.gate_changes] == [f"a script that {WORKFLOW} runs was changed"]


def test_a_source_above_gits_threshold_is_seen_up_to_our_own_limit(tmp_path: Path) -> None:
    found = record(tmp_path / "r", {"a.py": ""}, {"a.py": "x = 1  # nosec\n" + "y = 1\n" * 1000})
    assert ([s.line for s in found.suppressions], found.unseen) == ([1], ())


def test_a_source_above_our_limit_is_not_looked_at(tmp_path: Path) -> None:
    found = record(tmp_path / "r", {"a.py": ""}, {"a.py": "y = 1  # nosec\n" * 200_000})
    assert [p.path for p in found.unseen] == ["a.py"]
