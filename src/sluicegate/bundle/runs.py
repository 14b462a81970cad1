"""The values of `run:` gates from bundles, where their commands must not run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sluicegate.bundle.gather import Expected, Wanted, gather
from sluicegate.core.model import Measure, Problem
from sluicegate.evidence.analysed import RunRecord
from sluicegate.evidence.records import Evidence
from sluicegate.policy.model import GateSettings, RunOutput

_ELSEWHERE = (
    "Run it in a job that may run the project's code, with `sluicegate check --gate {name} --bundle DIR` or "
    "the input `bundle`, and name the bundle here with --runs, or the input `runs`."
)


def with_runs(evidence: Evidence, gates: Sequence[GateSettings], folders: Sequence[Path]) -> Evidence:
    """The evidence with the values that bundles hold of `run:` gates.

    A bundle of another tested commit counts for nothing. A gate whose value no bundle holds, or in
    another shape than the policy declares, has a problem, so that it is an ERROR.

    Args:
        evidence: as collected without running commands; its commit and change stand.
        gates: those to judge; the ones without a command are left out.
        folders: of bundles; see `find.find_bundles`.
    """
    commands = {g.name: g for g in gates if g.run is not None}
    if not commands:
        return evidence
    required = {name: g.required for name, g in commands.items()}
    wanted = Wanted(required, Expected({}), commit=evidence.commit, change=evidence.change)
    gathered = gather(folders, wanted).evidence
    runs = {name: record for name, record in gathered.runs.items() if name in commands}
    problems = dict(evidence.problems)
    for name, settings in commands.items():
        own = gathered.problems.get(name, ())
        amiss = [*own, *wrong_measures(settings, runs.get(name)), *_missing(settings, runs, own, folders)]
        if amiss:
            problems[name] = (*problems.get(name, ()), *amiss)
    return replace(evidence, runs={**evidence.runs, **runs}, problems=problems)


def _missing(
    settings: GateSettings, runs: dict[str, RunRecord], known: Sequence[Problem], folders: Sequence[Path]
) -> list[Problem]:
    """What is said of a gate that has no value; why a bundle brought none is said by `known`."""
    if settings.name in runs or known:
        return []
    what = "no bundle holds its value" if folders else "no bundle is named for its value"
    remedy = _ELSEWHERE.format(name=settings.name)
    return [Problem(f"its command is not run here, and {what}", f"gates.{settings.name}.run", remedy)]


def wrong_measures(settings: GateSettings, record: RunRecord | None) -> list[Problem]:
    """Where a command's measures are not those that the policy declares."""
    run = settings.run
    if run is None or record is None or run.output is RunOutput.SARIF:
        return []
    units = {name: spec.unit for name, spec in run.measures.items()}
    if run.output is RunOutput.NOTHING:
        units = {"exit_code": ""}
    wrong = [name for name, unit in units.items() if not _is_declared(record.measures.get(name), name, unit)]
    remedy = "Let the shard run with the policy that judges."
    return [
        Problem(f"the measure '{name}' is not as the policy declares it", remedy=remedy) for name in wrong
    ]


def _is_declared(measure: Measure | None, name: str, unit: str) -> bool:
    """Is it a value or a reason, under its own name and in the unit of the policy?"""
    if measure is None or (measure.name, measure.unit) != (name, unit):
        return False
    return (measure.value is None) == (measure.absence is not None)
