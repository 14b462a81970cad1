"""Both halves of a fork's pull request, through `action.yml`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.forks import Fork, fork_of, serving
from support.uses import BAD, shown

pytestmark = pytest.mark.slow


@pytest.fixture
def fork(tmp_path: Path, environment: Path) -> Iterator[Fork]:
    with serving(fork_of(tmp_path, environment)) as made:
        yield made
        print(made.server.wrong)


def test_a_green_one_is_a_green_one(fork: Fork) -> None:
    result = fork.judge(fork.measure())
    print(shown(result))
    print(fork.server.comments[0]["body"])
    assert (result.exit_code, fork.statuses()) == (0, ["success"]), shown(result)


def test_a_red_one(fork: Fork) -> None:
    result = fork.judge(fork.measure(BAD), payload=fork.payload(conclusion="failure"))
    print(shown(result))
    print(fork.server.comments[0]["body"])
    assert (result.exit_code, fork.statuses()) == (1, ["failure"]), shown(result)
