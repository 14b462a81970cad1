"""The ledger on a ref of a git repository, written by plumbing with compare-and-swap.

Each update fetches what it needs into a scratch repository (the newest commit with its trees, not the
documents), makes the new commits there with `git fast-import`, and pushes both refs in one
transaction that fails when either moved (`--atomic --force-with-lease=REF:OLD`).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import UsageError
from sluicegate.core.text import one_line, plural
from sluicegate.git import Git
from sluicegate.git.remote import NAME, Remote
from sluicegate.git.runner import TIMEOUT, Done, Runner, in_scratch, runner
from sluicegate.git.scratch import scratch_folder
from sluicegate.ledger import fastimport, interface
from sluicegate.ledger.answers import GitFailure, meaning, words
from sluicegate.ledger.gitview import GitView, baselines_at, listed
from sluicegate.ledger.interface import Decide, Patience, Refs, Update, UpdateResult, View
from sluicegate.ledger.salvage import HOW, REMEDY, FetchResult, Part, files_of

_SHORTEST = 30.0
"""Seconds that one call of git may take, however short the patience is."""

_STALE = 10.0
"""Seconds after which a lock on one of our refs was left by a process that was killed."""

_QUIET = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
_MISSING = "couldn't find remote ref"
_PERMISSION = (
    "In a workflow the job needs `permissions: contents: write`; a ruleset or branch protection must let it "
    "write this ref. In pull requests the ledger is only read."
)


@dataclass(frozen=True, slots=True)
class GitStore:
    """A ledger on `refs` of `remote`; open it with `open_git_store`.

    `run` is git in the scratch repository, without any network. With `whole` documents and history are
    fetched too, to read them all.
    """

    remote: Remote
    refs: Refs
    run: Runner
    patience: Patience
    whole: bool = False

    @property
    def name(self) -> str:
        """`refs/sluicegate/ledger of origin`."""
        return f"{self.refs.ledger} of {self.remote.name}"

    @property
    def fetching(self) -> Runner:
        """Git there, for a call that fetches."""
        return self.run.over(self.remote.fetch_protocol)

    def view(self) -> View:
        """The ledger as it is; see `interface.LedgerStore`."""
        for _attempt in self.patience.attempts():
            fetched = self.fetch()
            if fetched.done.ok or not self.can_retry(fetched.done):
                break
        if not fetched.done.ok:
            raise self.unreachable(fetched.done)
        return self._view(fetched)

    def fetch(self) -> FetchResult:
        """Fetch the baselines, then the newest commit of the ledger with its trees.

        Where the server lacks objects, or has damaged ones, less is asked for, step by step.
        """
        baselines = self.fetch_baselines()
        if not baselines.ok and meaning(baselines.err) is not GitFailure.DAMAGED:
            return FetchResult(baselines, Part.COMMIT)
        reason = ""
        for part in list(Part)[0 if self.whole else Part.NEWEST :]:
            done = self._fetch(self.refs.ledger, *HOW[part])
            if done.ok or meaning(done.err) is not GitFailure.DAMAGED:
                break
            reason = reason or words(done.err, self.remote.secrets)
        return FetchResult(done, part, reason, baselines)

    def fetch_baselines(self) -> Done:
        """Fetch the baselines alone: one commit, one tree, one document."""
        return self._fetch(self.refs.baselines, "--depth=1", "--no-filter")

    def _fetch(self, ref: str, *how: str) -> Done:
        """Fetch exactly this ref; where it does not exist, drop what an earlier fetch left."""
        done = self.fetching("fetch", *_QUIET, *how, NAME, f"+{ref}:{ref}")
        if done.ok or _MISSING not in done.err.lower():
            return done
        self.run("update-ref", "-d", ref)
        return Done(0, b"", "")

    def fetched_baselines(self) -> bytes | None:
        """The bytes that `fetch_baselines` fetched; None for nothing."""
        return baselines_at(self.run, self._at(self.refs.baselines)[0])

    def can_retry(self, done: Done) -> bool:
        """May a retry of a failed fetch succeed?"""
        return meaning(done.err) is GitFailure.OVERLOADED

    def unreachable(self, done: Done) -> interface.UnreachableError:
        """The error for a fetch that failed."""
        why = f"the ledger could not be fetched: {words(done.err, self.remote.secrets)}"
        right = "Is the remote right, and may this user or token read it (`contents: read`)?"
        remedy = REMEDY if meaning(done.err) is GitFailure.DAMAGED else right
        return interface.UnreachableError(why, where=self.name, remedy=remedy)

    def update(self, decide: Decide, *, dry: bool = False) -> UpdateResult:
        """Write by compare-and-swap; see `interface.LedgerStore`. A dry run asks the server, too."""
        last = Done(1, b"", "")
        attempt = 0
        for attempt in self.patience.attempts():
            fetched = self.fetch()
            last = fetched.done
            if last.ok:
                view = self._view(fetched)
                wanted = decide(view)
                self._check_foreign(view, wanted)
                if wanted is None:
                    return UpdateResult(view.tip, attempt)
                last = self._swap(view, wanted, dry=dry)
                if last.ok:
                    changed = wanted.is_of_ledger and not dry
                    return UpdateResult(self._tip(fastimport.LEDGER) if changed else view.tip, attempt)
            self._check(last)
        raise interface.BusyError(
            f"gave up after {attempt} attempts: {words(last.err, self.remote.secrets)}",
            where=self.name,
            remedy="Nothing was written; run it again, or give it more time with --max-wait.",
        )

    def _check_foreign(self, view: GitView, wanted: Update | None) -> None:
        """Refuse a ref that is not a ledger, such as a branch with the project's files."""
        if wanted is None or not view.foreign:
            return
        files = plural(view.foreign, "other file")
        if not view.paths:
            raise UsageError(
                f"this is not a ledger: it holds {files} and no document",
                where=self.name,
                remedy="Name a ref of its own, or a branch that does not exist yet.",
            )
        if wanted.kept is not None:
            raise UsageError(
                f"it holds {files}, which would be lost",
                where=self.name,
                remedy="`sluicegate ledger verify` names them: take them away first.",
            )

    def _check(self, done: Done) -> None:
        """Raise for a failure that a retry would not repair."""
        reason = words(done.err, self.remote.secrets)
        match meaning(done.err):
            case GitFailure.CONFLICT:
                self._break_locks()
            case GitFailure.OVERLOADED:
                pass
            case GitFailure.READ_ONLY:
                why = f"the ledger may not be written: {reason}"
                raise interface.ReadOnlyError(why, where=self.name, remedy=_PERMISSION)
            case failure:
                right = "Is the remote right, and may this user write it?"
                remedy = REMEDY if failure is GitFailure.DAMAGED else right
                why = f"the ledger could not be written: {reason}"
                raise interface.UnreachableError(why, where=self.name, remedy=remedy)

    def _view(self, fetched: FetchResult) -> GitView:
        tip = self._tip(self.refs.ledger)
        files, lost = files_of(self.run, self.fetching, tip, fetched)
        blobs, others = listed(files)
        baselines, why = self._baselines(fetched)
        if self.whole and fetched.part > Part.CHAIN:
            why = (f"the commits before {tip[:12]} cannot be fetched: {fetched.reason}", *why)
        return GitView(
            self.run, self.fetching, tip, baselines, blobs, others, whole=fetched.part is Part.WHOLE,
            chained=fetched.part <= Part.CHAIN, lost=(*lost, *why),
        )  # fmt: skip

    def _baselines(self, fetched: FetchResult) -> tuple[str, tuple[str, ...]]:
        """The object name at the ref of the baselines, and why it could not be fetched."""
        ref = self.refs.baselines
        if fetched.baselines.ok:
            return self._at(ref)[0], ()
        reason = words(fetched.baselines.err, self.remote.secrets)
        at = self.fetching("ls-remote", NAME, ref).line.partition("\t")[0]
        return at, (f"{ref} cannot be fetched: {reason}",)

    def _at(self, ref: str) -> tuple[str, str]:
        """The name and the type of the object that a ref names; both empty for a missing ref."""
        found = self.run("for-each-ref", "--format=%(objectname) %(objecttype)", ref)
        name, _, kind = found.line.partition(" ")
        return name, kind

    def _tip(self, ref: str) -> str:
        name, kind = self._at(ref)
        if kind in ("", "commit"):
            return name
        what = "an annotated tag" if kind == "tag" else f"a {kind}"
        ledger, remote = self.refs.ledger, one_line(self.remote.name)
        delete = f"update-ref -d {ledger}" if " " in remote else f"push {remote} :{ledger}"
        raise interface.NoLedgerError(
            f"this is not a ledger: the ref names {what}, and must name a commit",
            where=self.name,
            remedy=f"Delete it, `git {delete}`, or name another ref with --ref (`ledger-ref`).",
        )

    def _swap(self, view: GitView, update: Update, *, dry: bool) -> Done:
        """Create the commits and push them, if the refs still have the view's commits."""
        stream = fastimport.stream(update, view.tip, view.blobs, int(time.time()), view.badges)
        made = self.run("fast-import", "--quiet", "--force", "--done", stdin=stream)
        if not made.ok:
            return made
        pairs = [(self.refs.ledger, fastimport.LEDGER, view.tip)] if update.is_of_ledger else []
        if update.baselines is not None:
            pairs.append((self.refs.baselines, fastimport.BASELINES, view.baselines_tip))
        done = self._push(pairs, dry=dry)
        if not dry and not done.ok and f"bad object {self.refs.baselines}" in done.err:
            # A server that lost the commit of a ref refuses every push but one that deletes the ref.
            self._push([(self.refs.baselines, "", view.baselines_tip)], dry=False)
            done = self._push(
                [(ref, new, "" if ref == self.refs.baselines else old) for ref, new, old in pairs]
            )
        return done

    def _push(self, pairs: Sequence[tuple[str, str, str]], *, dry: bool = False) -> Done:
        """Push refs in one transaction: each a ref, what to push (empty to delete), its old commit."""
        leases = [f"--force-with-lease={ref}:{old}" for ref, _, old in pairs]
        changes = [f"{self._tip(new) if new else ''}:{ref}" for ref, new, _ in pairs]
        # A thin pack would be made against commits of the remote whose trees were not fetched.
        done = self.run.over(self.remote.push_protocol)(
            "push", "--no-thin", "--porcelain", "--quiet", "--no-verify", "--recurse-submodules=no",
            "--atomic", *(("--dry-run",) if dry else ()), *leases, NAME, *changes,
        )  # fmt: skip
        return Done(done.code, b"", f"{done.out.decode('utf-8', 'replace')}\n{done.err}")

    def _break_locks(self) -> None:
        """Remove locks on our refs that a killed process left, where the repository is on this machine.

        Git holds such a lock for the moment of one write; after ten seconds its holder is gone.
        """
        bases = [base for folder in self.remote.written for base in (folder, folder / ".git")]
        for ref in (self.refs.ledger, self.refs.baselines):
            for base in bases:
                lock = base / f"{ref}.lock"
                with contextlib.suppress(OSError):
                    if time.time() - lock.stat().st_mtime > _STALE:
                        lock.unlink()


@contextlib.contextmanager
def open_git_store(
    git: Git, remote: Remote, refs: Refs, *, patience: Patience | None = None, whole: bool = False
) -> Iterator[GitStore]:
    """The store, with a scratch repository that lasts as long as the context.

    The user's repository is only read. `whole` fetches history and documents too.
    """
    with contextlib.ExitStack() as stack:
        with in_scratch():
            folder = stack.enter_context(scratch_folder())
            _begin(folder, git.text("rev-parse", "--show-object-format"))
            settings = remote.settings(folder)
        patience = patience or Patience()
        run = runner(
            folder, os.environ, checkout=git.repository.top, settings=settings,
            named={"GIT_DIR": str(folder)}, timeout=min(max(patience.seconds, _SHORTEST), TIMEOUT),
        )  # fmt: skip
        yield GitStore(remote, refs, run, patience, whole)


def _begin(folder: Path, form: str) -> None:
    """An empty bare repository, as `git init` makes it (gitrepository-layout(5)), without a process."""
    settings = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
    if form == "sha256":
        settings = settings.replace("= 0", "= 1") + "[extensions]\n\tobjectformat = sha256\n"
    for name in ("objects", "refs"):
        (folder / name).mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii", newline="\n")
    (folder / "config").write_text(settings, encoding="ascii", newline="\n")
