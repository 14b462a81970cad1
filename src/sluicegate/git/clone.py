"""Reading the user's clone, without any network; and the worktrees that `bench` adds.

Paths are relative to the folder the `Git` was opened in, which may be a part of a repository
(`--relative`); nothing outside of that folder is seen. No filter (`filter.NAME.clean`), text conversion,
external diff, monitor or hook runs: they are programs, and a stranger's `.gitattributes` chooses among them.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from sluicegate.core.change import Change, FileChange
from sluicegate.core.errors import UsageError, WorldError
from sluicegate.git.commits import PATHS_AT_ONCE, Commits, failure, names_of
from sluicegate.git.diff import binary_sources, is_unaligned, parse_diff, paths_of, textual, whole_file
from sluicegate.git.environment import with_settings
from sluicegate.git.repository import Repository, find_top, links_to
from sluicegate.git.runner import Runner, runner

_MAX_OUTPUT = 1024**3
_MAX_UNTRACKED = 5_000_000
_MAX_SHOWN = 8 * 1024**2
_READ_AT_ONCE = 20

_DIFF = (
    "diff", "--relative", "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty",
    "--submodule=short", "--src-prefix=a/", "--dst-prefix=b/", "--inter-hunk-context=0",
    "--diff-algorithm=myers", "--indent-heuristic", "-O/dev/null", "-M",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Git(Commits):
    """Git in one folder of a repository: commits, and working tree. Open it with `open_repository`."""

    def is_dirty(self) -> bool:
        """Do tracked files differ from HEAD? Those that a filter changes are not looked at."""
        how = (*_DIFF, "--ignore-submodules=all", "--name-only", "--no-renames", "-z", "HEAD", "--")
        filters = self._filters()
        names = names_of(self._without(filters).run(*how, check=False))
        return len(names) > len(self._filtered(names, filters))

    def tracked(self) -> list[str]:
        """The tracked files, each once, those too that are not on the disk."""
        return list(dict.fromkeys(names_of(self.run("ls-files", "-z"))))

    def untracked(self) -> list[str]:
        """The untracked files that are not ignored."""
        return names_of(self.run("ls-files", "-z", "--others", "--exclude-standard"))

    def ignored(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of the paths that git ignores, whether they exist or not."""
        names = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
        return frozenset(names_of(self.ask("check-ignore", "-z", "--stdin", "--no-index", stdin=names).out))

    def change_between(self, base: str, head: str) -> Change:
        """What differs between two commits."""
        change = self._diff(base, head)

        def small_at_head(paths: list[str]) -> dict[str, bytes]:
            sizes = self.sizes_at(head, paths)
            return self.files_at(head, [p for p in paths if p in sizes and sizes[p] <= _MAX_SHOWN])

        return self._aligned(change, small_at_head)

    def change_of_tree(self, base: str) -> Change:
        """What differs between a commit and the working tree, untracked files included."""
        filters = self._filters()
        files = dict(self._without(filters)._diff(base).files)
        filtered = self._filtered(files, filters)
        if filtered:
            committed = self.change_between(base, "HEAD").files
            files = {p: f for p, f in files.items() if p not in filtered}
            files |= {p: f for p, f in committed.items() if p in filtered}
        files = dict(self._aligned(Change(files), self._on_disk).files)
        files |= {path: file for path in self.untracked() if (file := self._untracked_file(path))}
        return Change(files)

    def _aligned(self, change: Change, read: Callable[[list[str]], dict[str, bytes]]) -> Change:
        """The change with its files marked whose lines tools may number otherwise; large ones are, too.

        `read` gives the bytes of files of the head that have at most `_MAX_SHOWN` bytes.
        """
        files = dict(change.files)
        wanted = [path for path, file in files.items() if file.added and not file.deleted]
        for start in range(0, len(wanted), _READ_AT_ONCE):
            some = wanted[start : start + _READ_AT_ONCE]
            texts = read(some)
            odd = [path for path in some if path not in texts or is_unaligned(texts[path])]
            files |= {path: replace(files[path], unaligned=True) for path in odd}
        return Change(files)

    def _on_disk(self, paths: list[str]) -> dict[str, bytes]:
        """The bytes of files of the working tree, without those that are too large or cannot be read."""
        found = {}
        for path in paths:
            with contextlib.suppress(OSError):
                if stat.S_ISREG((self.root / path).lstat().st_mode):
                    with (self.root / path).open("rb") as stream:
                        found[path] = stream.read(_MAX_SHOWN + 1)
        return {path: data for path, data in found.items() if len(data) <= _MAX_SHOWN}

    def _filters(self) -> frozenset[str]:
        """The names of the filters that some setting defines (gitattributes(5), "filter")."""
        out = self.run("config", "--null", "--name-only", "--get-regexp", r"^filter\..*\.", check=False)
        return frozenset(key.partition(".")[2].rpartition(".")[0] for key in names_of(out))

    def _without(self, filters: frozenset[str]) -> Git:
        off = {"clean": "", "smudge": "", "process": "", "required": "false"}
        settings = [(f"filter.{name}.{key}", value) for name in filters for key, value in off.items()]
        return replace(self, _call=replace(self._call, environ=with_settings(self._call.environ, settings)))

    def _filtered(self, paths: Iterable[str], filters: frozenset[str]) -> frozenset[str]:
        """Those of the paths that one of these filters changes between commit and working tree."""
        values = self._attributes("filter", paths) if filters else {}
        return frozenset(p for p, value in values.items() if value.decode("utf-8", "replace") in filters)

    def _attributes(self, name: str, paths: Iterable[str]) -> dict[str, bytes]:
        """The value of an attribute, by path."""
        names = "".join(f"{path}\0" for path in paths)
        if not names:
            return {}
        fields = self.answer("check-attr", "-z", "--stdin", name, given=names).split(b"\0")
        return dict(zip(names_of(b"\0".join(fields[::3])), fields[2::3], strict=False))

    def _diff(self, *revisions: str) -> Change:
        raw = self.run(*_DIFF, "--raw", "-z", "--abbrev=4", *revisions, "--")
        patch = self.run(*_DIFF, "-U0", *revisions, "--")
        change = parse_diff(raw, patch)
        sources = self._hidden_sources(change, revisions)
        hidden = [path for path in self._hidden(change) if path not in sources]
        if not hidden and not sources:
            return change
        # of those that an attribute hides, what holds NUL stays hidden, as git tells binary files
        shown = map(textual, self._shown(hidden, revisions))
        return parse_diff(raw, b"\n".join((patch, *shown, *self._shown(sources, revisions))))

    def _hidden(self, change: Change) -> list[str]:
        """Files whose lines an attribute (`-diff`, `binary`) keeps from being shown, renames twice."""
        silent = {f.path: f for f in change.files.values() if not (f.added or f.removed or f.submodule)}
        unset = [path for path, value in self._attributes("diff", silent).items() if value == b"unset"]
        both = (p for path in unset for p in (silent[path].old_path, path))
        return list(dict.fromkeys(filter(None, both)))

    def _untracked_file(self, path: str) -> FileChange | None:
        """An untracked file as a change, `binary` where it cannot be read or is too large; None for a link,
        a folder or a pipe, and for one that has gone since it was listed."""
        target = self.root / path
        try:
            found = target.lstat()
            if not stat.S_ISREG(found.st_mode):
                return None
            small = found.st_size <= _MAX_UNTRACKED
            return whole_file(path, target.read_bytes()) if small else FileChange(path, binary=True)
        except FileNotFoundError:
            return None
        except OSError:
            return FileChange(path, binary=True)

    def _hidden_sources(self, change: Change, revisions: tuple[str, ...]) -> list[str]:
        """Sources that git takes for binary and that can be shown as text, with their old paths.

        A NUL in a comment keeps no other tool from reading the file. Those of more than `_MAX_SHOWN` bytes
        stay binary. The revisions are the base, and the head where that is not the working tree.
        """
        files = binary_sources(change)
        before = self.sizes_at(revisions[0], [f.old_path for f in files])
        paths = [f.path for f in files]
        if len(revisions) > 1:
            after = self.sizes_at(revisions[1], paths)
        else:
            there = (path for path in paths if os.path.lexists(self.root / path))
            after = {path: (self.root / path).lstat().st_size for path in there}
        return paths_of(files, {p for p, size in (*before.items(), *after.items()) if size > _MAX_SHOWN})

    def _shown(self, paths: list[str], revisions: tuple[str, ...]) -> Iterable[bytes]:
        """The patches of these files line by line, whatever is in them."""
        for start in range(0, len(paths), PATHS_AT_ONCE):
            some = paths[start : start + PATHS_AT_ONCE]
            yield self.run("--literal-pathspecs", *_DIFF, "--text", "-U0", *revisions, "--", *some)

    def attributes(self, path: str, names: Iterable[str]) -> dict[str, str]:
        """The attributes of a file, by name, as `git check-attr` spells their values.

        Raises:
            WorldError: git failed, or did not end in time.
        """
        values = {name: self._attributes(name, [path]).get(path, b"") for name in names}
        return {name: value.decode("utf-8", "replace") for name, value in values.items()}


def open_repository(folder: Path) -> Git | None:
    """Git in this folder; None when it is no part of a git working tree.

    The repository is the nearest one above it that `.git` marks; see `repository`.

    Raises:
        UsageError: the folder looks like a git directory itself, or a link of the commit leads to it.
        WorldError: it is part of one that git cannot read: it belongs to somebody else, it is
            damaged, or there is no git.
    """
    try:
        top = find_top(folder)
    except OSError as error:
        raise WorldError(f"the folder cannot be read: {error.strerror}", where=str(folder)) from error
    _refuse_links(folder)
    if top is None:
        return None
    call = runner(top, os.environ, max_output=_MAX_OUTPUT)
    repository = _looked_up(top, folder, call)
    if repository is None:
        return None
    named = replace(call, folder=folder, environ={**call.environ, **repository.variables})
    prefix = "" if folder.resolve() == repository.top else _prefix(named)
    return Git(folder, prefix, repository, named)


def _prefix(call: Runner) -> str:
    """The folder that git is called in, from the top of the working tree, as git itself writes it."""
    return call("rev-parse", "--show-prefix").out.decode("utf-8", "surrogateescape").removesuffix("\n")


def _refuse_links(folder: Path) -> None:
    """Refuse a folder that is reached through a link which the commit holds: a change could turn the judged
    folder into such a one, and so choose which folder's policy and baseline count.

    A process knows the way that its shell took to the current folder by `PWD` alone.
    """
    shell = Path(os.environ.get("PWD", ""))
    is_same = shell.is_absolute() and shell.exists() and folder.exists() and shell.samefile(folder)
    for way in (folder, shell) if is_same else (folder,):
        for name in _committed_links(way):
            raise UsageError(
                "the folder is reached through a link that the commit holds",
                where=name,
                remedy="Name the folder that the link leads to.",
            )


def _committed_links(way: Path) -> list[str]:
    """The links on the way to a folder that are part of the commit which is checked out there."""
    top, links = links_to(way) or (way, [])
    git = open_repository(top) if links else None
    if git is None:
        return []
    names = [link.relative_to(top).as_posix() for link in links]
    return [name for name, (mode, _) in git.entries("HEAD", names).items() if mode == "120000"]


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
        raise failure(folder, "rev-parse", done.err)
    if len(lines) != 4:
        raise WorldError("the path of the repository holds a line break", where=str(folder))
    return Repository(Path(lines[3]), Path(lines[1]), Path(lines[2]))
