"""Sluicegate: quality gates for GitHub Actions."""

__version__ = "0.1.0"
