"""An in-toto statement of a file, held against the recorded decision that counts."""

from __future__ import annotations

import os
from dataclasses import replace

from sluicegate.core.decision import Verified
from sluicegate.core.errors import EvidenceError, UsageError
from sluicegate.documents.parsing import parse
from sluicegate.release.record import deviation
from sluicegate.release.store import Releases
from sluicegate.runtime.files import read_whole
from sluicegate.runtime.process import here

_MOST = 16 * 1024**2
"""Bytes of a statement: GitHub takes no larger predicate."""
_REMEDY = "Name the file statement.json of `sluicegate release decide --documents FOLDER`."


def server_address() -> str:
    """The address of GitHub, as the runner names it."""
    return os.environ.get("GITHUB_SERVER_URL") or "https://github.com"


def read_statement(name: str) -> object:
    """The parsed statement of a file.

    Raises:
        UsageError: it cannot be read, or is not JSON.
    """
    data = read_whole(here() / name, _MOST)
    if data is None:
        what = "is missing, is no plain file, or has more than 16 MiB"
        raise UsageError(what, where=name, remedy=_REMEDY)
    try:
        return parse(data, name)
    except EvidenceError as error:
        raise UsageError(error.what, where=name, remedy=error.remedy or _REMEDY) from None


def compared(found: Verified, about: object, ledger: Releases) -> Verified:
    """What was verified; refused where a statement says something else than the decision that counts.

    Raises:
        DocumentError: the decision cannot be read.
        UnreachableError: the ledger cannot be read.
    """
    if found.decision is None or found.refused:
        return found
    why = deviation(about, ledger.decision(found.path, found.decision.commit), server_address())
    if not why:
        return found
    remedy = "Write it anew: `sluicegate release decide NAME --documents FOLDER`."
    return replace(found, refused=f"the statement is not about this decision: {why}", remedy=remedy)
