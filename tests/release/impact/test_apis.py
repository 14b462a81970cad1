"""What of two versions of an API description breaks clients, and what does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.policy.document import Node
from sluicegate.release.impact import apis
from sluicegate.release.impact.apis import compared
from sluicegate.release.impact.compare import Comparison, FilePair
from sluicegate.release.impact.data import read_data
from sluicegate.release.impact.model import Group, Kind


def openapi(**paths: Any) -> dict[str, Any]:
    return {"openapi": "3.0.0", "info": {}, "paths": {f"/{path}": item for path, item in paths.items()}}


def operation(**parts: Any) -> dict[str, Any]:
    return {"get": {"responses": {"200": {}}, **parts}}


def body(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return operation(requestBody={"content": {"application/json": {"schema": schema}}, **more})


def answer(schema: dict[str, Any]) -> dict[str, Any]:
    return operation(responses={"200": {"content": {"application/json": {"schema": schema}}}})


def parameter(**about: Any) -> dict[str, Any]:
    return operation(parameters=[{"in": "query", "name": "q", "schema": {"type": "string"}, **about}])


def of(**properties: Any) -> dict[str, Any]:
    required = [name for name, schema in properties.items() if schema.pop("must", False)]
    return {"type": "object", "properties": properties, "required": required}


def schema_pair(before: dict[str, Any], after: dict[str, Any], make: Any) -> list[tuple[str, bool]]:
    return changes(openapi(a=make(before)), openapi(a=make(after)))


def changes(before: Any, after: Any, path: str = "api.json") -> list[tuple[str, bool]]:
    old, new = (
        side.encode() if isinstance(side, str) else json.dumps(side).encode() for side in (before, after)
    )
    found = compared(path, old, new)
    assert found is not None
    assert not found.unjudged
    return [(change.what, change.breaking) for change in found.changes]


GET = operation()
PAIRS: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, bool]]]] = [
    (openapi(a=GET, b=GET), openapi(a=GET), [("the path was removed", True)]),
    (openapi(a=GET), openapi(a=GET, b=GET), [("the path was added", False)]),
    (openapi(a={**GET, "post": {}}), openapi(a=GET), [("the operation was removed", True)]),
    (openapi(a=GET), openapi(a=parameter(required=True)), [("the required parameter was added", True)]),
    (openapi(a=GET), openapi(a=parameter()), [("the parameter was added", False)]),
    (openapi(a=parameter()), openapi(a=parameter(required=True)), [("the parameter became required", True)]),
    (openapi(a=parameter()), openapi(a=GET), [("the parameter was removed", False)]),
    (openapi(a=parameter()), openapi(a=parameter(schema={"type": "integer"})),
     [("the type changed from string to integer", True)]),
    (openapi(a=parameter(schema={"type": "integer"})), openapi(a=parameter(schema={"type": "number"})),
     [("the type changed from integer to number", False)]),
    (openapi(a=operation(responses={"200": {}, "201": {}, "404": {}})), openapi(a=operation()),
     [("the response was removed", True), ("the response was removed", False)]),
    (openapi(a=GET), openapi(a=body({}, required=True)), [("a required body was added", True)]),
    (openapi(a=GET), openapi(a=operation(security=[{"key": []}])), [("what authorizes it changed", True)]),
    (openapi(a=operation(security=[{"key": []}])), openapi(a=GET), [("what authorizes it changed", False)]),
    ({**openapi(), "paths": {"/a/{id}": GET}}, {**openapi(), "paths": {"/a/{name}": GET}}, []),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "wanted"), PAIRS)
def test_openapi(before: dict[str, Any], after: dict[str, Any], wanted: list[tuple[str, bool]]) -> None:
    assert changes(before, after) == wanted


TEXT = {"type": "string"}
SCHEMAS: list[tuple[dict[str, Any], dict[str, Any], bool | None, bool | None]] = [
    (of(a=TEXT), of(a=TEXT, b=TEXT), False, False),
    (of(a=TEXT), of(a=TEXT, b={**TEXT, "must": True}), True, False),  # oasdiff #640
    (of(a=TEXT), of(a=TEXT, b={**TEXT, "must": True, "default": "x"}), True, False),  # oasdiff #1110
    (of(a=TEXT, b=TEXT), of(a=TEXT), False, True),
    (of(a={**TEXT, "must": True}), of(a=TEXT), False, True),  # oasdiff #103
    (of(a={"enum": ["x", "y"]}), of(a={"enum": ["x"]}), True, False),
    (of(a={"enum": ["x"]}), of(a={"enum": ["x", "y"]}), False, False),
    (of(a=TEXT), of(a={**TEXT, "enum": ["x"]}), True, False),
    (of(a={"type": ["string", "null"]}), of(a=TEXT), True, False),
    (of(a=TEXT), of(a={**TEXT, "nullable": True}), False, True),
    (of(a={**TEXT, "maxLength": 9}), of(a={**TEXT, "maxLength": 5}), True, None),
    (of(a=TEXT), of(a={**TEXT, "minLength": 1}), True, None),
    (of(a=TEXT), of(a={**TEXT, "description": "new"}), None, None),
    (of(a={"items": TEXT}), of(a={"items": {"type": "integer"}}), True, True),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "sent", "received"), SCHEMAS)
def test_a_schema_that_is_sent_and_one_that_is_received(
    before: dict[str, Any], after: dict[str, Any], sent: bool | None, received: bool | None
) -> None:
    before, after = (json.loads(json.dumps(side)) for side in (before, after))
    for make, wanted in ((body, sent), (answer, received)):
        found = schema_pair(before, after, make)
        assert [breaking for _, breaking in found] == ([] if wanted is None else [wanted])


def test_references_are_followed_and_each_is_compared_once() -> None:
    def made(kind: str) -> dict[str, Any]:
        node = of(value={"type": kind}, next={"$ref": "#/components/schemas/Node"})
        top = openapi(
            a=answer({"$ref": "#/components/schemas/Node"}), b=answer({"$ref": "#/components/schemas/Node"})
        )
        return {**top, "components": {"schemas": {"Node": node}}}

    assert changes(made("string"), made("integer")) == [("the type changed from string to integer", True)]


def test_a_schema_that_is_both_sent_and_received_is_compared_for_both() -> None:
    def made(schema: dict[str, Any]) -> dict[str, Any]:
        reference = {"$ref": "#/components/schemas/A"}
        top = openapi(a=body(reference), b=answer(reference))
        return {**top, "components": {"schemas": {"A": schema}}}

    found = changes(made(of(x=dict(TEXT), y=dict(TEXT))), made(of(x=dict(TEXT))))
    assert sorted(found) == [("the property was removed", False), ("the property was removed", True)]


def test_swagger_2_and_yaml() -> None:
    text = (
        "swagger: '2.0'\ninfo: {}\npaths:\n  /a:\n    get:\n"
        "      parameters: [{in: query, name: q, type: string%s}]\n"
    )
    assert changes(text % "", text % ", required: true", "a.yaml") == [
        ("the parameter became required", True)
    ]


GRAPHQL = [
    ("type A { a: Int b: Int }", "type A { a: Int }", [("the field was removed", True)]),
    ("type A { a: Int }", "type A { a: Int b(c: Int = 1): [Int!]! }", [("the field was added", False)]),
    ("type A { a: Int! }", "type A { a: Int }", [("the type changed from Int! to Int", True)]),
    ("type A { a: Int }", "type A { a: Int! }", [("the type changed from Int to Int!", False)]),
    ("input A { a: Int }", "input A { a: Int! }", [("the type changed from Int to Int!", True)]),
    ("input A { a: Int }", "input A { a: Int b: Int! }", [("the required field was added", True)]),
    ("input A { a: Int }", "input A { a: Int b: Int! = 1 }", [("the field was added", False)]),
    ("type A { a: Int }", "type A { a(b: Int!): Int }", [("the required argument was added", True)]),
    ("type A { a(b: Int): Int }", "type A { a: Int }", [("the argument was removed", True)]),
    ("enum A { X Y }", "enum A { X }", [("the value was removed", True)]),
    ("enum A { X }", 'enum A { X Y @deprecated(reason: "no Z") }', [("the value was added", False)]),
    ("union A = B | C", "union A = B", [("the member was removed", True)]),
    ("type A { a: Int }\ntype B { b: Int }", "type A { a: Int }", [("the type was removed", True)]),
    ("type A { a: Int }\nextend type A { b: Int }", "type A { a: Int b: Int }", []),
    ('"""type A { gone: Int }"""\ntype B { b: Int # c: Int\n}', "type B { b: Int }", []),
    ('type A implements N & M @key(fields: "id") {\n a: Int\n}', "type A {\n a: Int\n}", []),
]


@pytest.mark.parametrize(("before", "after", "wanted"), GRAPHQL)
def test_graphql(before: str, after: str, wanted: list[tuple[str, bool]]) -> None:
    assert changes(before, after, "schema.graphql") == wanted


PROTO = [
    ("message A { string a = 1; int32 b = 2; }", "message A { string a = 1; reserved 2; }",
     [("the field 2 was removed", True)]),
    ("message A { string a = 1; int32 b = 2; }", "message A { string a = 1; }",
     [("the field 2 was removed, and its number is not reserved", True)]),
    ("message A { string a = 1; }", "message A { string a = 1; optional B b = 2 [deprecated = true]; }",
     [("the optional field was added", False)]),
    ("message A { int32 a = 1; }", "message A { string a = 1; }",
     [("the type changed from int32 to string", True)]),
    ("message A { int32 a = 1; }", "message A { int64 a = 1; }",
     [("the type changed from int32 to int64, which the wire allows and generated code does not", True)]),
    ("message A { int32 a = 1; }", "message A { int32 b = 1; }",
     [("the field 1 was renamed to b, which breaks JSON and generated code", True)]),
    ("message A { int32 a = 1; }", "message A { repeated int32 a = 1; }",
     [("the label changed from no label to repeated", True)]),
    ("message A { oneof x { int32 a = 1; } message B { string b = 1; } }",
     "message A { oneof x { int32 a = 1; } }", [("the message was removed", True)]),
    ("enum A { X = 0; Y = 1; }", "enum A { X = 0; }",
     [("the value 1 was removed, and its number is not reserved", True)]),
    ("service S { rpc A (B) returns (C); rpc D (E) returns (stream F) { option x = 1; } }",
     "service S { rpc A (B) returns (stream C); }",
     [("the call changed from (B) returns (C) to (B) returns (stream C)", True),
      ("the call was removed", True)]),
    ("package a;\nmessage A {}", "package b;\nmessage A {}", [("the package changed from a to b", True)]),
    ("// message A { string a = 1; }\nmessage B { map<string, int32> b = 1; }",
     "message B { map<string,int32> b = 1; }", []),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "wanted"), PROTO)
def test_protocol_buffers(before: str, after: str, wanted: list[tuple[str, bool]]) -> None:
    assert sorted(changes(before, after, "a.proto")) == sorted(wanted)


def test_asyncapi_and_json_schema() -> None:
    def events(**payload: Any) -> dict[str, Any]:
        message = {"payload": of(**payload)}
        return {"asyncapi": "2.6.0", "channels": {"a": {"subscribe": {"message": message}}}}

    assert changes(events(x=dict(TEXT), y=dict(TEXT)), events(x=dict(TEXT))) == [
        ("the property was removed", True)
    ]
    assert changes(events(), {"asyncapi": "2.6.0", "channels": {}}) == [("the channel was removed", True)]
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **of(x=dict(TEXT))}
    assert changes(schema, {**schema, "required": ["x"]}, "a.schema.json") == [("it became required", True)]


def test_added_removed_and_what_is_none() -> None:
    data = json.dumps(openapi(a=GET)).encode()
    added, removed = compared("a.json", None, data), compared("a.json", data, None)
    assert added is not None
    assert removed is not None
    assert (added.kind, removed.kind, len(removed.breaking)) == (Kind.ADDED, Kind.REMOVED, 1)
    assert compared("package.json", b"{}", b"{}") is None
    assert compared("tests/fixtures/a.json", data, None) is None


def test_what_cannot_be_read_is_said() -> None:
    found = compared("openapi.yaml", b"openapi: 3.0.0\ninfo: {}\n", b"openapi: [\n")
    assert found is not None
    assert "not YAML" in found.unjudged


@pytest.mark.parametrize(
    ("path", "data", "format_", "reason"),
    [
        ("api.yaml", b"openapi: 3.0.0\npaths: [\n", "OpenAPI", "not YAML"),
        ("api.yaml", b"# ours\n'swagger': '2.0'\npaths: [\n", "OpenAPI", "not YAML"),
        ("events.yml", b"asyncapi: 2.6.0\nchannels: {\n", "AsyncAPI", "not YAML"),
        ("api.json", b'{\n  "info": {}, "openapi": "3.1.0",\n', "OpenAPI", "not JSON"),
        ("openapi.yaml", b"openapi: [\n", "OpenAPI", "not YAML"),
        ("a.proto", "syntax = 'proto3';".encode("utf-16"), "Protocol Buffers", "no text"),
        ("a.graphql", "type A { a: Int }".encode("utf-16"), "GraphQL", "no text"),
    ],
)
def test_a_new_description_that_cannot_be_read_is_said(
    path: str, data: bytes, format_: str, reason: str
) -> None:
    found = compared(path, None, data)
    assert found is not None
    assert (found.format, found.kind) == (format_, Kind.ADDED)
    assert reason in found.unjudged
    comparison = Comparison()
    comparison.add(FilePair(path, None, data))
    assert [u.path for u in comparison.unread if u.group is Group.APIS] == [path]


@pytest.mark.parametrize(
    "data", [b"a:\n  openapi: 3.0.0\nb: [\n", b"{{ if .swagger }}\nopenapi: {{ .x }}\n{{ end }}\n"]
)
def test_another_broken_file_is_no_description(data: bytes) -> None:
    assert compared("templates/a.yaml", None, data) is None


@pytest.mark.parametrize("path", ["api.yaml", "a.proto", "b.gql"])
def test_a_description_that_git_does_not_show_is_missing(path: str) -> None:
    comparison = Comparison()
    comparison.cannot_read(path, "it is too large")
    groups = {unread.group for unread in comparison.unread}
    assert (Group.APIS in groups) is (path != "api.yaml")


def test_each_side_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []

    def counted(data: bytes, path: str) -> list[Node]:
        parsed.append(data)
        return read_data(data, path)

    monkeypatch.setattr(apis, "read_data", counted)
    before, after = (json.dumps(openapi(**paths)).encode() for paths in ({"a": GET}, {"b": GET}))
    found = compared("api.json", before, after)
    assert found is not None
    assert len(found.changes) == 2
    assert sorted(parsed) == sorted([before, after])


def test_a_file_that_no_longer_says_that_it_is_a_description_breaks_its_clients() -> None:
    data = json.dumps(openapi(a=GET)).encode()
    found = compared("api.json", data, b"{}")
    assert found is not None
    assert [change.what for change in found.changes] == ["the path was removed"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["string", "#/a", "x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["paths", "/a", "get", "parameters", "schema", "$ref", "type", "enum", "properties", "required",
             "items", "responses", "200", "content", "application/json", "requestBody", "security", "in",
             "name", "allOf"]
        ), inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(_JSON, _JSON, st.sampled_from(["openapi", "asyncapi", "swagger"]))
def test_any_two_documents_are_compared(before: Any, after: Any, kind: str) -> None:
    tops = ({kind: "1", "info": {}, "paths": side, "channels": side, "a": side} for side in (before, after))
    old, new = (json.dumps(top).encode() for top in tops)
    found = compared("a.json", old, new)
    assert found is not None
    same = compared("a.json", old, old)
    assert same is not None
    assert same.changes == ()


@given(
    st.text(max_size=150), st.text(max_size=150), st.sampled_from(["a.proto", "a.graphql", "openapi.yaml"])
)
def test_any_two_texts_are_compared(before: str, after: str, path: str) -> None:
    found = compared(path, f"type A {{ {before}".encode(), f"type A {{ {after}".encode())
    assert found is None or found.format
