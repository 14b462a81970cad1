"""Safe YAML with the place of every key and value.

The text is read as a stream of parser events, never constructed as objects, under limits on
bytes, nodes (aliases counted as often as they are used) and depth. Scalars follow the core
schema of YAML 1.2, and more narrowly: a number is one only in its plain canonical spelling, so
`1_000`, `010`, `1.10` and `2027-01-31` stay text and lose nothing, and `on`, `off`, `yes` and
`no` are text as well. Keys are always text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NoReturn

import yaml
from yaml.reader import ReaderError

from sluicegate.core.errors import PolicyError
from sluicegate.core.text import cut, one_line
from sluicegate.policy.document import Document, Mark, Node, Scalar, place

MAX_BYTES = 1 << 20
MAX_NODES = 10_000
MAX_DEPTH = 30

_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_FLOAT = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_WORDS: Mapping[str, Scalar] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,), "float": (float, int), "bool": (bool,), "null": (type(None),),
}  # fmt: skip

_SELECTED = re.compile(
    r"""(?P<outer>["']?)(?P<kind>\b[A-Za-z_]\w{0,40})\[(?P<quote>["'])(?P<glob>[^"'\n]{0,200})(?P=quote)\]
        (?P<rest>\.[^],}"'\#\n]{1,100})""",
    re.VERBOSE,
)
_NEAR = 300
"""How many characters before and behind a place are looked at."""

_SYNTAX: Mapping[str, tuple[str, str]] = {
    r"(alias|anchor).*expected alphabetic": (
        "a text that begins with '*' or '&' has no quotes",
        'Put quotes around it, for example "**/*.py".',
    ),
    r"character '(.)' that cannot start any token": (
        "a text begins with a character that has a meaning in YAML",
        'Put quotes around it, for example "@alice".',
    ),
    r"mapping values are not allowed": (
        "a ':' is where none may be",
        "Check the indentation of this line and of the one above it, or put quotes around the text.",
    ),
    r"could not find expected ':'": (
        "a ':' is missing after a key",
        "Write it as 'key: value', and check the indentation.",
    ),
    r"quoted scalar.*unexpected end of stream": (
        "a quoted text has no closing quote",
        "Close the quote that is opened here.",
    ),
    r"flow (sequence|mapping|node).*expected": (
        "a list or mapping in brackets is not closed, or lacks a comma",
        "Check the brackets, the braces and the commas.",
    ),
    r"block (mapping|collection|sequence).*expected": (
        "the indentation does not fit the lines above",
        "Indent the keys of one mapping equally, and the items of one list equally.",
    ),
}
"""What to say of an error of the parser, by a pattern of its message."""


def read_document(data: bytes, name: str) -> Document:
    """Parse one file, which errors call `name`; at most `MAX_BYTES` bytes are looked at.

    Raises:
        PolicyError: it is not UTF-8, not YAML, over a limit, not one document, or its top is
            no mapping; it has a duplicate key, a tag that is not a standard one, or a tab.
    """
    text = _decode(data, name)
    try:
        return Document(name, _Composer(text, name).document())
    except ReaderError as error:
        what = f"the character U+{ord(text[error.position]):04X} must not occur in YAML"
        where = place(name, _mark_at(text[: error.position]))
        remedy = "Delete it; the file may not be a text file."
        raise PolicyError(what, where=where, remedy=remedy) from error
    except yaml.MarkedYAMLError as error:
        raise _unquoted_criterion(error, text, name) or _syntax_error(error, name) from error
    except (ValueError, OverflowError) as error:  # a number out of range, in an escape or a directive
        raise PolicyError("is not valid YAML", where=name, remedy="Check escapes such as \\U.") from error


def _decode(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        remedy = "A policy is a small file; split it."
        raise PolicyError(f"has more than {MAX_BYTES:,} bytes", where=name, remedy=remedy)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = place(name, _mark_at(data[: error.start].decode("latin-1")))
        raise PolicyError("is not UTF-8 text", where=where, remedy="Save the file as UTF-8.") from error
    if tab := re.search(r"(?m)^ *\t", text):
        where = place(name, _mark_at(text[: tab.end() - 1]))
        raise PolicyError("a tab is in the indentation", where=where, remedy="Indent with spaces.")
    return text


def _mark_at(before: str) -> Mark:
    """The place behind a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _unquoted_criterion(error: yaml.MarkedYAMLError, text: str, name: str) -> PolicyError | None:
    """The error where the brackets or quotes of a criterion's selector ended its text too early."""
    mark = error.problem_mark
    if mark is None:
        return None
    start = max(text.rfind("\n", 0, mark.index) + 1, mark.index - _NEAR)
    near = text[start : mark.index + _NEAR].partition("\n")[0]
    for match in _SELECTED.finditer(near):
        if match.start() <= mark.index - start <= match.end() and match["outer"] in ("", match["quote"]):
            fixed = f'{match["kind"]}["{match["glob"]}"]{match["rest"].rstrip()}'
            column = mark.column - (mark.index - start) + match.start() + 1
            where = place(name, (mark.line + 1, column))
            what = "a criterion with brackets needs quotes in a list"
            return PolicyError(what, where=where, remedy=f"Write '{one_line(fixed)}'.")
    return None


def _syntax_error(error: yaml.MarkedYAMLError, name: str) -> PolicyError:
    message = one_line(" ".join(filter(None, (error.context, error.problem))))
    marks = [m for m in (error.problem_mark, error.context_mark) if m is not None]
    if re.search("end of stream|<stream end>", message):  # name the place where it was opened
        marks.reverse()
    where = place(name, (marks[0].line + 1, marks[0].column + 1)) if marks else name
    unknown = (f"is not valid YAML: {cut(message, 160)}", "Check the lines around this place.")
    known = (words for pattern, words in _SYNTAX.items() if re.search(pattern, message))
    what, remedy = next(known, unknown)
    return PolicyError(what, where=where, remedy=remedy)


class _Composer:
    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.SafeLoader)
        self._anchors: dict[str, Node] = {}
        self._sizes: dict[str, int] = {}
        self._count = 0

    def document(self) -> Node:
        """The one document's top mapping."""
        next(self._events)  # the start of the stream
        if not isinstance(next(self._events), yaml.DocumentStartEvent):
            self._empty()
        top = self._node(next(self._events), 0)
        next(self._events)  # the end of the document
        after = next(self._events)
        if isinstance(after, yaml.DocumentStartEvent):
            self._fail("a second document begins here", after, "Keep one; '---' separates documents.")
        if top.value is None:
            self._empty()
        if not isinstance(top.value, dict):
            remedy = "Begin with keys such as 'extends:' and 'gates:'."
            where = place(self._name, top.mark)
            raise PolicyError("the top of a policy is a mapping", where=where, remedy=remedy)
        return top

    def _empty(self) -> NoReturn:
        remedy = "Write 'extends: standard', or delete the file."
        raise PolicyError("is empty", where=self._name, remedy=remedy)

    def _fail(self, what: str, event: yaml.Event, remedy: str) -> NoReturn:
        raise PolicyError(what, where=place(self._name, _mark(event)), remedy=remedy)

    def _node(self, event: yaml.Event, depth: int) -> Node:
        before = self._count
        self._spend(1, event)
        if depth > MAX_DEPTH:
            self._fail(f"nests deeper than {MAX_DEPTH} levels", event, "A policy needs five at the most.")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        node = self._built(event, depth)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = node
            self._sizes[anchor] = self._count - before
        return node

    def _spend(self, nodes: int, event: yaml.Event) -> None:
        self._count += nodes
        if self._count > MAX_NODES:
            what = f"holds more than {MAX_NODES:,} values"
            self._fail(what, event, "Use fewer aliases, or split the policy.")

    def _alias(self, event: yaml.AliasEvent) -> Node:
        if event.anchor not in self._anchors:
            what = f"the alias '*{cut(str(event.anchor), 40)}' refers to nothing"
            self._fail(what, event, "Put quotes around a text that begins with '*'.")
        self._spend(self._sizes[event.anchor] - 1, event)
        return self._anchors[event.anchor]

    def _built(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return Node(self._scalar(event), _mark(event))
        if isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, ("seq",))
            return Node([self._node(e, depth + 1) for e in self._until(yaml.SequenceEndEvent)], _mark(event))
        if not isinstance(event, yaml.MappingStartEvent):
            raise AssertionError(f"unexpected event {event}")
        self._check_tag(event, ("map",))
        return self._mapping(event, depth)

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _mapping(self, start: yaml.Event, depth: int) -> Node:
        values: dict[str, Node] = {}
        marks: dict[str, Mark] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._key(event)
            if key in values:
                what = f"the key '{cut(key, 60)}' occurs twice, first in line {marks[key][0]}"
                self._fail(what, event, "Keep one of the two.")
            marks[key] = _mark(event)
            values[key] = self._node(next(self._events), depth + 1)
        return Node(values, _mark(start), marks)

    def _key(self, event: yaml.Event) -> str:
        self._spend(1, event)
        if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None:
            self._fail("a key is plain text", event, "Write it as 'key: value'.")
        if event.style is None and event.value == "<<":
            self._fail("merge keys ('<<') are not supported", event, "Use 'extends' to share settings.")
        self._check_tag(event, ("str",))
        return self._checked(event)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        tag = self._check_tag(event, ("str", *_TYPES))
        text = self._checked(event)
        if tag == "str" or (tag is None and event.style is not None):
            return text
        value = _resolve(text)
        if tag is not None and type(value) not in _TYPES[tag]:
            self._fail(f"'{cut(text, 40)}' does not fit its tag '!!{tag}'", event, "Delete the tag.")
        return value

    def _checked(self, event: yaml.ScalarEvent) -> str:
        if any("\ud800" <= char <= "\udfff" for char in event.value):
            self._fail("an escape makes half a character", event, "Write the character itself.")
        return str(event.value)

    def _check_tag(self, event: yaml.Event, allowed: Collection[str]) -> str | None:
        """The short name of an explicit standard tag; None without one."""
        tag = getattr(event, "tag", None)
        if tag is None:
            return None
        if tag == "!":
            return "str" if isinstance(event, yaml.ScalarEvent) else None
        short = tag.removeprefix(_TAG)
        if short in allowed and tag.startswith(_TAG):
            return str(short)
        shown = f"!!{short}" if tag.startswith(_TAG) else tag
        return self._fail(f"the tag '{cut(one_line(shown), 60)}' is refused", event, "Delete the tag.")


def _mark(event: yaml.Event) -> Mark:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _resolve(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and repr(float(text)) == text:
        return float(text)
    return text
