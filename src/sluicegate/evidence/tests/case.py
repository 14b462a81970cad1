"""One test case of a JUnit file: numbers as runners write them, and junitparser's reading."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement

from sluicegate.evidence.records import Outcome, TestCase
from sluicegate.evidence.tests.attempts import ERROR, FAILED, FLAKY, PASSED, SKIPPED
from sluicegate.text import cut, one_line

MAX_DETAILS = 4000
"""Characters of captured text that are kept a case."""

MAX_TEXT = 500
"""Characters of a name or a message."""

MAX_SECONDS = 1e9
"""A duration above this (thirty years) is no duration."""

OUTCOMES: Mapping[int, Outcome] = {
    PASSED: Outcome.PASSED,
    FAILED: Outcome.FAILED,
    ERROR: Outcome.ERROR,
    SKIPPED: Outcome.SKIPPED,
    FLAKY: Outcome.FLAKY,
}

RESULT_TAGS: Mapping[str, int] = {
    "error": 1,
    "failure": 2,
    "rerunError": 4,
    "rerunFailure": 4,
    "skipped": 8,
    "flakyError": 16,
    "flakyFailure": 16,
}
"""The children of a `<testcase>` that tell its outcome, as bits; a lower bit is worse.

`rerun*` and `flaky*` are Maven Surefire's: a rerun is told only of cases that failed every time,
a flaky failure only of cases that passed in the end.
"""

_STATES: Mapping[str, int] = {
    "notrun": 8,
    "disabled": 8,
    "skipped": 8,
    "suppressed": 8,
    "ignored": 8,
    "fail": 2,
    "failed": 2,
    "failure": 2,
    "error": 1,
}
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+\Z")
_COUNT = re.compile(r"\s*\d{1,9}\s*\Z", re.ASCII)


def seconds(text: str | None) -> float:
    """A duration; 0 for none, for text that is no number, and for values out of range.

    Surefire groups thousands (`1,234.5`), some locales write a decimal comma (`0,123`).
    """
    if not text:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        text = text.strip()
        grouped = "." in text or _THOUSANDS.match(text)
        try:
            value = float(text.replace(",", "" if grouped else "."))
        except ValueError:
            return 0.0
    return value if 0 <= value < MAX_SECONDS else 0.0


def all_seconds(texts: Sequence[str | None]) -> list[float]:
    """`seconds` of each; quick when all of them are plain numbers."""
    try:
        values = [float(text or 0) for text in texts]
    except ValueError:
        return [seconds(text) for text in texts]
    plain = not math.isnan(sum(values)) and min(values, default=0) >= 0
    if plain and max(values, default=0) < MAX_SECONDS:
        return values
    return [seconds(text) for text in texts]


def count(text: str | None) -> int | None:
    """A number of cases that a suite declares; None when it is absent or no number."""
    return int(text) if text and _COUNT.match(text) else None


def state_bits(attributes: Mapping[str, str]) -> int:
    """What the attributes of a case tell of its outcome, as bits of `RESULT_TAGS`.

    GoogleTest and CTest write `status="notrun"` or `"disabled"` (GoogleTest also
    `result="suppressed"`), Eclipse writes `ignored="true"`, for cases that did not run.
    """
    bits = _STATES.get(attributes.get("status", "").lower(), 0)
    bits |= _STATES.get(attributes.get("result", "").lower(), 0)
    return bits | (8 if attributes.get("ignored") == "true" else 0)


def code_of(bits: int) -> int:
    """The outcome code for what was found in one case: the worst of it.

    `rerunFailure` alone is a failure: Surefire writes it only for cases that never passed.
    """
    if bits & 1:
        return ERROR
    if bits & 6:
        return FAILED
    if bits & 8:
        return SKIPPED
    return FLAKY if bits & 16 else PASSED


def element(attributes: Mapping[str, str]) -> Element:
    """A `<testcase>` element, as junitparser wants it."""
    return Element("testcase", dict(attributes))


def add_result(case: Element, tag: str, attributes: Mapping[str, str]) -> Element:
    """A result child of `case`; long attributes are cut."""
    kept = {name: attributes[name][: 4 * MAX_TEXT] for name in ("message", "type") if name in attributes}
    return SubElement(case, tag, kept)


def full_name(attributes: Mapping[str, str], suite: str) -> str:
    """The name by which a case is known in waivers and in the ledger: `suite::case`.

    Args:
        attributes: of its element.
        suite: name of the enclosing suite, for cases without a class name.
    """
    owner, name = attributes.get("classname") or suite, attributes.get("name") or ""
    return f"{cut(one_line(owner), MAX_TEXT)}::{cut(one_line(name), MAX_TEXT)}"


def as_record(case: Element, code: int, suite: str) -> TestCase:
    """The case as a record, read through junitparser's model.

    Args:
        case: the element with its result children.
        code: its outcome.
        suite: name of the enclosing suite, for cases without a class name.
    """
    from junitparser.xunit2 import TestCase as Model

    model: Model = Model.fromelem(case)
    results = [*model.result, *model.interim_result]
    texts = [text.strip() for result in results if (text := result.text)]
    messages = [result.message for result in results if result.message]
    messages += [text.partition("\n")[0] for text in texts]
    return TestCase(
        suite=cut(one_line(model.classname or suite), MAX_TEXT),
        name=cut(one_line(model.name or ""), MAX_TEXT),
        outcome=OUTCOMES[code],
        duration=seconds(case.get("time")),
        message=cut(one_line(next(iter(messages), "")), MAX_TEXT),
        details=cut("\n\n".join(texts), MAX_DETAILS),
        path=cut(one_line(case.get("file", "")), MAX_TEXT),
        line=count(case.get("line")) or 0,
    )
