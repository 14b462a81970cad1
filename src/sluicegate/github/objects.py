"""Commits of the server as objects: a separate repository in which nothing is ever checked out.

No untrusted file gets a name on the disk, so none of its filters, hooks, attributes, submodules or LFS
pointers takes effect. Submodules and tags are not fetched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sluicegate.core.errors import WorldError
from sluicegate.core.text import cut, one_line
from sluicegate.git.address import parse_address
from sluicegate.git.credentials import Token, written
from sluicegate.git.environment import with_settings
from sluicegate.git.runner import Runner, runner
from sluicegate.github.event import SHA

ATTEMPTS = 3
"""Of one fetch."""

SETTINGS = (("core.bigFileThreshold", "8m"),)
"""Settings of the repository. Files above `core.bigFileThreshold` have no lines that a test covers, and
are not compared line by line: their size is untrusted."""

_GONE = ("not our ref", "couldn't find remote ref", "no such remote ref", "unadvertised object")
_IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "x"), ("EMAIL", "x"), ("DATE", "2000-01-01T00:00:00Z"))
}


@dataclass(frozen=True, slots=True)
class Objects:
    """The repository in `folder`, whose working tree stays empty.

    Only `fetch` has the token, and it contacts one server by its protocol. `sleep` waits for seconds.
    """

    folder: Path
    git: Runner
    protocol: str
    token: Token
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, what: str, depth: int = 1) -> str:
        """Fetch a ref or a commit with `depth` commits of its history; empty, else why it failed."""
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self.sleep(2.0**attempt)
            with written(self.token) as settings:
                environ = with_settings(self.git.environ, settings)
                done = replace(self.git, environ=environ).over(self.protocol)(
                    "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", f"--depth={depth}",
                    "origin", what,
                )  # fmt: skip
            if done.ok:
                return ""
            reason = cut(one_line(done.last_words), 300)
            if any(words in done.err for words in _GONE):
                break
        return reason

    def fetched(self) -> str:
        """The commit of the last `fetch`; empty without one."""
        return self.commit("FETCH_HEAD")

    def commit(self, name: str) -> str:
        """The full name of a commit; empty for one that was not fetched."""
        done = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return done.line if SHA.fullmatch(done.line) else ""

    def parents(self, commit: str) -> list[str]:
        """The parents that the commit itself names, even beyond the fetched history."""
        done = self.git("cat-file", "commit", commit)
        if not done.ok:
            return []
        head = done.line.partition("\n\n")[0].split("\n")
        return [line[7:] for line in head if line.startswith("parent ") and SHA.fullmatch(line[7:])]

    def tree(self, commit: str) -> str:
        """The tree of a commit; empty for one that was not fetched."""
        return self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{tree}}").line

    def merged_tree(self, base: str, one: str, other: str) -> str:
        """The tree of the merge of two commits over their merge base; empty with conflicts.

        The history may be missing, so three commits without one are created instead. Needs git 2.38.
        """
        origin = self._bare(base, ())
        sides = [self._bare(commit, (origin,)) for commit in (one, other)] if origin else [""]
        if not all(sides):
            return ""
        done = self.git("merge-tree", "--write-tree", *sides)
        return done.line.split("\n")[0]

    def _bare(self, commit: str, parents: tuple[str, ...]) -> str:
        """A new commit with the same tree and other parents."""
        options = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", "-m", "x", *options, f"{commit}^{{tree}}").line

    def set_head(self, commit: str) -> None:
        """Point `HEAD` to a commit, without checking it out.

        Raises:
            WorldError: git refused.
        """
        _must(self.git("update-ref", "--no-deref", "HEAD", commit).ok, self.folder)


def create(folder: Path, url: str, token: str, inherited: Mapping[str, str]) -> Objects:
    """A new repository in `folder` whose `origin` is `url`, below the server's address.

    The token may be empty for a public repository. Tokens and variables that name other repositories are
    removed from what is inherited.

    Raises:
        WorldError: git is missing or refused.
    """
    folder = folder.absolute()  # git runs in it, and gets the repository's absolute path
    folder.mkdir(parents=True)
    git = runner(folder, {**inherited, **_IDENTITY}, named={"GIT_CEILING_DIRECTORIES": str(folder.parent)})
    _must(git("init", "--quiet", "--template=", ".").ok, folder)
    for key, value in (*SETTINGS, ("remote.origin.url", url)):
        _must(git("config", key, value).ok, folder)
    named = {"GIT_DIR": str(folder / ".git"), "GIT_WORK_TREE": str(folder)}
    git = replace(git, environ={**git.environ, **named})
    return Objects(folder, git, parse_address(url).protocol, Token(url.rsplit("/", 2)[0], token))


def _must(ok: bool, folder: Path) -> None:
    if not ok:
        raise WorldError("git could not make a repository", where=str(folder), remedy="Is git installed?")
