from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sluicegate.core.text import one_line
from sluicegate.report.escape import html_text, md, md_code, md_prose
from support.hostile import HOSTILE

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HIDDEN = "\u200b"
FILTERED = re.compile(r"@\w|#\d|\bgh-\d|://|www\.|(?<![0-9a-z])[0-9a-f]{7,40}\b|:[\w+-]+:", re.IGNORECASE)
"""What GitHub's filters take up in finished text, generously."""

MARKS = r"* _ ` `` | \ < > & &amp; [x](y) ![x](y) <!-- --> # #1 @a http:// www. GH-1 ~~ - + 1. 1) === --- a é"
WORDS = "<b> </details> :tada: $x$ deadbeef 0 1234567"
SPACES = ("\n", "\t", " ", "- ", "1. ", "\u202e", "\ue000")
pieces = st.sampled_from((*MARKS.split(), *WORDS.split(), *SPACES))
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30), st.lists(pieces, max_size=8).map("".join))


def leaves(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from leaves(token.children) if token.children else iter((token,))


def visible(source: str) -> str:
    return "".join(t.content for t in leaves(PARSER.parse(source)))


def outside_of_code(source: str) -> str:
    return "".join("¶" if t.type == "code_inline" else t.content for t in leaves(PARSER.parse(source)))


def kinds(source: str) -> set[str]:
    return {t.type for t in leaves(PARSER.parse(source)) if t.content}


def in_cell(escape: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: f"| {escape(text)} | END |\n| --- | --- |\n"


def plain(text: str) -> str:
    """What a reader should see; one private-use character serves the escaping and is shown."""
    return one_line(text).replace("\ue000", "\\ue000")


@pytest.mark.parametrize("before", ["", "- ", "## ", "text "], ids=["paragraph", "item", "heading", "inside"])
@given(text=texts)
def test_text_stays_text(before: str, text: str) -> None:
    assert kinds(before + md(text)) <= {"text", "code_inline"}


@given(texts)
def test_a_paragraph_reads_the_same(text: str) -> None:
    assert visible(md(text)).replace(HIDDEN, "") == plain(text)


@given(texts)
def test_no_word_is_left_for_githubs_filters(text: str) -> None:
    assert not FILTERED.search(outside_of_code(md(text)))


@pytest.mark.parametrize("escape", [md, md_prose, md_code])
@pytest.mark.parametrize(
    "whole",
    ["https://evil.example/x?a=b#c", "www.evil.example", "4f1c2d9", "4f1c2d9be07a36c5d8812f3a"],
)
def test_addresses_and_commits_are_code_without_a_hidden_character(
    escape: Callable[[str], str], whole: str
) -> None:
    assert escape(whole) == f"`{whole}`"


@pytest.mark.parametrize("text", ["x_4f1c2d9", "4f1c2d9z", "2,000", "4f1c2d"])
def test_what_is_no_commit_is_no_code(text: str) -> None:
    assert "code_inline" not in kinds(md(text))


@given(texts)
def test_code_and_addresses_hold_no_hidden_character(text: str) -> None:
    for source in (md(text), md_code(text), md_prose(text)):
        code = [t.content for t in leaves(PARSER.parse(source)) if t.type == "code_inline"]
        assert all(HIDDEN not in each for each in code)
    assert HIDDEN not in visible(md_code(text))


def text_cell(text: str) -> str:
    return md(text) or " "


def code_cell(text: str) -> str:
    return md_code(text) or " "


@given(texts)
@example("a\\|b")
@example("\\")
def test_a_cell_stays_one_cell(text: str) -> None:
    for escape in (text_cell, code_cell):
        tokens = PARSER.parse(in_cell(escape)(text))
        cells = [t for t in tokens if t.type == "th_open"]
        assert len(cells) == 2
        inline = [t.content for t in tokens if t.type == "inline"]
        assert inline[-1] == "END"


@given(texts)
def test_a_cell_reads_the_same(text: str) -> None:
    shown = visible(in_cell(text_cell)(text)).removesuffix("END").replace(HIDDEN, "")
    assert shown.strip() == plain(text)


@given(texts)
def test_code_is_code_and_reads_the_same(text: str) -> None:
    source = md_code(text)
    found = {t.type for t in leaves(PARSER.parse(source)) if t.content}
    assert found <= {"code_inline"} or found <= {"text", "html_inline"}
    shown = re.sub("</?code>", "", visible(source)) if "html_inline" in found else visible(source)
    assert shown.replace(HIDDEN, "").replace("\\ue000", "\ue000") == one_line(text).replace(
        "\\ue000", "\ue000"
    )


@given(texts)
def test_no_comment_marker_survives(text: str) -> None:
    for escape in (md, md_code, md_prose, html_text):
        assert "<!-" not in escape(text)


@given(texts)
def test_prose_holds_text_and_code_alone(text: str) -> None:
    found = kinds(f"- {md_prose(text)}")
    assert found <= {"text", "code_inline", "html_inline"}
    tags = [t.content for t in leaves(PARSER.parse(f"- {md_prose(text)}")) if t.type == "html_inline"]
    assert set(tags) <= {"<code>", "</code>"}


def test_prose_shows_commands_as_code() -> None:
    assert md_prose("Run `ruff check --fix` again") == "Run `ruff check --fix` again"


def test_a_backtick_without_its_partner_is_text() -> None:
    assert md_prose("a `b") == "a \\`b"


class Reader(HTMLParser):
    """Collects the text and the tags of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.filtered, self.tags = "", "", list[str]()

    def handle_data(self, data: str) -> None:
        self.text += data
        self.filtered += "¶" if self.tags[-1:] == ["code"] else data

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_comment(self, data: str) -> None:
        self.tags.append("!--")


@given(texts)
def test_html_text_inside_a_summary_is_text(text: str) -> None:
    source = f"<details><summary>{html_text(text)}</summary>\n\n</details>\n"
    reader = Reader()
    reader.feed("".join(t.content for t in PARSER.parse(source)))
    tags = [t for t in reader.tags if t not in ("code", "/code")]
    assert tags == ["details", "summary", "/summary", "/details"]
    assert reader.text.strip().replace(HIDDEN, "") == plain(text)
    assert not FILTERED.search(reader.filtered)


@given(texts)
def test_nothing_hidden_and_no_line_feed_is_left(text: str) -> None:
    for escape in (md, md_code, md_prose, html_text):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", escape(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 78.4% of 2,000", "plain words, 78.4% of 2,000"),
        ("", ""),
        ("shell=True (x)", "shell=True (x)"),
        ("2 of 2 jobs succeeded", "2 of 2 jobs succeeded"),
    ],
)
def test_harmless_text_is_left_alone(text: str, shown: str) -> None:
    assert md(text) == shown
