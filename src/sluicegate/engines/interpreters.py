"""Which Python may be the project's own, for coverage.py's data.

Whatever is found runs code of the project, so nothing is looked for where that must not run. And what
is committed is no interpreter of the project's: a virtual environment is made by whoever runs the tests.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from sluicegate.engines.isolation import checkout_of
from sluicegate.runtime.files import is_inside

_FOLDERS = (".venv", "venv")
_NAMES = ("python", "python3")


def project_pythons(
    folder: Path, root: Path, env: Mapping[str, str], tracked: Iterable[str] = ()
) -> tuple[Path, ...]:
    """Interpreters that may be the project's own, most likely first; all exist.

    An environment of which git tracks anything is excluded, and so is one that `PATH` finds in the
    checkout or by an entry that is empty or relative.

    Args:
        folder: where coverage.py is configured.
        root: the folder that paths are relative to.
        env: names the active environment, and `PATH`.
        tracked: POSIX paths of the files that git tracks.
    """
    committed = {path.casefold() for path in tracked}
    places = _environments(folder, root, env.get("VIRTUAL_ENV", ""))
    own = [place for place in places if not _is_committed(place, root, committed)]
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    found = [*(place / inside for place in own), *_on_path(env.get("PATH", ""), checkout_of(root))]
    return tuple(dict.fromkeys(python for python in found if python.is_file()))


def _environments(folder: Path, root: Path, active: str) -> list[Path]:
    """Where a virtual environment may lie, and the active one."""
    places = [base / name for base in dict.fromkeys((folder, root)) for name in _FOLDERS]
    return [*places, *([Path(active)] if Path(active).is_absolute() else [])]


def _is_committed(place: Path, root: Path, committed: set[str]) -> bool:
    """Does git track the folder, what it is a link to, one above, or a file in it?

    Names are compared without their case, as some file systems do.
    """
    spellings = ((place, root.absolute()), (place.resolve(), root.resolve()))
    for path, top in spellings:
        if not path.is_relative_to(top):
            continue
        name = path.relative_to(top).as_posix().casefold()
        above = {name, *(parent.as_posix() for parent in Path(name).parents)}
        if above & committed or any(file.startswith(f"{name}/") for file in committed):
            return True
    return False


def _on_path(path: str, checkout: Path) -> list[Path]:
    """The Python interpreters on `PATH`, without entries that are relative or lead into the checkout."""
    entries = [e for e in path.split(os.pathsep) if Path(e).is_absolute() and not is_inside(e, checkout)]
    if not entries:  # `which` would look where it pleases
        return []
    found = (shutil.which(name, path=os.pathsep.join(entries)) for name in _NAMES)
    # Windows looks into the current folder first.
    return [Path(name) for name in found if name and not is_inside(Path(name).parent, checkout)]
