"""Frozen dataclasses as JSON documents and back, and their JSON Schema, all from the types of the fields.

Reading accepts untrusted bytes. It refuses unknown and missing keys, other types, numbers that are not
finite or that JSON readers cannot keep, and texts above a limit, and stops at the first of many wrong
items. The types of `core.fields` add limits to a field. An adapter is built on first use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar, cast

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line
from sluicegate.documents.parsing import parse

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ValidationError

JsonSchema = dict[str, Any]

MAX_BYTES: Final = 64 * 1024**2
"""Bytes of a document, where its codec names no other limit."""

_SURROGATE: Final = re.compile(r"(\\\\|\\ud[89ab]..\\ud[c-f]..)|\\ud[89a-f]..")
"""In JSON text: an escaped backslash, a pair, or a lone surrogate."""

T = TypeVar("T")


@dataclass(frozen=True)
class Codec(Generic[T]):
    """Writes and reads one kind of document.

    Attributes:
        kind: the dataclass.
        schema: name and version, the document's first key; empty for a part of another document.
        remedy: remedy of errors about an unreadable document.
        sparse: leave out fields with their default; else all keys are written, in the order of the fields.
        portable: write lone surrogates, which other readers of JSON refuse, as U+FFFD.
        limit: maximum bytes of a document that is read.
    """

    kind: type[T]
    schema: str = ""
    remedy: str = ""
    sparse: bool = True
    portable: bool = False
    limit: int = MAX_BYTES

    @property
    def _adapter(self) -> TypeAdapter[T]:
        return _adapter(cast("Hashable", self.kind))

    def encode(self, value: T, *, indent: int | None = None) -> bytes:
        """The document as ASCII; equal values give equal bytes.

        Raises:
            ValueError: a number is not finite.
            TypeError: a part of the value has an unsupported type.
        """
        # the mode "json" would replace lone surrogates in keys; enumerations are texts
        made = self._adapter.dump_python(value, by_alias=True, exclude_defaults=self.sparse, warnings=False)
        whole = ({"schema": self.schema} if self.schema else {}) | made
        form: dict[str, Any] = {"indent": indent, "separators": (",", ":") if indent is None else None}
        text = json.dumps(whole, **form, sort_keys=self.sparse, allow_nan=False, default=dict)
        if self.portable:
            text = _SURROGATE.sub(lambda match: match[1] or r"\ufffd", text)
        return text.encode() + b"\n"

    def decode(self, data: bytes, where: str) -> T:
        """The value of an untrusted document.

        Raises:
            EvidenceError: the bytes are not such a document, or above the limit.
        """
        if len(data) > self.limit:
            what = f"has {len(data):,} bytes, above the limit of {self.limit:,}"
            raise EvidenceError(what, where=where, remedy=self.remedy)
        try:
            return self.take(parse(data, where), where)
        except EvidenceError as error:
            raise EvidenceError(error.what, where=where, remedy=self.remedy or error.remedy) from error

    def take(self, value: object, where: str) -> T:
        """The value of what `parsing.parse` gave; raises `EvidenceError` where it is no such document."""
        from pydantic import ValidationError

        if self.schema:
            value = self._body(value, where)
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            raise EvidenceError(violation(error), where=where, remedy=self.remedy) from None

    def _body(self, value: object, where: str) -> Mapping[str, object]:
        stated = value.get("schema") if isinstance(value, dict) else None
        if isinstance(value, dict) and stated == self.schema:
            return {key: inner for key, inner in value.items() if key != "schema"}
        what = f"does not name a schema, and '{self.schema}' is read here"
        if isinstance(stated, str):
            what = f"has the schema '{cut(one_line(stated), 60)}', and this version reads '{self.schema}'"
        raise EvidenceError(what, where=where, remedy=self.remedy)

    def json_schema(self, title: str, description: str) -> JsonSchema:
        """The JSON Schema (draft 2020-12) of the document, as JSON values.

        It accepts every document that the reader accepts; total sizes and relations of fields are checked by
        the reader alone.
        """
        from sluicegate.documents.schema import schema_of

        return schema_of(self._adapter, self.schema, title, description, whole=not self.sparse)


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    """The adapter of a dataclass; raises `TypeError` where a field has an unsupported type."""
    from pydantic import TypeAdapter

    from sluicegate.documents.firm import Firm

    return TypeAdapter(cast("type", Annotated[cast("type", kind), Firm()]))


_MOST_ERRORS = 1000
_MESSAGES: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "unexpected_keyword_argument": "is not a known key",
    "dataclass_type": "must be an object",
    "dict_type": "must be an object",
    "tuple_type": "must be a list",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "finite_number": "must be a finite number",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_long": "must be a text of at most {max_length} characters",
    "string_too_short": "must be a text of at least {min_length} characters",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} items",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be above {gt}",
    "less_than_equal": "must be at most {le}",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "value_error": "{error}",
}


def violation(error: ValidationError) -> str:
    """The first error of a document, with its path: `'gates[0].status' must be one of 'PASS' or 'FAIL'`."""
    if error.error_count() > _MOST_ERRORS:
        return f"has {error.error_count():,} keys or values that do not belong there"
    first = error.errors(include_url=False, include_input=False)[0]
    template = _MESSAGES.get(first["type"])
    message = template.format_map(first.get("ctx", {})) if template else first["msg"].lower()
    parts = (f"[{part}]" if isinstance(part, int) else f".{cut(part, 60)}" for part in first["loc"][:20])
    path = cut(one_line("".join(parts).lstrip(".")), 200) or "the document"
    return f"'{path}' {cut(one_line(message), 200)}"
