"""Which Python runs the Action: the newest that fits what the base requires."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sluicegate.action import install, pythons
from sluicegate.action.pythons import Interpreter, choose, each, fits, required
from support.repo import Repo, pull_request, repository

SOURCE = Path(__file__).resolve().parents[3] / "src"
OLD, MIDDLE, NEW = (Interpreter(f"python3.{minor}", (3, minor, 4)) for minor in (11, 12, 13))


def pyproject(requires: str) -> str:
    return f'[project]\nname = "x"\nrequires-python = "{requires}"\n'


@pytest.mark.parametrize(
    ("specifier", "fitting"),
    [
        ("", "11 12 13"),
        (">=3.12", "12 13"),
        (">= 3.11, <3.13", "11 12"),
        ("<4", "11 12 13"),
        ("~=3.12", "12 13"),
        ("~=3.12.0", "12"),
        ("==3.12.*", "12"),
        ("==3.12.4", "12"),
        ("!=3.13.*,>=3.11", "11 12"),
        ("!=3.13.4", "11 12"),
        (">3.12", "12 13"),
        ("<=3.12", "11"),
        ("<3.13.0rc1", "11 12"),
        ("nonsense", "11 12 13"),
    ],
)
def test_a_specifier_compares_releases(specifier: str, fitting: str) -> None:
    assert [p.path for p in (OLD, MIDDLE, NEW) if fits(specifier, p.version)] == [
        f"python3.{minor}" for minor in fitting.split()
    ]


def test_the_newest_that_fits_is_chosen() -> None:
    assert choose([NEW, MIDDLE, OLD], "<3.13", has_uv=True) is MIDDLE


def test_where_none_fits_it_is_the_newest() -> None:
    assert choose([NEW, MIDDLE, OLD], ">=3.15", has_uv=True) is NEW


def test_one_that_nothing_can_be_installed_into_is_passed_over() -> None:
    bare = Interpreter("python3.14", (3, 14, 0), has_pip=False)
    assert choose([bare, MIDDLE], "", has_uv=False) is MIDDLE
    assert choose([bare, MIDDLE], "", has_uv=True) is bare


def test_no_other_is_started_where_this_one_fits() -> None:
    def look(path: str) -> Interpreter:
        raise AssertionError(path)

    assert choose(each(["other"], look), "", has_uv=True).path == sys.executable


def test_a_program_that_is_no_python_is_none(tmp_path: Path) -> None:
    assert pythons.probe(str(tmp_path / "nothing")) is None
    assert pythons.probe("/bin/true") is None


def test_a_python_says_its_version() -> None:
    assert pythons.probe(sys.executable) == pythons.this()


class TestWhatTheBaseRequires:
    def environment(self, repo: Repo, **more: str) -> dict[str, str]:
        return {"GITHUB_WORKSPACE": str(repo.root), "GITHUB_SHA": repo.git("rev-parse", "HEAD"), **more}

    def of_pull_request(self, repo: Repo, base: str = "") -> dict[str, str]:
        payload = repo.root.parent / "event.json"
        side = {"ref": "main", "repo": {"full_name": "o/r"}}
        head = {**side, "sha": repo.git("rev-parse", "HEAD")}
        pull = {"number": 1, "head": head, "base": {**side, "sha": base or "1" * 40}}
        payload.write_text(json.dumps({"action": "opened", "pull_request": pull}), encoding="utf-8")
        variables = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(payload)}
        return self.environment(repo, GITHUB_REF="refs/pull/1/merge", **variables)

    def test_a_push_is_its_own_base(self, tmp_path: Path) -> None:
        repo = repository(tmp_path / "r", {"pyproject.toml": pyproject(">=3.12")})
        assert required(self.environment(repo)) == ">=3.12"

    def test_the_first_parent_of_a_test_merge_is_the_base(self, tmp_path: Path) -> None:
        base, head = ({"pyproject.toml": pyproject(text)} for text in (">=3.12", "<3.12"))
        assert required(self.of_pull_request(pull_request(tmp_path / "r", base, head))) == ">=3.12"

    def test_a_change_does_not_choose_where_its_base_is_not_here(self, tmp_path: Path) -> None:
        repo = pull_request(tmp_path / "r", {}, {"pyproject.toml": pyproject("<3.12")})
        repo.git("checkout", "-q", "feature")
        environment = self.of_pull_request(repo)
        assert required({**environment, "GITHUB_SHA": "2" * 40}) == ""

    def test_of_another_checkout_of_a_pull_request_it_is_the_event_s(self, tmp_path: Path) -> None:
        repo = pull_request(tmp_path / "r", {"pyproject.toml": pyproject(">=3.12")}, {"pyproject.toml": ""})
        repo.git("checkout", "-q", "feature")
        environment = self.of_pull_request(repo, repo.git("rev-parse", "feature^"))
        assert required({**environment, "GITHUB_SHA": "2" * 40}) == ">=3.12"

    @pytest.mark.parametrize(("inner", "expected"), [(pyproject(">=3.13"), ">=3.13"), ("", ">=3.12")])
    def test_the_nearest_that_says_it_counts(self, tmp_path: Path, inner: str, expected: str) -> None:
        files = {"pyproject.toml": pyproject(">=3.12"), "sub/pyproject.toml": inner}
        repo = repository(tmp_path / "r", files)
        assert required(self.environment(repo, INPUT_WORKING_DIRECTORY="sub")) == expected

    @pytest.mark.parametrize("text", ["[project]\nrequires-python = 3", "project = 1", "[[", "\0"])
    def test_what_says_nothing_requires_nothing(self, tmp_path: Path, text: str) -> None:
        assert required(self.environment(repository(tmp_path / "r", {"pyproject.toml": text}))) == ""

    def test_a_folder_without_git_requires_nothing(self, tmp_path: Path) -> None:
        assert required({"GITHUB_WORKSPACE": str(tmp_path)}) == ""

    def test_no_setting_of_git_is_left_behind(self, tmp_path: Path) -> None:
        repo, before = repository(tmp_path / "r", {"a": ""}), dict(os.environ)
        required(self.environment(repo))
        assert dict(os.environ) == before


def test_it_needs_no_package() -> None:
    code = f"import sys; sys.path.append({str(SOURCE)!r}); import sluicegate.action.pythons"
    assert subprocess.run([sys.executable, "-I", "-S", "-c", code], check=False).returncode == 0


class TestHandingOver:
    def handed(self, monkeypatch: pytest.MonkeyPatch, requires: str) -> int | None:
        monkeypatch.setattr(pythons, "required", lambda _: requires)
        monkeypatch.setattr(pythons, "each", lambda _: iter((pythons.this(), OLD)))
        monkeypatch.setattr(install, "find_uv", lambda _: "uv")
        monkeypatch.setattr(
            subprocess, "run", lambda words, **_: subprocess.CompletedProcess(words, len(words))
        )
        return install.hand_over({"GITHUB_ACTION_PATH": str(SOURCE.parent)}, ["other"])

    def test_this_python_stays_where_it_fits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.handed(monkeypatch, "") is None

    def test_another_one_that_fits_installs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.handed(monkeypatch, "==3.11.4") == 3

    def test_what_is_required_and_not_there_is_said(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.handed(monkeypatch, ">=3.99") is None
        assert "The project requires Python >=3.99" in capsys.readouterr().out
