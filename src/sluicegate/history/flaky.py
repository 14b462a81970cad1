"""Test cases whose outcome changes without their code, from the recorded runs. Pure.

A case counts as flaky for one of three reasons, from the surest to the least sure:

- it failed and passed when tried again, in one run;
- it failed and did not fail, in two runs on the same tree;
- it failed in two stretches of runs or more, with runs between in which it did not, while the file
  that holds it stayed the same. One stretch alone is a defect that came and was fixed.

The idea of telling by the same code is that of Luo et al., "An empirical analysis of flaky tests", 2014.
Runs are only compared with runs of the same suites, and a run in which most cases failed says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from sluicegate.history.entries import Case, Entry, is_of_gate
from sluicegate.history.failing import was_broken

WINDOW = 100
"""Recorded runs that are looked at, the newest."""


@dataclass(frozen=True, slots=True)
class Flaky:
    """A flaky case.

    Attributes:
        name: `suite::case`.
        path: its file; empty where the results do not name one.
        failed: in how many of the runs it failed, or failed at first.
        runs: that were looked at.
        why: the reason, as text.
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
class _CaseRun:
    """One case in one run: its outcome, empty where it did not fail."""

    outcome: str
    tree: str
    code: str


Suites = Sequence[tuple[Entry, Mapping[str, Case]]]
"""Runs of the same suites, each with the cases that failed by name."""


def flaky_cases(entries: Iterable[Entry]) -> tuple[Flaky, ...]:
    """The cases that the recorded reports, oldest first, show to be flaky; those that fail most first."""
    found: dict[str, Flaky] = {}
    for same in _by_suites([e for e in entries if _tells(e)][-WINDOW:]):
        for case in _of_suites(same):
            found[case.name] = min(case, found.get(case.name, case), key=_order)
    return tuple(sorted(found.values(), key=_order))


def _tells(entry: Entry) -> bool:
    """Did tests run, and most of them to their end in each suite?"""
    broken = (was_broken(own) for name, own in entry.measures.items() if is_of_gate(name, "tests"))
    return entry.ran_tests and not any(broken)


def _order(case: Flaky) -> tuple[int, str]:
    return -case.failed, case.name


def _by_suites(ran: Iterable[Entry]) -> Iterable[Suites]:
    groups: dict[frozenset[str], list[tuple[Entry, Mapping[str, Case]]]] = {}
    for entry in ran:
        suites = (v for v, own in entry.measures.items() if is_of_gate(v, "tests") and "tests" in own)
        groups.setdefault(frozenset(suites), []).append((entry, {c.name: c for c in entry.cases}))
    return groups.values()


def _of_suites(same: Suites) -> Iterator[Flaky]:
    for name in dict.fromkeys(chain.from_iterable(cases for _, cases in same)):
        path = next(cases[name].path for _, cases in reversed(same) if name in cases)
        runs = [
            _CaseRun(cases[name].outcome if name in cases else "", entry.tree, entry.code.get(path, ""))
            for entry, cases in same
        ]
        runs = _since_changed(runs)
        if why := _why(runs):
            yield Flaky(name, path, sum(bool(run.outcome) for run in runs), len(runs), why)


def _since_changed(runs: list[_CaseRun]) -> list[_CaseRun]:
    """The runs since the case's file has been as it is now, as far as that is known."""
    newest = next((run.code for run in reversed(runs) if run.code), "")
    changed = [n for n, run in enumerate(runs) if run.code not in ("", newest)]
    return runs[changed[-1] + 1 :] if changed else runs


def _why(runs: Sequence[_CaseRun]) -> str:
    outcomes = [run.outcome for run in runs]
    if "flaky" in outcomes:
        return "passed when tried again"
    if _trees(runs, bad=True) & _trees(runs, bad=False):
        return "failed and passed on the same tree"
    stretches = sum(bad for bad, _ in groupby(map(bool, outcomes)))
    if stretches > 1 and all(run.code for run in runs if run.outcome):
        return f"failed in {stretches} stretches while its file stayed the same"
    return ""


def _trees(runs: Iterable[_CaseRun], *, bad: bool) -> set[str]:
    return {run.tree for run in runs if bool(run.outcome) is bad} - {""}
