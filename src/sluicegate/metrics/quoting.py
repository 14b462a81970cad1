"""Expressions of query languages, split into their quoted and unquoted parts. Pure.

An arm's label value is put into quotes alone, and never ends them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sluicegate.metrics.interface import ARM, MetricError

Escape = Callable[[str, str], str | None]
"""Given a quotation mark and a text: how it is written between two of these; None where it cannot be."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an expression: `quote` is the mark around `text`, empty outside of quotes."""

    text: str
    quote: str = ""

    def __str__(self) -> str:
        return f"{self.quote}{self.text}{self.quote}"


def split(text: str, escaping: str, raw: str, where: str) -> tuple[Piece, ...]:
    """The parts of an expression, which joined give it again.

    Args:
        text: the expression.
        escaping: quotation marks between which a backslash takes the next character's meaning.
        raw: those between which it does not.
        where: names the query in errors.

    Raises:
        MetricError: a quotation has no end.
    """
    return tuple(_pieces(text, escaping, raw, where))


def _pieces(text: str, escaping: str, raw: str, where: str) -> Iterator[Piece]:
    begin = at = 0
    while at < len(text):
        mark = text[at]
        if mark not in escaping + raw:
            at += 1
            continue
        if begin < at:
            yield Piece(text[begin:at])
        end = _end(text, at, mark in escaping)
        if end < 0:
            remedy = f"Close the quotation that begins with {text[at : at + 20]}."
            raise MetricError("a quotation in the expression has no end", where=where, remedy=remedy)
        yield Piece(text[at + 1 : end], mark)
        begin = at = end + 1
    if begin < len(text):
        yield Piece(text[begin:])


def _end(text: str, at: int, escaping: bool) -> int:
    """Where the quotation that begins at a place ends; -1 for nowhere."""
    mark = text[at]
    at += 1
    while at < len(text) and text[at] != mark:
        at += 2 if escaping and text[at] == "\\" else 1
    return at if at < len(text) else -1


def bare(pieces: Sequence[Piece]) -> str:
    """The expression with every quotation empty, for what looks for words of the language."""
    return "".join(str(Piece("", one.quote)) if one.quote else one.text for one in pieces)


def for_arm(pieces: Sequence[Piece], arm: str | None, escape: Escape, where: str) -> str:
    """The expression with the arm's label value in place of `$arm`.

    Args:
        pieces: of the expression.
        arm: the label value; None for a query of the whole service.
        escape: writes it between quotation marks.
        where: names the query in errors.

    Raises:
        MetricError: it wants an arm, and the query is of no arm; `$arm` is not in quotes; or the value
            cannot be written there.
    """
    return "".join(str(_filled(one, arm, escape, where)) for one in pieces)


def _filled(one: Piece, arm: str | None, escape: Escape, where: str) -> Piece:
    if ARM not in one.text:
        return one
    if arm is None:
        raise no_arm(where)
    if not one.quote:
        remedy = "Put it in quotes, as the value that a label or an attribute must have."
        raise MetricError("$arm is outside of quotes", where=where, remedy=remedy)
    value = escape(one.quote, arm) if arm else None  # an empty value matches what has no such label
    if value is None:
        raise unwritable(arm, where)
    return Piece(one.text.replace(ARM, value), one.quote)


def with_bare_arm(text: str, arm: str | None, form: re.Pattern[str], where: str) -> str:
    """An expression of a language without quotes, with the arm's label value in place of `$arm`.

    Args:
        text: the expression.
        arm: the label value; None for a query of the whole service.
        form: of values that mean nothing else in the language.
        where: names the query in errors.

    Raises:
        MetricError: it wants an arm, and the query is of no arm; or the value has another form.
    """
    if ARM not in text:
        return text
    if arm is None:
        raise no_arm(where)
    if not form.fullmatch(arm):
        raise unwritable(arm, where)
    return text.replace(ARM, arm)


def no_arm(where: str) -> MetricError:
    """The error of an expression that has `$arm`, in a query of the whole service."""
    remedy = "Say `of: exposed` for it, and give the plan `arms`."
    return MetricError("the query has $arm, and is not of an arm", where=where, remedy=remedy)


def unwritable(arm: str, where: str) -> MetricError:
    """The error of a label value that the query language has no safe way to write."""
    what = f"the label value {ascii(arm)[:60]} cannot be written in the expression"
    remedy = "Take label values of letters, digits, '_', '-' and '.'."
    return MetricError(what, where=where, remedy=remedy)
