"""The ledger as it was fetched into the scratch repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sluicegate.git.runner import Runner
from sluicegate.ledger import fastimport
from sluicegate.ledger.baselines import MAX_BASELINES
from sluicegate.ledger.documents import MAX_DOCUMENT, Paths, documents
from sluicegate.ledger.salvage import fetch_objects, object_lines


@dataclass(frozen=True, slots=True)
class GitView:
    """The ledger as it was fetched; see `interface.View`.

    Attributes:
        run, fetching: git in the scratch repository, and the same for a call that fetches.
        tip, baselines_tip: names of commits; the latter may name any object.
        blobs: names of the documents' objects, by path.
        whole, chained: the documents were fetched, all commits were.
    """

    run: Runner
    fetching: Runner
    tip: str
    baselines_tip: str
    blobs: Mapping[str, str]
    foreign: int
    whole: bool
    chained: bool = False
    lost: tuple[str, ...] = ()

    @property
    def paths(self) -> Paths:
        """Of all documents."""
        return frozenset(self.blobs)

    @property
    def baselines(self) -> bytes | None:
        """The bytes of the baselines, within their limit; empty where they cannot be read."""
        return baselines_at(self.run, self.baselines_tip)

    @property
    def badges(self) -> dict[str, str]:
        """Object names of the badges beside the baselines, by path below their folder."""
        if not self.baselines_tip:
            return {}
        out = self.run("ls-tree", "-r", "-z", f"{self.baselines_tip}:{fastimport.FOLDER}").out
        return {path: blob for path, blob in _plain_files(out) if fastimport.is_badge(path)}

    def read(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """The bytes of documents, fetched in one request where they are missing."""
        wanted = [(p, self.blobs.get(p, "")) for p in paths]
        small = self._small(sorted({blob for _, blob in wanted} - {""}))
        contents = self.run.blobs([blob for _, blob in wanted if blob in small])
        for path, blob in wanted:
            yield path, next(contents) if blob in small else None

    def _small(self, blobs: list[str]) -> set[str]:
        """Those that are blobs, within the limit of a document; fetched where they are missing."""
        lost = frozenset[str]() if self.whole else fetch_objects(self.fetching, blobs)
        known = [blob for blob in blobs if blob not in lost]
        lines = self.run("cat-file", "--batch-check", stdin=object_lines(known)).out.decode().splitlines()
        split = [line.split() for line in lines]
        return {s[0] for s in split if len(s) == 3 and s[1] == "blob" and int(s[2]) <= MAX_DOCUMENT}


def baselines_at(run: Runner, tip: str) -> bytes | None:
    """The bytes of the baselines of a commit, within their limit; empty where they cannot be read."""
    if not tip:
        return None
    if run("cat-file", "-t", tip).line != "commit":
        return b""
    name = f"{tip}:baselines.json\n".encode()
    head, _, rest = run("cat-file", "--batch", stdin=name).out.partition(b"\n")
    words = head.split()
    if len(words) != 3 or words[1] != b"blob" or not words[2].isdigit():
        return None
    size = int(words[2])
    return rest[:size] if size <= MAX_BASELINES else b""


def listed(out: bytes) -> tuple[dict[str, str], int]:
    """The documents of `ls-tree -z` with their blobs, and how many other entries there are."""
    plain = dict(_plain_files(out))
    own = documents(plain)
    return {path: blob for path, blob in plain.items() if path in own}, out.count(b"\0") - len(own)


def _plain_files(out: bytes) -> Iterator[tuple[str, str]]:
    """Path and blob of the plain files of `ls-tree -z`."""
    for head, _, path in (entry.partition(b"\t") for entry in out.split(b"\0")):
        if head.startswith(b"100644 blob ") and path.isascii():
            yield path.decode("ascii"), head.split()[2].decode()
