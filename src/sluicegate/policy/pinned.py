"""A preset of another repository, pinned by commit: `OWNER/REPOSITORY/PATH.yml@COMMIT`. Pure.

Only the full sha of a commit pins: a branch or a tag can be moved to another content, and another
commit may begin with the same few digits one day. A text with an `@` is such a reference, unless it
begins with `.`: then it is a path of this repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sluicegate.core.errors import PolicyError, PresetError
from sluicegate.core.text import cut, one_line, plural

FORM = "OWNER/REPOSITORY/PATH.yml@COMMIT"

_DIGITS = 40  # hexadecimal ones of a commit's sha, as GitHub has them
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}")
_REPOSITORY = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_OUTSIDE_PATH = re.compile(r"[\\:\x00-\x1f\x7f]")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


@dataclass(frozen=True, slots=True)
class Pinned:
    """A file of a repository at a commit; `sha` has 40 lower-case digits, `path` no `.` and `..`."""

    owner: str
    repository: str
    path: str
    sha: str

    @property
    def slug(self) -> str:
        """`OWNER/REPOSITORY`."""
        return f"{self.owner}/{self.repository}"

    @property
    def place(self) -> str:
        """The file without the commit: what stays the same when the pin is moved."""
        return f"{self.slug}/{self.path}"

    def __str__(self) -> str:
        return f"{self.place}@{self.sha}"


ReadPinned = Callable[[Pinned], bytes]
"""From a reference to the bytes of that file.

Raises PresetError for one that is not at hand, WorldError where network, API or disk failed.
"""


def not_fetched(pinned: Pinned) -> bytes:
    """Raises `PresetError`: there is nothing to read presets of other repositories from."""
    raise PresetError(f"the preset '{pinned}' has not been fetched")


def parse_pinned(text: str) -> Pinned | None:
    """The reference that a text of `extends` is; None for a path or the name of a bundled preset.

    Raises:
        PolicyError: it looks like one and is malformed; without a place.
    """
    write = f"Write {FORM} with the full sha of a commit."
    if "://" in text:
        raise PolicyError("a web address cannot be extended", remedy=write)
    if "@" not in text or text.startswith("."):
        return None
    place, _, commit = text.rpartition("@")
    owner, _, rest = place.partition("/")
    repository, _, path = rest.partition("/")
    is_path = not _OUTSIDE_PATH.search(path) and not {"", ".", ".."} & set(path.split("/"))
    if not (_OWNER.fullmatch(owner) and _REPOSITORY.fullmatch(repository) and is_path):
        remedy = f"{write} A path of this repository with an '@' in it begins with './'."
        raise PolicyError(f"'{cut(one_line(text), 80)}' names no file of a repository", remedy=remedy)
    _check_commit(commit, f"{owner}/{repository}")
    return Pinned(owner, repository, path, commit.lower())


def _check_commit(commit: str, slug: str) -> None:
    if why := _unpinned(commit):
        shown = commit if len(commit) < 100 and _REVISION.fullmatch(commit) else "REVISION"
        command = f"`gh api repos/{slug}/commits/{shown} --jq .sha`"
        raise PolicyError(why, remedy=f"Write its full sha, {_DIGITS} digits; {command} prints it.")


def _unpinned(commit: str) -> str:
    """Why this is no full sha; empty for one that is."""
    shown = cut(one_line(commit), 60)
    if not commit:
        return "the preset is not pinned: there is no commit behind the '@'"
    if not _HEXADECIMAL.fullmatch(commit):
        return f"'{shown}' does not pin the preset: a branch or a tag can be moved to another content"
    if len(commit) < _DIGITS:
        return f"'{shown}' does not pin the preset: other commits may begin with these {len(commit)} digits"
    return "" if len(commit) == _DIGITS else f"'{shown}' has {plural(len(commit), 'digit')}: it is no commit"
