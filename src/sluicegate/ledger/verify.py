"""Verifying a ledger: the chain of its commits, and every document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sluicegate.errors import EvidenceError
from sluicegate.evidence.json_file import text
from sluicegate.git.runner import Runner
from sluicegate.history import Entry
from sluicegate.ledger.baselines import Baselines, edges
from sluicegate.ledger.documents import PRUNED, REPORT, Document, place_of
from sluicegate.ledger.gitview import GitView
from sluicegate.ledger.interface import View
from sluicegate.ledger.record import entry_of, line_of
from sluicegate.ledger.recording import WHERE, read_all
from sluicegate.ledger.wire import encode
from sluicegate.ledger.wire_fields import decode
from sluicegate.text import cut, one_line

_AT_ONCE = 100
"""Reports whose bodies are looked at together."""


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
    bodies = _Bodies(problems)
    for path, document, unread in read_all(view, sorted(view.paths)):
        if document is None:
            problems.append(unread)
        elif document.kind == REPORT:
            bodies.add(path, document)
        elif document.kind == PRUNED:
            found.append(document)
    bodies.check()
    prunings, forged = believed(sorted(found, key=lambda d: d.at), links)
    problems += forged
    problems += [*resurrected(view.paths, prunings), *_baseline_problems(view, prunings)]
    tips = tuple(text(d.body.get("tip"), 64) for d in prunings)
    return Verified(len(links), len(view.paths), tips, tuple(problems))


@dataclass(slots=True)
class _Bodies:
    """The bodies of reports: each must be what the baselines can hold, as `recording.of_document` asks.

    That is asked of many together, which costs a fraction: where they all come back, each would alone.
    """

    problems: list[str]
    waiting: list[tuple[str, Baselines]] = field(default_factory=list)

    def add(self, path: str, document: Document) -> None:
        """Look at one; some of what is wrong is found by `check`."""
        try:
            own = Baselines((entry_of(path, document),), edges(line_of(document)))
        except EvidenceError as error:
            self.problems.append(str(error))
            return
        self.waiting.append((path, own))
        if len(self.waiting) >= _AT_ONCE:
            self.check()

    def check(self) -> None:
        """Look at those that wait."""
        if not _come_back([own for _, own in self.waiting]):
            for path, own in self.waiting:
                try:
                    decode(encode(own), path)
                except EvidenceError as error:
                    self.problems.append(str(error))
        self.waiting.clear()


def _come_back(many: Sequence[Baselines]) -> bool:
    """Can they be written together, and read back with every measure of each?"""
    entries = tuple(e for own in many for e in own.entries)
    parents = {c: p for own in many for c, p in own.parents.items()}
    try:
        read = decode(encode(Baselines(entries, parents)), WHERE)
    except EvidenceError:
        return False
    return _measured(read.entries) == _measured(entries)


def _measured(entries: Iterable[Entry]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    return {
        (e.scope, e.document): {(verdict, name) for verdict, own in e.measures.items() for name in own}
        for e in entries
    }


# --- the chain ---------------------------------------------------------------------------------


def chain(run: Runner, tip: str) -> list[Link]:
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


def believed(prunings: Sequence[Document], links: Sequence[Link]) -> tuple[list[Document], list[str]]:
    """The prunings that happened, and what is wrong with the others.

    A pruning is told by the first commit of the chain, which it made, and which holds nothing older than
    it says; the prunings before it were kept there. A document that says so anywhere else pruned nothing.

    Args:
        prunings: documents, oldest first.
        links: the chain, newest first; empty for a folder, which has none.
    """
    beginning = {c.path for c in links[-1].changes} if links else {d.path for d in prunings}
    oldest = _oldest(beginning) if links else date.max
    real: list[Document] = []
    forged: list[str] = []
    for told in prunings:
        day = _day(told.body)
        if day is None:
            forged.append(f"{told.path}: names no day, so it tells of no pruning")
        elif told.path not in beginning or oldest < day:
            forged.append(f"{told.path}: tells of a pruning that did not make this chain")
        else:
            real.append(told)
    return real, forged


def _oldest(paths: Iterable[str]) -> date:
    """The first day that a document is of, but for those that tell of prunings."""
    return min((p.day for p in filter(None, map(place_of, paths)) if p.kind != PRUNED), default=date.max)


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
