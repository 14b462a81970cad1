"""The text of a release with our part between two marks; what people wrote around it stays. Pure."""

from __future__ import annotations

from sluicegate.core.errors import UsageError

BEGIN, END = "<!-- sluicegate-notes:begin -->", "<!-- sluicegate-notes:end -->"
LIMIT = 120_000
"""Characters of our part; GitHub takes 125,000 of a release in all."""

_NAME = "<!-- sluicegate-notes"


def put(body: str, notes: str) -> str:
    """The text of a release with the notes between the marks; behind it where it has none.

    Raises:
        UsageError: one of the marks is missing, is there twice, or they are in the wrong order.
    """
    body = body.replace("\r\n", "\n")
    ours = f"{BEGIN}\n{_shortened(notes.replace(_NAME, '<!- - sluicegate-notes')).strip()}\n{END}"
    counts = body.count(BEGIN), body.count(END)
    if counts == (0, 0):
        return f"{body.rstrip()}\n\n{ours}".lstrip()
    begin, end = body.find(BEGIN), body.find(END)
    if counts != (1, 1) or end < begin:
        what = "the marks around the notes in the draft release are damaged"
        raise UsageError(what, remedy=f"Leave one '{BEGIN}' and, below it, one '{END}', or delete both.")
    return body[:begin] + ours + body[end + len(END) :]


def has_mark(body: str) -> bool:
    """Is our part in the text of a release?"""
    return BEGIN in body


def _shortened(text: str) -> str:
    """At most `LIMIT` characters, by whole lines."""
    if len(text) <= LIMIT:
        return text
    kept = text[: LIMIT - 100].rpartition("\n")[0]
    left = text.count("\n") - kept.count("\n")
    closing = "\n\n</details>" if kept.count("<details>") > kept.count("</details>") else ""
    return f"{kept}{closing}\n\n{left:,} more lines did not fit."
