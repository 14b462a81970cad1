from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given

from sluicegate.core.model import NO_TESTS, WHOLE, Better, Notice, Report, Severity, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.report import compose, html, listing, markdown, terminal, values, view
from sluicegate.report.sections import Page
from support import any_reports
from support import reports as r


def test_a_failed_value_never_looks_like_its_bound() -> None:
    result = r.result("total >= 80%", r.F, Fraction("79.9999"), unit="%")
    assert values.actual_text(result) == "79.9999%"


def test_the_bound_of_a_reference_follows_the_baseline() -> None:
    result = r.result("p95 <= baseline + 10%", r.P, 1, unit="s", baseline=Fraction(2))
    assert values.bound_of(result) == Fraction("2.2")
    assert values.expected(result) == "p95 <= baseline + 10% (2.2s)"


def test_text_of_another_grammar_has_no_bound() -> None:
    assert values.bound_of(r.result("as many as possible")) is None


def test_a_selectors_criterion_has_a_bound() -> None:
    assert values.bound_of(r.result('file["src/**"].line >= 50%', r.P, 60, unit="%")) == 50


@pytest.mark.parametrize(
    ("value", "baseline", "unit", "better", "text"),
    [
        (78, 81, "%", Better.HIGHER, "▼ 3pp worse"),
        (14, 9, "", Better.LOWER, "▲ 5 worse"),
        (9, 14, "", Better.LOWER, "▼ 5 better"),
        (11, 10, "s", Better.LOWER, "▲ 10% worse"),
        (3, 0, "s", Better.LOWER, "▲ 3s worse"),
        (7, 7, "%", Better.HIGHER, "same"),
        (2, 1, "", None, "▲ 1"),
    ],
)
def test_a_difference_in_words(
    value: int, baseline: int, unit: str, better: Better | None, text: str
) -> None:
    assert str(values.difference(Fraction(value), Fraction(baseline), unit, better)) == text


def test_a_tiny_difference_is_never_zero() -> None:
    delta = values.difference(Fraction(80), Fraction("80.00001"), "%", Better.HIGHER)
    assert delta.text == "0.00001pp"


def test_a_criterion_borrows_the_baseline_of_its_measure() -> None:
    verdict = r.coverage_fail()
    assert str(values.delta_of(verdict.criteria[0], verdict)) == "▼ 2.6pp worse"


def test_the_worst_findings_come_first() -> None:
    ordered = listing.order(r.security_fail(2).findings)
    assert [f.severity for f in ordered[:3]] == [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM]
    assert ordered[-1].new is False


def test_waived_findings_come_last_and_are_not_counted() -> None:
    waived = r.security_waived().findings[0]
    low = r.finding("B101", Severity.INFO, "a.py", 1, "x")
    assert listing.order((waived, low)) == [low, waived]
    assert listing.severity_counts((waived, low)) == [(Severity.INFO, 1)]


def test_the_sentence_names_the_gates_that_block() -> None:
    assert view.sentence(r.blocked()) == "4 gates of 5 block: tests.unit, coverage, security, lint"


def test_the_headline_is_the_measure_that_failed() -> None:
    assert values.headline_text(r.security_fail()) == "1 new.critical"
    assert values.headline_text(r.security_waived()) == "0 new"


@pytest.mark.parametrize(
    ("gate", "name", "text"),
    [
        ("complexity", "grown.max_cyclomatic", "grown.max 3"),
        ("complexity", "max_cyclomatic", "max 3"),
        ("docs", "new.undocumented", "3 undocumented"),
        ("changes", "suppressions.added", "3 suppressions"),
        ("changes", "suppressions.unsafe", "3 unsafe suppressions"),
        ("tests", "tests", "3 tests"),
        ("bundle-size", "files", "3 files"),
    ],
)
def test_a_headline_that_is_a_count_has_its_name(gate: str, name: str, text: str) -> None:
    verdict = Verdict(
        gate, GateStatus.FAIL, False, "", criteria=(r.result(f"{name} == 0", r.F, 3),),
        measures=r.by_name(r.count(name, 3)),
    )  # fmt: skip
    assert values.headline_text(verdict) == text


def test_a_headline_that_is_a_percentage_has_its_name_before_it() -> None:
    assert values.headline_text(r.coverage_pass()) == "total 91.2%"


def test_the_headline_of_a_failed_criterion_on_the_change_is_that_measure() -> None:
    failed = replace(r.coverage_fail(), criteria=r.coverage_fail().criteria[2:3])
    assert values.headline_text(failed) == "patch.total 61.11%"
    assert values.headline_base(failed) == ""


def test_the_base_of_a_headline_needs_no_criterion_on_it() -> None:
    without = replace(r.coverage_fail(), criteria=r.coverage_fail().criteria[:1])
    assert values.headline_base(without) == "81%"
    assert str(values.headline_delta(without)) == "▼ 2.6pp worse"


def test_a_ratio_of_coverage_says_what_is_counted() -> None:
    total, _, _, line = r.coverage_fail().criteria
    without = replace(r.coverage_fail(), measures=r.by_name(r.absent("branch", "no branches")))
    assert values.ratio_of(total, r.coverage_fail()) == "1,568 of 2,000 lines and branches"
    assert values.ratio_of(total, without) == "1,568 of 2,000 lines"
    assert values.ratio_of(line, without) == "31 of 60 lines"


def test_a_ratio_of_another_gate_is_bare() -> None:
    assert values.ratio_of(r.tests_fail().criteria[0], r.tests_fail()) == "1,199 of 1,201"


def test_old_findings_are_only_counted_unless_a_criterion_on_the_whole_failed() -> None:
    old = r.security_old()
    assert len(listing.parted(old)[1]) == 4
    of_all = replace(old, criteria=(*old.criteria, r.result("high == 0", r.F, 3)))
    waived = replace(old, criteria=(r.result("new.high == 0", r.F, 1, waiver=r.WAIVER),))
    passing = replace(old, criteria=(r.result("high == 0", r.P, 0),))
    assert [len(listing.parted(v)[1]) for v in (of_all, waived, passing)] == [0, 4, 4]


def test_what_does_not_satisfy_a_criterion_comes_first() -> None:
    new = r.finding("B101", Severity.LOW, "a.py", 1, "x")
    old = r.finding("B602", Severity.CRITICAL, "b.py", 1, "x", new=False)
    verdict = replace(r.security_fail(), findings=(new, old), criteria=(r.result("critical == 0", r.F, 1),))
    assert listing.shown_order(verdict) == [old, new]
    assert listing.order(verdict.findings) == [new, old]


@pytest.mark.parametrize(
    ("expect", "subject", "offends"),
    [
        ("new.high == 0", "", True),
        ("new.critical == 0", "", False),
        ("findings == 0", "", True),
        ("high == 0", "", True),
        ('file["high/**"].critical == 0', "", False),
        ('file["src/**"].high == 0', "src/a.py", True),
        ('file["src/**"].high == 0', "src/b.py", False),
    ],
)
def test_a_finding_offends_the_criteria_that_count_it(expect: str, subject: str, offends: bool) -> None:
    found = r.finding("B602", Severity.HIGH, "src/a.py", 1, "x")
    result = r.result(expect, r.F, 1, subject=subject)
    assert listing.counting(result, r.security_fail())(found) is offends
    assert not listing.counting(result, r.security_fail())(replace(found, waiver=r.WAIVER))


def test_an_old_finding_offends_no_criterion_on_new_ones() -> None:
    old = r.finding("B602", Severity.HIGH, "src/a.py", 1, "x", new=False)
    assert not listing.counting(r.result("new.high == 0", r.F, 1), r.security_fail())(old)
    assert listing.counting(r.result("high == 0", r.F, 1), r.security_fail())(old)


def test_a_known_failure_is_one_that_was_there_before() -> None:
    failed = r.finding("test-failed", Severity.HIGH, "tests/a.py", 1, "x", new=False)
    known, new = (r.result(f"{kind}.failed == 0", r.F, 1) for kind in ("known", "new"))
    assert [listing.counting(c, r.tests_fail())(failed) for c in (known, new)] == [True, False]
    brought = replace(failed, new=True)
    assert [listing.counting(c, r.tests_fail())(brought) for c in (known, new)] == [False, True]


@pytest.mark.parametrize(
    ("measure", "offending"),
    [
        ("suppressions.added", ["suppression-noqa", "suppression-nosec"]),
        ("suppressions.unsafe", ["suppression-nosec"]),
        ("gate.changed", ["gate-changed"]),
        ("tests.deleted", ["test-deleted"]),
        ("assertions.removed", ["assertions-removed"]),
    ],
)
def test_what_a_change_does_to_the_gate_offends_the_criterion_on_its_kind(
    measure: str, offending: list[str]
) -> None:
    kinds = {"suppression-noqa": "low", "suppression-nosec": "medium", "gate-changed": "medium"}
    kinds |= {"test-deleted": "low", "assertions-removed": "low"}
    found = [r.finding(rule, Severity(severity), "a.py", 1, "x") for rule, severity in kinds.items()]
    verdict = replace(r.security_fail(), gate="changes")
    result = r.result(f"{measure} == 0", r.F, 1)
    assert [f.rule for f in found if listing.counting(result, verdict)(f)] == offending


def test_a_silenced_finding_offends_only_the_criterion_on_these() -> None:
    silenced = r.finding("B602", Severity.HIGH, "src/a.py", 1, "shell=True (silenced by # nosec)")
    plain = replace(silenced, message="shell=True")
    suppressed, high = (r.result(f"new.{kind} == 0", r.F, 1) for kind in ("suppressed", "high"))
    assert [listing.counting(c, r.security_fail())(silenced) for c in (suppressed, high)] == [True, False]
    assert [listing.counting(c, r.security_fail())(plain) for c in (suppressed, high)] == [False, True]


def test_severity_does_not_matter_where_findings_have_one_each() -> None:
    found = r.finding("test-failed", Severity.HIGH, "tests/a.py", 1, "x", new=None)
    assert listing.counting(r.result("pass_rate == 100%", r.F, 50), r.tests_fail())(found)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("coverage.py (/opt/venvs/shop/bin/python3)", "coverage.py (…/bin/python3)"),
        ("C:\\Users\\me\\venv\\python.exe", "…/venv/python.exe"),
        ("src/shop/cart/total.py", "src/shop/cart/total.py"),
        ("https://example.org/a/b/c/d", "https://example.org/a/b/c/d"),
        ("/usr/bin", "/usr/bin"),
        ("\\x1b[31m\\x07\\x9b1m", "\\x1b[31m\\x07\\x9b1m"),
    ],
)
def test_a_path_outside_the_folder_is_cut_to_its_end(text: str, near: str) -> None:
    assert listing.near(text) == near


@pytest.mark.parametrize(
    "url", ["https://docs.astral.sh/ruff/rules/f401/", "https://codeql.github.com", "https://osv.dev/?q=a#b"]
)
def test_a_page_of_a_known_host_is_a_link(url: str) -> None:
    assert view.help_url(r.finding("R", Severity.LOW, "a.py", 1, "x", help=url)) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://docs.astral.sh/",
        "https://docs.astral.sh.evil.example/",
        "https://docs.astral.sh@evil.example/",
        "https://docs.astral.sh:8443/",
        "https://docs.astral.sh/) [x](javascript:alert(1)",
        "https://docs.astral.sh/a|b",
        "https://docs.astral.sh/\nx",
        "https://DOCS.astral.sh/",
        "see https://docs.astral.sh/",
        'https://docs.astral.sh/"onclick=x',
        "",
    ],
)
def test_anything_else_stays_text(url: str) -> None:
    assert view.help_url(r.finding("R", Severity.LOW, "a.py", 1, "x", help=url)) == ""


def test_an_advisory_gate_does_not_block() -> None:
    assert not view.stops(replace(r.tests_fail(), blocking=False))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("passing", "2 gates passed"),
        ("warning", "look at: complexity, performance"),
        ("conditional", "accepted by waivers: security"),
        ("empty", "no gate had anything to judge"),
    ],
)
def test_the_sentence_of_each_status(name: str, words: str) -> None:
    assert view.sentence(r.NAMED[name]()) == words


def test_without_a_change_what_is_there_as_a_whole_is_shown_and_said_once() -> None:
    notice = Notice("info", WHOLE, "no change to judge (a push); the whole is shown, and blocks nothing")
    why = "not judged: a push; 2 findings: 2 high"
    skipped = replace(r.security_fail(), status=GateStatus.SKIPPED, summary=why)
    report = replace(r.report(skipped), status=ReportStatus.PASS, notices=(notice,))
    assert view.sentence(report) == notice.message
    (section,) = compose.page(report).sections
    assert (section.skipped, section.summary, section.advisory) == ("", "2 findings: 2 high", True)
    shown = on_a_terminal(compose.page(report))
    assert shown.count("no change to judge") == 1
    assert "new.high == 0" not in shown
    assert skipped.findings[0].rule in shown


def test_without_that_notice_a_skipped_gate_is_one_line() -> None:
    skipped = replace(r.security_fail(), status=GateStatus.SKIPPED, summary="not judged: a push; 2 findings")
    (section,) = compose.page(r.report(skipped)).sections
    assert (section.skipped, section.blocks) == ("security not judged: a push; 2 findings", [])


def on_a_terminal(page: Page) -> str:
    return terminal.render(page, width=200, color=False)


@pytest.mark.parametrize("render", [on_a_terminal, markdown.render, html.render])
@pytest.mark.parametrize("name", ["passing", "blocked"])
def test_the_header_says_once_that_nothing_was_tested(name: str, render: Callable[[Page], str]) -> None:
    report = r.NAMED[name]()
    tested = replace(report, notices=(Notice("info", NO_TESTS, "neither tests nor coverage were found"),))
    assert view.sentence(tested) == f"{view.decided(report)}; neither tests nor coverage were found"
    said = " ".join(render(compose.page(tested)).split())
    assert said.count("neither tests nor coverage were found") == 1
    assert said.index("neither") < said.index("complexity" if name == "blocked" else "1,204")


@given(any_reports.reports)
@any_reports.quick
def test_every_report_has_a_sentence_and_headlines(report: Report) -> None:
    assert view.sentence(report)
    for verdict in report.verdicts:
        assert isinstance(values.headline_text(verdict), str)
        for result in verdict.criteria:
            assert values.outcome(result, verdict)


def test_a_component_that_is_left_alone_is_named_once_apart_from_what_has_no_evidence() -> None:
    lint = replace(r.performance_absent(), gate="lint")
    left = [
        replace(v, component="web", summary="the change does not touch web/**")
        for v in (lint, r.performance_absent())
    ]
    page = compose.page(r.report(lint, *left, discovery=r.DISCOVERY))
    assert [(note.text, len(note.detail)) for note in page.beside] == [
        ("skipped, nothing of its kind here: lint", 1),
        ("skipped, not touched by the change: web", 0),
    ]


def test_a_criterion_of_several_shows_all_their_bounds_and_the_value_of_the_one_that_decides() -> None:
    parts = (
        r.result("total >= baseline", r.F, 89, unit="%", baseline=Fraction(90)),
        r.result("uncovered <= baseline", r.F, 12, unit="", baseline=Fraction(10)),
    )
    whole = replace(parts[0], expect=f"{parts[0].expect} or {parts[1].expect}", parts=parts)
    assert values.expected(whole) == "total >= baseline (90%) or uncovered <= baseline (10)"
    assert values.actual_text(whole) == "89%"
