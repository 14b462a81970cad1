"""The model of what is shown: any page is rendered, whatever it is about, in every format."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.report import html, markdown, sections, terminal, terminal_blocks
from sluicegate.report.figures import Delta
from sluicegate.report.sections import (
    Code,
    CodeLine,
    Criteria,
    CriterionRow,
    Diff,
    Fact,
    FindingRow,
    Findings,
    Grid,
    Headline,
    Item,
    Items,
    Note,
    Page,
    Part,
    Rank,
    Section,
    Task,
    Tone,
)
from support.hostile import HOSTILE

RENDERERS: dict[str, Callable[[Page], str]] = {
    "markdown": markdown.render,
    "terminal": lambda page: terminal.render(page, width=100, color=False),
    "html": html.render,
}


def readiness() -> Page:
    """A release that is no report of gates."""
    headline = Headline("2.5%", "2.5%", "error_rate", Delta("▲", "1pp", "worse"))
    lines = Criteria([CriterionRow("FAIL", "error_rate <= 1%", "2.5%", "25 of 1,000")])
    return Page(
        status="NO-GO", word="not ready", sentence="1 check of 2 is missing",
        title="Release 1.4", noun="check", facts=[Fact("tag", "v1.4")],
        sections=[
            Section("sign-offs", "PASS", "2 of 2 roles", [Note(Tone.INFO, "by mona and hubot")]),
            Section("errors", "FAIL", "too many", [lines], headline),
        ],
    )  # fmt: skip


@pytest.mark.parametrize("name", RENDERERS)
def test_a_page_of_another_kind_is_rendered(name: str) -> None:
    text = RENDERERS[name](readiness())
    for words in ("1 check of 2 is missing", "v1.4", "error_rate <= 1%", "25 of 1,000", "▲ 1pp"):
        assert words in text.replace("&lt;", "<")


def test_the_overview_says_what_its_rows_are() -> None:
    assert "|  | Check | Measure | Value | Δ | Result |" in markdown.render(readiness())
    assert 'aria-label="Checks"' in html.render(readiness())


@pytest.mark.parametrize("kind", get_args(sections.Block))
def test_every_kind_of_block_has_a_renderer(kind: type[sections.Block]) -> None:
    assert kind in markdown.RENDERERS
    assert kind in terminal_blocks.RENDERERS
    assert f'"{kind.__name__}"' in (html.TEMPLATES / "report.html.j2").read_text(encoding="utf-8")


texts = st.sampled_from(HOSTILE)
rows = st.builds(FindingRow, st.just("high"), st.just(1), texts, texts, st.just(3), texts, texts, help=texts)
blocks = st.one_of(
    st.builds(Note, st.sampled_from(Tone), texts, texts, texts, detail=st.tuples(texts), detail_name=texts),
    st.builds(
        CriterionRow,
        st.just("WARN"),
        texts,
        texts,
        texts,
        st.builds(Delta, texts, texts, texts),
        texts,
        texts,
    ).map(lambda row: Criteria([row])),
    st.builds(Findings, st.tuples(rows), st.tuples(rows)),
    st.builds(Grid, texts, st.tuples(texts, texts), st.tuples(st.tuples(texts, texts)), st.just("lr")),
    st.builds(Diff, texts, st.tuples(texts)),
    st.builds(Code, texts, texts, st.tuples(st.builds(CodeLine, st.just(1), texts, st.just("partial")))),
    st.builds(lambda item: Items([item]), st.builds(Item, texts, st.tuples(texts), texts)),
).flatmap(lambda block: st.sampled_from((block, Part(HOSTILE[0], (block,), Rank.MAIN))))
tasks = st.builds(Task, st.just("FAIL"), texts, texts, texts, texts, texts)
pages = st.builds(
    Page, st.just("BLOCKED"), st.just("blocked"), texts,
    st.tuples(st.builds(Section, texts, st.just("FAIL"), texts, st.tuples(blocks))),
    st.tuples(st.builds(Fact, texts, texts, texts)), st.tuples(blocks), after=st.tuples(blocks),
    title=texts, links=st.tuples(st.tuples(texts, texts)), tasks=st.tuples(tasks),
)  # fmt: skip


@given(pages)
def test_no_text_of_a_page_leaves_its_place(page: Page) -> None:
    html_text, text, plain = (render(page) for render in RENDERERS.values())
    assert "<script>alert" not in plain
    assert plain.count("<script") == 1
    assert "\x1b" not in html_text + text + plain
    assert "<!--" not in html_text
    assert html_text.count("<details") == html_text.count("</details>")
