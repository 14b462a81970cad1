"""Collecting evidence: the I/O end of a check."""

from sluicegate.collect.collector import Earlier, Request, collect

__all__ = ["Earlier", "Request", "collect"]
