"""Every kind of document: whatever it holds, it reads back as it was."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.bundle import layout
from sluicegate.core.errors import EvidenceError
from sluicegate.documents.codec import Codec
from sluicegate.evidence.benchmarks import native_document
from sluicegate.github.approvals import APPROVALS
from sluicegate.github.subject import SUBJECT
from sluicegate.ledger import record  # noqa: F401 - it registers a kind
from sluicegate.ledger.documents import KINDS, REPORT
from sluicegate.ledger.record import Recorded
from sluicegate.ledger.snapshot import FETCHED
from sluicegate.ledger.wire import WIRE
from sluicegate.report import document
from support import kinds
from support.examples import at_most

CODECS: Mapping[str, Codec[Any]] = {
    "report": document.REPORT,
    "recorded report": KINDS[REPORT].codec,
    "pruning": KINDS["pruned"].codec,
    "baselines": WIRE,
    "fetched": FETCHED,
    "bundle": layout.BUNDLE,
    "change": layout.CHANGE,
    "paths": layout.PATHS,
    "analysis": layout.ANALYSIS,
    "coverage": layout.COVERAGE,
    "subject": SUBJECT,
    "approvals": APPROVALS,
    "benchmarks": native_document.BENCHMARKS,
}
SCHEMAS = {
    "report": document.report_schema,
    "bundle": layout.bundle_schema,
    "benchmarks": native_document.native_schema,
}


def test_a_recorded_report_is_of_the_kind_that_its_module_registers() -> None:
    assert KINDS[REPORT].body is Recorded


few = settings(max_examples=at_most(15), deadline=None, suppress_health_check=list(HealthCheck))


def portable(codec: Codec[Any], value: object) -> object:
    """The value as it is read back: without lone surrogates, where the codec writes none."""
    return codec.decode(codec.encode(value), "x") if codec.portable else value


@pytest.mark.parametrize("name", CODECS)
@given(st.data())
@few
def test_whatever_it_holds_it_reads_back(name: str, data: st.DataObject) -> None:
    codec = CODECS[name]
    value = portable(codec, data.draw(kinds.values(codec.kind)))
    written = codec.encode(value)
    assert codec.decode(written, "x") == value
    assert codec.encode(codec.decode(written, "x")) == written


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=10,
)


def changed(value: Any, data: st.DataObject) -> Any:
    """The value with another one at some place."""
    if isinstance(value, dict | list) and value and data.draw(st.integers(0, 4)):
        key = data.draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
        inner = changed(value[key], data)
        if isinstance(value, dict):
            return {**value, key: inner}
        return [*value[:key], inner, *value[key + 1 :]]
    return data.draw(json_values)


@pytest.mark.parametrize("name", CODECS)
@given(st.data())
@few
def test_whatever_stands_anywhere_gives_a_value_or_the_typed_error(name: str, data: st.DataObject) -> None:
    codec = CODECS[name]
    document = changed(json.loads(codec.encode(data.draw(kinds.values(codec.kind)))), data)
    with contextlib.suppress(EvidenceError):
        value = codec.take(document, "x")
        assert codec.decode(codec.encode(value), "x") == portable(codec, value)


@pytest.mark.parametrize("name", SCHEMAS)
@given(st.data())
@few
def test_what_is_written_holds_to_its_schema(name: str, data: st.DataObject) -> None:
    codec = CODECS[name]
    written = json.loads(codec.encode(portable(codec, data.draw(kinds.values(codec.kind)))))
    jsonschema.Draft202012Validator(SCHEMAS[name]()).validate(written)
