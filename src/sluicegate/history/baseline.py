"""The measures that a commit is compared with, or why they are missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.core.model import Absence
from sluicegate.criteria import Measures
from sluicegate.history.failing import Failing

_NO_RUN = "in every recorded run of these tests most of them failed"


@dataclass(frozen=True, slots=True)
class Before:
    """The test cases of the baseline, or the files that it measured; or why they are not known.

    Attributes:
        names: `suite::case`, or paths; None where they are not known.
        absence, reason: then, why.
        failing: the test cases that fail there, by name; None where they are not known, as `reason` says.
    """

    names: Sequence[str] | None = None
    absence: Absence = Absence.NOT_APPLICABLE
    reason: str = "no baseline was given"
    failing: Mapping[str, Failing] | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The measures of an earlier commit, by verdict name (`coverage`, `tests.unit`, `api/tests`).

    Attributes:
        label: which commit, for people: `abc1234, 3 commits before the base`; empty for a file.
        notes: by verdict: a remark on its values, such as that they are older than the others.
        absence: why there is no baseline: it is not recorded yet, or it could not be read.
        reason: the same in words.
        cases: by verdict: the names of the test cases, `suite::case`, or the files that were measured.
        failing: by verdict of the gate `tests`: the cases that fail; without one of which no whole run is
            known.
    """

    measures: Mapping[str, Measures] = field(default_factory=dict)
    label: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    absence: Absence | None = None
    reason: str = ""
    cases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    failing: Mapping[str, Mapping[str, Failing]] = field(default_factory=dict)

    def before(self, verdict: str) -> Before:
        """The names that a verdict of the gate `tests` or `coverage` is compared with."""
        if self.absence is not None:
            return Before(absence=self.absence, reason=self.reason)
        names, failing = self.cases.get(verdict), self.failing.get(verdict)
        if names:
            return Before(tuple(names), reason=_NO_RUN if failing is None else "", failing=failing)
        return Before(reason="the baseline names no test cases", failing=failing)
