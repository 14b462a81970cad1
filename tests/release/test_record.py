"""The statement about a decision, and what is refused in its place."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.decision import Decision, DecisionEvidence, Frozen, ReleaseOutcome
from sluicegate.ledger.decisions import DECISION
from sluicegate.ledger.documents import Document, stamp_of
from sluicegate.release.record import deviation, is_same, statement
from support.examples import at_most
from support.releases import HEAD, NOW

SERVER = "https://github.com"
REPORT = DecisionEvidence("report", "report/2027/01/15/x.json", "2" * 64)


def decided(outcome: ReleaseOutcome = ReleaseOutcome.GO) -> Document[Decision]:
    body = Decision("v1.4.0", HEAD, "1" * 40, outcome, NOW, NOW + 3600, "f" * 64, "o/r", (REPORT,))
    document = Document(HEAD, stamp_of(NOW), body)
    assert document.kind == DECISION
    return document


DOCUMENT = decided()
OURS = statement(DOCUMENT, SERVER)


def with_value(path: tuple[object, ...], value: object) -> Any:
    """Our statement with another value at a path."""
    found: Any = copy.deepcopy(OURS)
    *way, last = path
    place = found
    for key in way:
        place = place[key]
    place[last] = value
    return found


def test_the_statement_of_a_decision_deviates_in_nothing() -> None:
    assert deviation(json.loads(json.dumps(OURS)), DOCUMENT, SERVER) == ""


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("subject", 0, "digest", "sha256"), "0" * 64, "none of its subjects is the decision"),
        (("subject",), [], "none of its subjects is the decision"),
        (("subject",), {"digest": {}}, "none of its subjects is the decision"),
        (("predicateType",), "https://example.com/other", "its `predicateType` is not that"),
        (("_type",), "https://in-toto.io/Statement/v0.1", "its `_type` is not that"),
        (("predicate",), None, "its `predicate.verifier` is not that"),
        (("predicate", "verifier", "id"), "https://example.com", "its `predicate.verifier` is not that"),
        (("predicate", "resourceUri"), "git+https://github.com/o/other@1", "its `predicate.resourceUri`"),
        (("predicate", "policy", "digest", "sha256"), "0" * 64, "its `predicate.policy` is not that"),
        (("predicate", "inputAttestations"), [], "its `predicate.inputAttestations` is not that"),
        (("predicate", "verifiedLevels"), ["SLSA_BUILD_LEVEL_3"], "its `predicate.verifiedLevels` is not"),
        (("predicate", "timeVerified"), "2030-01-01T00:00:00Z", "its `predicate.timeVerified` is not"),
    ],
)
def test_source_tool_148_what_was_altered_is_named(path: tuple[object, ...], value: object, why: str) -> None:
    assert why in deviation(with_value(path, value), DOCUMENT, SERVER)


def test_a_go_is_no_statement_of_a_no_go() -> None:
    assert "none of its subjects" in deviation(OURS, decided(ReleaseOutcome.NO_GO), SERVER)


def test_more_subjects_and_fields_are_allowed() -> None:
    """A release's artifacts may be subjects too, and consumers ignore fields that they do not know."""
    more = with_value(
        ("subject",), [{"name": "app.tar.gz", "digest": {"sha256": "1" * 64}}, *OURS["subject"]]
    )
    more["predicate"]["https://example.com/extension"] = "x"
    assert deviation(more, DOCUMENT, SERVER) == ""


KEYS = st.sampled_from(("_type", "subject", "predicate", "digest", "verifier"))
JSON = st.recursive(
    st.none() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=8,
)


@given(JSON)
@settings(max_examples=at_most(100))
def test_no_other_document_is_taken_for_it(found: object) -> None:
    assert deviation(found, DOCUMENT, SERVER)


OLD = replace(DOCUMENT.body, freezes=(Frozen(NOW + 1200, NOW + 1800),))
LATER = replace(OLD, at=NOW + 600, expires=NOW + 4200)


@pytest.mark.parametrize(
    ("new", "same"),
    [
        (LATER, True),
        (replace(LATER, freezes=(*LATER.freezes, Frozen(NOW + 3900, NOW + 5000))), True),
        (replace(LATER, freezes=()), False),
        (replace(LATER, freezes=(Frozen(NOW + 1200, NOW + 2400),)), False),
    ],
)
def test_a_decision_is_recorded_anew_where_a_freeze_of_its_time_came_or_went(
    new: Decision, same: bool
) -> None:
    assert is_same(OLD, new) is same
