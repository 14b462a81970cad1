"""What a step says to the runner."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.runtime.commands import append, escape_data, group, notice
from support.composite import obeyed

HOSTILE = "one\n::set-output name=x::y\n::error::no\n::stop-commands::x\n::endgroup::\n##[error]no"


def said(text: str) -> list[str]:
    out = io.StringIO()
    group("gate", text, out)
    return list(obeyed(out.getvalue()))


def test_a_group_s_text_gives_no_command() -> None:
    assert said(HOSTILE) == ["::group::gate", "::endgroup::"]


@given(st.text())
def test_no_text_whatsoever_gives_a_command(text: str) -> None:
    assert said(text) == ["::group::gate", "::endgroup::"]


@given(st.text())
def test_a_notice_is_one_line(text: str) -> None:
    out = io.StringIO()
    notice(text, out)
    assert out.getvalue().count("\n") == 1
    assert "\r" not in out.getvalue()


def test_escapes_are_the_runner_s() -> None:
    assert escape_data("50 %\r\nx") == "50 %25%0D%0Ax"


def test_text_is_appended_to_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_text("before\n", encoding="utf-8")
    assert append("GITHUB_STEP_SUMMARY", str(file), "after")
    assert file.read_bytes() == b"before\nafter\n"


def test_a_channel_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    assert not append("GITHUB_OUTPUT", str(tmp_path / "no" / "such"), "x", said.append)
    assert said == [
        "GITHUB_OUTPUT could not be written: No such file or directory. The verdict is not affected."
    ]


@pytest.mark.parametrize("text", ["lone \ud800 surrogate", "e\u0301 漢"])
def test_any_text_is_written(tmp_path: Path, text: str) -> None:
    assert append("GITHUB_OUTPUT", str(tmp_path / "o"), text)


def test_without_a_channel_nothing_is_written() -> None:
    assert not append("GITHUB_STEP_SUMMARY", "", "x")
