"""Import isolation of the interpreters that we start: nothing from the checkout, which is untrusted.

A folder on the import path is code that runs: `coverage.py`, `yaml.py` or `sitecustomize.py` in it take
the place of the packages that we mean.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import sluicegate
from sluicegate.core.errors import UsageError
from sluicegate.git.repository import find_top
from sluicegate.runtime.files import is_inside

_OWN = (sys.prefix, sys.base_prefix, str(Path(sluicegate.__file__).parents[1]))
_AT_START = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "PYTHONPYCACHEPREFIX", "PYTHONUSERBASE")


def checkout_of(folder: Path) -> Path:
    """The top of the checkout that the folder is in, else itself.

    Raises:
        UsageError: a folder on the way looks like a git directory.
    """
    return find_top(folder) or folder.absolute()


def exposed(checkout: Path, path: Sequence[str] | None = None) -> list[str]:
    """The entries of the import path that lead into the checkout or the current folder.

    The environment that runs us, and our own package, may lie below it: a `.venv` on a laptop. `path` is
    looked at in place of `sys.path`.
    """
    return [entry for entry in (sys.path if path is None else path) if _leads_into(entry, checkout)]


def refuse_exposed(folder: Path) -> None:
    """Refuse to continue where untrusted modules could replace ours, or already did.

    Raises:
        UsageError: a folder of the checkout that `folder` is in is on Python's import path, or a variable
            let the interpreter read settings or compiled files of the checkout when it started.
    """
    checkout = checkout_of(folder)
    for name in _AT_START:  # what these name was read with the interpreter's start, before all of ours
        value = os.environ.get(name, "")
        if value and (not Path(value).is_absolute() or is_inside(value, checkout)):
            raise UsageError(
                "this process was started by settings or compiled files of the checkout",
                where=name,
                remedy="Remove the variable from the environment of the step that judges.",
            )
    if found := exposed(checkout):
        raise UsageError(
            f"the checkout is on Python's import path: {found[0] or 'the current folder'}",
            where="--untrusted",
            remedy="Start it with 'python -I -m sluicegate', and do not install the checkout where it runs.",
        )


def _leads_into(entry: str, checkout: Path) -> bool:
    if not Path(entry).is_absolute():  # the name of an import hook is no folder
        return not entry or os.path.lexists(entry)
    return is_inside(entry, checkout) and not any(is_inside(entry, Path(own)) for own in _OWN)


def import_path(checkout: Path) -> list[str]:
    """`sys.path` without what `exposed` names, for an interpreter of ours (`-I -S`)."""
    unwanted = set(exposed(checkout))
    return [entry for entry in sys.path if Path(entry).is_absolute() and entry not in unwanted]


def starting_interpreters(environment: MutableMapping[str, str]) -> AbstractContextManager[None]:
    """Within it, an interpreter that `multiprocessing` starts has no current folder on its import path.

    It is started with `-c`, which puts that folder first, and imports the standard library before it
    receives its import path.
    """
    return _changed(environment, {"PYTHONSAFEPATH": "1", "PYTHONPATH": None})


def importing_plugins(environment: MutableMapping[str, str]) -> AbstractContextManager[None]:
    """Within it, stevedore is imported without the folder in which it would keep a list of plugins.

    `XDG_CACHE_HOME` may lead into the checkout, and a list that lies there would control what bandit checks.
    """
    return _changed(environment, dict.fromkeys(("XDG_CACHE_HOME", "LOCALAPPDATA", "APPDATA"), os.devnull))


@contextmanager
def _changed(environment: MutableMapping[str, str], values: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: environment.get(name) for name in values}
    _set(environment, values)
    try:
        yield
    finally:
        _set(environment, before)


def _set(environment: MutableMapping[str, str], values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
