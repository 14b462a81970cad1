from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given

from sluicegate.core.model import Report
from sluicegate.core.statuses import ReportStatus
from sluicegate.report import compose, html
from sluicegate.report.html import MAX_FINDINGS, prose
from sluicegate.report.view import DOCUMENTATION
from support import any_reports
from support import reports as r
from support.hostile import hostile

VOID = {"meta", "link", "br", "input"}
TAGS = {
    "html", "head", "meta", "link", "title", "style", "script", "body", "header", "main", "footer", "nav",
    "section", "div", "p", "h1", "h2", "h3", "ul", "li", "dl", "dt", "dd", "details", "summary", "span",
    "strong", "code", "pre", "a", "br", "table", "thead", "tbody", "tr", "th", "td", "label", "input",
    "select", "option", "svg", "path", "rect", "polyline", "circle", "figure", "figcaption",
}  # fmt: skip


def render(report: Report, *, sources: Mapping[str, list[str]] | None = None) -> str:
    return html.render(compose.page(report, sources=sources))


class Page(HTMLParser):
    """Checks that every element is one of ours, closed in order, without handlers or styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.text, self.links = list[str](), list[str](), list[str]()
        self.outside = set[str]()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name != "style"
            if name in ("href", "src"):
                self.links.append(value or "")
        if tag == "a" and dict(attrs).get("rel") == "noopener noreferrer":
            assert urlsplit(self.links[-1]).netloc in DOCUMENTATION
            self.outside.add(self.links[-1])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text.append(data)

    @property
    def words(self) -> str:
        """The visible text, white space folded."""
        return " ".join(" ".join(self.text).split())


def words(report: Report) -> str:
    return Page(render(report, sources=r.SOURCES)).words


def test_the_verdict_stands_in_title_and_heading() -> None:
    text = render(r.blocked())
    assert "<title>BLOCKED: Sluicegate report</title>" in text
    assert "<h1>Blocked</h1>" in text


def test_a_gate_that_failed_is_open_and_one_that_passed_is_folded() -> None:
    assert re.search(r'<details class="gate s-fail" id="gate-0" open>', render(r.blocked()))
    assert re.search(r'<details class="gate s-pass" id="gate-0">', render(r.passing()))


def test_a_card_leads_to_its_gate() -> None:
    text = render(r.blocked())
    assert 'href="#gate-1"' in text
    assert 'id="gate-1"' in text


def test_uncovered_lines_show_their_source() -> None:
    assert "total_88 = price * quantity[88] # <b>&amp;</b>" in words(r.blocked())


def test_without_sources_there_is_no_code() -> None:
    assert 'class="code"' not in render(r.blocked())


def test_findings_beyond_the_limit_are_counted() -> None:
    text = words(r.blocked(extra=MAX_FINDINGS))
    assert "…and 12 less severe ones; the JSON report has all." in text


def test_the_page_names_what_it_took_and_looked_for() -> None:
    text = words(r.passing())
    assert "took coverage.xml (cobertura, coverage.py 7.17.3)" in text
    assert "passed over htmlcov/coverage.json (coverage.xml is preferred)" in text


def gate_section(report: Report, number: int) -> str:
    """The markup of one gate's section."""
    return render(report).split(f'id="gate-{number}"')[1].split('<details class="gate')[0]


def test_a_section_shows_its_worst_findings_and_leads_to_the_rest() -> None:
    text = gate_section(r.blocked(), 2)
    assert text.count("<code>src/shop/") == 7
    assert text.index("1 older finding: 1 high") < text.index("src/shop/hash.py")
    assert '<a href="#findings" data-gate="security">All 34 findings</a>' in text


def test_measures_that_are_zero_have_no_tile() -> None:
    text = gate_section(r.passing(), 0)
    assert "<dt>skipped</dt>" in text
    assert "<dt>failed</dt>" not in text


def test_findings_of_coverage_have_no_bar_by_severity() -> None:
    assert "findings by severity" not in gate_section(r.blocked(), 1)
    assert "findings by severity" in gate_section(r.blocked(), 2)


def test_criteria_without_a_chart_have_no_column_for_it() -> None:
    assert "Against its bound" in gate_section(r.blocked(), 1)
    assert "Against its bound" not in gate_section(r.blocked(), 2)


def test_a_rule_leads_to_its_page_of_a_known_host() -> None:
    page = Page(render(r.blocked()))
    [link] = page.outside
    assert link.startswith("https://bandit.readthedocs.io/en/1.9.4/plugins/b602_")


def test_help_of_an_unknown_host_stays_text() -> None:
    finding = replace(r.security_fail().findings[0], help="https://evil.example/x")
    page = Page(render(r.report(replace(r.security_fail(), findings=(finding,)))))
    assert page.outside == set()
    assert "https://evil.example/x" in page.words


def test_skipped_gates_say_why() -> None:
    text = words(r.passing())
    assert "docs not judged: no public name is new; 40 of 52 public names documented" in text
    assert "skipped, nothing of its kind here: performance" in text


def test_waivers_are_shown() -> None:
    assert "waived until 2027-01-31 by @alice: runs in a sandbox, see #12" in words(r.conditional())


def test_an_advisory_gate_says_so() -> None:
    report = r.report(replace(r.tests_fail(), blocking=False), status=ReportStatus.WARN)
    assert '<span class="tag">advisory</span>' in render(report)


@pytest.mark.parametrize("name", r.NAMED)
def test_the_page_asks_for_nothing(name: str) -> None:
    text = render(r.NAMED[name](), sources=r.SOURCES)
    page = Page(text)
    assert all(link.startswith("#") or link == "data:," or link in page.outside for link in page.links)
    assert "default-src 'none'" in text
    assert "@import" not in text
    assert "url(" not in text


@given(any_reports.reports)
@any_reports.quick
def test_no_report_brings_an_element_of_its_own(report: Report) -> None:
    text = render(report)
    page = Page(text)
    assert page.open == []
    assert text.count("<script") == 1
    text.encode()


def test_a_number_of_elements_does_not_depend_on_the_texts() -> None:
    tame = render(hostile())
    assert tame.count("<script") == 1
    assert tame.count("onerror=alert") == tame.count("x onerror=alert(1)&gt;")


def test_templates_of_strangers_are_text() -> None:
    assert "{{ 7 * 7 }}" in words(hostile())


def test_prose_shows_what_stands_between_backticks_as_code() -> None:
    assert prose("run `a <b>` now") == "run <code>a &lt;b&gt;</code> now"
    assert prose("one ` alone") == "one ` alone"


def test_the_page_is_deterministic() -> None:
    assert render(r.blocked(), sources=r.SOURCES) == render(r.blocked(), sources=r.SOURCES)
