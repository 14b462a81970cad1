"""The program behind `make bench`."""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping

from bench.inputs import PEERS
from bench.jobs import DEFAULT, FULL, QUICK, jobs
from bench.measuring import Figures, Job, measure


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick", action="store_const", dest="sizes", const=QUICK, help="small inputs, one run"
    )
    size.add_argument("--full", action="store_const", dest="sizes", const=FULL, help="the largest inputs")
    parser.add_argument("--only", metavar="TEXT", default="", help="jobs whose title contains TEXT")
    given = parser.parse_args()
    sizes = given.sizes or DEFAULT
    _out(f"{machine()}\n")
    for job in jobs(sizes):
        if given.only.lower() in job.title.lower():
            figures = measure(job, sizes.rounds, _tell)
            _out("\n".join(table(job, figures)) + "\n")


def machine() -> str:
    """What was measured with, in one paragraph."""
    pins = re.findall(r"^(bandit|diff-cover|junitparser|radon)==(\S+)", PEERS.read_text(), re.MULTILINE)
    peers = ", ".join(f"{name} {version}" for name, version in pins)
    return (
        f"{os.cpu_count()} CPUs ({platform.machine()}, {platform.system()}), load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}; {peers}. Wall seconds are medians, memory is the largest "
        "of any process, and never below that of `python -c pass`, which is this program's own; a run "
        "longer than 20 seconds is not repeated."
    )


def table(job: Job, figures: Mapping[str, Figures]) -> Iterator[str]:
    """The Markdown table of one job. Ratios say how many times as much as the first row."""
    first = figures[job.contenders[0].label]
    yield f"### {job.title}\n"
    yield "| | wall s | runs | peak MiB | times | memory times |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for contender in job.contenders:
        mine = figures[contender.label]
        ratios = f"{mine.median / first.median:.2f} | {mine.peak / first.peak:.2f}"
        label = f"**{contender.label}**" if contender.ours else contender.label
        yield f"| {label} | {mine.median:.2f} | {len(mine.seconds)} | {mine.peak / 2**20:.0f} | {ratios} |"
    peers = [figures[c.label] for c in job.contenders if not c.ours]
    if job.title.startswith("The whole check"):
        total = sum(peer.median for peer in peers)
        peak = max(peer.peak for peer in peers)
        ratios = f"{total / first.median:.2f} | {peak / first.peak:.2f}"
        yield f"| the peers one after another | {total:.2f} | | {peak / 2**20:.0f} | {ratios} |"


def _tell(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}" if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()


def _out(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
