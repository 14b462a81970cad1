"""What of a report a channel shows, as the user chooses it. Pure, and light to import."""

from __future__ import annotations

import enum


class AnnotationMode(enum.StrEnum):
    """Which findings become annotations."""

    NEW = "new"  # those that the change brought, and those that make a criterion fail and may be new
    ALL = "all"  # those that were there before, too
    OFF = "off"
