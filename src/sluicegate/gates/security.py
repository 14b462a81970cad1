"""The gate `security`: findings by severity, and those that a comment of the change silences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from sluicegate.core.model import SEVERITY_ORDER, Finding, Measure, Severity
from sluicegate.core.text import plural, some
from sluicegate.criteria import Measures
from sluicegate.evidence.records import Evidence
from sluicegate.gates import findings
from sluicegate.gates.interface import Context, Gate, Measured, no_change_reason
from sluicegate.gates.measures import by_name, count, not_applicable

_SUPPRESSED = "new.suppressed"
_RATED_MEDIUM = "new.medium.rated"
_NOT_SCANNED = "bandit did not scan the sources here, so what comments silence is not known"


def measure(evidence: Evidence, context: Context) -> Measured:
    """Measures of all findings, and of those that `# nosec` silences since the change."""
    found = findings.measure(evidence, context)
    remeasure = found.remeasure
    if remeasure is None:
        return found
    silenced = _silenced(evidence, context)
    hidden, rated = frozenset(silenced), _rated(evidence)
    no_change = no_change_reason(evidence)
    unknown = no_change or ("" if _is_scanned(evidence) else _NOT_SCANNED)

    def measures(part: tuple[Finding, ...]) -> Measures:
        counting = remeasure(tuple(f for f in part if f not in hidden))
        own = [
            _suppressed([f for f in part if f in hidden], unknown),
            _rated_medium([f for f in part if f not in hidden and rated(f)], no_change),
        ]
        return replace(counting, plain={**counting.plain, **by_name(own)})

    every = (*silenced, *found.findings)
    note = f"{len(silenced):,} newly silenced by # nosec" if silenced else ""
    return replace(
        found,
        measures=measures(every),
        summary="; ".join(filter(None, (found.summary, note))),
        findings=every,
        remeasure=measures,
        remedies={**found.remedies, **_remedy(silenced), **_remedy_of_rated(found)},
    )


def _silenced(evidence: Evidence, context: Context) -> Sequence[Finding]:
    """The newly silenced findings that the policy does not leave out, the worst first."""
    every = (f for record in evidence.findings for f in record.suppressed)
    own = (f for f in every if not context.excludes(f.path))
    return sorted(own, key=lambda f: (SEVERITY_ORDER[f.severity], f.path, f.line, f.rule, f.message))


def _rated(evidence: Evidence) -> Callable[[Finding], bool]:
    """Tells whether the tool of a finding states its severity, not only the level of a SARIF result."""
    rated = {
        (f.tool, f.rule) for record in evidence.findings for f in record.security if f.rule in record.rated
    }
    return lambda finding: (finding.tool, finding.rule) in rated


def _rated_medium(rated: Sequence[Finding], no_change: str) -> Measure:
    """The new ones of severity medium; in doubt while some of them may be new."""
    if no_change:
        return not_applicable(_RATED_MEDIUM, no_change)
    medium = Counter(f.new for f in rated if f.severity is Severity.MEDIUM)
    doubt = f"{plural(medium[None], 'finding')} without a path may be new" if medium[None] else ""
    return replace(count(_RATED_MEDIUM, medium[True]), doubt=doubt)


def _is_scanned(evidence: Evidence) -> bool:
    return any(record.source.format == "bandit" for record in evidence.findings)


def _suppressed(silenced: Sequence[Finding], unknown: str) -> Measure:
    return not_applicable(_SUPPRESSED, unknown) if unknown else count(_SUPPRESSED, len(silenced))


def _remedy(silenced: Sequence[Finding]) -> dict[str, tuple[str, ...]]:
    if not silenced:
        return {}
    places = some([findings.place(f) for f in silenced[:3]], len(silenced))
    it = "it" if len(silenced) == 1 else "them"
    text = f"Fix {places}, or accept {it} with {plural(len(silenced), 'waiver')} in place of `# nosec`."
    return {_SUPPRESSED: (text,)}


def _remedy_of_rated(found: Measured) -> dict[str, tuple[str, ...]]:
    """The remedy of the medium ones is that of the rated ones, too."""
    remedy = found.remedies.get("new.medium")
    return {_RATED_MEDIUM: remedy} if remedy else {}


GATE = Gate("security", measure)
