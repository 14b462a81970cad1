"""Makes pydantic's core schema of a document's dataclass strict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sluicegate.core.fields import DAY, MAX_NUMBER, Number, Text, Whole, Written

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core.core_schema import CoreSchema

Schema = dict[str, Any]


class Firm:
    """Marks a document's dataclass, and makes every part of it strict.

    Unknown keys are refused; `else_` is the key `else`. Values are converted only where JSON lacks a type:
    arrays to tuples, texts to members of an enumeration and to dates. The first wrong item of many ends the
    reading. A text may hold lone surrogates, which encode bytes of file names. A union is refused: it would
    be read back as its first member.
    """

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _Walk(handler).firm(cast("Schema", schema))
        return schema


class _Walk:
    """One walk over the schema of a kind; each referenced record is visited once."""

    def __init__(self, handler: GetCoreSchemaHandler) -> None:
        self._handler = handler
        self._seen: set[str] = set()

    def firm(self, schema: Schema) -> None:
        """Make a schema strict in place; raises `TypeError` where a part has an unsupported type."""
        made = getattr(self, "_" + schema["type"].replace("-", "_"), None)
        if made is None:
            raise TypeError(f"no document holds a {schema['type']}: {schema}"[:300])
        made(schema)

    def _definition_ref(self, schema: Schema) -> None:
        if schema["schema_ref"] not in self._seen:
            self._seen.add(schema["schema_ref"])
            whole = self._handler.resolve_ref_schema(cast("CoreSchema", schema))
            self.firm(cast("Schema", whole))

    def _dataclass(self, schema: Schema) -> None:
        schema["schema"]["extra_behavior"] = "forbid"
        for field in schema["schema"]["fields"]:
            key = field["name"].rstrip("_")
            field.update(validation_alias=key, serialization_alias=key)
            self.firm(field["schema"])

    def _tuple(self, schema: Schema) -> None:
        schema.update(strict=False, fail_fast=True)
        for inner in schema["items_schema"]:
            self.firm(inner)

    def _dict(self, schema: Schema) -> None:
        schema.update(fail_fast=True)
        self.firm(schema["keys_schema"])
        self.firm(schema["values_schema"])

    def _default(self, schema: Schema) -> None:
        self.firm(schema["schema"])

    _nullable = _default

    def _str(self, schema: Schema) -> None:
        _replace(schema, Text())

    def _int(self, schema: Schema) -> None:
        if "le" not in schema:
            _replace(schema, Whole(-MAX_NUMBER))

    def _float(self, schema: Schema) -> None:
        if "le" not in schema:
            _replace(schema, Number(-1e300))

    def _date(self, schema: Schema) -> None:
        _replace(schema, DAY)

    def _bool(self, schema: Schema) -> None:
        schema["strict"] = True

    def _as_it_is(self, _schema: Schema) -> None:
        """A choice of few values, or the schema of a marker of `core.fields`."""

    _literal = _enum = _custom_error = _function_after = _function_plain = _as_it_is


def _replace(schema: Schema, marker: Text | Whole | Number | Written) -> None:
    schema.clear()
    schema.update(cast("Schema", marker.__get_pydantic_core_schema__(None, None)))
