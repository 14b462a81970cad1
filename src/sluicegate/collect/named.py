"""The `--evidence [KIND[.SUITE]=]PATH` arguments of the command line."""

from __future__ import annotations

from dataclasses import dataclass

from sluicegate.core.errors import UsageError
from sluicegate.evidence.records import Kind


@dataclass(frozen=True, slots=True)
class NamedEvidence:
    """`[KIND[.SUITE]=]PATH` of the command line."""

    kind: Kind | None
    suite: str
    path: str


def parse_named(text: str) -> NamedEvidence:
    """An `--evidence` argument.

    Raises:
        UsageError: the kind does not exist, or a suite is given to another kind than tests.
    """
    head, separator, path = text.partition("=")
    if not (path if separator else head).strip():
        raise UsageError("no path is given", where=f"--evidence {text}", remedy="Name a file or a folder.")
    if not separator or "/" in head or "\\" in head:
        return NamedEvidence(None, "", text)
    return _of_kind(text, head, path)


def _of_kind(text: str, head: str, path: str) -> NamedEvidence:
    word, _, suite = head.partition(".")
    if word not in [k.value for k in Kind]:
        known = ", ".join(k.value for k in Kind)
        raise UsageError(f"unknown kind of evidence '{word}'", where=f"--evidence {text}",
                         remedy=f"Kinds: {known}; or give the path alone.")  # fmt: skip
    if suite and word != Kind.TESTS.value:
        raise UsageError(f"only tests have suites, not '{word}'", where=f"--evidence {text}",
                         remedy=f"Write {word}={path}.")  # fmt: skip
    return NamedEvidence(Kind(word), suite, path)
