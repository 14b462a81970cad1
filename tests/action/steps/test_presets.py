"""Presets from GitHub: each fetched once, verified, and refused with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.action.presets import fetch, fetcher
from sluicegate.core.errors import PresetError, SluicegateError, WorldError
from sluicegate.github.client import Client
from sluicegate.github.event import EventContext
from sluicegate.github.preset_api import Fetcher, blob_sha, content_of
from sluicegate.github.pygithub import transport
from sluicegate.judge.question import Question
from sluicegate.net.client import Clock
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.policy.pinned import Pinned, parse_pinned
from support.githubapi import REPOSITORY, TOKEN, Emulated, Reply, emulate, limited, not_accessible, running
from support.presets_hub import OTHER, PATH, PIN, SHA, SLUG, PresetsHub
from support.repo import pull_request, repository

TEXT = "gates: {coverage: {criteria: [total >= 90%]}}\n"
PINNED = Pinned("acme", "policies", PATH, SHA)


@pytest.fixture
def hub() -> PresetsHub:
    return PresetsHub({PATH: TEXT, "base.yml": "extends: strict\n"})


@pytest.fixture
def url(hub: PresetsHub) -> Iterator[str]:
    with running(hub) as address:
        yield address


@pytest.fixture
def made(tmp_path: Path, url: str) -> Fetcher:
    """A fetcher that does not really wait."""
    kept = FetchedPresets(tmp_path / "kept", url)
    quick = Clock(monotonic=lambda: 0.0, now=lambda: 0.0, sleep=lambda _seconds: None)
    return Fetcher(lambda: Client(transport(TOKEN, url), quick, secret=TOKEN), kept)


def refused(made: Fetcher, pinned: Pinned = PINNED) -> SluicegateError:
    with pytest.raises(SluicegateError) as caught:
        made.read(pinned)
    assert made.kept.find(pinned) is None
    return caught.value


# --- one preset --------------------------------------------------------------------------------


def test_a_preset_is_fetched_once(made: Fetcher, hub: PresetsHub) -> None:
    assert [made.read(PINNED), made.read(PINNED)] == [TEXT.encode()] * 2
    assert (len(hub.calls), made.taken, made.warnings) == (3, {PINNED: True}, [])
    again = replace(made, taken={})
    assert (again.read(PINNED), again.taken, len(hub.calls)) == (TEXT.encode(), {PINNED: False}, 3)


def test_a_second_preset_of_the_repository_costs_two_requests(made: Fetcher, hub: PresetsHub) -> None:
    for path in (PATH, "base.yml"):
        made.read(replace(PINNED, path=path))
    assert len(hub.calls) == 5


def test_a_kept_one_that_was_changed_is_fetched_again(made: Fetcher, hub: PresetsHub, tmp_path: Path) -> None:
    made.read(PINNED)
    (file,) = (tmp_path / "kept").iterdir()
    file.write_bytes(file.read_bytes().replace(b"90%", b"10%"))
    assert made.read(PINNED) == TEXT.encode()
    assert len(hub.contents) == 2


@pytest.mark.parametrize("path", ["a b/ü#1?.yml", "deep/er/q@1.yml", "100%25.yml"])
def test_any_path_is_asked_for_as_it_is(made: Fetcher, hub: PresetsHub, path: str) -> None:
    hub.commits[SHA] = {path: TEXT}
    assert made.read(replace(PINNED, path=path)) == TEXT.encode()


def test_a_commit_that_may_be_a_fork_s_is_fetched_with_a_warning(made: Fetcher, hub: PresetsHub) -> None:
    hub.merged = set()
    assert made.read(PINNED) == TEXT.encode()
    (warning,) = made.warnings
    assert warning.startswith(f"{PIN}: the commit is not in the history of acme/policies's branch main")


# --- what is refused ---------------------------------------------------------------------------


def test_a_repository_that_the_token_may_not_read_is_explained(made: Fetcher, hub: PresetsHub) -> None:
    hub.private = True
    error = refused(made)
    assert isinstance(error, PresetError)
    assert "there is no such repository, or the token may not read it" in error.what
    assert "`contents: read`" in error.remedy
    assert "`preset-token`" in error.remedy
    assert "GITHUB_TOKEN" in error.remedy


def test_a_commit_that_is_not_there(made: Fetcher) -> None:
    assert "acme/policies has no commit with that sha" in str(refused(made, replace(PINNED, sha=OTHER)))


def test_a_file_that_is_not_there(made: Fetcher) -> None:
    assert "there is no such file at that commit" in str(refused(made, replace(PINNED, path="no.yml")))


def test_a_tag_s_own_sha_is_no_commit_s(made: Fetcher, hub: PresetsHub) -> None:
    hub.merged = set()
    hub.peeled[OTHER] = SHA
    assert "has no commit with that sha" in str(refused(made, replace(PINNED, sha=OTHER)))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"type": "symlink", "target": "elsewhere.yml"}, "is not a file"),
        ({"size": 1_048_577}, "has more than 1,048,576 bytes"),
        ({"encoding": "none", "content": ""}, "the server's answer is damaged"),
        ({"content": "Zm9v"}, "the server's answer is damaged"),
        ({"content": "no base64!"}, "the server's answer is damaged"),
    ],
)
def test_a_content_that_is_not_what_was_named(
    made: Fetcher, hub: PresetsHub, changed: dict[str, Any], words: str
) -> None:
    hub.changed = changed
    assert words in str(refused(made))


def test_a_token_without_the_permission(made: Fetcher, hub: PresetsHub) -> None:
    hub.fault = lambda _n, _call, _serve: not_accessible()
    error = refused(made)
    assert "may not be read: the server answered 403: Resource not accessible by integration" in error.what
    assert "`contents: read`" in error.remedy


@pytest.mark.parametrize("reply", [Reply(503, {"message": "no"}), Reply(200, cut=True), limited(0, 10_000)])
def test_a_server_that_fails_is_the_world_s_fault(made: Fetcher, hub: PresetsHub, reply: Reply) -> None:
    hub.fault = lambda _n, _call, _serve: reply
    error = refused(made)
    assert isinstance(error, WorldError)
    assert TOKEN not in str(error)


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_fault_that_passes_is_waited_for(made: Fetcher, hub: PresetsHub, lost: int) -> None:
    hub.fault = lambda n, _call, _serve: Reply(502, {"message": "no"}) if n == lost else None
    assert made.read(PINNED) == TEXT.encode()


def test_without_a_token_public_presets_are_read(hub: PresetsHub, url: str, tmp_path: Path) -> None:
    assert fetcher(FetchedPresets(tmp_path, url), "").read(PINNED) == TEXT.encode()
    assert {call.token for call in hub.calls} == {""}


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["file", "dir", None, 7]),
        "size": st.integers() | st.none() | st.text(max_size=3),
        "encoding": st.sampled_from(["base64", "none", None]),
        "content": st.text(max_size=20) | st.none() | st.integers(),
        "sha": st.text("0123456789abcdef", max_size=40) | st.none(),
    },
)


@given(ANSWERS)
def test_any_answer_is_a_content_with_its_sha_or_an_error(found: dict[str, Any]) -> None:
    try:
        content = content_of(found, PINNED)
    except (PresetError, WorldError):
        return
    assert blob_sha(content) == found["sha"]


def test_the_sha_of_a_content_is_git_s(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.yml": TEXT})
    assert blob_sha(TEXT.encode()) == repo.git("rev-parse", "HEAD:a.yml")


# --- what a policy names -----------------------------------------------------------------------


def test_presets_of_presets_are_fetched_too(made: Fetcher, hub: PresetsHub, tmp_path: Path) -> None:
    hub.commits[SHA] = {
        PATH: "extends: ./python/web.yml\n",
        "python/web.yml": f"extends: {SLUG}/x.yml@{OTHER}\n",
    }
    hub.commits[OTHER] = {"x.yml": TEXT}
    hub.merged = {SHA, OTHER}
    repo = repository(tmp_path / "repo", {"sluicegate.yml": f"extends: {PIN}\n"})
    fetch(Question(repo.root), made)
    assert [p.path for p in made.taken] == [PATH, "python/web.yml", "x.yml"]


def test_of_a_pull_request_the_base_s_and_the_tree_s_are_fetched(
    made: Fetcher, hub: PresetsHub, tmp_path: Path
) -> None:
    hub.commits[OTHER] = hub.commits[SHA]
    hub.merged.add(OTHER)
    base, change = f"extends: {PIN}\n", f"extends: {SLUG}/{PATH}@{OTHER}\n"
    repo = pull_request(tmp_path / "repo", {"sluicegate.yml": base}, {"sluicegate.yml": change})
    event = EventContext(
        name="pull_request",
        is_pull_request=True,
        is_merge_commit=True,
        base_ref="main",
        head_sha=repo.git("rev-parse", "feature"),
        base_sha=repo.git("rev-parse", "main"),
    )
    fetch(Question(repo.root, event=event), made)
    assert {p.sha for p in made.taken} == {SHA, OTHER}


def test_from_the_emulated_server(tmp_path: Path) -> None:
    with emulate(tmp_path / "emulate") as port:
        server = Emulated(port)
        with running(server) as url:
            path = f"/repos/{REPOSITORY}/contents/ci/quality.yml"
            written = server.do("PUT", path, {"message": "Add", "content": "e30K"})
            sha = written["commit"]["sha"]
            server.do("PUT", f"/repos/{REPOSITORY}/contents/later.yml", {"message": "Add", "content": "e30K"})
            pinned = parse_pinned(f"{REPOSITORY}/ci/quality.yml@{sha}")
            assert pinned is not None
            made = fetcher(FetchedPresets(tmp_path / "kept", url), TOKEN)
            assert (made.read(pinned), made.warnings) == (b"{}\n", [])
            with pytest.raises(PresetError, match="has no commit with that sha"):
                made.read(replace(pinned, sha=OTHER))
