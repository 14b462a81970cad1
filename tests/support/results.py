"""Small result files for tests: JUnit from a few words, SARIF and others from plain objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.findings import sarif
from sluicegate.evidence.records import FindingsRecord, TestsRecord
from sluicegate.evidence.tests import junit

RESULTS = {
    "pass": "",
    "fail": '<failure message="no"/>',
    "error": '<error message="broken"/>',
    "skip": "<skipped/>",
    "flaky": '<flakyFailure message="once"/>',
    "rerun": '<rerunFailure message="again"/>',
}


def case(spec: str) -> str:
    """A `<testcase>` from `NAME RESULT…`: `login fail`, or `[CLASS::]NAME RESULT`."""
    name, _, results = spec.partition(" ")
    owner, _, name = name.rpartition("::")
    children = "".join(RESULTS[word] for word in results.split())
    attributes = f"classname={quoteattr(owner or 'suite')} name={quoteattr(name)} time='0.5'"
    return f"<testcase {attributes}>{children}</testcase>"


def suite(cases: Sequence[str], *, name: str = "s", tests: int | None = None, **attributes: str) -> str:
    """A `<testsuite>` of cases written as `case` reads them; attributes may be any."""
    declared = "" if tests is None else f" tests='{tests}'"
    stated = declared + "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<testsuite name={quoteattr(name)}{stated}>{''.join(map(case, cases))}</testsuite>"


def read_junit(folder: Path, xml: str | bytes) -> TestsRecord:
    """The record of a file with these contents."""
    path = folder / "junit.xml"
    path.write_bytes(xml.encode() if isinstance(xml, str) else xml)
    record = junit.read(path, "junit.xml")
    assert record.tests == record.passed + record.failed + record.errors + record.skipped
    assert record.flaky <= record.passed
    return record


def counts(record: TestsRecord) -> dict[str, int]:
    """The counts that are not zero, by name."""
    names = ("passed", "failed", "errors", "skipped", "flaky")
    return {name: value for name in names if (value := getattr(record, name))}


def result(**changes: Any) -> dict[str, Any]:
    """A SARIF result of rule R1 on line 3 of `src/a.py`."""
    location = {"physicalLocation": {"artifactLocation": {"uri": "src/a.py"}, "region": {"startLine": 3}}}
    return {"ruleId": "R1", "message": {"text": "bad"}, "locations": [location]} | changes


def run(*results: dict[str, Any], rules: Sequence[dict[str, Any]] = (), **changes: Any) -> dict[str, Any]:
    """A SARIF run of the tool `tool`."""
    return {"tool": {"driver": {"name": "tool", "rules": list(rules)}}, "results": list(results)} | changes


def read_sarif(folder: Path, *runs: dict[str, Any]) -> FindingsRecord:
    """The record of a log with these runs."""
    return read_sarif_text(folder, json.dumps({"version": "2.1.0", "runs": list(runs)}))


def read_sarif_text(folder: Path, text: str | bytes) -> FindingsRecord:
    """The record of a log with these contents."""
    path = folder / "log.sarif"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return sarif.read(path, "log.sarif")


def survives(read: Callable[[], object], where: str) -> None:
    """Reading gives a record, or our error with this place; anything else is raised."""
    try:
        read()
    except EvidenceError as error:
        if error.where != where:
            raise


def mutate(data: bytes, edits: Sequence[tuple[int, bytes]]) -> bytes:
    """`data` with pieces overwritten at the given positions (taken modulo its length)."""
    changed = bytearray(data)
    for position, piece in edits:
        at = position % (len(changed) + 1)
        changed[at : at + len(piece)] = piece
    return bytes(changed)
