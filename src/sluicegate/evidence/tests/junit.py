"""Reader of JUnit XML from any runner, streamed, in memory that does not grow with the file.

There is no standard, only the shapes that runners write; this reader takes `<testsuites>`,
`<testsuite>` and Eclipse's `<testrun>` as roots, with suites nested in any way.

What a file says, where its elements and its attributes disagree: the elements count, those of cases
and an `<error>` or `<failure>` directly in a suite, which is a failing case named after the suite
(Jenkins reads the first so: jenkinsci/junit-plugin, `SuiteResult.java`). What a suite's attributes add is
ruled in `suites`, whom they are not believed from in `producers`. So the sample of a browser runner
whose suite declares `errors="1" failures="1"` for one failing case has one failure, and its case that
failed and then passed is one passed, flaky case.

Junitparser's model reads the cases that did not pass; the many that did never become objects.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.parsers.expat import ExpatError, XMLParserType

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Source
from sluicegate.core.text import plural
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import Kind, TestCase, TestsRecord
from sluicegate.evidence.tests import case
from sluicegate.evidence.tests.attempts import ERROR, FAILED, FLAKY, PASSED, SKIPPED
from sluicegate.evidence.tests.producers import ASSERTIONS
from sluicegate.evidence.tests.repeats import MAX_SUITES
from sluicegate.evidence.tests.scan import ROOTS, JUnitScan, local
from sluicegate.evidence.tests.suites import MAX_CASES, FileTotals
from sluicegate.evidence.xml_prolog import root_text
from sluicegate.evidence.xml_repair import parse_file

_ROOT_TAG = re.compile(r"<(?:[\w.-]{1,40}:)?(?:testsuites?|testrun)(?:[\s/>]|\Z)", re.ASCII)


def matches(_name: str, head: bytes) -> bool:
    """Whether the first element of `head` is one of JUnit's roots."""
    return _ROOT_TAG.match(root_text(head)) is not None


def read(path: Path, shown: str) -> TestsRecord:
    """Read one result file.

    Raises:
        EvidenceError: not JUnit XML, or over a limit.
    """
    scan, digest, tolerated = _scanned(path, shown)
    totals = scan.totals
    if totals.unnamed:
        names, _, _ = parse_file(path, shown, lambda parser: _RerunNames(parser, totals.unnamed))
        for found in names.found.values():
            totals.keep(found)
    merged = [f"{plural(totals.merged, 'retry', 'retries')} merged"] if totals.merged else []
    tool = scan.producer if scan.producer != ASSERTIONS else ""
    source = Source(shown, "junit", sha256=digest, tool=tool, note="; ".join((*merged, *tolerated)))
    return _record(source, totals)


class _RerunNames:
    """A second reading, for the names of reruns whose entries all look passed.

    `wanted` holds the ordinal of a suite and the identity of a case, as `FileTotals.unnamed`.
    """

    def __init__(self, parser: XMLParserType, wanted: set[tuple[int, int]]) -> None:
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


def _scanned(path: Path, shown: str) -> tuple[JUnitScan, str, tuple[str, ...]]:
    """The first reading; where the file is damaged, the error names the element and the producer."""
    scans: list[JUnitScan] = []

    def begin(parser: XMLParserType) -> JUnitScan:
        scans.append(JUnitScan(parser, shown))
        return scans[-1]

    try:
        return parse_file(path, shown, begin, JUnitScan.flush)
    except EvidenceError as error:
        if not scans or not isinstance(error.__cause__, ExpatError):
            raise
        what = error.what + scans[-1].position()
        raise EvidenceError(what, where=error.where, remedy=error.remedy) from error.__cause__


def _record(source: Source, totals: FileTotals) -> TestsRecord:
    counts, listed = totals.counts, frozenset(totals.listed)
    worth_telling = counts[FAILED] + counts[ERROR] + counts[FLAKY] + counts[SKIPPED]
    cases = tuple([*totals.failing, *totals.flaky, *totals.skipped][:MAX_CASES])
    return TestsRecord(
        source=source,
        tests=sum(counts),
        passed=counts[PASSED] + counts[FLAKY],
        failed=counts[FAILED],
        errors=counts[ERROR],
        skipped=counts[SKIPPED],
        flaky=counts[FLAKY],
        duration=None if totals.untimed or (any(counts) and not totals.timed) else totals.duration,
        cases=cases,
        cases_dropped=max(worth_telling - len(cases), 0),
        stated=totals.stated,
        cases_key=totals.cases_key,
        results_key=totals.results_key,
        suite_keys=tuple(totals.suite_keys) if len(totals.suite_keys) <= MAX_SUITES else (),
        names=None if totals.many or totals.nameless else listed,
        listed=listed,
    )


READER = Reader("junit", Kind.TESTS, matches, read)
