"""Small languages for releases: facts, statements, settings."""

from __future__ import annotations

from typing import Any

from sluicegate.core.model import Measure
from sluicegate.criteria import MeasureSpec
from sluicegate.policy.keys import Spot
from sluicegate.policy.yaml_positions import read_document
from sluicegate.release.facts import Fact, Facts, measured, unmeasured
from sluicegate.release.keys import section
from sluicegate.release.read import build_settings
from sluicegate.release.settings import MEASURES, REPORT, SELECTORS, ReleaseSettings
from sluicegate.release.statements import Statement, Thread, Way

HEAD, OLD = "a" * 40, "b" * 40
NOW = 1_800_000_000
PUSHED, LATER = "2027-01-15T07:00:00Z", "2027-01-15T07:30:00Z"
SMALL = """
dimensions:
  code-quality: {checks: [{id: gates, expect: report.blocked == 0}]}
  security: {checks: [{id: security, expect: 'gate["security"].blocked == 0'}]}
  performance: off
  infrastructure:
    checks:
      - {id: incidents, expect: incidents.open == 0}
      - {id: staging, expect: staging.current == 1, else: warn}
  documentation: off
  team-readiness: off
roles:
  release-manager: {from: ['@alice']}
  qa: {from: ['@bob', '@carol', '@org/qa'], quorum: 1}
waivers-by: ['@alice']
"""
"""A section with four checks, one of them advisory, and two roles."""


def settings(text: str = SMALL) -> ReleaseSettings:
    """The settings of a section, which must be right."""
    document = read_document(text.encode(), "sluicegate.yml")
    spot = Spot(document, document.top)
    tree = section("release").read(spot)
    assert tree is not None
    assert not spot.complaints, spot.complaints
    made, errors = build_settings(tree)
    assert not errors, errors
    return made


def facts(
    *, blocked: int | None = 0, security: int = 0, incidents: int | None = 0, staging: int = 1
) -> Facts:
    """Facts on `HEAD`; None is what could not be measured."""
    return Facts(
        "v1.4.0", HEAD, NOW, "1" * 40, "o/r",
        {
            "report": Fact({"blocked": _value(REPORT["blocked"], blocked)}, url="https://github.com/o/r"),
            "gate": Fact(items={"security": {"blocked": measured(SELECTORS["gate"]["blocked"], security)}}),
            "incidents": Fact({"open": _value(MEASURES["issues"]["open"], incidents)}),
            "staging": Fact({"current": measured(MEASURES["deployment"]["current"], staging)}),
        },
    )  # fmt: skip


def _value(spec: MeasureSpec, value: int | None) -> Measure:
    return unmeasured(spec, "nothing says it") if value is None else measured(spec, value)


def says(
    who: str,
    line: str,
    at: str = LATER,
    *,
    review: str = "",
    edited: bool | None = False,
    bot: bool = False,
    dismissed: bool = False,
    id_: str = "",
    several: bool = False,
) -> Statement:
    """A comment; with `review` a review of that commit."""
    way = Way.REVIEW if review else Way.COMMENT
    name = id_ or f"{way}-{who}-{at}-{line}"
    text = f"/sluicegate {line}"
    return Statement(name, way, who, bot, at, text, "", review, edited, dismissed, several=several)


def thread(*statements: Statement, seen: str = PUSHED, is_pull: bool = True, **more: Any) -> Thread:
    """What was said on pull request 7."""
    return Thread(
        7, is_pull, statements, head_seen=seen, **({"teams": {"org/qa": frozenset({"dan"})}} | more)
    )
