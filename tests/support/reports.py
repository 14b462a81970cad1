"""Readable reports for tests; `support.any_reports` has arbitrary ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from sluicegate.core.model import (
    Absence,
    Better,
    Commit,
    CriterionResult,
    Discovery,
    Finding,
    Measure,
    Notice,
    PolicyRef,
    Problem,
    Report,
    Severity,
    Source,
    Table,
    Verdict,
    Waiver,
)
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise, ProposedStatus, ReportStatus
from sluicegate.core.text import plural
from sluicegate.core.trust import Override, PolicyChange
from sluicegate.policy.catalogue import gate_spec
from support.hostile import hostile
from support.series import series

P, W, F, S, U = (
    CriterionStatus.PASS,
    CriterionStatus.WARN,
    CriterionStatus.FAIL,
    CriterionStatus.SKIPPED,
    CriterionStatus.UNKNOWN,
)
HEAD = "4f1c2d9be07a36c5d8812f3a90b7e6c4d5a1f023"
BASE = "9e8d7c6b5a493827160514233241506978a9bcde"


def percent(part: int, whole: int) -> Fraction:
    """The ratio per hundred, exact."""
    return Fraction(100 * part, whole)


def ratio(name: str, part: int, whole: int) -> Measure:
    """A percentage of counts."""
    return Measure(name, percent(part, whole), "%", Better.HIGHER, of=(part, whole))


def count(name: str, value: int, better: Better = Better.LOWER) -> Measure:
    """A count."""
    return Measure(name, Fraction(value), "", better)


def absent(name: str, reason: str, unit: str = "%") -> Measure:
    """A measure that does not apply."""
    return Measure(name, None, unit, Better.HIGHER, absence=Absence.NOT_APPLICABLE, reason=reason)


Number = str | int | float | Fraction | None


def by_name(*measures: Measure) -> dict[str, Measure]:
    """The measures as a verdict holds them."""
    return {m.name: m for m in measures}


def result(expect: str, status: CriterionStatus = P, actual: Number = None, **more: Any) -> CriterionResult:
    """A judged criterion; `actual` is anything that `Fraction` takes."""
    value = None if actual is None else Fraction(actual)
    more.setdefault("id", expect)
    return CriterionResult(expect=expect, status=status, actual=value, **more)


def advisory(expect: str, status: CriterionStatus, actual: Number, **more: Any) -> CriterionResult:
    """A judged criterion that only warns."""
    return result(expect, status, actual, otherwise=Otherwise.WARN, **more)


def finding(rule: str, severity: Severity, path: str, line: int, message: str, **more: Any) -> Finding:
    """A finding of bandit's on the change, unless told otherwise."""
    given: dict[str, Any] = {
        "tool": "bandit",
        "new": True,
        "end_line": line,
        "fingerprint": f"{line:04x}{rule.lower()}",
    }
    return Finding(rule, severity, message, path, line, **(given | more))


def uncovered(path: str, first: int, last: int) -> Finding:
    """Added lines that no test runs, as the coverage gate says it."""
    message = f"{plural(last - first + 1, 'added line')} not run by any test"
    return finding("uncovered", Severity.LOW, path, first, message, end_line=last, tool="")


def source(path: str, format: str, **more: str) -> Source:
    """A file of evidence."""
    return Source(path, format, sha256="ab" * 32, **more)


def report(*verdicts: Verdict, status: ReportStatus = ReportStatus.PASS, **more: Any) -> Report:
    """A report over the verdicts, on fixed commits and a fixed day."""
    given: dict[str, Any] = {
        "commit": Commit(HEAD, HEAD, BASE, "first parent of the merge commit"),
        "evaluated_on": date(2026, 11, 21),
        "policy": PolicyRef("base", "sluicegate.yml", "cd" * 32),
    }
    return Report(status=status, verdicts=verdicts, **(given | more))


# --- verdicts -------------------------------------------------------------------------------

JUNIT = source("reports/junit.xml", "junit", tool="pytest")
COVERAGE = source("coverage.xml", "cobertura", tool="coverage.py", version="7.17.3")
BANDIT = Source("bandit", "bandit", tool="bandit", version="1.9.4", note="run by sluicegate")


def tests_pass() -> Verdict:
    """1,204 tests, all green."""
    return Verdict(
        "tests", GateStatus.PASS, True, "1,204 tests, 1,201 passed, 3 skipped",
        criteria=(
            result("pass_rate == 100%", P, 100, unit="%", of=(1201, 1201), id="pass-rate"),
            result("tests > 0", P, 1204, id="some-tests"),
        ),
        measures=by_name(
            ratio("pass_rate", 1201, 1201), count("tests", 1204, Better.HIGHER),
            count("passed", 1201, Better.HIGHER), count("failed", 0),
            count("errors", 0), count("skipped", 3), count("flaky", 0),
            Measure("duration", Fraction("48.213"), "s", Better.LOWER),
        ),
        sources=(JUNIT,),
    )  # fmt: skip


TRACE = """\
    def test_total_includes_tax():
        cart = Cart([Item("tea", "10.00")])
>       assert cart.total() == Decimal("11.89")
E       AssertionError: assert Decimal('11.90') == Decimal('11.89')
E        +  where Decimal('11.90') = total()

tests/test_cart.py:88: AssertionError"""


def tests_fail() -> Verdict:
    """Two of 1,204 failed."""
    return Verdict(
        "tests", GateStatus.FAIL, True, "1,204 tests, 1,199 passed, 1 failed, 1 error, 3 skipped",
        suite="unit",
        criteria=(
            result("pass_rate == 100%", F, percent(1199, 1201), unit="%", of=(1199, 1201), id="pass-rate"),
        ),
        measures=by_name(
            ratio("pass_rate", 1199, 1201), count("tests", 1204, Better.HIGHER),
            count("passed", 1199, Better.HIGHER), count("failed", 1),
            count("errors", 1), count("skipped", 3),
        ),
        findings=(
            finding("test-failed", Severity.HIGH, "tests/test_cart.py", 88,
                    "test_cart.py::test_total_includes_tax failed (new): "
                    "assert Decimal('11.90') == Decimal('11.89')",
                    tool="pytest", fingerprint="test_cart.py::test_total_includes_tax", trace=TRACE,
                    source="reports/junit.xml"),
            finding("test-error", Severity.HIGH, "tests/test_mail.py", 12,
                    "test_mail.py::test_send broke (fails on the base since 9a8b7c6 (2026-11-02)): "
                    "fixture 'smtp' not found", tool="pytest", new=False),
        ),
        remedies=("Run the failing cases alone: `pytest tests/test_cart.py tests/test_mail.py --lf`",),
        sources=(JUNIT,),
    )  # fmt: skip


def coverage_pass() -> Verdict:
    """91 percent, no change to judge."""
    return Verdict(
        "coverage", GateStatus.PASS, True, "1,501 of 1,620 lines, 323 of 380 branches",
        criteria=(
            result("total >= 80%", P, percent(1824, 2000), unit="%", of=(1824, 2000), id="total"),
            advisory("patch.total >= 80%", S, None, unit="%", id="patch", reason="no code changed"),
        ),
        measures=by_name(
            ratio("total", 1824, 2000), ratio("line", 1501, 1620), ratio("branch", 323, 380),
            absent("patch.total", "no executable line changed"),
        ),
        sources=(COVERAGE,),
    )  # fmt: skip


def coverage_fail() -> Verdict:
    """Below the bound, below the baseline, and new lines uncovered."""
    return Verdict(
        "coverage", GateStatus.FAIL, True,
        "1,301 of 1,620 lines, 267 of 380 branches; patch.total 22 of 36 lines and branches",
        criteria=(
            result("total >= 80%", F, percent(1568, 2000), unit="%", of=(1568, 2000), id="total"),
            result("total >= baseline", F, percent(1568, 2000), unit="%", of=(1568, 2000),
                   baseline=Fraction(81), id="no-worse"),
            advisory("patch.total >= 80%", W, percent(22, 36), unit="%", of=(22, 36), id="patch"),
            result('file["src/shop/**"].line >= 50%', P, percent(31, 60), unit="%", of=(31, 60),
                   subject="src/shop/mail.py"),
        ),
        measures=by_name(
            ratio("total", 1568, 2000), ratio("line", 1301, 1620), ratio("branch", 267, 380),
            ratio("patch.total", 22, 36), ratio("patch.line", 18, 28), ratio("patch.branch", 4, 8),
        ),
        before={"total": Fraction(81), "line": Fraction("83.5")},
        items={'file["src/shop/cart.py"].total': ratio("total", 31, 40)},
        tables=(
            Table("Changed files", ("file", "before", "after", "Δ"), (
                ("src/shop/cart.py", "81%", "77.5%", "▼ 3.5pp"), ("src/shop/mail.py", "", "51.67%", ""),
            ), "lrrr"),
            Table("Uncovered lines of the change", ("file", "lines", "not covered"), (
                ("src/shop/cart.py", "7", "88-93, 97"),
                ("src/shop/mail.py", "3", "14, 22-23"),
            ), align="lrl", more=3),
            Table("Files with the most uncovered lines", ("file", "line", "uncovered", "where"), (
                ("src/shop/legacy.py", "12.3%", "214", "1-80, 91-224"),
                ("src/shop/cart.py", "71.43%", "60", "12-19, 40-61, 88-93"),
            ), align="lrrl"),
        ),
        findings=(
            uncovered("src/shop/cart.py", 88, 93), uncovered("src/shop/cart.py", 97, 97),
            finding("partial-branch", Severity.LOW, "src/shop/cart.py", 85, "1 of 2 branches taken", tool=""),
            uncovered("src/shop/mail.py", 14, 14), uncovered("src/shop/mail.py", 22, 23),
        ),
        remedies=("Add tests for src/shop/cart.py lines 88-93, 97: `coverage report -m src/shop/cart.py`",),
        sources=(COVERAGE,),
    )  # fmt: skip


def security_fail(extra: int = 0) -> Verdict:
    """New findings: one critical, two high, a medium, and `extra` low ones."""
    findings = (
        finding("B602", Severity.HIGH, "src/shop/run.py", 41,
                "subprocess call with shell=True identified, security issue.",
                help="https://bandit.readthedocs.io/en/1.9.4/plugins/b602_subprocess_popen_with_shell_equals_true.html"),
        finding("py/sql-injection", Severity.CRITICAL, "src/shop/db.py", 120,
                "This SQL query depends on a user-provided value.", tool="CodeQL", end_line=124),
        finding("B324", Severity.HIGH, "src/shop/hash.py", 9, "Use of weak MD5 hash.", new=False),
        finding("B108", Severity.MEDIUM, "src/shop/tmp.py", 30, "Probable insecure usage of temp file."),
        *(finding("B101", Severity.LOW, f"src/shop/module_{n:03}.py", n + 1, "Use of assert detected.")
          for n in range(extra)),
    )  # fmt: skip
    return Verdict(
        "security", GateStatus.FAIL, False,
        f"{len(findings)} findings, {len(findings) - 1} new: 1 critical, 1 high",
        criteria=(
            result("new.critical == 0", F, 1, id="new-critical"),
            result("new.high == 0", F, 1, id="new-high"),
        ),
        measures=by_name(
            count("critical", 1), count("high", 2), count("findings", len(findings)),
            count("new", len(findings) - 1), count("new.critical", 1), count("new.high", 1),
        ),
        findings=findings,
        remedies=(gate_spec("security").remedies["new.high"],),
        sources=(BANDIT, source("codeql.sarif", "sarif", tool="CodeQL", version="2.20.1")),
    )  # fmt: skip


def security_old() -> Verdict:
    """One new finding that fails, and four old ones, of which one is waived."""
    old = [
        finding("B324", Severity.HIGH, "src/shop/hash.py", n, "Use of weak MD5 hash.", new=False)
        for n in (9, 19, 29)
    ]
    low = finding("B404", Severity.LOW, "src/shop/run.py", 2, "Consider the subprocess module.", new=False)
    worst = security_fail().findings[0]
    return replace(
        security_fail(),
        criteria=(result("new.high == 0", F, 1, id="new-high"),),
        findings=(worst, *old[:2], replace(old[2], waiver=WAIVER), low),
    )


WAIVER = Waiver(
    "security", "runs in a sandbox, see #12", "@alice", date(2027, 1, 31), rule="B602",
    path="src/legacy/**", where="sluicegate.yml:18",
)  # fmt: skip


def security_waived() -> Verdict:
    """One high finding, accepted until next year."""
    accepted = finding("B602", Severity.HIGH, "src/legacy/run.py", 7, "subprocess call with shell=True",
                       waiver=WAIVER)  # fmt: skip
    criterion = Waiver(
        "security", "the audit is under way", "@bob", date(2026, 12, 1), criterion="new-medium"
    )
    return Verdict(
        "security", GateStatus.CONDITIONAL, False, "1 finding, waived",
        criteria=(
            result("new.high == 0", P, 0, id="new-high"),
            result("new.medium == 0", F, 1, id="new-medium", waiver=criterion),
        ),
        measures=by_name(count("high", 0), count("findings", 0), count("new", 0)),
        findings=(accepted,),
        sources=(BANDIT,),
    )  # fmt: skip


def complexity_warn() -> Verdict:
    """One function grew."""
    return Verdict(
        "complexity", GateStatus.WARN, False, "most complex 14, of 812 functions",
        criteria=(advisory("grown.max_cyclomatic < 10", W, 14, id="grown"),),
        measures=by_name(
            count("max_cyclomatic", 14), count("grown.max_cyclomatic", 14),
            Measure("mean_cyclomatic", Fraction(1876, 812), "", Better.LOWER), count("functions", 812),
        ),
        findings=(
            finding("complexity", Severity.MEDIUM, "src/shop/cart.py", 61,
                    "Cart.checkout has a cyclomatic complexity of 14 (was 9)", tool="sluicegate",
                    end_line=121),
        ),
        remedies=("Split Cart.checkout (src/shop/cart.py:61): one decision a function, early returns.",),
        sources=(Source("complexity", "complexity", tool="sluicegate", note="as radon counts"),),
    )  # fmt: skip


def performance_warn() -> Verdict:
    """Slower than the baseline, not proven."""
    return Verdict(
        "performance", GateStatus.WARN, False, "12 benchmarks; slowest parse_large, p95 12.5ms",
        criteria=(
            result("p95 <= baseline + 10%", W, Fraction("0.0125"), unit="s", baseline=Fraction("0.011"),
                   reason="slower by 13.6%, not proven (p = 0.08)"),
        ),
        measures=by_name(Measure("p95", Fraction("0.0125"), "s", Better.LOWER, samples=(0.0125, 0.0121))),
        sources=(source("reports/benchmark.json", "pytest-benchmark"),),
    )  # fmt: skip


def lint_error() -> Verdict:
    """A file that cannot be read."""
    return Verdict(
        "lint", GateStatus.ERROR, True, "not measured",
        criteria=(result("critical == 0", U, None, id="critical", reason="critical was not measured"),),
        problems=(
            Problem("is not a JSON document: it ends at line 41", "reports/ruff.json",
                    "The file may be cut short; see the log of the tool that wrote it."),
        ),
    )  # fmt: skip


def docs_skipped() -> Verdict:
    """Measured, and nothing to judge."""
    why = "no public name is new"
    return Verdict(
        "docs", GateStatus.SKIPPED, False, f"not judged: {why}; 40 of 52 public names documented",
        criteria=(advisory("new.undocumented == 0", S, None, id="new", reason=why),),
        measures=by_name(ratio("documented", 40, 52), absent("new.undocumented", why, "")),
    )  # fmt: skip


def performance_absent() -> Verdict:
    """Nothing of its kind."""
    looked = "benchmark*.json, .benchmarks/**/*.json"
    return Verdict("performance", GateStatus.SKIPPED, False, f"nothing found; looked for {looked}")


SOURCES = {
    "src/shop/cart.py": [
        "" if n % 9 == 0 else f"    {'    ' * (n % 3)}total_{n} = price * quantity[{n}]  # <b>&amp;</b>"
        for n in range(1, 131)
    ],
    "src/shop/mail.py": [f"def send_{n}(address: str) -> None: ..." for n in range(1, 31)],
}
"""Lines of the files that the blocked report names."""


# --- reports --------------------------------------------------------------------------------

DISCOVERY = Discovery(
    taken=(COVERAGE, JUNIT),
    passed_over=(("htmlcov/coverage.json", "coverage.xml is preferred"),),
    looked_for={"performance": ("benchmark*.json", ".benchmarks/**/*.json"), "tests": ("junit*.xml",)},
)


def passing() -> Report:
    """All is well."""
    return report(tests_pass(), coverage_pass(), docs_skipped(), performance_absent(), discovery=DISCOVERY)


def warning() -> Report:
    """Only advice."""
    return report(
        tests_pass(), coverage_pass(), complexity_warn(), performance_warn(), status=ReportStatus.WARN,
        notices=(Notice("warning", "waiver-unused", "waiver at sluicegate.yml:22 matched nothing: E501"),),
        discovery=DISCOVERY,
    )  # fmt: skip


def conditional() -> Report:
    """Passes only through waivers."""
    return report(
        tests_pass(), coverage_pass(), security_waived(), status=ReportStatus.CONDITIONAL,
        notices=(Notice("info", "waiver-expires", "waiver of new-medium expires in 10 days (2026-12-01)"),),
        discovery=DISCOVERY,
    )  # fmt: skip


def blocked(extra: int = 30) -> Report:
    """Nearly everything is wrong."""
    return report(
        tests_fail(), coverage_fail(), security_fail(extra), lint_error(), complexity_warn(),
        docs_skipped(), performance_absent(), status=ReportStatus.BLOCKED,
        notices=(Notice("warning", "policy-changed", "this change edits sluicegate.yml; the base's judged"),),
        discovery=DISCOVERY,
    )  # fmt: skip


def overridden() -> Report:
    """Blocked, with a change of the policy, and let pass by somebody who may merge."""
    diff = ("--- a/sluicegate.yml", "+++ b/sluicegate.yml", "@@ -1,2 +1,2 @@", " gates:",
            "-  tests: {criteria: [pass_rate == 100%]}",
            "+  tests: {criteria: [pass_rate >= 99%]}")  # fmt: skip
    return report(
        tests_fail(), coverage_pass(), status=ReportStatus.CONDITIONAL,
        policy_change=PolicyChange(
            "sluicegate.yml", "ef" * 32, ProposedStatus.PASS, "2 gates passed", diff, more=3
        ),
        override=Override("comment", "mona", "2026-11-21T10:00:00Z", "the tax feed is down",
                          "https://github.com/o/r/pull/7#issuecomment-1", HEAD),
        discovery=DISCOVERY,
    )  # fmt: skip


def recorded() -> Report:
    """All is well, and there are earlier reports."""
    return replace(
        passing(),
        trends=(
            series("78 79.5 79.5 81 - 84 84.2"),
            series("212 214 214c 230 231 231 240", verdict="tests", measure="tests", unit=""),
            series("0.31 0.3 0.29 0.35", verdict="performance", measure="p95", unit="s", better=Better.LOWER),
        ),
    )


def empty() -> Report:
    """No verdict, no evidence, no repository."""
    return report(
        status=ReportStatus.WARN,
        commit=Commit(),
        policy=PolicyRef("preset", "standard", ""),
        discovery=Discovery(looked_for={"coverage": ("coverage.xml", ".coverage"), "tests": ("junit*.xml",)}),
    )


NAMED = {
    "passing": passing,
    "warning": warning,
    "conditional": conditional,
    "blocked": blocked,
    "overridden": overridden,
    "recorded": recorded,
    "empty": empty,
    "hostile": hostile,
}
"""Every named report, for parametrised tests and golden files."""
