"""Keys that the sections of providers share: addresses, names of variables with tokens, times."""

from __future__ import annotations

import re

from sluicegate.core.errors import PolicyError
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key, json_pattern
from sluicegate.policy.kinds import Text

_VARIABLE = r"^[A-Z_][A-Z0-9_]{0,99}\Z"


def _check_variable(text: str) -> None:
    if not re.match(_VARIABLE, text):
        raise PolicyError(
            "a token is given by the name of its environment variable, and this is none",
            remedy="Write its name in capitals, for example FLAGS_TOKEN, and never the token itself.",
        )


VARIABLE = Text(longest=100, check=_check_variable, json=json_pattern(_VARIABLE))


def url_key(help_text: str, example: str) -> Key:
    """A mandatory address."""
    words = f"{help_text} https, or on this machine."
    return Key(v.TEXT, words, missing=f"Give it, for example url: {example}.", examples=(example,))


def token_key(variable: str | None, also: str = "") -> Key:
    """The name of the variable with the token."""
    return Key(VARIABLE, f"Environment variable that holds the token.{also}", variable)


def refresh_key(help_text: str, seconds: float) -> Key:
    """A time that passes until clients see a write."""
    return Key(v.SECONDS, f"{help_text} A kill is seen everywhere after it.", seconds)
