"""Commits of the server as objects: a repository of our own in which nothing is ever checked out.

No file of a stranger gets a name on the disk, so no filter, hook, attribute, submodule or LFS
pointer of theirs takes effect. Submodules are not followed, and tags are not taken.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sluicegate.core.errors import WorldError
from sluicegate.core.text import cut, one_line
from sluicegate.git.address import parse_address
from sluicegate.git.credentials import Token, written
from sluicegate.git.environment import with_settings
from sluicegate.git.runner import Done, Runner, runner

ATTEMPTS = 3
"""Of one fetch."""

SETTINGS = (("core.bigFileThreshold", "8m"),)
"""Settings of the repository. Files above `core.bigFileThreshold` have no lines that a test covers, and
are not compared line by line: a stranger chooses how long they are."""

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_GONE = ("not our ref", "couldn't find remote ref", "no such remote ref", "unadvertised object")
_NOBODY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "x"), ("EMAIL", "x"), ("DATE", "2000-01-01T00:00:00Z"))
}


@dataclass(frozen=True, slots=True)
class Objects:
    """The repository in `folder`. `fetch` alone has the token, and speaks to one server alone.

    Attributes:
        folder: of the working tree, which stays empty.
        git: in it, without any network.
        protocol: that the server speaks.
        token: for the server.
        sleep: between two attempts, in seconds.
    """

    folder: Path
    git: Runner
    protocol: str
    token: Token
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, what: str, depth: int = 1) -> str:
        """Fetch a ref or a commit with `depth` commits of its history; empty, else why it failed."""
        said = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self.sleep(2.0**attempt)
            done = self._online(
                "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", f"--depth={depth}", "origin", what
            )
            if done.ok:
                return ""
            said = cut(one_line(done.last_words), 300)
            if any(words in done.err for words in _GONE):
                break
        return said

    def _online(self, *arguments: str) -> Done:
        with written(self.token) as settings:
            environ = with_settings(self.git.environ, settings)
            return replace(self.git, environ=environ).over(self.protocol)(*arguments)

    def fetched(self) -> str:
        """The commit that `fetch` brought last; empty when there is none."""
        return self.commit("FETCH_HEAD")

    def commit(self, name: str) -> str:
        """The full name of a commit that is here; empty when it is not."""
        done = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return done.line if _SHA.fullmatch(done.line) else ""

    def parents(self, commit: str) -> list[str]:
        """The parents as the commit itself names them, wherever the fetched history ends."""
        done = self.git("cat-file", "commit", commit)
        if not done.ok:
            return []
        head = done.line.partition("\n\n")[0].split("\n")
        return [line[7:] for line in head if line.startswith("parent ") and _SHA.fullmatch(line[7:])]

    def tree(self, commit: str) -> str:
        """The tree of a commit that is here; empty when it is not."""
        return self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{tree}}").line

    def merged_tree(self, base: str, one: str, other: str) -> str:
        """The tree of the merge of two commits over their merge base; empty with conflicts.

        The history may be missing: three commits without one stand in for them. Needs git 2.38.
        """
        origin = self._bare(base, ())
        sides = [self._bare(commit, (origin,)) for commit in (one, other)] if origin else [""]
        if not all(sides):
            return ""
        done = self.git("merge-tree", "--write-tree", *sides)
        return done.line.split("\n")[0]

    def _bare(self, commit: str, parents: tuple[str, ...]) -> str:
        """A commit of the same tree with other parents."""
        options = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", "-m", "x", *options, f"{commit}^{{tree}}").line

    def stand_on(self, commit: str) -> None:
        """Let `HEAD` name a commit, without checking it out.

        Raises:
            WorldError: git refused.
        """
        _must(self.git("update-ref", "--no-deref", "HEAD", commit).ok, self.folder)


def create(folder: Path, url: str, token: str, inherited: Mapping[str, str]) -> Objects:
    """A new repository whose `origin` is `url`.

    Args:
        folder: where it is made.
        url: of the repository, below the server's address.
        token: may be empty, where the repository is public.
        inherited: the environment; tokens, and what points git at other repositories, are left out.

    Raises:
        WorldError: git is missing or refused.
    """
    folder = folder.absolute()  # git stands in it, and is told the repository by its whole path
    folder.mkdir(parents=True)
    git = runner(folder, {**inherited, **_NOBODY}, named={"GIT_CEILING_DIRECTORIES": str(folder.parent)})
    _must(git("init", "--quiet", "--template=", ".").ok, folder)
    for key, value in (*SETTINGS, ("remote.origin.url", url)):
        _must(git("config", key, value).ok, folder)
    named = {"GIT_DIR": str(folder / ".git"), "GIT_WORK_TREE": str(folder)}
    git = replace(git, environ={**git.environ, **named})
    return Objects(folder, git, parse_address(url).protocol, Token(url.rsplit("/", 2)[0], token))


def _must(ok: bool, folder: Path) -> None:
    if not ok:
        raise WorldError("git could not make a repository", where=str(folder), remedy="Is git installed?")
