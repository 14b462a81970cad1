"""in-toto's own messages read our statements: the layer of the statement, and the verification summary."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from sluicegate.core.decision import Decision, DecisionEvidence, ReleaseOutcome
from sluicegate.ledger.decisions import DECISION
from sluicegate.ledger.documents import Document, stamp_of
from sluicegate.release.record import statement
from support import evaluators
from support.releases import HEAD, NOW

pytestmark = pytest.mark.real
EVIDENCE = (
    DecisionEvidence("report", "report/2027/01/15/x.json", "2" * 64),
    DecisionEvidence("sign-off of qa by @bob", "https://github.com/o/r/pull/7#issuecomment-1", "3" * 64),
)


def made(outcome: ReleaseOutcome) -> dict[str, Any]:
    body = Decision("v1.4.0", HEAD, "1" * 40, outcome, NOW, NOW + 3600, "f" * 64, "o/r", EVIDENCE)
    document = Document(HEAD, stamp_of(NOW), body)
    assert document.kind == DECISION
    return statement(document, "https://github.com")


def without_levels(found: dict[str, Any]) -> dict[str, Any]:
    """The statement without the field that in-toto 0.9.3 has as one text."""
    other = copy.deepcopy(found)
    other["predicate"].pop("verifiedLevels")
    return other


def test_in_toto_accepts_the_statement_and_all_of_the_summary_but_the_list_of_levels() -> None:
    """The list of levels is right: it is an array in every version of the specification, and in in-toto's
    sources since; the message of the published package is older."""
    every = [made(outcome) for outcome in ReleaseOutcome]
    plain = [without_levels(one) for one in every]
    answers = evaluators.ask("attest.py", evaluators.ORACLES, statements=[*every, *plain])
    assert [layer for layer, _ in answers] == [""] * 6
    assert [summary for _, summary in answers[3:]] == [""] * 3
    for _, summary in answers[:3]:
        assert summary.startswith("ParseError: Failed to parse verifiedLevels field")


@pytest.mark.parametrize(
    ("change", "layer", "summary"),
    [
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "Wrong statement type", ""),
        ({"subject": []}, "At least one subject required", ""),
        ({"subject": [{"name": "x"}]}, "At least one digest required", ""),
        ({"predicateType": ""}, "Predicate type required", ""),
        ({"predicate": {"timeVerified": "yesterday"}}, "", "timeVerified"),
        ({"predicate": {"verifier": {"id": "x", "version": {"a": "1"}}}}, "", 'no field named "version"'),
    ],
)
def test_it_refuses_what_is_wrong(change: dict[str, Any], layer: str, summary: str) -> None:
    """The last row is why our summary names no version of its verifier."""
    changed = {**without_levels(made(ReleaseOutcome.GO)), **change}
    ((first, second),) = evaluators.ask("attest.py", evaluators.ORACLES, statements=[changed])
    assert (layer in first, bool(first)) == (True, bool(layer))
    assert (summary in second, bool(second)) == (True, bool(summary))
