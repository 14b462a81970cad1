"""What flagd's own evaluator and Unleash's own client make of a flag: in an environment of their own.

`tests/rig/evaluators.txt` locks them. They are no dependencies of ours: they bring grpc and protobuf along.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import scipy

from support import needs
from support.rig import RIG, locked

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "evaluators"
LOCK = RIG / "evaluators.txt"
REMEDY = "run `make rig`"


class EvaluatorsMissingError(Exception):
    """They could not be installed."""


def install() -> Path:
    """The interpreter of the environment with them, made where it is not there.

    Raises:
        EvaluatorsMissingError: a package cannot be had.
    """
    python = CACHE / ("Scripts" if os.name == "nt" else "bin") / "python"
    mark = CACHE / f".{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    if mark.is_file():
        return python
    uv = Path(sys.executable).with_name("uv")
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with locked(CACHE.with_suffix(".lock")):
        if not mark.is_file():
            _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, CACHE)
            options = ("--quiet", "--require-hashes", "--no-deps", "-r", LOCK)
            _run(uv, "pip", "install", "--python", python, *options)
            mark.touch()
    return python


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise EvaluatorsMissingError(done.stderr.strip()[-1000:])


@cache
def require() -> Path:
    """The interpreter; without it the test skips on a laptop, and fails under `CI=true`."""
    try:
        return install()
    except (EvaluatorsMissingError, OSError, subprocess.SubprocessError) as error:
        needs.missing(f"the evaluators of flagd and Unleash are missing: {error}; {REMEDY}")


def _ask(script: str, **question: Any) -> list[Any]:
    done = subprocess.run(
        [require(), RIG / script], input=json.dumps(question), capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[Any] = json.loads(done.stdout)
    return found


def flagd(
    files: Sequence[Path], flag: str, ids: Sequence[str | None], *, default: bool = False, **attributes: Any
) -> list[list[bool]]:
    """For each file, whether each user sees the flag by flagd's evaluator; None is a user without a key."""
    paths = [str(path) for path in files]
    return _ask(
        "evaluate_flagd.py", paths=paths, flag=flag, ids=list(ids), default=default, attributes=attributes
    )


def unleash(url: str, token: str, flag: str, ids: Sequence[str | None], **attributes: Any) -> list[bool]:
    """Whether each user sees the flag by Unleash's client for Python."""
    return _ask("evaluate_unleash.py", url=url, token=token, flag=flag, ids=list(ids), attributes=attributes)


USERS = [f"user-{number}" for number in range(2_000)]


def within(seen: int, share: float, users: int = len(USERS)) -> bool:
    """Does the number of users lie in the interval that holds 99.9 % of draws at this share?"""
    least, most = scipy.stats.binom.interval(0.999, users, share)
    return bool(least <= seen <= most)


def is_monotone(answers: Iterable[Sequence[bool]]) -> bool:
    """Does everybody who sees the flag at one stage see it at the next?"""
    stages = [list(each) for each in answers]
    return all(
        after or not before
        for one, other in pairwise(stages)
        for before, after in zip(one, other, strict=True)
    )


if __name__ == "__main__":
    sys.stdout.write(f"{install()}\n")
