"""How a format that is not read is recognised: by root element, first keys or first line. Pure."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from functools import cache

from sluicegate.evidence.records import Kind

_BEFORE_THE_ROOT = re.compile(
    r"(?:\s|<\?.{0,4000}?\?>|<!--.{0,4000}?-->|<!DOCTYPE[^>\[]{0,2000}(?:\[[^\]]{0,4000}\])?[^>]{0,200}>)*+",
    re.DOTALL,
)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class UnsupportedFormat:
    """One format.

    Attributes:
        name: for people, after "is": `JaCoCo XML`.
        start: a regular expression that the beginning of a file matches. Before the root element of XML
            only that part remains (declaration, comments, document type).
        remedy: how a user gets a format that is read, as full sentences.
        source: the page that documents the format, and what the producer writes.
    """

    name: str
    start: str
    remedy: str
    source: str


@cache
def formats() -> tuple[tuple[Kind, UnsupportedFormat], ...]:
    """All formats, in the order in which they are tried."""
    modules = ((kind, importlib.import_module(f"{__package__}.{kind.value}")) for kind in Kind)
    return tuple((kind, found) for kind, module in modules for found in module.FORMATS)


def recognise(head: bytes) -> tuple[Kind, UnsupportedFormat] | None:
    """The kind and format of a file that begins so; None for an unknown format. Total on any bytes."""
    text = _text(head)
    body = _BEFORE_THE_ROOT.sub("", text, count=1) if text.startswith("<") else text
    return next(((kind, found) for kind, found in formats() if _pattern(found.start).match(body)), None)


@cache
def _pattern(start: str) -> re.Pattern[str]:
    return re.compile(start, re.DOTALL)


def _text(head: bytes) -> str:
    """The beginning of a file as text, without a mark and white space before it."""
    encoding = "utf-16" if head[:2] in _UTF_16 else "utf-8"
    return head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
