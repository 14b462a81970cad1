"""A rollout as people see it on GitHub: the commands as a user runs them, against a server that is held to
GitHub's description.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from sluicegate.cli.rollout_publish import pages_of
from sluicegate.cli.rollout_sessions import Asked
from sluicegate.core.errors import WorldError
from sluicegate.github.client import connect
from sluicegate.net.client import Clock
from sluicegate.rollout.discover import Plans
from sluicegate.rollout.entries import NOBODY
from sluicegate.rollout.journal import Closed, Journals
from sluicegate.rollout.session import Session
from sluicegate.rollout.who import GitHub
from sluicegate.runtime.surroundings import Surroundings
from support.githubapi import REPOSITORY, TOKEN, Call, Reply, running
from support.pages_hub import PagesHub
from support.rollout_project import COMMIT, NAME, PLAN, Project

pytestmark = pytest.mark.slow

ACTIONS = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_RUN_ID": "7"}


@pytest.fixture
def hub() -> Iterator[PagesHub]:
    made = PagesHub()
    with running(made) as made.url:
        yield made


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: PagesHub) -> Project:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    environment = {
        "USER": "alice", "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": hub.url,
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path, ("--dir", "ledger", "--publish"))
    monkeypatch.setattr(rollout_sessions, "clock", made.clock)
    hub.now = lambda: made.now
    return made


def down(_index: int, _call: Call, _serve: Callable[[], Reply]) -> Reply:
    """GitHub answers nothing."""
    return Reply(0, cut=True)


class TestAWholeLife:
    def test_is_seen_from_dark_to_the_rollback(self, project: Project, hub: PagesHub) -> None:
        project.start()
        project.passes(13)
        project.tick()
        assert hub.stages() == {"dark": "success", "staff": "in_progress"}
        (issue,) = hub.issues
        project.passes(13)
        project.tick()
        (call,) = hub.said(issue["number"])
        assert "`/sluicegate rollout promote new-checkout --to 5%`" in call["body"]
        project.run("promote", NAME, "--to", "5%")
        project.bad = (0.01, 0.3)
        project.passes(6)
        project.tick(code=1)
        assert hub.stages() == {"dark": "inactive", "staff": "inactive", "5%": "failure"}
        assert (issue["state"], len(hub.issues)) == ("closed", 1)
        assert "## ⏪ Rollout new-checkout: rolled back at 5%" in issue["body"]
        written = len(hub.writes())
        project.tick(code=1)
        assert len(hub.writes()) == written

    def test_is_rewritten_by_a_watch_when_something_matters(self, project: Project, hub: PagesHub) -> None:
        project.start()
        before = len(hub.writes())
        project.run("watch", NAME, "--for", "9min", "--every", "1min", "--deployed", COMMIT)
        assert 0 < len(hub.writes()) - before <= 2  # the first events were counted


class TestFailuresOfGitHub:
    def test_change_no_exit_code_and_the_next_tick_shows_it(self, project: Project, hub: PagesHub) -> None:
        hub.fault = down
        said = project.start()
        assert "warning: new-checkout-20270115T080000Z is not shown on GitHub. page: no answer" in said
        hub.fault = None
        project.tick()
        assert (hub.stages(), len(hub.issues)) == ({"dark": "in_progress"}, 1)

    def test_are_never_in_the_way_of_a_kill(self, project: Project, hub: PagesHub) -> None:
        project.start()
        asked: list[bool] = []

        def late(index: int, call: Call, serve: Callable[[], Reply]) -> Reply:
            asked.append("defaultVariant" in project.flags.read_text(encoding="utf-8"))
            return down(index, call, serve)

        project.passes(13)
        project.tick()
        hub.fault = late
        said = project.run("rollback", NAME, "--reason", "seen enough")
        assert said.index("all flags are off") < said.index("is not shown on GitHub")
        assert project.share == 0
        assert asked

    def test_a_bug_of_ours_changes_no_exit_code(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sluicegate.rollout.publish.texts.page_body", lambda *_: 1 / 0)
        assert "is not shown on GitHub: division by zero" in project.start()


class TestEscalation:
    def test_a_rollback_that_fails_is_loud_until_it_succeeds(
        self, project: Project, hub: PagesHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project.start()
        for name, value in ACTIONS.items():
            monkeypatch.setenv(name, value)
        kept = project.flags.read_bytes()
        project.flags.write_text("{}", encoding="utf-8")
        monkeypatch.setattr(Project, "share", 0)  # users come all the same
        said = project.run("rollback", NAME, code=3)
        assert "::error title=Sluicegate::new-checkout-20270115T080000Z: the rollback failed" in said
        assert "::error title=Sluicegate" in project.tick(code=3)
        page, failure = hub.issues
        assert failure["title"] == "The rollback of new-checkout has failed"
        assert hub.stages() == {"dark": "error"}
        project.flags.write_bytes(kept)
        project.tick(code=1)
        assert (page["state"], failure["state"]) == ("closed", "closed")

    def test_a_limit_that_is_reached_fails_the_tick_and_calls(
        self, project: Project, hub: PagesHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project.start()
        (project.root / "counts.jsonl").unlink()
        monkeypatch.setattr(Project, "passes", lambda *_: None)  # the counts stay away
        project.now += 300
        project.tick()
        project.now += 1800
        assert "alarm: service_errors <= 5%" in project.tick(code=3)
        assert "paused" in hub.issues[0]["body"]
        assert any("The rollout is paused" in said["body"] for said in hub.comments)
        project.tick()


class TestWhereNothingIsShown:
    @pytest.mark.parametrize(
        ("ledger", "token", "says"),
        [
            (("--dir", "ledger"), True, ""),
            (("--dir", "ledger", "--no-publish"), True, ""),
            (("--dir", "ledger"), False, ""),
            (("--dir", "ledger", "--publish"), False, "without GITHUB_TOKEN and GITHUB_REPOSITORY"),
        ],
    )
    def test_nothing_is_asked(
        self,
        project: Project,
        hub: PagesHub,
        monkeypatch: pytest.MonkeyPatch,
        ledger: tuple[str, ...],
        token: bool,
        says: str,
    ) -> None:
        project.ledger = ledger
        if not token:
            monkeypatch.delenv("GITHUB_TOKEN")
        said = project.start()
        assert hub.calls == []
        assert ("warning" in said) == bool(says)
        assert says in said

    @pytest.mark.parametrize(
        ("in_actions", "in_folder", "publish", "is_shown"),
        [
            (True, False, None, True),
            (True, True, None, False),
            (False, False, None, False),
            (False, False, True, True),
            (True, False, False, False),
        ],
    )
    def test_who_asks_for_nothing_is_shown_in_actions_alone(
        self,
        monkeypatch: pytest.MonkeyPatch,
        in_actions: bool,
        in_folder: bool,
        publish: bool | None,
        is_shown: bool,
    ) -> None:
        monkeypatch.setenv("GITHUB_ACTIONS", str(in_actions).lower())
        session = Session(
            Journals(Closed(WorldError("closed"))), Plans, Surroundings({}, Path(), Clock()),
            GitHub(REPOSITORY, connect=lambda: connect(TOKEN, "")), NOBODY, in_folder=in_folder,
        )  # fmt: skip
        assert (pages_of(session, Asked(publish=publish)).publisher is not None) == is_shown

    def test_a_dry_run_shows_nothing(self, project: Project, hub: PagesHub) -> None:
        project.run("start", NAME, "--commit", COMMIT, "--without-go", "a test", "--dry-run")
        assert hub.calls == []


def test_a_plan_names_the_issue_that_it_is_shown_on(project: Project, hub: PagesHub) -> None:
    plan = project.root / "rollouts" / f"{NAME}.yml"
    plan.write_text(f"{PLAN}issue: 12\n", encoding="utf-8")
    project.start()
    assert [comment["id"] for comment in hub.said(12)] == [hub.comments[0]["id"]]
    plan.write_text(f"{PLAN}issue: 0\n", encoding="utf-8")
    assert "Write a whole number from 1" in project.run("validate", code=2)
