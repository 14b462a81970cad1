"""The same cases of one run in several files: an aggregate beside its parts. Pure.

Two suites are one where their cases agree in name, outcome and time, to the digit, and the suites in
their timestamp. Suites without a timestamp need times that differ among their cases: two shards of quick
tests may well say `0.001` everywhere. So the results of a matrix are never taken for repeats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sluicegate.core.text import some
from sluicegate.evidence.records import TestsRecord

MAX_SUITES = 50_000
"""A file with more suites is not compared."""


def repeats(records: Sequence[TestsRecord]) -> dict[str, str]:
    """The files of which every suite stands in others, too, each with the reason not to count it.

    The largest is left out first: an aggregate whose parts are all there; else the parts that it holds.
    Records of different suites of the policy are not compared.

    Args:
        records: those of one run.
    """
    found: dict[str, str] = {}
    for suite in dict.fromkeys(record.suite for record in records):
        own = [r for r in records if r.suite == suite and r.suite_keys and 0 not in r.suite_keys]
        if len(own) > 1:
            found |= _of_suite({record.source.path: Counter(record.suite_keys) for record in own})
    return found


def _of_suite(suites: Mapping[str, Counter[int]]) -> dict[str, str]:
    everywhere: Counter[int] = sum(suites.values(), Counter())
    kept, left_out = dict(suites), {}
    for path in sorted(sorted(suites, reverse=True), key=lambda p: -suites[p].total()):
        own = suites[path]
        if all(everywhere[key] >= 2 * count for key, count in own.items()):
            everywhere -= own
            del kept[path]
            left_out[path] = own
    return {path: _reason(own, kept) for path, own in left_out.items()}


def _reason(own: Counter[int], kept: Mapping[str, Counter[int]]) -> str:
    names = sorted(path for path, suites in kept.items() if suites.keys() & own.keys())
    return f"holds the cases of {some(names[:2], len(names))}, which count"
