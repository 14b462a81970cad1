"""Reads the changed files of a range, and the unchanged ones that are needed beside them, from the clone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluicegate.git import Git
from sluicegate.release.impact import dependencies, settings
from sluicegate.release.impact.compare import Comparison, FilePair
from sluicegate.release.impact.model import Group, Impact, Unread
from sluicegate.release.notes.read import Range

MAX_FILE = 8 * 1024**2
"""Bytes of a file above which it is not read."""
MAX_FILES = 20_000
"""Changed files that are looked at."""
MAX_TOTAL = 1024**3
"""Bytes of all files that are looked at."""
_MAX_PATH = 4_096
_MAX_NAMES = 500
_MAX_UNCHANGED = 2_000
_MAX_SCHEMAS = 20
_AT_ONCE = 16 * 1024**2
_REGULAR = ("100644", "100755", "100664")
_DIFF = (
    "diff-tree", "-r", "-z", "--raw", "--relative", "--no-abbrev", "--no-ext-diff", "--no-textconv",
    "-M", "-l1000", "--ignore-submodules=all", "--end-of-options",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A changed file: its paths, and the names of its blobs; empty where there is no regular file."""

    path: str
    old_path: str
    before: str
    after: str

    @property
    def names(self) -> list[str]:
        """The names of its blobs."""
        return [name for name in (self.before, self.after) if name]


def impact_of(git: Git, span: Range, runbooks: Sequence[str]) -> Impact:
    """The impact of a range: what differs between the trees of its two commits.

    Args:
        git: the clone; a folder of it sees what is below.
        span: the range; without a base, everything is new.
        runbooks: globs of the runbooks.

    Raises:
        WorldError: git failed.
    """
    comparison = Comparison(runbooks)
    found = list(_changed(git, span))
    changed = [file for file in found if max(len(file.path), len(file.old_path)) <= _MAX_PATH]
    comparison.files = len(found)
    for reason in _not_looked_at(len(found), len(changed)):
        comparison.unread += [Unread(group, "", reason) for group in Group]
    for pair in _pairs(git, changed[:MAX_FILES], comparison):
        comparison.add(pair)
    seen = {file.path for file in changed} | {file.old_path for file in changed}
    _add_unchanged(git, span.head, comparison, seen)
    return comparison.impact(span.shown, span.base, span.head)


def _not_looked_at(found: int, short: int) -> Iterator[str]:
    """Why not all of the changed files are looked at, of which so many have paths that are short enough."""
    if found > short:
        yield f"paths of more than {_MAX_PATH:,} characters are not looked at"
    if short > MAX_FILES:
        yield f"of {short:,} changed files only {MAX_FILES:,} are looked at"


def _changed(git: Git, span: Range) -> Iterator[ChangedFile]:
    base = span.base or git.answer("hash-object", "-t", "tree", "--stdin", given="").decode().strip()
    fields = git.run(*_DIFF, base, span.head).decode("utf-8", "surrogateescape").split("\0")
    at = 0
    while at + 1 < len(fields):
        modes = fields[at].lstrip(":").split(" ")
        paths = fields[at + 1 : at + (3 if modes[4][:1] in ("R", "C") else 2)]
        at += 1 + len(paths)
        before, after = (
            name if mode in _REGULAR else "" for mode, name in zip(modes[:2], modes[2:4], strict=True)
        )
        if before or after:
            yield ChangedFile(paths[-1], paths[0], before, after)


def _pairs(git: Git, changed: Sequence[ChangedFile], comparison: Comparison) -> Iterator[FilePair]:
    """The files that may matter, with their bytes; those that are too large or not here are noted."""
    wanted = [f for f in changed if any(map(comparison.may_matter, (f.path, f.old_path)))]
    sizes = git.sizes_of({name for file in wanted for name in file.names})
    left = MAX_TOTAL
    batch: list[ChangedFile] = []
    weight = 0
    for file in wanted:
        weights = [sizes.get(name, -1) for name in file.names]
        reason = _too_much(weights, left)
        if reason:
            comparison.cannot_read(file.path, reason)
            continue
        if weight + sum(weights) > _AT_ONCE:
            yield from _read(git, batch)
            batch, weight = [], 0
        batch.append(file)
        weight += sum(weights)
        left -= sum(weights)
    yield from _read(git, batch)


def _too_much(weights: Sequence[int], left: int) -> str:
    """Why files of these bytes are not read; empty where they are."""
    if min(weights) < 0:
        return "it is not in this clone"
    if max(weights) > MAX_FILE:
        return f"it has more than {MAX_FILE:,} bytes"
    return f"all files have more than {MAX_TOTAL:,} bytes" if sum(weights) > left else ""


def _read(git: Git, batch: Sequence[ChangedFile]) -> Iterator[FilePair]:
    data = git.objects({name for file in batch for name in file.names})
    for file in batch:
        old_path = file.old_path if file.old_path != file.path else ""
        yield FilePair(file.path, data.get(file.before), data.get(file.after), old_path)


# --- unchanged files ---------------------------------------------------------------------------


def _add_unchanged(git: Git, head: str, comparison: Comparison, seen: set[str]) -> None:
    """A key or a dependency that left one file and stays in another is not gone."""
    names = frozenset(filter(settings.reader_of, _with_names(git, head, comparison)))
    packages = frozenset(_of_ecosystems(git, head, comparison))
    paths = sorted((names | packages) - seen)
    if len(paths) > _MAX_UNCHANGED:
        reason = f"{len(paths):,} unchanged files may have the same names; {_MAX_UNCHANGED:,} are looked at"
        comparison.unread.append(Unread(Group.SETTINGS, "", reason))
    for path, data in _small(git, head, paths[:_MAX_UNCHANGED]):
        places = ((Group.SETTINGS, names), (Group.DEPENDENCIES, packages))
        comparison.add_unchanged(path, data, [group for group, found in places if path in found])
    _add_schemas(git, head, comparison)


def _add_schemas(git: Git, head: str, comparison: Comparison) -> None:
    if comparison.needs_databases:
        schemas = [path for path in git.names(head) if path.endswith(".prisma")][:_MAX_SCHEMAS]
        comparison.add_schemas(data for _, data in _small(git, head, schemas))


def _small(git: Git, head: str, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """The files of a commit that are not too large, with their bytes."""
    sizes = git.sizes_at(head, paths)
    small = [path for path in paths if sizes.get(path, MAX_FILE + 1) <= MAX_FILE]
    for start in range(0, len(small), 50):
        yield from git.files_at(head, small[start : start + 50]).items()


def _of_ecosystems(git: Git, head: str, comparison: Comparison) -> Iterator[str]:
    """The manifests and locks of ecosystems whose files changed; all of them where drivers are looked for."""
    ecosystems = comparison.ecosystems()
    if not ecosystems and not comparison.needs_databases:
        return
    for path in git.names(head):
        format_ = dependencies.format_of(path)
        if format_ is not None and (format_.ecosystem in ecosystems or comparison.needs_databases):
            yield path


def _with_names(git: Git, head: str, comparison: Comparison) -> list[str]:
    """The files of the commit that hold a name which only one side of the changed files has."""
    names = comparison.open_names()
    if len(names) > _MAX_NAMES:
        reason = f"{len(names):,} names came or went; {_MAX_NAMES} of them are looked up in unchanged files"
        comparison.unread.append(Unread(Group.SETTINGS, "", reason))
    return _files_with(git, head, names[:_MAX_NAMES], comparison) if names else []


def _files_with(git: Git, head: str, names: Sequence[str], comparison: Comparison) -> list[str]:
    patterns = [part for name in names for part in ("-e", name)]
    done = git.ask("grep", "-z", "-l", "-I", "-F", "-w", "--no-color", "--no-textconv", *patterns, head, "--")
    if not done.ok and done.code != 1:
        reason = f"unchanged files could not be searched: {done.last_words}"
        comparison.unread.append(Unread(Group.SETTINGS, "", reason))
    found = done.out.decode("utf-8", "surrogateescape").split("\0") if done.ok else []
    return [entry.partition(":")[2] for entry in found if entry]
