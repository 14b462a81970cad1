"""`sluicegate rollout` as a user runs it: from dark to everybody, and back."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from sluicegate.core.decision import ReleaseOutcome
from sluicegate.core.errors import WorldError
from sluicegate.rollout.actions import Command
from sluicegate.rollout.controller import Controller
from sluicegate.rollout.discover import find_plans
from sluicegate.rollout.entries import NOBODY, Actor
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.session import Session
from support.decisions import decided, go
from support.ledgers import place
from support.pullrequest import git
from support.rollout_project import COMMIT, NAME, PLAN, Project


def commits_of(root: Path) -> tuple[str, str, str]:
    """A head, a commit of the same tree, and a child with another tree."""
    git(root, "init", "-q")
    made: list[str] = []
    for n, text in enumerate(("one", "one", "two")):
        (root / "a.txt").write_text(text, encoding="utf-8")
        git(root, "add", "a.txt")
        git(root, "commit", "-q", "--allow-empty", "-m", f"commit {n}")
        made.append(git(root, "rev-parse", "HEAD").strip())
    return made[0], made[1], made[2]


def tree_of(root: Path, commit: str) -> str:
    """The name of a commit's tree."""
    return git(root, "rev-parse", f"{commit}^{{tree}}").strip()


GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("USER", "alice")
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    made = Project(root)
    monkeypatch.setattr(rollout_sessions, "clock", made.clock)
    return made


def golden(name: str, text: str) -> None:
    """The text is that of the file, which `SLUICEGATE_GOLDEN=write` writes anew."""
    path = GOLDEN / f"rollout-{name}.txt"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def at_five(project: Project) -> Project:
    """A rollout that has just come to 5 %."""
    project.start()
    project.passes(13)
    project.tick()
    project.passes(13)
    project.run("promote", NAME, "--to", "5%")
    assert float(project.share) == 0.05
    return project


class TestWholeLives:
    def test_a_good_version_reaches_everybody(self, project: Project) -> None:
        project.start()
        for _ in range(60):
            project.passes(5)
            if "staff is over" in project.tick():
                project.run("promote", NAME, "--to", "5%")
            if "COMPLETED" in project.run("status", NAME):
                break
        golden("good", project.run("history", NAME))
        golden("completed", project.run("status", NAME))
        assert project.share == 1

    def test_a_bad_version_is_off_in_the_tick_that_proves_it(self, project: Project) -> None:
        at_five(project)
        project.bad = (0.01, 0.3)
        project.passes(6)
        golden("breach", project.tick(code=1))
        golden("rolled-back", project.run("status", NAME))
        assert project.share == 0
        assert "the rollout has ended" in project.run("resume", NAME, code=2)

    def test_a_watch_ticks_until_the_rollout_has_ended(self, project: Project) -> None:
        at_five(project)
        project.bad = (0.01, 0.3)
        begin = project.now
        said = project.run("watch", NAME, "--for", "2h", "--every", "1min", "--deployed", COMMIT, code=1)
        assert "rolled-back" in said
        assert project.now - begin < 600
        assert project.share == 0

    def test_a_watch_ends_when_its_time_is_up(self, project: Project) -> None:
        at_five(project)
        begin = project.now
        project.run("watch", "--for", "5m", "--every", "1min")
        assert project.now - begin == 4 * 60

    @pytest.mark.slow
    def test_two_clones_share_one_journal_in_git(self, tmp_path: Path, project: Project) -> None:
        at = place(tmp_path, {"a.txt": "1\n"})
        git(project.root, "init", "-q")
        git(project.root, "remote", "add", "origin", at.remote.as_uri())
        project.ledger = ()
        found = project.invoked("start", NAME, "--commit", COMMIT, "--without-go", "a test")
        assert found.exit_code == 2
        assert "start is refused: there is no token that says who asks" in found.output
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {
                "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_RUN_ID": "7",
                "GITHUB_TRIGGERING_ACTOR": "alice",
            }.items():  # fmt: skip
                patch.setenv(name, value)
            project.start()
        other = tmp_path / "other"
        git(tmp_path, "clone", "-q", at.remote.as_uri(), str(other))
        os.chdir(other)
        assert "RUNNING" in project.run("list")
        said = project.run("rollback", NAME, "--reason", "from elsewhere", code=3)  # no flags.json there
        assert "is not off" in said or "no such file" in said
        os.chdir(project.root)
        assert "ROLLBACK_FAILED" in project.run("list")
        project.tick(code=1)
        assert "ROLLED_BACK" in project.run("list")


class TestCommands:
    def test_what_is_shown_at_a_stage(self, project: Project) -> None:
        at_five(project).passes(5)
        project.tick()
        golden("status", project.run("status", NAME))
        golden("list", project.run("list"))
        golden("tick", project.run("tick", "--dry-run"))
        found = json.loads(project.run("status", NAME, "--format", "json"))
        assert found["stage"] == "5%"
        assert found["flags"][0]["now"] == {"share": 0.05, "segments": ["staff"]}
        assert {r["status"] for r in found["readings"]} == {"INSUFFICIENT"}
        (other,) = json.loads(project.run("status", "--format", "json"))
        assert other == found

    def test_a_status_is_written_in_every_format_at_once(self, project: Project) -> None:
        at_five(project).passes(5)
        formats = ("text", "json", "markdown", "html")
        wanted = (word for name in formats for word in ("--output", f"{name}=a.{name}"))
        printed = project.run("status", NAME, "--format", "markdown", *wanted)
        text, found, page, html = ((project.root / f"a.{name}").read_text("utf-8") for name in formats)
        assert "> RUNNING  5%" in text
        assert json.loads(found)["phase"] == "RUNNING"
        assert printed == page
        assert "promote new-checkout --to 50% --dir ledger" in page
        assert html.count('class="plot"') == 13  # exposure; of each criterion of three stages two

    def test_a_page_shows_one_rollout(self, project: Project) -> None:
        said = project.run("status", "--format", "html", code=2)
        assert "a page shows one rollout, and there are 0" in said
        assert "must have the form FORMAT=FILE" in project.run("status", "--output", "sarif=x", code=2)

    def test_a_status_writes_nothing(self, project: Project) -> None:
        at_five(project).passes(60)
        before = sorted((project.root / "ledger").rglob("*"))
        project.run("status")
        assert sorted((project.root / "ledger").rglob("*")) == before

    def test_a_start_needs_a_decision_or_a_reason(self, project: Project) -> None:
        said = project.run("start", NAME, "--commit", COMMIT, code=2)
        assert "there is no decision to release for the commit aaaaaaaaaaaa" in said
        assert "release decide NAME --commit SHA" in said
        assert "the ledger has no rollout" in project.run("list")

    def test_a_decision_lets_its_commit_start_and_one_of_the_same_tree(self, project: Project) -> None:
        head, squash, child = commits_of(project.root)
        decided(project.root / "ledger", go(head, tree_of(project.root, head), project.now))
        refused = project.run("start", NAME, "--commit", child, "--dry-run", code=2)
        assert f"there is no decision to release for the commit {child[:12]}" in refused
        project.run("start", NAME, "--commit", head, "--dry-run")
        said = project.run("start", NAME, "--commit", squash)
        assert "which has the same tree" in said + project.run("history", NAME) + project.run("status", NAME)

    def test_a_no_go_that_supersedes_stops_the_start(self, project: Project) -> None:
        path = decided(project.root / "ledger", go(COMMIT, "", project.now))
        later = replace(go(COMMIT, "", project.now), outcome=ReleaseOutcome.NO_GO, supersedes=(path,))
        decided(project.root / "ledger", later)
        said = project.run("start", NAME, "--commit", COMMIT, code=2)
        assert "the decision of v1.4.0 is NO-GO" in said
        assert "release status v1.4.0" in said

    def test_a_start_needs_a_commit_that_is_deployed(self, project: Project) -> None:
        said = project.run("start", NAME, "--without-go", "a test", code=2)
        assert "without a token GitHub does not say what is deployed" in said
        said = project.run("start", NAME, "--commit", "main", "--without-go", "a test", code=2)
        assert "'main' is no commit" in said

    def test_a_second_start_is_refused_while_the_first_goes_on(self, project: Project) -> None:
        project.start()
        project.now += 60
        again = project.invoked("start", NAME, "--commit", COMMIT, "--without-go", "again")
        assert again.exit_code == 2
        assert f"the rollout {NAME}-20270115T080000Z is not over" in again.output
        project.run("abort", NAME)
        project.start()
        assert len(project.run("list").splitlines()) == 2

    def test_one_flag_has_one_rollout(self, project: Project) -> None:
        project.start()
        (project.root / "rollouts" / "other.yml").write_text(PLAN, encoding="utf-8")
        said = project.run("start", "other", "--commit", COMMIT, "--without-go", "a test", code=2)
        assert "drives the same flag" in said

    def test_a_flag_is_the_same_however_it_is_reached(self, project: Project) -> None:
        """Else the ticks of one that was rolled back would switch off the flag of the other."""
        at_five(project)
        other = PLAN.replace("refresh: 5", "refresh: 6, branch: main")
        (project.root / "rollouts" / "other.yml").write_text(other, encoding="utf-8")
        words = ("start", "other", "--commit", COMMIT, "--without-go", "a test")
        assert "drives the same flag" in project.run(*words, code=2)
        project.run("abort", NAME)
        project.run(*words, "--deployed", COMMIT)
        project.passes(13)
        project.run("tick", "--deployed", COMMIT)
        for stage in ("staff", "5%"):
            project.run("promote", "other", "--to", stage, "--deployed", COMMIT)
        assert float(project.share) == 0.05
        project.run("tick", "--deployed", COMMIT)
        assert float(project.share) == 0.05

    def test_a_dry_start_writes_nothing(self, project: Project) -> None:
        before = project.flags.read_bytes()
        said = project.run("start", NAME, "--commit", COMMIT, "--without-go", "a test", "--dry-run")
        assert "the rollout would start" in said
        assert not (project.root / "ledger").exists()
        assert project.flags.read_bytes() == before

    def test_a_promotion_names_its_stage(self, project: Project) -> None:
        at_five(project)
        assert "a promotion names the stage" in project.run("promote", NAME, code=2)
        assert "50% does not follow" not in project.run("promote", NAME, "--to", "50%", "--dry-run")
        assert "nothing is done: 5% is the stage already" in project.run("promote", NAME, "--to", "5%")
        assert "GA does not follow 5%" in project.run("promote", NAME, "--to", "GA", code=2)
        project.run("promote", NAME, "--full", "--reason", "an emergency")
        assert project.share == 1

    def test_pause_resume_and_skip_bake(self, project: Project) -> None:
        at_five(project)
        assert "paused: lunch" in project.run("pause", NAME, "--reason", "lunch")
        assert "it is paused already: lunch" in project.run("pause", NAME)
        assert "resumed" in project.run("resume", NAME)
        assert "skipped-bake" in project.run("skip-bake", NAME, "--reason", "we know")
        assert "nothing is done" in project.run("skip-bake", NAME)
        assert "@alice" in project.run("history", NAME)

    def test_a_rollback_is_off_and_twice_is_once(self, project: Project) -> None:
        at_five(project)
        before = project.flags.read_bytes()
        project.run("rollback", NAME, "--dry-run")
        assert project.flags.read_bytes() == before
        golden("rollback", project.run("rollback", NAME, "--reason", "it hurts"))
        assert project.share == 0
        assert "all flags are off" in project.run("rollback", NAME)

    def test_a_rollback_needs_no_ledger(self, project: Project) -> None:
        at_five(project)
        shutil.rmtree(project.root / "ledger")
        (project.root / "ledger").write_text("no folder", encoding="utf-8")
        said = project.run("rollback", NAME, code=3)
        assert project.share == 0
        assert "the ledger failed, so the flags were switched off first" in said
        assert "the rollback is not recorded" in said

    def test_a_rollback_needs_no_policy_that_is_valid(self, project: Project) -> None:
        at_five(project)
        (project.root / "sluicegate.yml").write_text("nope: [", encoding="utf-8")
        project.run("rollback", NAME)
        assert project.share == 0

    def test_a_late_write_after_a_rollback_is_taken_back_by_a_tick_of_all(self, project: Project) -> None:
        at_five(project)
        five = project.flags.read_bytes()
        project.run("rollback", NAME)
        project.flags.write_bytes(five)
        said = project.run("tick", code=1)
        assert project.share == 0
        assert "new-checkout" in said
        project.run("tick")  # quiet again

    def test_an_unknown_rollout_is_named(self, project: Project) -> None:
        project.start()
        said = project.run("status", "new-chekout", code=2)
        assert "the ledger has no rollout 'new-chekout'" in said
        assert "new-checkout" in said

    def test_the_history_as_json(self, project: Project) -> None:
        project.start()
        found = [json.loads(line) for line in project.run("history", NAME, "--json").splitlines()]
        assert [entry["event"] for entry in found][:3] == ["started", "intended", "confirmed"]
        assert [entry["seq"] for entry in found] == list(range(len(found)))

    def test_an_edit_of_the_plan_changes_nothing_and_is_said(self, project: Project) -> None:
        at_five(project)
        path = project.root / "rollouts" / f"{NAME}.yml"
        path.write_text(PLAN.replace("50%, bake: 10min", "50%, bake: 90min"), encoding="utf-8")
        assert "The plan of the working tree is another one" in project.run("status", NAME)

    def test_a_dry_run_of_every_command_that_acts_writes_nothing(self, project: Project) -> None:
        at_five(project).passes(30)
        before = everything(project)
        for words in (
            ("tick", NAME), ("tick",), ("watch", "--for", "3min"), ("promote", NAME, "--to", "50%"),
            ("promote", NAME, "--full", "--reason", "x"), ("pause", NAME), ("skip-bake", NAME),
            ("resume", NAME), ("rollback", NAME), ("abort", NAME),
        ):  # fmt: skip
            project.run(*words, "--dry-run")
            assert everything(project) == before, words
        assert "the ledger has no rollout 'other'" in project.run("rollback", "other", "--dry-run", code=2)

    def test_every_event_says_who_why_and_when(self, project: Project) -> None:
        at_five(project).passes(5)
        for words in (("pause",), ("resume",), ("skip-bake",), ("abort",)):
            project.run(words[0], NAME, "--reason", f"because of {words[0]}")
            before = everything(project)
            project.invoked(words[0], NAME, "--reason", "again")
            assert everything(project) == before, words  # twice is once
        found = [json.loads(line) for line in project.run("history", NAME, "--json").splitlines()]
        assert all(entry["at"] and (entry["reason"] or entry["event"] == "started") for entry in found)
        reasons = {entry["reason"]: entry["actor"]["login"] for entry in found}
        for word in ("pause", "resume", "skip-bake", "abort"):
            assert reasons[f"because of {word}"] == "alice"


def everything(project: Project) -> dict[Path, bytes]:
    """All that commands write."""
    files = [path for path in (project.root / "ledger").rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in (*files, project.flags)}


class TestPlans:
    def test_a_valid_plan_with_its_remarks(self, project: Project) -> None:
        golden("validate", project.run("validate"))

    def test_live_says_what_is_not_there(self, project: Project) -> None:
        said = project.run("validate", "--live", code=2)
        assert "no line counts 'requests'" in said
        project.passes(1)
        said = project.run("validate", NAME, "--live")
        assert "error_rate is there: 0 of 0 (exposed), 0 of 0 (control) in 10 bins" in said
        assert "warning: error_rate: no event was counted" in said
        project.passes(12)
        golden("validate-live", project.run("validate", NAME, "--live"))
        project.flags.unlink()
        assert "cannot be read" in project.run("validate", "--live", code=3)

    def test_a_wrong_plan_names_its_line(self, project: Project) -> None:
        (project.root / "rollouts" / "bad.yml").write_text("stages: [nope%]\n", encoding="utf-8")
        said = project.run("validate", code=2)
        assert "rollouts/bad.yml:" in said

    def test_a_name_that_the_policy_has_too_is_refused(self, project: Project) -> None:
        text = "\n".join(f"    {line}" for line in PLAN.splitlines())
        (project.root / "sluicegate.yml").write_text(f"rollouts:\n  {NAME}:\n{text}\n", encoding="utf-8")
        assert "is in the policy too" in project.run("validate", code=2)
        (project.root / "rollouts" / f"{NAME}.yml").unlink()
        project.run("validate")
        assert find_plans(project.root).plan(NAME).name == NAME

    def test_a_file_of_another_ending_is_not_passed_over(self, project: Project) -> None:
        (project.root / "rollouts" / "other.yaml").write_text(PLAN, encoding="utf-8")
        assert "Name it other.yml" in project.run("validate", code=2)

    def test_a_project_without_plans(self, project: Project) -> None:
        shutil.rmtree(project.root / "rollouts")
        assert "write rollouts/NAME.yml" in project.run("validate")

    def test_a_forecast(self, project: Project) -> None:
        golden("simulate", project.run("simulate", NAME, "--rate", "error_rate=1%:20%", "--runs", "20"))

    @pytest.mark.parametrize(
        ("words", "text"),
        [
            (("--rate", "speed=1%:2%"), "'speed=1%:2%' is no rate of a metric"),
            (("--rate", "eror_rate=1%:2%"), "Perhaps you meant 'error_rate'."),
            (("--rate", "error_rate=1%"), "is no rate"),
            (("--rate", "error_rate=1%:101%"), "is no rate"),
            (("--rate", "error_rate=-1%:nan%"), "is no rate"),
            (("--rate", "error_rate=1%:2%", "--rate", "error_rate=1%:3%"), "'error_rate' has two rates"),
            (("--per-minute", "inf"), "is no number of events"),
            (("--per-minute", "nan"), "is no number of events"),
        ],
    )
    def test_a_scenario_that_cannot_be(self, project: Project, words: tuple[str, ...], text: str) -> None:
        assert text in project.run("simulate", NAME, *words, code=2)


def test_a_tick_asks_nobody_who_asks(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not say whose the token is stops no tick, no pause and no rollback."""
    at_five(project)
    monkeypatch.setenv("GITHUB_TOKEN", "x")
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")

    def unable() -> Actor:
        raise WorldError("GitHub does not say who asks")

    monkeypatch.setattr(
        rollout_sessions, "who_asks", lambda e, github, in_folder: unable() if github.connect else NOBODY
    )
    project.run("tick", NAME)
    project.run("pause", NAME)
    assert "does not say who asks" in project.run("resume", NAME, code=3)
    project.run("rollback", NAME)
    assert project.share == 0


def test_a_fault_of_ours_in_one_rollout_keeps_no_other_from_its_rollback(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_five(project)
    project.bad = (0.01, 0.3)
    project.passes(6)
    other = PLAN.replace("flag: new-checkout", "flag: other")
    (project.root / "rollouts" / "another.yml").write_text(other, encoding="utf-8")
    project.run("start", "another", "--commit", COMMIT, "--without-go", "a test")
    ticked = Controller.tick

    def failing(self: Controller, command: Command | None = None, *, dry: bool = False) -> Outcome:
        if self.id.startswith("another"):
            raise ZeroDivisionError("a provider's package")
        return ticked(self, command, dry=dry)

    monkeypatch.setattr(Controller, "tick", failing)
    said = project.run("tick", code=3)
    assert "the tick failed: ZeroDivisionError: a provider's package" in said
    assert project.share == 0


def test_a_reason_is_one_line_so_that_it_is_no_command_to_the_runner(project: Project) -> None:
    at_five(project)
    for words in (("pause", NAME, "--reason", "a\n::error::b"), ("status", NAME), ("history", NAME)):
        assert "\n::" not in project.run(*words)


def test_a_watch_outlives_a_ledger_that_fails_for_a_while(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_five(project)
    project.bad = (0.01, 0.3)
    ticked, failures = Session.ticked, iter([True, False, True])

    def failing(self: Session, name: str, *, dry: bool = False) -> list[Outcome]:
        if next(failures, False):
            raise WorldError("the ledger cannot be reached")
        return ticked(self, name, dry=dry)

    monkeypatch.setattr(Session, "ticked", failing)
    said = project.run("watch", NAME, "--for", "1h", "--every", "1min", code=1)
    assert said.count("the ledger cannot be reached") == 2
    assert project.share == 0
