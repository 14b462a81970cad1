"""A process that records: `python writer.py WORK NUMBER`; for tests of many at once. Prints its attempts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sluicegate.git import open_repository
from sluicegate.git.remote import remote_of
from sluicegate.ledger.gitstore import open_git_store
from sluicegate.ledger.patience import Patience
from sluicegate.ledger.recording import Recorder
from sluicegate.ledger.refs import Refs
from support.ledgers import recorded


def main(work: Path, number: str) -> None:
    """Record the report of an invented commit."""
    git = open_repository(work)
    assert git is not None
    remote = remote_of(git, "origin", os.environ)
    recorder = Recorder(lambda _known: recorded(number))
    with open_git_store(git, remote, Refs(), patience=Patience(500)) as store:
        print(store.update(recorder).attempts)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
