"""The report as SARIF 2.1.0: every finding and every failed criterion, for code scanning.

One run a gate, named by `automationDetails.id`. Kept within GitHub's limits for an upload: 20
runs, 25,000 results a run, 10 MB gzipped; what is left out is the least severe, and the run has
their number. GitHub refuses a whole file for one result without a location: a result without one
points at the policy file, else at the evidence, else at a finding; else it is left out.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sluicegate import __version__
from sluicegate.core.model import CriterionResult, Finding, Report, Severity, Verdict, Waiver
from sluicegate.core.statuses import CriterionStatus
from sluicegate.core.text import cut
from sluicegate.core.text import encodable as text
from sluicegate.policy.catalogue import find_spec
from sluicegate.report import listing, values, view

MAX_RUNS = 20
MAX_RESULTS = 25_000
MAX_GZIPPED = 10_000_000

RATINGS: Mapping[Severity, tuple[str, str]] = {
    Severity.CRITICAL: ("error", "9.5"),
    Severity.HIGH: ("error", "8.0"),
    Severity.MEDIUM: ("warning", "5.5"),
    Severity.UNKNOWN: ("warning", ""),
    Severity.LOW: ("note", "2.5"),
    Severity.INFO: ("note", "0.5"),
}
"""By severity: the level of SARIF, and a score in the middle of GitHub's band (critical above 9.0, high from
7.0, medium from 4.0, low below that); an unknown severity gets none."""

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_OUTSIDE = re.compile(r"/|[A-Za-z]:|(?:.*/)?\.\.(?:/|$)")


def render(report: Report) -> str:
    """The log as JSON text; the same report gives the same bytes."""
    limit = MAX_RESULTS
    while True:
        output = json.dumps(_log(report, limit), indent=1, allow_nan=False) + "\n"
        fits = len(output) <= MAX_GZIPPED or len(gzip.compress(output.encode(), mtime=0)) <= MAX_GZIPPED
        if fits or limit <= 100:
            return output
        limit //= 2


def _log(report: Report, limit: int) -> dict[str, Any]:
    policy = report.policy.ref if report.policy.origin != "preset" else ""
    verdicts = [v for v in listing.unrepeated(report.verdicts) if v.findings or _failed(v)]
    parts = [*([v] for v in verdicts[: MAX_RUNS - 1]), verdicts[MAX_RUNS - 1 :]]
    override = {"override": text(view.override_sentence(report.override))} if report.override else {}
    runs = [_Run(policy, limit, override).run(part) for part in parts if part]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}


def _failed(verdict: Verdict) -> list[CriterionResult]:
    failed = (CriterionStatus.FAIL, CriterionStatus.UNKNOWN, CriterionStatus.WARN)
    return [c for c in verdict.criteria if c.status in failed]


@dataclass(slots=True)
class _Run:
    """One run, as it is made: of one gate, or of all gates that are more than GitHub takes.

    Attributes:
        policy: the file of the policy; empty for a preset.
        limit: results at the most.
        properties: of the whole report.
        seen: how many findings had each fingerprint.
    """

    policy: str
    limit: int
    properties: Mapping[str, str]
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)

    def run(self, verdicts: list[Verdict]) -> dict[str, Any]:
        criteria, findings = _contents(verdicts)
        places = {id(v): _fallback(v, self.policy) for v in verdicts}
        results = [self._criterion(v, c, places[id(v)]) for v, c in criteria[: self.limit] if places[id(v)]]
        room = max(self.limit - len(criteria), 0)
        placed = ((v, f, f.path or places[id(v)]) for v, f in findings[:room])
        results += [self._finding(*of) for of in placed if of[2]]
        name, rules = view.title(verdicts[0]) if len(verdicts) == 1 else "others", list(self.rules.values())
        return {
            "tool": {"driver": {"name": "Sluicegate", "semanticVersion": __version__, "rules": rules}},
            "automationDetails": {"id": f"sluicegate/{text(name)}/"},
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": {"leftOut": len(criteria) + len(findings) - len(results), **self.properties},
        }

    def _rule(self, rule: str, about: str, level: str, tags: Iterable[str]) -> dict[str, Any]:
        """The entry of a rule, which is entered once."""
        return self.rules.setdefault(
            rule,
            {
                "id": rule,
                "shortDescription": {"text": about},
                "defaultConfiguration": {"level": level},
                "properties": {"tags": sorted({text(t) for t in tags if t})},
            },
        )

    def _finding(self, verdict: Verdict, finding: Finding, place: str) -> dict[str, Any]:
        rule, level = text(finding.rule) or "finding", RATINGS[finding.severity][0]
        score = _score(verdict, finding)
        entry = self._rule(rule, rule, level, (verdict.gate, finding.tool))
        if finding.help.startswith("https://"):
            entry.setdefault("helpUri", quote(text(finding.help), safe="/:?&=#%@+,;~-._"))
        elif finding.help:
            entry.setdefault("help", {"text": text(finding.help)})
        properties = {"severity": str(finding.severity), "tool": text(finding.tool)}
        if score:  # of its worst finding, since GitHub has one per rule
            properties["security-severity"] = score
            before = entry["properties"].get("security-severity", "0")
            entry["properties"]["security-severity"] = max(before, score, key=float)
        result: dict[str, Any] = {
            "ruleId": rule,
            "level": level,
            "message": {"text": cut(text(finding.message), 1000) or rule},
            "locations": [_place(place, *((finding.line, finding.end_line) if finding.path else (1, 1)))],
            "partialFingerprints": self._fingerprints(finding),
            "properties": properties,
        }
        if finding.new is not None:
            result["baselineState"] = "new" if finding.new else "unchanged"
        return result | self._ending(rule, finding.waiver)

    def _fingerprints(self, finding: Finding) -> dict[str, str]:
        """Equal findings of one file share a fingerprint; a running number makes each unique.

        `primaryLocationLineHash` is the one that GitHub matches alerts by.
        """
        given = finding.fingerprint or "\0".join((finding.rule, finding.path, finding.message))
        key = _digest(text(given + "\0" + finding.path))
        self.seen[key] += 1
        return {
            "primaryLocationLineHash": f"{key}:{self.seen[key]}",
            "sluicegateFingerprint/v1": text(finding.fingerprint),
        }

    def _criterion(self, verdict: Verdict, result: CriterionResult, place: str) -> dict[str, Any]:
        title = f"{view.title(verdict)}: {values.expected(result)}"
        rule = f"criterion/{text(verdict.name)}/{text(result.id)}"
        level = "warning" if result.status is CriterionStatus.WARN or not verdict.blocking else "error"
        self._rule(rule, title, level, ("criterion", verdict.gate))
        return {
            "ruleId": rule,
            "level": level,
            "message": {"text": cut(f"{title}: {values.outcome(result, verdict)}", 1000)},
            "locations": [_place(place, 1, 1)],
            "partialFingerprints": {"primaryLocationLineHash": f"{_digest(rule)}:1"},
        } | self._ending(rule, result.waiver)

    def _ending(self, rule: str, waiver: Waiver | None) -> dict[str, Any]:
        number = self.numbers.setdefault(rule, len(self.numbers))
        if waiver is None:
            return {"ruleIndex": number}
        why = f"{waiver.reason} (owner {waiver.owner}, until {waiver.expires.isoformat()})"
        accepted = {"kind": "external", "status": "accepted", "justification": text(why)}
        return {"suppressions": [accepted], "ruleIndex": number}


def _contents(
    verdicts: list[Verdict],
) -> tuple[list[tuple[Verdict, CriterionResult]], list[tuple[Verdict, Finding]]]:
    """The criteria that are not satisfied and the findings, worst first, each with its verdict."""
    criteria = [(v, c) for v in verdicts for c in _failed(v)]
    findings = [(v, f) for v in verdicts for f in v.findings]
    return criteria, sorted(findings, key=lambda pair: listing.finding_key(pair[1]))


def _score(verdict: Verdict, finding: Finding) -> str:
    spec = find_spec(verdict.gate)
    return RATINGS[finding.severity][1] if spec is not None and spec.is_security else ""


def _fallback(verdict: Verdict, policy: str) -> str:
    """The file to point at for what has no place: policy, evidence, the worst finding's; else empty.

    Only files of the repository count, which have a relative path, and evidence that is a file.
    """
    files = [s.path for s in verdict.sources if s.sha256] + [p.path for p in verdict.problems]
    found = [f.path for f in listing.order(verdict.findings)]
    return next((p for p in (policy, *files, *found) if p and not _OUTSIDE.match(p)), "")


def _place(path: str, line: int, end_line: int) -> dict[str, Any]:
    uri = quote(text(path), safe="/-._~@+,")
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    if line > 0:
        place["region"] = {"startLine": line, "endLine": max(line, end_line)}
    return {"physicalLocation": place}


def _digest(whole: str) -> str:
    return hashlib.sha256(whole.encode()).hexdigest()[:32]
