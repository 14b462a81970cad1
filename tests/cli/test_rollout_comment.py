"""`sluicegate rollout comment`: a comment on the issue of a rollout is followed, and answered once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from support import openapi
from support.comment_hub import CommentHub
from support.githubapi import REPOSITORY, TOKEN, Call, Reply, not_accessible, running
from support.rollout_project import COMMIT, NAME, START, Project

GOLDEN = Path(__file__).with_name("golden")
PROMOTE = f"/sluicegate rollout promote {NAME} --to 5%"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path)
    monkeypatch.setattr(rollout_sessions, "clock", made.clock)
    made.start()
    made.passes(13)
    made.tick()
    made.passes(13)
    assert made.share == 0
    return made


@pytest.fixture
def hub(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommentHub]:
    made = CommentHub()
    made.now = lambda: project.now
    made.permissions = {"alice": "write", "carol": "read"}
    with running(made) as made.url:
        for name, value in {
            "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "issue_comment", "GITHUB_API_URL": made.url,
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "GITHUB_TOKEN": TOKEN,
            "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield made


def heard(project: Project, number: int, *options: str, code: int = 0) -> str:
    """The command on the event of a comment."""
    event = {"action": "created", "comment": {"id": number}, "issue": {"number": 12}}
    Path("event.json").write_text(json.dumps(event), encoding="utf-8")
    return project.run("comment", "--deployed", COMMIT, *options, code=code)


def outputs() -> dict[str, str]:
    """The outputs of the step."""
    return dict(line.split("=", 1) for line in Path("output").read_text(encoding="utf-8").splitlines())


def posts(call: Call) -> bool:
    """Does a call answer a comment?"""
    return call.verb == "POST" and "/issues/" in call.path


def golden(name: str, text: str) -> None:
    """The text is that of the file, which `SLUICEGATE_GOLDEN=write` writes anew."""
    path = GOLDEN / f"rollout-answer-{name}.md"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def answered(hub: CommentHub, name: str) -> None:
    """There is one answer, which is that of the file."""
    (answer,) = hub.answers
    marker, _, text = answer.partition("\n")
    assert marker == f"<!-- sluicegate:answer {hub.comments[0]['id']} -->"
    golden(name, text)


def test_a_promotion_is_asked_for_then_made_and_answered_once(project: Project, hub: CommentHub) -> None:
    number = hub.says(f"{PROMOTE} because @team saw #1 <b>calm</b>")
    heard(project, number, "--ask")
    assert outputs()["act"] == "expand"
    assert not hub.answers
    assert project.share == 0
    heard(project, number)
    assert project.share == pytest.approx(0.05)
    answered(hub, "promoted")
    found = json.loads(project.run("history", NAME, "--json").splitlines()[-4])
    assert (found["event"], found["actor"]) == ("promoted", {"login": "alice", "source": "comment"})
    said = heard(project, number, code=2)
    assert "the comment was followed before" in said
    assert len(hub.answers) == 1


def test_a_rollback_needs_no_second_opinion(project: Project, hub: CommentHub) -> None:
    project.run("pause", NAME)
    number = hub.says(f"/sluicegate rollout rollback {NAME} because it hurts")
    heard(project, number, "--ask")
    assert outputs()["act"] == "stop"
    heard(project, number)
    answered(hub, "rolled-back")
    assert "ROLLED_BACK" in project.run("list")


def test_the_status_is_shown_as_it_is(project: Project, hub: CommentHub) -> None:
    heard(project, hub.says(f"/sluicegate rollout status {NAME}"))
    answered(hub, "status")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("quoted", f"> {PROMOTE}\n\nShall we?"),
        ("doubled", f"{PROMOTE}\n/sluicegate rollout rollback {NAME}"),
        ("homoglyph", PROMOTE.replace("new-checkout", "new-check\u043eut")),
        ("other-name", PROMOTE.replace("new-checkout", "other")),
        ("wrong-stage", PROMOTE.replace("5%", "50%")),
    ],
)
def test_what_is_no_command_is_answered_and_does_nothing(
    project: Project, hub: CommentHub, name: str, body: str
) -> None:
    number = hub.says(body)
    before = project.run("history", NAME)
    for _ in range(2):
        heard(project, number, code=2 if name == "wrong-stage" else 0)
    answered(hub, name)
    assert project.run("history", NAME) == before


def test_a_stranger_gets_a_reaction_and_no_words(project: Project, hub: CommentHub) -> None:
    for body in (f"/sluicegate rollout rollback {NAME}", f"> {PROMOTE}"):
        number = hub.says(body, "mallory")
        assert "nothing is done" in heard(project, number, "--ask")
        assert outputs().get("act", "") == ""
        heard(project, number)
    assert hub.answers == []
    assert {content for _, content in hub.reactions} == {"confused"}
    assert "ROLLED_BACK" not in project.run("list")


def test_who_may_write_and_is_no_approver_may_stop_and_not_promote(project: Project, hub: CommentHub) -> None:
    hub.permissions["alice"] = "read"
    number = hub.says(PROMOTE)
    assert "@alice is not among the plan's approvers (write)" in heard(project, number, "--ask")
    assert "act" not in outputs()
    assert "@alice is not among the plan's approvers (write)" in heard(project, number, code=2)


def test_an_edited_comment_does_nothing(project: Project, hub: CommentHub) -> None:
    number = hub.says(PROMOTE)
    hub.edited.add(number)
    heard(project, number)
    answered(hub, "edited")
    assert project.share == 0


def test_a_comment_from_before_the_stage_does_nothing(project: Project, hub: CommentHub) -> None:
    number = hub.says(PROMOTE, at="2027-01-15T08:05:00Z")
    assert project.now > START + 900
    assert "older than the stage" in heard(project, number, code=2)


def test_a_bot_and_other_comments_get_no_answer(project: Project, hub: CommentHub) -> None:
    app = openapi.example("get", "/app", 200)
    robot = hub.says(PROMOTE)
    hub.comments[-1]["user"]["type"] = "Bot"
    for number in (robot, hub.says("LGTM"), hub.says(PROMOTE, performed_via_github_app=app)):
        assert "nothing is done" in heard(project, number)
    assert not hub.answers
    assert not hub.reactions
    assert project.share == 0


def test_an_answer_that_cannot_be_given_stops_nothing(project: Project, hub: CommentHub) -> None:
    number = hub.says(f"/sluicegate rollout pause {NAME} because lunch")
    hub.fault = lambda _n, call, _s: (
        not_accessible() if call.verb == "POST" and "issues" in call.path else None
    )
    said = heard(project, number)
    assert "::warning title=Sluicegate::the comment could not be answered" in said
    assert "PAUSED" in project.run("list")


def test_a_lost_answer_is_not_given_twice(project: Project, hub: CommentHub) -> None:
    number = hub.says(f"/sluicegate rollout pause {NAME}")
    lost = iter([True])

    def fault(_n: int, call: Call, serve: Callable[[], Reply]) -> Reply | None:
        if call.verb == "POST" and "comments" in call.path and next(lost, False):
            return Reply(serve().status, cut=True)
        return None

    hub.fault = fault
    heard(project, number)
    assert len(hub.answers) == 1


def test_a_comment_that_is_gone_is_an_error(project: Project, hub: CommentHub) -> None:
    assert "the comment could not be read" in heard(project, 4, code=3)
    assert hub.answers == []


@pytest.mark.parametrize("event", [{"action": "edited", "comment": {"id": 5}}, {"action": "created"}, []])
def test_another_event_is_refused(project: Project, hub: CommentHub, event: object) -> None:
    Path("event.json").write_text(json.dumps(event), encoding="utf-8")
    found = project.invoked("comment")
    assert found.exit_code in (2, 3)
    assert hub.calls == []
