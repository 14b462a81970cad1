"""The section `release` of a policy, after checking: plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sluicegate.core.model import Better
from sluicegate.criteria import Criterion, MeasureSpec, Vocabulary
from sluicegate.rollout.plan import Freeze, ProviderSettings


def _specs(**about: tuple[str, Better, str]) -> dict[str, MeasureSpec]:
    return {
        name: MeasureSpec(name, unit, better, text, share=unit == "%")
        for name, (unit, better, text) in about.items()
    }


_LOW, _HIGH = Better.LOWER, Better.HIGHER

MEASURES: Mapping[str, Mapping[str, MeasureSpec]] = {
    "deployment": _specs(
        current=("", _HIGH, "1 where the newest deployment that succeeded is of this commit, else 0"),
        age=("s", _LOW, "the time since that deployment"),
    ),
    "workflow": _specs(
        passed=("", _HIGH, "1 where its newest run of this commit succeeded, else 0"),
        age=("s", _LOW, "the time since it last succeeded, of any commit"),
    ),
    "issues": _specs(
        open=("", _LOW, "how many are open"),
        assigned=("", _HIGH, "how many people are assigned to those that are open"),
    ),
    "health": _specs(
        up=("", _HIGH, "1 where it answers well, else 0"),
        time=("s", _LOW, "the time that its answer takes"),
    ),
    "changelog": _specs(
        entry=("", _HIGH, "1 where it has an entry of this version that is not empty, or fragments, else 0"),
        gaps=("", _LOW, "marks of missing text (TBD, TODO) and empty sections in that entry"),
    ),
    "files": _specs(
        files=("", _HIGH, "how many there are"),
        gaps=("", _LOW, "marks of missing text (TBD, TODO) and empty sections in them"),
    ),
    "changed": _specs(
        missing=(
            "",
            _LOW,
            "1 where one of the files changed since the last release and nothing in `need` did, else 0",
        ),
        files=("", _LOW, "how many of the files changed since the last release"),
    ),
    "impact": _specs(
        migrations=("", _LOW, "migrations that were added or changed"),
        dangerous_migrations=("", _LOW, "dangerous statements in them"),
        breaking_apis=("", _LOW, "changes of API descriptions that break clients"),
        removed_settings=("", _LOW, "settings and environment variables that were removed"),
        removed_alerts=("", _LOW, "alerts, receivers and dashboards that were removed"),
        majors=("", _LOW, "direct dependencies with another major"),
        without_runbook=("", _LOW, "groups of the impact that changed while no runbook did"),
    ),
    "metric": _specs(
        rate=("%", _LOW, "the bad events of a hundred"),
        events=("", _HIGH, "how many events there were"),
    ),
}
"""What evidence of a kind measures. Nothing here improves by time alone, so that no NO-GO does."""

REPORT = _specs(
    blocked=("", _LOW, "blocking gates that are FAIL or ERROR"),
    warned=("", _LOW, "gates that are WARN"),
    age=("s", _LOW, "the time since the report was recorded"),
    patch_total=("%", _HIGH, "`patch.total` of coverage over what was added since the last release"),
    patch_line=("%", _HIGH, "`patch.line` of coverage over what was added since the last release"),
)
"""The verdicts of this commit in the ledger."""

PATCH: Mapping[str, str] = {"report.patch_total": "patch.total", "report.patch_line": "patch.line"}
"""Measures of `report` that are about the range since the last release, and what the gate calls them."""

SELECTORS: Mapping[str, Mapping[str, MeasureSpec]] = {
    "gate": _specs(
        blocked=("", _LOW, "1 where the gate is FAIL or ERROR, else 0; a skipped gate is not known"),
        warned=("", _LOW, "1 where it is WARN, else 0"),
    ),
    "checklist": _specs(
        open=(
            "",
            _LOW,
            "items that are not ticked; with `self-approval: false` also those that an author ticked",
        )
    ),
}

REMEDIES: Mapping[str, str] = {
    "blocked": "Mend what blocks; the report of the commit names it.",
    "warned": "Mend what warns; the report of the commit names it.",
    "patch_total": "Add tests that run the uncovered lines.",
    "patch_line": "Add tests that run the uncovered lines.",
    "missing": "Change what the check names, or have the check waived.",
    "assigned": "Assign somebody to the issue.",
    "age": "Do it again.",
    "current": "Deploy this commit there.",
    "passed": "Mend it, and run it again on this commit.",
    "open": "Close them, or tick them in the text of the pull request or issue.",
    "up": "Look at the service.",
    "time": "Look at the service.",
    "entry": "Write the entry of this version, or a fragment.",
    "files": "Write what is missing.",
    "gaps": "Fill in what is marked as missing.",
    "rate": "Look at the service.",
    "migrations": "Look at them: `sluicegate release impact`.",
    "dangerous_migrations": "Look at them: `sluicegate release impact`. Split them, or accept the check.",
    "breaking_apis": "Look at them: `sluicegate release impact`.",
    "removed_settings": "Look at them: `sluicegate release impact`.",
    "removed_alerts": "Look at them: `sluicegate release impact`.",
    "majors": "Look at them: `sluicegate release impact`.",
    "without_runbook": "Write in a runbook what operators need to know of the change.",
    "events": "Wait for more events, or look at the expression.",
}
"""What to do about a measure that is not as it must be, where the check says nothing of its own."""

AGES = ("age",)
"""Measures that grow by time alone; criteria bound them from above."""


@dataclass(frozen=True, slots=True)
class EvidenceSource:
    """Where a fact comes from.

    Attributes:
        name: as checks have it.
        kind: one of `MEASURES`.
        value: a text, or several: an environment, a file, labels, an address, globs.
        needs: of the kind `changed`: globs of which something must have changed too.
        metric: of the kind `metric`.
    """

    name: str
    kind: str
    value: tuple[str, ...] = ()
    metric: MetricSource | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricSource:
    """Two counts of a provider over a time, in seconds, that ends now."""

    provider: ProviderSettings
    bad: str
    total: str
    over: int


@dataclass(frozen=True, slots=True)
class Check:
    """One check: a criterion, and what to do where it does not pass."""

    criterion: Criterion
    remedy: str = ""

    @property
    def id(self) -> str:
        """Its name, as a waiver has it."""
        return self.criterion.id

    @property
    def evidence(self) -> str:
        """The name of what it is about: of evidence, or `report`, `gate`, `checklist`."""
        first = self.criterion.comparisons[0]
        return first.selector.kind if first.selector else first.measure.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension of the matrix."""

    name: str
    title: str
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """Who signs a release off: permissions, `@logins` and `@org/teams`, and how many of them must."""

    name: str
    people: tuple[str, ...]
    quorum: int = 1


@dataclass(frozen=True, slots=True)
class ReleaseSettings:
    """All of it.

    Attributes:
        waivers_by: who may accept a check.
        self_approval: may an author sign off what they wrote?
        checkpoints: seconds before the planned time, the longest first; 0 is the last.
        valid_for: seconds that a decision lets its commit go.
    """

    dimensions: tuple[Dimension, ...] = ()
    evidence: tuple[EvidenceSource, ...] = ()
    roles: tuple[Role, ...] = ()
    waivers_by: tuple[str, ...] = ()
    self_approval: bool = True
    checklists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checkpoints: tuple[int, ...] = (86_400, 7_200, 0)
    valid_for: int = 604_800
    freeze: Freeze = field(default_factory=Freeze)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Those of all dimensions."""
        return tuple(check for dimension in self.dimensions for check in dimension.checks)

    def role(self, name: str) -> Role | None:
        """The role of a name, in whatever case it is written."""
        return next((role for role in self.roles if role.name.lower() == name.lower()), None)

    @property
    def needs_last_release(self) -> bool:
        """Is some check about the coverage since the last release?"""
        parts = (part for check in self.checks for part in check.criterion.comparisons)
        return any(part.selector is None and part.measure.name in PATCH for part in parts)

    @property
    def needs_checklists(self) -> bool:
        """Is some check about a checklist?"""
        parts = (part for check in self.checks for part in check.criterion.comparisons)
        return bool(self.checklists) and any(p.selector and p.selector.kind == "checklist" for p in parts)

    @property
    def runbooks(self) -> tuple[str, ...]:
        """The globs of the runbooks: the evidence `runbooks`, where that names files."""
        return next((s.value for s in self.evidence if s.name == "runbooks" and s.kind == "files"), ())

    @property
    def used(self) -> tuple[EvidenceSource, ...]:
        """The evidence that some check is about."""
        names = {_owner(part) for check in self.checks for part in check.criterion.comparisons}
        return tuple(source for source in self.evidence if source.name in names)


def _owner(criterion: Criterion) -> str:
    return "" if criterion.selector else criterion.measure.name.rpartition(".")[0]


def vocabulary(kinds: Mapping[str, str]) -> Vocabulary:
    """The measures of named evidence: `staging.current`, `report.blocked`, and those behind selectors.

    Args:
        kinds: of the evidence, by name.
    """
    every = {"report": REPORT, **{name: MEASURES[kind] for name, kind in kinds.items()}}
    plain = {
        f"{name}.{measure}": MeasureSpec(f"{name}.{measure}", s.unit, s.better, s.help, s.share)
        for name, specs in every.items()
        for measure, s in specs.items()
    }
    return Vocabulary(plain, SELECTORS)
