"""The results of the jobs that a job needs, as a workflow hands them over: `${{ toJSON(needs) }}`. Pure.

GitHub's page "Contexts", `needs`: it holds direct dependencies alone; a matrix is one job with one result,
and a job with `continue-on-error` that failed has the result `success`. Their outputs are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping

from sluicegate.core.errors import EvidenceError, UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.documents.parsing import parse

_REMEDY = "Write 'needs: ${{ toJSON(needs) }}' in a job that has `needs:`."


def read_needs(text: str, where: str = "needs") -> Mapping[str, str] | None:
    """Job -> its result; None where nothing was handed over.

    Args:
        text: what the workflow handed over.
        where: where it came from, for the error.

    Raises:
        UsageError: it is not what GitHub writes, or it names no job.
    """
    if not text.strip():
        return None
    try:
        jobs = parse(text.encode(), where)
    except EvidenceError as error:
        raise UsageError(error.what, where=where, remedy=_REMEDY) from error
    if not isinstance(jobs, dict) or not jobs:
        raise UsageError("names no job", where=where, remedy=_REMEDY)
    return {job: _result(job, own, where) for job, own in jobs.items()}


def _result(job: str, own: object, where: str) -> str:
    result = own.get("result") if isinstance(own, dict) else None
    if not isinstance(result, str):
        raise UsageError(f"the job '{cut(one_line(job), 100)}' has no result", where=where, remedy=_REMEDY)
    return result
