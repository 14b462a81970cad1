"""The folder of a project in its repository, and the paths of its files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import UsageError
from sluicegate.core.text import one_line
from sluicegate.policy.defaults import FILES
from sluicegate.starter.members import find_folders

_MARKS = (
    *FILES, "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "package.json", "go.mod",
    "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "Gemfile", "composer.json", "mix.exs",
)  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z0-9_.@+-][A-Za-z0-9_.@+/ -]*")


@dataclass(frozen=True, slots=True)
class Place:
    """A project: `folder` is its POSIX path below the top of the repository, empty at the top."""

    folder: str = ""

    @property
    def slug(self) -> str:
        """The folder as part of a name, with a hyphen before it; empty at the top."""
        return "".join(f"-{part}" for part in re.findall("[A-Za-z0-9_]+", self.folder))

    @property
    def policy(self) -> str:
        """The path of the policy below the top of the repository."""
        return f"{self.folder}/{FILES[0]}" if self.folder else FILES[0]

    @property
    def workflow(self) -> str:
        """The path of the workflow: GitHub looks for it at the top of the repository only."""
        return f".github/workflows/sluicegate{self.slug}.yml"

    @property
    def check(self) -> str:
        """The name of the job, and of the check to require."""
        return f"Quality gate ({self.folder})" if self.folder else "Quality gate"


def place_of(here: Path, top: Path) -> Place:
    """The nearest project of the folder `here`, up to the top.

    A folder is a project if it holds a policy or a file of a build tool; without any, it is `here`
    itself.

    Raises:
        UsageError: a workflow cannot contain the folder's name.
    """
    above = (f for f in (here, *here.parents) if f.is_relative_to(top))
    project = next(filter(_is_project, above), here)
    folder = project.relative_to(top).as_posix() if project != top else ""
    if folder and not _PLAIN.fullmatch(folder):
        raise UsageError(
            "the folder's name must be usable in a workflow",
            where=one_line(folder),
            remedy="Use letters, digits, spaces and any of '_.@+-'.",
        )
    return Place(folder)


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _MARKS)


def only_project(top: Path, tracked: Sequence[str]) -> Place | None:
    """The one project of a repository that has none at its top; None for none and for several."""
    if _is_project(top):
        return None
    folders = find_folders(top, tracked)
    return Place(folders[0].folder) if len(folders) == 1 else None
