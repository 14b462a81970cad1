"""The language in which the keys of a policy are declared: how they are read, their errors, and their help.

A `Key` is one key with its kind of value, help, default, and the remedy for when it is missing. A kind
(`kinds`) reads a node into a tree, complains in sentences of its own, and gives its JSON Schema. The sections
of the policy (`settings`) and those of other rooms are made of these; nothing else reads a policy.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluicegate.core.errors import PolicyError
from sluicegate.core.text import cut, one_line
from sluicegate.policy.document import Document, Mark, Node, Path, Scalar, place
from sluicegate.policy.tree import Merge, Tree

Short = Scalar | Mapping[str, Scalar]
"""A value, or the mapping that it means."""

Definitions = dict[str, Any]
"""The sections that a JSON Schema refers to, by name."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A value of a file that is being read: its path and node, and all complaints about the file."""

    document: Document
    node: Node
    path: Path = ()
    mark: Mark | None = None
    complaints: list[tuple[Path, PolicyError]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The last key on the path, for people."""
        return next((str(step) for step in reversed(self.path) if isinstance(step, str)), "the policy")

    def below(self, step: str | int, node: Node, mark: Mark | None = None) -> Spot:
        """The value of a key, whose place is `mark`, or at an index."""
        return Spot(self.document, node, (*self.path, step), mark, self.complaints)

    def complain(self, what: str, remedy: str, *, at: Mark | None = None) -> None:
        """Report what is wrong with the value, or with the one at `at`."""
        where = place(self.document.name, at or self.node.mark)
        self.complaints.append((self.path, PolicyError(what, where=where, remedy=remedy)))

    def tree(self, value: object, merge: Merge = Merge.REPLACE) -> Tree:
        """The value as it is used, with the places of this one."""
        where, key = (place(self.document.name, mark or self.node.mark) for mark in (None, self.mark))
        return Tree(value, where, key, merge)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(ABC):
    """A kind of value. `what` is a sentence about the values that fit, `{name}` being the key; `remedy` says
    how such a value is written.
    """

    what: str = "'{name}' is a text"
    remedy: str = "Write one text, in quotes if it looks like something else."

    def read(self, spot: Spot) -> Tree | None:
        """The value; None when it is refused, which is complained about."""
        try:
            return self._read(spot)
        except PolicyError as error:
            spot.complain(error.what, error.remedy)
            return None

    @abstractmethod
    def _read(self, spot: Spot) -> Tree | None:
        """Like `read`; raises a PolicyError without a place."""

    @abstractmethod
    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """The JSON Schema, draft 2020-12; sections are put into `definitions`."""

    def _refusal(self, spot: Spot) -> PolicyError:
        """The error about a value of another kind."""
        if spot.node.value is None:
            return PolicyError(f"'{spot.name}' has no value", remedy="Give it one, or remove the key.")
        what = self.what.format(name=cut(one_line(spot.name), 80))
        return PolicyError(f"{what}, and this is {described(spot.node.value)}", remedy=self.remedy)


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        help: what it means, in Markdown.
        default: the value where no file sets it; None for no value.
        missing: makes the key mandatory: what to do where it is missing.
        examples: values for the JSON Schema.
    """

    kind: Kind
    help: str
    default: Any = None
    missing: str = ""
    examples: tuple[Any, ...] = ()

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """The JSON Schema of the value, described."""
        node = {**self.kind.schema(definitions), "description": " ".join(self.help.split())}
        if self.default not in (None, ()) and isinstance(self.default, str | int | float):
            node["default"] = self.default
        return node | ({"examples": list(self.examples)} if self.examples else {})


def described(value: object) -> str:
    """A value of a wrong kind, for a sentence."""
    match value:
        case bool():
            return f"the word '{str(value).lower()}'"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text '{cut(one_line(value), 40)}'"
        case list() | tuple():
            return "a list"
        case _:
            return "a mapping"


@dataclass(frozen=True, slots=True)
class Form:
    """What a text looks like: by a regular expression.

    `what` says of another text what is wrong with it, `is no name for a suite`; `remedy` how it is written.
    """

    pattern: str
    what: str
    remedy: str

    def check(self, text: str) -> None:
        """Refuse a text that does not fit with a `PolicyError` without a place."""
        if not re.match(self.pattern, text):
            raise PolicyError(f"'{cut(one_line(text), 80)}' {self.what}", remedy=self.remedy)

    @property
    def json(self) -> dict[str, Any]:
        """The JSON Schema of such a text, in the dialect of ECMA 262, which has no `\\Z`."""
        return {"pattern": self.pattern.replace(r"\Z", "$")}


def plain_values(keys: Mapping[str, Key], tree: Tree | None, *only: str) -> dict[str, Any]:
    """The plain values of keys of a section, defaults filled in, by the names of fields that hold them.

    `tree` is the content of the files, None when they have none; `only` names some keys, without any all.
    """
    written = tree.value if tree is not None else {}
    found = {
        key: written[key].plain() if key in written else about.default
        for key, about in keys.items()
        if (key in written or about.default is not None) and (not only or key in only)
    }
    return {key.replace("-", "_"): value for key, value in found.items()}
