"""Known, unsupported formats of reports, each with the remedy: how to get a supported one.

`recognise` identifies the format; `tests`, `coverage`, `findings` and `benchmarks` hold the formats.
"""

from sluicegate.evidence.unread.formats import UnsupportedFormat, formats, recognise

__all__ = ["UnsupportedFormat", "formats", "recognise"]
