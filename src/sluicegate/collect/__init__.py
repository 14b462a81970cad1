"""Collecting evidence: the I/O end of a check."""
