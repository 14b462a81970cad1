"""Small git repositories for tests."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.git import Git, open_repository
from support.templates import copied, refresh

MOVED_ON = {"moved-on.txt": "main moved on\n"}
"""What main has and the pull request's branch does not."""


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
    if files is None:
        return
    if _is_plain(files):
        _import(repo, _commit("refs/heads/main", "x", files))
        repo.git("reset", "-q", "--hard")
    else:
        repo.commit(files)


def _is_plain(files: Mapping[str, str]) -> bool:
    """Does git commit them just as they are?"""
    return not any(
        Path(name).name in (".gitignore", ".gitattributes") or name.startswith('"') or "\n" in name
        for name in files
    )


def _import(repo: Repo, *commits: bytes) -> None:
    command = ["git", "-C", str(repo.root), "fast-import", "--quiet"]
    subprocess.run(command, input=b"".join(commits), check=True, capture_output=True)


def _commit(ref: str, message: str, files: Mapping[str, str], *parents: str, mark: int = 1) -> bytes:
    """A commit as git-fast-import(1) reads it; parents are marks."""
    head = f"commit {ref}\nmark :{mark}\ncommitter t <t@example.com> {int(time.time())} +0000\n"
    said = f"data {len(message) + 1}\n{message}\n\n"
    lines = [f"{word} {parent}\n" for word, parent in zip(("from", "merge"), parents, strict=False)]
    parts = [head.encode(), said.encode(), "".join(lines).encode()]
    for name, text in files.items():
        data = text.encode()
        parts += [f"M 100644 inline {name}\ndata {len(data)}\n".encode(), data, b"\n"]
    return b"".join([*parts, b"\n"])


def pull_request(root: Path, base: Mapping[str, str], head: Mapping[str, str]) -> Repo:
    """A repository with the test merge of a pull request checked out, as `actions/checkout` does."""

    def build(repo: Repo) -> None:
        if _is_plain({**base, **head}):
            _imported(repo, base, head)
            return
        _begun(repo, base)
        repo.git("checkout", "-q", "-b", "feature")
        repo.commit(head, "feature")
        repo.git("checkout", "-q", "main")
        repo.commit(MOVED_ON, "elsewhere")
        repo.git("checkout", "-q", "--detach", "main")
        repo.git("merge", "-q", "--no-ff", "-m", "merge", "feature")

    return _copied("pull request", root, build, base, head)


def _imported(repo: Repo, base: Mapping[str, str], head: Mapping[str, str]) -> None:
    """What `pull_request` builds, by three calls of git in place of sixteen."""
    repo.git("init", "-q", "-b", "main")
    made = "refs/heads/made"
    _import(
        repo,
        _commit("refs/heads/main", "x", base),
        _commit("refs/heads/feature", "feature", head, ":1", mark=2),
        _commit("refs/heads/main", "elsewhere", MOVED_ON, ":1", mark=3),
        _commit(made, "merge", head, ":3", ":2", mark=4),
    )
    repo.git("checkout", "-q", "--detach", made)
    (repo.root / ".git" / made).unlink()


def opened(folder: Path) -> Git:
    """Git in a folder that is part of a repository."""
    git = open_repository(folder)
    assert git is not None
    return git
