"""Reading the user's clone, without any network; and the worktrees that `bench` adds.

Paths are relative to the folder the `Git` was opened in, which may be a part of a repository
(`--relative`); nothing outside of that folder is seen. No filter (`filter.NAME.clean`), text conversion,
external diff, monitor or hook runs: they are programs, and a stranger's `.gitattributes` chooses among them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sluicegate.change import Change, FileChange
from sluicegate.diff import binary_sources, parse_diff, paths_of, textual, whole_file
from sluicegate.errors import WorldError
from sluicegate.git.environment import Settings, with_settings
from sluicegate.git.repository import Repository, find_top
from sluicegate.git.runner import Done, Runner, runner
from sluicegate.text import cut, one_line

_MAX_OUTPUT = 1024**3
_MAX_UNTRACKED = 5_000_000
_MAX_SHOWN = 8 * 1024**2
_BLOB = re.compile(rb"[0-9a-f]{40,64} blob (\d+)\n")
_PATHS_AT_ONCE = 500

_DIFF = (
    "diff", "--relative", "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all",
    "--src-prefix=a/", "--dst-prefix=b/", "--inter-hunk-context=0", "--diff-algorithm=myers",
    "--indent-heuristic", "-O/dev/null", "-M",
)  # fmt: skip


def _failure(folder: Path, command: str, stderr: str) -> WorldError:
    """The error for a git that failed, with its words."""
    said = cut(one_line(stderr), 300)
    if "promisor" in stderr or "not allowed" in stderr or "lazy fetching disabled" in stderr:
        return WorldError(
            "this partial clone lacks files of the base, and nothing is fetched here",
            where=str(folder),
            remedy="Clone without 'filter', or fetch them before: git fetch --refetch --no-filter.",
        )
    return WorldError(f"'git {command}' failed: {said}", where=str(folder))


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder of a repository. Open it with `open_repository`.

    Attributes:
        root: the folder.
        prefix: of the folder, from the top of the working tree; empty for the top, else with a slash.
        repository: the one that the folder is a part of.
    """

    root: Path
    prefix: str
    repository: Repository
    _call: Runner = field(repr=False, compare=False)

    @property
    def top(self) -> Git:
        """Git at the top of the working tree."""
        top = self.repository.top
        return Git(top, "", self.repository, replace(self._call, folder=top))

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
            raise _failure(self.root, arguments[0], done.err)
        return done.out if done.ok else b""

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
        """Do tracked files differ from HEAD? Those that a filter changes are not looked at."""
        how = (*_DIFF, "--name-only", "--no-renames", "-z", "HEAD", "--")
        filters = self._filters()
        names = _names(self._without(filters).run(*how, check=False))
        return len(names) > len(self._filtered(names, filters))

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
        filters = self._filters()
        files = dict(self._without(filters)._diff(base).files)
        filtered = self._filtered(files, filters)
        if filtered:
            committed = self.change_between(base, "HEAD").files
            files = {p: f for p, f in files.items() if p not in filtered}
            files |= {p: f for p, f in committed.items() if p in filtered}
        for path in self.untracked():
            target = self.root / path
            if target.is_file() and not target.is_symlink():
                files[path] = self._untracked_file(path)
        return Change(files)

    def _filters(self) -> frozenset[str]:
        """The names of the filters that some setting defines (gitattributes(5), "filter")."""
        out = self.run("config", "--null", "--name-only", "--get-regexp", r"^filter\..*\.", check=False)
        return frozenset(key.partition(".")[2].rpartition(".")[0] for key in _names(out))

    def _without(self, filters: frozenset[str]) -> Git:
        """The same, with these filters switched off."""
        off = {"clean": "", "smudge": "", "process": "", "required": "false"}
        settings = [(f"filter.{name}.{key}", value) for name in filters for key, value in off.items()]
        return replace(self, _call=replace(self._call, environ=with_settings(self._call.environ, settings)))

    def _filtered(self, paths: Iterable[str], filters: frozenset[str]) -> frozenset[str]:
        """Those of the paths that one of these filters changes between commit and working tree."""
        values = self._attributes("filter", paths) if filters else {}
        return frozenset(p for p, value in values.items() if value.decode("utf-8", "replace") in filters)

    def _attributes(self, name: str, paths: Iterable[str]) -> dict[str, bytes]:
        """The value of an attribute, by path.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        names = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
        done = self.ask("check-attr", "-z", "--stdin", name, stdin=names) if names else None
        if done is None:
            return {}
        if not done.ok:
            raise _failure(self.root, "check-attr", done.err)
        fields = done.out.split(b"\0")
        return dict(zip(_names(b"\0".join(fields[::3])), fields[2::3], strict=False))

    def _diff(self, *revisions: str) -> Change:
        raw = self.run(*_DIFF, "--raw", "-z", "--abbrev=4", *revisions, "--")
        patch = self.run(*_DIFF, "-U0", *revisions, "--")
        change = parse_diff(raw, patch)
        sources = self.hidden_sources(change, revisions)
        hidden = [path for path in self._hidden(change) if path not in sources]
        if not hidden and not sources:
            return change
        shown = (*self._shown(hidden, revisions), *self.shown_as_text(sources, revisions))
        return parse_diff(raw, b"\n".join((patch, *shown)))

    def _hidden(self, change: Change) -> list[str]:
        """Files whose lines an attribute (`-diff`, `binary`) keeps from being shown, renames twice."""
        silent = {f.path: f for f in change.files.values() if not f.added and not f.removed}
        unset = [path for path, value in self._attributes("diff", silent).items() if value == b"unset"]
        both = (p for path in unset for p in (silent[path].old_path, path))
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
        done = self.ask("cat-file", "--batch", stdin=names.encode("utf-8", "surrogateescape"))
        if not done.ok:
            raise _failure(self.root, "cat-file", done.err)
        return _blobs(done.out, wanted)

    def sizes_at(self, revision: str, paths: Iterable[str]) -> dict[str, int]:
        """The bytes of files in a commit, each as a number; those that are not there are left out.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        wanted = [p for p in paths if p and "\n" not in p]
        if not wanted:
            return {}
        names = "".join(f"{revision}:{self.prefix}{p}\n" for p in wanted)
        check = ("cat-file", "--batch-check=%(objecttype) %(objectsize)")
        done = self.ask(*check, stdin=names.encode("utf-8", "surrogateescape"))
        if not done.ok:
            raise _failure(self.root, "cat-file", done.err)
        answers = zip(wanted, done.out.split(b"\n"), strict=False)
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
        done = self.ask("cat-file", "--batch", "--follow-symlinks", stdin=name)
        if not done.ok:
            raise _failure(self.root, "cat-file", done.err)
        head = _BLOB.match(done.out)
        return done.out[head.end() : head.end() + min(int(head[1]), limit)] if head else None

    def _untracked_file(self, path: str) -> FileChange:
        """An untracked file as a change; one that is too large to be read is `binary`."""
        target = self.root / path
        small = target.stat().st_size <= _MAX_UNTRACKED
        return whole_file(path, target.read_bytes()) if small else FileChange(path, binary=True)

    def hidden_sources(self, change: Change, revisions: tuple[str, ...]) -> list[str]:
        """Sources that git takes for binary and that can be shown as text, with their old paths.

        A NUL in a comment keeps no other tool from reading the file. Those of more than `_MAX_SHOWN` bytes
        stay binary.

        Args:
            change: as git shows it.
            revisions: of the base, and of the head where that is not the working tree.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        files = binary_sources(change)
        before = self.sizes_at(revisions[0], [f.old_path for f in files])
        after = self._sizes(revisions, [f.path for f in files])
        return paths_of(files, {p for p, size in (*before.items(), *after.items()) if size > _MAX_SHOWN})

    def _sizes(self, revisions: tuple[str, ...], paths: list[str]) -> dict[str, int]:
        """The sizes of files of the head."""
        if len(revisions) > 1:
            return self.sizes_at(revisions[1], paths)
        there = (path for path in paths if os.path.lexists(self.root / path))
        return {path: (self.root / path).lstat().st_size for path in there}

    def shown_as_text(self, paths: list[str], revisions: tuple[str, ...]) -> Iterable[bytes]:
        """The patches of these files line by line, whatever is in them.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        for start in range(0, len(paths), _PATHS_AT_ONCE):
            some = paths[start : start + _PATHS_AT_ONCE]
            yield self.run("--literal-pathspecs", *_DIFF, "--text", "-U0", *revisions, "--", *some)

    def listed_at(self, revision: str, folder: str) -> list[str]:
        """The names of the files that stand directly in a folder of a commit; empty without it.

        Args:
            revision: names a commit.
            folder: below the folder that this was opened in; empty for that one itself.
        """
        if not revision or ":" in folder:
            return []
        out = self.run("ls-tree", "-z", f"{revision}:{self.prefix}{folder}", check=False)
        entries = (entry.partition(b"\t") for entry in out.split(b"\0") if entry)
        blobs = (name for head, _, name in entries if head.split()[1:2] == [b"blob"])
        return [name.decode("utf-8", "surrogateescape") for name in blobs]

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
        values = {name: self._attributes(name, [path]).get(path, b"") for name in names}
        return {name: value.decode("utf-8", "replace") for name, value in values.items()}


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

    The repository is the nearest one above it that `.git` marks; see `repository`.

    Raises:
        UsageError: the folder looks like a git directory itself.
        WorldError: it is part of one that git cannot read: it belongs to somebody else, it is
            damaged, or there is no git.
    """
    try:
        top = find_top(folder)
    except OSError as error:
        raise WorldError(f"the folder cannot be read: {error.strerror}", where=str(folder)) from error
    if top is None:
        return None
    call = runner(top, os.environ, max_output=_MAX_OUTPUT)
    repository = _looked_up(top, folder, call)
    if repository is None:
        return None
    named = replace(call, folder=folder, environ={**call.environ, **repository.variables})
    prefix = named("rev-parse", "--show-prefix").out.decode("utf-8", "surrogateescape").removesuffix("\n")
    return Git(folder, prefix, repository, named)


def _looked_up(top: Path, folder: Path, call: Runner) -> Repository | None:
    """The repository that git sees at its top, where `.git` is what it looks at first.

    So git's own rules about whose repositories it reads (`safe.directory`) hold.
    """
    here = replace(call, environ={**call.environ, "GIT_CEILING_DIRECTORIES": str(top.parent)})
    done = here(
        "rev-parse", "--is-inside-work-tree", "--path-format=absolute", "--git-dir", "--git-common-dir",
        "--show-toplevel",
    )  # fmt: skip
    if "dubious ownership" in done.err:
        raise WorldError(
            "git refuses this folder because another user owns it",
            where=str(folder),
            remedy=f"Run: git config --global --add safe.directory {top}",
        )
    lines = done.out.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
    if lines[0] == "false":
        return None
    if not done.ok:
        raise _failure(folder, "rev-parse", done.err)
    if len(lines) != 4:
        raise WorldError("the path of the repository holds a line break", where=str(folder))
    return Repository(Path(lines[3]), Path(lines[1]), Path(lines[2]))
