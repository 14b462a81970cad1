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

LEVELS: Mapping[Severity, str] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.UNKNOWN: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
"""SARIF levels by severity."""

SECURITY_SEVERITY: Mapping[Severity, str] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
    Severity.INFO: "0.5",
}
"""A score in the middle of GitHub's band for the severity (critical above 9.0, high from 7.0,
medium from 4.0, low below that); an unknown severity gets none."""

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_OUTSIDE = re.compile(r"/|[A-Za-z]:|(?:.*/)?\.\.(?:/|$)")
_FAILED = (CriterionStatus.FAIL, CriterionStatus.UNKNOWN, CriterionStatus.WARN)


def render(report: Report) -> str:
    """The log as JSON text; the same report gives the same bytes."""
    limit = MAX_RESULTS
    while True:
        document = _log(report, limit)
        output = json.dumps(document, indent=1, allow_nan=False) + "\n"
        fits = len(output) <= MAX_GZIPPED or len(gzip.compress(output.encode(), mtime=0)) <= MAX_GZIPPED
        if fits or limit <= 100:
            return output
        limit //= 2


def _log(report: Report, limit: int) -> dict[str, Any]:
    policy = report.policy.ref if report.policy.origin != "preset" else ""
    verdicts = list(filter(_has_results, listing.unrepeated(report.verdicts)))
    parts = [*([v] for v in verdicts[: MAX_RUNS - 1]), verdicts[MAX_RUNS - 1 :]]
    runs = [_run(part, policy, limit) for part in parts if part]
    properties = {"override": text(view.override_sentence(report.override))} if report.override else {}
    for run in runs:
        run["properties"].update(properties)
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}


def _has_results(verdict: Verdict) -> bool:
    return bool(verdict.findings) or any(c.status in _FAILED for c in verdict.criteria)


def _run(verdicts: list[Verdict], policy: str, limit: int) -> dict[str, Any]:
    """One run: of one gate, or of all gates that are more than GitHub takes."""
    criteria, findings = _contents(verdicts)
    room = max(limit - len(criteria), 0)
    rules: dict[str, dict[str, Any]] = {}
    seen: Counter[str] = Counter()
    places = {id(v): _fallback(v, policy) for v in verdicts}
    results = [_criterion(v, c, places[id(v)], rules) for v, c in criteria[:limit] if places[id(v)]]
    placed = [(v, f, f.path or places[id(v)]) for v, f in findings[:room]]
    results += [_finding(v, f, place, rules, seen) for v, f, place in placed if place]
    _number(results, rules)
    name = view.title(verdicts[0]) if len(verdicts) == 1 else "others"
    return _envelope(name, list(rules.values()), results, len(criteria) + len(findings) - len(results))


def _contents(
    verdicts: list[Verdict],
) -> tuple[list[tuple[Verdict, CriterionResult]], list[tuple[Verdict, Finding]]]:
    """The criteria that are not satisfied and the findings, worst first, each with its verdict."""
    criteria = [(v, c) for v in verdicts for c in v.criteria if c.status in _FAILED]
    findings = [(v, f) for v in verdicts for f in v.findings]
    return criteria, sorted(findings, key=lambda pair: listing.finding_key(pair[1]))


def _number(results: list[dict[str, Any]], rules: Iterable[str]) -> None:
    numbers = {rule: n for n, rule in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = numbers[result["ruleId"]]


def _envelope(
    name: str, rules: list[dict[str, Any]], results: list[dict[str, Any]], left: int
) -> dict[str, Any]:
    return {
        "tool": {"driver": {"name": "Sluicegate", "semanticVersion": __version__, "rules": rules}},
        "automationDetails": {"id": f"sluicegate/{text(name)}/"},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"leftOut": left},
    }


def _finding(
    verdict: Verdict, finding: Finding, place: str, rules: dict[str, dict[str, Any]], seen: Counter[str]
) -> dict[str, Any]:
    rule = text(finding.rule) or "finding"
    spec = find_spec(verdict.gate)
    score = SECURITY_SEVERITY.get(finding.severity) if spec is not None and spec.is_security else None
    _rule(rules, rule, finding.help, finding.severity, score, (verdict.gate, finding.tool))
    properties: dict[str, Any] = {"severity": str(finding.severity), "tool": text(finding.tool)}
    if score:
        properties["security-severity"] = score
    result: dict[str, Any] = {
        "ruleId": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": cut(text(finding.message), 1000) or rule},
        "locations": [_place(place, *_lines(finding))],
        "partialFingerprints": _fingerprints(finding, seen),
        "properties": properties,
    }
    if finding.new is not None:
        result["baselineState"] = "new" if finding.new else "unchanged"
    if finding.waiver:
        result["suppressions"] = [_suppression(finding.waiver)]
    return result


def _rule(
    rules: dict[str, dict[str, Any]],
    rule: str,
    about: str,
    severity: Severity,
    score: str | None,
    tags: tuple[str, ...],
) -> None:
    """Enter the rule once; its severity is that of its worst finding, since GitHub has one per rule."""
    entry = rules.setdefault(
        rule,
        {
            "id": rule,
            "shortDescription": {"text": rule},
            "defaultConfiguration": {"level": LEVELS[severity]},
            "properties": {"tags": sorted({text(t) for t in tags if t})},
        },
    )
    if about.startswith("https://"):
        entry.setdefault("helpUri", quote(text(about), safe="/:?&=#%@+,;~-._"))
    elif about:
        entry.setdefault("help", {"text": text(about)})
    if score and float(score) > float(entry["properties"].get("security-severity", "0")):
        entry["properties"]["security-severity"] = score


def _criterion(
    verdict: Verdict, result: CriterionResult, place: str, rules: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    title = f"{view.title(verdict)}: {values.expected(result)}"
    rule = f"criterion/{text(verdict.name)}/{text(result.id)}"
    level = "warning" if result.status is CriterionStatus.WARN or not verdict.blocking else "error"
    rules.setdefault(
        rule,
        {
            "id": rule,
            "shortDescription": {"text": title},
            "defaultConfiguration": {"level": level},
            "properties": {"tags": sorted({"criterion", text(verdict.gate)})},
        },
    )
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": cut(f"{title}: {values.outcome(result, verdict)}", 1000)},
        "locations": [_place(place, 1, 1)],
        "partialFingerprints": _keys(hashlib.sha256(rule.encode()).hexdigest()[:32], 1),
    } | ({"suppressions": [_suppression(result.waiver)]} if result.waiver else {})


def _fallback(verdict: Verdict, policy: str) -> str:
    """The file to point at for what has no place: policy, evidence, the worst finding's; else empty.

    Only files of the repository count, which have a relative path, and evidence that is a file.
    """
    files = [s.path for s in verdict.sources if s.sha256] + [p.path for p in verdict.problems]
    found = [f.path for f in listing.order(verdict.findings)]
    return next((p for p in (policy, *files, *found) if p and not _OUTSIDE.match(p)), "")


def _lines(finding: Finding) -> tuple[int, int]:
    return (finding.line, finding.end_line) if finding.path else (1, 1)


def _place(path: str, line: int, end_line: int) -> dict[str, Any]:
    uri = quote(text(path), safe="/-._~@+,")
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    if line > 0:
        place["region"] = {"startLine": line, "endLine": max(line, end_line)}
    return {"physicalLocation": place}


def _fingerprints(finding: Finding, seen: Counter[str]) -> dict[str, str]:
    """Equal findings of one file share a fingerprint; a running number makes each unique."""
    given = finding.fingerprint or "\0".join((finding.rule, finding.path, finding.message))
    key = hashlib.sha256(text(given + "\0" + finding.path).encode()).hexdigest()[:32]
    seen[key] += 1
    return _keys(key, seen[key]) | ({"sluicegateFingerprint/v1": text(finding.fingerprint)})


def _keys(key: str, number: int) -> dict[str, str]:
    """`primaryLocationLineHash` is the one that GitHub matches alerts by."""
    return {"primaryLocationLineHash": f"{key}:{number}"}


def _suppression(waiver: Waiver) -> dict[str, Any]:
    why = f"{waiver.reason} (owner {waiver.owner}, until {waiver.expires.isoformat()})"
    return {"kind": "external", "status": "accepted", "justification": text(why)}
