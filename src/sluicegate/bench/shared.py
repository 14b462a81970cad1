"""Detects a Python that would import the project from the user's own tree on both sides.

An editable install (`pip install -e .`) in an environment that both sides use makes every comparison
one of the same code, which never finds anything.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from sluicegate.bench.measuring import Bench
from sluicegate.bench.model import Command
from sluicegate.collect.testpaths import PYTEST_FILES, pytest_settings, words_of
from sluicegate.engines.command import TimedOut, TooMuchOutput
from sluicegate.engines.interface import read_source

_PROBE = """
import importlib.util, os, sys
answer, start, *more = sys.argv[1:]
if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    sys.path[0] = start
sys.path[:0] = more
names = set()
for place in sys.path:
    try:
        entries = os.listdir(place or ".")
    except OSError:
        continue
    for entry in entries:
        if entry.endswith(".py") or os.path.isfile(os.path.join(place, entry, "__init__.py")):
            names.add(entry.partition(".")[0])
for name, module in list(sys.modules.items()):
    if name.startswith("__editable___"):
        names.update(key.partition(".")[0] for key in getattr(module, "MAPPING", {}))
found = [sys.prefix]
for name in sorted(names):
    try:
        spec = importlib.util.find_spec(name)
    except Exception:  # of a finder that somebody installed
        continue
    places = list(spec.submodule_search_locations or ()) if spec else []
    if spec and (places or spec.has_location):
        found.append(os.path.abspath(places[0] if places else spec.origin))
with open(answer, "wb") as stream:
    stream.write(os.fsencode("\\0".join(found)))
"""
"""Which files and folders an interpreter would import by a name of one word, its own prefix first. `argv` is
the file for them, and what Python, and then pytest, puts before its other places (Python's page "The
initialization of the sys.path module search path"). setuptools' finders of editable installs have a `MAPPING`
of packages to folders (its module `setuptools.command.editable_wheel`); Python asks them last."""

_SECONDS = 30.0
_SHEBANG = 256
_FLAGS = re.compile(r"-[bBdEIOPqsSuv]+")
_PYTEST = ("pytest", "py.test")


@dataclass(frozen=True, slots=True)
class Shared:
    """What both sides share.

    Attributes:
        folders: of the user's tree, from which a command's Python imports what each checkout has, too.
        unknown: why that is not known of a Python, each reason once.
    """

    folders: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def shared_sources(bench: Bench, top: Path) -> Shared:
    """What both sides share; nothing where no command is known to run Python.

    Args:
        bench: what is measured.
        top: the user's own working tree.
    """
    found: set[str] = set()
    unknown: list[str] = []
    for command in bench.settings.commands:
        if interpreter := _interpreter(command, bench):
            try:
                prefix, *modules = _asked(interpreter, command, bench)
            except _Unanswered as error:
                unknown.append(f"{interpreter} {error}")
                continue
            own = map(Path, modules)
            found |= {str(m.parent) for m in own if _is_shared(m, top, Path(prefix), bench)}
    return Shared(tuple(sorted(found)), tuple(dict.fromkeys(unknown)))


class _Unanswered(Exception):
    """A Python did not say what it imports; the message says what it did."""


def _is_shared(module: Path, top: Path, prefix: Path, bench: Bench) -> bool:
    """Is it of the user's tree, of no environment in it, and in both checkouts as well?"""
    places = bench.places
    if not module.is_relative_to(top) or any(map(module.is_relative_to, (prefix, places.head, places.base))):
        return False
    inside = module.relative_to(top)
    return all((side / inside).exists() for side in (places.head, places.base))


def _asked(interpreter: str, command: Command, bench: Bench) -> list[str]:
    """The prefix of an interpreter, and what it imports.

    Its answer is a file: what it prints may be long, and mixed with warnings.

    Raises:
        _Unanswered: it could not be run, or did not answer.
    """
    flags, first = _first_places(command, bench)
    answer = bench.places.scratch / "imports"
    answer.unlink(missing_ok=True)
    words = (interpreter, *flags, "-c", _PROBE, str(answer), *first)
    try:
        done = bench.processes.run(words, bench.places.head, _SECONDS)
        if done.exit_code != 0:
            raise _Unanswered(f"ended with exit code {done.exit_code}")
        return os.fsdecode(answer.read_bytes()).split("\0")
    except TimedOut:
        raise _Unanswered(f"did not answer within {_SECONDS:g} seconds") from None
    except TooMuchOutput:
        raise _Unanswered("wrote too much") from None
    except OSError as error:
        raise _Unanswered(f"did not answer: {error.strerror}") from None


def _first_places(command: Command, bench: Bench) -> tuple[list[str], list[str]]:
    """The options of Python that a command gives, and the places that are searched first."""
    program, *words = command.words
    head = bench.places.head
    if not Path(program).name.startswith("python"):
        more = _of_pytest(head) if Path(program).name in _PYTEST else ()
        found = str(head / program) if "/" in program else shutil.which(program, path=bench.world.path)
        return [], [str(Path(found or program).parent), *more]
    flags = list(takewhile(_FLAGS.fullmatch, words))
    match words[len(flags) :]:
        case ["-m", "pytest", *_]:
            return flags, [str(head), *_of_pytest(head)]
        case [script, *_] if script.endswith(".py"):
            return flags, [str((head / script).parent)]
    return flags, [str(head)]


def _of_pytest(head: Path) -> Iterator[str]:
    """What pytest searches first: `pythonpath` of its settings, and the folder of a `conftest.py`."""
    read = {name: data for name in PYTEST_FILES if isinstance(data := read_source(head, name), bytes)}
    yield from (str(head / word) for word in words_of(pytest_settings(read), "pythonpath"))
    if (head / "conftest.py").is_file():
        yield str(head)


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
