"""Programs of others that answer what ours must answer too, each set in an environment of its own.

The flag services' evaluators and clients say who sees a flag; git-cliff and in-toto read messages and
statements. Locked in `tests/rig/`. They are no dependencies of ours: they bring grpc and protobuf along.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import scipy

from support import needs
from support.rig import RIG, locked

CACHE = Path(__file__).resolve().parents[2] / ".cache"


class EvaluatorsMissingError(Exception):
    """They could not be installed."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment of Python with some of them.

    Attributes:
        name: of its folder, and of its lock file in `tests/rig/`.
        whose: for people.
        remedy: what installs it.
    """

    name: str
    whose: str
    remedy: str

    def install(self) -> Path:
        """Its interpreter; it is made where it is not there.

        Raises:
            EvaluatorsMissingError: a package cannot be had.
        """
        folder, lock = CACHE / self.name, RIG / f"{self.name}.txt"
        python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        mark = folder / f".{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
        if mark.is_file():
            return python
        uv = Path(sys.executable).with_name("uv")
        CACHE.mkdir(parents=True, exist_ok=True)
        with locked(folder.with_suffix(".lock")):
            if not mark.is_file():
                _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder)
                options = ("--quiet", "--require-hashes", "--no-deps", "-r", lock)
                _run(uv, "pip", "install", "--python", python, *options)
                mark.touch()
        return python


OPEN = Environment("evaluators", "flagd and Unleash", "run `make rig`")
VENDORS = Environment("vendors", "the vendors of flags", "run `make rig-vendors`")
ORACLES = Environment("oracles", "release notes and statements", "run `make rig-oracles`")
AWS = Environment("aws", "AWS, which moto plays", "run `make rig-vendors`")


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise EvaluatorsMissingError(done.stderr.strip()[-1000:])


@cache
def require(environment: Environment = OPEN) -> Path:
    """The interpreter; without it the test skips on a laptop, and fails under `CI=true`."""
    try:
        return environment.install()
    except (EvaluatorsMissingError, OSError, subprocess.SubprocessError) as error:
        needs.missing(f"the evaluators of {environment.whose} are missing: {error}; {environment.remedy}")


def ask(script: str, environment: Environment = OPEN, **question: Any) -> list[Any]:
    """What a script of `tests/rig/` answers, run by the environment's interpreter: JSON in, a list out."""
    done = subprocess.run(
        [require(environment), RIG / script], input=json.dumps(question), capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[Any] = json.loads(done.stdout)
    return found


def flagd(
    files: Sequence[Path], flag: str, ids: Sequence[str | None], *, default: bool = False, **attributes: Any
) -> list[list[bool]]:
    """For each file, whether each user sees the flag by flagd's evaluator; None is a user without a key."""
    paths = [str(path) for path in files]
    return ask(
        "evaluate_flagd.py", paths=paths, flag=flag, ids=list(ids), default=default, attributes=attributes
    )


def unleash(url: str, token: str, flag: str, ids: Sequence[str | None], **attributes: Any) -> list[bool]:
    """Whether each user sees the flag by Unleash's client for Python."""
    return ask("evaluate_unleash.py", url=url, token=token, flag=flag, ids=list(ids), attributes=attributes)


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
    chosen = {each.name: each for each in (OPEN, VENDORS, AWS, ORACLES)}
    sys.stdout.write(f"{chosen[sys.argv[1]].install()}\n")
