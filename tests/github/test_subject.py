"""What a run that ended was about, as data."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import Change, NoChange
from sluicegate.core.errors import EvidenceError
from sluicegate.github.event import EndedRun, EventContext
from sluicegate.github.subject import SUBJECT, Subject, notices

HEAD, TIP, MERGE = "a" * 40, "b" * 40, "c" * 40
RUN = EndedRun(77, 1, "pull_request", "success", "https://github.com/o/r/actions/runs/77")
FORK = Subject("o/r", RUN, HEAD, "main", TIP, 7, is_fork=True, tested=MERGE, base=TIP)

words = st.text(max_size=20)
subjects = st.builds(
    Subject,
    words, st.builds(EndedRun, st.integers(0, 2**50), st.integers(0, 9), words, words, words),
    words, words, words, st.integers(0, 2**31), st.booleans(), st.booleans(), words, words,
    words, words, words, words, words, st.lists(words, max_size=3).map(tuple), words,
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.text(max_size=5), lambda inner: st.lists(inner) | st.dictionaries(words, inner)
)


@given(subject=subjects)
def test_it_is_read_back(subject: Subject) -> None:
    assert SUBJECT.decode(SUBJECT.encode(subject), "subject.json") == subject


@given(data=st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_give_a_subject_or_the_typed_error(data: bytes) -> None:
    with contextlib.suppress(EvidenceError):
        SUBJECT.decode(data, "subject.json")


@pytest.mark.parametrize(
    "change", [{"schema": "sluicegate.subject/2"}, {"verdict": "PASS"}, {"head": None}, {"number": "7"}]
)
def test_another_shape_is_refused_with_what_to_do(change: dict[str, object]) -> None:
    document = json.loads(SUBJECT.encode(FORK)) | change
    with pytest.raises(EvidenceError) as caught:
        SUBJECT.decode(json.dumps(document).encode(), "subject.json")
    assert "sluicegate subject" in caught.value.remedy


def test_a_change_that_is_not_known_is_unseen_and_not_skipped() -> None:
    assert replace(FORK, base="", unseen="it is gone").absence == NoChange("it is gone", unseen=True)


def test_a_push_has_no_change() -> None:
    push = replace(FORK, run=replace(RUN, event="push"), base="", number=0)
    assert push.absence is not None
    assert not push.absence.unseen


def test_a_closed_pull_request_gets_no_comment() -> None:
    closed = replace(FORK, is_open=False)
    assert (closed.target.number, closed.target.head) == (0, HEAD)


def test_the_event_is_completed_by_what_was_found() -> None:
    event = FORK.event(EventContext(name="workflow_run", repository="o/r", head_sha=HEAD, tested_sha=TIP))
    assert (event.number, event.base_ref, event.base_sha, event.tested_sha) == (7, "main", TIP, TIP)


def test_a_fork_s_report_says_who_measured() -> None:
    (notice,) = notices(FORK, Change({}))
    assert (notice.level, notice.code) == ("warning", "measured-by-fork")
    assert "run 77, attempt 1" in notice.message


def test_one_of_this_repository_says_it_without_alarm() -> None:
    (notice,) = notices(replace(FORK, is_fork=False), Change({}))
    assert notice.level == "info"


def test_what_is_not_judged_and_not_set_is_said() -> None:
    subject = replace(FORK, base="", unseen="it is gone", shared="the commit is the tip of `main`")
    codes = [n.code for n in notices(subject, NoChange("it is gone", unseen=True))]
    assert codes == ["measured-by-fork", "change-unseen", "commit-shared"]


def test_the_status_of_a_fork_s_evidence_says_so() -> None:
    target = replace(FORK, branch="release", default_branch="main").target
    assert (target.branch, target.default_branch, target.measured_by_fork) == ("release", "main", 7)


def test_what_a_run_of_the_repository_measured_is_its_own() -> None:
    assert replace(FORK, is_fork=False).target.measured_by_fork == 0
