"""What GO Feature Flag answers for a flag of a file, written anew for the tests.

Its evaluator is a module of Go that cannot be had as a program. Source: `modules/core` of
thomaspoignant/go-feature-flag (`flag/rule.go`, `flag/internal_flag.go`, `utils/hash.go`), August 2026: FNV-1a
of 32 bits over flag name and key, modulo the sum of the percentages in thousandths; variations in descending
order of their names. Queries are not parsed: a test gives the names of rules that fit. Files are read without
the product's readers.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import yaml


def read(data: bytes, *, is_yaml: bool) -> dict[str, Any]:
    """The flags of a file; every scalar of YAML is a text."""
    if not is_yaml:
        return dict(json.loads(data))
    return dict(yaml.load(data, Loader=yaml.BaseLoader))  # noqa: S506 - it makes texts alone


def variation(
    flag: dict[str, Any], name: str, key: str | None, default: str = "default", fits: Collection[str] = ()
) -> str:
    """The variation that a user gets; `default` where that of the calling code counts.

    Args:
        flag: in its file.
        name: of the flag.
        key: of the user; None without one.
        default: stands for the value of the calling code.
        fits: names of rules whose queries are true of the user.
    """
    rules = flag.get("targeting") or []
    needs_key = any(rule.get("percentage") for rule in (*rules, flag["defaultRule"]))
    if (needs_key and not key) or _is(flag.get("disable")):
        return default
    for rule in rules:
        if rule.get("name") in fits and not _is(rule.get("disable")):
            return _of_rule(rule, name, key or "", default)
    return _of_rule(flag["defaultRule"], name, key or "", default)


def _is(value: object) -> bool:
    return str(value).lower() == "true"


def _of_rule(rule: dict[str, Any], name: str, key: str, default: str) -> str:
    if not rule.get("percentage"):
        return str(rule["variation"])
    percentages = {each: float(value) for each, value in rule["percentage"].items()}
    return drawn(percentages, fnv(name + key) % int(sum(percentages.values()) * 1000), default)


def drawn(percentages: dict[str, float], bucket: int, default: str = "default") -> str:
    """The variation of a bucket."""
    start = 0.0
    for each in sorted(percentages, reverse=True):
        end = start + percentages[each] * 1000
        if int(start) <= bucket < int(end):
            return each
        start = end
    return default


def fnv(text: str) -> int:
    """FNV-1a of 32 bits."""
    found = 0x811C9DC5
    for byte in text.encode():
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    return found
