"""The measures that a commit is compared with, or why there are none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sluicegate.criteria import Measures
from sluicegate.model import Absence


@dataclass(frozen=True, slots=True)
class Baseline:
    """The measures of an earlier commit, by verdict name (`coverage`, `tests.unit`, `api/tests`).

    Attributes:
        label: which commit, for people: `abc1234, 3 commits before the base`; empty for a file.
        notes: by verdict: what to know of its values, such as that they are older than the others.
        absence: why there is none at all: it is not recorded yet, or it could not be read.
        reason: the same in words.
    """

    measures: Mapping[str, Measures] = field(default_factory=dict)
    label: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    absence: Absence | None = None
    reason: str = ""
