"""The results of jobs, as a workflow hands them over."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import UsageError
from sluicegate.github.needs import read_needs

WRITTEN = """{
  "plan": {
    "result": "success",
    "outputs": {
      "plan": "{\\"has_work\\":false}"
    }
  },
  "test": {
    "result": "skipped",
    "outputs": {}
  }
}"""
"""As `toJSON(needs)` prints it."""


def test_each_job_has_its_result_and_its_outputs_are_not_looked_at() -> None:
    assert read_needs(WRITTEN) == {"plan": "success", "test": "skipped"}


def test_nothing_was_handed_over() -> None:
    assert read_needs(" \n") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${{ toJSON(needs) }}", "is not valid JSON"),
        ("{}", "names no job"),
        ("[]", "names no job"),
        ("null", "names no job"),
        ('{"test": {}}', "the job 'test' has no result"),
        ('{"test": "success"}', "the job 'test' has no result"),
        ('{"test": {"result": "skipped"}, "test": {"result": "success"}}', "occurs twice"),
    ],
)
def test_what_is_something_else_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        read_needs(text)
    assert said in str(error.value)
    assert "toJSON(needs)" in str(error.value)


@given(st.text())
def test_any_text_gives_results_or_an_error(text: str) -> None:
    try:
        results = read_needs(text)
    except UsageError:
        return
    assert results is None or all(isinstance(result, str) for result in results.values())


@given(
    st.dictionaries(st.text(), st.sampled_from(["success", "failure", "cancelled", "skipped"]), min_size=1)
)
def test_what_github_writes_is_read_back(results: dict[str, str]) -> None:
    text = json.dumps({job: {"result": result, "outputs": {}} for job, result in results.items()})
    assert read_needs(text) == results
