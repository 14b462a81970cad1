"""The ledger in a folder, for laptops and tests: safe with any number of processes, and without locks.

A document is written to a temporary file and renamed. The baselines are numbered files, and a writer
creates the next number only if it does not exist: so it notices another writer, and reads again. Old
baselines become empty files, which keep their numbers from being used again: a listing that is made while
others write may miss the newest ones.
An update that may be made once claims its name by a file that holds the document too: whoever finds a claim
without its document, as a process that was killed leaves it, writes the document.
A process that is killed leaves at most a file `.new-…` besides, which is never read.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.core.errors import WorldError
from sluicegate.ledger import interface
from sluicegate.ledger.baselines import MAX_BASELINES
from sluicegate.ledger.documents import MAX_DOCUMENT, Paths, documents
from sluicegate.ledger.interface import Decide, Patience, Update, UpdateResult, View

_FOLDER = "baselines"
_CLAIMS = "claims"
_LEFT = 3
"""Baselines that are kept, for readers that are about to open one that was the newest."""
_SPENT = 1_000
"""Numbers that no writer may use again: more than others write while one makes up its mind."""
_TRIES = 10


@dataclass(frozen=True, slots=True)
class DirectoryView:
    """The folder as it was listed; see `interface.View`."""

    root: Path
    paths: Paths
    foreign: int
    number: int
    lost: tuple[str, ...] = ()

    @property
    def tip(self) -> str:
        """`12`, the number of the baselines."""
        return str(self.number) if self.number else ""

    @property
    def baselines(self) -> bytes | None:
        """The bytes of the newest baselines; empty if they cannot be read, None without any."""
        number = self.number
        for _ in range(_TRIES):
            path = _numbered(self.root, number)
            data = _bytes(path, MAX_BASELINES)
            if data or (data is None and os.path.lexists(path)):
                return data or b""
            newest = _newest(self.root)
            if newest == number:
                break
            number = newest  # others have written since
        return b"" if number else None

    def read(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """The bytes of documents."""
        return ((p, _bytes(self.root / p, MAX_DOCUMENT) if p in self.paths else None) for p in paths)


@dataclass(frozen=True, slots=True)
class DirectoryStore:
    """A ledger below `root`, which need not exist yet."""

    root: Path
    patience: Patience = field(default_factory=Patience)

    @property
    def name(self) -> str:
        """The folder."""
        return str(self.root)

    def view(self) -> View:
        """The ledger as it is; see `interface.LedgerStore`."""
        files, lost = self._files()
        own = documents(files)
        numbers = [n for f in files if (n := _number(f))]
        foreign = len(files) - len(own) - len(numbers)
        return DirectoryView(self.root, own, foreign, max(numbers, default=0), lost)

    def _files(self) -> tuple[list[str], tuple[str, ...]]:
        """The plain files named `….json`, and a line for each folder that cannot be read.

        Raises:
            UnreachableError: the root cannot be read.
        """
        errors: list[OSError] = []
        folders = os.walk(self.root, onerror=errors.append)
        named = [Path(folder, n) for folder, _, names in folders for n in names if n.endswith(".json")]
        bad = {e.filename: e.strerror for e in errors if not isinstance(e, FileNotFoundError)}
        if self.name in bad:
            raise interface.UnreachableError(f"cannot be read: {bad[self.name]}", where=self.name)
        lost = tuple(f"{folder}: cannot be read: {why}. It is left out." for folder, why in bad.items())
        return [f.relative_to(self.root).as_posix() for f in filter(_is_plain, named)], lost

    def update(self, decide: Decide, *, dry: bool = False) -> UpdateResult:
        """Write by compare-and-swap; see `interface.LedgerStore`."""
        attempt = 0
        for attempt in self.patience.attempts():
            view = self.view()
            wanted = decide(view)
            if wanted is None:
                return UpdateResult(view.tip, attempt)
            if dry:
                if self.root.exists() and not os.access(self.root, os.W_OK | os.X_OK):
                    raise interface.ReadOnlyError("cannot be written: no permission", where=self.name)
                return UpdateResult(view.tip, attempt)
            number = self._swap(int(view.tip or 0), wanted)
            if number >= 0:
                self._clear(view, number, wanted.kept)
                return UpdateResult(str(number), attempt)
        why = f"gave up after {attempt} attempts"
        raise interface.BusyError(why, where=self.name, remedy="Run it again.")

    def _swap(self, number: int, wanted: Update) -> int:
        """Write; the number of the newest baselines, or -1 when another writer wrote some meanwhile.

        A number may be free because it was removed as old: so check again that it is the newest.
        """
        try:
            if wanted.once and not self._claim(wanted):
                return -1
            for path, data in wanted.add.items():
                _temporary(self.root / path, data).replace(self.root / path)
            if wanted.baselines is None:
                return number
            _create(_numbered(self.root, number + 1), wanted.baselines)
        except FileExistsError:
            return -1
        except OSError as error:
            raise interface.ReadOnlyError(f"cannot be written: {error.strerror}", where=self.name) from error
        return number + 1 if int(self.view().tip or 0) <= number + 1 else -1

    def _claim(self, wanted: Update) -> bool:
        """Claim the name of an update; False when another has it, whose document is there then."""
        ((path, data),) = wanted.add.items()
        claim = self.root / _CLAIMS / wanted.once
        try:
            _create(claim, path.encode("ascii") + b"\n" + data)
        except FileExistsError:
            name, _, other = (_bytes(claim, MAX_DOCUMENT + 1000) or b"").partition(b"\n")
            for found in documents([name.decode("ascii", "replace")]):
                _temporary(self.root / found, other).replace(self.root / found)
            return False
        return True

    def _claims(self, paths: Paths) -> Iterator[Path]:
        """The claims whose documents are at these paths."""
        names = {path.encode("ascii") for path in paths}
        for claim in (self.root / _CLAIMS).glob("*"):
            if (_bytes(claim, MAX_DOCUMENT + 1000) or b"").partition(b"\n")[0] in names:
                yield claim

    def _clear(self, view: View, number: int, kept: Paths | None) -> None:
        removed = frozenset[str]() if kept is None else view.paths - kept
        gone = [*(self.root / p for p in removed), *(self._claims(removed) if removed else ())]
        for path in (*gone, *self._up_to(number - _SPENT)):
            with contextlib.suppress(OSError):
                path.unlink()
        for path in self._up_to(number - _LEFT):
            with contextlib.suppress(OSError):
                if path.stat().st_size:
                    _temporary(path, b"").replace(path)

    def _up_to(self, number: int) -> list[Path]:
        """The last baselines up to a number; one more is enough, but for a writer that was killed."""
        return [_numbered(self.root, n) for n in range(max(number - 10, 1), number + 1)]


def _newest(root: Path) -> int:
    """The number of the newest baselines; 0 if there are none."""
    names: list[str] = []
    with contextlib.suppress(OSError):
        names = [path.name for path in (root / _FOLDER).iterdir()]
    return max((_number(f"{_FOLDER}/{name}") for name in names), default=0)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _numbered(root: Path, number: int) -> Path:
    return root / _FOLDER / f"{number:09d}.json"


def _number(path: str) -> int:
    folder, _, name = path.rpartition("/")
    digits = name.removesuffix(".json")
    return (
        int(digits) if folder == _FOLDER and digits.isascii() and digits.isdigit() and len(digits) < 15 else 0
    )


def _bytes(path: Path, limit: int) -> bytes | None:
    """The bytes of a file; None when it is not there, cannot be read, or is too large."""
    try:
        if not _is_plain(path) or path.stat().st_size > limit:
            return None
        return path.read_bytes()
    except OSError:
        return None


def _create(path: Path, data: bytes) -> None:
    """Create a file with all its bytes at once.

    Raises:
        FileExistsError: it exists already.
    """
    new = _temporary(path, data)
    try:
        os.link(new, path)
    finally:
        new.unlink()


def _temporary(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def directory_store(path: Path, patience: Patience | None = None) -> DirectoryStore:
    """The store in a folder.

    Raises:
        WorldError: the path is a file.
    """
    if path.exists() and not path.is_dir():
        raise WorldError("is not a folder", where=str(path), remedy="Name a folder for the ledger.")
    return DirectoryStore(path, patience or Patience())
