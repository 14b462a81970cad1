"""`make bench-steps`: CPU seconds of the Action by step, of what commands import, and of a rollout's tick.

    python -m bench.steps [--rounds N]

The Action is used whole by the composite harness (`support.composite`), installed, on a small project: a
pull request that is commented, on a server of the API beside it, and a push to the default branch that is
recorded. Each step is a process of its own, and its figure is user and system time of all that it starts,
git included. Figures are medians of the rounds, after one that is not counted; compiled files are there, as
on the second run of any machine. The tick is of a stage with three metrics and an hour of bins, and holds.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bench.measuring import environment
from sluicegate.cli import rollout_sessions
from support import rollout_project
from support.composite import Job
from support.githubapi import Hub, running
from support.rollout_project import COMMIT, NAME
from support.uses import GOOD, Project, project, push, shared_environment, shown

IMPORTS = ("sluicegate.cli.main", "sluicegate.cli.check", "sluicegate.cli.rollout", "sluicegate.action.judge")
"""Modules whose import is measured."""

Seconds = dict[str, list[float]]
"""Measured CPU seconds by what was measured, in the order of the rounds."""


def used() -> float:
    """CPU seconds of the processes that this one started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def steps_of(job: Job, **inputs: str) -> dict[str, float]:
    """CPU seconds of a use of the Action, by step.

    Raises:
        RuntimeError: the use failed.
    """
    seconds: dict[str, float] = {}
    before = used()

    def note(name: str) -> None:
        nonlocal before
        now = used()
        seconds[name] = now - before
        before = now

    job.after = note
    result = job.run(**inputs)
    if result.conclusion != "success":
        raise RuntimeError(shown(result))
    return seconds


def pull_request(small: Project, url: str) -> dict[str, float]:
    """A pull request whose report is a comment."""
    job = small.job()
    job.variables = {**job.variables, "GITHUB_API_URL": url, "GITHUB_RUN_ID": "1", "GITHUB_RUN_NUMBER": "1"}
    return steps_of(job, comment="always")


def default_branch(small: Project, _url: str) -> dict[str, float]:
    """A push to the default branch, whose report is recorded."""
    return steps_of(push(small, GOOD))


SCENES: dict[str, Callable[[Project, str], dict[str, float]]] = {
    "pull request, commented": pull_request,
    "push to the default branch, recorded": default_branch,
}


def scene(name: str, rounds: int, base: Path, installed: Path) -> Seconds:
    """Measure a use of the Action in new projects, one a round."""
    seconds: Seconds = defaultdict(list)
    for number in range(rounds + 1):
        folder = base / f"{name.split(maxsplit=1)[0]}-{number}"
        small = project(folder, installed)
        with running(Hub(small.pull.head)) as url:
            found = SCENES[name](small, url)
        for step, value in found.items() if number else ():
            seconds[step].append(value)
    return seconds


def imports(rounds: int, python: Path) -> Seconds:
    """Measure the start of the program and imports, each in a process of its own."""
    codes = {"python -c pass": "pass", **{f"import {name}": f"import {name}" for name in IMPORTS}}
    commands = {label: ["-c", code] for label, code in codes.items()}
    commands["sluicegate --version"] = ["-m", "sluicegate", "--version"]
    seconds: Seconds = defaultdict(list)
    for number in range(rounds + 1):
        for label, arguments in commands.items():
            before = used()
            subprocess.run([python, *arguments], env=environment(), check=True, stdout=subprocess.DEVNULL)
            if number:
                seconds[label].append(used() - before)
    return seconds


def ticks(rounds: int, python: Path, base: Path) -> Seconds:
    """Measure a tick that holds, in a process of its own; it writes nothing."""
    rollout = rolling(base)
    words = ["tick", NAME, *rollout.ledger, "--deployed", COMMIT]
    files = len(list((rollout.root / "ledger").rglob("*.json")))
    seconds: Seconds = defaultdict(list)
    for number in range(rounds + 1):
        before = used()
        subprocess.run(
            [python, "-m", "sluicegate", "rollout", *words], cwd=rollout.root, env=environment(), check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        if number:
            seconds["a tick that holds"].append(used() - before)
    if len(list((rollout.root / "ledger").rglob("*.json"))) != files:
        raise RuntimeError("a tick that holds wrote to the journal")
    return seconds


def rolling(base: Path) -> rollout_project.Project:
    """A rollout at 5 % with three metrics, which has come there an hour ago."""
    root = base / "rollout"
    root.mkdir()
    own = rollout_project.Project(root, now=time.time() - 70 * 60)
    plan = root / "rollouts" / f"{NAME}.yml"
    text = rollout_project.PLAN.replace("5%, bake: 10min", "5%, bake: 2d")
    text = text.replace("metrics:\n", "metrics:\n  slow: {bad: slow, total: requests, of: exposed}\n")
    plan.write_text(text.replace("criteria: [", "criteria: [slow <= 5%, "), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr(rollout_sessions, "clock", own.clock)
        own.start()
        own.run("promote", NAME, "--to", "staff", "--deployed", COMMIT)
        own.run("promote", NAME, "--to", "5%", "--deployed", COMMIT)
        own.passes(69)
        own.tick()
    return own


def table(title: str, seconds: Seconds, *, total: bool) -> Iterable[str]:
    """A Markdown table of the medians."""
    yield f"\n| {title} | CPU s |"
    yield "| --- | ---: |"
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    yield from (f"| {name} | {value:.3f} |" for name, value in medians.items())
    if total:
        yield f"| all | {sum(medians.values()):.3f} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="measured runs of each (7)")
    rounds = parser.parse_args().rounds
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["SLUICEGATE_TESTS_TRUE_STARTS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        installed = shared_environment(base)
        lines = [*table("import", imports(rounds, Path(sys.executable)), total=False)]
        for name in SCENES:
            lines += table(name, scene(name, rounds, base, installed), total=True)
        lines += table("rollout with three metrics", ticks(rounds, Path(sys.executable), base), total=False)
    sys.stdout.write("\n".join([f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}", *lines, ""]))


if __name__ == "__main__":
    main()
