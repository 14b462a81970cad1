"""What the agent of AppConfig answers of a flag with variants, so far as its documentation and others say.

The agent is a program of AWS that cannot be had as a package, and its hash is not published. The rules are
read as the user guide describes them, by a reader that shares nothing with ours. The hash is the one that an
emulator of AppConfig states (FNV-1a of the value with the seed, modulo 100,000, in thousandths of a percent):
what is tested by it is that each rule we write is a share, and that a greater share holds the smaller one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_TOKEN = re.compile(r'[\s,]*([()\[\]]|"(?:[^"\\]|\\.)*"|[^\s,()\[\]"]+(?:"(?:[^"\\]|\\.)*")?)')


def variant_for(flag: Mapping[str, Any], key: str, context: Mapping[str, str]) -> Mapping[str, Any]:
    """The variant for a context: the first whose rule holds, else the default."""
    for each in flag["_variants"]:
        if not each.get("rule") or _holds(_read(each["rule"]), key, context):
            found: Mapping[str, Any] = each
            return found
    raise AssertionError("there is no default")


def _read(text: str) -> Any:
    (found,) = _items(iter(_TOKEN.findall(text)))
    return found


def _items(tokens: Iterator[str]) -> Iterator[Any]:
    for token in tokens:
        if token in ("(", "["):
            yield list(_items(tokens))
        elif token in (")", "]"):
            return
        else:
            yield token


def _holds(rule: Any, key: str, context: Mapping[str, str]) -> bool:
    head, *rest = rule
    match head:
        case "and":
            return all(_holds(each, key, context) for each in rest)
        case "exists":
            return json.loads(rest[0].removeprefix("key::")) in context
        case "in":
            return context.get(rest[0].removeprefix("$")) in [json.loads(each) for each in rest[1]]
        case "ends_with":
            return context.get(rest[0].removeprefix("$"), "").endswith(json.loads(rest[1]))
        case "split":
            named = dict(each.split("::", 1) for each in rest)
            seed = json.loads(named["seed"]) if "seed" in named else key
            value = context[named["by"].removeprefix("$")]
            return _fnv1a(value + seed) % 100_000 / 1000 < float(named["pct"])
    raise AssertionError(f"no such operator: {head}")


def _fnv1a(text: str) -> int:
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return value
