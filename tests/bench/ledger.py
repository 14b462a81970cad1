"""`make bench-ledger`: what reading and writing a long ledger costs, beside git alone.

    python -m bench.ledger [--reports N] [--rounds N] [--only TEXT]

The ledger is made once by `support.gen_ledger`, and served as files and by `git http-backend` over HTTP
with a token. Each command is a process of its own, as in a job of the Action: the wall time has the start
of Python in it. Processes, fetches, requests and bytes are counted in one more run, which is not timed.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.inputs import ROOT, generated
from bench.measuring import KIB, environment
from sluicegate.core.model import Commit
from sluicegate.ledger.interface import Refs
from sluicegate.report.document import render
from support import pullrequest, reports
from support.gen_ledger import BETWEEN, FIRST
from support.gitserver import Served, serve

TOKEN = "ghs_tokenOfTheBench"
AUTHORIZATION = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
REFS = Refs()
FETCH, PUBLISH = "sluicegate.action.fetch", "sluicegate.action.publish"
ENOUGH = 20.0
"""Seconds after which a command is not repeated."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One way to reach the ledger: a bare repository, a shallow checkout of its main branch, a report.

    `served` is the server, None for files.
    """

    name: str
    folder: Path
    variables: Mapping[str, str]
    served: Served | None

    @property
    def remote(self) -> Path:
        """The bare repository."""
        return self.folder / "remote.git"

    @property
    def work(self) -> Path:
        """The checkout."""
        return self.folder / "work"

    @property
    def url(self) -> str:
        """The address of the repository."""
        return f"{self.served.url}/remote.git" if self.served else self.remote.as_uri()


@dataclass(frozen=True, slots=True)
class Command:
    """What is measured; `before` is run before each time, and is not."""

    label: str
    words: tuple[str, ...]
    before: Callable[[], None] = lambda: None
    ours: bool = True


@dataclass(slots=True)
class Figures:
    """What was measured of a command: seconds of each run, and of processors, peak bytes, counts of one."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: int = 0
    calls: int = 0
    fetches: int = 0
    answers: list[int] = field(default_factory=list)


def main() -> None:
    """Parse, make, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--reports", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", metavar="TEXT", default="", help="commands whose name contains TEXT")
    chosen = parser.parse_args()
    made = generated(f"ledger-{chosen.reports}", "support.gen_ledger", "write_ledger", chosen.reports)
    _out(machine(chosen.reports, made / "remote.git"))
    with tempfile.TemporaryDirectory(prefix="sluicegate-bench-") as name:
        for over in ("file", "http"):
            with scene(over, made, Path(name) / over) as where:
                for line in table(where, chosen.rounds, chosen.only):
                    _out(line)
    _out(f"Load at the end: {os.getloadavg()[0]:.1f}.")


def machine(count: int, remote: Path) -> str:
    """What was measured with, in one paragraph."""
    document = pullrequest.git(remote, "ls-tree", "-r", "--format=%(objectsize)", REFS.ledger).split()
    kept = pullrequest.git(remote, "cat-file", "-s", f"{REFS.baselines}:baselines.json")
    return (
        f"{count:,} reports of {int(statistics.median(map(int, document))):,} bytes (median), baselines of "
        f"{int(kept):,} bytes; {os.cpu_count()} CPUs ({platform.machine()}, {platform.system()}), load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}, "
        f"{subprocess.check_output(['git', '--version'], text=True).strip()}. "
        "Wall and CPU milliseconds are medians, beside the least wall time; CPU is that of a command and "
        "all that it started here, not the server's. Memory is the largest of any process, and never "
        "below this program's own.\n"
    )


@contextmanager
def scene(over: str, made: Path, folder: Path) -> Iterator[Scene]:
    """A copy of the repository, its checkout as the Action has it, and the report of HEAD."""
    folder.mkdir()
    shutil.copytree(made / "remote.git", folder / "remote.git")
    remote = folder / "remote.git"
    pullrequest.git(folder, "clone", "--quiet", "--depth=2", "-b", "main", remote.as_uri(), "work")
    head = pullrequest.git(folder / "work", "rev-parse", "HEAD")
    report = replace(reports.passing(), commit=Commit(head, head))
    (folder / "report.json").write_text(render(report), encoding="utf-8")
    (folder / "event.json").write_text(
        json.dumps({"ref": "refs/heads/main", "before": "0" * 40}), encoding="utf-8"
    )
    variables = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(folder / "work"),
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_SHA": head,
        "RUNNER_TEMP": str(folder / "temp"),
        "SLUICEGATE_REPORT": str(folder / "report.json"),
        "INPUT_TOKEN": TOKEN,
        "GITHUB_TOKEN": TOKEN,
        "PYTHONPATH": str(ROOT / "src"),
    }
    if over == "file":
        yield Scene("file://", folder, variables, None)
        return
    with serve(folder, AUTHORIZATION) as served:
        pullrequest.git(folder / "work", "remote", "set-url", "origin", f"{served.url}/remote.git")
        yield Scene("http://", folder, {**variables, "GITHUB_SERVER_URL": served.url}, served)


def commands(where: Scene) -> list[Command]:
    """Everything that is measured, floors first."""
    fresh = where.folder / "fresh.git"
    tips = [pullrequest.git(where.remote, "rev-parse", ref) for ref in (REFS.ledger, REFS.baselines)]

    def empty() -> None:
        shutil.rmtree(fresh, ignore_errors=True)
        pullrequest.git(where.folder, "init", "--quiet", "--bare", str(fresh))

    def restored() -> None:
        for ref, tip in zip((REFS.ledger, REFS.baselines), tips, strict=True):
            pullrequest.git(where.remote, "update-ref", ref, tip)

    header = f"http.{where.url}.extraheader=Authorization: {AUTHORIZATION}"
    git = ("git", "-C", str(fresh), "-c", header)
    fetch = (*git, "fetch", "--quiet", "--no-tags", where.url)
    ours = (sys.executable, "-m", "sluicegate", "ledger")
    reports_ = int(pullrequest.git(where.remote, "rev-list", "--count", REFS.ledger))
    days = f"{_days(reports_)}d"
    return [
        Command("python -c pass", (sys.executable, "-c", "pass"), ours=False),
        Command("git ls-remote REF", (*git, "ls-remote", where.url, REFS.baselines), empty, ours=False),
        Command("git fetch --depth=1 BASELINES", (*fetch, "--depth=1", REFS.baselines), empty, ours=False),
        Command("git fetch LEDGER", (*fetch, REFS.ledger), empty, ours=False),
        Command(
            "python, and what the step `fetch` imports", (sys.executable, "-c", f"import {FETCH}"), ours=False
        ),
        Command("the Action's step `fetch`", (sys.executable, "-m", FETCH)),
        Command("ledger fetch", (*ours, "fetch")),
        Command("ledger log", (*ours, "log")),
        Command("the Action's step that records", (sys.executable, "-m", PUBLISH), restored),
        Command("ledger verify", (*ours, "verify"), restored),
        Command("ledger prune --dry-run", (*ours, "prune", "--dry-run", "--keep", days)),
        Command("ledger prune, half of all", (*ours, "prune", "--keep", days), restored),
    ]


def _days(reports_: int) -> int:
    """From the middle of the ledger to now."""
    return (datetime.now(UTC) - (FIRST + reports_ // 2 * BETWEEN)).days


def table(where: Scene, rounds: int, only: str) -> Iterator[str]:
    """The Markdown table of one way to reach it."""
    yield f"\n### {where.name}\n"
    yield "| | wall ms | least | CPU ms | runs | peak MiB | git calls | fetches | requests | bytes received |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for command in (c for c in commands(where) if only in c.label):
        mine = measured(command, where, rounds)
        label = f"**{command.label}**" if command.ours else command.label
        answers = f"{len(mine.answers)} | {sum(mine.answers):,}" if where.served else " | "
        yield (
            f"| {label} | {1000 * statistics.median(mine.seconds):,.0f} | "
            f"{1000 * min(mine.seconds):,.0f} | {1000 * statistics.median(mine.cpu):,.0f} | "
            f"{len(mine.seconds)} | {mine.peak / 2**20:.0f} | {mine.calls} | {mine.fetches} | {answers} |"
        )


def measured(command: Command, where: Scene, rounds: int) -> Figures:
    """One run to warm up and count, and those that are timed."""
    figures = Figures()
    trace = where.folder / "trace"
    trace.unlink(missing_ok=True)
    seen = len(where.served.sizes) if where.served else 0
    _run(command, where, {"GIT_TRACE2_EVENT": str(trace)})
    figures.answers = where.served.sizes[seen:] if where.served else []
    called = list(_called(trace))
    figures.calls, figures.fetches = len(called), called.count("fetch")
    while len(figures.seconds) < rounds and sum(figures.seconds) < ENOUGH:
        seconds, cpu, peak = _run(command, where, {})
        figures.seconds.append(seconds)
        figures.cpu.append(cpu)
        figures.peak = max(figures.peak, peak)
    return figures


def _called(trace: Path) -> Iterator[str]:
    """The commands of git that were called, without those that git itself calls (git-trace2 api)."""
    lines = trace.read_text(encoding="utf-8").splitlines() if trace.exists() else []
    for event in map(json.loads, lines):
        if event["event"] == "cmd_name" and "/" not in event["sid"]:
            yield event["name"]


def _run(command: Command, where: Scene, variables: Mapping[str, str]) -> tuple[float, float, int]:
    """Seconds, seconds of processors, and peak bytes of one run.

    Raises:
        RuntimeError: it failed.
    """
    command.before()
    env = {**environment(), **where.variables, **variables}
    told = where.folder / "told"
    with told.open("wb") as out:
        started = time.perf_counter()
        process = subprocess.Popen(command.words, cwd=where.work, env=env, stdout=out, stderr=out)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    said = told.read_text(encoding="utf-8", errors="replace")
    if process.returncode or said.startswith(("::warning", "::notice")):
        raise RuntimeError(f"{command.label} ended with {process.returncode}: {said}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * KIB


def _out(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
