"""A release on `emulate`, from NO-GO to GO and back: one comment throughout, and a rollout of what may go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sluicegate.core.statuses import GateStatus
from support.githubapi import emulate, running
from support.pullrequest import git
from support.release_emulated import SEED, EmulatedRelease, R
from support.release_hub import ReleaseHub, Run
from support.release_world import World
from support.rollout_hub import Deployed
from support.rollout_project import NAME, Project

pytestmark = pytest.mark.slow
BODY = "- [x] Marketing ready\n- [x] Support trained\n"


class OnEmulate(World):
    """A world whose pull request is on `emulate`."""

    server: EmulatedRelease

    def comments(self) -> list[str]:
        """What `emulate` lists."""
        found = self.server.do("GET", f"{R}/issues/{self.number}/comments")
        return [comment["body"] for comment in found]

    def push(self, text: str, at: str) -> str:
        """A new commit on the branch, and on staging; its name."""
        head = self.commit(text)
        self.hub.deployments = [Deployed(head, "success", "staging")]
        self.hub.runs_of = {"smoke.yml": [Run(head)]}
        if self.server.pull:
            self.server.push(head, at)
        else:
            self.server.open(head, BODY)
            self.number = self.server.pull
        return head


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnEmulate]:
    hub = ReleaseHub("")
    hub.pushes.clear()
    hub.teams = {"octo-org/qa": {"dan"}}
    with emulate(tmp_path / "emulate", SEED) as port:
        server = EmulatedRelease(port, hub)
        with running(server) as url:
            made = OnEmulate.create(tmp_path, monkeypatch, hub, url)
            made.server = server
            yield made
        assert server.wrong == hub.wrong == []


def test_a_release_from_no_go_to_go_and_back(world: OnEmulate) -> None:
    """NO-GO by a gate, CONDITIONAL by waivers, GO after two sign-offs, NO-GO by a new commit."""
    server = world.server
    head = world.push("one", "")
    world.run("plan", "v1.4.0", "--at", "2027-01-15T12:00+01:00")
    world.record(head, GateStatus.FAIL)
    server.say(f"/sluicegate approve release-manager {head}", "alice")
    server.say("/sluicegate approve qa", "mallory")
    found = world.published(1, code=1)
    assert (found["outcome"], found["commit"]) == ("NO-GO", head)
    assert found["blocking"][-1] == "signoff.qa: 1 of @bob, @octo-org/qa must approve"
    assert any("@mallory does not count: they are not among" in line for line in found["not_counted"])

    for check in ("gates", "security"):
        server.say(f"/sluicegate waive {check} until 2027-01-20 because it is behind the flag", "alice")
    server.review("/sluicegate approve qa", "bob")
    found = world.published(2)
    assert found["outcome"] == "CONDITIONAL"
    assert {s["how"] for s in found["sign_offs"]} == {
        "a review of this commit",
        "a comment that names this commit",
    }

    world.record(head)
    assert world.published(3)["outcome"] == "GO"
    new = world.push("two", "2026-12-31T00:00:00Z")
    found = world.published(4, code=1)
    assert (found["outcome"], found["commit"]) == ("NO-GO", new)
    assert any("@bob must repeat it" in line for line in found["not_counted"])

    told = world.run("history", "v1.4.0")
    decided = [line.split()[5] for line in told.splitlines() if "  decided " in line]
    assert decided == ["NO-GO:", "CONDITIONAL,", "GO,", "NO-GO:"]
    states = {sha: [s["state"] for s in every] for sha, every in server.statuses.items()}
    assert states == {head: ["success", "success", "failure"], new: ["failure"]}
    starts_what_may_go(world, head, new)


def starts_what_may_go(world: OnEmulate, head: str, new: str) -> None:
    """A rollout starts of the commit with the GO and of its squash, and of no other: branch-deploy #213."""
    assert "may go: GO of v1.4.0" in world.run("verify", head, "--go")
    world.run("verify", new, code=1)
    git(world.root, "checkout", "-q", head)
    squash, child = world.commit("one"), world.commit("three")
    world.server.merge(squash)
    assert "which has the same tree" in world.run("verify", squash)
    assert "there is no decision" in world.run("verify", child, code=1)
    project = Project(world.root, now=world.now)
    for commit in (new, child):
        refused = project.run("start", NAME, "--commit", commit, "--dry-run", code=2)
        assert f"commit {commit[:12]}" in refused or "is NO-GO" in refused
    project.run("start", NAME, "--commit", head, "--dry-run")
    project.run("start", NAME, "--commit", squash)
    assert "which has the same tree" in project.run("status", NAME)
