"""Formats of reports that are known and not read: a file in one is named, with the way to one that is.

`recognise` says which it is; `tests`, `coverage`, `findings` and `benchmarks` hold the formats.
"""

from sluicegate.evidence.unread.formats import UnsupportedFormat, formats, recognise

__all__ = ["UnsupportedFormat", "formats", "recognise"]
