"""The remotes of a clone: what a checkout can name is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sluicegate.core.errors import UsageError
from sluicegate.git.remote import Remote, own_repository, remote_of
from support.hostile_repositories import bare_copy
from support.repo import Repo, opened, repository

URL = "https://github.com/o/r"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return repository(tmp_path / "r", {"a.py": "1\n"})


def origin(repo: Repo, url: str, *pushed: str, token: str = "") -> Remote:
    """What is found of the remote `origin` with this address."""
    repo.git("remote", "add", "origin", url)
    for more in pushed:
        repo.git("config", "--add", "remote.origin.pushurl", more)
    return remote_of(opened(repo.root), "origin", {}, token)


def test_a_folder_named_like_the_address_is_not_the_remote(repo: Repo) -> None:
    bare_copy(repo.root, repo.root / "https:" / "github.com" / "o" / "r")
    found = origin(repo, URL)
    assert (found.fetched.folder, found.fetched.url, found.fetch_protocol) == (None, URL, "https")


@pytest.mark.parametrize("url", ["vendored/r.git", "./vendored/r.git", "{root}/vendored/r.git", "file://{root}/x",
                                 "../r/vendored/r.git", "link/r.git"])  # fmt: skip
def test_a_folder_of_the_work_tree_is_refused(repo: Repo, url: str) -> None:
    bare_copy(repo.root, repo.root / "vendored" / "r.git")
    (repo.root / "link").symlink_to("vendored")
    with pytest.raises(UsageError, match="inside of the work tree"):
        origin(repo, url.format(root=repo.root))


def test_so_is_one_that_a_link_elsewhere_leads_to(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(repo.root / "vendored")
    with pytest.raises(UsageError, match="inside of the work tree"):
        origin(repo, str(tmp_path / "out"))


def test_so_is_one_that_is_pushed_to(repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="inside of the work tree"):
        origin(repo, str(tmp_path / "mirror"), "vendored")


def test_the_repository_s_own_folder_is_a_remote(repo: Repo) -> None:
    assert origin(repo, ".").fetched.folder == repo.root / ".git"
    assert own_repository(opened(repo.root)).fetched.folder == repo.root / ".git"


def test_a_folder_elsewhere_is_one(repo: Repo, tmp_path: Path) -> None:
    assert origin(repo, "../mirror").fetched.folder == tmp_path / "mirror"


def test_from_a_folder_below_a_path_is_read_from_the_top(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"sub/b.py": ""})
    repo.git("remote", "add", "origin", "../mirror")
    assert remote_of(opened(repo.root / "sub"), "origin", {}).fetched.folder == tmp_path / "mirror"


def test_an_address_that_names_a_program_is_refused(repo: Repo) -> None:
    with pytest.raises(UsageError, match="helper program"):
        origin(repo, "ext::sh -c id")


def test_one_that_the_settings_rewrite_is_judged_as_rewritten(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "url.ext::sh -c .insteadOf", "https://github.com/")
    with pytest.raises(UsageError, match="helper program"):
        origin(repo, URL)
    repo.git("config", f"url.{tmp_path}/mirror.insteadOf", URL)
    assert remote_of(opened(repo.root), "origin", {}).fetched.folder == tmp_path / "mirror"


def test_each_direction_has_its_own_protocol(repo: Repo) -> None:
    found = origin(repo, URL, "git@github.com:o/r")
    assert (found.fetch_protocol, found.push_protocol) == ("https", "ssh")


def test_a_token_goes_where_http_is_spoken_alone(repo: Repo) -> None:
    assert origin(repo, URL, token="t").token.is_usable
    repo.git("remote", "set-url", "origin", "git@github.com:o/r")
    assert not remote_of(opened(repo.root), "origin", {}, "t").token.is_usable


def test_the_clone_s_own_settings_are_carried_without_a_token(repo: Repo) -> None:
    repo.git("config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic c2VjcmV0")
    repo.git("config", "core.sshCommand", "ssh -i key")
    repo.git("config", "core.fsmonitor", "evil")
    found = origin(repo, URL)
    assert dict(found.carried) == {
        "http.https://github.com/.extraheader": "AUTHORIZATION: basic c2VjcmV0",
        "core.sshcommand": "ssh -i key",
    }
    assert "c2VjcmV0" in found.secrets
    assert "c2VjcmV0" not in repr(found)


def test_with_one_they_are_not(repo: Repo) -> None:
    repo.git("config", "core.sshCommand", "evil")
    assert origin(repo, URL, token="t").carried == ()


def test_what_a_scratch_repository_is_told_stands_in_files_of_this_user(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic c2VjcmV0")
    carried, with_token = tmp_path / "carried", tmp_path / "token"
    for folder in (carried, with_token):
        folder.mkdir()
    settings = origin(repo, URL).settings(carried)
    settings = [*settings, *remote_of(opened(repo.root), "origin", {}, "ghs_x").settings(with_token)]
    assert "c2VjcmV0" not in str(settings)
    assert "ghs_x" not in str(settings)
    files = [file for folder in (carried, with_token) for file in folder.iterdir()]
    assert len(files) == 2
    assert os.name == "nt" or {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_remote_that_does_not_exist_is_refused(repo: Repo) -> None:
    with pytest.raises(UsageError, match="no remote 'gone'"):
        remote_of(opened(repo.root), "gone", {})
