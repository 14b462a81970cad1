"""What others read in messages of commits: npm's `conventional-commits-parser`, and git-cliff.

The packages are locked in `tests/rig/oracles` and `tests/rig/oracles.txt`; `make rig-oracles` installs them,
and `make test-real` needs them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from support import needs
from support.evaluators import ORACLES, EvaluatorsMissingError
from support.rig import RIG, RigMissingError, find_node, locked

PACKAGES = RIG / "oracles"
_PARSER = PACKAGES / "node_modules" / "conventional-commits-parser"
CLIFF = """\
[git]
conventional_commits = true
filter_unconventional = false
filter_commits = false
split_commits = false
commit_parsers = [{ message = ".*", group = "all" }]
"""


@dataclass(frozen=True, slots=True)
class Read:
    """What a parser found in a message.

    Attributes:
        type, scope, subject: of the header; empty where it is none.
        notes: the footers BREAKING CHANGE.
        is_breaking: is the change called a breaking one?
    """

    type: str
    scope: str
    subject: str
    notes: tuple[str, ...]
    is_breaking: bool


def install() -> Path:
    """The folder of the npm packages, installed from the lock where that was not done.

    Raises:
        RigMissingError: they cannot be had.
        EvaluatorsMissingError: those of Python cannot be had.
    """
    ORACLES.install()
    node = find_node()
    with locked(RIG / ".install-oracles-lock"):
        if not _PARSER.is_dir():
            options = ("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(PACKAGES))
            node.run(str(node.npm_cli), *options)
    return PACKAGES


@cache
def require() -> Path:
    """The same; without it the test skips on a laptop, and fails under `CI=true`."""
    try:
        return install()
    except (RigMissingError, EvaluatorsMissingError, OSError, subprocess.SubprocessError) as error:
        needs.missing(f"the oracles of messages are missing: {error}; {ORACLES.remedy}")


def by_npm(messages: Sequence[str]) -> list[Read | None]:
    """What `conventional-commits-parser` reads; None for a message without a conventional header."""
    node = find_node()
    done = subprocess.run(
        [node.node, require() / "parse.mjs"], input=json.dumps(list(messages)), capture_output=True,
        encoding="utf-8", timeout=300, check=True,
    )  # fmt: skip
    return [_of_npm(message, found) for message, found in zip(messages, json.loads(done.stdout), strict=True)]


def _of_npm(message: str, found: dict[str, Any]) -> Read | None:
    if not found.get("type"):
        return None
    head = message.strip().splitlines()[0].partition(":")[0]
    notes = tuple(note.strip() for note in found["notes"])
    if head.endswith("!") and notes == (found["subject"],):
        notes = ()  # it makes one of a header with "!" where there is no footer
    is_breaking = head.endswith("!") or bool(notes)
    return Read(found["type"], found["scope"] or "", found["subject"], notes, is_breaking)


def by_cliff(messages: Sequence[str], folder: Path) -> list[Read | None]:
    """What git-cliff reads, in a repository with these commits; None for an unconventional one."""
    require()
    _repository(messages, folder)
    (folder / "cliff.toml").write_text(CLIFF, encoding="utf-8")
    program = ORACLES.install().with_name("git-cliff" + (".exe" if os.name == "nt" else ""))
    command = [str(program), "--config", "cliff.toml", "--context", "--offline", "--topo-order"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=True)
    commits = {c["id"]: c for release in json.loads(done.stdout) for c in release["commits"]}
    shas = _git(folder, "rev-list", "--reverse", "HEAD").split()
    return [_of_cliff(commits.get(sha)) for sha in shas]


def _repository(messages: Sequence[str], folder: Path) -> None:
    """A repository whose commits have these messages, the first one first."""
    _git(folder, "init", "-q", "-b", "main")
    script = []
    for number, message in enumerate(messages, 1):
        data = message.encode()
        head = f"commit refs/heads/main\nmark :{number}\ncommitter A <a@b.c> {1_700_000_000 + number} +0000\n"
        script.append(f"{head}data {len(data)}\n".encode() + data + b"\n")
    given = b"".join(script)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=given, check=True)


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout


def _of_cliff(found: dict[str, Any] | None) -> Read | None:
    if found is None or not found["conventional"]:
        return None
    kind = str(found.get("raw_message") or "").strip().partition(":")[0]
    notes = tuple(f["value"].strip() for f in found["footers"] if f["breaking"])
    name = kind.partition("(")[0].rstrip("!")
    return Read(name, found["scope"] or "", found["message"], notes, found["breaking"])


def real_messages(most: int) -> list[str]:
    """The newest messages of the clone that `SLUICEGATE_CONVENTIONAL_CLONE` names; none without it."""
    clone = os.environ.get("SLUICEGATE_CONVENTIONAL_CLONE", "")
    if not clone:
        return []
    log = _git(Path(clone), "log", "-z", "--no-merges", f"--max-count={most}", "--format=%B")
    return [message.strip("\n") for message in log.split("\0") if message.strip()]


if __name__ == "__main__":
    sys.stdout.write(f"{install()}\n")
