"""Collecting evidence: the I/O end of a check."""

from sluicegate.collect.collector import Request, collect

__all__ = ["Request", "collect"]
