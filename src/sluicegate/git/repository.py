"""The repository of a folder: the nearest folder above it that is marked by `.git`.

Git never lets a tree hold the name `.git`, so a checkout cannot mark a folder of its own. It can hold
everything else that makes a git directory (`HEAD`, `objects`, `refs`, `config`), which git would take for a
bare repository where it finds one by itself. So it is found here, and named to git.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import UsageError

MARK = ".git"


@dataclass(frozen=True, slots=True)
class Repository:
    """A working tree with its top, its git folder, and `common_dir` that all its working trees share."""

    top: Path
    git_dir: Path
    common_dir: Path

    @property
    def variables(self) -> dict[str, str]:
        """What names it to git."""
        return {"GIT_DIR": str(self.git_dir), "GIT_WORK_TREE": str(self.top)}

    def holds(self, path: Path) -> bool:
        """Does the path lead into git's own folders?"""
        real = path.resolve()
        return any(real.is_relative_to(own.resolve()) for own in (self.git_dir, self.common_dir))


def find_top(folder: Path) -> Path | None:
    """The nearest folder, from this one upwards, that holds `.git`; None without one.

    Like git it stops at the folders of `GIT_CEILING_DIRECTORIES`, and where another file system begins.

    Raises:
        UsageError: a folder on the way looks like a git directory itself.
    """
    for place in _upwards(folder.resolve()):
        if is_git_directory(place):
            raise UsageError(
                "this folder looks like a git directory itself (it holds HEAD, objects and refs), and no "
                "checkout",
                where=str(place),
                remedy="Change to a working tree; a checkout must not hold such a folder where it is judged.",
            )
        if is_marked(place):
            return place
    return None


def links_to(folder: Path) -> tuple[Path, list[Path]] | None:
    """The links on the way to a folder, below a folder that `.git` marks; None where there are none.

    The way is taken as it is written: it decides which folder of the base the tested one is compared with.

    Returns:
        The marked folder, and the links, the deepest first.
    """
    links: list[Path] = []
    absolute = folder.absolute()
    for place in (absolute, *absolute.parents):
        if place.is_symlink():
            links.append(place)
        elif links and is_marked(place):
            return place, links
    return None


def is_marked(folder: Path) -> bool:
    """Is there a `.git`, a file or a folder with a `HEAD`? Git passes over an empty folder of that name."""
    mark = folder / MARK
    return mark.is_file() or os.path.lexists(mark / "HEAD")


def is_repository(folder: str, inside: Iterable[str]) -> bool:
    """Is a folder, by the names that it holds, a submodule or a repository of its own?"""
    return MARK in inside and is_marked(Path(folder))


def is_git_directory(folder: Path) -> bool:
    """Would git take the folder for a git directory (gitrepository-layout(5))?"""
    if not os.path.lexists(folder / "HEAD"):
        return False
    whole = (folder / "objects").is_dir() and (folder / "refs").is_dir()
    return whole or (folder / "commondir").is_file()


def _upwards(folder: Path) -> Iterator[Path]:
    named = os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
    ceilings = {Path(entry).resolve() for entry in named if Path(entry).is_absolute()}
    crosses = os.environ.get("GIT_DISCOVERY_ACROSS_FILESYSTEM", "").lower() in ("1", "true", "yes", "on")
    device = folder.stat().st_dev
    yield folder
    for parent in folder.parents:
        if parent in ceilings or (not crosses and parent.stat().st_dev != device):
            return
        yield parent
