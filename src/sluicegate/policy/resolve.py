"""The policy of a repository: its file found, what it extends read, the layers merged and built.

`extends` names presets and paths. A path is relative to the file that names it and stays inside
the repository. The files are laid over each other from left to right, each over what it extends
itself, and the file that extends over all. Where nothing in the whole chain names a preset,
`standard` lies under it, unless a file says `extends: []`.

A gate that a file of the user's own names is required unless it says `required: auto`; a gate
that only a preset brings is `auto`. A file that is extended by path is the user's own.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sluicegate.catalogue import preset_names, preset_text
from sluicegate.criteria import nearest
from sluicegate.errors import PolicyError, SluicegateError
from sluicegate.model import PolicyRef
from sluicegate.policy import defaults
from sluicegate.policy.build import build
from sluicegate.policy.layers import Layer, merged
from sluicegate.policy.loader import load_layer, place_of
from sluicegate.policy.locks import Part, lock_errors
from sluicegate.policy.model import Policy
from sluicegate.policy.yaml_positions import MAX_BYTES
from sluicegate.text import cut, one_line, plural

MAX_DEPTH = 10
"""How long a chain of `extends` may be."""

MAX_FILES = 50
"""How many files one policy may be made of."""

Read = Callable[[str], bytes]
"""From a POSIX path relative to the repository to the bytes of that file.

Raises OSError or a SluicegateError for a file that is not there.
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """A policy with all that is wrong with it, in the order of the files and of their lines.

    `policy` is None when there are errors. `files` are the user's own, by name, with their bytes.
    """

    policy: Policy | None
    errors: tuple[PolicyError, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)


def load_policy(path: Path | None, root: Path) -> Policy:
    """The policy of a working tree.

    Args:
        path: the policy file; None to look for one of `defaults.FILES` in `root`, and to take
            the preset `standard` when there is none.
        root: the top of the repository; paths in `extends` stay inside it, also through links.

    Raises:
        PolicyError: the file is missing or wrong, or there are several.
    """
    return valid(check_file(path, root))


def parse_policy(text: bytes, name: str, read: Read) -> Policy:
    """The policy of a file that was read already, for example from another commit.

    Args:
        text: its bytes.
        name: its POSIX path relative to the repository.
        read: how the files that it extends are read.

    Raises:
        PolicyError: the first thing that is wrong, saying how many more there are.
    """
    return valid(check_policy(text, name, read))


def preset_policy(name: str = defaults.PRESET) -> Policy:
    """The policy that a preset alone makes.

    Raises:
        KeyError: there is no such preset.
    """
    data = preset_text(name).encode()
    chain = _Chain(_no_file)
    layers = chain.collect(data, _shown(name), own=False, trail=(_shown(name),))
    ref = PolicyRef("preset", name, hashlib.sha256(b"".join(chain.files)).hexdigest())
    policy, errors = build(merged(layers), ref)
    if chain.errors or errors:
        raise AssertionError(f"the preset {name} is not valid: {(*chain.errors, *errors)[0]}")
    return policy


def check_file(path: Path | None, root: Path) -> Checked:
    """Like `load_policy`, with every error in place of the first."""
    found = find_policy(root) if path is None else path
    if found is None:
        return Checked(preset_policy(), ())
    base = root if _lies_below(found, root) else found.parent
    name = _real(found).relative_to(_real(root)).as_posix() if base is root else found.name
    try:
        if path is None and base is not root:
            raise PolicyError("is a link that leads out of the repository", where=name)
        data = _read_file(found)
    except OSError as error:
        return Checked(None, (PolicyError(_why(error), where=name, remedy="Name a policy file."),))
    return check_policy(data, name, lambda other: _read_below(base, other))


def check_policy(text: bytes, name: str, read: Read, *, origin: str = "head") -> Checked:
    """Like `parse_policy`, with every error in place of the first; `origin` is `base` or `head`."""
    chain = _Chain(read)
    layers = chain.collect(text, name, own=True, trail=(name,))
    locked = lock_errors(chain.parts)  # before what lies under everything, which locks nothing
    if not chain.preset_named and not chain.nothing_wanted and not chain.broken:
        data = preset_text(defaults.PRESET).encode()
        layers = [*chain.collect(data, _shown(defaults.PRESET), own=False, trail=()), *layers]
    if chain.broken:
        return Checked(None, tuple(chain.errors))
    ref = PolicyRef(origin, name, hashlib.sha256(b"".join(chain.files)).hexdigest())
    policy, errors = build(merged(layers), ref)
    everything = _in_order((*chain.errors, *locked, *errors), chain.names)
    return Checked(None if everything else policy, everything, chain.own_files())


def find_policy(root: Path) -> Path | None:
    """The policy file of a repository; None when it has none.

    Raises:
        PolicyError: there is more than one.
    """
    found = [name for name in defaults.FILES if os.path.lexists(root / name)]
    if len(found) > 1:
        raise PolicyError(
            f"there are {plural(len(found), 'policy file')}: {', '.join(found)}",
            remedy="Keep one of them, or name one with --policy.",
        )
    return root / found[0] if found else None


def _lies_below(path: Path, root: Path) -> bool:
    return _real(path).is_relative_to(_real(root))


def _real(path: Path) -> Path:
    """Without links; unlike `Path.resolve` it does not fail on links that go in a circle."""
    return Path(os.path.realpath(path))


def _read_below(root: Path, path: str) -> bytes:
    full = root / path
    if not _lies_below(full, root):
        raise PolicyError("is a link that leads out of the repository")
    return _read_file(full)


def _no_file(path: str) -> bytes:
    raise PolicyError(f"a preset cannot extend the file {path}")


def _read_file(path: Path) -> bytes:
    """The bytes of a regular file, one more than allowed at the most."""
    if path.exists() and not path.is_file():
        raise PolicyError("is not a regular file", where=str(path))
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _why(error: OSError | SluicegateError) -> str:
    if isinstance(error, SluicegateError):
        return error.what
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    return f"cannot be read: {error.strerror or 'its name is not valid'}"


def valid(checked: Checked) -> Policy:
    """The policy.

    Raises:
        PolicyError: the first thing that is wrong, saying how many more there are.
    """
    if checked.policy is not None:
        return checked.policy
    first, more = checked.errors[0], len(checked.errors) - 1
    if not more:
        raise first
    hint = f"There {'is' if more == 1 else 'are'} {plural(more, 'more error')}: see `sluicegate validate`."
    raise PolicyError(first.what, where=first.where, remedy=f"{first.remedy} {hint}".strip())


def _in_order(errors: Sequence[PolicyError], names: Sequence[str]) -> tuple[PolicyError, ...]:
    def key(error: PolicyError) -> tuple[int, tuple[int, int]]:
        line, column = place_of(error)
        name = error.where.removesuffix(f":{line}:{column}")
        return (names.index(name) if name in names else len(names)), (line, column)

    return tuple(sorted(errors, key=key))


@dataclass(slots=True)
class _Chain:
    """Everything that a policy is made of, as it is read."""

    read: Read
    files: list[bytes] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    errors: list[PolicyError] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    preset_named: bool = False
    nothing_wanted: bool = False
    broken: bool = False

    def collect(self, data: bytes, name: str, *, own: bool, trail: tuple[str, ...]) -> list[Layer]:
        """The layers of a file, the lowest first: what it extends, then itself."""
        self.files.append(data)
        self.names.append(name)
        try:
            loaded = load_layer(data, name, own=own)
        except PolicyError as error:
            self._fail(error)
            return []
        self.errors += loaded.errors
        self.broken = self.broken or loaded.extends_refused
        if loaded.extends == ():
            self.nothing_wanted = self.nothing_wanted or own
        layers: list[Layer] = []
        for target, where in loaded.extends or ():
            layers += self._extended(target, where, name, own=own, trail=trail)
        self.parts.append(loaded.part)
        return [*layers, loaded.layer]

    def own_files(self) -> dict[str, bytes]:
        """The files that are no presets."""
        presets = {_shown(name) for name in preset_names()}
        return {n: data for n, data in zip(self.names, self.files, strict=True) if n not in presets}

    def _fail(self, error: PolicyError) -> None:
        self.errors.append(error)
        self.broken = True

    def _extended(
        self, target: str, where: str, name: str, *, own: bool, trail: tuple[str, ...]
    ) -> list[Layer]:
        try:
            shown, data, still_own = self._open(target, where, name, own=own)
            self._check_limits(shown, where, trail)
        except PolicyError as error:
            self._fail(error)
            return []
        return self.collect(data, shown, own=still_own, trail=(*trail, shown))

    def _open(self, target: str, where: str, name: str, *, own: bool) -> tuple[str, bytes, bool]:
        if target in preset_names():
            self.preset_named = True
            return _shown(target), preset_text(target).encode(), False
        if "/" not in target and not target.endswith((".yml", ".yaml")):
            close = nearest(target, preset_names())
            hint = f"Perhaps you meant '{close}'. " if close else ""
            raise PolicyError(
                f"unknown preset '{cut(one_line(target), 60)}'",
                where=where,
                remedy=f"{hint}Presets: {', '.join(preset_names())}; a path ends in .yml.",
            )
        path = _relative_to(name, target, where)
        try:
            data = self.read(path)
        except (OSError, SluicegateError) as error:
            raise PolicyError(
                f"the extended file '{path}' {_why(error)}",
                where=where,
                remedy="The path is relative to the file that names it.",
            ) from error
        return path, data, own

    def _check_limits(self, shown: str, where: str, trail: tuple[str, ...]) -> None:
        if shown in trail:
            circle = " -> ".join((*trail[trail.index(shown) :], shown))
            raise PolicyError(f"'extends' goes in a circle: {circle}", where=where, remedy="Break it.")
        if len(trail) >= MAX_DEPTH or len(self.files) >= MAX_FILES:
            raise PolicyError(
                f"'extends' is longer than {MAX_DEPTH} files in a row or {MAX_FILES} in all",
                where=where,
                remedy="Join some of the files.",
            )


def _shown(preset: str) -> str:
    return f"preset {preset}"


def _relative_to(name: str, target: str, where: str) -> str:
    """The path that `target` means in the file `name`, inside the repository."""
    parts: list[str] = []
    inside = not target.startswith("/") and not re.search(r"[\\:\x00-\x1f]", target)
    for part in (*PurePosixPath(name).parent.parts, *target.split("/")):
        if part == "..":
            inside = inside and bool(parts)
            parts = parts[:-1]
        elif part not in (".", ""):
            parts.append(part)
    if not inside:
        raise PolicyError(
            f"the path '{cut(one_line(target), 80)}' leads out of the repository",
            where=where,
            remedy="Extend files of the repository only, with paths relative to this file.",
        )
    return "/".join(parts)
