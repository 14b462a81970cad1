"""A server that the tests need and that is not here: a skip that says how to get it, and a failure in CI."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import partial

import pytest

from support import evaluators, oracles, prometheus, unleash
from support.servers import ServerMissingError


def nowhere(*_arguments: object) -> None:
    """Nothing is found."""


def refused(*_arguments: object, **_options: object) -> None:
    raise ServerMissingError("PostgreSQL is not installed")


def failing(*command: str, **_options: object) -> subprocess.CompletedProcess[str]:
    raise evaluators.EvaluatorsMissingError("no such package")


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("nothing")
    monkeypatch.setattr(prometheus, "find", nowhere)
    monkeypatch.setattr("support.prometheus.shutil.which", nowhere)
    monkeypatch.setattr(unleash, "_postgres", refused)
    monkeypatch.setattr(evaluators, "CACHE", folder)
    monkeypatch.setattr(evaluators, "_run", failing)


ALL = [
    (prometheus.require.__wrapped__, "make rig"),
    (partial(evaluators.require.__wrapped__, evaluators.OPEN), "make rig"),
    (partial(evaluators.require.__wrapped__, evaluators.VENDORS), "make rig-vendors"),
    (oracles.require.__wrapped__, "make rig-oracles"),
    (unleash._require.__wrapped__, "make rig-unleash"),
]


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(("require", "remedy"), ALL)
@pytest.mark.parametrize(("where", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_what_is_missing(
    require: Callable[[], object],
    remedy: str,
    where: str,
    outcome: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CI", where)
    with pytest.raises(outcome, match=remedy):
        require()
