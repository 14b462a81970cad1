from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.github.publish.identity import Mark, mark_of, read_mark, run_of, run_of_url

RUNNER = {
    "GITHUB_RUN_NUMBER": "12",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_RUN_ID": "345",
    "GITHUB_REPOSITORY": "o/r",
    "GITHUB_WORKFLOW": "Quality",
    "GITHUB_WORKFLOW_REF": "o/r/.github/workflows/quality.yml@refs/pull/7/merge",
    "GITHUB_JOB": "gate",
}
marks = st.builds(
    Mark, st.text(max_size=40), st.tuples(st.integers(0, 10**9), st.integers(0, 99)), st.text(max_size=9),
    st.text(max_size=9), st.text(max_size=9),
)  # fmt: skip


def test_a_run_is_known_by_workflow_and_job() -> None:
    run = run_of(RUNNER)
    assert (run.key, run.named, run.order) == ("quality.yml:gate", False, (12, 2))
    assert run.url == "https://github.com/o/r/actions/runs/345/attempts/2"


def test_folders_of_one_job_have_keys_of_their_own() -> None:
    assert run_of(RUNNER, folder="./api").key == "quality.yml:gate:api"
    assert run_of(RUNNER, folder=".").key == "quality.yml:gate"


def test_the_user_s_key_replaces_them_and_is_cut() -> None:
    run = run_of(RUNNER, " py3.13\n" + "x" * 200)
    assert run.named
    assert run.key.startswith("py3.13 xxx")
    assert len(run.key) == 100


def test_outside_actions_there_is_no_order() -> None:
    run = run_of({})
    assert (run.key, run.order, run.url) == ("local", (0, 0), "")


@given(marks)
def test_a_mark_is_read_back_from_the_comment_that_it_heads(mark: Mark) -> None:
    assert mark_of(mark.comment() + "\n## Text") == mark


@given(marks)
def test_no_key_ends_the_comment_that_hides_it(mark: Mark) -> None:
    inside = mark.comment().removeprefix("<!--").removesuffix("-->")
    assert "--" not in inside
    assert not {"<", ">"} & set(inside)


@given(marks)
def test_a_mark_counts_only_at_the_very_beginning(mark: Mark) -> None:
    assert mark_of("> " + mark.comment()) is None


@given(st.text())
def test_any_text_gives_a_mark_or_none(text: str) -> None:
    assert read_mark(text) is None or isinstance(read_mark(text), Mark)
    mark_of(f"<!-- sluicegate:v1 {text} -->")


@pytest.mark.parametrize(
    ("url", "order"),
    [
        ("https://github.com/o/r/actions/runs/345", (345, 1)),
        ("https://ghe.example/o/r/actions/runs/345/attempts/3", (345, 3)),
        ("https://github.com/o/r/actions/runs/345?pr=7", (345, 1)),
        ("https://ci.example/345", (0, 0)),
        ("", (0, 0)),
    ],
)
def test_a_status_s_address_tells_its_run(url: str, order: tuple[int, int]) -> None:
    assert run_of_url(url) == order
