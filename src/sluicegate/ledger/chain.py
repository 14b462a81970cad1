"""The chain of a ledger's commits, and the prunings that it tells of: what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sluicegate.core.text import cut, one_line, plural
from sluicegate.git.runner import Done, Runner
from sluicegate.ledger.answers import words
from sluicegate.ledger.documents import PRUNED, Document, Pruning, place_of
from sluicegate.ledger.interface import UnreachableError


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a commit's difference to its parent: `A`, `M`, `D` or `T`, the new mode, the path."""

    letter: str
    mode: str
    path: str


@dataclass(frozen=True, slots=True)
class Link:
    """One commit of the chain, with its parents and what it changes."""

    commit: str
    parents: tuple[str, ...]
    changes: tuple[Change, ...]


def chain(run: Runner, tip: str) -> list[Link]:
    """Every commit of the ledger, newest first, with what it changes: those along first parents.

    What other parents bring in shows in the merge, which is a problem itself.

    Raises:
        UnreachableError: git cannot tell.
    """
    listing = _told(run("rev-list", "--first-parent", "--parents", tip)).decode()
    listed = [line.split() for line in listing.splitlines()]
    pairs = "".join(" ".join(names[:2]) + "\n" for names in listed).encode()
    compare = ("diff-tree", "--stdin", "--root", "-r", "-z", "--raw", "--no-renames")
    changes = _changes(_told(run(*compare, stdin=pairs)))
    return [Link(w[0], tuple(w[1:]), tuple(changes.get(w[0], ()))) for w in listed]


def _told(done: Done) -> bytes:
    if not done.ok:
        raise UnreachableError(f"the chain of commits cannot be read: {words(done.err)}")
    return done.out


def _changes(out: bytes) -> dict[str, list[Change]]:
    """By commit, the entries of `diff-tree --stdin -z --raw`."""
    found: dict[str, list[Change]] = {}
    fields = iter(out.split(b"\0"))
    commit = ""
    for item in fields:
        for part in item.rsplit(b"\n", 1):
            if part.startswith(b":"):
                words = part.decode().split()
                path = next(fields, b"").decode("utf-8", "replace")
                found.setdefault(commit, []).append(Change(words[4][:1], words[1], path))
            elif part:
                commit = part.decode("utf-8", "replace").split()[0]
    return found


def chain_problems(links: Iterable[Link], foreign: int) -> Iterator[str]:
    """What is wrong with the commits, and with files that are no documents."""
    for link in links:
        yield from link_problems(link)
    if foreign:
        yield f"{plural(foreign, 'file is no document', 'files are no documents')} of a ledger"


def link_problems(link: Link) -> Iterator[str]:
    """What is wrong with one commit: a ledger is one line, and commits only add documents."""
    name = link.commit[:12]
    if len(link.parents) > 1:
        yield f"commit {name} has {len(link.parents)} parents: the chain is no line"
    words = {"M": "changes", "D": "takes away", "T": "changes the kind of"}
    for change in link.changes:
        path = cut(one_line(change.path), 200)
        if change.letter != "A":
            yield f"commit {name} {words.get(change.letter, 'changes')} {path}"
        elif change.mode != "100644" or place_of(change.path) is None:
            yield f"commit {name} adds what is no document: {path}"


# --- prunings ------------------------------------------------------------------------------------


def believed(
    prunings: Mapping[str, Document[Pruning]], links: Sequence[Link]
) -> tuple[list[Document[Pruning]], list[str]]:
    """The prunings that happened, and what is wrong with the others.

    A pruning is told by the first commit of the chain, which it made, and which holds nothing older than
    it says; the prunings before it were kept there. A document that says so anywhere else pruned nothing.

    Args:
        prunings: documents by where they stand, oldest first.
        links: the chain, newest first; empty for a folder, which has none.
    """
    beginning = {c.path for c in links[-1].changes} if links else set(prunings)
    oldest = _oldest(beginning) if links else date.max
    real: list[Document[Pruning]] = []
    forged: list[str] = []
    for path, told in prunings.items():
        if path not in beginning or oldest < told.body.first:
            forged.append(f"{path}: tells of a pruning that did not make this chain")
        else:
            real.append(told)
    return real, forged


def _oldest(paths: Iterable[str]) -> date:
    """The first day that a document is of, but for those that tell of prunings."""
    return min((p.day for p in filter(None, map(place_of, paths)) if p.kind != PRUNED), default=date.max)


def first_kept(prunings: Iterable[Document[Pruning]]) -> date | None:
    """The first day that no pruning took away; None when nothing was pruned."""
    return max((p.body.first for p in prunings), default=None)


def resurrected(paths: Iterable[str], prunings: Iterable[Document[Pruning]]) -> list[str]:
    """Documents that a pruning took away, and that are there again."""
    first = first_kept(prunings)
    places = filter(None, map(place_of, paths))
    return sorted(
        f"{p.path}: was pruned (before {first}) and is there again"
        for p in places
        if first is not None and p.kind != PRUNED and p.day < first
    )
