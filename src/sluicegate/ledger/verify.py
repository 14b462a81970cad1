"""Verifying a ledger: the chain of its commits, and every document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sluicegate.errors import EvidenceError
from sluicegate.evidence.json_file import text
from sluicegate.history import Entry
from sluicegate.ledger.documents import PRUNED, REPORT, Document, place_of
from sluicegate.ledger.gitrun import Run
from sluicegate.ledger.gitstore import GitView
from sluicegate.ledger.interface import View
from sluicegate.ledger.recording import WHERE, of_document, read_all
from sluicegate.ledger.wire_fields import decode
from sluicegate.text import cut, one_line


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


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what is wrong.

    Attributes:
        commits, documents: how many there are.
        pruned: the old tips that prunings name, oldest first.
        problems: one line each.
    """

    commits: int
    documents: int
    pruned: tuple[str, ...]
    problems: tuple[str, ...]


def verify(view: View) -> Verified:
    """Look at everything.

    Raises:
        UnreachableError: documents could not be fetched.
    """
    links = chain(view.run, view.tip) if isinstance(view, GitView) and view.tip else []
    problems = list(chain_problems(links, view.foreign))
    found: list[Document] = []
    for path, document, unread in read_all(view, sorted(view.paths)):
        if problem := unread or _body_problem(path, document):
            problems.append(problem)
        elif document is not None and document.kind == PRUNED:
            found.append(document)
    prunings = sorted(found, key=lambda d: d.at)
    problems += [*resurrected(view.paths, prunings), *_baseline_problems(view, prunings)]
    tips = tuple(text(d.body.get("tip"), 64) for d in prunings)
    return Verified(len(links), len(view.paths), tips, tuple(problems))


def _body_problem(path: str, document: Document | None) -> str:
    if document is None or document.kind != REPORT:
        return ""
    try:
        of_document(path, document)
    except EvidenceError as error:
        return str(error)
    return ""


# --- the chain ---------------------------------------------------------------------------------


def chain(run: Run, tip: str) -> list[Link]:
    """Every commit of the ledger, newest first, with what it changes."""
    listed = [line.split() for line in run("rev-list", "--parents", tip).line.splitlines()]
    names = "".join(f"{words[0]}\n" for words in listed).encode()
    out = run("diff-tree", "--stdin", "--root", "-r", "-z", "--raw", "--no-renames", "-m",
              "--first-parent", stdin=names).out  # fmt: skip
    changes = _changes(out)
    return [Link(w[0], tuple(w[1:]), tuple(changes.get(w[0], ()))) for w in listed]


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
        yield f"{foreign:,} files are no documents of a ledger"


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


# --- prunings and baselines --------------------------------------------------------------------


def first_kept(prunings: Iterable[Document]) -> date | None:
    """The first day that no pruning took away; None when nothing was pruned."""
    days = [d for p in prunings if (d := _day(p.body)) is not None]
    return max(days, default=None)


def _day(body: Mapping[str, object]) -> date | None:
    try:
        return date.fromisoformat(text(body.get("first"), 10))
    except ValueError:
        return None


def resurrected(paths: Iterable[str], prunings: Iterable[Document]) -> list[str]:
    """Documents that a pruning took away, and that are there again."""
    first = first_kept(prunings)
    places = filter(None, map(place_of, paths))
    return sorted(
        f"{p.path}: was pruned (before {first}) and is there again"
        for p in places
        if first is not None and p.kind != PRUNED and p.day < first
    )


def _baseline_problems(view: View, prunings: Iterable[Document]) -> list[str]:
    """Baselines that cannot be read, or that speak of reports which the ledger does not have."""
    data = view.baselines
    if data is None:
        return ["there are no baselines; `sluicegate ledger rebuild` makes them"] if view.paths else []
    try:
        return _unknown(decode(data, WHERE).entries, view.paths, prunings)
    except EvidenceError as error:
        return [str(error)]


def _unknown(entries: Iterable[Entry], paths: Iterable[str], prunings: Iterable[Document]) -> list[str]:
    first = first_kept(prunings)
    since = first.isoformat() if first else ""
    there = {(p.key, p.digest) for p in map(place_of, paths) if p is not None}
    unknown = [e.commit[:12] for e in entries if (e.commit, e.document) not in there and e.at[:10] >= since]
    return [f"the baselines speak of a report of {c} that the ledger does not have" for c in unknown]
