"""The ledger on a ref of a git repository, written by plumbing with compare-and-swap.

Each update fetches what it needs into a scratch repository (the newest commit with its trees, not the
documents), makes the new commits there with `git fast-import`, and pushes both refs in one
transaction that fails when either moved (`--atomic --force-with-lease=REF:OLD`).
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.git import Git
from sluicegate.ledger import fastimport
from sluicegate.ledger.answers import Answer, meaning, words
from sluicegate.ledger.documents import MAX_DOCUMENT
from sluicegate.ledger.gitrun import Done, Run, runner, variables
from sluicegate.ledger.interface import (
    BusyError,
    Decide,
    ReadOnlyError,
    UnreachableError,
    Update,
    View,
    Written,
)
from sluicegate.ledger.patience import Patience
from sluicegate.ledger.recording import is_badge
from sluicegate.ledger.remote import NAME, Refs, Remote
from sluicegate.ledger.tree import Paths, documents

MAX_BASELINES = 32 * 1024**2
"""Bytes of the baselines."""

_BASELINES = "baselines.json"
_STALE = 10.0
"""Seconds after which a lock on one of our refs was left by a process that was killed."""

_QUIET = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--prune")
_PERMISSION = (
    "In a workflow the job needs `permissions: contents: write`; a ruleset or branch protection must let it "
    "write this ref. In pull requests the ledger is only read."
)


@dataclass(frozen=True, slots=True)
class GitView:
    """The ledger as it was fetched; see `interface.View`."""

    run: Run
    tip: str
    baselines_tip: str
    blobs: Mapping[str, str]  # by path
    foreign: int
    whole: bool

    @property
    def paths(self) -> Paths:
        """Of all documents."""
        return frozenset(self.blobs)

    @property
    def baselines(self) -> bytes | None:
        """The bytes of the baselines, within their limit."""
        if not self.baselines_tip:
            return None
        name = f"{self.baselines_tip}:{_BASELINES}\n".encode()
        head, _, rest = self.run("cat-file", "--batch", stdin=name).out.partition(b"\n")
        words = head.split()
        if len(words) != 3 or words[1] != b"blob" or not words[2].isdigit():
            return None
        size = int(words[2])
        return rest[:size] if size <= MAX_BASELINES else b""

    @property
    def badges(self) -> dict[str, str]:
        """Object names of the badges beside the baselines, by path below their folder."""
        if not self.baselines_tip:
            return {}
        out = self.run("ls-tree", "-r", "-z", f"{self.baselines_tip}:{fastimport.FOLDER}").out
        return {path: blob for path, blob in _plain_files(out) if is_badge(path)}

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of documents, fetched in one request where they are not here yet."""
        wanted = {p: self.blobs[p] for p in paths if p in self.blobs}
        blobs = sorted(set(wanted.values()))
        if blobs and not self.whole:
            self._fetch(blobs)
        content = self._contents(self._small(blobs))
        return {path: content[blob] for path, blob in wanted.items() if blob in content}

    def _fetch(self, blobs: list[str]) -> None:
        fetched = self.run(
            "-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
            "--recurse-submodules=no", "--filter=blob:none", "--stdin", NAME, stdin=_lines(blobs),
        )  # fmt: skip
        if not fetched.ok:
            raise UnreachableError(f"documents could not be fetched: {words(fetched.err)}")

    def _small(self, blobs: list[str]) -> list[str]:
        """Those that are blobs, within the limit of a document."""
        lines = self.run("cat-file", "--batch-check", stdin=_lines(blobs)).out.decode().splitlines()
        split = [line.split() for line in lines]
        sizes = {s[0]: int(s[2]) for s in split if len(s) == 3 and s[1] == "blob"}
        return [blob for blob in blobs if sizes.get(blob, MAX_DOCUMENT + 1) <= MAX_DOCUMENT]

    def _contents(self, blobs: list[str]) -> dict[str, bytes]:
        out = self.run("cat-file", "--batch", stdin=_lines(blobs)).out
        found: dict[str, bytes] = {}
        at = 0
        while at < len(out):
            end = out.index(b"\n", at)
            name, _, size = out[at:end].decode().split()
            found[name] = out[end + 1 : end + 1 + int(size)]
            at = end + 2 + int(size)
        return found


@dataclass(frozen=True, slots=True)
class GitStore:
    """A ledger on `refs` of `remote`; open it with `open_git_store`.

    Attributes:
        run: git in the scratch repository.
        whole: fetch documents and history too, for those who read them all.
    """

    remote: Remote
    refs: Refs
    run: Run
    patience: Patience
    whole: bool = False

    @property
    def name(self) -> str:
        """`refs/sluicegate/ledger of origin`."""
        return f"{self.refs.ledger} of {self.remote.name}"

    def view(self) -> View:
        """The ledger as it is; see `interface.LedgerStore`."""
        for _attempt in self.patience.attempts():
            done = self.fetch()
            if done.ok or not self.is_worth_another(done):
                break
        if not done.ok:
            raise self.unreachable(done)
        return self._view()

    def fetch(self) -> Done:
        """Fetch the baselines, then the newest commit of the ledger with its trees."""
        done = self.fetch_baselines()
        if not done.ok:
            return done
        ref = self.refs.ledger
        return self._fetch(ref, *(() if self.whole else ("--depth=1", "--filter=blob:none")))

    def fetch_baselines(self) -> Done:
        """Fetch the baselines alone: one commit, one tree, one document."""
        return self._fetch(self.refs.baselines, "--depth=1", "--no-filter")

    def _fetch(self, ref: str, *how: str) -> Done:
        """Fetch by a pattern, which may match nothing; with `--depth` git calls that 1, without a word."""
        done = self.run("fetch", *_QUIET, self.remote.programs[0], *how, NAME, f"+{ref}*:{ref}*")
        said = [line for line in done.err.splitlines() if line and not line.startswith("warning:")]
        return Done(0, b"", "") if done.code == 1 and not said else done

    def fetched_baselines(self) -> bytes | None:
        """What `fetch_baselines` brought; None for nothing."""
        return GitView(self.run, "", self.refs.baselines, {}, 0, self.whole).baselines

    def is_worth_another(self, done: Done) -> bool:
        """May a fetch that failed succeed when it is tried again?"""
        return meaning(done.err) is Answer.OVERLOADED

    def unreachable(self, done: Done) -> UnreachableError:
        """The error for a fetch that failed."""
        return UnreachableError(
            f"the ledger could not be fetched: {words(done.err, self.remote.secrets)}",
            where=self.name,
            remedy="Is the remote right, and may this user or token read it (`contents: read`)?",
        )

    def update(self, decide: Decide) -> Written:
        """Write by compare-and-swap; see `interface.LedgerStore`."""
        last = Done(1, b"", "")
        attempt = 0
        for attempt in self.patience.attempts():
            last = self.fetch()
            if last.ok:
                view = self._view()
                wanted = decide(view)
                if wanted is None:
                    return Written(view.tip, attempt)
                last = self._swap(view, wanted)
                if last.ok:
                    tip = self._tip(fastimport.LEDGER) if wanted.is_of_ledger else view.tip
                    return Written(tip, attempt)
            self._check(last)
        raise BusyError(
            f"gave up after {attempt} attempts: {words(last.err, self.remote.secrets)}",
            where=self.name,
            remedy="Nothing was written; run it again, or give it more time with --max-wait.",
        )

    def _check(self, done: Done) -> None:
        """Raise for a failure that trying again would not mend."""
        said = words(done.err, self.remote.secrets)
        match meaning(done.err):
            case Answer.CONFLICT:
                self._break_locks()
            case Answer.OVERLOADED:
                pass
            case Answer.READ_ONLY:
                raise ReadOnlyError(f"the ledger may not be written: {said}", where=self.name,
                                    remedy=_PERMISSION)  # fmt: skip
            case Answer.REFUSED:
                raise UnreachableError(f"the ledger could not be written: {said}", where=self.name,
                                       remedy="Is the remote right, and may this user write it?")  # fmt: skip

    def _view(self) -> GitView:
        tip = self._tip(self.refs.ledger)
        blobs: dict[str, str] = {}
        others = 0
        if tip:
            done = self.run("ls-tree", "-r", "-z", "--full-tree", tip)
            if not done.ok:
                raise self._no_ledger(words(done.err))
            blobs, others = _listed(done.out)
        return GitView(self.run, tip, self._tip(self.refs.baselines), blobs, others, self.whole)

    def _tip(self, ref: str) -> str:
        if not self.run("rev-parse", "--verify", "--quiet", ref).line:
            return ""
        commit = self.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").line
        if not commit:
            raise self._no_ledger(f"{ref} is no commit")
        return commit

    def _no_ledger(self, why: str) -> UnreachableError:
        return UnreachableError(f"this is no ledger: {why}", where=self.name,
                                remedy="Somebody wrote something else there: delete the ref.")  # fmt: skip

    def _swap(self, view: GitView, update: Update) -> Done:
        """Make the commits and push them, if the refs are still where the view saw them."""
        stream = fastimport.stream(update, view.tip, view.blobs, int(time.time()), view.badges)
        made = self.run("fast-import", "--quiet", "--force", "--done", stdin=stream)
        if not made.ok:
            return made
        pairs = [(self.refs.ledger, fastimport.LEDGER, view.tip)] if update.is_of_ledger else []
        if update.baselines is not None:
            pairs.append((self.refs.baselines, fastimport.BASELINES, view.baselines_tip))
        leases = [f"--force-with-lease={ref}:{old}" for ref, _, old in pairs]
        changes = [f"{self._tip(new)}:{ref}" for ref, new, _ in pairs]
        done = self.run(
            "push", "--porcelain", "--quiet", "--no-verify", "--recurse-submodules=no", "--atomic",
            self.remote.programs[1], *leases, NAME, *changes,
        )  # fmt: skip
        return Done(done.code, b"", f"{done.out.decode('utf-8', 'replace')}\n{done.err}")

    def _break_locks(self) -> None:
        """Remove locks on our refs that a killed process left, where the repository is on this machine.

        Git holds such a lock for the moment of one write; after ten seconds its holder is gone.
        """
        if self.remote.folder is None:
            return
        for ref in (self.refs.ledger, self.refs.baselines):
            for base in (self.remote.folder, self.remote.folder / ".git"):
                lock = base / f"{ref}.lock"
                with contextlib.suppress(OSError):
                    if time.time() - lock.stat().st_mtime > _STALE:
                        lock.unlink()


def _lines(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def _listed(out: bytes) -> tuple[dict[str, str], int]:
    """The documents of `ls-tree -z` with their blobs, and how many other entries there are."""
    plain = dict(_plain_files(out))
    own = documents(plain)
    return {path: blob for path, blob in plain.items() if path in own}, out.count(b"\0") - len(own)


def _plain_files(out: bytes) -> Iterator[tuple[str, str]]:
    """Path and blob of the plain files of `ls-tree -z`."""
    for head, _, path in (entry.partition(b"\t") for entry in out.split(b"\0")):
        if head.startswith(b"100644 blob ") and path.isascii():
            yield path.decode("ascii"), head.split()[2].decode()


@contextlib.contextmanager
def open_git_store(
    git: Git, remote: Remote, refs: Refs, *, patience: Patience | None = None, whole: bool = False
) -> Iterator[GitStore]:
    """The store, with a scratch repository that lasts as long as the context.

    Args:
        git: in the user's repository, which is only read.
        remote: where the ledger is.
        refs: its refs.
        patience: how long to try; three minutes by default.
        whole: fetch history and documents too.
    """
    # What a fetch left behind may be read-only, or still be written by a child that is ending.
    with tempfile.TemporaryDirectory(prefix="sluicegate-ledger-", ignore_cleanup_errors=True) as folder:
        run = runner(Path(folder), variables(os.environ, (*remote.settings, _url(remote))))
        _begin(Path(folder), git.text("rev-parse", "--show-object-format"))
        yield GitStore(remote, refs, run, patience or Patience(), whole)


def _begin(folder: Path, form: str) -> None:
    """An empty bare repository, as `git init` makes it (gitrepository-layout(5)), without a process."""
    settings = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
    if form == "sha256":
        settings = settings.replace("= 0", "= 1") + "[extensions]\n\tobjectformat = sha256\n"
    for name in ("objects", "refs"):
        (folder / name).mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii", newline="\n")
    (folder / "config").write_text(settings, encoding="ascii", newline="\n")


def _url(remote: Remote) -> tuple[str, str]:
    """The remote's address, passed by environment: it may hold a password."""
    return f"remote.{NAME}.url", remote.url
