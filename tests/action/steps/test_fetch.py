"""The Action's step that fetches: which parts a job needs, and what becomes of their answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sluicegate.action import fetch
from sluicegate.action.answer import Level, StepResult, one
from sluicegate.action.job import Job, read_job
from sluicegate.core.errors import ExitCode
from support.repo import Repo, repository

PINNED = {"sluicegate.yml": "extends: acme/policies/q.yml@8f3c1d0a7b6e5f4d3c2b1a0918273645a1b2c3d4\n"}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return repository(tmp_path / "repo", {"a.py": ""})


@pytest.fixture(autouse=True)
def _settings_of_git_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step lets git trust the checkout for the rest of its process."""
    monkeypatch.setattr(fetch, "trust_checkout", lambda *_: None)


def variables(repo: Repo, **inputs: str) -> dict[str, str]:
    root = repo.root
    names = {f"INPUT_{name.upper()}": value for name, value in inputs.items()}
    output = str(root.parent / "output")
    return {"GITHUB_WORKSPACE": str(root), "RUNNER_TEMP": str(root.parent), "GITHUB_OUTPUT": output, **names}


def outputs(repo: Repo) -> str:
    path = repo.root.parent / "output"
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.mark.parametrize(
    ("inputs", "parts"),
    [
        ({}, ["ledger"]),
        ({"ledger": "read"}, ["ledger"]),
        ({"ledger": "off"}, []),
        ({"bundle": "shard"}, []),
        ({"override": "true"}, ["approvals", "ledger"]),
        ({"policy_from": "base", "override": "true"}, ["presets", "approvals", "ledger"]),
    ],
)
def test_the_inputs_say_what_is_fetched(repo: Repo, inputs: dict[str, str], parts: list[str]) -> None:
    assert list(fetch._parts(read_job(variables(repo, **inputs)))) == parts


def test_a_policy_that_may_name_a_preset_has_it_fetched(repo: Repo) -> None:
    repo.write(PINNED)
    assert list(fetch._parts(read_job(variables(repo, ledger="off")))) == ["presets"]


Parts = dict[str, Callable[[], StepResult]]


def with_parts(monkeypatch: pytest.MonkeyPatch, parts: Parts) -> None:
    monkeypatch.setattr(fetch, "_parts", lambda _job: parts)


def late(answer: StepResult) -> Callable[[], StepResult]:
    def part() -> StepResult:
        time.sleep(0.1)
        return answer

    return part


def test_each_path_is_an_output_and_lines_keep_their_order(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (one(Level.NOTICE, word, path=Path(f"/{word}")) for word in ("first", "second"))
    with_parts(monkeypatch, {"presets": late(first), "ledger": lambda: second})
    assert fetch.main(variables(repo)) == ExitCode.OK
    assert outputs(repo) == "presets=/first\nledger=/second\n"
    said = capsys.readouterr().out
    assert said.splitlines() == [f"::notice title=Sluicegate::{word}" for word in ("first", "second")]


def test_the_first_part_that_fails_ends_the_step(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = one(Level.ERROR, "no preset", code=ExitCode.WORLD)
    other = one(Level.ERROR, "other", path=Path("/other"), code=ExitCode.USAGE)
    with_parts(monkeypatch, {"presets": late(failed), "approvals": lambda: other})
    assert fetch.main(variables(repo)) == ExitCode.WORLD
    assert (capsys.readouterr().out, outputs(repo)) == ("::error title=Sluicegate::no preset\n", "")


@pytest.mark.parametrize("inputs", [{"override": "perhaps"}, {"ledger": "perhaps"}])
def test_a_wrong_input_is_one_error_and_nothing_is_fetched(
    repo: Repo, capsys: pytest.CaptureFixture[str], inputs: dict[str, str]
) -> None:
    assert fetch.main(variables(repo, **inputs)) == ExitCode.USAGE
    assert capsys.readouterr().out.startswith("::error title=Sluicegate::the input '")
    assert outputs(repo) == ""


def test_a_malformed_event_is_one_error(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    event = repo.root.parent / "event.json"
    event.write_text("{}", encoding="utf-8")
    names = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    assert fetch.main({**variables(repo), **names}) == ExitCode.WORLD
    assert "event.pull_request must be an object" in capsys.readouterr().out


def test_a_subject_that_the_job_s_environment_names_does_not_count(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code of the pull request may have set the variable for all later steps."""
    seen: list[Job] = []

    def parts(job: Job) -> Parts:
        seen.append(job)
        return {}

    monkeypatch.setattr(fetch, "_parts", parts)
    fetch.main({**variables(repo), "SLUICEGATE_SUBJECT": "forged"})
    assert [job.subject for job in seen] == [None]


@pytest.mark.parametrize(("merge", "looked"), [("bundles/*", True), ("", False)])
def test_the_subject_comes_first_where_bundles_of_a_run_are_joined(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, merge: str, looked: bool
) -> None:
    event = repo.root.parent / "event.json"
    run = {"id": 1, "event": "push", "head_sha": "c" * 40, "head_branch": "main", "pull_requests": []}
    repository_ = {"full_name": "octo-org/octo-repo"}
    run |= {"run_attempt": 1, "repository": repository_, "head_repository": repository_}
    event.write_text(json.dumps({"workflow_run": run}), encoding="utf-8")
    names = {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_EVENT_PATH": str(event)}
    found = one(Level.ERROR, "no subject", code=ExitCode.WORLD)
    monkeypatch.setattr("sluicegate.action.subject.find", lambda _job: found)
    with_parts(monkeypatch, {})
    code = fetch.main({**variables(repo, merge=merge), **names})
    assert code == (ExitCode.WORLD if looked else ExitCode.OK)
