"""What the commits of a clone hold, by git, without any network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from sluicegate.core.errors import WorldError
from sluicegate.core.text import cut, one_line
from sluicegate.git.environment import Settings, with_settings
from sluicegate.git.repository import Repository
from sluicegate.git.runner import Done, Runner

PATHS_AT_ONCE = 500
_BLOB = re.compile(rb"[0-9a-f]{40,64} blob (\d+)\n")


def failure(folder: Path, command: str, stderr: str) -> WorldError:
    """The error for a git that failed, with its words."""
    message = cut(one_line(stderr), 300)
    if "promisor" in stderr or "not allowed" in stderr or "lazy fetching disabled" in stderr:
        return WorldError(
            "this partial clone lacks files of the base, and nothing is fetched here",
            where=str(folder),
            remedy="Clone without 'filter', or fetch them before: git fetch --refetch --no-filter.",
        )
    return WorldError(f"'git {command}' failed: {message}", where=str(folder))


@dataclass(frozen=True, slots=True)
class Commits:
    """Git in one folder of a repository. See `clone.Git`.

    `prefix` is the folder, from the top of the working tree; empty for the top, else with a slash.
    """

    root: Path
    prefix: str
    repository: Repository
    _call: Runner = field(repr=False, compare=False)

    @property
    def top(self) -> Self:
        """Git at the top of the working tree."""
        top = self.repository.top
        return replace(self, root=top, prefix="", _call=replace(self._call, folder=top))

    def ask(self, *arguments: str, stdin: bytes = b"") -> Done:
        """Call git once; a failure is an answer.

        Raises:
            WorldError: it cannot be started, or there is no room for what it is given.
        """
        return self._call(*arguments, stdin=stdin)

    def online(self, protocol: str, settings: Settings) -> Runner:
        """Git here, for a call that speaks `protocol`, with more settings: it reaches the clone's remotes."""
        environ = with_settings(self._call.environ, settings)
        return replace(self._call, environ=environ).over(protocol)

    def run(self, *arguments: str, check: bool = True) -> bytes:
        """The standard output of `git` with these arguments; empty when it failed unchecked.

        Raises:
            WorldError: git is missing, failed (with `check`), or did not end in time.
        """
        done = self.ask(*arguments)
        if not done.ok and check:
            raise failure(self.root, arguments[0], done.err)
        return done.out if done.ok else b""

    def answer(self, *arguments: str, given: str) -> bytes:
        """The standard output for what git is given on its standard input.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        done = self.ask(*arguments, stdin=given.encode("utf-8", "surrogateescape"))
        if not done.ok:
            raise failure(self.root, arguments[0], done.err)
        return done.out

    def text(self, *arguments: str) -> str:
        """The stripped output, empty when git failed."""
        return self.run(*arguments, check=False).decode("utf-8", "surrogateescape").strip()

    def commit(self, revision: str) -> str:
        """The full name of the commit that a revision names; empty when it names none here."""
        if revision.startswith("-"):
            return ""
        return self.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")

    def tree(self, commit: str) -> str:
        """The full name of a commit's tree; empty where the commit is not here."""
        return self.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{tree}}")

    def tag_before(self, commit: str, *passed_over: str) -> str:
        """The nearest tag of an earlier commit, on any side of merges, as `git describe` finds it; or empty.

        Args:
            commit: whose own tags do not count.
            passed_over: globs of tags that do not count either.
        """
        own = self.text("tag", "--points-at", commit).split("\n")
        excluded = (f"--exclude={glob}" for glob in (*filter(None, own), *passed_over))
        return self.text("describe", "--tags", "--abbrev=0", *excluded, commit)

    def parents(self, revision: str) -> list[str]:
        """The parents that this clone has; none at the edge of a shallow one."""
        return self.text("rev-list", "--parents", "-n", "1", revision, "--").split()[1:]

    def merge_base(self, one: str, other: str) -> str:
        """The best common ancestor; empty when this clone holds none."""
        return self.text("merge-base", one, other)

    def is_shallow(self) -> bool:
        """Does this clone lack history?"""
        return self.text("rev-parse", "--is-shallow-repository") == "true"

    def default_branch(self) -> str:
        """The branch that changes are merged into, as a revision; empty when none is known."""
        remote = self.text("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
        candidates = [name for name in (remote, "origin/main", "origin/master", "main", "master") if name]
        given = "".join(f"{name}^{{commit}}\n" for name in candidates)
        found = self.answer("cat-file", "--batch-check=%(objecttype)", given=given).split(b"\n")
        return next((name for name, kind in zip(candidates, found, strict=False) if kind == b"commit"), "")

    def files_at(self, revision: str, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of files in a commit; those that are not there are left out.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        wanted = [p for p in paths if p and "\n" not in p]
        if not revision or not wanted:
            return {}
        names = "".join(f"{revision}:{self.prefix}{p}\n" for p in wanted)
        return _blobs(self.answer("cat-file", "--batch", given=names), wanted)

    def sizes_at(self, revision: str, paths: Iterable[str]) -> dict[str, int]:
        """The bytes of files in a commit, each as a number; those that are not there are left out.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        wanted = [p for p in paths if p and "\n" not in p]
        if not wanted:
            return {}
        names = "".join(f"{revision}:{self.prefix}{p}\n" for p in wanted)
        out = self.answer("cat-file", "--batch-check=%(objecttype) %(objectsize)", given=names)
        answers = zip(wanted, out.split(b"\n"), strict=False)
        return {p: int(text[5:]) for p, text in answers if text.startswith(b"blob ")}

    def file_at(self, revision: str, path: str, limit: int) -> bytes | None:
        """The first `limit` bytes of a file in a commit; None without one.

        The path is from the top of the repository. Links inside the commit are followed.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        if not revision or not path or "\n" in path:
            return None
        out = self.answer("cat-file", "--batch", "--follow-symlinks", given=f"{revision}:{path}\n")
        head = _BLOB.match(out)
        return out[head.end() : head.end() + min(int(head[1]), limit)] if head else None

    def listed_at(self, revision: str, folder: str) -> list[str]:
        """The names of the files directly in a folder of a commit; empty without it."""
        if not revision or ":" in folder:
            return []
        out = self.run("ls-tree", "-z", f"{revision}:{self.prefix}{folder}", check=False)
        entries = (entry.partition(b"\t") for entry in out.split(b"\0") if entry)
        blobs = (name for head, _, name in entries if head.split()[1:2] == [b"blob"])
        return [name.decode("utf-8", "surrogateescape") for name in blobs]

    def entries(self, revision: str, paths: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Mode and object name of what a commit has at each literal path; paths that it lacks are left out.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        wanted = list(dict.fromkeys(p for p in paths if p))
        found: dict[str, tuple[str, str]] = {}
        for start in range(0, len(wanted), PATHS_AT_ONCE):
            some = wanted[start : start + PATHS_AT_ONCE]
            output = self.run("--literal-pathspecs", "ls-tree", "-z", revision, "--", *some)
            for line in filter(None, output.split(b"\0")):
                head, _, name = line.partition(b"\t")
                mode, _, object_name = head.decode("ascii").split(" ")
                found[name.decode("utf-8", "surrogateescape")] = mode, object_name
        return found

    def names(self, revision: str) -> list[str]:
        """Every path of a commit below the folder that this was opened in; submodules are one each.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        return names_of(self.run("ls-tree", "-r", "-z", "--name-only", revision))

    def sizes_of(self, names: Iterable[str]) -> dict[str, int]:
        """The bytes of blobs, each as a number, by their full names; those that are not here are left out.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        given = "".join(f"{name}\n" for name in names)
        if not given:
            return {}
        out = self.answer("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", given=given)
        fields = (line.decode("ascii", "replace").split(" ") for line in out.split(b"\n"))
        return {each[0]: int(each[2]) for each in fields if len(each) == 3 and each[1] == "blob"}

    def objects(self, names: Iterable[str]) -> dict[str, bytes]:
        """The bytes of blobs by their full names, all in memory; those that are not here are left out.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        wanted = list(names)
        given = "".join(f"{name}\n" for name in wanted)
        return _blobs(self.answer("cat-file", "--batch", given=given), wanted) if wanted else {}

    def blob(self, object_name: str, limit: int) -> bytes | None:
        """The bytes of an object; None where it is not here, or has more than `limit` bytes.

        Raises:
            WorldError: git is missing, or did not end in time.
        """
        size = self.text("cat-file", "-s", object_name)
        if not size.isdigit() or int(size) > limit:
            return None
        return self.run("cat-file", "blob", object_name)


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


def names_of(output: bytes) -> list[str]:
    """The names in what git prints with `-z`."""
    return [n.decode("utf-8", "surrogateescape") for n in output.split(b"\0") if n]
