"""The policy's `components`: merged, resolved and checked like everything else."""

from __future__ import annotations

import pytest

from sluicegate.policy.describe import policy_document, policy_text
from support.evidence import TODAY
from support.policies import messages, policy

TEXT = """
extends: []
gates:
  coverage: {criteria: [total >= 80%]}
  security: {criteria: [high == 0], required: auto}
components:
  api: {paths: services/api/**}
  web:
    paths: [web/**, shared/**]
    gates:
      coverage: {adjust: {total >= 80%: total >= 60%}}
      docs: {criteria: [documented >= 50%]}
      security: off
"""


def gates(name: str) -> dict[str, list[str]]:
    component = next(c for c in policy(TEXT).components if c.name == name)
    return {g.name: [c.expect for c in g.criteria] for g in component.gates}


def test_a_component_takes_the_gates_of_the_whole() -> None:
    assert gates("api") == {"coverage": ["total >= 80%"], "security": ["high == 0"]}


def test_what_it_says_itself_lies_over_them() -> None:
    assert gates("web") == {"coverage": ["total >= 60%"], "docs": ["documented >= 50%"]}


def test_the_gates_of_the_whole_stay_as_they_are() -> None:
    assert [g.name for g in policy(TEXT).gates] == ["coverage", "security"]


def test_a_required_gate_is_required_in_components_too() -> None:
    (api, web) = policy(TEXT).components
    assert [g.required for g in api.gates] == [True, False]
    assert all(g.required for g in web.gates)


def test_components_of_an_extended_file_are_merged_by_name() -> None:
    merged = policy(
        "extends: shared.yml\nwhole: false\ncomponents: {web: {paths: ui/**}, new: {paths: n/**}}",
        shared_yml=TEXT,
    )
    assert {c.name: c.paths for c in merged.components} == {
        "api": ("services/api/**",), "web": ("ui/**",), "new": ("n/**",),
    }  # fmt: skip
    assert [g.name for g in merged.components[1].gates] == ["coverage", "docs"]
    assert not merged.whole


def test_a_waiver_may_name_a_criterion_that_only_a_component_has() -> None:
    waiver = "{gate: coverage, criterion: total >= 60%, reason: r, owner: '@a', expires: 2027-01-31}"
    text = TEXT.replace("adjust: {total >= 80%: total >= 60%}", "criteria: [total >= 60%]")
    assert messages(f"{text}waivers: [{waiver}]") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{api: {}}", "the component 'api' has no 'paths'"),
        ("{api: {paths: []}}", "'paths' is empty"),
        ("{api: {paths: ../x}}", "is not a path inside the repository"),
        ("{api: {path: x/**}}", "unknown key 'path'. Perhaps you meant 'paths'"),
        ("{'a/b': {paths: x/**}}", "'a/b' is no name for a component"),
        ("[api]", "'components' is a mapping from names of components"),
        ("{api: {paths: x/**, gates: {size: {run: x}}}}", "unknown key 'size'"),
        ("{api: {paths: x/**, gates: {performance: off}}}", "unknown key 'performance'"),
        ("{api: {paths: x/**, gates: {coverage: {criteria: [totl >= 1%]}}}}", "Perhaps you meant"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    assert any(message in m for m in messages(f"extends: standard\ncomponents: {text}"))


def test_whole_is_true_or_false() -> None:
    assert any("'whole' is true or false" in m for m in messages("whole: never"))


def test_components_are_described() -> None:
    document = policy_document(policy(TEXT))
    assert [c["component"] for c in document["components"]] == ["api", "web"]
    text = policy_text(policy(TEXT), TODAY)
    assert "Component web: web/**, shared/**" in text
    assert "total >= 60%" in text
