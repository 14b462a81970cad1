"""Small git repositories for tests."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.git import Git, open_repository
from support.templates import copied, refresh


@dataclass(frozen=True)
class Repo:
    """A repository in a folder of the test's own."""

    root: Path

    def git(self, *arguments: str) -> str:
        """Run git here; its output."""
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        command = ["git", *identity, "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, files: Mapping[str, str]) -> None:
        """Write files into the working tree."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, files: Mapping[str, str], message: str = "x") -> str:
        """Write and commit files; the commit."""
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


def repository(root: Path, files: Mapping[str, str] | None = None) -> Repo:
    """A new repository on the branch `main`, with one commit where files are given."""
    return _copied("repository", root, lambda repo: _begun(repo, files), files)


def _copied(
    kind: str, root: Path, build: Callable[[Repo], object], *contents: Mapping[str, str] | None
) -> Repo:
    key = (kind, *(None if c is None else tuple(c.items()) for c in contents))
    copied(key, root, lambda folder: build(Repo(folder)))
    refresh(root)
    return Repo(root)


def _begun(repo: Repo, files: Mapping[str, str] | None) -> None:
    repo.git("init", "-q", "-b", "main")
    if files is not None:
        repo.commit(files)


def pull_request(root: Path, base: Mapping[str, str], head: Mapping[str, str]) -> Repo:
    """A repository with the test merge of a pull request checked out, as `actions/checkout` does."""

    def build(repo: Repo) -> None:
        _begun(repo, base)
        repo.git("checkout", "-q", "-b", "feature")
        repo.commit(head, "feature")
        repo.git("checkout", "-q", "main")
        repo.commit({"moved-on.txt": "main moved on\n"}, "elsewhere")
        repo.git("checkout", "-q", "--detach", "main")
        repo.git("merge", "-q", "--no-ff", "-m", "merge", "feature")

    return _copied("pull request", root, build, base, head)


def opened(folder: Path) -> Git:
    """Git in a folder that is part of a repository."""
    git = open_repository(folder)
    assert git is not None
    return git
