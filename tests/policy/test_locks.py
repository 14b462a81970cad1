"""What a file locks, the files over it cannot take away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.policy.locks import LockPart, WrittenKeys, lock_errors
from sluicegate.policy.resolve import check_policy
from support.policies import files

SHARED = (
    "locked: [{}]\ngates:\n  coverage: {{criteria: [total >= 80%]}}\n  security: {{criteria: [high == 0]}}\n"
)


def errors(lock: str, over: str) -> list[str]:
    text = f"extends: ./shared.yml\n{over}\n"
    found = check_policy(text.encode(), "sluicegate.yml", files({"shared.yml": SHARED.format(lock)}))
    return [str(e) for e in found.errors]


@pytest.mark.parametrize(
    ("lock", "over"),
    [
        ("gates.coverage.criteria", "gates: {coverage: {criteria: [total >= 1%]}}"),
        ("gates.coverage.criteria", "gates: {coverage: {adjust: {total >= 80%: {else: warn}}}}"),
        ("gates.coverage.criteria", "gates: {coverage: {else: warn}}"),
        ("gates.coverage.criteria", "gates: {coverage: {required: auto}}"),
        ("gates.coverage.criteria", "gates: {coverage: off}"),
        ("gates.coverage.criteria", "gates: {coverage: {enabled: false}}"),
        ("gates.coverage", "gates: {coverage: {exclude: ['src/**']}}"),
        ("gates.coverage.exclude", "gates: {coverage: off}"),
        ("source", "source: {exclude: ['**']}"),
        ("source.exclude", "source: {exclude: ['**']}"),
        ("report-only", "report-only: true"),
        ("waivers", "waivers: [{gate: security, rule: x, reason: r, owner: o, expires: 2099-01-01}]"),
    ],
)
def test_what_would_take_a_locked_key_away_is_an_error_that_names_both_places(lock: str, over: str) -> None:
    (error,) = errors(lock, over)
    assert error.startswith("sluicegate.yml:2:")
    assert f"'{lock}' is locked at shared.yml:1:10" in error


@pytest.mark.parametrize(
    ("lock", "over"),
    [
        ("gates.coverage.criteria", "gates: {coverage: {exclude: ['x/**']}}"),
        ("gates.coverage.criteria", "gates: {coverage: {required: true, else: block}}"),
        ("gates.coverage.criteria", "gates: {coverage: , security: off}"),
        ("gates.coverage", "gates: {security: {criteria: [high <= 1]}}"),
        ("source.exclude", "source: {include: ['src/**']}"),
        ("waivers", "report-only: true"),
    ],
)
def test_what_leaves_it_alone_is_none(lock: str, over: str) -> None:
    assert errors(lock, over) == []


def test_a_lock_holds_over_a_file_between(tmp_path: object) -> None:
    read = files({"shared.yml": SHARED.format("source"), "team.yml": "extends: ./shared.yml\n"})
    found = check_policy(b"extends: ./team.yml\nsource: {include: [x]}\n", "p.yml", read)
    assert [e.where for e in found.errors] == ["p.yml:2:10"]


def test_of_two_files_the_later_is_held_by_the_earlier() -> None:
    read = files({"a.yml": "locked: source\n", "b.yml": "source: {include: [x]}\n"})
    found = check_policy(b"extends: [./a.yml, ./b.yml]\n", "p.yml", read)
    assert [e.where for e in found.errors] == ["b.yml:1:10"]


def test_a_file_may_write_what_it_locks_itself() -> None:
    assert check_policy(SHARED.format("gates.coverage").encode(), "p.yml", files({})).errors == ()


@pytest.mark.parametrize("key", ["gate.coverage", "gates", "gates.coverage.adjust.total", "extends", "7"])
def test_a_key_that_cannot_be_locked_is_refused(key: str) -> None:
    (error,) = check_policy(f"locked: [{key!r}]\n".encode(), "p.yml", files({})).errors
    assert "no key that can be locked" in error.what


def test_a_policy_that_only_reports_says_so() -> None:
    found = check_policy(b"report-only: true\n", "p.yml", files({})).policy
    assert found is not None
    assert found.report_only


keys = st.lists(st.sampled_from(["gates", "coverage", "criteria", "source", "x"]), min_size=1, max_size=4)


@given(st.lists(keys, max_size=4), keys)
def test_a_lock_holds_whatever_else_is_written(written: list[list[str]], lock: list[str]) -> None:
    below = LockPart(locked=((tuple(lock), "shared.yml:1:1"),))
    items = tuple(WrittenKeys(tuple(k), "p.yml:1:1", 1) for k in [*written, lock])
    assert list(lock_errors([below, LockPart(written=items)]))
    assert not list(lock_errors([LockPart(written=items), below]))
