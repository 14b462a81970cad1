"""The files that a policy is made of: what `extends` names is found, read and checked, file by file.

A file is the user's own, a preset of ours, or a preset of another repository that is pinned by
commit. In the latter a path means a file of the same repository at the same commit. Presets never
decide for the user: their gates are `auto` unless they have `required: true`.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sluicegate.core.errors import PolicyError, PresetError, SluicegateError
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import did_you_mean
from sluicegate.policy import defaults
from sluicegate.policy.catalogue import preset_names, preset_text
from sluicegate.policy.loader import Loaded, load_layer
from sluicegate.policy.locks import LockPart
from sluicegate.policy.pinned import FORM, Pinned, ReadPinned, not_fetched, parse_pinned
from sluicegate.policy.tree import Tree

MAX_DEPTH = 10
"""How long a chain of `extends` may be."""

MAX_FILES = 50
"""How many files one policy may be made of."""

PRESET = "preset "
"""The start of the title of a file that is not the repository's own."""

Read = Callable[[str], bytes]
"""From a POSIX path relative to the repository to the bytes of that file.

Raises OSError or a SluicegateError for a file that is not there.
"""


@dataclass(frozen=True, slots=True)
class PolicySource:
    """Where a file of the policy comes from.

    Attributes:
        name: how errors call it: its path, `preset NAME`, or the reference of a pinned one.
        bundled: the name of a preset of ours; empty for others.
        pinned: of another repository; None for others.
    """

    name: str
    bundled: str = ""
    pinned: Pinned | None = None

    @property
    def is_own(self) -> bool:
        """Is it a file of the repository that is judged?"""
        return not self.bundled and self.pinned is None

    @property
    def title(self) -> str:
        """The name without the commit of a pin."""
        return f"{PRESET}{self.pinned.place}" if self.pinned else self.name


def preset(name: str) -> PolicySource:
    """One of our presets."""
    return PolicySource(f"{PRESET}{name}", bundled=name)


@dataclass(slots=True)
class Chain:
    """Everything that a policy is made of, as it is read.

    Attributes:
        read: reads files of the repository.
        read_pinned: reads presets of other repositories.
        files: the bytes of each file, in the order of `sources`.
        parts: what each file locks and writes, the lowest first.
        order: the names of the files, the lowest first.
        preset_named: some file extends a preset of ours.
        nothing_wanted: some file that is no preset of ours has `extends: []`.
        broken: a file is missing or unreadable, so its content is unknown.
    """

    read: Read
    read_pinned: ReadPinned = not_fetched
    files: list[bytes] = field(default_factory=list)
    sources: list[PolicySource] = field(default_factory=list)
    errors: list[PolicyError] = field(default_factory=list)
    parts: list[LockPart] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    preset_named: bool = False
    nothing_wanted: bool = False
    broken: bool = False

    def collect(self, data: bytes, source: PolicySource, trail: tuple[str, ...] = ()) -> list[Tree]:
        """The layers of a file, the lowest first: what it extends, then itself.

        `trail` are the names of the files that led to it.

        Raises:
            WorldError: a preset of another repository cannot be read now.
        """
        self.files.append(data)
        self.sources.append(source)
        try:
            loaded = _loaded(source, data)
        except PolicyError as error:
            return self._fail(error)
        self.errors += loaded.errors
        self.broken |= loaded.extends_refused
        self.nothing_wanted |= loaded.extends == () and not source.bundled
        layers: list[Tree] = []
        for target, where in loaded.extends or ():
            layers += self._extended(target, where, source, (*trail, source.name))
        self.parts.append(loaded.part)
        self.order.append(source.name)
        return [*layers, loaded.tree]

    def contents(self) -> dict[str, bytes]:
        """The files that are no presets of ours, by title."""
        found: dict[str, bytes] = {}
        for source, data in zip(self.sources, self.files, strict=True):
            if not source.bundled:
                found[source.title] = found.get(source.title, b"") + data
        return found

    def _fail(self, error: PolicyError) -> list[Tree]:
        self.errors.append(error)
        self.broken = True
        return []

    def _extended(self, target: str, where: str, by: PolicySource, trail: tuple[str, ...]) -> list[Tree]:
        try:
            source = _located(target, where, by)
            if source.name in trail:
                circle = " -> ".join((*trail[trail.index(source.name) :], source.name))
                raise PolicyError(f"'extends' goes in a circle: {circle}", where=where, remedy="Break it.")
            if len(trail) >= MAX_DEPTH or len(self.files) >= MAX_FILES:
                what = f"'extends' is longer than {MAX_DEPTH} files in a row or {MAX_FILES} in all"
                raise PolicyError(what, where=where, remedy="Join some of the files.")
            data = self._opened(source, target, where)
        except PolicyError as error:
            return self._fail(error)
        self.preset_named |= bool(source.bundled)
        return self.collect(data, source, trail)

    def _opened(self, source: PolicySource, target: str, where: str) -> bytes:
        if source.bundled:
            return preset_text(source.bundled).encode()
        if source.pinned is not None:
            return self._fetched(source.pinned, where)
        try:
            return self.read(source.name)
        except (OSError, SluicegateError) as error:
            other = f" For a file of another repository write {FORM}." if target.count("/") > 1 else ""
            remedy = f"The path is relative to the file that names it.{other}"
            raise PolicyError(
                f"the extended file '{source.name}' {why(error)}", where=where, remedy=remedy
            ) from error

    def _fetched(self, pinned: Pinned, where: str) -> bytes:
        try:
            return self.read_pinned(pinned)
        except PresetError as error:
            top = self.sources[0].name
            named = "" if top in defaults.FILES else f" --policy {shlex.quote(top)}"
            remedy = f"Run `sluicegate fetch{named}` first; no other command makes requests for a policy."
            raise PresetError(error.what, where=where, remedy=error.remedy or remedy) from error


def _loaded(source: PolicySource, data: bytes) -> Loaded:
    """One file, read; the presets of ours are read once in a process, which may ask for several policies.

    Raises:
        PolicyError: it is not YAML, or its top is not a mapping.
    """
    read = _read_once if source.bundled else load_layer
    return read(data, source.name, own=source.is_own)


_read_once = lru_cache(maxsize=8)(load_layer)


def why(error: OSError | SluicegateError) -> str:
    """What is the matter with a file, as the end of a sentence."""
    if isinstance(error, SluicegateError):
        return error.what
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    return f"cannot be read: {error.strerror or 'its name is not valid'}"


def _located(target: str, where: str, by: PolicySource) -> PolicySource:
    if target in preset_names():
        return preset(target)
    try:
        pinned = parse_pinned(target)
    except PolicyError as error:
        raise PolicyError(error.what, where=where, remedy=error.remedy) from error
    if pinned is not None:
        return PolicySource(str(pinned), pinned=pinned)
    if "/" not in target and not target.endswith((".yml", ".yaml")):
        hint = did_you_mean(target, preset_names())
        remedy = f"{hint}Presets: {', '.join(preset_names())}; a path ends in .yml."
        raise PolicyError(f"unknown preset '{cut(one_line(target), 60)}'", where=where, remedy=remedy)
    folder = posixpath.dirname(by.pinned.path if by.pinned else by.name)
    path = posixpath.normpath(posixpath.join(folder, target))
    if re.search(r"^(\.\.)?/|[\\:\x00-\x1f]", f"{path}/{target}"):
        what = f"the path '{cut(one_line(target), 80)}' leads out of the repository"
        remedy = "Extend files of the repository only, with paths relative to this file."
        raise PolicyError(what, where=where, remedy=remedy)
    if by.pinned is None:
        return PolicySource(path)
    beside = replace(by.pinned, path=path)
    return PolicySource(str(beside), pinned=beside)
