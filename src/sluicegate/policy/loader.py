"""From the bytes of one policy file to its tree, with every error in it, each at its place.

What is refused is left out of the tree, and the rest is read. Nothing is merged here, and no criterion
is parsed: that needs the other files.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from sluicegate.core.errors import PolicyError
from sluicegate.policy.keys import Spot
from sluicegate.policy.locks import LockPart, written_in
from sluicegate.policy.settings import section
from sluicegate.policy.tree import NOTHING, Tree
from sluicegate.policy.yaml_positions import read_document


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file, read.

    Attributes:
        tree: its content, without what was refused. A gate of it has `own` where the file is the user's,
            and `damaged` where a part was refused, so that what is missing is no error of its own.
        extends: each text with its place; None when the file has no `extends`.
        extends_refused: it has one, and that is wrong, so the layers below are not known.
        errors: what was refused, in file order.
        part: what it locks, and which keys it writes.
    """

    tree: Tree
    extends: tuple[tuple[str, str], ...] | None
    extends_refused: bool
    errors: tuple[PolicyError, ...]
    part: LockPart


def load_layer(data: bytes, name: str, *, own: bool) -> Loaded:
    """Read one file, which errors call `name`; `own` says that it is the user's, and not a preset.

    Raises:
        PolicyError: it is not YAML, or its top is not a mapping.
    """
    document = read_document(data, name)
    spot = Spot(document, document.top)
    tree = section("policy").read(spot) or NOTHING
    errors = sorted((error for _, error in spot.complaints), key=place_of)
    extends = _placed(tree, "extends") if tree.find("extends") else None
    locked = tuple((tuple(key.split(".")), where) for key, where in _placed(tree, "locked"))
    refused = {path[:2] for path, _ in spot.complaints}
    return Loaded(
        _marked(tree, own, {str(path[-1]) for path in refused if path[0] == "gates"}),
        extends,
        any(path[0] == "extends" for path in refused),
        tuple(errors),
        LockPart(locked, tuple(written_in(name, document.top))),
    )


def place_of(error: PolicyError) -> tuple[int, int]:
    """Line and column of an error, for sorting; zeros when it has none."""
    match = re.search(r":([0-9]+):([0-9]+)\Z", error.where)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _placed(tree: Tree, key: str) -> tuple[tuple[str, str], ...]:
    found = tree.find(key)
    return tuple((item.value, item.where) for item in found.value) if found else ()


def _marked(tree: Tree, own: bool, damaged: Collection[str]) -> Tree:
    """The tree with the marks of its gates, and of those of its components."""
    marks = {"own": Tree(True)} if own else {}
    gates = {
        name: gate.having(marks | ({"damaged": Tree(True)} if name in damaged else {}))
        for name, gate in tree.entries("gates").items()
    }
    components = {name: _marked(part, own, ()) for name, part in tree.entries("components").items()}
    parts = {"gates": gates, "components": components}
    return tree.having({key: tree.value[key].having(new) for key, new in parts.items() if key in tree.value})
