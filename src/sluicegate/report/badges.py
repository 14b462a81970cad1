"""Badges of a report: shields.io's endpoint documents, and SVG that needs no server. Pure.

The colour is the verdict's, never a fixed scale: 79 % is red where the policy asks for 80 %.
Endpoint documents have the shape of schema version 1 of shields.io's "Endpoint Badge".
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from html import escape

from sluicegate.core.model import Report, Verdict
from sluicegate.core.text import cut, encodable, one_line
from sluicegate.policy.catalogue import find_spec
from sluicegate.report import values, view
from sluicegate.report.outputs import once

_COLORS: Mapping[str, str] = {
    "PASS": "brightgreen",
    "WARN": "yellow",
    "CONDITIONAL": "yellowgreen",
    "FAIL": "red",
    "BLOCKED": "red",
    "ERROR": "lightgrey",
    "SKIPPED": "lightgrey",
}
"""Status -> one of shields.io's colour names."""

_HEX: Mapping[str, str] = {
    "brightgreen": "#2f7d32",
    "yellow": "#8a6d00",
    "yellowgreen": "#5d7a00",
    "red": "#b3261e",
    "lightgrey": "#5f6368",
}
"""The same for SVG, dark enough that white text on them has a contrast of 4.5 to 1."""

_LENGTH = 40
_LONGEST_NAME = 120
_DIGITS = 8
_PADDING = 6
_WIDE = frozenset("mwMW%@")
_NARROW = frozenset("iljtfrI.,:;'|!()[] /")


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge: `name` is that of its files, `color` one of shields.io's names."""

    name: str
    label: str
    message: str
    color: str


def badges(report: Report) -> tuple[Badge, ...]:
    """The badge of the whole report, `sluicegate`, and one for each headline measure that has a value."""
    whole = Badge("sluicegate", "sluicegate", view.WORDS[report.status], _COLORS[report.status])
    found = [(of, badge) for of in once(report) for badge in _of(of)]
    names = Counter(badge.name for _, badge in found)
    own = (
        badge if names[badge.name] == 1 and len(badge.name) <= _LONGEST_NAME else _renamed(of, badge)
        for of, badge in found
    )
    return (whole, *own)


def _of(verdict: Verdict) -> Iterator[Badge]:
    spec, whose = find_spec(verdict.gate), view.title(verdict)
    of = "" if whose == verdict.gate else f"{cut(whose, _LENGTH)} "
    for measure, label in spec.charted.items() if spec is not None else ():
        found = verdict.measures.get(measure)
        if found is not None and found.value is not None:
            words = (*whose.replace("/", ".").split("."), measure)
            name = "-".join(re.sub("[^0-9A-Za-z]", "_", word) for word in words)
            message = cut(values.value_text(found), _LENGTH)
            yield Badge(name, f"{of}{label}", message, _COLORS[verdict.status])


def _renamed(verdict: Verdict, badge: Badge) -> Badge:
    """The badge under a unique name that file systems accept: a digest replaces the letters cut off."""
    whose = encodable(f"{view.title(verdict)} {badge.name}")
    digest = sha256(whose.encode()).hexdigest()[:_DIGITS]
    return replace(badge, name=f"{badge.name[: _LONGEST_NAME - _DIGITS - 1]}-{digest}")


def files(report: Report) -> dict[str, str]:
    """Every badge in both forms, by file name: `coverage-total.svg`, `coverage-total.json`."""
    found = badges(report)
    return {f"{b.name}.json": endpoint(b) for b in found} | {f"{b.name}.svg": svg(b) for b in found}


def endpoint(badge: Badge) -> str:
    """The badge as JSON for `https://img.shields.io/endpoint?url=…`."""
    document = {"schemaVersion": 1, "label": badge.label, "message": badge.message, "color": badge.color}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def svg(badge: Badge) -> str:
    """The badge as an SVG image, 20 user units high. It loads nothing and runs nothing."""
    label, message = one_line(badge.label), one_line(badge.message)
    left, right = (_width(text) + 2 * _PADDING for text in (label, message))
    name = escape(f"{label}: {message}")
    clip = f"clip-{badge.name}"  # unique where a page shows several
    size = f'width="{left + right}" height="20"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{name}">',
            f"<title>{name}</title>",
            f'<clipPath id="{clip}"><rect {size} rx="3"/></clipPath>',
            f'<g clip-path="url(#{clip})">',
            f'<rect width="{left}" height="20" fill="#444"/>',
            f'<rect x="{left}" width="{right}" height="20" fill="{_HEX[badge.color]}"/>',
            "</g>",
            '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">',
            _text(label, _PADDING),
            _text(message, left + _PADDING),
            "</g>",
            "</svg>",
            "",
        )
    )


def _text(text: str, x: int) -> str:
    """Text of a stated width, so that it fits whatever font is there."""
    return f'<text x="{x}" y="14" textLength="{_width(text)}">{escape(text)}</text>'


def _width(text: str) -> int:
    return round(sum(10 if c in _WIDE else 4.5 if c in _NARROW else 7 for c in text))
