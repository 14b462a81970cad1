"""Small Python projects that are really run under coverage.py, in a process of their own."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from support.programs import run
from support.templates import copied

_PIECES = """
def {f}(x):
    if x:
        return 1
    return 2
---
def {f}(x):
    if x:  # pragma: no branch
        return 1
    return 2
---
def {f}(x):
    for i in range(x):
        if i == 2:
            break
    else:
        return 0
    return 1
---
def {f}(x):
    while True:
        x += 1
        if x > 3: return x
---
def {f}(x):
    if x:  # pragma: no cover
        return 1
    else:
        return 2
---
def {f}(x):
    try:
        return 1 // x
    except ZeroDivisionError:
        return 0
    finally:
        x = 1
---
def {f}(x):
    match x:
        case 0: return 1
        case 1: return 2
        case 7: return 3  # pragma: no cover
    return 4
---
def {f}(x):
    return [
        i
        for i in range(x)
        if i
    ]
---
class C{f}:
    '''Text.'''
    def run(self, x):
        with open(__file__) as s:
            return s if x else None

def {f}(x):
    return bool(x) or C{f}().run(x)
---
def {f}(x):
    if not x: y = False
    elif x == 1: y = None
    else: y = True
    assert y is not 3 or x
"""

PIECES = tuple(_PIECES.split("---"))
"""Functions of one parameter with branches of every kind; `{f}` is the name."""


@dataclass(frozen=True)
class Measured:
    """A project that was run: its folder, and the total as `coverage report` prints it, 8 digits."""

    folder: Path
    total: str


def environment() -> dict[str, str]:
    """This process's environment without what would measure or configure a child."""
    unwanted = ("COV", "PYTHONWARNINGS", "VIRTUAL_ENV")
    return {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}


def write_project(folder: Path, modules: Sequence[Sequence[tuple[int, int | None]]]) -> None:
    """Write modules of pieces: each a piece's number, and the argument of a call or None."""
    calls = ["import pkg"]
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg" / "__init__.py").write_text("")
    for m, pieces in enumerate(modules):
        text = "\n".join(PIECES[piece].format(f=f"f{n}") for n, (piece, _) in enumerate(pieces))
        (folder / "pkg" / f"m{m}.py").write_text(text)
        calls.append(f"from pkg import m{m}")
        calls += [f"m{m}.f{n}({argument})" for n, (_, argument) in enumerate(pieces) if argument is not None]
    (folder / "main.py").write_text("\n".join([*calls, ""]))


def coverage(folder: Path, *commands: Sequence[str]) -> str:
    """Run commands of coverage.py in one process; what they print."""
    program = str(Path(__file__).with_name("coverage_commands.py"))
    done = run([sys.executable, program, json.dumps(commands)], folder, environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def measure(folder: Path, *, branch: bool) -> Measured:
    """Run `main.py` under coverage.py, and write its reports in every format."""
    printed = coverage(
        folder,
        ["run", *(["--branch"] if branch else []), "main.py"],
        ["json", "-o", "coverage.json"],
        ["xml", "-o", "coverage.xml"],
        ["lcov", "-o", "lcov.info"],
        ["report", "--precision=8", "--format=total"],
    )
    return Measured(folder, printed.split()[-1])


REPORTS = ("coverage.json", "coverage.xml", "lcov.info")


def measured_project(
    folder: Path, modules: Sequence[Sequence[tuple[int, int | None]]], *, branch: bool
) -> Measured:
    """`write_project` and `measure` without the reports: once in a test process, and copied."""

    def build(there: Path) -> str:
        write_project(there, modules)
        total = measure(there, branch=branch).total
        for name in REPORTS:
            (there / name).unlink()
        return total

    total = copied(("measured", repr(modules), branch), folder, build)
    with closing(sqlite3.connect(folder / ".coverage")) as data, data:
        ((main,),) = data.execute("SELECT path FROM file WHERE path LIKE '%/main.py'")
        data.execute("UPDATE file SET path = replace(path, ?, ?)", (str(Path(main).parent), str(folder)))
    return Measured(folder, total)
