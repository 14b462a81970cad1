"""The gate `tests`: did the tests run, and did they pass?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain

from sluicegate.core.model import Better, Finding, Measure, Severity, Table
from sluicegate.core.text import cut, plural, some
from sluicegate.criteria import Measures
from sluicegate.evidence.records import CaseOutcome, Evidence, TestCase, TestsRecord
from sluicegate.evidence.tests.suites import UNLISTED
from sluicegate.gates.failures import KNOWN, NEW, Failures, case_name, failures
from sluicegate.gates.interface import Context, Gate, Measured
from sluicegate.gates.measures import by_name, count, not_applicable, not_measured, number, percentage, table
from sluicegate.gates.quarantine import KnownFlaky, identity, known
from sluicegate.gates.removed import RULE, names_of, removed
from sluicegate.history.flaky import Flaky

_NAMED = 5
_NAME = 80
_SEE_LOG = "See the log of the test runner: it counted more than it lists, as where the run was cut short."


def measure(evidence: Evidence, context: Context) -> Measured:
    """Measures of all result files, or of those of one suite."""
    suite = context.suite.name if context.suite else None
    name = f"tests.{suite}" if suite else "tests"
    records = _records(evidence, suite)
    problems = evidence.problems.get(name, ())
    if not records:
        absent = evidence.absent.get(name) or "no test results were found"
        return Measured(absent=absent, problems=problems)
    cases = list(chain.from_iterable(r.cases for r in records))
    flaky = known(evidence, context, cases)
    names = names_of(records)
    gone, failed = removed(names, context.before), failures(records, context, flaky)
    findings = (
        *failed.findings(),
        *(_tried_again_finding(c, flaky.of(c)) for c in cases if c.outcome is CaseOutcome.FLAKY),
        *flaky.findings(cases, context.policy.waivers),
        *gone.findings(),
    )

    def remeasure(part: tuple[Finding, ...]) -> Measures:
        waived = Counter(f.rule for f in findings) - Counter(f.rule for f in part)
        quarantined = {f.fingerprint for f in findings} - {f.fingerprint for f in part}
        of_known = sum(f.name in quarantined for f in flaky.cases)
        own = by_name(_measures(records, waived))
        left = sum(int(own[name].value or 0) for name in ("failed", "errors"))
        new, of_base = failed.measures(part, left)
        more = (of_base, flaky.measure(of_known), gone.measure(waived[RULE]))
        return Measures(own | by_name([replace(new, doubt=own["failed"].doubt), *more]))

    return Measured(
        measures=remeasure(findings),
        summary="; ".join(filter(None, (_summary(records), failed.summary()))),
        findings=findings,
        remeasure=remeasure,
        problems=problems,
        tables=(*_tables(records), *flaky.tables(), *gone.tables()),
        sources=tuple(r.source for r in records),
        remedies=_remedies(failed, flaky, _unlisted(records)),
        cases=names,
    )


def _records(evidence: Evidence, suite: str | None) -> list[TestsRecord]:
    """The suite's result files; without a suite all of them, each once."""
    if suite is not None:
        return [r for r in evidence.tests if r.suite == suite]
    return list({r.source.path: r for r in evidence.tests}.values())


def _total(records: Sequence[TestsRecord], attribute: str) -> int:
    return sum(int(getattr(r, attribute)) for r in records)


def _without(records: Sequence[TestsRecord], attribute: str, waived: int) -> int:
    return max(_total(records, attribute) - waived, 0)


def _measures(records: Sequence[TestsRecord], waived: Counter[str]) -> list[Measure]:
    """The measures, without the waived cases, which are counted by the rule of their findings.

    `tests` and `passed` stay as they were: a quarantined case ran, and a flaky one passed in the end.
    """
    passed = _total(records, "passed")
    failed = _without(records, "failed", waived[_rule(CaseOutcome.FAILED)])
    errors = _without(records, "errors", waived[_rule(CaseOutcome.ERROR)])
    ran = passed + failed + errors
    doubt = _unlisted(records)
    return [
        count("tests", _total(records, "tests"), Better.HIGHER),
        count("passed", passed, Better.HIGHER),
        replace(count("failed", failed), doubt=doubt),
        replace(count("errors", errors), doubt=doubt),
        count("skipped", _total(records, "skipped")),
        count("flaky", _without(records, "flaky", waived[_rule(CaseOutcome.FLAKY)])),
        replace(_pass_rate(passed, ran, waived), doubt=doubt),
        _duration(records),
    ]


def _unlisted(records: Sequence[TestsRecord]) -> str:
    """Why more may have failed than is listed; empty when the counts agree."""
    found = [(r.source.path, *r.stated) for r in records if r.stated]
    texts = [f"{path} states {stated:,} tests and lists {listed:,}" for path, stated, listed in found]
    return some(texts[:2], len(texts))


def _duration(records: Sequence[TestsRecord]) -> Measure:
    without = [r.source.path for r in records if r.duration is None]
    if without:
        reason = f"no duration can be read in {some(without[:2], len(without))}"
        return not_measured("duration", reason, "s")
    duration = sum((Fraction(r.duration or 0) for r in records), Fraction(0))
    return number("duration", duration.limit_denominator(10**6), "s")


def _pass_rate(passed: int, ran: int, waived: Counter[str]) -> Measure:
    if ran:
        return percentage("pass_rate", passed, ran, empty="")
    if waived:
        return not_applicable("pass_rate", "every test that ran is waived", "%", Better.HIGHER)
    return not_measured("pass_rate", "no test ran to its end", "%", Better.HIGHER)


def _rule(outcome: CaseOutcome) -> str:
    return f"test-{outcome.value}"


def _summary(records: Sequence[TestsRecord]) -> str:
    kinds = (("failed", "failed"), ("errors", "broke"), ("flaky", "flaky"), ("skipped", "skipped"))
    words = [f"{n:,} {word}" for kind, word in kinds if (n := _total(records, kind))]
    passed = f"{_total(records, 'passed'):,} of {plural(_total(records, 'tests'), 'test')} passed"
    return "; ".join(filter(None, (", ".join([passed, *words]), _tried_again(records), _unlisted(records))))


def _tried_again(records: Sequence[TestsRecord]) -> str:
    """The cases that passed only when they were tried again, by name; empty without any."""
    names = [cut(case_name(c), _NAME) for r in records for c in r.cases if c.outcome is CaseOutcome.FLAKY]
    return f"tried again: {some(names[:_NAMED], _total(records, 'flaky'))}" if names else ""


def _tried_again_finding(case: TestCase, flaky: Flaky | None) -> Finding:
    message = f"{case_name(case)} passed only when tried again"
    if flaky:
        message += f" (known to be flaky: {flaky.rate})"
    return Finding(
        rule=_rule(case.outcome),
        severity=Severity.MEDIUM,
        message=f"{message}: {case.message}" if case.message else message,
        path=case.path,
        line=case.line,
        end_line=case.line,
        fingerprint=identity(case),
    )


def _tables(records: Sequence[TestsRecord]) -> tuple[Table, ...]:
    if len(records) < 2:
        return ()
    return table(
        "Result files",
        ("result file", "tests", "failed", "skipped"),
        "lrrr",
        sorted(records, key=lambda r: (-(r.failed + r.errors), r.source.path)),
        lambda r: (r.source.path, f"{r.tests:,}", f"{r.failed + r.errors:,}", f"{r.skipped:,}"),
        20,
    )


def _remedies(failed: Failures, flaky: KnownFlaky, unlisted: str) -> dict[str, tuple[str, ...]]:
    listed = [f.case for f in sorted(failed.listed, key=lambda f: f.order)]
    named = [c for c in listed if not c.name.endswith(UNLISTED)]
    again = (_run_again(named), *flaky.remedies(named)) if named else ()
    texts = (*again, *((_SEE_LOG,) if unlisted or len(named) < len(listed) else ()))
    own = failed.remedies()
    first = dict.fromkeys(("pass_rate", "failed", "errors"), (*own[NEW], *texts))
    return {**first, NEW: (*own[NEW], *texts), KNOWN: own[KNOWN]} if texts else {}


def _run_again(broken: Sequence[TestCase]) -> str:
    python = sorted({c.path for c in broken if c.path.endswith(".py")})
    if python:
        names = " ".join(python[:_NAMED])
        return f"Run the failing cases alone: pytest --last-failed {names}"
    named = some([case_name(c) for c in broken[:_NAMED]], len(broken))
    return f"Run the failing cases alone: {named}."


GATE = Gate("tests", measure)
