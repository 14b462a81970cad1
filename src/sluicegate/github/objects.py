"""Commits of the server as objects: a repository of our own in which nothing is ever checked out.

No file of a stranger gets a name on the disk, so no filter, hook, attribute, submodule or LFS
pointer of theirs takes effect. Submodules are not followed, and tags are not taken.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.errors import WorldError
from sluicegate.git import environment as plain_environment
from sluicegate.github import gitconfig
from sluicegate.github.base import ATTEMPTS, Git, runner
from sluicegate.text import cut, one_line

SETTINGS = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.bigFileThreshold", "8m"),
    ("fetch.recurseSubmodules", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("transfer.bundleURI", "false"),
)
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
    """The repository in `folder`. `fetch` alone has the token, and speaks to one server alone."""

    folder: Path
    git: Git
    fetching: Git
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, what: str, depth: int = 1) -> str:
        """Fetch a ref or a commit with `depth` commits of its history; empty, else why it failed."""
        said = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self.sleep(2.0**attempt)
            done = self.fetching(
                "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", f"--depth={depth}", "origin", what
            )
            if done.ok:
                return ""
            said = cut(one_line(done.output.splitlines()[-1] if done.output else "git failed"), 300)
            if any(words in done.output for words in _GONE):
                break
        return said

    def fetched(self) -> str:
        """The commit that `fetch` brought last; empty when there is none."""
        return self.commit("FETCH_HEAD")

    def commit(self, name: str) -> str:
        """The full name of a commit that is here; empty when it is not."""
        done = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return done.output if done.ok and _SHA.fullmatch(done.output) else ""

    def parents(self, commit: str) -> list[str]:
        """The parents as the commit itself names them, wherever the fetched history ends."""
        done = self.git("cat-file", "commit", commit)
        if not done.ok:
            return []
        head = done.output.partition("\n\n")[0].split("\n")
        return [line[7:] for line in head if line.startswith("parent ") and _SHA.fullmatch(line[7:])]

    def tree(self, commit: str) -> str:
        """The tree of a commit that is here; empty when it is not."""
        done = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{tree}}")
        return done.output if done.ok else ""

    def merged_tree(self, base: str, one: str, other: str) -> str:
        """The tree of the merge of two commits over their merge base; empty with conflicts.

        The history may be missing: three commits without one stand in for them. Needs git 2.38.
        """
        origin = self._bare(base, ())
        sides = [self._bare(commit, (origin,)) for commit in (one, other)] if origin else [""]
        if not all(sides):
            return ""
        done = self.git("merge-tree", "--write-tree", *sides)
        return done.output.split("\n")[0] if done.ok else ""

    def _bare(self, commit: str, parents: tuple[str, ...]) -> str:
        """A commit of the same tree with other parents."""
        options = [word for parent in parents for word in ("-p", parent)]
        done = self.git("commit-tree", "-m", "x", *options, f"{commit}^{{tree}}")
        return done.output if done.ok else ""

    def stand_on(self, commit: str) -> None:
        """Let `HEAD` name a commit, without checking it out.

        Raises:
            WorldError: git refused.
        """
        _must(self.git("update-ref", "--no-deref", "HEAD", commit).ok, self.folder)


def create(folder: Path, url: str, token: str, inherited: Mapping[str, str]) -> Objects:
    """A new repository whose `origin` is `url`; the token is passed to git by environment alone.

    Args:
        folder: where it is made.
        url: of the repository, below the server's address.
        token: may be empty, where the repository is public.
        inherited: the environment; what points git at other repositories is left out.

    Raises:
        WorldError: git is missing or refused.
    """
    server = url.rsplit("/", 2)[0]
    plain = plain_environment(inherited) | _NOBODY
    plain = {k: v for k, v in plain.items() if k not in ("INPUT_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")}
    online = plain | {"GIT_ALLOW_PROTOCOL": "http:https"}
    folder.mkdir(parents=True)
    git = runner(folder, plain)
    _must(git("init", "--quiet", "--template=", ".").ok, folder)
    for key, value in (*SETTINGS, ("remote.origin.url", url)):
        _must(git("config", key, value).ok, folder)
    return Objects(
        folder, git, runner(folder, gitconfig.with_settings(online, gitconfig.authorize(server, token)))
    )


def _must(ok: bool, folder: Path) -> None:
    if not ok:
        raise WorldError("git could not make a repository", where=str(folder), remedy="Is git installed?")
