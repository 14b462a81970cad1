"""Git settings by environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.git.environment import guarded, outside, trust, with_settings


def read(environment: dict[str, str], key: str) -> list[str]:
    done = subprocess.run(
        ["git", "config", "--get-all", key],
        env={
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **environment,
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout.splitlines()


def test_git_reads_the_settings() -> None:
    assert read(with_settings({}, [("a.b", "1"), ("a.b", "2")]), "a.b") == ["1", "2"]


def test_settings_of_the_user_stay() -> None:
    before = with_settings({}, [("a.b", "user")])
    assert read(with_settings(before, [("a.b", "ours")]), "a.b") == ["user", "ours"]


@pytest.mark.parametrize("count", ["", "x", "-1", "²"])
def test_a_count_that_is_no_number_is_none(count: str) -> None:
    assert with_settings({"GIT_CONFIG_COUNT": count}, [("a.b", "1")])["GIT_CONFIG_COUNT"] == "1"


@given(st.dictionaries(st.text("ABC", min_size=1), st.text()), st.lists(st.tuples(st.text(), st.text())))
def test_other_variables_are_untouched(environment: dict[str, str], settings: list[tuple[str, str]]) -> None:
    assert with_settings(environment, settings).items() >= environment.items()


def test_a_folder_of_the_workspace_is_trusted_with_its_parents() -> None:
    root = Path("/w/repo")
    assert [v for _, v in trust(root, root / "a" / "b")] == ["/w/repo/a/b", "/w/repo/a", "/w/repo"]


def test_a_folder_elsewhere_is_trusted_alone() -> None:
    assert trust(Path("/w/repo"), Path("/elsewhere")) == [("safe.directory", "/elsewhere")]


def test_git_speaks_english_and_reaches_no_network() -> None:
    made = guarded({"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}, "/bin")
    assert (made["LC_ALL"], made["LANGUAGE"], made["GIT_ALLOW_PROTOCOL"]) == ("C", "", "none")
    assert made["PATH"] == "/bin"


@pytest.mark.parametrize("name", ["INPUT_TOKEN", "INPUT_PRESET_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"])
def test_git_inherits_no_token(name: str) -> None:
    assert "secret" not in str(guarded({name: "secret"}, "/bin"))


@pytest.mark.parametrize("value", ["1", "2", "true"])
def test_git_does_not_talk_among_its_errors(value: str) -> None:
    assert "GIT_TRACE" not in guarded({"GIT_TRACE": value}, "/bin")
    assert guarded({"GIT_TRACE": "/log/trace"}, "/bin")["GIT_TRACE"] == "/log/trace"


def test_guards_stand_behind_other_settings() -> None:
    made = guarded({"PATH": os.environ["PATH"]}, os.environ["PATH"], [("core.fsmonitor", "evil")])
    assert read(made, "core.fsmonitor")[-1] == "false"


def test_settings_of_a_calling_git_do_not_stand_behind_the_guards() -> None:
    """What `git -c KEY=VALUE` hands to a hook or an alias, git reads behind `GIT_CONFIG_COUNT`."""
    given = {"PATH": os.environ["PATH"], "GIT_CONFIG_PARAMETERS": "'core.fsmonitor'='evil'"}
    assert read(given, "core.fsmonitor") == ["evil"]
    assert read(guarded(given, os.environ["PATH"]), "core.fsmonitor") == ["false"]


@pytest.mark.parametrize("name", ["GIT_CONFIG_GLOBAL", "GIT_EXEC_PATH", "GIT_SSH", "GIT_ASKPASS", "HOME"])
@pytest.mark.parametrize("value", ["{checkout}/x", "x", "./x", "{checkout}/../work"])
def test_git_takes_neither_settings_nor_programs_from_the_checkout(
    tmp_path: Path, name: str, value: str
) -> None:
    checkout = tmp_path / "work"
    assert name not in outside({name: value.format(checkout=checkout)}, checkout)


@pytest.mark.parametrize("value", ["/etc/x", "{checkout}-other/x", ""])
def test_those_of_other_places_stay(tmp_path: Path, value: str) -> None:
    checkout = tmp_path / "work"
    given = {"GIT_CONFIG_GLOBAL": value.format(checkout=checkout)}
    assert outside(given, checkout) == given
