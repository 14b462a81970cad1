"""A repository with a long ledger: a history of commits, and a realistic report of each.

The documents and baselines are the recorder's own; only the thousands of pushes are spared, by one
`git fast-import` for the history and one for the ledger, with a commit a report as recording makes it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sluicegate.core.model import Commit, Report, Verdict
from sluicegate.core.readings import Reading
from sluicegate.ledger import fastimport
from sluicegate.ledger.baselines import MAX_ENTRIES, Baselines, joined
from sluicegate.ledger.documents import Document, stamp
from sluicegate.ledger.interface import Refs, Update
from sluicegate.ledger.record import report_document
from sluicegate.ledger.recording import badges_of, of_document, readable
from support import pullrequest, reports

FIRST = datetime(2024, 11, 21, 8, 0, tzinfo=UTC)
BETWEEN = timedelta(hours=3.5)
"""From one push to the next: 5,000 of them are two years."""

_WHO = "Mona <mona@example.com>"
_FILES, _BENCHMARKS, _FINDINGS = 60, 20, 40


def write_ledger(root: Path, count: int) -> None:
    """`remote.git` below `root`, with so many commits on main but one, and a report of each but that."""
    remote = root / "remote.git"
    pullrequest.git(root, "init", "--quiet", "--bare", str(remote))
    for key in ("http.receivepack", "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        pullrequest.git(remote, "config", key, "true")
    pullrequest.git(remote, "config", "receive.autogc", "false")
    _import(remote, _history(count + 1))
    _fill(remote, pullrequest.git(remote, "rev-list", "--reverse", "main").split()[:count])
    pullrequest.git(remote, "gc", "--quiet")


def _history(count: int) -> Iterator[bytes]:
    for n in range(count):
        when = int((FIRST + n * BETWEEN).timestamp())
        text, message = f"x = {n}\n", f"Change {n}"
        yield f"commit refs/heads/main\ncommitter {_WHO} {when} +0000\n".encode()
        yield f"data {len(message)}\n{message}\nM 100644 inline src/x.py\ndata {len(text)}\n{text}\n".encode()


def _fill(remote: Path, commits: list[str]) -> None:
    """Both refs, as the recorder leaves them."""
    trees = pullrequest.git(remote, "log", "--format=%T", "--reverse", "main").split()

    def documents(first: int = 0) -> Iterator[Document[Any]]:
        return (document(n, commits, trees[n]) for n in range(first, len(commits)))

    whole, badges = Baselines(), {}
    for found in documents(max(len(commits) - MAX_ENTRIES, 0)):
        own = of_document(found.path, found)
        whole = joined(whole, own)
        badges = badges_of(found, own, whole)
    _import(remote, _ledger(documents()))
    last = Update({}, "", baselines=readable(whole), badges=badges)
    _import(remote, [fastimport.stream(last, "", {}, int(FIRST.timestamp()))])
    for made, ref in ((fastimport.LEDGER, Refs().ledger), (fastimport.BASELINES, Refs().baselines)):
        pullrequest.git(remote, "update-ref", ref, made)
        pullrequest.git(remote, "update-ref", "-d", made)


def _ledger(documents: Iterable[Document[Any]]) -> Iterator[bytes]:
    """A commit each; one without `from` goes on with the branch of its stream."""
    for n, found in enumerate(documents):
        update = Update({found.path: found.data}, f"report {found.key[:12]}")
        when = int((FIRST + n * BETWEEN).timestamp())
        yield fastimport.stream(update, "", {}, when).removesuffix(b"done\n")


def document(n: int, commits: list[str], tree: str) -> Document[Any]:
    """The document of the report of commit `n`."""
    when = FIRST + n * BETWEEN
    line = commits[max(n - 1, 0) : n + 1][::-1]
    found = replace(report(n), commit=Commit(commits[n], commits[n]))
    committed = int(when.timestamp())
    return report_document(found, commits[n], stamp(when), tree=tree, committed=committed, line=line)


def report(n: int) -> Report:
    """A report of eight verdicts, 60 files and 20 benchmarks, that differs a little from the one before."""
    verdicts = (
        reports.tests_fail() if n % 50 == 7 else reports.tests_pass(),
        _coverage(n),
        reports.security_fail(extra=_FINDINGS - n % 7),
        reports.complexity_warn(),
        reports.performance_warn(),
        reports.docs_skipped(),
    )
    return reports.report(*verdicts, readings=tuple(_reading(n, k) for k in range(_BENCHMARKS)))


def _coverage(n: int) -> Verdict:
    measures = reports.by_name(
        reports.ratio("total", 16_000 + n % 331, 20_000),
        reports.ratio("line", 13_000 + n % 331, 16_000),
        *(
            reports.ratio(f'file["src/shop/module_{k:02d}.py"].line', 40 + (n // (k + 1)) % 60, 100)
            for k in range(_FILES)
        ),
    )
    return replace(reports.coverage_pass(), measures=measures)


def _reading(n: int, k: int) -> Reading:
    noise = (n * 7919 + k * 104_729) % 1000 / 1000
    return Reading(
        f"test_speed[{k}]", "x86_64 Linux CPython 3.12", 0.001 * (k + 1) * (1 + noise / 20), 2e-5, 20
    )


def _import(remote: Path, stream: Iterable[bytes]) -> None:
    command = ["git", "fast-import", "--quiet"]
    with subprocess.Popen(command, cwd=remote, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.writelines(stream)
    if process.returncode:
        raise AssertionError("git fast-import failed")
