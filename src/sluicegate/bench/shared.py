"""Detects a Python that would import the project from the user's own tree on both sides.

An editable install (`pip install -e .`) in an environment that both sides use makes every comparison
one of the same code, which never finds anything.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sluicegate.bench.measuring import Bench
from sluicegate.bench.model import Command
from sluicegate.engines.command import TimedOut, TooMuchOutput

_PROBE = """
import sys
paths = [*sys.path]
for name, module in list(sys.modules.items()):
    if name.startswith("__editable___"):
        paths += map(str, getattr(module, "MAPPING", {}).values())
print("\\0".join([sys.prefix, *paths]), end="")
"""
"""Where an interpreter looks, its own prefix first; setuptools' finders of editable installs have a
`MAPPING` of packages to folders (its module `setuptools.command.editable_wheel`)."""

_SECONDS = 30.0
_SHEBANG = 256


def shared_sources(bench: Bench, top: Path) -> tuple[str, ...]:
    """The folders of the user's tree, outside of its environments, that a command's Python imports from.

    Empty where no command is known to run Python. `top` is the user's own working tree.
    """
    found: set[str] = set()
    for interpreter in {_interpreter(command, bench) for command in bench.settings.commands} - {""}:
        prefix, *paths = _asked(interpreter, bench)
        places = (Path(path) for path in paths if path)
        found |= {str(p) for p in places if p.is_relative_to(top) and not p.is_relative_to(prefix or os.sep)}
    return tuple(sorted(found))


def _asked(interpreter: str, bench: Bench) -> list[str]:
    try:
        done = bench.processes.run((interpreter, "-c", _PROBE), bench.places.head, _SECONDS)
    except (OSError, TimedOut, TooMuchOutput):
        return [""]
    return bench.processes.said().split("\0") if done.exit_code == 0 else [""]


def _interpreter(command: Command, bench: Bench) -> str:
    """The Python that a command is or runs in; empty for other commands."""
    name = command.words[0]
    program = str(bench.places.head / name) if "/" in name else shutil.which(name, path=bench.world.path)
    if program is None:
        return ""
    if Path(program).name.startswith("python"):
        return program
    python = _of_script(Path(program))
    return (shutil.which(python, path=bench.world.path) or "") if python else ""


def _of_script(program: Path) -> str:
    """The Python that a script names in its first line, `#!/usr/bin/env python3`; empty for none."""
    try:
        with program.open("rb") as stream:
            first = os.fsdecode(stream.read(_SHEBANG).partition(b"\n")[0])
    except OSError:
        return ""
    words = first[2:].split() if first.startswith("#!") else []
    return next((word for word in words if Path(word).name.startswith("python")), "")
