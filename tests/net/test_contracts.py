"""The judge of fakes: what a description says of a value, also of one that is nearly known."""

from __future__ import annotations

from typing import Any

import pytest

from support.contracts import Contract

PERSON = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
ENTRY = {
    "type": "object",
    "properties": {
        "number": {"type": "integer"},
        "by": {"$ref": "#/components/schemas/person"},
        "note": {"type": "string", "nullable": True},
    },
}
LIST = {"application/json": {"schema": {"type": "array", "items": ENTRY}}}
DOCUMENT: dict[str, Any] = {
    "components": {"schemas": {"person": PERSON}},
    "paths": {"/things/{id}": {"get": {"responses": {"200": {"content": LIST}}}}},
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    made = Contract(DOCUMENT, "the test")
    assert (
        made.answer_errors("GET", "/things/1", 200, [{"number": 1, "by": {"name": "a"}, "note": None}]) == []
    )
    return made


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ({"number": 2, "by": {"name": "a"}}, []),
        ({"number": "1", "by": {"name": "a"}}, ["$[0].number: '1' is not of type 'integer'"]),
        ({"number": 1, "by": {"name": 1}}, ["$[0].by.name: 1 is not of type 'string'"]),
        ({"number": 1, "by": {}}, ["$[0].by: 'name' is a required property"]),
        ({"number": None, "note": None}, ["$[0].number: None is not of type 'integer'"]),
    ],
)
def test_a_value_is_judged_alike_each_time(contract: Contract, entry: Any, wrong: list[str]) -> None:
    for _ in range(2):
        found = contract.answer_errors("GET", "/things/2", 200, [entry])
        assert [text.removeprefix("GET /things/2 200: ") for text in found] == wrong


def test_a_path_that_is_not_described_is_wrong(contract: Contract) -> None:
    for _ in range(2):
        assert contract.answer_errors("GET", "/others/1", 200, []) == ["GET /others/1: 200 is not documented"]
