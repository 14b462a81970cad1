"""Issues, labels and comments on `emulate`, which others wrote: what we send is taken, and found again.

It has no Deployments: `PagesHub` has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from sluicegate.flags.interface import EVERYONE
from sluicegate.rollout.entries import EventKind, Purpose
from sluicegate.rollout.publish.outcome import Part
from support.githubapi import REPOSITORY, Call, Emulated, Reply, emulate
from support.pages import publisher, shown
from support.rollouts import at_stage, flag, plan

pytestmark = pytest.mark.slow
PLAN = plan()
R = f"/repos/{REPOSITORY}"


class WithoutDeployments(Emulated):
    """emulate, and Deployments that are denied."""

    def serve(self, call: Call) -> Reply:
        """emulate's answer."""
        if re.search("/deployments", call.path):
            return Reply(403, {"message": "Resource not accessible by integration"})
        return super().serve(call)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithoutDeployments]:
    with emulate(tmp_path_factory.mktemp("emulate")) as port:
        made = WithoutDeployments(port)
        yield made
        assert made.wrong == []


def test_a_life_is_one_issue_and_a_failed_rollback_another(server: WithoutDeployments) -> None:
    journal = at_stage(PLAN, "internal", 50)
    for now in (60, 61):
        publisher(server).publish(shown(journal, now))
    journal.add(EventKind.PAUSED, 70, reason="the flag was changed")
    publisher(server).publish(shown(journal, 71))
    journal.add(EventKind.INTENDED, 80, purpose=Purpose.ROLLBACK).add(EventKind.FAILED, 81, reason="409")
    publisher(server).publish(shown(journal, 82, view=flag(EVERYONE)))
    issues = {issue["title"]: issue for issue in server.do("GET", f"{R}/issues")}
    page = issues.pop("Rollout new-checkout-20261130T120000Z")
    (failure,) = issues.values()
    assert "rollback failed" in page["body"]
    assert "switch it off" in failure["body"] or "remove its targeting" in failure["body"]
    comments = server.do("GET", f"{R}/issues/{page['number']}/comments")
    assert ["The rollout is paused" in said["body"] for said in comments] == [True]
    journal.add(EventKind.ROLLED_BACK, 90, reason="409")
    done = {one.part: one for one in publisher(server).publish(shown(journal, 91))}
    assert done[Part.PAGE].url.endswith(f"/issues/{page['number']}")
    assert server.do("GET", f"{R}/issues") == []
    assert server.do("GET", f"{R}/issues/{page['number']}")["state"] == "closed"
