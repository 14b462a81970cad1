"""Processes that record: `python writer.py WORK NUMBER…`, for tests of many at once.

Each number gets a process of its own, forked when all is imported, which prints its attempts. The exit code
is how many of them failed. Of `NUMBER@SECONDS` the process is killed after that time, with all that it
started, before the next one begins.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from sluicegate.git import open_repository
from sluicegate.git.remote import remote_of
from sluicegate.ledger.gitstore import open_git_store
from sluicegate.ledger.interface import Patience, Refs
from sluicegate.ledger.recording import Recorder
from support.ledgers import recorded


def main(work: Path, number: str) -> None:
    """Record the report of an invented commit."""
    git = open_repository(work)
    assert git is not None
    remote = remote_of(git, "origin", os.environ)
    recorder = Recorder(lambda _known: recorded(number))
    with open_git_store(git, remote, Refs(), patience=Patience(500)) as store:
        print(store.update(recorder).attempts)  # noqa: T201 - the test reads it


def forked(work: Path, number: str) -> int:
    """A process that records; its id."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        code = 1
        try:
            main(work, number)
            sys.stdout.flush()
            code = 0
        except Exception as error:
            sys.stderr.write(f"{error}\n")
        finally:
            os._exit(code)
    return pid


def killed(work: Path, number: str, seconds: float) -> None:
    """A process that records, and does not come to its end."""
    pid = forked(work, number)
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    processes = []
    for given in sys.argv[2:]:
        number, _, seconds = given.partition("@")
        if seconds:
            killed(Path(sys.argv[1]), number, float(seconds))
        else:
            processes.append(forked(Path(sys.argv[1]), number))
    sys.exit(sum(os.waitpid(process, 0)[1] != 0 for process in processes))
