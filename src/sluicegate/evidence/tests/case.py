"""One test case of a JUnit file: its outcome, and junitparser's reading of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from sluicegate.core.text import cut, cut_middle, one_line
from sluicegate.evidence.records import CaseOutcome, TestCase
from sluicegate.evidence.tests.attempts import ERROR, FAILED, FLAKY, PASSED, SKIPPED
from sluicegate.evidence.tests.durations import seconds

if TYPE_CHECKING:
    from junitparser.xunit2 import TestCase as Model

MAX_DETAILS = 4000
"""Characters of captured text that are kept a case: its beginning and, more of it, its end."""

MAX_TEXT = 500
"""Characters of a name or a message."""

OUTCOMES = tuple(CaseOutcome)
"""By outcome code: the codes are in the order of the enumeration."""

RESULT_TAGS: Mapping[str, int] = {
    "error": 1,
    "failure": 2,
    "rerunError": 4,
    "rerunFailure": 4,
    "skipped": 8,
    "flakyError": 16,
    "flakyFailure": 16,
}
"""The children of a `<testcase>` that state its outcome, as bits; a lower bit is worse.

`rerun*` and `flaky*` are Maven Surefire's: a rerun is written only for cases that failed every time,
a flaky failure only for cases that passed in the end (`producers` has the source; cargo-nextest can be
configured to fail flaky cases, and writes a `<failure>` beside it).
"""

ALLOWED = 32
"""The bit of a case that was allowed to fail, and did."""

_CODES = ((ALLOWED, SKIPPED), (1, ERROR), (2 | 4, FAILED), (8, SKIPPED), (16, FLAKY))
"""Bits and the outcome code that any of them gives, the deciding ones first."""

_STATES: Mapping[str, int] = {
    **dict.fromkeys(("notrun", "disabled", "skipped", "suppressed", "ignored"), 8),
    **dict.fromkeys(("fail", "failed", "failure"), 2),
    "error": 1,
}
_BLANK_LINES = re.compile(r"\A\s*\n")
_COUNT = re.compile(r"\s*\d{1,9}\s*\Z", re.ASCII)


def count(text: str | None) -> int | None:
    """A number that an attribute states; None when it is absent or no number."""
    return int(text) if text and _COUNT.match(text) else None


def state_bits(attributes: Mapping[str, str]) -> int:
    """The outcome in the attributes of a case, as bits of `RESULT_TAGS`.

    For cases that did not run GoogleTest writes `status="notrun"` and `result="suppressed"`
    (google/googletest, `googletest/src/gtest.cc`, `OutputXmlTestInfo`), CTest `status="notrun"` or
    `"disabled"` (CTest 3.25.1), Eclipse `ignored="true"` (`eclipse-plugin-test-report.xml` among the test
    resources of jenkinsci/junit-plugin).
    """
    bits = _STATES.get(attributes.get("status", "").lower(), 0)
    bits |= _STATES.get(attributes.get("result", "").lower(), 0)
    return bits | (8 if attributes.get("ignored") == "true" else 0)


def code_of(bits: int) -> int:
    """The outcome code for what was found in one case: the worst of it.

    `rerunFailure` alone is a failure: Surefire writes it only for cases that never passed. A case that was
    allowed to fail is none, as for its runner, and none that passed.
    """
    return next((code for deciding, code in _CODES if bits & deciding), PASSED)


def name_of(attributes: Mapping[str, str]) -> str:
    """The name of a case; where it has none its `id`, which Hurl wrote in its place (the file's path).

    (Source: issue 1078 of Orange-OpenSource/hurl, which added the name.)

    Beside a name the `id` is not used: runners number their cases, or draw a new one for each run.
    """
    return attributes.get("name") or attributes.get("id") or ""


def identity(attributes: Mapping[str, str]) -> int:
    """What entries that may be attempts of one case share, as a 64-bit hash salted by the process."""
    get = attributes.get
    return hash((get("classname"), get("file"), get("name") or get("id"), get("line")))


def element(attributes: Mapping[str, str]) -> Element:
    """A `<testcase>` element, as junitparser wants it."""
    return Element("testcase", dict(attributes))


def add_result(case: Element, tag: str, attributes: Mapping[str, str]) -> Element:
    """A result child of `case`; of long attributes the middle is cut out."""
    given = (name for name in ("message", "type") if name in attributes)
    return SubElement(case, tag, {name: cut_middle(attributes[name], 4 * MAX_TEXT) for name in given})


def full_name(attributes: Mapping[str, str], suite: str) -> str:
    """The name by which a case is known in waivers and in the ledger: `suite::case`."""
    return "::".join(_suite_and_name(attributes, suite))


def _suite_and_name(attributes: Mapping[str, str], suite: str) -> tuple[str, str]:
    """Of a case; `suite` stands for an absent class, and a case without a name is named after these."""
    owner, name = attributes.get("classname") or suite, name_of(attributes)
    names = (owner if name else "", name or owner)
    return cut(one_line(names[0]), MAX_TEXT), cut(one_line(names[1]), MAX_TEXT)


def as_record(case: Element, code: int, suite: str) -> TestCase:
    """A case with its result children, inside of `suite`, as a record; read through junitparser's model."""
    from junitparser.xunit2 import TestCase as Case

    model: Model = Case.fromelem(case)
    message, details = _message(model)
    owner, name = _suite_and_name(case.attrib, suite)
    return TestCase(
        suite=owner,
        name=name,
        outcome=OUTCOMES[code],
        duration=seconds(case.get("time")),
        message=cut_middle(one_line(message), MAX_TEXT),
        details=kept(details),
        path=cut(one_line(case.get("file", "")), MAX_TEXT),
        line=count(case.get("line")) or 0,
    )


def kept(details: str) -> str:
    """Of captured text what is kept: a trace tells most at its end."""
    return cut_middle(details, MAX_DETAILS)


def _message(model: Model) -> tuple[str, str]:
    """The first message of a case, or the first line of its text, and all of its text."""
    results = [*model.result, *model.interim_result]
    texts = [_BLANK_LINES.sub("", text).rstrip() for result in results if (text := result.text)]
    messages = [result.message for result in results if result.message]
    messages += [text.partition("\n")[0] for text in texts]
    return next(iter(messages), ""), "\n\n".join(texts)


def final(found: list[TestCase], settled: tuple[int, ...] | None, last: float | None) -> list[TestCase]:
    """The cases to report, from the attempts of one identity that did not pass, in the order of the file.

    `settled` are their outcome codes once merged, None when the identity is not repeated; `last` the seconds
    of the last attempt that passed, if any did.
    """
    if settled is None:
        return found
    if len(settled) > 1:
        telling = sum(1 for code in settled if code != PASSED)
        return found[max(len(found) - telling, 0) :]
    outcome = OUTCOMES[settled[0]]
    if outcome is CaseOutcome.FLAKY:
        return [replace(found[0], outcome=outcome, duration=found[0].duration if last is None else last)]
    return [each for each in found if each.outcome is outcome][-1:]
