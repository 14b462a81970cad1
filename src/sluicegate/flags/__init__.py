"""Feature flags: one module a provider, behind the small interface of `interface`.

A provider reads a flag and computes from its whole state who sees the new variation, writes a new exposure
against the state that was read, and switches the flag off.
"""
