import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.evidence.xml_prolog import read_prolog


@pytest.mark.parametrize(
    ("head", "skip", "encoding"),
    [
        (b"<a/>", 0, None),
        (b"  <a/>", 0, None),
        (b"<?xml version='1.0'?><a/>", 0, None),
        (b"<?xml version='1.0' encoding='UTF-8'?><a/>", 0, None),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><a/>", 0, None),
        (b"<?xml version='1.0' encoding='no-such'?><a/>", 0, None),
        (b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><a/>", 0, None),
        (b"\xef\xbb\xbf<?xml version='1.0' encoding='utf8'?><a/>", 0, "UTF-8"),
        (b"<?xml version='1.0' encoding='utf8'?><a/>", 0, "UTF-8"),
        (b"<?xml version='1.0' encoding='UTF-8-SIG'?><a/>", 0, "UTF-8"),
        (b"<?xml version='1.0' encoding='utf-16'?><a/>", 0, "UTF-8"),
        (b"\r\n<?xml version='1.0' encoding='latin1'?><a/>", 2, None),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><a/>", 4, "UTF-8"),
        ("\ufeff<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16-le"), 0, None),
        ("\ufeff<?xml version='1.0' encoding='utf-8'?><a/>".encode("utf-16-be"), 0, "UTF-16BE"),
        ("\ufeff\n<?xml version='1.0'?><a/>".encode("utf-16-le"), 4, "UTF-16LE"),
    ],
)
def test_describes_how_to_read_the_beginning(head: bytes, skip: int, encoding: str | None) -> None:
    prolog = read_prolog(head)
    assert (prolog.skip, prolog.encoding) == (skip, encoding)


@given(st.binary(max_size=200))
def test_any_bytes_have_a_beginning(head: bytes) -> None:
    assert 0 <= read_prolog(head).skip <= len(head)
