"""A fork's pull request on the `emulate` server, both halves by the Action: red, fixed, green."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.forks import EmulatedFork, Fork, fork_of, serving
from support.githubapi import REPOSITORY, TOKEN, Call, Emulated, emulate
from support.uses import BAD, GOOD, shown

pytestmark = pytest.mark.slow
R = f"/repos/{REPOSITORY}"


@pytest.fixture
def fork(tmp_path: Path, environment: Path) -> Iterator[Fork]:
    """Pull requests, comments and check runs are emulate's; the commits are a real repository's."""
    project = fork_of(tmp_path, environment)
    with emulate(tmp_path / "emulate") as port:
        owner = Emulated(port)
        main = owner.do("GET", f"{R}/git/ref/heads/main")["object"]["sha"]
        owner.do("POST", f"{R}/git/refs", {"ref": "refs/heads/feature", "sha": main})
        owner.do("PUT", f"{R}/contents/x.txt", {"message": "x", "content": "YQ==", "branch": "feature"})
        pull = owner.do("POST", f"{R}/pulls", {"title": "Change", "head": "feature", "base": "main"})
        server = EmulatedFork(port, project.pull.remote, pull["number"], project.pull.head)
        with serving(project, server, TOKEN) as made:
            yield made


def comments(fork: Fork) -> list[dict[str, Any]]:
    assert isinstance(fork.server, EmulatedFork)
    number = fork.server.listed[0].number
    found: list[dict[str, Any]] = fork.server.ask(Call("GET", f"{R}/issues/{number}/comments", {}, None)).body
    return found


def test_red_then_fixed_then_green_is_one_comment_and_a_status_on_each_commit(fork: Fork) -> None:
    red = fork.judge(fork.measure(BAD), expect="pr")
    assert (red.exit_code, fork.statuses()) == (1, ["failure"]), shown(red)
    (first,) = comments(fork)
    assert "Sluicegate: blocked" in first["body"]
    before = fork.pull.head

    fork.push({"FIX.md": "Fixed.\n"})
    bundle = fork.measure(GOOD)
    green = fork.judge(bundle, expect="pr")
    assert (green.exit_code, fork.statuses(), fork.statuses(before)) == (0, ["success"], ["failure"]), shown(
        green
    )
    (second,) = comments(fork)
    assert second["id"] == first["id"]
    assert "Sluicegate: passed" in second["body"]

    late = fork.judge(payload=fork.payload(head=before, conclusion="cancelled"))
    assert (late.exit_code, fork.statuses()) == (1, ["success"]), shown(late)
    assert [c["body"] for c in comments(fork)] == [second["body"]]
