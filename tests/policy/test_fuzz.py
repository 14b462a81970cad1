"""Any bytes give a policy or a policy error, in bounded time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import PolicyError
from sluicegate.policy.catalogue import gate_names, preset_text
from sluicegate.policy.model import Policy
from sluicegate.policy.resolve import check_policy, valid
from support.examples import at_most
from support.policies import files

SEEDS = [preset_text(name).encode() for name in ("standard", "strict", "legacy")]
SEEDS.append(
    b"extends: [strict, ./s.yml]\nsource: {include: src/**}\ngates:\n"
    b"  size: {run: make, measures: {total: KiB}, criteria: [total <= 1KiB], timeout: 5s}\n"
    b"  tests: {suites: {unit: {files: a.xml, criteria: [failed == 0]}}, adjust: {pass-rate: off}}\n"
    b'waivers:\n  - {gate: lint, rule: E1, reason: r, owner: "@a", expires: 2027-01-31}\n'
)
PIN = "acme/policies/q.yml@8f3c1d0a7b6e5f4d3c2b1a0918273645a1b2c3d4"
SEEDS.append(f"extends: [{PIN}, ./s.yml]\nlocked: [gates.tests]\n".encode())
READ = files({"s.yml": "gates: {lint: {required: auto}}"})
WORDS = st.sampled_from(
    ["extends", "source", "gates", "waivers", "criteria", "adjust", "required", "else", "enabled", "files",
     "scope", "suites", "run", "measures", "output", "timeout", "ok-exit-codes", "expect", "id",
     "total >= 80%", "pass-rate", "off", "auto", "standard", "./s.yml", PIN, "KiB", "gate", "reason",
     "owner", "expires", "rule", "criterion", "2027-01-31", *gate_names()]
)  # fmt: skip
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 300) | WORDS | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=25,
)


PRESET = b"extends: ./q.yml\nlocked: [gates.tests, source]\ngates: {tests: off}\n"


def loads_or_refuses(data: bytes) -> None:
    try:
        checked = check_policy(data, "sluicegate.yml", READ, pinned=lambda _pinned: PRESET)
        result: Policy | PolicyError = valid(checked)
    except PolicyError as error:
        result = error
    if isinstance(result, PolicyError):
        message = str(result)
        assert result.where.startswith(("sluicegate.yml", "s.yml")) or "@" in result.where
        assert "pydantic" not in message
        assert "Input should" not in message


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 6))] = draw(
            st.binary(max_size=4) | st.sampled_from([b"\n", b": ", b"- ", b"[", b"}", b"&a ", b"*a"])
        )
        if not data:
            break
    return bytes(data)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes(data: bytes) -> None:
    loads_or_refuses(data)


@pytest.mark.slow
@given(mutations())
@settings(max_examples=at_most(300), deadline=None)
def test_policies_with_damage(data: bytes) -> None:
    loads_or_refuses(data)


@pytest.mark.slow
@given(st.dictionaries(WORDS, TREES, max_size=4))
@settings(max_examples=at_most(300), deadline=None)
def test_any_tree(tree: dict[str, Any]) -> None:
    loads_or_refuses(json.dumps(tree).encode())


@pytest.mark.slow
@given(
    st.dictionaries(st.sampled_from(["gates", "waivers", "source", "extends"]), TREES, min_size=1),
    st.dictionaries(
        st.sampled_from([*gate_names(), "mine"]), st.dictionaries(WORDS, TREES, max_size=4), max_size=4
    ),
)
@settings(max_examples=at_most(300), deadline=None)
def test_any_gates(tree: dict[str, Any], gates: dict[str, Any]) -> None:
    loads_or_refuses(json.dumps({**tree, "gates": gates}).encode())


@given(mutations())
@settings(deadline=None)
def test_a_policy_comes_without_errors_or_not_at_all(data: bytes) -> None:
    try:
        checked = check_policy(data, "sluicegate.yml", READ)
    except PolicyError:
        return
    assert (checked.policy is None) == bool(checked.errors)
