"""The kinds of values that keys have: how each is read, refused and described in JSON Schema."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluicegate.core.errors import PolicyError
from sluicegate.core.text import cut, has_words, one_line
from sluicegate.criteria import did_you_mean
from sluicegate.policy.document import Mark, Node, Scalar
from sluicegate.policy.keys import Definitions, Key, Kind, Name, Short, Spot, described
from sluicegate.policy.tree import Merge, Tree

FILL = "Fill it in, or remove the key."


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Kind):
    """A single value. `convert` gives what the program uses, or raises a PolicyError without a place.

    Attributes:
        takes: the types that `convert` looks at.
        json: the JSON Schema.
    """

    takes: tuple[type, ...]
    convert: Callable[[Any], Any]
    json: Mapping[str, Any]

    def read(self, spot: Spot) -> Tree | None:
        """See `Kind`."""
        value = spot.node.value
        if not isinstance(value, self.takes):
            self.refuse(spot)
            return None
        try:
            return spot.tree(self.convert(value))
        except PolicyError as error:
            spot.complain(error.what, error.remedy)
            return None

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        return dict(self.json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Kind):
    """A text of 1 to `longest` characters.

    Attributes:
        needs_words: it must have a letter or a digit.
        numbers: a number is taken as the text that it was written as.
        check: raises a PolicyError without a place.
        json: keywords of the JSON Schema beside the lengths.
    """

    longest: int = 2000
    needs_words: bool = False
    numbers: bool = False
    check: Callable[[str], None] = lambda text: None
    json: Mapping[str, Any] = field(default_factory=dict)

    def read(self, spot: Spot) -> Tree | None:
        """See `Kind`."""
        value = spot.node.value
        if self.numbers and isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.refuse(spot)
            return None
        try:
            self._check(value, spot.name)
        except PolicyError as error:
            spot.complain(error.what, error.remedy)
            return None
        return spot.tree(value)

    def _check(self, value: str, name: str) -> None:
        if not value:
            raise PolicyError(f"'{name}' is empty", remedy=FILL)
        if len(value) > self.longest:
            raise PolicyError(f"'{name}' has more than {self.longest:,} characters", remedy="Shorten it.")
        if self.needs_words and not has_words(value):
            raise PolicyError(f"'{name}' has no letter and no digit to be seen", remedy=FILL)
        self.check(value)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        node = {"type": "string", "minLength": 1, "maxLength": self.longest, **self.json}
        return {"anyOf": [node, {"type": "number"}]} if self.numbers else node


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Kind):
    """One of the words of an enumeration."""

    options: type[enum.StrEnum]

    def read(self, spot: Spot) -> Tree | None:
        """See `Kind`."""
        value, options = spot.node.value, [str(option) for option in self.options]
        if value is None:
            self.refuse(spot)
        elif not isinstance(value, str) or value not in options:
            shown = f"'{cut(one_line(value), 40)}'" if isinstance(value, str) else described(value)
            hint = did_you_mean(value, options) if isinstance(value, str) else ""
            remedy = f"It is one of: {', '.join(options)}. {hint}".rstrip()
            spot.complain(f"'{spot.name}' cannot be {shown}", remedy)
        else:
            return spot.tree(self.options(value))
        return None

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        return {"type": "string", "enum": [str(option) for option in self.options]}


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    """A list.

    Attributes:
        single: one item counts as a list of one.
        most: items at the most; 0 for any number.
    """

    item: Kind
    single: bool = False
    least: int = 0
    most: int = 0
    merge: Merge = Merge.REPLACE

    def read(self, spot: Spot) -> Tree | None:
        """See `Kind`."""
        items = self._items(spot)
        kept = tuple(tree for item in items or () if (tree := self.item.read(item)) is not None)
        if items is None or len(kept) < max(self.least, min(len(items), int(self.single))):
            return None
        return spot.tree(kept, self.merge)

    def _items(self, spot: Spot) -> list[Spot] | None:
        value = spot.node.value
        if self.single and isinstance(value, str):
            return [spot]
        if not isinstance(value, list):
            self.refuse(spot)
        elif len(value) < self.least:
            spot.complain(f"'{spot.name}' is empty", FILL)
        elif self.most and len(value) > self.most:
            spot.complain(f"'{spot.name}' has more than {self.most:,} entries", "Take some out.")
        else:
            return [spot.below(index, node) for index, node in enumerate(value)]
        return None

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

    def read(self, spot: Spot) -> Tree | None:
        """See `Kind`."""
        spot = self._written_out(spot)
        nodes = spot.node.value
        if not isinstance(nodes, dict):
            self.refuse(spot)
            return None
        before = len(spot.complaints)
        entries = self._entries(spot, nodes)
        mandatory = self._mandatory(spot, nodes)
        broken = self.rule(list(entries))
        if broken is not None and len(spot.complaints) == before:
            spot.complain(broken.what, broken.remedy)
        is_whole = broken is None and mandatory <= entries.keys()
        return spot.tree(self.finish(entries), Merge.JOIN) if is_whole else None

    def _mandatory(self, spot: Spot, nodes: Mapping[str, Node]) -> set[str]:
        """The keys that must be there; those that are not are complained about."""
        mandatory = {key: about.missing for key, about in self.keys.items() if about.missing}
        for key, remedy in mandatory.items():
            if key not in nodes:
                spot.complain(f"{self.subject.format(name=spot.name)} has no '{key}'", remedy)
        return set(mandatory)

    def _written_out(self, spot: Spot) -> Spot:
        node = spot.node
        if isinstance(node.value, dict | list):
            return spot
        value = self.short(node.value)
        if not isinstance(value, Mapping):
            return spot
        children = {key: Node(child, node.mark) for key, child in value.items()}
        return Spot(
            spot.document,
            Node(children, node.mark, dict.fromkeys(children, node.mark)),
            spot.path,
            spot.mark,
            spot.complaints,
        )

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
        key = spot.name
        shown = cut(one_line(key), 60)
        foreign = self.foreign(key)
        if foreign:
            owner = self.subject.format(name=spot.path[-2])
            spot.complain(f"the key '{shown}' does not fit {owner}", foreign, at=mark)
            return
        hint = did_you_mean(key, list(self.keys)).strip() or f"Known keys: {', '.join(self.keys)}."
        spot.complain(f"unknown key '{shown}'", hint, at=mark)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        if self.title not in definitions:
            definitions[self.title] = {}
            definitions[self.title] |= self.definition(definitions)
        reference = {"$ref": f"#/$defs/{self.title}"}
        return {"anyOf": [*map(dict, self.short_json), reference]} if self.short_json else reference

    def definition(self, definitions: Definitions) -> dict[str, Any]:
        """The JSON Schema of the mapping itself."""
        required = [key for key, about in self.keys.items() if about.missing]
        return {
            "type": "object",
            "description": self.help,
            "properties": {key: about.schema(definitions) for key, about in self.keys.items()},
            **({"required": required} if required else {}),
            "additionalProperties": False,
            **self.rule_json,
        }


@dataclass(frozen=True, slots=True)
class Named(Kind):
    """A mapping from free names.

    Attributes:
        entry: the value of a name.
        names: what a name looks like; None for any text.
        most: names at the most; 0 for any number.
        merge: of the mapping with one below it.
    """

    entry: Kind
    names: Name | None = None
    most: int = field(default=0, kw_only=True)
    merge: Merge = Merge.JOIN

    def read(self, spot: Spot) -> Tree | None:
        """See `Kind`."""
        nodes = spot.node.value
        if not isinstance(nodes, dict):
            self.refuse(spot)
            return None
        if self.most and len(nodes) > self.most:
            spot.complain(f"'{spot.name}' has more than {self.most:,} entries", "Take some out.")
            return None
        entries = {}
        for name, node in nodes.items():
            own = spot.below(name, node, spot.node.keys[name])
            try:
                self.check_name(name, node)
            except PolicyError as error:
                own.complain(error.what, error.remedy, at=own.mark)
                continue
            tree = self.entry_of(name).read(own)
            if tree is not None:
                entries[name] = tree
        return spot.tree(entries, self.merge)

    def check_name(self, name: str, node: Node) -> None:
        """Refuse a name that does not fit.

        Raises:
            PolicyError: without a place.
        """
        if self.names is not None:
            self.names.check(name)

    def entry_of(self, name: str) -> Kind:
        """The kind of the value of the name."""
        return self.entry

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        node: dict[str, Any] = {"type": "object", "additionalProperties": self.entry.schema(definitions)}
        if self.names is not None:
            node["propertyNames"] = self.names.json
        return node | ({"maxProperties": self.most} if self.most else {})
