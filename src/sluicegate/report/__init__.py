"""The renderers: one pure module a format, from `model.Report` to text.

`formats.FORMATS` is the registry. A renderer reads no clock, file or network, and treats every
text in a report as a stranger's: it is escaped for the place where it lands.
"""
