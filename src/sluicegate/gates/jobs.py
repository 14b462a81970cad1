"""The gate `jobs`: did the jobs of the workflow run, and how did they end?

GitHub reports a job that was skipped as passed. A skip is accepted here only where the plan, made anew by the
policy that judges, explains it: the change touches none of the components that name the job, or none at all.
What a job of the run says about itself explains nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sluicegate.core.model import Better, Problem, Table
from sluicegate.core.text import cut, one_line, plural, some
from sluicegate.criteria import Measures
from sluicegate.evidence.records import Evidence
from sluicegate.gates.interface import Context, Gate, Measured
from sluicegate.gates.measures import by_name, count
from sluicegate.policy.model import Policy
from sluicegate.policy.touched import left_out

_NOT_GIVEN = "the results of the jobs were not handed over: give the Action 'needs: ${{ toJSON(needs) }}'"
_RERUN = "Run the job again. If the change need not run it, name it in the policy: components.NAME.jobs."
_NEED = "Write it in the `needs:` of the job that judges."


def measure(evidence: Evidence, context: Context) -> Measured:
    """How many jobs ended in which way; a job that did not run without an accepted reason is a problem."""
    if evidence.jobs is None:
        return Measured(absent=_NOT_GIVEN)
    excuses = _Excuses.of(context.policy, left_out(context.policy, evidence.change))
    jobs = evidence.jobs
    failed = sorted(job for job, result in jobs.items() if result == "failure")
    skipped = {job: excuses.of_job(job) for job, result in jobs.items() if result == "skipped"}
    left = sorted(job for job, reason in skipped.items() if reason)
    succeeded = Counter(jobs.values())["success"]
    found = (
        count("failed", len(failed)),
        count("succeeded", succeeded, Better.HIGHER),
        count("left_out", len(left)),
    )
    remedy = f"Open {_some(failed)} in the run, and fix what failed."
    return Measured(
        measures=Measures(by_name(found)),
        summary=_summary(succeeded, len(jobs), failed, left),
        problems=tuple(_problems(jobs, skipped, excuses)),
        tables=_table(jobs, skipped),
        remedies={"failed": (remedy,)} if failed else {},
    )


@dataclass(frozen=True, slots=True)
class _Excuses:
    """Why jobs need not run.

    Attributes:
        of_component: job -> reason, empty where one of its components is touched.
        nothing: why no job has work; empty when some have.
    """

    of_component: Mapping[str, str]
    nothing: str

    @staticmethod
    def of(policy: Policy, idle: Mapping[str, str]) -> _Excuses:
        reasons: dict[str, str] = {}
        for component in policy.components:
            for job in component.jobs:
                reason = idle.get(component.name, "")
                reasons[job] = reason if reasons.get(job, reason) else ""
        all_idle = bool(policy.components) and len(idle) == len(policy.components)
        return _Excuses(reasons, "the change touches no component" if all_idle else "")

    def of_job(self, job: str) -> str:
        """The reason; empty for a job that must run."""
        return self.of_component.get(job, self.nothing)


def _problems(jobs: Mapping[str, str], skipped: Mapping[str, str], excuses: _Excuses) -> Iterator[Problem]:
    for job, result in sorted(jobs.items()):
        if result == "cancelled":
            yield Problem(f"the job '{_shown(job)}' was cancelled", remedy="Run it again.")
        elif result == "skipped" and not skipped[job]:
            yield Problem(f"the job '{_shown(job)}' was skipped, and the plan does not say so", remedy=_RERUN)
        elif result not in ("success", "failure", "skipped"):
            what = f"the job '{_shown(job)}' ended as '{_shown(result)}', which is no known result"
            yield Problem(what, remedy="Update Sluicegate.")
    for job, reason in sorted(excuses.of_component.items()):
        if job not in jobs and not reason:
            what = f"the job '{_shown(job)}', which the policy names, is not among the results"
            yield Problem(what, remedy=_NEED)


def _shown(text: str) -> str:
    return cut(one_line(text), 100)


def _some(jobs: list[str]) -> str:
    return some(list(map(_shown, jobs[:3])), len(jobs))


def _summary(succeeded: int, number: int, failed: list[str], left: list[str]) -> str:
    parts = [f"{succeeded:,} of {plural(number, 'job')} succeeded"]
    parts += [f"{_some(failed)} failed"] if failed else []
    parts += [f"{_some(left)} left out by plan"] if left else []
    return "; ".join(parts)


def _table(jobs: Mapping[str, str], skipped: Mapping[str, str]) -> tuple[Table, ...]:
    """The jobs that did not succeed, each with the reason where the plan has one."""
    others = sorted((job, result) for job, result in jobs.items() if result != "success")
    rows = tuple((_shown(job), _shown(result), skipped.get(job, "")) for job, result in others)
    columns = ("job", "result", "reason")
    return (Table("Jobs that did not succeed", columns, rows, "lll"),) if rows else ()


GATE = Gate("jobs", measure)
