"""Any value of a kind of document: a Hypothesis strategy from the same types as the codec."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, Literal, Union, cast

from hypothesis import strategies as st

from sluicegate.core import fields as f
from sluicegate.core.fields import Items, Number, Text, Whole
from sluicegate.core.text import encodable

texts = st.text(st.characters(), max_size=6)  # lone surrogates too
lines = st.sets(st.integers(1, 300), max_size=4).map(lambda found: sum(1 << n for n in found))
shown = st.integers(-(10**9), 10**9).map(lambda n: Fraction(n, 8))
MARKED: Mapping[object, st.SearchStrategy[Any]] = {
    f.LineSet: lines,
    f.LineKey: st.integers(0, f.MAX_LINE),
    f.Exact: st.fractions(max_denominator=10**6),
    f.Shown: shown,
    f.RepositoryPath: st.sampled_from(("", "a.py", "src/b c.py")),
}
PLAIN: Mapping[object, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(-f.MAX_NUMBER, f.MAX_NUMBER),
    float: st.floats(-1e300, 1e300),
    bool: st.booleans(),
    date: st.dates(),
    type(None): st.none(),
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type that a document can have.

    Raises:
        TypeError: there is no such type in documents.
    """
    return _made_once(kind)


@cache
def _made_once(kind: Any) -> st.SearchStrategy[Any]:
    """One strategy a type: Hypothesis looks through each before it draws from it."""
    if kind in MARKED:
        return MARKED[kind]
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    return _generic(kind, typing.get_origin(kind), typing.get_args(kind))


def _generic(kind: Any, origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Annotated:
        return _marked(arguments[0], kind.__metadata__[0])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values, arguments))
    if origin is tuple:
        return _tuples(arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(*map(values, arguments), max_size=2).filter(_apart)
    return _records(kind, dict(zip(getattr(origin, "__parameters__", ()), arguments, strict=True)))


def _apart(value: Mapping[Any, Any]) -> bool:
    """Are the keys different without lone surrogates, too?"""
    return len({encodable(str(key)) for key in value}) == len(value)


def _marked(kind: Any, marker: object) -> st.SearchStrategy[Any]:
    match marker:
        case Whole(least, most):
            return st.integers(least, most)
        case Number(least, most, is_above):
            return st.floats(least, most, exclude_min=is_above)
        case Text(most, least, None):
            return st.text(st.characters(), min_size=least, max_size=min(most, 6))
        case Text(pattern=str(pattern)):
            return st.from_regex(pattern.replace("$", r"\Z"), alphabet=st.characters(codec="ascii"))
        case Items(_, least):
            return st.lists(values(typing.get_args(kind)[0]), min_size=least, max_size=least + 1).map(tuple)
    raise TypeError(f"a marker of no document: {marker}")


def _tuples(arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if arguments[-1] is Ellipsis:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    return st.tuples(*map(values, arguments))


def _records(kind: Any, given: Mapping[Any, Any]) -> st.SearchStrategy[Any]:
    made: Any = typing.get_origin(kind) or kind
    if not is_dataclass(made):
        raise TypeError(f"no document holds a {kind}")
    hints = typing.get_type_hints(made, include_extras=True)
    parts = {field.name: given.get(hints[field.name], hints[field.name]) for field in fields(made)}
    return st.deferred(
        lambda: st.builds(cast("Any", made), **{name: values(part) for name, part in parts.items()})
    )
