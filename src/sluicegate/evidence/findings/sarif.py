"""Reader of SARIF 2.1.0, the exchange format of static analysis tools.

What counts as a finding: a result of kind `fail` that is not suppressed and not `absent` from
the baseline. A result belongs to `security` when its rule has a `security-severity` or a
`security` tag, or when its tool looks for nothing else (`sarif_rules.SECURITY_TOOLS`); to
`lint` otherwise, and never to both. Severities map by the table in `severity`.

Section numbers are those of SARIF 2.1.0 (OASIS Standard, 27 March 2020).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.core.model import Finding, Problem, Severity, Source
from sluicegate.core.text import cut, one_line, plural
from sluicegate.evidence.findings import sarif_rules as rules
from sluicegate.evidence.findings import severity
from sluicegate.evidence.findings.fingerprint import fingerprint
from sluicegate.evidence.findings.sarif_log import SEE_LOG, SarifLog, load_log
from sluicegate.evidence.findings.sarif_places import (
    ResultSubject,
    SarifArtifacts,
    content,
    own_print,
    shared,
)
from sluicegate.evidence.findings.sarif_rules import MAX_MESSAGE, MAX_RULE, SarifRule, tool_of
from sluicegate.evidence.json_file import at, sequence, text
from sluicegate.evidence.reader import Reader, starts
from sluicegate.evidence.records import FindingsRecord, Kind

MAX_PROBLEMS = 100
"""The largest number of problems in a record; one more counts those left out."""

_NEW = {"new": True, "updated": True, "unchanged": False}
_NO_FAILURE = frozenset({"notApplicable", "pass", "review", "open", "informational"})
_is_object = starts(rb"\{")
_SCHEMA = re.compile(rb'"\$schema"\s*:\s*"[^"]{0,300}sarif')
_EXTERNAL = re.compile(rb'"\$schema"\s*:\s*"[^"]{0,300}sarif-external-propert')
_VERSION = re.compile(rb'"version"\s*:\s*"2\.1\.')
_RUN_KEYS = (b'"tool"', b'"results"', b'"invocations"', b'"artifacts"')


@dataclass(slots=True)
class _SarifFindings:
    """What was found in the runs so far."""

    security: list[Finding] = field(default_factory=list)
    lint: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_security_tool: bool = False
    rated: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _SarifResult:
    """A result that counts, with its rule and what it is about."""

    result: object
    rule: SarifRule
    subject: ResultSubject


class _SarifRun:
    """One run of one tool."""

    def __init__(self, run: object) -> None:
        self._run = run
        self._rules = rules.SarifRules(at(run, "tool"))
        self._overrides = rules.LevelOverrides(run, self._rules)
        self._places = SarifArtifacts(run)
        self._tool, _ = tool_of(run)
        self._is_security_tool = self._tool.lower() in rules.SECURITY_TOOLS

    def read(self, log: _SarifFindings) -> None:
        """Add the run's findings and problems."""
        hits = [self._hit(result) for result in sequence(at(self._run, "results")) if _counts(result)]
        useless = shared(hit.subject for hit in hits)
        for hit in hits:
            self._add(hit, content(hit.subject, useless), log)
        log.problems.extend(self._problems())
        log.is_security_tool |= self._is_security_tool or self._rules.has_security

    def _add(self, hit: _SarifResult, about: str, log: _SarifFindings) -> None:
        is_security = hit.rule.is_security or self._is_security_tool
        found = log.security if is_security else log.lint
        stated = self._stated(hit.result, hit.rule)
        log.rated.update([hit.subject.rule] if stated and is_security else ())
        level = severity.from_level(self._overrides.level_of(hit.result, hit.rule))
        found.append(self._finding(hit, about, stated or level))

    def _hit(self, result: object) -> _SarifResult:
        rule = self._rules.of(result)
        name = text(at(result, "ruleId")) or text(at(result, "rule", "id")) or rule.id
        message = self._rules.message(result, rule)
        subject = ResultSubject(
            cut(one_line(name), MAX_RULE), own_print(result), self._places.of(result), message
        )
        return _SarifResult(result, rule, subject)

    def _finding(self, hit: _SarifResult, about: str, level: Severity) -> Finding:
        subject, place = hit.subject, hit.subject.place
        return Finding(
            rule=subject.rule,
            severity=level,
            message=cut(one_line(subject.message), MAX_MESSAGE),
            path=place.path,
            line=place.line,
            end_line=place.end_line,
            new=_NEW.get(text(at(hit.result, "baselineState"))),
            fingerprint=fingerprint(subject.rule, "", about),
            tool=cut(one_line(self._tool), MAX_RULE),
            help=cut(one_line(hit.rule.help), MAX_MESSAGE),
        )

    def _stated(self, result: object, rule: SarifRule) -> Severity | None:
        """The severity by the rule's score, or by the tool's own scale; None where only the level tells."""
        score = severity.from_score(rule.score)
        if score is not None:
            return score
        match self._tool.lower():
            case "bandit":
                own = text(at(result, "properties", "issue_severity"))
                if own:
                    return severity.from_bandit(own)
            case "ruff":
                return severity.from_ruff(text(at(result, "ruleId")) or rule.id)
        return None

    def _problems(self) -> Iterator[Problem]:
        """What the tool could not do (sections 3.20.14 and 3.20.20 to 3.20.21).

        Bandit reports files that do not parse as configuration notifications.
        """
        for invocation in sequence(at(self._run, "invocations")):
            lists = ("toolExecutionNotifications", "toolConfigurationNotifications")
            errors = [n for key in lists for n in sequence(at(invocation, key)) if at(n, "level") == "error"]
            yield from map(self._notification, errors)
            if at(invocation, "executionSuccessful") is False and not errors:
                reason = text(at(invocation, "exitCodeDescription"))
                yield self._problem(reason or "did not run to its end")

    def _notification(self, notification: object) -> Problem:
        message = text(at(notification, "message", "text")) or text(at(notification, "message", "id"))
        return self._problem(message or "reported an error", self._places.of(notification).path)

    def _problem(self, message: str, path: str = "") -> Problem:
        words = cut(one_line(f"{self._tool or 'the tool'}: {message}"), MAX_MESSAGE)
        return Problem(words, path, SEE_LOG)


def _counts(result: object) -> bool:
    """Whether a result is a finding (sections 3.27.9, 3.27.23, 3.27.24); one of an unknown kind is.

    Suppressed is a result with suppressions of which none is rejected or under review.
    """
    found = sequence(at(result, "suppressions"))
    accepted = all(isinstance(each, dict) and each.get("status") in (None, "accepted") for each in found)
    is_failure = text(at(result, "kind")) not in _NO_FAILURE
    return is_failure and at(result, "baselineState") != "absent" and not (found and accepted)


def matches(name: str, head: bytes) -> bool:
    """Whether `head` starts a JSON object that is a SARIF log.

    Its schema or its name identifies it; other logs are recognised by their `runs` with the version
    before them, or (bandit writes the runs first) with what a run begins with.

    An external property file is no log: it is read with the one that refers to it. It says so by its schema
    (SARIF 3.15.2), `sarif-external-property-file-schema-2.1.0.json`; microsoft/sarif-sdk leaves out "-schema"
    (`src/Sarif/Schemata`, and `SimpleExample.sarif-external-properties.json` among its test data).
    """
    if not _is_object(name, head) or _EXTERNAL.search(head):
        return False
    if _SCHEMA.search(head) or name.lower().endswith((".sarif", ".sarif.json")):
        return True
    return b'"runs"' in head and (_VERSION.search(head) is not None or any(k in head for k in _RUN_KEYS))


def read(path: Path, shown: str, placed: Mapping[str, Path] | None = None) -> FindingsRecord:
    """Read one SARIF log, with its external property files: beside it, or at `placed`, by the log's paths.

    The fingerprints are without the path, which `resolve_findings` adds once it is settled.

    Raises:
        EvidenceError: not SARIF 2.1.0, not JSON, over a limit, or a file that it refers to is missing.
    """
    log, found = load_log(path, shown, placed), _SarifFindings()
    for run in log.runs:
        _SarifRun(run).read(found)
    findings = (*found.security, *found.lint)
    more = max(len(found.problems) - MAX_PROBLEMS, 0)
    return FindingsRecord(
        source=_source(shown, log),
        security=tuple(found.security),
        lint=tuple(found.lint),
        is_security_tool=found.is_security_tool,
        problems=(
            *found.problems[:MAX_PROBLEMS],
            *[Problem(f"{more:,} more problems were reported")][:more],
        ),
        new_known=bool(findings) and all(finding.new is not None for finding in findings),
        externals=log.externals,
        rated=tuple(sorted(found.rated)),
    )


def _source(shown: str, log: SarifLog) -> Source:
    tools = list(dict.fromkeys(tool_of(run) for run in log.runs))
    tool = cut(one_line(", ".join(name for name, _ in tools)), MAX_RULE)
    version = cut(one_line(tools[0][1] if len(tools) == 1 else ""), MAX_RULE)
    external = f"with {plural(len(log.externals), 'external property file')}" if log.externals else ""
    note = "; ".join(filter(None, (log.note, external)))
    return Source(shown, "sarif", log.digest, tool, version, note)


READER = Reader("sarif", Kind.FINDINGS, matches, read, read_placed=read)
