"""The Action's inputs."""

from __future__ import annotations

import contextlib
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.action.inputs import ActionInputs, is_untrusted, read_inputs, variable
from sluicegate.core.errors import UsageError


def test_nothing_given_means_the_defaults() -> None:
    assert read_inputs({}) == ActionInputs()
    assert read_inputs({variable(f.name): "" for f in fields(ActionInputs)}) == ActionInputs()


def test_lists_hold_one_item_a_line() -> None:
    inputs = read_inputs({"INPUT_EVIDENCE": "tests=a b.xml\n\n  # a comment\r\n coverage=c.xml \n"})
    assert inputs.evidence == ("tests=a b.xml", "coverage=c.xml")


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("TRUE", True), ("false", False), (" False ", False)]
)
def test_switches_are_yaml_s_booleans(text: str, value: bool) -> None:
    assert read_inputs({"INPUT_WARN_ONLY": text}).warn_only is value


@pytest.mark.parametrize("text", ["yes", "1", "on", "true; touch pwned"])
def test_a_switch_that_is_no_boolean_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="'warn-only' is"):
        read_inputs({"INPUT_WARN_ONLY": text})


def test_the_token_is_not_shown() -> None:
    assert "ghs_secret" not in repr(read_inputs({"INPUT_TOKEN": "ghs_secret"}))


texts = st.text(max_size=30)


@given(st.fixed_dictionaries({variable(f.name): texts for f in fields(ActionInputs)}))
def test_any_text_gives_inputs_or_the_typed_error(environment: dict[str, str]) -> None:
    with contextlib.suppress(UsageError):
        inputs = read_inputs(environment)
        assert all(line == line.strip() and line for line in (*inputs.gate, *inputs.evidence))


@pytest.mark.parametrize(
    "event", ["", "push", "pull_request", "merge_group", "schedule", "workflow_dispatch"]
)
def test_by_default_a_job_of_an_event_that_runs_the_code_it_judges_may_run_it(event: str) -> None:
    assert not is_untrusted(ActionInputs(), event)


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run", "issue_comment", "something_new"])
def test_by_default_nothing_runs_on_any_other_event(event: str) -> None:
    assert is_untrusted(ActionInputs(), event)


@pytest.mark.parametrize(("given", "expected"), [("true", True), ("false", False)])
@pytest.mark.parametrize("event", ["push", "pull_request_target"])
def test_what_the_workflow_says_of_trust_counts_on_every_event(
    given: str, expected: bool, event: str
) -> None:
    assert is_untrusted(ActionInputs(untrusted=given), event) is expected
