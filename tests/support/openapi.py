"""GitHub's OpenAPI description: are a request and its answer what GitHub documents?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from support import rig
from support.contracts import Contract


@cache
def github() -> Contract:
    """The description of api.github.com, from the package @octokit/openapi."""
    rig.require()
    path = rig.MODULES / "@octokit" / "openapi" / "generated" / "api.github.com.json"
    return Contract(json.loads(path.read_text(encoding="utf-8")), "GitHub", deep=("path", "basehead"))


def request_errors(verb: str, path: str, query: Mapping[str, str], body: Any) -> list[str]:
    """See `Contract`."""
    return github().request_errors(verb, path, query, body)


def answer_errors(verb: str, path: str, status: int, body: Any) -> list[str]:
    """See `Contract`."""
    return github().answer_errors(verb, path, status, body)


def example(verb: str, path: str, status: int) -> Any:
    """See `Contract`."""
    return github().example(verb, path, status)
