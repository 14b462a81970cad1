"""Sluicegate: quality gates for GitHub Actions."""

from sluicegate.runtime.interrupt import end_quietly, is_program

__version__ = "0.1.0"

if is_program():
    end_quietly()
