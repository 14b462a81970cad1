"""A real repository with a pull request, checked out as `actions/checkout` does it."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from support import rig
from support.templates import copied, refresh

IDENTITY = {
    "GIT_AUTHOR_NAME": "Mona",
    "GIT_AUTHOR_EMAIL": "mona@example.com",
    "GIT_COMMITTER_NAME": "Mona",
    "GIT_COMMITTER_EMAIL": "mona@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}

Files = Mapping[str, str]


def git(directory: Path, *arguments: str) -> str:
    """The stripped standard output of git in `directory`."""
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *arguments],
        cwd=directory,
        env={**os.environ, **IDENTITY},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"git {arguments}: {done.stderr}")
    return done.stdout.strip()


def write(root: Path, files: Files) -> None:
    """Write files below `root`, by their POSIX paths."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Pull request 7 of a repository: `merge` has the parents `base` and `head`."""

    remote: Path
    base: str
    head: str
    merge: str

    def checkout(self, workspace: Path, depth: int = 2) -> Path:
        """The test merge, as `actions/checkout` leaves it at `fetch-depth: depth` (0 for all)."""
        key = ("checkout", self.merge, depth)
        origin: str = copied(key, workspace, lambda folder: self._checked_out(folder, depth))
        for name in ("config", "FETCH_HEAD"):
            file = workspace / ".git" / name
            file.write_text(file.read_text("utf-8").replace(origin, self.remote.as_uri()), "utf-8")
        refresh(workspace)
        return workspace

    def _checked_out(self, workspace: Path, depth: int) -> str:
        """Check out the test merge; the address of `origin` there."""
        origin = self.remote.as_uri()
        git(workspace, "init", "--quiet")
        git(workspace, "remote", "add", "origin", origin)
        shallow = [f"--depth={depth}"] if depth else []
        local = "refs/remotes/pull/7/merge"
        tags = ["--no-tags"] if depth else ["--tags"]
        git(workspace, "fetch", "--quiet", *tags, *shallow, "origin", f"+{self.merge}:{local}")
        git(workspace, "checkout", "--quiet", "--force", local)
        return origin

    def variables(self) -> dict[str, str]:
        """The runner's default variables for the event `pull_request`."""
        return {
            "GITHUB_SHA": self.merge,
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_BASE_REF": "main",
            "GITHUB_HEAD_REF": "feature",
            "GITHUB_ACTOR": "mona",
        }

    def payload(self) -> dict[str, Any]:
        """One of GitHub's own example payloads of `pull_request`, about this pull request."""
        payload = example("pull_request", "synchronize")
        payload["number"] = payload["pull_request"]["number"] = 7
        payload["pull_request"]["head"] |= {"sha": self.head, "ref": "feature"}
        payload["pull_request"]["base"] |= {"sha": self.base, "ref": "main"}
        payload["repository"]["default_branch"] = "main"
        return payload


def open_pull_request(root: Path, before: Files, change: Files, meanwhile: Files) -> PullRequest:
    """A bare repository below `root`: `before` on main, `change` on the branch, and `meanwhile` on
    main after the branch was made."""
    key = ("pull request", *(tuple(files.items()) for files in (before, change, meanwhile)))
    made = copied(key, root, lambda folder: _opened(folder, before, change, meanwhile))
    refresh(root / "author")
    return replace(made, remote=root / "remote.git")


def _opened(root: Path, before: Files, change: Files, meanwhile: Files) -> PullRequest:
    work, remote = root / "author", root / "remote.git"
    work.mkdir(parents=True)
    git(work, "init", "--quiet")
    write(work, before)
    _commit(work, "Begin")
    git(work, "checkout", "--quiet", "-b", "feature")
    write(work, change)
    head = _commit(work, "Change")
    git(work, "checkout", "--quiet", "main")
    write(work, meanwhile)
    base = _commit(work, "Move on")
    git(work, "checkout", "--quiet", "-b", "merge")
    git(work, "merge", "--quiet", "--no-ff", "-m", "Merge", "feature")
    merge = git(work, "rev-parse", "HEAD")
    git(root, "init", "--quiet", "--bare", str(remote))
    refs = ("main:refs/heads/main", "feature:refs/heads/feature", "merge:refs/pull/7/merge")
    git(work, "push", "--quiet", remote.as_uri(), *refs)
    return PullRequest(remote, base, head, merge)


def _commit(work: Path, message: str) -> str:
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(work, "rev-parse", "HEAD")


@cache
def _examples() -> dict[str, list[dict[str, Any]]]:
    rig.require()
    index = rig.MODULES / "@octokit" / "webhooks-examples" / "api.github.com" / "index.json"
    return {e["name"]: e["examples"] for e in json.loads(index.read_text(encoding="utf-8"))}


def examples(event: str) -> list[dict[str, Any]]:
    """GitHub's example payloads of an event, from the package @octokit/webhooks-examples."""
    return copy.deepcopy(_examples()[event])


def example(event: str, action: str) -> dict[str, Any]:
    """The first example of an event with this `action`."""
    return copy.deepcopy(next(e for e in _examples()[event] if e.get("action") == action))
