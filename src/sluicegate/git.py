"""Running git in the user's clone, without any network: reading, and the worktrees that `bench` adds.

Paths are relative to the folder the `Git` was opened in, which may be a part of a repository
(`--relative`); nothing outside of that folder is seen.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.change import Change
from sluicegate.diff import parse_diff, textual, whole_file
from sluicegate.errors import WorldError
from sluicegate.text import cut, one_line

_TIMEOUT = 120
_MAX_UNTRACKED = 5_000_000
_BLOB = re.compile(rb"[0-9a-f]{40,64} blob (\d+)\n")
_PATHS_AT_ONCE = 500

_SETTINGS = (
    "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.quotePath=true",
    "-c", "diff.renameLimit=3000",
)  # fmt: skip
"""Settings of the repository or the user that would run programs, or change what we read."""

_DIFF = (
    "diff", "--relative", "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all",
    "--src-prefix=a/", "--dst-prefix=b/", "--inter-hunk-context=0", "--diff-algorithm=myers",
    "--indent-heuristic", "-O/dev/null", "-M",
)  # fmt: skip

_NOT_INHERITED = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ATTR_SOURCE", "GIT_COMMON_DIR", "GIT_DIFF_OPTS", "GIT_DIR",
        "GIT_EXTERNAL_DIFF", "GIT_GLOB_PATHSPECS", "GIT_GRAFT_FILE", "GIT_ICASE_PATHSPECS",
        "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE", "GIT_NOGLOB_PATHSPECS", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
    }
)  # fmt: skip
"""What a hook of git sets for its children: it points at another repository or index than the folder's."""


def of_folder(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment without what points git at another repository than the folder's."""
    return {k: v for k, v in inherited.items() if k not in _NOT_INHERITED}


def environment(inherited: Mapping[str, str], protocols: str = "none") -> dict[str, str]:
    """The environment for git: the folder decides what is read, in English.

    Args:
        inherited: the process's own.
        protocols: what git may speak, as `GIT_ALLOW_PROTOCOL` has it; nothing, unless asked for.
    """
    return of_folder(inherited) | {
        "LC_ALL": "C",
        "LANGUAGE": "",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": protocols,
    }


def _git(
    folder: Path, arguments: Iterable[str], stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git.

    Raises:
        WorldError: git is missing, or did not end in time.
    """
    command = ["git", "--no-pager", "--no-optional-locks", "-C", str(folder), *_SETTINGS, *arguments]
    try:
        return _finished(command, stdin or b"")
    except OSError as error:
        raise WorldError("git is not installed", where=str(folder), remedy="Install git.") from error
    except subprocess.TimeoutExpired as error:
        raise WorldError(f"git took longer than {_TIMEOUT} s", where=str(folder)) from error


def _finished(command: list[str], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run it to its end; when we are interrupted, or it takes too long, it ends with all that it started.

    A checkout is the work of a child of git's, which would go on writing.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it took longer than `_TIMEOUT`.
    """
    pipe = subprocess.PIPE
    group = None if sys.platform == "win32" else 0
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment(os.environ), process_group=group
    ) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=_TIMEOUT)
        except BaseException:
            if sys.platform == "win32":
                process.kill()
            else:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _failure(folder: Path, command: str, stderr: bytes) -> WorldError:
    """The error for a git that failed, with its words."""
    said = cut(one_line(stderr.decode("utf-8", "replace")), 300)
    if b"promisor" in stderr or b"not allowed" in stderr:
        return WorldError(
            "this partial clone lacks files of the base, and nothing is fetched here",
            where=str(folder),
            remedy="Clone without 'filter', or fetch them before: git fetch --refetch --no-filter.",
        )
    return WorldError(f"'git {command}' failed: {said}", where=str(folder))


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
        done = _git(self.root, arguments)
        if done.returncode and check:
            raise _failure(self.root, arguments[0], done.stderr)
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
        """The tracked files, each once, those too that are not on the disk."""
        return list(dict.fromkeys(_names(self.run("ls-files", "-z"))))

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
        change = parse_diff(raw, patch)
        hidden = self._hidden(change)
        if not hidden:
            return change
        return parse_diff(raw, b"\n".join((patch, *self._shown(hidden, revisions))))

    def _hidden(self, change: Change) -> list[str]:
        """Files whose lines an attribute (`-diff`, `binary`) keeps from being shown, renames twice."""
        silent = {f.path: f for f in change.files.values() if not f.added and not f.removed}
        if not silent:
            return []
        names = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in silent)
        done = _git(self.root, ("check-attr", "-z", "--stdin", "diff"), names)
        if done.returncode:
            raise _failure(self.root, "check-attr", done.stderr)
        both = (p for path in _unset(done.stdout) for p in (silent[path].old_path, path))
        return list(dict.fromkeys(filter(None, both)))

    def _shown(self, paths: list[str], revisions: tuple[str, ...]) -> Iterable[bytes]:
        """The patches of these files as text, without those that hold NUL, as git tells binary ones."""
        for start in range(0, len(paths), _PATHS_AT_ONCE):
            some = paths[start : start + _PATHS_AT_ONCE]
            patch = self.run("--literal-pathspecs", *_DIFF, "--text", "-U0", *revisions, "--", *some)
            yield textual(patch)

    def files_at(self, revision: str, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of files in a commit; those that are not there are left out.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        wanted = [p for p in paths if p and "\n" not in p]
        if not revision or not wanted:
            return {}
        names = "".join(f"{revision}:{self.prefix}{p}\n" for p in wanted)
        done = _git(self.root, ("cat-file", "--batch"), names.encode("utf-8", "surrogateescape"))
        if done.returncode:
            raise _failure(self.root, "cat-file", done.stderr)
        return _blobs(done.stdout, wanted)

    def sizes_at(self, revision: str, paths: Iterable[str]) -> dict[str, int]:
        """The bytes of files in a commit, each as a number; those that are not there are left out.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        wanted = [p for p in paths if p and "\n" not in p]
        names = "".join(f"{revision}:{self.prefix}{p}\n" for p in wanted)
        check = ("cat-file", "--batch-check=%(objecttype) %(objectsize)")
        done = _git(self.root, check, names.encode("utf-8", "surrogateescape"))
        if done.returncode:
            raise _failure(self.root, "cat-file", done.stderr)
        answers = zip(wanted, done.stdout.split(b"\n"), strict=False)
        return {p: int(text[5:]) for p, text in answers if text.startswith(b"blob ")}

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
        name = f"{revision}:{path}\n".encode("utf-8", "surrogateescape")
        done = _git(self.root, ("cat-file", "--batch", "--follow-symlinks"), name)
        if done.returncode:
            raise _failure(self.root, "cat-file", done.stderr)
        head = _BLOB.match(done.stdout)
        return done.stdout[head.end() : head.end() + min(int(head[1]), limit)] if head else None

    def entries(self, revision: str, paths: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Mode and object name of what a commit has at each path; paths that it lacks are left out.

        Args:
            revision: names a commit that is here.
            paths: below the folder that this was opened in, taken literally.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        wanted = list(dict.fromkeys(p for p in paths if p))
        found: dict[str, tuple[str, str]] = {}
        for start in range(0, len(wanted), _PATHS_AT_ONCE):
            some = wanted[start : start + _PATHS_AT_ONCE]
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
        return _names(self.run("ls-tree", "-r", "-z", "--name-only", revision))

    def blob(self, object_name: str, limit: int) -> bytes | None:
        """The bytes of an object; None where it is not here, or has more than `limit` bytes.

        Raises:
            WorldError: git is missing, or did not end in time.
        """
        size = self.text("cat-file", "-s", object_name)
        if not size.isdigit() or int(size) > limit:
            return None
        return self.run("cat-file", "blob", object_name)

    def attributes(self, path: str, names: Iterable[str]) -> dict[str, str]:
        """The attributes of a file, by name, as `git check-attr` spells their values.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        fields = self.run("check-attr", "-z", *names, "--", path).split(b"\0")
        return {
            name.decode(): value.decode("utf-8", "replace")
            for name, value in zip(fields[1::3], fields[2::3], strict=False)
        }


def _unset(output: bytes) -> list[str]:
    """The paths of `git check-attr -z` whose attribute is switched off."""
    fields = output.split(b"\0")
    return _names(
        b"\0".join(p for p, value in zip(fields[::3], fields[2::3], strict=False) if value == b"unset")
    )


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
        WorldError: it is part of one that git cannot read: it belongs to somebody else, it is
            damaged, or there is no git.
    """
    try:
        done = _git(folder, ("rev-parse", "--is-inside-work-tree", "--show-prefix"))
    except WorldError:
        if _looks_like_checkout(folder):
            raise
        return None
    if b"dubious ownership" in done.stderr:
        raise WorldError(
            "git refuses this folder because another user owns it",
            where=str(folder),
            remedy=f"Run: git config --global --add safe.directory {folder}",
        )
    if done.returncode and (b"not a git repository" not in done.stderr or _looks_like_checkout(folder)):
        raise _failure(folder, "rev-parse", done.stderr)
    lines = done.stdout.decode("utf-8", "surrogateescape").split("\n")
    return Git(folder, lines[1]) if lines[0] == "true" else None


def _looks_like_checkout(folder: Path) -> bool:
    """Does this folder, or one above it that git would look into, hold what makes a repository?"""
    if "GIT_CEILING_DIRECTORIES" in os.environ:
        return False
    absolute = folder.absolute()
    try:
        device = absolute.stat().st_dev
        above = [f for f in (absolute, *absolute.parents) if f.stat().st_dev == device]
        return any((f / ".git").is_file() or (f / ".git" / "HEAD").is_file() for f in above)
    except OSError:
        return False
