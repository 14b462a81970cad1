"""Figures that a test measures: shown by `pytest -rP`, as `make test-real-rollout` does."""

from __future__ import annotations

import sys


def figures(text: str) -> None:
    """Show a line."""
    sys.stdout.write(f"{text}\n")
