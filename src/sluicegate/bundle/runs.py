"""Values of `run:` gates from bundles, where their commands must not run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sluicegate.bundle.gather import Expected, GatherRequest, gather
from sluicegate.core.model import Measure, Problem
from sluicegate.evidence.analysed import RunRecord
from sluicegate.evidence.records import Evidence
from sluicegate.policy.model import GateSettings, RunOutput

_ELSEWHERE = (
    "Run it in a job that may run the project's code, with `sluicegate check --gate {name} --bundle DIR` or "
    "the input `bundle`, and name the bundle here with --runs, or the input `runs`."
)


def with_runs(evidence: Evidence, gates: Sequence[GateSettings], folders: Sequence[Path]) -> Evidence:
    """The evidence with the values of `run:` gates from bundles.

    Bundles of another tested commit are ignored. A gate whose value is missing, or does not match the
    policy, has a problem, so that it is an ERROR.
    """
    commands = {g.name: g for g in gates if g.run is not None}
    if not commands:
        return evidence
    required = {name: g.required for name, g in commands.items()}
    wanted = GatherRequest(required, Expected({}), commit=evidence.commit, change=evidence.change)
    gathered = gather(folders, wanted).evidence
    runs = {name: record for name, record in gathered.runs.items() if name in commands}
    problems = dict(evidence.problems)
    for name, settings in commands.items():
        own = gathered.problems.get(name, ())
        found = [*own, *wrong_measures(settings, runs.get(name)), *_missing(settings, runs, own, folders)]
        if found:
            problems[name] = (*problems.get(name, ()), *found)
    return replace(evidence, runs={**evidence.runs, **runs}, problems=problems)


def _missing(
    settings: GateSettings, runs: dict[str, RunRecord], known: Sequence[Problem], folders: Sequence[Path]
) -> list[Problem]:
    """The problem of a gate without a value, unless a problem is `known` already."""
    if settings.name in runs or known:
        return []
    what = "no bundle holds its value" if folders else "no bundle is named for its value"
    remedy = _ELSEWHERE.format(name=settings.name)
    return [Problem(f"its command is not run here, and {what}", f"gates.{settings.name}.run", remedy)]


def wrong_measures(settings: GateSettings, record: RunRecord | None) -> list[Problem]:
    """Problems of a command's measures that do not match the policy."""
    run = settings.run
    if run is None or record is None or run.output is RunOutput.SARIF:
        return []
    units = {name: spec.unit for name, spec in run.measures.items()}
    if run.output is RunOutput.NOTHING:
        units = {"exit_code": ""}
    wrong = [name for name, unit in units.items() if not _is_declared(record.measures.get(name), name, unit)]
    remedy = "Let the shard run with the policy that judges."
    return [
        Problem(f"the measure '{name}' does not match its declaration in the policy", remedy=remedy)
        for name in wrong
    ]


def _is_declared(measure: Measure | None, name: str, unit: str) -> bool:
    """Has it a value or a reason, its own name and the unit of the policy?"""
    if measure is None or (measure.name, measure.unit) != (name, unit):
        return False
    return (measure.value is None) == (measure.absence is not None)
