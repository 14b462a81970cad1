"""Formats of reports that are known and not read: a file in one is named, with the way to one that is.

`recognise` says which it is; `tests`, `coverage`, `findings` and `benchmarks` hold the formats.
"""

from sluicegate.evidence.unread.formats import Format, formats, recognise

__all__ = ["Format", "formats", "recognise"]
