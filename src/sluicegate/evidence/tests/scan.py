"""The expat handlers that count the cases of a JUnit file while it streams by."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element
from xml.parsers import expat

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line
from sluicegate.evidence.limits import MAX_DEPTH, too_deep
from sluicegate.evidence.records import CaseOutcome, TestCase
from sluicegate.evidence.tests import attempts, case, producers, suites
from sluicegate.evidence.tests.attempts import ERROR, FAILED, PASSED, SKIPPED
from sluicegate.evidence.tests.repeats import KEYS, MAX_SUITES
from sluicegate.evidence.tests.suites import MAX_CASES, FileTotals, StatedCounts, SuiteElement, SuiteTally

ROOTS = frozenset({"testsuites", "testsuite", "testrun"})
"""The elements that hold suites and cases; any of them may be the root."""

_MAX_PENDING = 2000
_MAX_TEXT = 4 * case.MAX_DETAILS
_OF_SUITE = frozenset({"error", "failure"})
_STATES = frozenset({"status", "result", "ignored"})


def local(tag: str) -> str:
    """The name of an element without its namespace prefix: `j:testsuite` is a `testsuite`."""
    return tag.rpartition(":")[2]


class JUnitScan:
    """The expat handlers of a whole reading, and the state between them.

    Attributes:
        totals: what was counted so far.
        producer: who wrote the file, where a suite gives it away and it matters.
    """

    def __init__(self, parser: expat.XMLParserType, where: str) -> None:
        self.totals = FileTotals()
        self._parser = parser
        self._where = where
        self.producer = ""
        self._suites: list[SuiteElement] = []
        self._suite = SuiteElement(0, {})
        self._depth = 0
        self._case: Mapping[str, str] = {}
        self._case_depth = 0
        self._is_case = True  # else what is open is a failure of the suite itself
        self._bits = 0
        self._kept = 0  # cases pending in the open suites
        self._batch: list[Mapping[str, str]] = []
        self._element: Element | None = None
        self._result_depth = 0
        self._result: Element | None = None
        self._text: list[str] = []
        self._size = 0  # characters of it
        self._room = 0  # for the texts of a case
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CommentHandler = self._comment

    def position(self) -> str:
        """The current position, for an error: the element, its suite, and the producer."""
        case_name = case.name_of(self._case) if self._case_depth else ""
        inside = f", in the case '{cut(one_line(case_name), 80)}'" if self._case_depth else ""
        suite = self._suite.name
        of_suite = f"{' of' if inside else ', in'} the suite '{cut(one_line(suite), 80)}'" if suite else ""
        return inside + of_suite + (f" (written by {self.producer})" if self.producer else "")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth = depth = self._depth + 1
        if depth > MAX_DEPTH:
            raise too_deep(self._where)
        if ":" in tag:
            tag = local(tag)
        if self._case_depth:
            if tag in case.RESULT_TAGS and not self._result_depth:
                self._open_result(tag, attributes)
        elif tag == "testcase":
            self._case = attributes
            self._case_depth = depth
        elif tag in ROOTS:
            self._open_suite(tag, attributes)
        else:
            self._open_other(tag, attributes)

    def _comment(self, text: str) -> None:
        if not self._depth:
            self.producer = self.producer or producers.producer_of_comment(text)

    def _open_other(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element outside of cases: a failure of the suite, or one without an outcome."""
        if self._depth == 1:
            raise EvidenceError(
                f"is XML, but not a JUnit report: its root is <{cut(tag, 40)}>",
                where=self._where,
                remedy="Name a file with a <testsuites> or <testsuite> root.",
            )
        self.producer = self.producer or producers.producer_of_property(tag, attributes)
        if tag in _OF_SUITE and self._depth == self._suite.depth + 1:
            self._open_failure(tag, attributes)

    def _end(self, tag: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if depth == self._result_depth:
            self._close_result()
        if depth == self._case_depth:
            self._case_depth = 0
            if self._bits:
                self._close_case()
            else:
                self._batch.append(self._case)
        elif not self._case_depth and local(tag) in ROOTS:
            self._close_suite()

    # --- suites ---

    def _open_suite(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.flush()
        self.producer = self.producer or producers.producer_of(tag, attributes)
        self._suites.append(self._suite)
        self.totals.suites += 1
        self._suite = SuiteElement(self.totals.suites, attributes, tag, self._depth)

    def _close_suite(self) -> None:
        self.flush()
        suite = self._suite
        self._suite = self._suites.pop()
        if suite.codes:
            self._settle(suite)
        self._balance(suite)
        self._suite.below.add(suite.below)
        if not self._suites:
            self._finish(suite.below)

    def _settle(self, suite: SuiteElement) -> None:
        """Count the suite's own cases, attempts merged."""
        below = suite.below
        totals, settled = self.totals, self._merged(suite)
        totals.counts = [a + b for a, b in zip(totals.counts, settled.counts, strict=True)]
        totals.merged += len(suite.codes) - sum(settled.counts)
        if len(totals.suite_keys) <= MAX_SUITES:
            totals.suite_keys.append(suite.run_key(settled.counts))
        totals.cases_key = (totals.cases_key + sum(suite.keys)) % KEYS
        totals.results_key = (totals.results_key + suite.print) % KEYS
        if len(totals.unnamed) < MAX_CASES:
            totals.unnamed.update((suite.ordinal, key) for key in settled.unwatched)
        self._kept -= sum(map(len, suite.pending.values()))
        for key, found in suite.pending.items():
            for each in case.final(found, settled.watched.get(key), suite.retried.get(key)):
                totals.keep(each)
        below.listed += len(suite.codes)
        below.skipped += settled.counts[SKIPPED]

    def _merged(self, suite: SuiteElement) -> attempts.MergedCases:
        """The suite's own cases, attempts merged where its producer writes each for itself."""
        if self.producer in producers.WRITES_ONE_ATTEMPT:
            return attempts.apart(suite.codes)
        declared = case.count(suite.attributes.get("tests")) if self.producer == producers.PYTEST else None
        own = None if declared is None else declared - suite.below.listed - suite.below.claimed
        return attempts.settle(suite.keys, suite.codes, own, suite.pending)

    def _balance(self, suite: SuiteElement) -> None:
        """Compare what the suite states with what is below it (see `suites`)."""
        stated, below, counts = StatedCounts.of(suite.attributes), suite.below, self.totals.counts
        if below.is_empty:
            below.claim(stated)
            counts[FAILED] += stated.failures
            counts[ERROR] += stated.errors
            counts[SKIPPED] += stated.skipped
            if not below.is_empty:
                self.totals.nameless = True  # a suite that does not name its cases
                self.totals.spend([suite.attributes.get("time")])
            return
        counts[SKIPPED] += below.settle(stated, explains=self.producer not in producers.COUNTS_OTHERWISE)
        if stated.unlisted and not below.wrong:
            self._add_unlisted(suite, stated)

    def _add_unlisted(self, suite: SuiteElement, stated: StatedCounts) -> None:
        """Count the failures that the suite states and does not list, as one failing case."""
        outcome = CaseOutcome.FAILED if stated.failures else CaseOutcome.ERROR
        self.totals.counts[FAILED if stated.failures else ERROR] += 1
        self.totals.nameless = True  # the tests that did not end are in it
        suite.below.wrong += 1
        name = f"{stated.unlisted} {suites.UNLISTED}"
        message = "The runner counted it and named no case: see its log for what happened."
        shown = cut(one_line(suite.name), case.MAX_TEXT)
        self.totals.keep(TestCase(shown, name, outcome, message=message))

    def _finish(self, below: SuiteTally) -> None:
        """The root is closed: the numbers of empty suites count, and unlisted tests are reported."""
        self.totals.counts[PASSED] += below.claimed
        if below.missing and self.producer not in producers.COUNTS_OTHERWISE:
            listed = below.listed + below.claimed
            self.totals.stated = (listed + below.missing, listed)
            self.totals.nameless = True  # some that it does not name

    # --- cases ---

    def flush(self) -> None:
        """Count the cases of the batch, which have no result children.

        Batches keep the work a case below that of building its element: there are millions. To
        be called after each chunk of the file, which bounds the batch.
        """
        batch, self._batch = self._batch, []
        if not all(map(_STATES.isdisjoint, batch)):
            for attributes in batch:
                self._count(attributes, case.state_bits(attributes))
            return
        suite = self._suite
        first = len(suite.keys)
        keys = [suite.key(attributes, first + n) for n, attributes in enumerate(batch)]
        times = [a.get("time") for a in batch]
        durations = self.totals.spend(times)
        suite.note(keys, times, PASSED)
        suite.keys.extend(keys)
        suite.codes.extend(bytes(len(batch)))
        self.totals.name(batch, suite.name)
        again = suite.pending.keys() & keys
        if again:
            suite.retried.update((k, d) for k, d in zip(keys, durations, strict=True) if k in again)

    def _close_case(self) -> None:
        self.flush()
        self._count(self._case, self._bits | case.state_bits(self._case), self._element)
        self._element = None
        self._bits = 0
        self._is_case = True

    def _count(self, attributes: Mapping[str, str], bits: int, element: Element | None = None) -> None:
        """Count one case, and keep it if it is reported."""
        suite, code = self._suite, case.code_of(bits)
        key = suite.key(attributes, len(suite.keys))
        times = [attributes.get("time")]
        (duration,) = self.totals.spend(times)
        suite.note([key], times, code)
        suite.keys.append(key)
        suite.codes.append(code)
        suite.below.wrong += bool(bits & ~case.RESULT_TAGS["skipped"])
        if self._is_case:
            self.totals.name((attributes,), suite.name)
        if code == PASSED:
            if key in suite.pending:
                suite.retried[key] = duration
        elif self._kept < _MAX_PENDING:
            self._kept += 1
            element = case.element(attributes) if element is None else element
            found = case.as_record(element, code, suite.name)
            suite.pending.setdefault(key, []).append(found)

    # --- the results of a case ---

    def _open_failure(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A failure of the suite itself: a case without a name of its own, so named after the suite."""
        self._is_case = False
        self._case = {"classname": self._suite.name or "suite"}
        self._case_depth = self._depth
        self._open_result(tag, attributes)

    def _open_result(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self.producer == producers.ASSERTIONS and attributes.get("type") == "WARN":
            self._suite.below.wrong += 1  # doctest counts and lists it, and its test passes
            return
        self._bits |= case.ALLOWED if producers.allows_failure(tag, attributes) else case.RESULT_TAGS[tag]
        self._result_depth = self._depth
        if self._kept >= _MAX_PENDING:
            return
        if self._element is None:
            self._element = case.element(self._case)
            self._room = _MAX_TEXT
        self._result = case.add_result(self._element, tag, attributes)
        self._parser.CharacterDataHandler = self._characters

    def _characters(self, text: str) -> None:
        if self._room > 0:
            self._text.append(text)
            self._size += len(text)
            if self._size > _MAX_TEXT:
                self._text = [case.kept("".join(self._text))]
                self._size = len(self._text[0])

    def _close_result(self) -> None:
        self._result_depth = 0
        self._parser.CharacterDataHandler = None
        if self._result is not None:
            self._result.text = case.kept("".join(self._text))
            self._room -= len(self._result.text)
        self._result = None
        self._text.clear()
        self._size = 0
