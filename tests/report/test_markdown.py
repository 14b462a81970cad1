from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sluicegate.core.model import Notice, Report, Table
from sluicegate.core.statuses import ReportStatus
from sluicegate.report import compose, document, markdown
from sluicegate.report.document import read_report
from sluicegate.report.markdown import LEVELS
from sluicegate.report.places import Blobs
from sluicegate.report.view import DOCUMENTATION
from support import any_reports
from support import reports as r

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def render(report: Report, *, limit: int = 65_000, details_url: str = "") -> str:
    page = compose.page(report, links=((compose.DETAILS, details_url),))
    return markdown.render(page, limit=limit)


OUR_TAGS = {"details", "summary", "b", "sub", "code"}


def tags(text: str) -> set[str]:
    """The names of all HTML elements, and the kinds of images and strange links, of a rendered report."""
    names: set[str] = set()
    for token in PARSER.parse(text):
        for leaf in (token, *(token.children or ())):
            if leaf.type in ("html_block", "html_inline"):
                names |= set(re.findall(r"<[/!]*([\w-]+)", leaf.content))
            if leaf.type == "image" or (leaf.type == "link_open" and not is_known(leaf.attrGet("href"))):
                names.add(leaf.type)
    return names


def is_known(link: str | int | float | None) -> bool:
    """Does it lead to a known documentation?"""
    return urlsplit(str(link)).netloc in DOCUMENTATION


def section(text: str, gate: str) -> str:
    """The folded or opened part of one gate."""
    start = rf"<details[^>]*><summary>[^<]*<b>{re.escape(gate)}</b>"
    found = re.search(rf"{start}.*?(?=<details[^>]*><summary>[^<]*<b>|<sub>commit|\Z)", text, re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("passing", "## ✅ Sluicegate: passed"),
        ("warning", "## ⚠️ Sluicegate: passed, with warnings"),
        ("conditional", "## 🟡 Sluicegate: passed, on conditions"),
        ("blocked", "## ❌ Sluicegate: blocked"),
    ],
)
def test_the_verdict_comes_first(name: str, first: str) -> None:
    assert render(r.NAMED[name]()).splitlines()[0] == first


def test_every_gate_has_a_row() -> None:
    text = render(r.blocked())
    for gate in ("tests.unit", "coverage", "security", "lint", "complexity", "docs"):
        assert f"| **{gate}** |" in text


def test_failures_are_opened_and_the_rest_is_folded() -> None:
    text = render(r.blocked())
    assert section(text, "coverage").startswith("<details open>")
    assert section(text, "complexity").startswith("<details>")


def test_a_skipped_gate_has_no_section() -> None:
    assert "<b>docs</b>" not in render(r.blocked())


def test_a_criterion_shows_actual_ratio_and_delta_in_words() -> None:
    row = (
        r"| ❌ FAIL | `total >= baseline (81%)` | 78.4% (1,568 of 2,000 lines and branches) | ▼ 2.6pp worse |"
    )
    assert row in section(render(r.blocked()), "coverage")


def linked(report: Report) -> str:
    """The report where repository and commit are known, in the folder `api`."""
    link = Blobs(f"https://github.com/acme/shop/blob/{r.HEAD}", "api/", lambda _path, line: line + 10)
    return markdown.render(compose.page(report, link=link))


def test_places_lead_to_the_commit() -> None:
    text, blob = linked(r.blocked()), f"https://github.com/acme/shop/blob/{r.HEAD}/api"
    for place in (
        f"3. ❌ **security** [`src/shop/db.py:120`]({blob}/src/shop/db.py#L130-L134): ",
        f"| [`src/shop/tmp.py:30`]({blob}/src/shop/tmp.py#L40) |",
        f"| [src/shop/mail.py]({blob}/src/shop/mail.py) | 3 | [14]({blob}/src/shop/mail.py#L24), ",
        f"worst: [`src/shop/mail.py`]({blob}/src/shop/mail.py)",
    ):
        assert place in text


@given(any_reports.reports)
@any_reports.quick
def test_no_report_leads_anywhere_but_to_the_repository(report: Report) -> None:
    text = linked(report)
    for token in PARSER.parse(text):
        for leaf in token.children or ():
            if leaf.type == "link_open":
                href = str(leaf.attrGet("href"))
                assert is_known(href) or href.startswith(f"https://github.com/acme/shop/blob/{r.HEAD}/api/")


def test_what_to_do_comes_first_what_blocks_before_what_warns() -> None:
    lines = render(r.blocked()).splitlines()
    assert [line.split("**")[1] for line in lines[4:9]] == [
        "tests.unit", "coverage", "security", "lint", "tests.unit",
    ]  # fmt: skip
    assert lines[9] == ""
    assert lines[6].endswith("→ `sluicegate check --gate security`")


def test_a_gate_has_measure_value_base_and_difference() -> None:
    assert "|  | Gate | Measure | Value | Base | Δ | Result |" in render(r.blocked())
    assert "| **coverage** | `total` | 78.4% | 81% | ▼ 2.6pp worse | 1,301 of" in render(r.blocked())


def test_a_report_that_was_read_back_reads_the_same() -> None:
    report = read_report(document.render(r.blocked()).encode())
    assert render(report) == render(r.blocked())


def test_coverage_is_shown_before_and_after() -> None:
    text = section(render(r.blocked()), "coverage")
    assert "| src/shop/cart.py | 81% | 77.5% | ▼ 3.5pp |" in text
    assert "| total | 81% | 78.4% | ▼ 2.6pp worse |\n| line | 83.5% | 80.31% | ▼ 3.19pp worse |" in text


def test_the_worst_item_stands_first_in_its_table() -> None:
    table = Table("T", ("file", "n"), (("a.py", "9"), ("src/shop/db.py:120", "1"), ("b.py", "8")), "lr")
    text = render(r.report(replace(r.security_fail(), tables=(table,))))
    assert text.index("| src/shop/db.py:120 | 1 |") < text.index("| a.py | 9 |") < text.index("| b.py | 8 |")


def test_long_sentences_are_whole() -> None:
    long = "All of this is said, " * 60 + "and the end too."
    report = r.report(replace(r.tests_fail(), summary=long, remedies=(long,)))
    assert render(report).count("and the end too.") == 3


def test_findings_name_place_and_rule_as_code() -> None:
    text = section(render(r.blocked()), "security")
    assert "| 🟠 medium, new | `src/shop/tmp.py:30` | `B108` |" in text


def test_a_rule_leads_to_its_page_of_a_known_host() -> None:
    url = "https://bandit.readthedocs.io/en/1.9.4/plugins/b602_subprocess_popen_with_shell_equals_true.html"
    assert f"| [`B602`]({url}) |" in section(render(r.blocked()), "security")


def test_gates_without_evidence_share_a_line_below_the_table() -> None:
    absent = (r.performance_absent(), replace(r.performance_absent(), gate="lint"))
    text = render(r.report(r.tests_pass(), r.docs_skipped(), *absent))
    assert "\n\n- ⚪ skipped, nothing of their kind here: performance, lint\n\n" in text
    assert "| ⚪ SKIPPED | **docs** | `documented` | 76.92% | not judged: no public name is new;" in text
    assert "**performance**" not in text


def test_warnings_stand_before_the_table_and_the_rest_at_the_end() -> None:
    notices = (Notice("info", "a", "some advice"), Notice("warning", "b", "no baseline"))
    text = render(r.report(r.tests_pass(), notices=notices))
    assert text.index("- ⚠️ no baseline") < text.index("| **tests** |") < text.index("- 💡 some advice")


def test_old_findings_are_counted_when_new_ones_failed() -> None:
    text = section(render(r.report(r.security_old())), "security")
    assert "\n\n<details><summary>4 older findings: 2 high, 1 low, 1 waived</summary>\n" in text
    assert text.index("`B602`") < text.index("<summary>4 older") < text.index("`B324`")


def test_remedies_show_the_next_command_as_code() -> None:
    assert "`coverage report -m src/shop/cart.py`" in section(render(r.blocked()), "coverage")


def test_a_waiver_shows_reason_owner_and_end_without_a_mention() -> None:
    text = section(render(r.conditional()), "security")
    what = "`security: B602 src/legacy/**`: waived until 2027-01-31 by @&#8203;alice: runs in a sandbox"
    assert what in text


def test_a_problem_names_the_file_and_the_remedy() -> None:
    text = section(render(r.blocked()), "lint")
    assert "- `reports/ruff.json`: is not a JSON document: it ends at line 41. The file may be" in text


def test_an_advisory_gate_says_so() -> None:
    text = render(r.report(replace(r.tests_fail(), blocking=False), status=ReportStatus.WARN))
    assert "❌ FAIL (advisory)" in text


def test_without_evidence_it_says_what_was_looked_for() -> None:
    assert "- looked for tests: `junit*.xml`" in render(r.empty())


def test_the_details_link_is_ours_alone() -> None:
    text = render(r.passing(), details_url="https://example.org/run/1?a=(b) c")
    assert "[The whole report](https://example.org/run/1?a=%28b%29%20c)" in text


def test_a_link_of_another_scheme_is_ignored() -> None:
    assert "javascript" not in render(r.passing(), details_url="javascript:alert(1)")


@pytest.mark.parametrize("name", r.NAMED)
def test_a_report_brings_no_link_image_or_tag_of_its_own(name: str) -> None:
    assert tags(render(r.NAMED[name]())) <= OUR_TAGS


@given(any_reports.reports)
@any_reports.quick
def test_no_report_brings_a_link_image_or_tag_of_its_own(report: Report) -> None:
    text = render(report)
    assert tags(text) <= OUR_TAGS
    assert text.count("<details") == text.count("</details>")
    text.encode()


@given(any_reports.reports)
@any_reports.quick
def test_every_row_of_a_table_has_the_columns_of_its_head(report: Report) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", render(report), re.MULTILINE):
        if block.count("\n") > 2:
            tokens = PARSER.parse(block)
            assert tokens[0].type == "table_open"
            rows = block.strip().split("\n")
            heads = sum(t.type == "th_open" for t in tokens)
            assert all(len(re.findall(r"(?<!\\)\|", row)) == heads + 1 for row in rows)


@pytest.mark.parametrize("limit", [65_000, 20_000, 8_000, 5_000, 3_000, 1_500, 1_000])
def test_the_limit_is_kept(limit: int) -> None:
    assert len(render(r.blocked(extra=5_000), limit=limit).encode()) <= limit


@given(any_reports.reports, st.integers(1_000, 10_000))
@any_reports.quick
def test_the_limit_is_kept_for_every_report(report: Report, limit: int) -> None:
    assert len(render(report, limit=limit).encode()) <= limit


def test_every_level_says_what_it_leaves_out() -> None:
    assert not LEVELS[0].lost
    assert all(level.lost for level in LEVELS[1:])


@pytest.mark.slow
def test_levels_shed_detail_one_after_the_other() -> None:
    report = r.blocked(extra=300)
    sizes = {limit: render(report, limit=limit) for limit in range(60_000, 1_000, -1_000)}
    lost = [
        next((n for n, level in enumerate(LEVELS) if level.lost and level.lost in t), 0)
        for t in sizes.values()
    ]
    assert lost == sorted(lost)
    assert "Left out for length" in sizes[2_000]


def test_the_sources_go_before_the_findings() -> None:
    texts = (render(r.blocked(extra=300), limit=limit) for limit in range(30_000, 1_000, -1_000))
    text = next(t for t in texts if "Measured from" not in t)
    assert "`src/shop/run.py:41`" in text


def test_left_out_findings_are_counted_by_severity() -> None:
    assert "…and 103 more findings: 103 low" in render(r.blocked(extra=300))


def test_a_notice_is_an_item() -> None:
    report = replace(r.passing(), notices=(Notice("warning", "x", "look at `a|b`"),))
    assert "- ⚠️ look at <code>a&#124;b</code>" in render(report)
