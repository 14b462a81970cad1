"""Keys that the sections of providers share: addresses, names of variables with tokens, times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sluicegate.core.errors import PolicyError
from sluicegate.documents.jsonpath import PathError, parse_path
from sluicegate.policy import values as v
from sluicegate.policy.document import Node
from sluicegate.policy.keys import Definitions, Form, Key, Kind, Spot
from sluicegate.policy.kinds import Text
from sluicegate.policy.tree import Tree

_VARIABLE = Form(r"^[A-Z_][A-Z0-9_]{0,99}\Z", "", "")
_ROUTE = Form(
    r"^/(?!/)\S*\Z", "is no path of a server: it begins with one '/'", "For example /api/flags/new-checkout."
)


def _check_variable(text: str) -> None:
    """Refuse what is no name of a variable, without showing it: it may be the token itself."""
    try:
        _VARIABLE.check(text)
    except PolicyError:
        raise PolicyError(
            "a token is given by the name of its environment variable, and this is none",
            remedy="Write its name in capitals, for example FLAGS_TOKEN, and never the token itself.",
        ) from None


VARIABLE = Text(longest=100, check=_check_variable, json=_VARIABLE.json)
ROUTE = Text(longest=1000, check=_ROUTE.check, json=_ROUTE.json)


def url_key(help_text: str, example: str) -> Key:
    """A mandatory address."""
    words = f"{help_text} https, or on this machine."
    return Key(v.TEXT, words, missing=f"Give it, for example url: {example}.", examples=(example,))


def token_key(variable: str | None, also: str = "") -> Key:
    """The name of the variable with the token."""
    return Key(VARIABLE, f"Environment variable that holds the token.{also}", variable)


def refresh_key(help_text: str, seconds: float) -> Key:
    """A time that passes until clients see a write."""
    return Key(v.KINDS["seconds"], f"{help_text} A kill is seen everywhere after it.", seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonValue(Kind):
    """Any value that JSON has, for what is sent to a server as it is written."""

    def _read(self, spot: Spot) -> Tree:
        return _tree(spot, spot.node)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """See `Kind`."""
        return {}


def _tree(spot: Spot, node: Node) -> Tree:
    match node.value:
        case dict() as members:
            return spot.tree({key: _tree(spot, below) for key, below in members.items()})
        case list() as entries:
            return spot.tree(tuple(_tree(spot, below) for below in entries))
        case value:
            return spot.tree(value)


def _check_path(text: str) -> None:
    try:
        parse_path(text)
    except PathError as error:
        raise PolicyError(f"the JSONPath {error}", remedy="For example $.data.rows[0].value.") from None


JSON_PATH = Text(longest=500, check=_check_path)
