"""The rules of our own that run among bandit's. This module imports nothing of bandit."""

from __future__ import annotations

UNCHECKED_TLS = "SG101"


def tool_of(rule: str) -> str:
    """The tool that a rule belongs to."""
    return "sluicegate" if rule == UNCHECKED_TLS else "bandit"
