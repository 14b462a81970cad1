"""The policy of a repository: its file found, what it extends read, the layers merged and built.

`extends` names presets and paths. A path is relative to the file that names it and stays inside
the repository. The files are laid over each other from left to right, each over what it extends
itself, and the file that extends over all. Where nothing in the whole chain names a preset,
`standard` lies under it, unless a file has `extends: []`.

A gate that a file of the user's own names is required unless it has `required: auto`; a gate
that only a preset brings is `auto`. A file that is extended by path is the user's own; one of another
repository, pinned by commit, is a preset.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sluicegate.core.errors import PolicyError, PresetError
from sluicegate.core.model import PolicyRef
from sluicegate.core.text import plural
from sluicegate.policy import defaults
from sluicegate.policy.build import build
from sluicegate.policy.catalogue import preset_text
from sluicegate.policy.chain import Chain, PolicySource, Read, preset, why
from sluicegate.policy.loader import place_of
from sluicegate.policy.location import find_policy
from sluicegate.policy.locks import lock_errors
from sluicegate.policy.model import Policy
from sluicegate.policy.pinned import ReadPinned, not_fetched
from sluicegate.policy.tree import Tree, merged
from sluicegate.policy.yaml_positions import MAX_BYTES


@dataclass(frozen=True, slots=True)
class CheckedPolicy:
    """A policy with all that is wrong with it, in the order of the files and of their lines.

    `policy` is None when there are errors. `files` are those that are no presets of ours, with their
    bytes, by name; that of a pinned one does without its commit.
    """

    policy: Policy | None
    errors: tuple[PolicyError, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def missing(self) -> PresetError | None:
        """The first preset of another repository that is not at hand."""
        return next((e for e in self.errors if isinstance(e, PresetError)), None)

    @property
    def is_unread(self) -> bool:
        """Is nothing else wrong than that presets of other repositories are not at hand?"""
        return bool(self.errors) and all(isinstance(e, PresetError) for e in self.errors)


def load_policy(path: Path | None, root: Path, pinned: ReadPinned = not_fetched) -> Policy:
    """The policy of a working tree; arguments as of `check_file`.

    Raises:
        PolicyError: the file is missing or wrong, or there are several.
    """
    return valid(check_file(path, root, pinned))


def preset_policy(name: str = defaults.PRESET) -> Policy:
    """The policy that a preset alone makes; raises `KeyError` where there is no such preset."""
    chain = Chain(_no_file)
    layers = chain.collect(preset_text(name).encode(), preset(name))
    policy, errors = _built(chain, layers, "preset", name)
    if chain.errors or errors:
        raise AssertionError(f"the preset {name} is not valid: {(*chain.errors, *errors)[0]}")
    return policy


def check_file(path: Path | None, root: Path, pinned: ReadPinned = not_fetched) -> CheckedPolicy:
    """The policy of a working tree, with every error.

    Args:
        path: the policy file; None to look for one of `defaults.FILES` in `root`, and to take
            the preset `standard` when there is none.
        root: the top of the repository; paths in `extends` stay inside it, also through links.
        pinned: how presets of other repositories are read.

    Raises:
        PolicyError: there are several.
    """
    found = find_policy(root) if path is None else path
    if found is None:
        return CheckedPolicy(preset_policy(), ())
    base = root if _real(found).is_relative_to(_real(root)) else found.parent
    name = _real(found).relative_to(_real(root)).as_posix() if base is root else found.name
    try:
        if path is None and base is not root:
            raise PolicyError("is a link that leads out of the repository", where=name)
        data = _read_file(found)
    except OSError as error:
        return CheckedPolicy(None, (PolicyError(why(error), where=name, remedy="Name a policy file."),))

    def below(other: str) -> bytes:
        full = base / other
        if not _real(full).is_relative_to(_real(base)):
            raise PolicyError("is a link that leads out of the repository")
        return _read_file(full)

    return check_policy(data, name, below, pinned=pinned)


def check_policy(
    text: bytes, name: str, read: Read, *, origin: str = "head", pinned: ReadPinned = not_fetched
) -> CheckedPolicy:
    """The policy of a file that was read already, for example from another commit, with every error.

    Args:
        text: its bytes.
        name: its POSIX path relative to the repository.
        read: how the files that it extends are read.
        origin: `base` or `head`.
        pinned: how presets of other repositories are read.

    Raises:
        WorldError: a preset of another repository cannot be read now.
    """
    chain = Chain(read, pinned)
    layers = chain.collect(text, PolicySource(name))
    locked = tuple(lock_errors(chain.parts))  # before what lies under everything, which locks nothing
    if not chain.preset_named and not chain.nothing_wanted and not chain.broken:
        standard = chain.collect(preset_text(defaults.PRESET).encode(), preset(defaults.PRESET))
        chain.order.insert(0, chain.order.pop())
        layers = [*standard, *layers]
    if chain.broken:
        return CheckedPolicy(None, tuple(chain.errors), chain.contents())
    policy, errors = _built(chain, layers, origin, name)
    names = [source.name for source in chain.sources]

    def order(error: PolicyError) -> tuple[int, ...]:
        place = place_of(error)
        name = error.where.removesuffix(f":{place[0]}:{place[1]}")
        return names.index(name) if name in names else len(names), *place

    everything = tuple(sorted((*chain.errors, *locked, *errors), key=order))
    return CheckedPolicy(None if everything else policy, everything, chain.contents())


def _built(
    chain: Chain, layers: Sequence[Tree], origin: str, name: str
) -> tuple[Policy, tuple[PolicyError, ...]]:
    ref = PolicyRef(origin, name, hashlib.sha256(b"".join(chain.files)).hexdigest())
    policy, errors = build(merged(layers), ref)
    locked = {".".join(key): where for part in reversed(chain.parts) for key, where in part.locked}
    return replace(policy, made_of=tuple(chain.order), locked=locked), errors


def _real(path: Path) -> Path:
    """Without links; unlike `Path.resolve` it does not fail on links that go in a circle."""
    return Path(os.path.realpath(path))


def _no_file(path: str) -> bytes:
    raise PolicyError(f"a preset cannot extend the file {path}")


def _read_file(path: Path) -> bytes:
    """The bytes of a regular file, one more than allowed at the most."""
    if path.exists() and not path.is_file():
        raise PolicyError("is not a regular file", where=str(path))
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def valid(checked: CheckedPolicy) -> Policy:
    """The policy; raises `PolicyError` for the first thing that is wrong, with the number of the others."""
    if checked.policy is not None:
        return checked.policy
    first, more = checked.errors[0], len(checked.errors) - 1
    if not more:
        raise first
    hint = f"There {'is' if more == 1 else 'are'} {plural(more, 'more error')}: see `sluicegate validate`."
    raise PolicyError(first.what, where=first.where, remedy=f"{first.remedy} {hint}".strip())
