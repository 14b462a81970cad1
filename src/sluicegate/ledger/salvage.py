"""Fetching from a server that lacks objects or has damaged ones: fetches the others, and names these."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sluicegate.core.text import cut, one_line
from sluicegate.git.remote import NAME
from sluicegate.git.runner import Done, Runner
from sluicegate.ledger.answers import GitFailure, meaning, words
from sluicegate.ledger.interface import UnreachableError

MAX_FAILURES = 64
"""Requests that may fail in one call; objects that are then still missing count as lost."""

MAX_FOLDERS = 10_000
"""Folders of a ledger that are read one by one: a year has 377."""

MAX_DEPTH = 6
"""Depth of folders, two more than that of a document."""

_NOTHING = Done(0, b"", "")

_NAME = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b")

REMEDY = (
    "The server's repository is damaged: push the ref again from a clone that has it, or run "
    "`git fsck` there."
)


class Part(enum.IntEnum):
    """How much of a ledger was fetched, from all of it to the least."""

    WHOLE = 0
    CHAIN = 1
    NEWEST = 2
    COMMIT = 3


HOW: Mapping[Part, tuple[str, ...]] = {
    Part.WHOLE: (),
    Part.CHAIN: ("--filter=blob:none",),
    Part.NEWEST: ("--depth=1", "--filter=blob:none"),
    Part.COMMIT: ("--depth=1", "--filter=tree:0"),
}
"""By part: the options of `git fetch`."""


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The result of a fetch: of the ledger, how much of it and why not more, and of the baselines."""

    done: Done
    part: Part
    reason: str = ""
    baselines: Done = _NOTHING


def fetch_objects(fetching: Runner, names: Collection[str]) -> frozenset[str]:
    """Fetch objects alone, without those that they name; returns those that are missing or damaged.

    A request succeeds or fails as a whole. Objects that the server names as damaged are left out and the
    rest is requested again; where it names none, halves are requested.

    Raises:
        UnreachableError: the server cannot be reached.
    """
    waiting, lost, failures, done = [sorted(names)], set[str](), 0, _NOTHING
    while waiting and failures < MAX_FAILURES:
        some = waiting.pop()
        done = _fetch(fetching, some)
        if done.ok:
            continue
        if meaning(done.err) is not GitFailure.DAMAGED:
            raise _unreachable(done)
        failures += 1
        bad, requests = _divided(some, done.err)
        lost |= bad
        waiting += requests
    lost = lost.union(*waiting)
    if lost and lost.issuperset(names) and not _NAME.search(done.err):
        raise _unreachable(done)  # a server that sent nothing and names nothing may as well be down
    return frozenset(lost)


def _divided(names: list[str], message: str) -> tuple[set[str], list[list[str]]]:
    """After a failed request: the damaged objects, and the requests for the others."""
    bad = {names[0]} if len(names) == 1 else set(_NAME.findall(message)).intersection(names)
    rest = [name for name in names if name not in bad]
    middle = 0 if bad else len(rest) // 2
    return bad, [part for part in (rest[:middle], rest[middle:]) if part]


def _unreachable(done: Done) -> UnreachableError:
    return UnreachableError(f"documents could not be fetched: {words(done.err)}")


def _fetch(fetching: Runner, names: Collection[str]) -> Done:
    if not names:
        return _NOTHING
    return fetching(
        "-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
        "--recurse-submodules=no", "--filter=tree:0", "--stdin", NAME, stdin=object_lines(names),
    )  # fmt: skip


def object_lines(names: Iterable[str]) -> bytes:
    """Object names as input of git, a line each."""
    return "".join(f"{name}\n" for name in names).encode()


def files_of(run: Runner, fetching: Runner, tip: str, fetched: FetchResult) -> tuple[bytes, tuple[str, ...]]:
    """The files of a commit as `git ls-tree -r -z` lists them, and a line for each missing folder.

    Raises:
        UnreachableError: they cannot be listed.
    """
    if not tip:
        return b"", ()
    if fetched.part is not Part.COMMIT:
        done = run("ls-tree", "-r", "-z", "--full-tree", tip)
        if done.ok:
            return done.out, ()
        if meaning(done.err) is not GitFailure.DAMAGED:
            raise UnreachableError(f"the ledger's files cannot be listed: {words(done.err)}")
    walk = _Walk(run, fetching).of(tip)
    return b"".join(walk.files), tuple(walk.lost)


@dataclass(slots=True)
class _Walk:
    """The files of a commit as `git ls-tree -r -z` lists them, folder by folder; a line for each lost one.

    Git does not send a folder whose subfolders it cannot read, so these are lost together.
    """

    run: Runner
    fetching: Runner
    files: list[bytes] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    _count: int = 0

    def of(self, commit: str) -> _Walk:
        """Read every folder of a fetched commit by itself."""
        head = self.run("cat-file", "commit", commit).line.split()
        level = {b"": head[1]} if head[:1] == ["tree"] else {}
        for _ in range(MAX_DEPTH):
            level = self._level(level)
        self.lost += [_lost(folder, "is nested too deeply") for folder in level]
        return self

    def _level(self, level: dict[bytes, str]) -> dict[bytes, str]:
        self._count += len(level)
        if self._count > MAX_FOLDERS:
            raise UnreachableError(f"the ledger has more than {MAX_FOLDERS:,} folders, and some are damaged")
        gone = fetch_objects(self.fetching, set(level.values()))
        below: dict[bytes, str] = {}
        for folder, tree in level.items():
            done = None if tree in gone else self.run("ls-tree", "-z", tree)
            if done is None or not done.ok:
                self.lost.append(_lost(folder, "cannot be read on the server"))
                continue
            self._take(folder, done.out, below)
        return below

    def _take(self, folder: bytes, out: bytes, below: dict[bytes, str]) -> None:
        for head, _, name in (entry.partition(b"\t") for entry in out.split(b"\0") if entry):
            _, kind, sha = head.split()
            if kind == b"tree":
                below[folder + name + b"/"] = sha.decode()
            else:
                self.files.append(head + b"\t" + folder + name + b"\0")


def _lost(folder: bytes, why: str) -> str:
    name = cut(one_line(folder.decode("utf-8", "replace")), 200) or "the whole ledger"
    return f"{name}: {why}. Its documents are left out. {REMEDY}"
