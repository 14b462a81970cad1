"""Fetching what `check` needs of the ledger: the baselines, and the ancestors that a shallow clone lacks."""

from __future__ import annotations

from collections.abc import Sequence

from sluicegate.core.errors import SluicegateError
from sluicegate.core.text import plural
from sluicegate.git import Git
from sluicegate.git.remote import NAME
from sluicegate.ledger.answers import GitFailure, meaning, words
from sluicegate.ledger.baselines import MAX_LINE, Baselines, ParentLine, edges, nearest
from sluicegate.ledger.documents import DocumentError
from sluicegate.ledger.gitstore import GitStore
from sluicegate.ledger.local import known_line, scope_of
from sluicegate.ledger.snapshot import Snapshot, State
from sluicegate.ledger.wire_read import decode


def fetch_snapshot(store: GitStore, git: Git, starts: Sequence[str]) -> Snapshot:
    """What `check` needs; a failure is a state of the result, not an exception.

    `starts` are commits whose nearest recorded ancestor `check` will look up.
    """
    try:
        found = _baselines(store)
    except DocumentError as error:
        return Snapshot(State.UNREADABLE, store.name, f"the recorded baselines cannot be read: {error.what}")
    except SluicegateError as error:
        return Snapshot(State.UNREACHABLE, store.name, error.what)
    if not found.entries:
        return Snapshot(State.EMPTY, store.name)
    line = _missing(store, git, starts, found)
    return Snapshot(State.RECORDED, store.name, baselines=found, line=line)


def _missing(store: GitStore, git: Git, starts: Sequence[str], found: Baselines) -> tuple[str, ...]:
    """The first parents that neither the clone nor the baselines know, where they are needed."""
    recorded = {e.commit for e in found.of_scope(scope_of(git))}
    line: tuple[str, ...] = ()
    for start in starts if recorded else ():
        own = known_line(git, start, {**found.parents, **edges(line)})
        if own.commits and not own.whole and nearest(own.commits, recorded) < 0:
            line = ancestors(store, own.commits[-1]).commits or line
    return line


def _baselines(store: GitStore) -> Baselines:
    for _attempt in store.patience.attempts():
        done = store.fetch_baselines()
        if done.ok:
            data = store.fetched_baselines()
            return Baselines() if data is None else decode(data, store.refs.baselines)
        if meaning(done.err) is GitFailure.DAMAGED:
            raise DocumentError(words(done.err, store.remote.secrets))
        if not store.can_retry(done):
            break
    raise store.unreachable(done)


def ancestors(store: GitStore, commit: str, limit: int = MAX_LINE) -> ParentLine:
    """The first parents of a commit, from the remote: commits alone, no trees and no files."""
    done = store.fetching(
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
        f"--depth={limit}", "--filter=tree:0", NAME, commit,
    )  # fmt: skip
    if not done.ok:
        return ParentLine((), False)
    line = store.run("rev-list", "--first-parent", f"--max-count={limit}", commit, "--").line.split()
    return ParentLine(tuple(line), bool(line))


def fetched_line(snapshot: Snapshot) -> str:
    """The result of a fetch, for people."""
    if snapshot.state is State.EMPTY:
        return f"nothing is recorded yet in {snapshot.store}"
    count = len(snapshot.baselines.entries)
    more = f" and {len(snapshot.line):,} ancestors" if snapshot.line else ""
    return f"fetched the baselines of {plural(count, 'report')}{more} from {snapshot.store}"
