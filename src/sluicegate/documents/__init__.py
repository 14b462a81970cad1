"""The codec of every document that is written and read back.

A kind of document is a frozen dataclass and a `Codec` (`codec.py`) beside it; the types of its fields are
those of `core.fields`. `parsing.py` parses untrusted JSON within limits.
"""
