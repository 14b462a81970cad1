"""`sluicegate release` as a user runs it: from a plan to a decision that lets a rollout start."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.statuses import GateStatus
from sluicegate.release import session
from sluicegate.release.gather import collect
from support.githubapi import not_accessible, running
from support.publishing import wait_shortly
from support.pullrequest import git
from support.release_hub import ReleaseHub, Run
from support.release_world import World
from support.rollout_hub import Deployed

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    hub = ReleaseHub("")
    hub.teams = {"octo-org/qa": {"dan"}}
    hub.runs_of = {"smoke.yml": []}
    hub.text = "- [x] Marketing ready\n- [ ] Support trained\n"
    with running(hub) as url:
        made = World.create(tmp_path, monkeypatch, hub, url)
        head = made.commit("one")
        hub.push(head, "2027-01-15T07:00:00Z")
        hub.deployments = [Deployed(head, "success", "staging")]
        hub.runs_of = {"smoke.yml": [Run(head)]}
        yield made
    assert not hub.wrong


def golden(name: str, text: str) -> None:
    """The text is that of the file, which `SLUICEGATE_GOLDEN=write` writes anew; commits are not the same."""
    text = re.sub(r"\b[0-9a-f]{40}\b", "COMMIT", text)
    text = re.sub(r"\b[0-9a-f]{12}\b", "COMMIT", text)
    path = GOLDEN / f"release-{name}"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_release_from_no_go_to_go_and_back(world: World) -> None:
    """NO-GO by a gate, CONDITIONAL by a waiver, GO when it is mended, NO-GO again by a new commit."""
    hub, head = world.hub, world.hub.head
    world.run("plan", "v1.4.0", "--at", "2027-01-15T12:00+01:00")
    world.record(head, GateStatus.FAIL)
    hub.say(f"/sluicegate approve release-manager {head}", "alice", "2027-01-15T07:30:00Z")
    found = world.published(1, code=1)
    assert found["outcome"] == "NO-GO"
    assert found["blocking"] == [
        "gates: security is FAIL", "security: FAIL: 2 findings",
        "signoff.qa: 1 of @bob, @octo-org/qa must approve",
    ]  # fmt: skip
    golden("no-go.txt", world.run("status", "v1.4.0", "--number", "7", "--output", "html=r.html"))
    assert "<title>NO-GO: Release v1.4.0 report" in (world.root / "r.html").read_text(encoding="utf-8")
    golden("no-go.md", world.run("status", "v1.4.0", "--number", "7", "--format", "markdown"))

    for check in ("gates", "security"):
        waive = f"/sluicegate waive {check} until 2027-01-20 because it is behind the flag"
        hub.say(waive, "alice", "2027-01-15T08:00:00Z")
    hub.review_with("/sluicegate approve qa", "dan", head, "2027-01-15T08:00:00Z")
    assert world.published(2)["outcome"] == "CONDITIONAL"
    golden("conditional.txt", world.run("status", "v1.4.0", "--number", "7"))

    world.now += 60
    world.record(head)
    assert world.published(3)["outcome"] == "GO"
    assert "may go: GO of v1.4.0" in world.run("verify", head, "--go")

    new = world.commit("two")
    hub.push(new, "2027-01-15T08:30:00Z")
    hub.deployments = [Deployed(new, "success", "staging")]
    found = world.published(4, code=1)
    assert found["outcome"] == "NO-GO"
    assert any("@dan must repeat it" in str(line) for line in found["not_counted"])
    golden("history.txt", world.run("history", "v1.4.0"))


@pytest.fixture
def ready(world: World) -> World:
    """All that a GO needs."""
    world.record(world.hub.head)
    world.hub.review_with("/sluicegate approve qa", "bob", world.hub.head, "2027-01-15T07:30:00Z")
    world.hub.say(f"/sluicegate approve release-manager {world.hub.head}", "alice", "2027-01-15T07:30:00Z")
    return world


def test_a_decision_that_says_nothing_new_is_not_written_again(ready: World) -> None:
    ready.decide()
    before = sorted(ready.ledger.rglob("*.json"))
    assert ready.decide()["goes"]
    assert sorted(ready.ledger.rglob("*.json")) == before


def test_transformers_35548_a_backdated_commit_has_no_approval(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its dates are older than the approval, and GitHub saw it in the same second: Maintainerr #2879."""
    ready.hub.say("/sluicegate approve qa", "dan", "2027-01-15T07:40:00Z")
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(name, "2020-01-01T00:00:00Z")
    ready.hub.push(ready.commit("backdated"), "2027-01-15T07:40:00Z")
    assert git(ready.root, "log", "-1", "--format=%aI %cI").count("2020-01-01") == 2
    found = ready.decide(code=1)
    assert "signoff.qa: 1 of @bob, @octo-org/qa must approve" in found["blocking"]
    assert any(
        "of @dan does not count: it is not later than the push" in line for line in found["not_counted"]
    )


def test_itk_331_a_freeze_holds_a_go_but_for_a_named_exception(ready: World) -> None:
    with (ready.root / "sluicegate.yml").open("a", encoding="utf-8") as policy:
        policy.write("  freeze: {windows: [2027-01-15]}\n")
    found = ready.decide(code=1)
    assert (found["outcome"], found["goes"], found["freeze"]["window"]) == ("GO", False, "2027-01-15")
    waive = f"/sluicegate waive freeze {ready.hub.head} until 2027-01-15 because the certificate ends"
    ready.hub.say(waive, "alice", "2027-01-15T07:50:00Z")
    found = ready.decide()
    assert found["freeze"]["excepted_by"] == "@alice until 2027-01-15: the certificate ends"
    shown = ready.run("status", "v1.4.0", "--number", "7")
    assert "excepted from the freeze by @alice until 2027-01-15: the certificate ends" in shown


BOTH = "- [x] Marketing ready\n- [x] Support trained\n"


def checklist(found: dict[str, Any]) -> dict[str, Any]:
    (check,) = (c for c in found["checks"] if c["id"] == "business")
    return dict(check)


def test_a_checklist_says_who_ticked_it(ready: World) -> None:
    """hoersaal #117: the completed checklist belongs to the record of the release."""
    ready.hub.edit(BOTH, "dan", "2027-01-15T07:45:00Z")
    found = ready.decide()
    assert checklist(found)["status"] == "PASS"
    assert {t["item"]: t["who"] for t in found["ticks"]} == {
        "Marketing ready": "mona",
        "Support trained": "dan",
    }
    (path,) = (ready.ledger / "decision").rglob("*.json")
    assert "'Support trained' of the checklist business, ticked by @dan" in path.read_text(encoding="utf-8")


def test_nobody_ticks_their_own_boxes_where_the_policy_says_so(ready: World) -> None:
    with (ready.root / "sluicegate.yml").open("a", encoding="utf-8") as policy:
        policy.write("  self-approval: false\n")
    ready.hub.commit_author = "mona"
    ready.hub.edit(BOTH, "dan", "2027-01-15T07:45:00Z")
    found = checklist(ready.decide())
    assert (found["status"], found["actual"]) == ("WARN", "1")
    assert found["reason"] == "ticked by an author of the change: Marketing ready (@mona)"
    ready.hub.edits[0]["editor"] = None
    ready.hub.edits[1]["diff"] = "- [ ] Marketing ready"
    found = checklist(ready.decide())
    assert (found["status"], found["actual"]) == ("UNKNOWN", None)
    assert found["reason"].startswith("who ticked 'Marketing ready' is not known")


def test_who_ticked_is_not_known_where_the_edits_cannot_be_read(ready: World) -> None:
    ready.hub.without_graphql = True
    found = ready.decide(code=1)
    (tick,) = found["ticks"]
    assert (tick["who"], checklist(found)["actual"]) == (None, "1")
    assert tick["reason"].startswith("the edits cannot be read")


def test_somebody_must_be_on_call(ready: World) -> None:
    policy = (ready.root / "sluicegate.yml").read_text(encoding="utf-8")
    policy = policy.replace("checks: [incidents.open == 0,", "checks: [on-call.assigned >= 1,")
    policy = policy.replace("  evidence:\n", "  evidence:\n    on-call: {issues: [on-call]}\n")
    (ready.root / "sluicegate.yml").write_text(policy, encoding="utf-8")
    assert ready.decide(code=1)["blocking"] == ["on-call.assigned: no open issue has the labels"]
    ready.hub.incidents = ["On call in January"]
    assert ready.decide(code=1)["blocking"] == [
        "on-call.assigned: nobody is assigned to #100 On call in January"
    ]
    ready.hub.assigned = ["dan", "erin"]
    assert ready.decide()["goes"]


def test_a_sign_off_that_was_deleted_is_named_and_ends_the_go(ready: World) -> None:
    ready.decide()
    ready.hub.reviews.clear()
    found = ready.decide(code=1)
    assert found["outcome"] == "NO-GO"
    (line,) = found["not_counted"]
    assert "it was deleted, or its text replaced; @bob must repeat it" in line


def test_an_edit_in_the_same_second_does_not_count(ready: World) -> None:
    ready.hub.edited_nodes = {ready.hub.comments[-1]["node_id"]}
    assert "it was edited" in ready.run("signoffs", "v1.4.0", "--number", "7", code=1)


def test_what_was_edited_is_not_known_without_graphql(ready: World) -> None:
    ready.hub.without_graphql = True
    found = ready.decide(code=1)
    assert {c["status"] for c in found["checks"] if c["id"].startswith("signoff.")} == {"UNKNOWN"}


def test_a_head_that_moves_between_two_answers_is_no_go(ready: World) -> None:
    """branch-deploy #328."""
    ready.hub.heads = [ready.hub.head, ready.hub.head, "d" * 40]
    found = ready.decide(code=1)
    assert "head: the head of the pull request is dddddddddddd by now" in found["blocking"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"incidents": ["Payments are down"]}, "incidents.open: #100 Payments are down"),
        (
            {"deployments": [Deployed("e" * 40, "success", "staging")]},
            "staging.current: staging runs eeeeeeeeeeee",
        ),
        ({"deployments": []}, "staging.current: no deployment of staging succeeded"),
    ],
)
def test_what_github_says_blocks(ready: World, change: dict[str, object], line: str) -> None:
    for name, value in change.items():
        setattr(ready.hub, name, value)
    assert ready.decide(code=1)["blocking"] == [line]


def test_a_workflow_that_did_not_run_on_the_commit_is_unknown(ready: World) -> None:
    ready.hub.runs_of = {"smoke.yml": [Run("e" * 40), Run(ready.hub.head, event="pull_request")]}
    found = ready.decide()
    (check,) = [c for c in found["checks"] if c["id"] == "smoke.passed"]
    assert (check["status"], check["reason"]) == ("UNKNOWN", "smoke.yml did not run on this commit")


def test_another_run_that_decided_meanwhile_counts(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """compose-ai-tools #5160: two runs at once give the same answer."""
    gather = collect.gather

    def slow(*given: Any) -> object:
        monkeypatch.setattr(session, "gather", gather)
        found = gather(*given)
        ready.hub.incidents = ["Payments are down"]
        ready.run("decide", "v1.4.0", "--number", "7", code=1)
        return found

    monkeypatch.setattr(session, "gather", slow)
    assert "another run decided meanwhile; its decision counts" in ready.run(
        "decide", "v1.4.0", "--number", "7", code=1
    )
    assert len(list((ready.ledger / "decision").rglob("*.json"))) == 1


@pytest.mark.slow
def test_t_0_freezes_and_only_a_new_failure_changes_it(ready: World) -> None:
    ready.run("plan", "v1.4.0", "--at", "2027-01-15T08:00:30Z")
    assert ready.decide()["outcome"] == "GO"
    ready.hub.without_graphql = True
    found = ready.decide()
    assert found["outcome"] == "GO"
    ready.hub.without_graphql = False
    ready.hub.say("/sluicegate reject qa it loses data", "dan", "2027-01-15T08:02:30Z")
    assert ready.decide(code=1)["outcome"] == "NO-GO"
    ready.hub.comments.pop()
    found = ready.decide(code=1)
    assert found["blocking"] == ["T-0 decided NO-GO on this commit: plan the release anew"]
    ready.now += 60
    ready.run("plan", "v1.4.0", "--at", "2027-01-16T08:00:00Z", "--reason", "one more day")
    assert ready.decide()["outcome"] == "GO"


def test_the_statement_is_about_the_bytes_of_the_decision(ready: World) -> None:
    ready.run("decide", "v1.4.0", "--number", "7", "--documents", "out")
    statement = json.loads((ready.root / "out" / "statement.json").read_text(encoding="utf-8"))
    data = (ready.root / "out" / "decision.json").read_bytes()
    (subject,) = statement["subject"]
    assert subject["digest"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert (ready.ledger / subject["name"]).read_bytes() == data
    predicate = statement["predicate"]
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == ("PASSED", ["SLUICEGATE_GO"])
    assert predicate["resourceUri"].endswith(f"octo-org/octo-repo@{ready.hub.head}")
    assert json.loads((ready.root / "out" / "predicate.json").read_text(encoding="utf-8")) == predicate


def test_a_statement_is_held_against_the_decision_that_counts(ready: World) -> None:
    """source-tool #148."""
    ready.run("decide", "v1.4.0", "--number", "7", "--documents", "out")
    assert "may go: GO" in ready.run("verify", "HEAD", "--statement", "out/statement.json")
    old = (ready.root / "out" / "statement.json").read_text(encoding="utf-8")
    for name, content in {"none.json": "[]", "half.json": "{", "other.json": old.replace("GO", "X")}.items():
        (ready.root / name).write_text(content, encoding="utf-8")
    assert "it is not a JSON object" in ready.run("verify", "HEAD", "--statement", "none.json", code=1)
    assert "about this decision" in ready.run("verify", "HEAD", "--statement", "other.json", code=1)
    assert "is not valid JSON" in ready.run("verify", "HEAD", "--statement", "half.json", code=2)
    assert "is missing" in ready.run("verify", "HEAD", "--statement", "no-such.json", code=2)
    ready.hub.incidents = ["Payments are down"]
    ready.decide(code=1)
    assert "is NO-GO" in ready.run("verify", "HEAD", "--statement", "out/statement.json", code=1)


def test_a_decision_that_was_altered_in_the_ledger_refuses(ready: World) -> None:
    ready.hub.incidents = ["Payments are down"]
    ready.decide(code=1)
    (path,) = (ready.ledger / "decision").rglob("*.json")
    path.write_bytes(path.read_bytes().replace(b'"NO-GO"', b'"GO"'))
    assert "cannot be read" in ready.run("verify", "HEAD", code=1)


def test_one_comment_and_status_follow_the_decision(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_shortly(monkeypatch)
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, str(ready.root / name))
    words = ("decide", "v1.4.0", "--number", "7", "--publish")
    ready.hub.incidents = ["Payments are down"]
    ready.run(*words, code=1)
    ready.hub.incidents = []
    ready.now += 60
    monkeypatch.setenv("GITHUB_RUN_NUMBER", "2")
    monkeypatch.setenv("GITHUB_RUN_ID", "2")
    ready.run(*words)
    ours = [c["body"] for c in ready.hub.comments if c["body"].startswith("<!-- sluicegate")]
    assert len(ours) == 1
    assert "Release v1.4.0: GO" in ours[0]
    states = [(s["context"], s["state"]) for s in ready.hub.statuses[ready.hub.head]]
    assert states == [("sluicegate/release", "success"), ("sluicegate/release", "failure")]
    outputs = (ready.root / "GITHUB_OUTPUT").read_text(encoding="utf-8").splitlines()
    assert outputs[-4:-1] == ["outcome=GO", "goes=true", f"commit={ready.hub.head}"]
    assert "Release v1.4.0: GO" in (ready.root / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")


def test_a_comment_that_does_nothing_is_answered_once(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_shortly(monkeypatch)
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(ready.root / "event.json"))
    monkeypatch.setenv("GITHUB_EVENT_NAME", "issue_comment")
    ready.hub.permissions, ready.hub.login = {"bob": "write"}, "github-actions[bot]"

    def follow(body: str, login: str) -> int:
        made = ready.hub.say(body, login, "2027-01-15T07:45:00Z")
        event = {"action": "created", "comment": {"id": made["id"]}, "issue": {"number": 7}}
        (ready.root / "event.json").write_text(json.dumps(event), encoding="utf-8")
        ready.run("decide", "v1.4.0", "--number", "7", "--publish")
        return int(made["id"])

    quoted = follow("> /sluicegate approve qa\n\nReally?", "bob")
    ready.run("decide", "v1.4.0", "--number", "7", "--publish")
    stranger = follow("/sluicegate reject qa `@everybody`", "mallory")
    answers = [a for a in ready.hub.answers if a.startswith("<!-- sluicegate:answer")]
    assert len(answers) == 1
    assert answers[0].startswith(f"<!-- sluicegate:answer {quoted} -->")
    assert "a command in a quote, in code, or behind other text does nothing" in answers[0]
    assert ready.hub.reactions == [(stranger, "confused")]


def test_a_token_that_may_not_write_changes_no_decision(ready: World) -> None:
    ready.hub.fault = lambda _n, call, _serve: not_accessible() if call.verb == "POST" else None
    said = ready.run("decide", "v1.4.0", "--number", "7", "--publish")
    assert "comment denied: the token lacks the permission `pull-requests: write`" in said
    assert "status denied: the token lacks the permission `statuses: write`" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("plan", "v1.4.0", "--at", "2027-01-15T12:00"), "has neither an offset nor a time zone"),
        (("plan", "v1.4.0", "--at", "2026-10-25T02:30 Europe/Berlin"), "show that time twice or never"),
        (("plan", "v1.4.0", "--at", "soon"), "'soon' is no time"),
        (("plan", "v1.4.0"), "there is no time"),
        (("plan", "../v1", "--at", "2027-01-15T12:00Z"), "is no name for a release"),
        (("decide", "v1.4.0", "--commit", "no-such"), "'no-such' is no commit"),
        (("history", "v9"), "the ledger has no release 'v9'"),
    ],
)
def test_wrong_input_is_refused(world: World, words: tuple[str, ...], message: str) -> None:
    assert message in world.run(*words, code=2)


def test_a_stranger_s_checkout_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request_review")
    assert "may be a stranger's" in world.run("decide", "v1.4.0", code=2)
