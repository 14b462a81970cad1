"""`sluicegate release notes` as a user runs it: from a clone alone, with GitHub, into a draft release."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from sluicegate.cli.main import main
from sluicegate.core.errors import SluicegateError
from sluicegate.release.notes import draft
from sluicegate.release.notes.body import BEGIN, END
from support.githubapi import REPOSITORY, TOKEN, Call, Reply, not_accessible, running
from support.notes_hub import NotesHub
from support.pullrequest import git

GOLDEN = Path(__file__).with_name("golden") / "release-notes.md"
MESSAGES = ("feat: pay by card (#2)", "Fix a crash (#3)", "tidy up", "feat: x (#4)", 'Revert "feat: x" (#5)')


class World:
    """A clone with commits behind the tag v1, and a server."""

    def __init__(self, root: Path, hub: NotesHub) -> None:
        self.hub, self.root = hub, root
        git(root, "init", "-q")
        git(root, "commit", "-q", "--allow-empty", "-m", "begin")
        git(root, "tag", "v1")
        self.commits = [self._commit(message) for message in MESSAGES]

    def _commit(self, message: str) -> str:
        git(self.root, "commit", "-q", "--allow-empty", "-m", message)
        return git(self.root, "rev-parse", "HEAD")

    def run(self, *words: str, code: int = 0) -> str:
        """The command; what it printed."""
        result = CliRunner().invoke(main, ["release", "notes", *words], standalone_mode=False)
        error = result.exception
        if isinstance(error, SluicegateError):
            assert int(error.exit_code) == code, error
            return str(error)
        if error is not None:
            raise error
        assert code == 0
        return result.output


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(draft, "SETTLE", 0)
    hub = NotesHub()
    made = World(tmp_path, hub)
    body = "## Upgrade notes\n\nRun `db up` first.\n\n## Tests\n\nAll.\n"
    hub.merge(2, "Pay by card", made.commits[0], "feature", body=body)
    hub.merge(3, "Fix a crash @all <b>", made.commits[1], "bug", by="dependabot")
    hub.merge(4, "feat: x", made.commits[3])
    hub.merge(5, 'Revert "feat: x"', made.commits[4], body="Reverts octo-org/octo-repo#4")
    hub.associated[made.commits[2]] = [8]  # one that is open
    hub.incidents = ["Slow on Windows"]
    with running(hub) as url:
        for name, value in {
            "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": url,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield made
    assert not hub.wrong


def test_the_notes_of_pull_requests(world: World) -> None:
    text = world.run().replace(world.commits[2][:12], "COMMIT")
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_the_clone_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    said = world.run("--format", "json")
    found = json.loads(said[said.index("{") :])
    groups = {title: [c["title"] for c in group] for title, group in found["groups"].items()}
    assert groups == {"New features": ["feat: pay by card"], "Other changes": ["Fix a crash", "tidy up"]}
    assert (found["range"], found["reverted"], found["known_issues"]) == ("v1..HEAD", [["#4", "#5"]], None)
    assert "warning: without GITHUB_TOKEN" in said
    assert world.run("v1..v1").endswith("\n\n")
    assert "no token to write a draft" in world.run("--draft", "v2", code=2)


def test_one_draft_which_a_second_run_leaves_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """goreleaser #3072 and #3148, vip-cli #3035, hk #1227, release-please-action #962 and #292."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(world.root / "out"))
    assert "v2 is created" in world.run("--draft", "v2")
    (made,) = world.hub.releases
    assert (made["draft"], made["target_commitish"]) == (True, world.commits[-1])
    assert "v2 is unchanged" in world.run("--draft", "v2")
    made["body"] = f"Dear users,\r\n{BEGIN}\r\nold\r\n{END}\r\nyours"
    assert "v2 is updated" in world.run("--draft", "v2")
    assert made["body"].startswith(f"Dear users,\n{BEGIN}\n### Upgrade")
    assert made["body"].endswith(f"{END}\nyours")
    assert len(world.hub.releases) == 1
    lines = (world.root / "out").read_text(encoding="utf-8").splitlines()
    assert set(lines) == {f"release-id={made['id']}", f"release-url={made['html_url']}"}
    made["body"] = BEGIN
    assert "damaged" in world.run("--draft", "v2", code=2)


def test_a_published_release_and_orphans_stay(world: World) -> None:
    made = world.hub.release(tag_name="v2", draft=False, body="Hi")
    world.hub.release(tag_name="v2", draft=True, body="")
    said = world.run("--draft", "v2")
    assert "published already" in said
    assert "1 more draft, which stay: release 1002" in said
    assert made["body"] == "Hi"
    assert world.hub.writes("/releases") == []


def test_two_runs_at_once_leave_one_draft(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """compose-ai-tools #5160: the loser's outputs are those of the winner."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(world.root / "out"))

    def faster(_number: int, call: Call, serve: object) -> Reply | None:
        if call.verb == "POST" and call.path.endswith("/releases"):
            world.hub.fault = None
            world.hub.release(**call.body)
        return None

    world.hub.fault = faster
    assert "v2 is unchanged" in world.run("--draft", "v2")
    (left,) = world.hub.releases
    assert f"release-id={left['id']}" in (world.root / "out").read_text(encoding="utf-8")


def test_a_draft_whose_answer_was_lost_is_not_made_twice(world: World) -> None:
    def lost(_number: int, call: Call, serve: object) -> Reply | None:
        if call.verb != "POST" or not call.path.endswith("/releases"):
            return None
        world.hub.fault = None
        world.hub.release(**call.body)
        return Reply(502, {"message": "Bad Gateway"})

    world.hub.fault = lost
    world.run("--draft", "v2")
    assert len(world.hub.releases) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("v9..HEAD",), "'v9' is no commit of this clone"),
        (("--draft", "a b"), "no name for a tag"),
        (("v1...HEAD",), "two dots"),
        (("--template", "none.md"), "the template cannot be read: No such file"),
    ],
)
def test_wrong_input_is_refused(world: World, words: tuple[str, ...], message: str) -> None:
    assert message in world.run(*words, code=2)


def test_a_token_that_may_not_read_says_what_it_needs(world: World) -> None:
    world.hub.fault = lambda _n, _call, _serve: not_accessible()
    assert "The job needs `pull-requests: read`" in world.run(code=3)


def test_a_stranger_s_checkout_writes_no_draft(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request_review")
    assert "may be a stranger's" in world.run("--draft", "v2", code=2)
