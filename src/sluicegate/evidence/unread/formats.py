"""How a format that is not read is recognised: by root element, first keys or first line. Pure."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from functools import cache

from sluicegate.evidence.records import Kind
from sluicegate.evidence.xml_prolog import root_text


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
    text = root_text(head)
    return next(((kind, found) for kind, found in formats() if re.match(found.start, text, re.DOTALL)), None)
