from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.evidence.xml_repair import XmlRepair

MARKUP = ("<a>", "</a>", "<b c='", "'", '"', "/>", "<", "<![CDATA[", "]]>", "<!--", "-->", "<?p", "?>")
TOKENS = (*MARKUP, "&#x1b;", "&#65;", "&", "\x00", "t")

pieces = st.lists(st.sampled_from(TOKENS), max_size=30).map("".join)


def repaired(text: str, size: int = 0) -> str:
    repair = XmlRepair()
    size = size or max(len(text), 1)
    parts = [repair.feed(text[i : i + size]) for i in range(0, len(text), size)]
    return "".join(parts) + repair.feed("", final=True)


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("<a b='<<x>>'/>", "<a b='&lt;&lt;x>>'/>"),
        ('<a b="it\'s <"/>', '<a b="it\'s &lt;"/>'),
        ("<a>&#0;&#x1b;&#65;&#x10FFFF;&#xD800;</a>", "<a>&#xFFFD;&#xFFFD;&#65;&#x10FFFF;&#xFFFD;</a>"),
        ("<a>\x1b[0m\t\n</a>", "<a>\ufffd[0m\t\n</a>"),
        ("<a><![CDATA[ <'\" ]]><b c='<'/></a>", "<a><![CDATA[ <'\" ]]><b c='&lt;'/></a>"),
        ("<!-- <'> --><?p <'?><a b='<'/>", "<!-- <'> --><?p <'?><a b='&lt;'/>"),
    ],
)
def test_mends_what_xml_forbids(broken: str, mended: str) -> None:
    assert repaired(broken) == mended


@given(pieces, st.integers(1, 7))
def test_pieces_do_not_change_the_answer(text: str, size: int) -> None:
    assert repaired(text, size) == repaired(text)


@given(pieces)
def test_well_formed_xml_stays_as_it_is(text: str) -> None:
    try:
        expat.ParserCreate().Parse(text, True)
    except expat.ExpatError:
        return
    assert repaired(text) == text


@given(pieces)
def test_mending_twice_is_mending_once(text: str) -> None:
    assert repaired(repaired(text)) == repaired(text)
