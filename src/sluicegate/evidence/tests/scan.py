"""The expat handlers that count the cases of a JUnit file while it streams by."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element
from xml.parsers import expat

from sluicegate.caselist import MAX_NAMES
from sluicegate.errors import EvidenceError
from sluicegate.evidence.limits import MAX_DEPTH, too_deep
from sluicegate.evidence.records import Outcome, TestCase
from sluicegate.evidence.tests import attempts, case
from sluicegate.evidence.tests.attempts import CODES, ERROR, FAILED, FLAKY, PASSED, SKIPPED
from sluicegate.text import cut, one_line

MAX_CASES = 500
"""Cases that a record names; `cases_dropped` counts the others."""

ROOTS = frozenset({"testsuites", "testsuite", "testrun"})
"""The elements that hold suites and cases; any of them may be the root."""

_MAX_PENDING = 2000
_STATES = frozenset({"status", "result", "ignored"})


@dataclass(slots=True)
class _Suite:
    """One open `<testsuite>`, or the root."""

    ordinal: int
    attributes: Mapping[str, str]
    keys: array[int] = field(default_factory=lambda: array("q"))
    codes: bytearray = field(default_factory=bytearray)
    pending: dict[int, list[TestCase]] = field(default_factory=dict)
    retried: dict[int, float] = field(default_factory=dict)
    nested: int = 0
    duration: float = 0.0

    @property
    def name(self) -> str:
        return self.attributes.get("name", "")


_KEY_MASK = (1 << 64) - 1


@dataclass(slots=True)
class Totals:
    """What is known of the whole file."""

    counts: list[int] = field(default_factory=lambda: [0] * CODES)
    duration: float = 0.0
    suites: int = 0
    failing: list[TestCase] = field(default_factory=list)
    flaky: list[TestCase] = field(default_factory=list)
    skipped: list[TestCase] = field(default_factory=list)
    unnamed: set[tuple[int, int]] = field(default_factory=set)
    merged: int = 0
    cases_key: int = 0
    names: set[str] | None = field(default_factory=set)

    def name(self, cases: Iterable[Mapping[str, str]], suite: str) -> None:
        """Keep the names of cases, until there are too many to be compared."""
        if self.names is not None:
            self.names.update(case.full_name(each, suite) for each in cases)
            if len(self.names) > MAX_NAMES:
                self.names = None

    def keep(self, found: TestCase) -> None:
        """Keep a case for the record, unless there are enough of its kind."""
        lists = {Outcome.FLAKY: self.flaky, Outcome.SKIPPED: self.skipped}
        kept = lists.get(found.outcome, self.failing)
        if len(kept) < MAX_CASES:
            kept.append(found)


def identity(attributes: Mapping[str, str]) -> int:
    """The identity of a case inside its suite, as a 64-bit hash salted by the process."""
    get = attributes.get
    return hash((get("classname"), get("file"), get("name")))


class Scan:
    """The expat handlers of a whole reading, and the state between them.

    Attributes:
        totals: what was counted so far.
        first_suite: name of the first suite that has one.
    """

    def __init__(self, parser: expat.XMLParserType, where: str) -> None:
        self.totals = Totals()
        self.first_suite = ""
        self._parser = parser
        self._where = where
        self._suites: list[_Suite] = []
        self._suite = _Suite(0, {})
        self._depth = 0
        self._case: Mapping[str, str] = {}
        self._case_depth = 0
        self._bits = 0
        self._kept = 0  # cases pending in the open suites
        self._batch: list[Mapping[str, str]] = []
        self._element: Element | None = None
        self._result_depth = 0
        self._result: Element | None = None
        self._text: list[str] = []
        self._room = 0
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth = depth = self._depth + 1
        if depth > MAX_DEPTH:
            raise too_deep(self._where)
        if self._case_depth:
            if tag in case.RESULT_TAGS and not self._result_depth:
                self._open_result(tag, attributes)
        elif tag == "testcase":
            self._case = attributes
            self._case_depth = depth
        elif tag in ROOTS:
            self._open_suite(attributes)
        elif depth == 1:
            raise EvidenceError(
                f"is XML, but no JUnit report: its root is <{cut(tag, 40)}>",
                where=self._where,
                remedy="Name a file with a <testsuites> or <testsuite> root.",
            )

    def _end(self, tag: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if depth == self._case_depth:
            self._case_depth = 0
            if self._bits:
                self._close_case()
            else:
                self._batch.append(self._case)
        elif depth == self._result_depth:
            self._close_result()
        elif tag in ROOTS and not self._case_depth:
            self._close_suite()

    # --- suites ---

    def _open_suite(self, attributes: Mapping[str, str]) -> None:
        self.flush()
        self.first_suite = self.first_suite or one_line(attributes.get("name", ""))
        self._suites.append(self._suite)
        self.totals.suites += 1
        self._suite = _Suite(self.totals.suites, attributes)

    def _close_suite(self) -> None:
        self.flush()
        suite = self._suite
        self._suite = self._suites.pop()
        if suite.codes:
            self._suite.nested += suite.nested + self._settle(suite)
        elif suite.nested:
            self._suite.nested += suite.nested
        else:
            self._suite.nested += self._declared(suite.attributes)

    def _settle(self, suite: _Suite) -> int:
        declared = case.count(suite.attributes.get("tests"))
        settled = attempts.settle(
            suite.keys,
            suite.codes,
            None if declared is None else declared - suite.nested,
            suite.pending,
        )
        totals = self.totals
        totals.counts = [a + b for a, b in zip(totals.counts, settled.counts, strict=True)]
        totals.duration += suite.duration
        totals.merged += len(suite.codes) - settled.cases
        totals.cases_key = (totals.cases_key + sum(suite.keys)) & _KEY_MASK
        if len(totals.unnamed) < MAX_CASES:
            totals.unnamed.update((suite.ordinal, key) for key in settled.unwatched)
        self._kept -= sum(map(len, suite.pending.values()))
        for key, found in suite.pending.items():
            for each in _final(found, settled.watched.get(key), suite.retried.get(key)):
                totals.keep(each)
        return settled.cases

    def _declared(self, attributes: Mapping[str, str]) -> int:
        """Count a suite without cases by its attributes; how many cases it stands for."""
        failed = case.count(attributes.get("failures")) or 0
        errors = case.count(attributes.get("errors")) or 0
        skipped = max(case.count(attributes.get(n)) or 0 for n in ("skipped", "disabled", "ignored"))
        tests = max(case.count(attributes.get("tests")) or 0, failed + errors + skipped)
        counts = self.totals.counts
        counts[PASSED] += tests - failed - errors - skipped
        counts[FAILED] += failed
        counts[ERROR] += errors
        counts[SKIPPED] += skipped
        if tests:
            self.totals.names = None  # a suite that does not name its cases
            self.totals.duration += case.seconds(attributes.get("time"))
        return tests

    # --- cases ---

    def flush(self) -> None:
        """Count the cases of the batch, which have no result children.

        Batches keep the work a case below that of building its element: there are millions. To
        be called after each chunk of the file, which bounds the batch.
        """
        batch, self._batch = self._batch, []
        if not all(map(_STATES.isdisjoint, batch)):
            for attributes in batch:
                self._count(attributes, case.code_of(case.state_bits(attributes)))
            return
        suite = self._suite
        keys = [hash((a.get("classname"), a.get("file"), a.get("name"))) for a in batch]
        durations = case.all_seconds([a.get("time") for a in batch])
        suite.keys.extend(keys)
        suite.codes.extend(bytes(len(batch)))
        suite.duration += sum(durations)
        self.totals.name(batch, suite.name)
        again = suite.pending.keys() & keys
        if again:
            suite.retried.update((k, d) for k, d in zip(keys, durations, strict=True) if k in again)

    def _close_case(self) -> None:
        self.flush()
        code = case.code_of(self._bits | case.state_bits(self._case))
        self._count(self._case, code, self._element)
        self._element = None
        self._bits = 0

    def _count(self, attributes: Mapping[str, str], code: int, element: Element | None = None) -> None:
        """Count one case, and keep it when it is worth telling."""
        suite = self._suite
        key = identity(attributes)
        duration = case.seconds(attributes.get("time"))
        suite.keys.append(key)
        suite.codes.append(code)
        suite.duration += duration
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

    def _open_result(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._bits |= case.RESULT_TAGS[tag]
        self._result_depth = self._depth
        if self._kept >= _MAX_PENDING:
            return
        if self._element is None:
            self._element = case.element(self._case)
            self._room = case.MAX_DETAILS
        self._result = case.add_result(self._element, tag, attributes)
        self._parser.CharacterDataHandler = self._characters

    def _characters(self, text: str) -> None:
        if self._room > 0:
            self._text.append(text[: self._room + 1])
            self._room -= len(text)

    def _close_result(self) -> None:
        self._result_depth = 0
        self._parser.CharacterDataHandler = None
        if self._result is not None:
            self._result.text = "".join(self._text)
        self._result = None
        self._text.clear()


def _final(found: list[TestCase], settled: tuple[int, ...] | None, last: float | None) -> list[TestCase]:
    """The cases to tell of, from the attempts of one identity that did not pass.

    Args:
        found: those attempts, in the order of the file.
        settled: their outcome codes once merged, None when the identity is not repeated.
        last: seconds of the last attempt that passed, if any did.
    """
    if settled is None:
        return found
    if len(settled) > 1:
        telling = sum(1 for code in settled if code != PASSED)
        return found[max(len(found) - telling, 0) :]
    outcome = case.OUTCOMES[settled[0]]
    if outcome is Outcome.FLAKY:
        return [replace(found[0], outcome=outcome, duration=found[0].duration if last is None else last)]
    return [each for each in found if each.outcome is outcome][-1:]


class Names:
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
        if tag in ROOTS:
            self._count += 1
            self._open.append((self._count, attributes.get("name", "")))
        elif tag == "testcase":
            ordinal, suite = self._open[-1]
            key = (ordinal, identity(attributes))
            if key in self._wanted:
                self.found[key] = case.as_record(case.element(attributes), FLAKY, suite)

    def _end(self, tag: str) -> None:
        if tag in ROOTS:
            self._open.pop()
