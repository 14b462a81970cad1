"""The published table that maps every tool's severities to ours. Pure.

| tool | says | severity |
| --- | --- | --- |
| SARIF, `security-severity` of the rule | 9.0 to 10.0 | critical |
| | 7.0 to 8.9 | high |
| | 4.0 to 6.9 | medium |
| | 0.1 to 3.9 | low |
| SARIF, `level` of the result | `error`, `warning`, `note`, `none` | high, medium, low, info |
| bandit | HIGH, MEDIUM, LOW, UNDEFINED | high, medium, low, unknown |
| SG101 | a TLS connection that nobody checks | medium |
| bandit, B105 to B107 | LOW, and the literal has the shape of a password | medium |
| ruff | syntax errors, E9, F63, F7, F82 | critical |
| | other F | high |
| | other E, W | low |
| | all other rules | medium |
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from sluicegate.core.model import SEVERITY_ORDER, Severity

_LEVELS: Mapping[str, Severity] = {
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "note": Severity.LOW,
    "none": Severity.INFO,
}
_BANDIT: Mapping[str, Severity] = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}
_RUFF_CODE = re.compile(r"([A-Z]+)([0-9]+)\Z", re.ASCII)
_RUFF_CRITICAL = re.compile(r"(?:E9|F63|F7|F82)[0-9]*\Z", re.ASCII)
_RUFF_FAMILIES = {"F": Severity.HIGH, "E": Severity.LOW, "W": Severity.LOW}
_RUFF_LOWERED: Mapping[str, Severity] = {"warning": Severity.MEDIUM, "info": Severity.INFO}
_SYNTAX = frozenset({"", "invalid-syntax", "syntax-error"})

_OWASP_2021: Mapping[str, frozenset[int]] = {
    "A01:2021": frozenset({22, 284, 377}),
    "A02:2021": frozenset({259, 319, 326, 327, 330}),
    "A03:2021": frozenset({20, 78, 79, 80, 89, 94}),
    "A07:2021": frozenset({259, 295}),
    "A08:2021": frozenset({494, 502}),
}


def from_score(score: object) -> Severity | None:
    """Severity of a `security-severity`, a number or its text; None outside 0.1 to 10, as if there were none.

    Source: GitHub, "SARIF support for code scanning", `security-severity`. The bands are those
    of the CVSS 3.1 specification, section 5.
    """
    if isinstance(score, bool) or not isinstance(score, str | int | float):
        return None
    try:
        value = float(score)
    except (ValueError, OverflowError):
        return None
    if math.isnan(value) or not 0 < value <= 10:
        return None
    bands = ((9, Severity.CRITICAL), (7, Severity.HIGH), (4, Severity.MEDIUM))
    return next((severity for least, severity in bands if value >= least), Severity.LOW)


def from_level(level: str) -> Severity:
    """Severity of a SARIF level (SARIF 2.1.0, section 3.27.10); UNKNOWN for any other word."""
    return _LEVELS.get(level, Severity.UNKNOWN)


def from_bandit(severity: str) -> Severity:
    """Severity of a bandit issue. Bandit has no "critical"; UNDEFINED is UNKNOWN.

    Source: bandit's `constants.RANKING`.
    """
    return _BANDIT.get(severity.upper(), Severity.UNKNOWN)


def from_ruff(code: str, printed: str = "error") -> Severity:
    """Severity of a ruff diagnostic: of its rule (empty for a syntax error), and ruff's own `severity`.

    Critical is what GitHub's starter workflow for Python stops the build on (flake8 with
    `--select=E9,F63,F7,F82`) and every syntax error: such code cannot run as written.

    `error` is what ruff prints by default and so tells nothing; `warning` and `info` are someone's decision,
    and lower the table's answer to medium and info. They lower no syntax error.
    """
    if code in _SYNTAX:
        return Severity.CRITICAL
    family = _RUFF_CODE.match(code)
    found = _RUFF_FAMILIES.get(family[1] if family else "", Severity.MEDIUM)
    if _RUFF_CRITICAL.match(code):
        found = Severity.CRITICAL
    lowered = _RUFF_LOWERED.get(printed, found)
    return max(found, lowered, key=SEVERITY_ORDER.__getitem__)


def owasp(cwe: int) -> str | None:
    """The OWASP Top 10 2021 category of a CWE, `A03:2021`; None for one that is in no list.

    Covers the weaknesses that bandit reports; CWE 259 is in two of OWASP's lists, and has the
    first here. Source: MITRE, CWE view 1344, "Weaknesses in OWASP Top Ten (2021)".
    """
    return next((category for category, cwes in _OWASP_2021.items() if cwe in cwes), None)
