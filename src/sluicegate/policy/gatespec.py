"""What a gate declares: its entry in the catalogue as values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.core.globs import glob_matches
from sluicegate.criteria import Vocabulary

READS = ("coverage", "tests", "findings", "benchmarks")
"""The kinds of files that a gate may read."""

ENGINES = ("bandit", "complexity", "docs", "changes")
"""The engines that may make its evidence."""

KEYS = ("files", "suites", "exclude", "scope", "baseline")
"""The keys of the policy that it may have beside those that every gate has."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format that a gate reads: the command that writes it, and what it holds."""

    tool: str
    write: str
    gives: str


@dataclass(frozen=True, slots=True)
class GateSpec:
    """One gate's entry.

    Attributes:
        module: its `GATE` measures.
        about: what it judges, in a sentence.
        why: what it protects from, a short paragraph.
        keys: of the policy, beside those that every gate has: name -> what it means here.
        in_component: what it judges of a component; empty for a gate whose evidence has no paths.
        reads: the kinds of files that it reads, as `evidence.records.Kind` names them.
        engine: of ours, which makes its evidence; empty for none.
        waives: `findings`, or `criteria` for a gate that measures a whole: what it points at is where
            to begin, and it cannot be waived.
        graded: its findings differ in severity.
        is_security: its findings are weaknesses, whose severities are GitHub's scores.
        tables_place_findings: its tables name the places of its findings.
        headlines: the measures that represent it where it is satisfied, the first that has a value.
        counts: of measures that count a part of the findings: a glob of their rules, a severity before it if
            only those of it count.
        charted: the measures whose course is shown, each with the label of its badge.
        of_run: it judges the run of the workflow, which no shard sees as a whole: no job is planned for it,
            and no bundle feeds it.
        rule: of a finding, for the waiver that `explain` offers.
        evidence: what it reads, in words.
        looks_for: names and patterns that discovery looks for; empty for an engine's gate.
        remedies: by measure name: what to do when a criterion on it is not satisfied.
        example: a policy fragment, as YAML text.
        formats: for a gate that reads many, one line each.
    """

    name: str
    module: str
    title: str
    about: str
    why: str
    evidence: str
    vocabulary: Vocabulary
    looks_for: tuple[str, ...] = ()
    remedies: Mapping[str, str] = field(default_factory=dict)
    example: str = ""
    order: int = 0
    formats: tuple[Format, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    in_component: str = ""
    reads: tuple[str, ...] = ()
    engine: str = ""
    waives: str = "findings"
    graded: bool = True
    is_security: bool = False
    tables_place_findings: bool = False
    headlines: tuple[str, ...] = ()
    counts: Mapping[str, str] = field(default_factory=dict)
    charted: Mapping[str, str] = field(default_factory=dict)
    of_run: bool = False
    rule: str = ""

    def __post_init__(self) -> None:
        """Refuse unknown names with `ValueError`."""
        measures = tuple(self.vocabulary.measures)
        _known("reads", self.reads, READS)
        _known("engine", [self.engine] if self.engine else [], ENGINES)
        _known("keys", self.keys, KEYS)
        _known("waives", [self.waives], ("findings", "criteria"))
        _known("headlines", self.headlines, measures)
        _known("counts", self.counts, measures)
        _known("charted", self.charted, measures)
        _known("remedies", self.remedies, measures)

    @property
    def has_paths(self) -> bool:
        """Does its evidence have paths, so that a component can be judged?"""
        return bool(self.in_component)

    def is_counted(self, measure: str, rule: str, severity: str) -> bool:
        """May a measure count a finding of this rule and severity?"""
        *severities, glob = self.counts.get(measure, "**").split()
        return glob_matches(glob, rule) and severities in ([], [severity])

    @property
    def waives_findings(self) -> bool:
        """Can single findings of it be waived?"""
        return self.waives == "findings"


def _known(key: str, names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"'{key}' must be of {', '.join(known)}, and names '{name}'")
