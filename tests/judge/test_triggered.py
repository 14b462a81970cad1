"""The verdict on what a run left that has ended: policy, change and success are never the bundle's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.change import NoChange
from sluicegate.core.errors import UsageError
from sluicegate.core.model import Report, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.github.event import event_context
from sluicegate.judge.triggered import GATE
from sluicegate.policy.pinned import Pinned, not_fetched
from support import bundles
from support.coverage_reports import cobertura
from support.forks import RUN, Fork, Listed, fork_of, serving
from support.pullrequest import Files, git, write

STRICT = """\
extends: []
gates: {tests: {criteria: [pass_rate == 100%]}, coverage: {criteria: [patch.line >= 90%]}}
"""
WATCHFUL = """\
extends: []
gates: {tests: {}, changes: {criteria: [gate.changed == 0, suppressions.added == 0]}}
"""
LAX = "extends: []\ngates: {tests: {criteria: [pass_rate >= 1%]}}\n"
BEFORE: Files = {"src/a.py": "a = 1\n", "sluicegate.yml": STRICT}
CHANGE: Files = {"src/a.py": "a = 1\nb = 2\nc = 3\n"}
GOOD: Files = {
    "reports/junit.xml": bundles.junit("++"),
    "reports/coverage.xml": cobertura({"src/a.py": "1+ 2+ 3+"}),
}


@pytest.fixture
def fork(tmp_path: Path) -> Iterator[Fork]:
    with serving(fork_of(tmp_path, tmp_path, BEFORE, CHANGE)) as made:
        yield made


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fork]:
    """The same, for tests that push nothing and leave GitHub's lists as they are."""
    root = tmp_path_factory.mktemp("standing")
    with serving(fork_of(root, root, BEFORE, CHANGE)) as made:
        yield made


@pytest.fixture(scope="module")
def good(standing: Fork) -> Report:
    """The report of a run that left good evidence."""
    return standing.check(standing.left(GOOD))


def gate(report: Report, name: str) -> Verdict:
    return next(v for v in report.verdicts if v.gate == name)


def why(report: Report) -> list[str]:
    """What the verdict on the run says."""
    return [p.message for v in report.verdicts if v.gate == GATE for p in v.problems]


CONCLUSIONS = ("failure", None, "cancelled", "timed_out", "action_required", "skipped")
"""Of runs that are no success; None for one that has not ended."""


class TestASuccess:
    def test_is_one(self, standing: Fork, good: Report) -> None:
        pull = standing.pull
        assert (good.status, why(good)) == (ReportStatus.PASS, [])
        assert good.commit.head == pull.head
        assert (good.commit.tested, good.commit.base) == (pull.merge, pull.base)

    def test_is_labelled_as_the_fork_s_own_measurement(self, good: Report) -> None:
        assert "measured-by-fork" in [n.code for n in good.notices]

    @pytest.mark.parametrize("conclusion", CONCLUSIONS)
    def test_is_no_other_conclusion(self, standing: Fork, conclusion: Any) -> None:
        event = event_context({"GITHUB_EVENT_NAME": "workflow_run"}, standing.payload(conclusion=conclusion))
        assert event.triggered_by is not None
        assert not event.triggered_by.succeeded

    @pytest.mark.parametrize(
        "conclusion", ["failure", None, *(pytest.param(c, marks=pytest.mark.soak) for c in CONCLUSIONS[2:])]
    )
    def test_is_none_when_the_run_was_none(self, standing: Fork, conclusion: Any) -> None:
        report = standing.check(standing.left(GOOD), payload=standing.payload(conclusion=conclusion))
        assert report.status is ReportStatus.BLOCKED
        assert gate(report, "tests").status is GateStatus.PASS
        assert "does not count as a success" in why(report)[0]


class TestThePolicy:
    def test_is_the_base_s_and_not_the_fork_s(self, fork: Fork) -> None:
        fork.push({"sluicegate.yml": LAX})
        report = fork.check(fork.left({"reports/junit.xml": bundles.junit("+F")}))
        assert (report.status, report.policy.origin) == (ReportStatus.BLOCKED, "base")
        assert report.policy_change is not None
        assert report.policy_change.status == "PASS"
        assert any("pass_rate >= 1%" in line for line in report.policy_change.diff)

    def test_is_that_of_the_tip_even_where_it_moved_since(self, fork: Fork) -> None:
        folder = fork.left({"reports/junit.xml": bundles.junit("+F")})
        fork.push({"sluicegate.yml": LAX}, onto_main=True)
        report = fork.check(folder)
        assert (report.status, report.policy_change) == (ReportStatus.PASS, None)

    def test_is_that_of_the_pull_request_s_base_and_not_of_the_default_branch(self, fork: Fork) -> None:
        work = fork.pull.remote.parent / "author"
        git(work, "checkout", "--quiet", "-b", "release", "main")
        write(work, {"sluicegate.yml": LAX})
        git(work, "commit", "--quiet", "-am", "Lax")
        git(work, "push", "--quiet", fork.pull.remote.as_uri(), "release")
        fork.hub.listed = [Listed(fork.pull.head, base="release")]
        report = fork.check(fork.left({"reports/junit.xml": bundles.junit("+F")}))
        assert report.status is ReportStatus.PASS

    def test_of_a_fork_that_is_not_valid_blocks_and_says_so(self, fork: Fork) -> None:
        fork.push({"sluicegate.yml": "gates: {coverage: {criteria: [nonsense]}}\n"})
        report = fork.check(fork.left(GOOD))
        assert report.status is ReportStatus.BLOCKED
        assert "the policy that this change brings is not valid" in why(report)[0]

    def test_of_the_base_that_is_not_valid_blocks_and_says_so(self, fork: Fork) -> None:
        fork.push({"sluicegate.yml": "gates: [\n"}, onto_main=True)
        report = fork.check(fork.left(GOOD))
        assert report.status is ReportStatus.BLOCKED
        assert "the policy of the base branch is not valid" in why(report)[0]

    def test_is_the_preset_where_the_base_has_none_whatever_the_fork_brings(self, tmp_path: Path) -> None:
        before = {"src/a.py": "a = 1\n"}
        with serving(fork_of(tmp_path, tmp_path, before, {**CHANGE, "sluicegate.yml": LAX})) as fork:
            report = fork.check(fork.left({"reports/junit.xml": bundles.junit("+F")}))
        assert (report.policy.origin, report.status) == ("preset", ReportStatus.BLOCKED)

    def test_that_moved_its_pin_meanwhile_was_not_edited_by_the_change(self, fork: Fork) -> None:
        """The head still names the base's old preset, which nobody fetches any more."""
        old, new = (f"extends: acme/policies/q.yml@{digit * 40}\n" for digit in "12")
        fork.push({"sluicegate.yml": old}, onto_main=True)
        work = fork.pull.remote.parent / "author"
        git(work, "checkout", "--quiet", "feature")
        git(work, "merge", "--quiet", "-m", "Catch up", "main")
        fork.push({"src/b.py": "b = 1\n"})
        fork.push({"sluicegate.yml": new}, onto_main=True)

        def read(pinned: Pinned) -> bytes:
            return STRICT.encode() if pinned.sha == "2" * 40 else not_fetched(pinned)

        report = fork.check(fork.left(GOOD, tested=fork.pull.head), pinned=read)
        assert (why(report), report.policy_change) == ([], None)

    def test_of_a_project_in_a_folder_is_found_there(self, tmp_path: Path) -> None:
        before = {"src/a.py": "a = 1\n", "part/sluicegate.yml": LAX, "part/x.py": "x = 1\n"}
        with serving(fork_of(tmp_path, tmp_path, before, {"part/x.py": "x = 2\n"})) as fork:
            folder, _ = fork.find(fork.left({"reports/junit.xml": bundles.junit("+F")}))
            report = fork.check(fork.left({"reports/junit.xml": bundles.junit("+F")}), project="part")
            assert (report.status, report.policy.origin) == (ReportStatus.PASS, "base")
            with pytest.raises(UsageError, match="leads out"):
                fork.check(project="../../..")
        assert folder.is_dir()


class TestTheChange:
    def test_is_our_own_comparison_and_not_the_bundle_s(self, standing: Fork) -> None:
        """Line 3 is not covered, and the bundle says that nothing changed."""
        files = {**GOOD, "reports/coverage.xml": cobertura({"src/a.py": "1+ 2+ 3-"})}
        report = standing.check(standing.left(files, change=NoChange("nothing, believe me")))
        coverage = gate(report, "coverage")
        assert (coverage.status, coverage.criteria[0].of) == (GateStatus.FAIL, (1, 2))

    def test_that_is_not_known_fails_closed(self, standing: Fork) -> None:
        report = standing.check(standing.left(GOOD, tested="d" * 40))
        assert (report.status, gate(report, "coverage").status) == (ReportStatus.BLOCKED, GateStatus.ERROR)
        assert "change-unseen" in [n.code for n in report.notices]

    def test_to_the_gate_itself_is_seen_by_us(self, tmp_path: Path) -> None:
        change = {
            ".github/workflows/quality.yml": "on: pull_request\n",
            "src/a.py": "a = 1\nb = eval('2')  # nosec\n",
            "src/link.py": "x" * 3_000_000 + "\n",
        }
        with serving(fork_of(tmp_path, tmp_path, {**BEFORE, "sluicegate.yml": WATCHFUL}, change)) as fork:
            report = fork.check(fork.left(GOOD, gates=("tests", "changes")))
        found = {(f.rule, f.path) for f in gate(report, "changes").findings}
        assert ("gate-changed", ".github/workflows/quality.yml") in found
        assert ("suppression-nosec", "src/a.py") in found


class TestTheBundles:
    def test_that_are_missing_block_and_say_so(self, standing: Fork) -> None:
        report = standing.check()
        assert (report.status, why(report)[0]) == (ReportStatus.BLOCKED, "the run left no bundle")

    def test_that_are_missing_by_name_are_errors_of_their_gates(self, standing: Fork) -> None:
        report = standing.check(expect=("pr=tests",))
        assert [p.message for p in gate(report, "tests").problems] == ["the shard 'pr' is missing"]

    def test_of_the_latest_attempt_count(self, standing: Fork) -> None:
        first = standing.left({**GOOD, "reports/junit.xml": bundles.junit("F+")})
        second = standing.left(GOOD, run=(RUN, 2))
        report = standing.check(first, second, payload=standing.payload(attempt=2))
        assert report.status is ReportStatus.PASS

    def test_of_an_attempt_after_the_run_s_do_not(self, standing: Fork) -> None:
        first = standing.left({**GOOD, "reports/junit.xml": bundles.junit("F+")})
        report = standing.check(first, standing.left(GOOD, run=(RUN, 99)))
        assert (report.status, gate(report, "tests").status) == (ReportStatus.BLOCKED, GateStatus.FAIL)

    def test_of_another_run_do_not(self, standing: Fork) -> None:
        report = standing.check(standing.left(GOOD, run=(RUN + 1, 1)))
        assert report.status is ReportStatus.BLOCKED
        assert f"is of run {RUN + 1}, not of {RUN}" in why(report)[0]

    def test_of_another_commit_are_errors(self, standing: Fork) -> None:
        report = standing.check(standing.left(GOOD, tested=standing.pull.base))
        assert gate(report, "tests").status is GateStatus.ERROR

    def test_without_results_and_coverage_are_no_success_even_of_a_lenient_policy(self, fork: Fork) -> None:
        fork.push({"sluicegate.yml": "extends: standard\n"}, onto_main=True)
        report = fork.check(fork.left({}, gates=("security",)))
        assert report.status is ReportStatus.BLOCKED
        assert "neither test results nor coverage" in why(report)[0]

    def test_are_enough_without_them_where_the_policy_does_not_ask(self, fork: Fork) -> None:
        fork.push(
            {"sluicegate.yml": "extends: []\ngates: {changes: {criteria: [gate.changed >= 0]}}\n"},
            onto_main=True,
        )
        report = fork.check(fork.left({}, gates=()))
        assert why(report) == []


def test_evidence_that_left_nothing_to_judge_is_evidence(tmp_path: Path) -> None:
    policy = "extends: []\ngates: {coverage: {criteria: [patch.line >= 90%]}}\n"
    before: Files = {"src/a.py": "a = 1\n", "sluicegate.yml": policy}
    coverage = {"reports/coverage.xml": cobertura({"src/a.py": "1+"})}
    with serving(fork_of(tmp_path, tmp_path, before, {"README.md": "Words.\n"})) as fork:
        report = fork.check(fork.left(coverage))
    assert (report.status, why(report)) == (ReportStatus.PASS, [])


def test_advisory_gates_alone_do_not_make_a_failed_run_a_success(fork: Fork) -> None:
    policy = "extends: []\ngates: {tests: {criteria: [{expect: pass_rate == 100%, else: warn}]}}\n"
    fork.push({"sluicegate.yml": policy}, onto_main=True)
    report = fork.check(fork.left(GOOD), payload=fork.payload(conclusion="failure"))
    assert report.status is ReportStatus.BLOCKED


def test_a_gate_that_the_policy_lacks_is_the_user_s_mistake(standing: Fork) -> None:
    with pytest.raises(UsageError, match="no gate 'nonsense'"):
        standing.check(standing.left(GOOD), gates=("nonsense",))


def test_a_pull_request_of_this_repository_is_judged_the_same_way(fork: Fork) -> None:
    ours = {"full_name": "octo-org/octo-repo"}
    fork.hub.listed = [replace(p, repository="octo-org/octo-repo") for p in fork.hub.listed]
    report = fork.check(fork.left(GOOD), payload=fork.payload(head_repository=ours))
    assert report.status is ReportStatus.PASS
    assert "measured-elsewhere" in [n.code for n in report.notices]
