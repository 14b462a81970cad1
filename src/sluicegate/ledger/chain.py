"""Problems of the chain of a ledger's commits, and of the prunings that it records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sluicegate.core.text import cut, one_line, plural
from sluicegate.git.runner import Done, Runner
from sluicegate.ledger.answers import words
from sluicegate.ledger.documents import Document, Pruning, parse_path, stands_alone
from sluicegate.ledger.interface import UnreachableError


@dataclass(frozen=True, slots=True)
class TreeChange:
    """One entry of a commit's difference to its parent: `A`, `M`, `D` or `T`, the new mode, the path."""

    letter: str
    mode: str
    path: str


@dataclass(frozen=True, slots=True)
class Link:
    """One commit of the chain, with its parents and what it changes."""

    commit: str
    parents: tuple[str, ...]
    changes: tuple[TreeChange, ...]


def chain(run: Runner, tip: str) -> list[Link]:
    """Every commit of the ledger, newest first, with what it changes: those along first parents.

    A merge commit, which is a problem itself, lists the changes of its other parents.

    Raises:
        UnreachableError: git cannot read it.
    """
    listing = _output(run("rev-list", "--first-parent", "--parents", tip)).decode()
    listed = [line.split() for line in listing.splitlines()]
    pairs = "".join(" ".join(names[:2]) + "\n" for names in listed).encode()
    compare = ("diff-tree", "--stdin", "--root", "-r", "-z", "--raw", "--no-renames")
    changes = _changes(_output(run(*compare, stdin=pairs)))
    return [Link(w[0], tuple(w[1:]), tuple(changes.get(w[0], ()))) for w in listed]


def _output(done: Done) -> bytes:
    if not done.ok:
        raise UnreachableError(f"the chain of commits cannot be read: {words(done.err)}")
    return done.out


def _changes(out: bytes) -> dict[str, list[TreeChange]]:
    """By commit, the entries of `diff-tree --stdin -z --raw`."""
    found: dict[str, list[TreeChange]] = {}
    fields = iter(out.split(b"\0"))
    commit = ""
    for item in fields:
        for part in item.rsplit(b"\n", 1):
            if part.startswith(b":"):
                words = part.decode().split()
                path = next(fields, b"").decode("utf-8", "replace")
                found.setdefault(commit, []).append(TreeChange(words[4][:1], words[1], path))
            elif part:
                commit = part.decode("utf-8", "replace").split()[0]
    return found


def chain_problems(links: Iterable[Link], foreign: int) -> Iterator[str]:
    """Problems of the commits, and the number of files that are not documents.

    A commit must have at most one parent, and only add documents.
    """
    words = {"M": "changes", "D": "deletes", "T": "changes the kind of"}
    for link in links:
        name = link.commit[:12]
        if len(link.parents) > 1:
            yield f"commit {name} has {len(link.parents)} parents: the chain must be a single line of commits"
        for change in link.changes:
            path = cut(one_line(change.path), 200)
            if change.letter != "A":
                yield f"commit {name} {words.get(change.letter, 'changes')} {path}"
            elif change.mode != "100644" or parse_path(change.path) is None:
                yield f"commit {name} adds a file that is not a document: {path}"
    if foreign:
        yield f"{plural(foreign, 'file is not a document', 'files are not documents')} of a ledger"


# --- prunings ------------------------------------------------------------------------------------


def verified_prunings(
    prunings: Mapping[str, Document[Pruning]], links: Sequence[Link]
) -> tuple[list[Document[Pruning]], list[str]]:
    """The prunings that happened, and the problems of the others, from the oldest.

    The first commit of the chain, which a pruning creates, must hold its document, those of earlier
    prunings, and nothing older than the first day that was kept, but what is kept together. A document
    elsewhere pruned nothing. A folder has no chain; the links of one begin with the newest.
    """
    beginning = {c.path for c in links[-1].changes} if links else set(prunings)
    days = (p.day for p in filter(None, map(parse_path, beginning)) if stands_alone(p.kind))
    oldest = min(days, default=date.max) if links else date.max
    real: list[Document[Pruning]] = []
    forged: list[str] = []
    for path, document in prunings.items():
        if path not in beginning or oldest < document.body.first:
            forged.append(f"{path}: describes a pruning that did not create this chain")
        else:
            real.append(document)
    return real, forged


def first_kept(prunings: Iterable[Document[Pruning]]) -> date | None:
    """The first day that every pruning kept; None when nothing was pruned."""
    return max((p.body.first for p in prunings), default=None)


def resurrected(paths: Iterable[str], prunings: Iterable[Document[Pruning]]) -> list[str]:
    """Documents that a pruning removed and that are present again."""
    first = first_kept(prunings)
    places = filter(None, map(parse_path, paths))
    return sorted(
        f"{p.path}: was pruned (before {first}) and is present again"
        for p in places
        if first is not None and p.day < first and stands_alone(p.kind)
    )
