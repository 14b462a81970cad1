"""The kinds of values that keys have: how each is read, refused and described in JSON Schema."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sluicegate.core.errors import PolicyError
from sluicegate.core.text import cut, has_words, one_line
from sluicegate.criteria import did_you_mean
from sluicegate.policy.document import Mark, Node, Scalar
from sluicegate.policy.keys import Definitions, Form, Key, Kind, Short, Spot, described
from sluicegate.policy.tree import Merge, Tree

_FILL = "Fill it in, or remove the key."


def _check_number(spot: Spot, entries: Collection[object], most: int) -> None:
    if 0 < most < len(entries):
        raise PolicyError(f"'{spot.name}' has more than {most:,} entries", remedy="Take some out.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Kind):
    """A single value of the types in `takes`; `json` is its JSON Schema.

    `convert` gives what the program uses, or raises a PolicyError without a place.
    """

    takes: tuple[type, ...]
    convert: Callable[[Any], Any]
    json: Mapping[str, Any]

    def _read(self, spot: Spot) -> Tree:
        if not isinstance(spot.node.value, self.takes):
            raise self._refusal(spot)
        return spot.tree(self.convert(spot.node.value))

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        return dict(self.json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Kind):
    """A text of 1 to `longest` characters, with `needs_words` with a letter or a digit.

    With `numbers` a number is taken as the text that it was written as. `check` raises a PolicyError without
    a place; `json` are keywords of the JSON Schema beside the lengths.
    """

    longest: int = 2000
    needs_words: bool = False
    numbers: bool = False
    check: Callable[[str], None] = lambda text: None
    json: Mapping[str, Any] = field(default_factory=dict)

    def _read(self, spot: Spot) -> Tree:
        value = spot.node.value
        if self.numbers and type(value) in (int, float):
            value = str(value)
        if not isinstance(value, str):
            raise self._refusal(spot)
        if not value:
            raise PolicyError(f"'{spot.name}' is empty", remedy=_FILL)
        if len(value) > self.longest:
            what = f"'{spot.name}' has more than {self.longest:,} characters"
            raise PolicyError(what, remedy="Shorten it.")
        if self.needs_words and not has_words(value):
            raise PolicyError(f"'{spot.name}' has no letter and no digit to be seen", remedy=_FILL)
        self.check(value)
        return spot.tree(value)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        node = {"type": "string", "minLength": 1, "maxLength": self.longest, **self.json}
        return {"anyOf": [node, {"type": "number"}]} if self.numbers else node


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Kind):
    """One of the words of an enumeration."""

    options: type[enum.StrEnum]

    def _read(self, spot: Spot) -> Tree:
        value, options = spot.node.value, [str(option) for option in self.options]
        if value is None:
            raise self._refusal(spot)
        if value in options:
            return spot.tree(self.options(value))
        shown, hint = described(value), ""
        if isinstance(value, str):
            shown, hint = f"'{cut(one_line(value), 40)}'", did_you_mean(value, options)
        remedy = f"It is one of: {', '.join(options)}. {hint}".rstrip()
        raise PolicyError(f"'{spot.name}' cannot be {shown}", remedy=remedy)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        return {"type": "string", "enum": [str(option) for option in self.options]}


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    """A list; with `single` one item counts as a list of one. With `most` 0 it has any number of items."""

    item: Kind
    single: bool = False
    least: int = 0
    most: int = 0
    merge: Merge = Merge.REPLACE

    def _read(self, spot: Spot) -> Tree | None:
        value = spot.node.value
        if self.single and isinstance(value, str):
            items = [spot]
        elif isinstance(value, list):
            items = [spot.below(index, node) for index, node in enumerate(value)]
        else:
            raise self._refusal(spot)
        if len(items) < self.least:
            raise PolicyError(f"'{spot.name}' is empty", remedy=_FILL)
        _check_number(spot, items, self.most)
        kept = tuple(filter(None, map(self.item.read, items)))
        least = max(self.least, min(len(items), int(self.single)))
        return spot.tree(kept, self.merge) if len(kept) >= least else None

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        item = self.item.schema(definitions)
        limits = {"minItems": self.least, "maxItems": self.most}
        node = {"type": "array", "items": item, **{k: v for k, v in limits.items() if v}}
        return {"anyOf": [item, node]} if self.single else node


@dataclass(frozen=True, slots=True, kw_only=True)
class Section(Kind):
    """A mapping whose every key is known.

    Attributes:
        title: its name in the JSON Schema.
        help: what it is, a sentence.
        subject: what lacks a mandatory key, `{name}` standing for its key.
        short: the other ways to write it: from a value to the mapping that it means, else the value.
        short_json: the JSON Schema of those.
        rule: what is wrong with a combination of keys, given all of them.
        rule_json: the same in JSON Schema.
        finish: puts in or joins keys after reading.
        foreign: the remedy for a key that belongs elsewhere; empty for others.
    """

    title: str
    help: str
    keys: Mapping[str, Key]
    subject: str = "it"
    short: Callable[[Scalar], Short] = lambda value: value
    short_json: tuple[Mapping[str, Any], ...] = ()
    rule: Callable[[Sequence[str]], PolicyError | None] = lambda keys: None
    rule_json: Mapping[str, Any] = field(default_factory=dict)
    finish: Callable[[dict[str, Tree]], dict[str, Tree]] = lambda entries: entries
    foreign: Callable[[str], str] = lambda key: ""

    def _read(self, spot: Spot) -> Tree | None:
        spot = self._written_out(spot)
        nodes = spot.node.value
        if not isinstance(nodes, dict):
            raise self._refusal(spot)
        before = len(spot.complaints)
        entries = self._entries(spot, nodes)
        for key, remedy in self._mandatory.items():
            if key not in nodes:
                spot.complain(f"{self.subject.format(name=spot.name)} has no '{key}'", remedy)
        broken = self.rule(list(entries))
        if broken is not None and len(spot.complaints) == before:
            raise broken
        is_whole = broken is None and self._mandatory.keys() <= entries.keys()
        return spot.tree(self.finish(entries), Merge.JOIN) if is_whole else None

    @property
    def _mandatory(self) -> dict[str, str]:
        return {key: about.missing for key, about in self.keys.items() if about.missing}

    def _written_out(self, spot: Spot) -> Spot:
        node = spot.node
        value = None if isinstance(node.value, dict | list) else self.short(node.value)
        if not isinstance(value, Mapping):
            return spot
        children = {key: Node(child, node.mark) for key, child in value.items()}
        return replace(spot, node=Node(children, node.mark, dict.fromkeys(children, node.mark)))

    def _entries(self, spot: Spot, nodes: Mapping[str, Node]) -> dict[str, Tree]:
        entries = {}
        for name, node in nodes.items():
            key, mark = self.keys.get(name), spot.node.keys[name]
            if key is None:
                self._unknown(spot.below(name, node), mark)
            elif (tree := key.kind.read(spot.below(name, node, mark))) is not None:
                entries[name] = tree
        return entries

    def _unknown(self, spot: Spot, mark: Mark) -> None:
        shown = cut(one_line(spot.name), 60)
        if foreign := self.foreign(spot.name):
            owner = self.subject.format(name=spot.path[-2])
            spot.complain(f"the key '{shown}' does not fit {owner}", foreign, at=mark)
        else:
            hint = did_you_mean(spot.name, list(self.keys)).strip()
            spot.complain(f"unknown key '{shown}'", hint or f"Known keys: {', '.join(self.keys)}.", at=mark)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        if self.title not in definitions:
            definitions[self.title] = {}
            definitions[self.title] |= self.definition(definitions)
        reference = {"$ref": f"#/$defs/{self.title}"}
        return {"anyOf": [*map(dict, self.short_json), reference]} if self.short_json else reference

    def definition(self, definitions: Definitions) -> dict[str, Any]:
        """The JSON Schema of the mapping itself."""
        return {
            "type": "object",
            "description": self.help,
            "properties": {key: about.schema(definitions) for key, about in self.keys.items()},
            **({"required": [*self._mandatory]} if self._mandatory else {}),
            "additionalProperties": False,
            **self.rule_json,
        }


@dataclass(frozen=True, slots=True)
class Named(Kind):
    """A mapping from free names: of any text where `names` is None, in any number where `most` is 0.

    `merge` says how it joins one below it.
    """

    entry: Kind
    names: Form | None = None
    most: int = field(default=0, kw_only=True)
    merge: Merge = Merge.JOIN

    def _read(self, spot: Spot) -> Tree:
        nodes = spot.node.value
        if not isinstance(nodes, dict):
            raise self._refusal(spot)
        _check_number(spot, nodes, self.most)
        entries = {}
        for name, node in nodes.items():
            own = spot.below(name, node, spot.node.keys[name])
            try:
                self._check_name(name, node)
            except PolicyError as error:
                own.complain(error.what, error.remedy, at=own.mark)
                continue
            if tree := self._entry_of(name).read(own):
                entries[name] = tree
        return spot.tree(entries, self.merge)

    def _check_name(self, name: str, node: Node) -> None:
        """Refuse a name that does not fit, with a PolicyError without a place."""
        if self.names is not None:
            self.names.check(name)

    def _entry_of(self, name: str) -> Kind:
        return self.entry

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        node: dict[str, Any] = {"type": "object", "additionalProperties": self.entry.schema(definitions)}
        if self.names is not None:
            node["propertyNames"] = self.names.json
        return node | ({"maxProperties": self.most} if self.most else {})
