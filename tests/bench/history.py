"""`make bench-history REPOSITORIES="PATH …"`: what a preset says of changes that maintainers merged.

    python -m bench.history [--last N] [--preset NAME] [--jobs N] [--list] REPOSITORY ...

Each of the newest merged changes (the commits on the first parents of the branch that is checked out) is
judged with nothing but `sluicegate check --base COMMIT^1`, in a clone that is thrown away. What healthy
projects merged is held to be good, so a change that is blocked is a false alarm. Then each of ten problems
(`bench.planted`) is added to the largest module of each project, and must be named and blocked. Nothing of a
project is run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.planted import PLANTS, Plant
from sluicegate.core.model import SEVERITY_ORDER

NO_SOURCE = (
    "t",
    "tests",
    "test",
    "testing",
    "docs",
    "examples",
    "example",
    "benchmarks",
    "scripts",
    "vendor",
    "_vendor",
)
"""Names of folders that hold no source of the product, for the choice of the module that is planted."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A change and what was said of it.

    Args:
        commit: its id.
        status: of the report.
        blocking: `gate.criterion` of each criterion that blocked, with the worst new finding.
    """

    commit: str
    status: str
    blocking: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Planted:
    """A problem that was added, and what was said of it."""

    plant: Plant
    named: bool
    status: str


def git(folder: Path, *words: str) -> str:
    """What git prints in a folder, without hooks and settings of anybody."""
    guarded = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = [
        "git",
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "user.name=bench",
        "-c",
        "user.email=bench@localhost",
    ]
    done = subprocess.run(
        [*command, *words],
        cwd=folder,
        env=guarded,
        capture_output=True,
        text=True,
        check=True,
        errors="replace",
    )
    return done.stdout.strip()


def judge(tree: Path, preset: str) -> dict[str, Any]:
    """The report of the commit that is checked out, against its first parent.

    Raises:
        RuntimeError: there is none.
    """
    command = [
        sys.executable,
        "-I",
        "-m",
        "sluicegate",
        "check",
        "--untrusted",
        "--base",
        "HEAD^1",
        "--preset",
        preset,
    ]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    done = subprocess.run(
        [*command, "--format", "json"], cwd=tree, env=variables, capture_output=True, text=True, check=False
    )
    if not done.stdout.startswith("{"):
        raise RuntimeError(f"{git(tree, 'rev-parse', 'HEAD')}: exit {done.returncode}: {done.stderr.strip()}")
    return dict(json.loads(done.stdout))


def why(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each criterion that blocks, with the worst new finding of its gate."""
    for gate in report["gates"]:
        if gate["status"] not in ("FAIL", "ERROR"):
            continue
        new = sorted((f for f in gate["findings"] if f["new"]), key=lambda f: SEVERITY_ORDER[f["severity"]])
        shown = f"{new[0]['rule']} {new[0]['path']}:{new[0]['line']}" if new else ""
        failed = [c for c in gate["criteria"] if c["else"] == "block" and c["status"] in ("FAIL", "UNKNOWN")]
        for criterion in failed:
            yield f"{gate['gate']}.{criterion['id']}", f"{criterion['actual']} {shown}".strip()
        if not failed:
            yield f"{gate['gate']}: {gate['status']}", gate["summary"]


def changes(tree: Path, preset: str, last: int) -> Iterator[Judged]:
    """The newest merged changes, judged."""
    for commit in git(
        tree, "rev-list", "--first-parent", f"--max-count={last}", "--min-parents=1", "HEAD"
    ).split():
        git(tree, "checkout", "--quiet", "--force", "--detach", commit)
        report = judge(tree, preset)
        yield Judged(commit, report["status"], tuple(why(report)) if report["status"] == "BLOCKED" else ())


def module(tree: Path) -> str:
    """The largest module of the product."""
    files = [
        name
        for name in git(tree, "ls-files", "*.py").splitlines()
        if not set(NO_SOURCE) & set(Path(name).parts)
    ]
    return max(files, key=lambda name: (tree / name).stat().st_size)


def plants(tree: Path, preset: str, problems: Sequence[Plant] = PLANTS) -> Iterator[Planted]:
    """Each problem, added to the newest commit and judged."""
    tip = git(tree, "rev-parse", "HEAD")
    target = module(tree)
    for plant in problems:
        with (tree / target).open("a", encoding="utf-8") as file:
            file.write("\n\n" + plant.source)
        git(tree, "commit", "--quiet", "--all", "--message", plant.name)
        report = judge(tree, preset)
        named = any(
            finding["path"] == target and finding["new"] and finding["rule"] in plant.rules
            for gate in report["gates"]
            for finding in gate["findings"]
        )
        yield Planted(plant, named, report["status"])
        git(tree, "reset", "--quiet", "--hard", tip)


def repository(place: Path, preset: str, last: int) -> tuple[str, list[Judged], list[Planted]]:
    """A project: its name, its changes and the plants."""
    with tempfile.TemporaryDirectory(prefix="bench-history-") as folder:
        tree = Path(folder, "tree")
        git(Path(folder), "clone", "--quiet", "--shared", str(place.resolve()), str(tree))
        planted = list(plants(tree, preset))
        name = place.resolve().parent.name if place.name in ("repo", ".git") else place.name
        return name.removesuffix(".git"), list(changes(tree, preset, last)), planted


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def table(rows: Sequence[tuple[str, list[Judged], list[Planted]]]) -> Iterator[str]:
    """The two tables, as Markdown."""
    yield "| project | changes | blocked | | warned | blocked by |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    whole = [judged for _, changes, _ in rows for judged in changes]
    for name, judged in [*((name, judged) for name, judged, _ in rows), ("**all**", whole)]:
        by = Counter(cause for one in judged for cause, _ in one.blocking)
        blocked = sum(one.status == "BLOCKED" for one in judged)
        warned = sum(one.status == "WARN" for one in judged)
        causes = ", ".join(f"{cause} {count}" for cause, count in by.most_common())
        share = percent(blocked, len(judged))
        yield f"| {name} | {len(judged)} | {blocked} | {share} | {warned} | {causes} |"
    yield ""
    yield "| planted | blocked | named | of |"
    yield "| --- | ---: | ---: | ---: |"
    for plant in PLANTS:
        of_it = [one for _, _, planted in rows for one in planted if one.plant == plant]
        blocked, named = sum(one.status == "BLOCKED" for one in of_it), sum(one.named for one in of_it)
        yield f"| {plant.name} | {blocked} | {named} | {len(of_it)} |"


def details(rows: Sequence[tuple[str, list[Judged], list[Planted]]]) -> Iterator[str]:
    """Each cause of each blocked change, and the plants that were not both named and blocked."""
    for name, judged, planted in rows:
        for one in judged:
            for cause, shown in one.blocking:
                yield f"{name} {one.commit[:12]} {cause} {shown}"
        for problem in planted:
            if not problem.named or problem.status != "BLOCKED":
                unnamed = "" if problem.named else ", not named"
                yield f"{name}: {problem.plant.name}: {problem.status}{unnamed}"


def main() -> None:
    """Judges the projects that the command line names, and prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "repositories", nargs="+", type=Path, metavar="REPOSITORY", help="a clone, bare or not"
    )
    parser.add_argument("--last", type=int, default=55, help="number of changes of each (55)")
    parser.add_argument("--preset", default="standard", help="the preset (standard)")
    parser.add_argument("--jobs", type=int, default=2, help="number of projects side by side (2)")
    parser.add_argument("--list", action="store_true", help="also name each change that is blocked")
    asked = parser.parse_args()
    with ThreadPoolExecutor(asked.jobs) as pool:
        rows = list(pool.map(lambda place: repository(place, asked.preset, asked.last), asked.repositories))
    sys.stdout.writelines(f"{line}\n" for line in [*table(rows), "", *(details(rows) if asked.list else ())])


if __name__ == "__main__":
    main()
