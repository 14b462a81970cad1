"""An update of the ledger as a stream for `git fast-import` (git-fast-import(1)). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sluicegate.ledger.interface import Update

LEDGER, BASELINES = "refs/made/ledger", "refs/made/baselines"
"""The refs of the scratch repository that hold the new commits."""

FOLDER = "badges"
"""Beside the baselines: where they are a branch, `…/raw/BRANCH/badges/coverage-total.svg` is a badge."""

_WHO = "Sluicegate <noreply@sluicegate.invalid>"


_BADGE = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/){0,20}[A-Za-z0-9_-]{1,200}\.(?:json|svg)")


def is_badge(path: str) -> bool:
    """Can this be the path of a badge?"""
    return _BADGE.fullmatch(path) is not None


def stream(
    update: Update, tip: str, blobs: Mapping[str, str], now: int, badges: Mapping[str, str] | None = None
) -> bytes:
    """The commits of an update of the ledger with this tip, empty for none.

    Present documents and badges are given as object names by path; `now` is in seconds since 1970.
    """
    ledger = _ledger(update, tip, blobs, now) if update.is_of_ledger else ()
    return b"".join((*ledger, *_baselines(update, now, badges or {}), b"done\n"))


def _ledger(update: Update, tip: str, blobs: Mapping[str, str], now: int) -> Iterator[bytes]:
    yield _head(LEDGER, update.message, now)
    if update.kept is not None:
        yield from (f"M 100644 {blobs[path]} {path}\n".encode() for path in sorted(update.kept))
    elif tip:
        yield f"from {tip}\n".encode()
    for path, data in sorted(update.add.items()):
        yield _file(path, data)


def _baselines(update: Update, now: int, badges: Mapping[str, str]) -> Iterator[bytes]:
    """A commit without a parent: readers fetch the newest alone."""
    if update.baselines is None:
        return
    yield _head(BASELINES, "Baselines of the last recorded commits", now)
    yield _file("baselines.json", update.baselines)
    replaced = set(map(_folder, update.badges))
    for path, blob in sorted(badges.items()):
        if _folder(path) not in replaced:
            yield f"M 100644 {blob} {FOLDER}/{path}\n".encode()
    for path, data in sorted(update.badges.items()):
        yield _file(f"{FOLDER}/{path}", data)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _head(ref: str, message: str, now: int) -> bytes:
    text = message.encode()
    return f"commit {ref}\ncommitter {_WHO} {now} +0000\ndata {len(text)}\n".encode() + text + b"\n"


def _file(path: str, data: bytes) -> bytes:
    return f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
