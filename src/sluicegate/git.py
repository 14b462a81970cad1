"""The only place that runs git: reading, never writing.

Paths are relative to the folder the `Git` was opened in, which may be a part of a repository
(`--relative`); nothing outside of that folder is seen.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sluicegate.change import Change
from sluicegate.diff import parse_diff, whole_file
from sluicegate.errors import WorldError
from sluicegate.text import cut, one_line

_TIMEOUT = 120
_MAX_UNTRACKED = 5_000_000
_BLOB = re.compile(rb"[0-9a-f]{40,64} blob (\d+)\n")
_DIFF = (
    "-c", "core.quotePath=true", "-c", "diff.renameLimit=3000", "diff", "--relative", "--no-color",
    "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--src-prefix=a/", "--dst-prefix=b/",
    "-M",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder. Open it with `open_repository`."""

    root: Path
    prefix: str = ""

    def run(self, *arguments: str, check: bool = True) -> bytes:
        """The standard output of `git` with these arguments; empty when it failed unchecked.

        Raises:
            WorldError: git is missing, failed (with `check`), or did not end in time.
        """
        command = ["git", "--no-pager", "--no-optional-locks", "-C", str(self.root), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=False)
        except FileNotFoundError as error:
            raise WorldError("git is not installed", remedy="Install git.") from error
        except subprocess.TimeoutExpired as error:
            raise WorldError(f"'git {arguments[0]}' took longer than {_TIMEOUT} s") from error
        if done.returncode and check:
            said = cut(one_line(done.stderr.decode("utf-8", "replace")), 300)
            raise WorldError(f"'git {arguments[0]}' failed: {said}", where=str(self.root))
        return b"" if done.returncode else done.stdout

    def text(self, *arguments: str) -> str:
        """The stripped output, empty when git failed."""
        return self.run(*arguments, check=False).decode("utf-8", "surrogateescape").strip()

    def commit(self, revision: str) -> str:
        """The full name of the commit that a revision names; empty when there is none here."""
        if revision.startswith("-"):
            return ""
        return self.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")

    def parents(self, revision: str) -> list[str]:
        """The parents that this clone has; none at the edge of a shallow one."""
        return self.text("rev-list", "--parents", "-n", "1", revision, "--").split()[1:]

    def merge_base(self, one: str, other: str) -> str:
        """The best common ancestor; empty when there is none in this clone."""
        return self.text("merge-base", one, other)

    def is_shallow(self) -> bool:
        """Does this clone lack history?"""
        return self.text("rev-parse", "--is-shallow-repository") == "true"

    def is_dirty(self) -> bool:
        """Do tracked files differ from HEAD?"""
        return bool(self.text("status", "--porcelain", "--untracked-files=no", "--", "."))

    def default_branch(self) -> str:
        """The branch that changes are merged into, as a revision; empty when none is known."""
        remote = self.text("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
        candidates = (remote, "origin/main", "origin/master", "main", "master")
        return next((c for c in candidates if c and self.commit(c)), "")

    def tracked(self) -> list[str]:
        """The tracked files."""
        return _names(self.run("ls-files", "-z"))

    def untracked(self) -> list[str]:
        """The untracked files that are not ignored."""
        return _names(self.run("ls-files", "-z", "--others", "--exclude-standard"))

    def change_between(self, base: str, head: str) -> Change:
        """What differs between two commits."""
        return self._diff(base, head)

    def change_of_tree(self, base: str) -> Change:
        """What differs between a commit and the working tree, untracked files included."""
        files = dict(self._diff(base).files)
        for path in self.untracked():
            target = self.root / path
            if target.is_file() and not target.is_symlink() and target.stat().st_size <= _MAX_UNTRACKED:
                files[path] = whole_file(path, target.read_bytes())
        return Change(files)

    def _diff(self, *revisions: str) -> Change:
        raw = self.run(*_DIFF, "--raw", "-z", "--abbrev=4", *revisions, "--")
        patch = self.run(*_DIFF, "-U0", *revisions, "--")
        return parse_diff(raw, patch)

    def files_at(self, revision: str, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of files in a commit; those that are not there are left out.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        wanted = [p for p in paths if p and "\n" not in p]
        if not revision or not wanted:
            return {}
        names = "".join(f"{revision}:{self.prefix}{p}\n" for p in wanted)
        command = ["git", "-C", str(self.root), "cat-file", "--batch"]
        try:
            done = subprocess.run(
                command,
                input=names.encode("utf-8", "surrogateescape"),
                capture_output=True,
                timeout=_TIMEOUT,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise WorldError("'git cat-file' failed", where=str(self.root)) from error
        return _blobs(done.stdout, wanted)

    def file_at(self, revision: str, path: str, limit: int) -> bytes | None:
        """The first `limit` bytes of a file in a commit; None when there is none.

        Links inside the commit are followed, as in a working tree.

        Args:
            revision: names a commit.
            path: from the top of the repository, whatever folder this was opened in.
            limit: bytes at the most.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        if not revision or not path or "\n" in path:
            return None
        command = ["git", "-C", str(self.root), "cat-file", "--batch", "--follow-symlinks"]
        name = f"{revision}:{path}\n".encode("utf-8", "surrogateescape")
        try:
            done = subprocess.run(command, input=name, capture_output=True, timeout=_TIMEOUT, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise WorldError("'git cat-file' failed", where=str(self.root)) from error
        head = _BLOB.match(done.stdout)
        return done.stdout[head.end() : head.end() + min(int(head[1]), limit)] if head else None


def _blobs(output: bytes, paths: list[str]) -> dict[str, bytes]:
    """The answers of `git cat-file --batch`, in the order of the questions."""
    blobs: dict[str, bytes] = {}
    at = 0
    for path in paths:
        end = output.index(b"\n", at)
        head = output[at:end].rsplit(b" ", 2)
        at = end + 1
        if len(head) == 3 and head[1] in (b"blob", b"tree", b"commit", b"tag"):
            size = int(head[2])
            if head[1] == b"blob":
                blobs[path] = output[at : at + size]
            at += size + 1
    return blobs


def _names(output: bytes) -> list[str]:
    return [n.decode("utf-8", "surrogateescape") for n in output.split(b"\0") if n]


def open_repository(folder: Path) -> Git | None:
    """Git in this folder; None when it is no part of a git working tree.

    Raises:
        WorldError: git refuses the folder because it belongs to somebody else.
    """
    git = Git(folder)
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "--is-inside-work-tree", "--show-prefix"],
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        return None
    if b"dubious ownership" in done.stderr:
        raise WorldError(
            "git refuses this folder because another user owns it",
            where=str(folder),
            remedy=f"Run: git config --global --add safe.directory {folder}",
        )
    lines = done.stdout.decode("utf-8", "surrogateescape").split("\n")
    if done.returncode or lines[0] != "true":
        return None
    return Git(git.root, lines[1])
