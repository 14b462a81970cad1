"""The traces of failing tests: their ends, folded, harmless, and never more than there is room for."""

from __future__ import annotations

import re

import pytest

from sluicegate.report import html, markdown, terminal
from sluicegate.report.sections import Page, Section, Trace, Traces
from support.hostile import HOSTILE

LINES = tuple(f"line {n}" for n in range(1, 31))


def page(*traces: Trace) -> Page:
    section = Section("tests", "FAIL", "1 failed", (Traces(traces),))
    return Page("BLOCKED", "blocked", "tests failed", (section,))


def many(count: int) -> Page:
    return page(*(Trace(f"Trace of t::{n:02}", LINES) for n in range(count)))


def test_markdown_folds_each_trace() -> None:
    text = markdown.render(page(Trace("Trace of t::x", LINES)))
    (body,) = re.findall(
        r"<details><summary>Trace of t&#58;&#58;x</summary>\n\n```text\n(.*?)\n```", text, re.DOTALL
    )
    assert tuple(body.split("\n")) == LINES


def test_markdown_keeps_the_ends_where_there_is_little_room() -> None:
    text = markdown.render(many(20), limit=4_000)
    assert "line 30" in text
    assert "line 1\n" not in text
    assert len(text.encode()) <= 4_000


def test_a_trace_cannot_leave_its_fence() -> None:
    text = markdown.render(page(Trace("Trace of t::x", ("````", "<!-- sluicegate -->", "</details>"))))
    assert "`````text\n````\n" in text
    assert "<!-- sluicegate" not in text


@pytest.mark.parametrize("width", [40, 80])
def test_the_terminal_shows_the_last_lines_of_the_first_three(width: int) -> None:
    text = terminal.render(many(5), width=width, color=False)
    assert re.findall(r"Trace of t::\d\d", text) == [f"Trace of t::{n:02}" for n in range(3)]
    assert re.findall(r"line \d+", text)[:6] == [f"line {n}" for n in range(25, 31)]
    assert "…and 2 more traces (-v)" in text


def test_the_terminal_shows_all_of_all_when_verbose() -> None:
    text = terminal.render(many(5), width=80, color=False, verbose=True)
    assert text.count("line 1\n") == 5
    assert "more trace" not in text


@pytest.mark.parametrize("width", [40, 80])
def test_no_line_of_a_trace_is_wider_than_the_terminal(width: int) -> None:
    text = terminal.render(page(Trace("Trace of t::x", ("\t" * 9 + "x" * 300,))), width=width, color=False)
    assert max(map(len, text.splitlines())) <= width


def test_a_page_folds_each_trace() -> None:
    text = html.render(page(Trace("Trace of t::x", ("a < b", "b"))))
    assert '<details class="diff"><summary>Trace of t::x</summary><pre>a &lt; b\nb\n</pre></details>' in text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_trace_is_shown_as_text(text: str) -> None:
    shown = page(Trace(text, text.splitlines() or [text]))
    assert "\x1b" not in markdown.render(shown) + terminal.render(shown, width=80, color=False)
    assert "<script>alert" not in html.render(shown)
