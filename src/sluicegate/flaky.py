"""Test cases whose outcome changes without their code: what the recorded runs tell. Pure.

Three things tell that a case is flaky, from the surest to the least sure:

- it failed and passed when tried again, in one run;
- it failed and did not fail, in two runs on the same tree;
- it failed in two stretches of runs or more, with runs between in which it did not, while the file
  that it stands in stayed the same. One stretch alone is a defect that came and was mended.

The idea of telling by the same code is that of Luo et al., "An empirical analysis of flaky tests", 2014.
Runs are only compared with runs of the same suites.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sluicegate.history import Case, Entry, is_of_gate

WINDOW = 100
"""Recorded runs that are looked at, the newest."""

_RETRIED = "flaky"


@dataclass(frozen=True, slots=True)
class Flaky:
    """A flaky case.

    Attributes:
        name: `suite::case`.
        path: where it stands; empty where the results do not say.
        failed: in how many of the runs it failed, or failed at first.
        runs: that were looked at.
        why: what tells it, in words.
    """

    name: str
    path: str
    failed: int
    runs: int
    why: str

    @property
    def rate(self) -> str:
        """`failed 3 of 40 runs`."""
        return f"failed {self.failed} of {self.runs} runs"


@dataclass(frozen=True, slots=True)
class _Run:
    """One case in one run: `bad` is None where it did not fail."""

    bad: Case | None
    tree: str
    code: str


def flaky_cases(entries: Iterable[Entry]) -> tuple[Flaky, ...]:
    """The cases that the recorded runs show to be flaky, those that fail most first.

    Args:
        entries: recorded reports, oldest first.
    """
    ran = [e for e in entries if e.ran_tests][-WINDOW:]
    found: dict[str, Flaky] = {}
    for suites in dict.fromkeys(map(_suites, ran)):
        same = [(e, {c.name: c for c in e.cases}) for e in ran if _suites(e) == suites]
        for name in dict.fromkeys(name for _, cases in same for name in cases):
            case = _judge(name, same)
            if case and (name not in found or _order(case) < _order(found[name])):
                found[name] = case
    return tuple(sorted(found.values(), key=_order))


def _order(case: Flaky) -> tuple[int, str]:
    return -case.failed, case.name


def _suites(entry: Entry) -> frozenset[str]:
    return frozenset(v for v, own in entry.measures.items() if is_of_gate(v, "tests") and "tests" in own)


def _judge(name: str, same: Sequence[tuple[Entry, Mapping[str, Case]]]) -> Flaky | None:
    path = next(cases[name].path for _, cases in reversed(same) if name in cases)
    current = _since_changed([_Run(cases.get(name), e.tree, e.code.get(path, "")) for e, cases in same])
    why = _why(current)
    failed = sum(run.bad is not None for run in current)
    return Flaky(name, path, failed, len(current), why) if why else None


def _since_changed(runs: Sequence[_Run]) -> Sequence[_Run]:
    """The runs since the case's file has been as it is now, as far as that is known."""
    newest = next((run.code for run in reversed(runs) if run.code), "")
    changed = [n for n, run in enumerate(runs) if run.code and run.code != newest]
    return runs[changed[-1] + 1 :] if changed else runs


def _why(runs: Sequence[_Run]) -> str:
    if any(run.bad and run.bad.outcome == _RETRIED for run in runs):
        return "passed when tried again"
    trees = {(run.tree, run.bad is not None) for run in runs if run.tree}
    if any((tree, not bad) in trees for tree, bad in trees):
        return "failed and passed on the same tree"
    stretches = [bad for bad, _ in groupby(run.bad is not None for run in runs)]
    if sum(stretches) > 1 and all(run.code for run in runs if run.bad):
        return f"failed in {sum(stretches)} stretches while its file stayed the same"
    return ""
