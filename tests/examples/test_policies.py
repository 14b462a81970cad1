"""The policies that users copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.core.errors import PolicyError
from sluicegate.policy.model import Policy
from sluicegate.policy.resolve import load_policy

ROOT = Path(__file__).resolve().parents[2]
POLICIES = sorted((ROOT / "examples").glob("policy-*.yml"))

ORGANISATION = ROOT / "examples" / "policy-organisation.yml"
USER = ROOT / "examples" / "policy-uses-organisation.yml"


def load(path: Path, folder: Path) -> Policy:
    """The policy, copied to where its first line says."""
    copy = folder / "sluicegate.yml"
    copy.write_bytes(path.read_bytes())
    return load_policy(copy, folder, lambda _pinned: ORGANISATION.read_bytes())


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


def test_the_organisation_s_policy_only_reports_until_a_repository_is_ready(
    tmp_path: Path,
) -> None:
    assert load(ORGANISATION, tmp_path).report_only
    assert not load(USER, tmp_path).report_only


def test_the_organisation_s_gates_are_required_where_nobody_else_names_them(
    tmp_path: Path,
) -> None:
    tests = load(USER, tmp_path).gate("tests")
    assert tests is not None
    assert tests.required


@pytest.mark.parametrize(
    "text",
    [
        "gates: {coverage: {criteria: [total >= 1%]}}",
        "gates: {coverage: {exclude: ['**']}}",
        "gates: {coverage: off}",
        "gates: {tests: {required: auto}}",
        "gates: {security: {adjust: {new-high: off}}}",
    ],
)
def test_what_the_organisation_locks_a_repository_cannot_change(tmp_path: Path, text: str) -> None:
    head = USER.read_text(encoding="utf-8").partition("\nreport-only")[0]
    copy = tmp_path / "copy.yml"
    copy.write_text(f"{head}\n{text}\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="is locked at acme/policies"):
        load(copy, tmp_path)
