"""What to collect: the question to `collector.collect`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sluicegate.collect.named import NamedEvidence
from sluicegate.engines.interface import Progress
from sluicegate.evidence.analysed import RunRecord
from sluicegate.evidence.records import Evidence
from sluicegate.github.event import EventContext
from sluicegate.policy.model import GateSettings, Policy


@dataclass(frozen=True, slots=True)
class EarlierEvidence:
    """Evidence that was collected for another policy on the same tree."""

    policy: Policy
    evidence: Evidence

    def run(self, settings: GateSettings) -> RunRecord | None:
        """The output of the same command of a gate; None when it did not run."""
        other = self.policy.gate(settings.name)
        same = other is not None and other.run == settings.run
        return self.evidence.runs.get(settings.name) if same else None


@dataclass(frozen=True, slots=True)
class CollectRequest:
    """What to collect.

    Attributes:
        root: the folder that is judged; paths are relative to it.
        base: `--base`; empty for the default.
        named: the `--evidence` arguments; they replace discovery for their kinds.
        only: the gates to collect for; all of the policy's when empty.
        earlier: whose commands are not run again where they are the same.
        place: the folder to look for evidence in; None for `root`.
        untrusted: no code of the project may run: the project's interpreter does not complete coverage data.
        runs_commands: the commands of `run:` gates are run; else the caller has their values.
    """

    root: Path
    policy: Policy
    event: EventContext
    progress: Progress
    base: str = ""
    named: tuple[NamedEvidence, ...] = ()
    only: tuple[str, ...] = ()
    earlier: EarlierEvidence | None = None
    place: Path | None = None
    untrusted: bool = False
    runs_commands: bool = True

    def gates(self) -> list[GateSettings]:
        """The settings of the gates to collect for: of the whole policy and of components."""
        gates = {g.name: g for g in self.policy.gates}
        for component in self.policy.components:
            gates = {g.name: g for g in component.gates} | gates
        return [g for g in gates.values() if not self.only or g.name in self.only]

    def patterned(self) -> list[GateSettings]:
        """Every setting that may name files: those of `gates`, then those of components."""
        gates = self.gates()
        parts = [g for c in self.policy.components for g in c.gates if not self.only or g.name in self.only]
        return [*gates, *(g for g in parts if g not in gates)]
