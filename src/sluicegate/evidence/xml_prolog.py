"""The beginning of an XML file, where it is wrong in ways that lose nothing: encoding, blank lines.

XML 1.0 (section 2.8) wants the declaration first, and the encoding that it names (section 4.3.3) to be the
one that the bytes are in. Programs that print a line before they write, or that write a text of another
encoding than they declare, leave neither; the bytes still show the encoding, which is used.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from sluicegate.evidence.limits import UTF_16_MARKS, check_size, opened

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(r"""(\s*)<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_BLANK = re.compile(r"\s+(?=<\?xml\s)")
_HEAD = 4096
_BEFORE_THE_ROOT = re.compile(
    r"(?:\s|<\?.{0,4000}?\?>|<!--.{0,4000}?-->|<!DOCTYPE[^>\[]{0,2000}(?:\[[^\]]{0,4000}\])?[^>]{0,200}>)*+",
    re.DOTALL,
)
_NAMES_OF_EXPAT = {"utf-8": "UTF-8", "utf-16-le": "UTF-16LE", "utf-16-be": "UTF-16BE"}


@dataclass(frozen=True, slots=True)
class XmlProlog:
    """How to read the beginning.

    Attributes:
        skip: bytes to leave out.
        encoding: what to read in place of the encoding that the file declares; None to use the declared one.
        notes: what is tolerated, for people.
        head: the bytes of the beginning.
    """

    skip: int = 0
    encoding: str | None = None
    notes: tuple[str, ...] = ()
    head: bytes = b""


def prolog_of(path: Path, where: str) -> XmlProlog:
    """How the file is to be read.

    Raises:
        EvidenceError: it cannot be read, or as of `check_size`.
    """
    check_size(path, where)
    with opened(path, where) as stream:
        return read_prolog(stream.read(_HEAD))


def read_prolog(head: bytes) -> XmlProlog:
    """How a file that begins with these bytes is to be read. Pure, total on any bytes."""
    mark, marked = next(((m, e) for m, e in _MARKS if head.startswith(m)), (b"", ""))
    text = head[len(mark) :].decode(marked or "latin-1", "replace")
    found = _DECLARED.match(text)
    declared = found[2] if found else ""
    encoding = _encoding(marked, declared)
    notes = (f"encoding '{declared}' read as {encoding}",) if encoding else ()
    blank = _BLANK.match(text)
    if blank is None:
        return XmlProlog(0, encoding, notes, head)
    skip = len(mark) + len(blank[0].encode(marked or "latin-1"))
    notes = ("blank before the XML declaration left out", *notes)
    return XmlProlog(skip, encoding or _NAMES_OF_EXPAT.get(marked), notes, head)


def _encoding(marked: str, declared: str) -> str | None:
    """What to read in place of the declared encoding; None if that is right or unknown.

    `marked` is the encoding of the byte order mark. Without one the declaration was read byte by byte, so it
    is in no encoding of two or four bytes a character.
    """
    try:
        codec = codecs.lookup(declared).name if declared else ""
    except (LookupError, ValueError):
        codec = ""
    if marked.startswith("utf-16"):
        return None if codec in ("", "utf-16", marked) else _NAMES_OF_EXPAT[marked]
    is_meant = codec.startswith(("utf-8", "utf-16", "utf-32")) and declared.lower() != "utf-8"
    return "UTF-8" if is_meant else None


def root_text(head: bytes) -> str:
    """The beginning of a file as text; of XML from its root element on. Total on any bytes.

    A mark and white space before it are left out; of XML declaration, comments and document type, too.
    """
    encoding = "utf-16" if head.startswith(UTF_16_MARKS) else "utf-8"
    text = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    return _BEFORE_THE_ROOT.sub("", text, count=1) if text.startswith("<") else text
