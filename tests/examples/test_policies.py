"""The policies that users copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.policy.model import Policy
from sluicegate.policy.resolve import load_policy

ROOT = Path(__file__).resolve().parents[2]
POLICIES = sorted((ROOT / "examples").glob("policy-*.yml"))


def load(path: Path, folder: Path) -> Policy:
    """The policy, copied to where its first line says."""
    copy = folder / "sluicegate.yml"
    copy.write_bytes(path.read_bytes())
    return load_policy(copy, folder)


@pytest.mark.parametrize("path", POLICIES, ids=lambda p: p.name)
def test_the_policy_loads(path: Path, tmp_path: Path) -> None:
    policy = load(path, tmp_path)
    assert policy.ref.ref == "sluicegate.yml"
    assert policy.gate("coverage") is not None


def test_the_suites_have_criteria_of_their_own(tmp_path: Path) -> None:
    tests = load(ROOT / "examples" / "policy-suites.yml", tmp_path).gate("tests")
    assert tests is not None
    assert [suite.name for suite in tests.suites] == ["unit", "integration", "e2e"]
    assert [len(suite.criteria) for suite in tests.suites] == [2, 2, 2]


def test_the_run_gates_are_commands(tmp_path: Path) -> None:
    policy = load(ROOT / "examples" / "policy-run-gate.yml", tmp_path)
    runs = [gate.run.output for gate in policy.gates if gate.run is not None]
    assert [str(output) for output in runs] == ["measures", "sarif", "nothing"]
