"""One codec for every document that is written and read back.

A kind of document is a frozen dataclass and a `Codec` (`codec.py`), which its owner keeps beside it; the
types of its fields are those of `core.fields`. `parsing.py` takes JSON from strangers within limits.
"""
