"""A second, lenient reading of XML that is broken in the ways in which real reports are.

Test runners paste raw text into reports: control characters, references to characters that XML forbids
(`&#x1b;`), bytes that are no UTF-8, a bare `<` in an attribute. XML 1.0 (sections 2.2, 2.3 and 4.1) makes
each of them fatal. `parse_file` reads strictly first, and only when that fails on such a character reads
again through `XmlRepair`. Structure is never mended: a truncated file stays an error.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from xml.parsers import expat

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import plural
from sluicegate.evidence.limits import CHUNK, UTF_16_MARKS, check_token, feed_file, guarded_parser, opened
from sluicegate.evidence.xml_prolog import XmlProlog, prolog_of

T = TypeVar("T")

_REPAIRABLE = (expat.errors.XML_ERROR_INVALID_TOKEN, expat.errors.XML_ERROR_BAD_CHAR_REF)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})""")
_CLEAN = re.compile(r"""(?:[^<]++|<(?![!?])(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>)*+""")
_TAG_STOP = re.compile("[\"'>]")
_OPENINGS = {"<![CDATA[": "]]>", "<!--": "-->", "<?": "?>"}
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def parse_file(
    path: Path,
    where: str,
    begin: Callable[[expat.XMLParserType], T],
    on_chunk: Callable[[T], None] = lambda _: None,
) -> tuple[T, str, tuple[str, ...]]:
    """Parse a file, strictly if possible: the state, the SHA-256 of the file, what was tolerated, for people.

    Args:
        path: the file.
        where: its path to show.
        begin: sets handlers on a parser and returns the state that they fill; called anew to read again.
        on_chunk: called with the state after each chunk of the file.

    Raises:
        EvidenceError: not XML even after replacement, an unknown encoding, or over a limit.
    """
    prolog = prolog_of(path, where)
    parser = guarded_parser(where, prolog.encoding)
    state = begin(parser)
    try:
        digest = feed_file(parser, path, where, lambda: on_chunk(state), prolog.skip)
        return state, digest, prolog.notes
    except EvidenceError as strict:
        if not _is_repairable(strict, path):
            raise
        parser = guarded_parser(where, prolog.encoding)
        state = begin(parser)
        try:
            digest, count = _leniently(parser, path, where, prolog, lambda: on_chunk(state))
        except expat.ExpatError:
            raise strict from None
        return state, digest, (*prolog.notes, f"{plural(count, 'character')} replaced that XML forbids")


def _is_repairable(error: EvidenceError, path: Path) -> bool:
    cause = error.__cause__
    if not isinstance(cause, expat.ExpatError) or expat.ErrorString(cause.code) not in _REPAIRABLE:
        return False
    with opened(path, error.where) as stream:
        return not stream.read(2).startswith(UTF_16_MARKS)  # UTF-16 is left alone


def _leniently(
    parser: expat.XMLParserType, path: Path, where: str, prolog: XmlProlog, on_chunk: Callable[[], None]
) -> tuple[str, int]:
    repair, digest, fed = XmlRepair(), hashlib.sha256(), 0
    with opened(path, where) as stream:
        declared = _ENCODING.match(stream.read(512).lstrip(b"\xef\xbb\xbf \t\r\n"))
        named = prolog.encoding or (declared[1].decode("ascii") if declared else "utf-8")
        is_utf_8 = named.lower() in {"utf-8", "utf8", "us-ascii", "ascii"}
        encoding = "utf-8" if is_utf_8 else "latin-1"  # which keeps each byte of any other encoding as it is
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        stream.seek(0)
        digest.update(stream.read(prolog.skip))
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            text = decoder.decode(chunk)
            repair.count += text.count(_REPLACEMENT)
            data = repair.feed(text).encode(encoding, "xmlcharrefreplace")
            parser.Parse(data, False)
            fed += len(data)
            check_token(parser, fed, where)
            on_chunk()
    rest = repair.feed(decoder.decode(b"", True), final=True)
    parser.Parse(rest.encode(encoding, "xmlcharrefreplace"), True)
    return digest.hexdigest(), repair.count


class XmlRepair:
    """Replaces, piece by piece, the characters that XML forbids.

    `count` is how many were replaced so far. Forbidden characters and references to them become
    U+FFFD, a `<` inside a quoted attribute value becomes `&lt;`.
    """

    def __init__(self) -> None:
        self.count = 0
        self._carry = ""
        self._until = ""  # what ends the construct that we are in; empty in text
        self._in_tag = False

    def feed(self, text: str, *, final: bool = False) -> str:
        """The repaired text so far; a tail that cannot be judged yet is kept for later."""
        text = self._characters(self._carry + text, final)
        out: list[str] = []
        position = 0
        while position < len(text):
            moved = self._step(text, position, out, final)
            if moved == position:
                break
            position = moved
        self._carry = text[position:] + self._carry
        return "".join(out)

    def _characters(self, text: str, final: bool) -> str:
        """Forbidden characters replaced; a reference cut by the end of `text` is carried."""
        self._carry = ""
        cut = text.rfind("&", max(len(text) - 16, 0))
        if not final and cut >= 0 and ";" not in text[cut:]:
            text, self._carry = text[:cut], text[cut:]
        text, replaced = _FORBIDDEN.subn(_REPLACEMENT, text)
        self.count += replaced
        return _REFERENCE.sub(self._reference, text)

    def _reference(self, match: re.Match[str]) -> str:
        code = int(match[1], 16) if match[1] else int(match[2])
        allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE
        if allowed or 0x10000 <= code <= 0x10FFFF:
            return match[0]
        self.count += 1
        return "&#xFFFD;"

    def _step(self, text: str, position: int, out: list[str], final: bool) -> int:
        """Append what is settled from `position` on; the position after it."""
        if self._until:
            return self._inside(text, position, out, final)
        if self._in_tag:
            return self._tag(text, position, out)
        clean = _CLEAN.match(text, position)
        end = clean.end() if clean else position
        out.append(text[position:end])
        if end == len(text):
            return end
        return self._open(text, end, out, final)

    def _open(self, text: str, position: int, out: list[str], final: bool) -> int:
        if len(text) - position < len("<![CDATA[") and not final:
            return position
        for opening, closing in _OPENINGS.items():
            if text.startswith(opening, position):
                self._until = closing
                out.append(opening)
                return position + len(opening)
        self._in_tag = True
        out.append("<")
        return position + 1

    def _tag(self, text: str, position: int, out: list[str]) -> int:
        found = _TAG_STOP.search(text, position)
        end = found.end() if found else len(text)
        out.append(text[position:end])
        if found:
            self._in_tag = found[0] != ">"
            self._until = "" if found[0] == ">" else found[0]
        return end

    def _inside(self, text: str, position: int, out: list[str], final: bool) -> int:
        """What belongs to an attribute value, CDATA, a comment or an instruction."""
        is_value = self._until in ('"', "'")
        found = text.find(self._until, position)
        end = found
        if found < 0:  # of what ends with more than one character, the start may be there
            end = len(text) if is_value or final else max(position, len(text) - 2)
        inner = text[position:end]
        if is_value:
            self.count += inner.count("<")
            inner = inner.replace("<", "&lt;")
        out.append(inner)
        if found < 0:
            return end
        out.append(self._until)
        end += len(self._until)
        self._until = ""
        return end
