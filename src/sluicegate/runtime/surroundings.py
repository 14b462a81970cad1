"""What a provider of flags or metrics is given of the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.net.client import Clock


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where and when a provider works.

    Attributes:
        environment: variables of the process, tokens among them.
        root: the folder of the project.
        clock: the time.
    """

    environment: Mapping[str, str] = field(repr=False)
    root: Path
    clock: Clock = field(default_factory=Clock)
