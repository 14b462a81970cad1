"""Typed records as JSON values and back."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.bundle.layout import AnalysisPart, ChangePart, Manifest, PathsPart
from sluicegate.core.change import Change, FileChange
from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Absence, Better, Finding, Measure, Severity, Source
from sluicegate.documents.codec import Codec
from sluicegate.evidence.analysed import RunRecord
from sluicegate.evidence.records import CoverageRecord, FindingsRecord
from support import evidence as ev

TYPES = (AnalysisPart, ChangePart, PathsPart, Manifest, CoverageRecord)


def decode(kind: type, value: object) -> Any:
    return Codec(kind).take(value, "it")


def through_json(kind: type, value: object) -> Any:
    codec: Codec[Any] = Codec(kind)
    return codec.decode(codec.encode(value), "it")


lines = st.sets(st.integers(1, 300)).map(lambda ns: sum(1 << n for n in ns))
names = st.text(min_size=1, max_size=8)
safe = st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5}){0,2}", fullmatch=True)
changes = st.builds(FileChange, safe, safe | st.just(""), lines, lines, st.booleans(), st.booleans())
findings = st.builds(
    Finding, names, st.sampled_from(Severity), names, names, st.integers(0, 9), st.integers(0, 9),
    st.sampled_from((None, True, False)), names,
)  # fmt: skip
measures = st.builds(
    Measure, names, st.fractions() | st.none(), st.sampled_from(("", "%", "s")), st.sampled_from(Better),
    st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)),
    st.lists(st.floats(-1e9, 1e9)).map(tuple), st.none() | st.sampled_from(Absence), names,
)  # fmt: skip


@given(st.dictionaries(safe, changes))
def test_changes_survive(files: dict[str, FileChange]) -> None:
    assert through_json(ChangePart, ChangePart(Change(files))) == ChangePart(Change(files))


@given(st.lists(findings))
def test_findings_survive(found: list[Finding]) -> None:
    record = FindingsRecord(Source("t", "sarif"), tuple(found), tuple(found), new_known=True)
    assert through_json(FindingsRecord, record) == record


@given(st.dictionaries(names, measures))
def test_measures_survive_exactly(measured: dict[str, Measure]) -> None:
    record = RunRecord(Source("size", "run"), measured)
    assert through_json(RunRecord, record) == record


def test_coverage_survives_with_its_branches() -> None:
    record = ev.coverage("src/a.py: 1+ 2- 3+(1/2)")
    file = replace(record.files["src/a.py"], untaken={3: {"2 by target": ("exit",)}})
    named = replace(record, files={"src/a.py": file})
    assert through_json(CoverageRecord, named) == named


def test_functions_survive() -> None:
    record = ev.functions("src/a.py:3 f 12 new\nsrc/a.py:9 g 4 was 3\nsrc/b.py:1 h 2")
    assert through_json(AnalysisPart, AnalysisPart(complexity=record)).complexity == record


def test_what_has_its_default_is_not_written() -> None:
    assert Codec(AnalysisPart).encode(AnalysisPart()) == b"{}\n"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ChangePart, []),
        (ChangePart, {"unknown": 1}),
        (ChangePart, {"reason": 1}),
        (ChangePart, {"reason": "x" * 1_100_000}),
        (PathsPart, {}),
        (PathsPart, {"files": "a"}),
        (PathsPart, {"files": [1]}),
        (ChangePart, {"change": {"files": {"a": {"path": "a", "added": 5}}}}),
        (ChangePart, {"change": {"files": {"a": {"path": "a", "added": "1"}}}}),
        (ChangePart, {"change": {"files": {"a": {"path": "a", "added": "f" * 2_000_000}}}}),
        (ChangePart, {"change": {"files": {"a": {"path": "a", "added": "-2"}}}}),
        (ChangePart, {"change": {"files": {"a": {"path": "a", "binary": 1}}}}),
        (RunRecord, {"source": {"path": "p", "format": "f"}, "measures": {"m": {"name": "m"}}}),
    ],
)
def test_what_does_not_fit_is_refused(kind: type, value: object) -> None:
    with pytest.raises(EvidenceError):
        decode(kind, value)


@pytest.mark.parametrize("key", ["-1", "01", "x", "99999999", "4000001"])
def test_a_line_as_a_key_is_checked(key: str) -> None:
    with pytest.raises(EvidenceError):
        decode(CoverageRecord, {"files": {"a": {"path": "a", "executable": "2", "covered": "2",
                "branches": {key: [1, 2]}}}, "has_branches": True,
                "source": {"path": "p", "format": "f"}})  # fmt: skip


def test_a_path_that_leaves_the_repository_is_refused() -> None:
    with pytest.raises(EvidenceError, match="path inside"):
        decode(ChangePart, {"change": {"files": {"x": {"path": "../x"}}}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=20,
)


@given(st.sampled_from(TYPES), json_values)
def test_any_json_gives_a_record_or_the_typed_error(kind: type, value: object) -> None:
    with contextlib.suppress(EvidenceError):
        assert isinstance(decode(kind, value), kind)
