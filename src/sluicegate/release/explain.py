"""The text of `sluicegate explain release`: the matrix in force, its evidence and roles. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from sluicegate.core.statuses import Otherwise
from sluicegate.core.text import clean, one_line
from sluicegate.explain.topics import WIDTH, item, part
from sluicegate.release.settings import MEASURES, Check, Dimension, EvidenceSource, ReleaseSettings, Role

TOPIC = "release"

_WHY = """A release goes when every blocking check of its commit passes, and every role has signed that
commit off. What could not be measured is UNKNOWN and blocks like a failure. A waiver of somebody in
`waivers-by` makes the release CONDITIONAL."""


def explain_release(settings: ReleaseSettings) -> str:
    """What a release must show here, as text."""
    lines = [*part("release: go or no-go", ["", *textwrap.wrap(" ".join(_WHY.split()), WIDTH)])]
    for dimension in settings.dimensions:
        lines += part(one_line(dimension.title), _checks(dimension))
    lines += part("Roles", (line for role in settings.roles for line in item(role.name, _people(role))))
    lines += part("Waivers", item("by", ", ".join(settings.waivers_by) or "nobody"))
    lines += part("Evidence", (line for source in settings.evidence for line in _source(source)))
    return clean("\n".join(lines)).rstrip() + "\n"


def _checks(dimension: Dimension) -> Iterator[str]:
    for check in dimension.checks:
        yield from _check(check)


def _people(role: Role) -> str:
    return f"{role.quorum} of: {', '.join(role.people)}"


def _check(check: Check) -> Iterator[str]:
    kind = "warns" if check.criterion.otherwise is Otherwise.WARN else "blocks"
    yield from item(check.id, f"{check.criterion.expect} ({kind})")
    if check.remedy:
        yield from item("", f"what to do: {one_line(check.remedy)}")


def _source(source: EvidenceSource) -> Iterator[str]:
    yield from item(source.name, f"{source.kind}: {one_line(', '.join(source.value)) or 'a provider'}")
    for name, spec in MEASURES[source.kind].items():
        yield from item("", f"{source.name}.{name}: {spec.help}")
