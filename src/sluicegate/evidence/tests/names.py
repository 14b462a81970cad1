"""The second reading of a JUnit file, for the names of cases whose entries all look passed."""

from __future__ import annotations

from xml.parsers import expat

from sluicegate.evidence.records import TestCase
from sluicegate.evidence.tests import case
from sluicegate.evidence.tests.attempts import FLAKY
from sluicegate.evidence.tests.scan import ROOTS, local


class RerunNames:
    """A second reading, for the names of reruns whose entries all look passed.

    `wanted` holds the ordinal of a suite and the identity of a case, as `Totals.unnamed`.
    """

    def __init__(self, parser: expat.XMLParserType, wanted: set[tuple[int, int]]) -> None:
        self.found: dict[tuple[int, int], TestCase] = {}
        self._wanted = wanted
        self._count = 0
        self._open: list[tuple[int, str]] = [(0, "")]
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = local(tag)
        if tag in ROOTS:
            self._count += 1
            self._open.append((self._count, attributes.get("name", "")))
        elif tag == "testcase":
            ordinal, suite = self._open[-1]
            key = (ordinal, case.identity(attributes))
            if key in self._wanted:
                self.found[key] = case.as_record(case.element(attributes), FLAKY, suite)

    def _end(self, tag: str) -> None:
        if local(tag) in ROOTS:
            self._open.pop()
