"""Whether a SARIF log has the shape that its version demands, where that decides what is found. Pure.

Section numbers are those of SARIF 2.1.0 (OASIS Standard, 27 March 2020).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sluicegate.core.text import cut, one_line
from sluicegate.evidence.json_file import at, sequence, text

Path = tuple[str | int, ...]
"""The keys and positions that lead to a value."""

_WORDS: Mapping[type, str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}

OLD_VERSIONS_SAY_NOTHING = frozenset(
    {"gosec", "golangci-lint", "trivy", "gitleaks", "govulncheck", "kube-linter", "lintr"}
)
"""Tools of which old versions left `results` out, or wrote `null`, when they found nothing.

Sources, in their repositories: securego/gosec 558 and 650, golangci/golangci-lint 4758, owenrumney/go-sarif
36 (Trivy), gitleaks/gitleaks 530, golang/go 70157 (govulncheck), stackrox/kube-linter 213, r-lib/lintr 1836.
"""


class SarifTypeError(Exception):
    """A value is not of the type that its place demands; `path` is its place in the document."""

    def __init__(self, path: Path, value: object, wanted: type) -> None:
        self.path = path
        parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
        spelled = "".join(parts).removeprefix(".")  # `runs[0].results[3]`
        found = _WORDS.get(type(value), "something else")
        super().__init__(f"{spelled} is {found}, and must be {_WORDS[wanted]}")


def check_run(run: object, path: Path) -> None:
    """Refuse a run whose results or rules cannot be read.

    Raises:
        SarifTypeError: the first value that is of the wrong type.
    """
    _demand(run, path, dict)
    check_properties(run, path)
    tool = at(run, "tool")
    _optional(tool, (*path, "tool"), dict)
    _component(at(tool, "driver"), (*path, "tool", "driver"))
    for place, extension in _items(at(tool, "extensions"), (*path, "tool", "extensions")):
        _component(extension, place)


def check_properties(holder: object, path: Path) -> None:
    """Refuse what a run, or an external property file, holds of results and invocations.

    Raises:
        SarifTypeError: the first value that is of the wrong type.
    """
    _demand(holder, path, dict)
    for key in ("results", "invocations", "artifacts"):
        for place, value in _items(at(holder, key), (*path, key)):
            _demand(value, place, dict)


def why_no_results(run: object) -> str:
    """Why a run has no results, with the tool's own message; empty if it has results."""
    if at(run, "results") is not None:
        return ""
    missing = "null" if isinstance(run, dict) and "results" in run else "missing"
    errors = [
        text(at(notification, "message", "text"))
        for invocation in sequence(at(run, "invocations"))
        for notification in sequence(at(invocation, "toolExecutionNotifications"))
    ]
    detail = f"; the tool says: {cut(one_line(errors[0]), 200)}" if errors and errors[0] else ""
    return f"its `results` are {missing}, so nothing shows that it scanned{detail}"


def _component(component: object, path: Path) -> None:
    _optional(component, path, dict)
    for place, rule in _items(at(component, "rules"), (*path, "rules")):
        _optional(rule, place, dict)


def _items(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    _optional(value, path, list)
    return (((*path, position), each) for position, each in enumerate(sequence(value)))


def _optional(value: object, path: Path, wanted: type) -> None:
    if value is not None:
        _demand(value, path, wanted)


def _demand(value: object, path: Path, wanted: type) -> None:
    if not isinstance(value, wanted):
        raise SarifTypeError(path, value, wanted)
