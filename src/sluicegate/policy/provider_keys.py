"""Keys that the sections of providers share: addresses, names of variables with tokens, times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluicegate.core.errors import PolicyError, UsageError
from sluicegate.documents.jsonpath import PathError, parse_path
from sluicegate.policy import values as v
from sluicegate.policy.document import Node
from sluicegate.policy.keys import Definitions, Form, Key, Kind, Spot
from sluicegate.policy.kinds import Text, Value
from sluicegate.policy.tree import Tree

COMMON = ("SLUICEGATE", "FLAGS", "METRICS")
"""Words that the name of every variable with a token may begin with."""

_ROUTE = Form(
    r"^/(?!/)[!-~]*\Z",
    "is no path of a server: it begins with one '/'",
    "For example /api/flags/new-checkout; write other letters as in %C3%BC.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Text):
    """The name of the variable with a token, which the provider sends to its server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Text):
    """The address of a server, or an id that says what a provider of one server asks for there.

    What a journal names is asked only where the project names it too.
    """


def _variable(own: str) -> Variable:
    """A name that begins with the provider's `own` word or a common one.

    A plan may be a stranger's, and a job or a laptop has variables with tokens of other servers.
    """
    words = tuple(dict.fromkeys((own, *COMMON)))
    form = Form(rf"^({'|'.join(words)})_[A-Z0-9_]{{1,90}}\Z", "", "")

    def check(text: str) -> None:
        try:
            form.check(text)
        except PolicyError:  # without showing it: it may be the token itself
            named = ", ".join(f"{word}_" for word in words)
            raise PolicyError(
                "a token is given by the name of its environment variable, and this is no name of one",
                remedy=f"Begin it with one of {named}, such as {own}_TOKEN; never write the token itself.",
            ) from None

    return Variable(longest=100, check=check, json=form.json)


def _check_address(text: str) -> None:
    from sluicegate.net.transport import check_address

    try:
        check_address(text, "")
    except UsageError as error:
        raise PolicyError(f"the address {error.what}", remedy=error.remedy) from None


def _variation(value: str | float | bool) -> str:
    """The word of a value as YAML has it: an unquoted `true` is the variation `true`."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise PolicyError("this is no name or value of a variation", remedy="Write it as the flag has it.")
    return text


VARIATION = Value(
    what="'{name}' is the name or the value of a variation",
    remedy="For example true, 'false' or blue.",
    takes=(str, int, float, bool),
    convert=_variation,
    json={"type": ["string", "number", "boolean"]},
)
"""A variation of a flag, named by its name or value; as text."""

ADDRESS = Address(check=_check_address)
PAGES = Text(check=_check_address)
"""The address of pages that people are shown. No server is asked there."""
ROUTE = Text(longest=1000, check=_ROUTE.check, json=_ROUTE.json)


_HEADER = Form(
    r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z",
    "is no name of a header",
    "Write one such as Authorization or X-Api-Key.",
)
_SCHEME = Form(r"^[!-~]{1,100}\Z", "is no word before a token", "Write one such as Bearer, or none.")
_OURS = frozenset(
    {
        "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type",
        "expect", "host", "if-match", "keep-alive", "proxy-authorization", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent",
    }
)  # fmt: skip
"""Headers that say how a request is sent, and those that the client sets itself."""


def _check_header(text: str) -> None:
    _HEADER.check(text)
    if text.lower() in _OURS:
        what = f"the header '{text}' says how a request is sent, and cannot carry a token"
        raise PolicyError(what, remedy=_HEADER.remedy)


HEADER_KEYS: Mapping[str, Key] = {
    "header": Key(
        Text(longest=100, check=_check_header, json=_HEADER.json), "Header that carries the token.",
        "Authorization",
    ),
    "scheme": Key(
        Text(longest=100, check=_SCHEME.check, json=_SCHEME.json),
        "Word before the token in the header, `none` for none.", "Bearer",
    ),
}  # fmt: skip
"""How a token is sent to a server that lets its operator choose."""


def url_key(help_text: str, example: str) -> Key:
    """A mandatory address."""
    words = f"{help_text} https, or on this machine."
    return Key(ADDRESS, words, missing=f"Give it, for example url: {example}.", examples=(example,))


def token_key(variable: str, also: str = "", *, optional: bool = False, own: str = "") -> Key:
    """The name of the variable with the token.

    Args:
        variable: the usual one; other names begin with its first word, or with a common one.
        also: help for people.
        optional: is no token sent where none is named?
        own: what other names begin with, where it is more than the first word.
    """
    kind = _variable(own or variable.partition("_")[0])
    words = f"Environment variable that holds the token.{also}"
    if optional:
        return Key(kind, f"{words} Without it no token is sent.", examples=(variable,))
    return Key(kind, words, variable)


_REGION = Form(
    r"^[a-z]{2,5}(-[a-z]+){1,3}-[0-9]{1,2}\Z", "is no region of AWS", "Write one such as eu-central-1."
)


def region_key() -> Key:
    """A region of AWS, which is a part of the server's name; optional."""
    kind = Address(longest=40, check=_REGION.check, json=_REGION.json)
    words = "Region of AWS, such as `eu-central-1`. By default that of the environment."
    return Key(kind, words, examples=("eu-central-1",))


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
