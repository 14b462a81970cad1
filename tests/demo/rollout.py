"""`make demo-rollout`: two rollouts on this machine, one to everybody and one rolled back, in two minutes.

The commands are the real ones, the times of the plan are short. The shop of `shop.py` evaluates the flagd
file and counts; no flagd, no Prometheus, no account and no network is needed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

FOLDER = Path("reports/demo-rollout")
COMMIT = "4f1c2d9be0" * 4
TRIES = 5
"""Of a promotion by hand: on a machine that has much to do the stage before may last longer."""

PLAN = """\
  {name}:
    flags: [{{flagd-file: {{file: flags.json, flag: {name}, where: local, refresh: 1}}}}]
    metrics-from: {{file: {{file: {name}.jsonl}}}}
    metrics:
      error_rate: {{bad: errors, total: requests, of: exposed}}
      service_errors: {{bad: errors, total: requests}}
    arms: {{label: variant, exposed: "on", control: "off"}}
    criteria: [service_errors <= 5%, error_rate <= 5%, error_rate <= control + 1pp]
    bin: 1s
    lag: 1s
    tick-every: 1min
    stages:
      - {{stage: dark, bake: 3s, min-samples: 500}}
      - {{stage: staff, bake: 2s}}
      - {{stage: 5%, bake: 6s, min-samples: 400}}
      - {{stage: 25%, bake: 5s}}
      - {{stage: 50%, bake: 5s}}
      - GA
"""


@dataclass(frozen=True)
class Version:
    """What is rolled out: its flag, and the part of visits of its users that fail."""

    name: str
    bad: float
    about: str


VERSIONS = (
    Version("new-checkout", 0.01, "a good version"),
    Version("new-search", 0.12, "a version that fails for 12 % of those who see it"),
)


def write_project(folder: Path) -> None:
    """The policy with both plans, and the flagd file with both flags off."""
    folder.mkdir(parents=True)
    plans = "".join(PLAN.format(name=version.name) for version in VERSIONS)
    (folder / "sluicegate.yml").write_text(f"rollouts:\n{plans}", encoding="utf-8")
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
    staff = {"in": [{"var": "targetingKey"}, [f"user-{n}" for n in range(500)]]}
    flags: dict[str, Any] = {version.name: flag for version in VERSIONS}
    document = {"flags": flags, "$evaluators": {"staff": staff}}
    (folder / "flags.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


Run = Callable[..., int]
"""Runs a command of rollouts, given by its words, and returns its exit code."""


def show(version: Version, run: Run) -> int:
    """One rollout, from its start to its end; the exit code of its last watch."""
    name, deployed = version.name, ("--deployed", COMMIT)
    run("start", name, "--commit", COMMIT, "--without-go", "a demonstration", *deployed)
    for _ in range(TRIES):
        run("watch", name, "--for", "9s", "--every", "1s", *deployed)
        if run("promote", name, "--to", "5%", "--reason", "the team has tried it") == 0:
            break
    code = run("watch", name, "--for", "90s", "--every", "1s")
    run("status", name, "--output", f"html={name}.html")
    return code


def start(*words: str) -> int:
    """Print a command, and run it in a process of its own."""
    click.echo(f"\n$ sluicegate rollout {shlex.join(words)}")
    command = (sys.executable, "-m", "sluicegate", "rollout", *words, "--dir", "journal")
    return subprocess.run(command, cwd=FOLDER, env=_laptop(), check=False).returncode


@contextlib.contextmanager
def shop(version: Version) -> Iterator[None]:
    """The shop, open while the block runs."""
    words = ("flags.json", version.name, f"{version.name}.jsonl", "--bad-on", str(version.bad))
    environment = {**_laptop(), "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    process = subprocess.Popen((sys.executable, "-m", "demo.shop", *words), cwd=FOLDER, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _laptop() -> dict[str, str]:
    """The environment without what a workflow or a token would bring along."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "GH_"))}


def main() -> int:
    """Show both; 0 when the good version reached everybody and the bad one was rolled back."""
    begin, codes = time.monotonic(), list[int]()
    shutil.rmtree(FOLDER, ignore_errors=True)
    write_project(FOLDER)
    for version in VERSIONS:
        click.echo(f"\n=== {version.name}: {version.about}")
        with shop(version):
            codes.append(show(version, start))
    click.echo(f"\nBoth are over after {time.monotonic() - begin:.0f} s. Their pages:")
    for version in VERSIONS:
        click.echo(f"  {(FOLDER / version.name).resolve().with_suffix('.html').as_uri()}")
    click.echo(f"The plans, the flags and the journal are in {FOLDER}.")
    return 0 if codes == [0, 1] else 1


if __name__ == "__main__":
    sys.exit(main())
