"""The section `release` of a policy: the default under it, and what is refused."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sluicegate.cli.main import main
from sluicegate.core.statuses import Otherwise
from sluicegate.policy.resolve import CheckedPolicy, check_policy, preset_policy
from sluicegate.release.read import default_settings, settings_of
from sluicegate.release.settings import ReleaseSettings


def checked(text: str) -> CheckedPolicy:
    return check_policy(f"release: {text}\n".encode(), "sluicegate.yml", lambda _path: b"")


def settings(text: str) -> ReleaseSettings:
    found = checked(text)
    assert found.policy is not None, found.errors
    return settings_of(found.policy)


def test_the_default_has_the_six_dimensions_and_the_four_checklists() -> None:
    found = default_settings()
    assert [d.title for d in found.dimensions] == [
        "Code quality", "Security", "Performance", "Infrastructure", "Documentation", "Team readiness",
    ]  # fmt: skip
    assert {name: len(items) for name, items in found.checklists.items()} == {
        "code": 5, "documentation": 5, "operations": 5, "business": 5,
    }  # fmt: skip
    assert found.checkpoints == (86_400, 7_200, 0)
    assert all(check.remedy for check in found.checks)


def test_a_policy_without_the_section_has_the_default() -> None:
    assert settings_of(preset_policy()) == default_settings()
    assert settings("{}") == default_settings()


def test_what_a_policy_sets_is_laid_over_the_default() -> None:
    found = settings(
        "{dimensions: {performance: off, security: {checks: [{expect: report.warned == 0, else: warn}]}},"
        " evidence: {staging: {deployment: pre-production}}, roles: {qa: {from: ['@alice'], quorum: 2}},"
        " checkpoints: [4h]}"
    )
    assert "performance" not in [d.name for d in found.dimensions]
    (check,) = next(d for d in found.dimensions if d.name == "security").checks
    assert (check.id, check.criterion.otherwise) == ("report.warned", Otherwise.WARN)
    assert next(s for s in found.evidence if s.name == "staging").value == ("pre-production",)
    assert [role.name for role in found.roles] == ["release-manager", "qa"]
    assert found.checkpoints == (14_400, 0)


def test_evidence_of_another_source_replaces_that_of_the_default() -> None:
    found = settings("{evidence: {staging: {workflow: deploy.yml}}, dimensions: {infrastructure: off}}")
    assert next(s for s in found.evidence if s.name == "staging").kind == "workflow"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{dimensions: {x: {checks: [staging.age >= 24h]}}}", "would pass by the time alone"),
        ("{dimensions: {x: {checks: [staging.age == 24h]}}}", "would pass by the time alone"),
        ("{dimensions: {x: {checks: [foo.open == 0]}}}", "unknown measure 'foo.open'"),
        ("{dimensions: {x: {checks: [incidents.open <= baseline]}}}", "a release has none"),
        ("{dimensions: {x: {checks: [{id: gates, expect: report.warned == 0}]}}}", "two checks have the id"),
        (
            "{dimensions: {x: {checks: [{id: freeze, expect: incidents.open == 0}]}}}",
            "cannot have the id 'freeze'",
        ),
        ("{evidence: {gate: {deployment: x}}}", "'gate' is no name for evidence"),
        ("{evidence: {y: {deployment: a, issues: [b]}}}", "this has deployment and issues"),
        ("{evidence: {y: {}}}", "this has none"),
        ("{evidence: {y: {health: 'http://example.com'}}}", "neither https nor on this machine"),
        ("{roles: {qa: {from: [bob]}}}", "is not a permission, a login or a team"),
        ("{roles: {qa: {quorum: 1}}}", "the role 'qa' has no 'from'"),
        ("{valid-for: never}", "'never' is not a time"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(text: str, message: str) -> None:
    (error, *_) = checked(text).errors
    assert message in error.what
    assert error.where.startswith("sluicegate.yml:1:")
    assert error.remedy


def test_explain_prints_the_matrix_in_force(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    said = CliRunner().invoke(main, ["explain", "release"], standalone_mode=False).output
    assert "Team readiness" in said
    assert 'gate["security"].blocked == 0 (blocks)' in said
    assert "release-manager          1 of: maintain" in said
