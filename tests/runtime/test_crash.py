"""What a bug of ours, and every error, tells of the arguments and settings that led to it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from sluicegate.cli import main
from sluicegate.core.errors import SluicegateError
from sluicegate.ledger.answers import words
from sluicegate.net.client import ApiError, Refusal
from sluicegate.runtime.crash import option_names, report_crash

URL = "https://mona:hunter2@example.org/x?token=s3cret"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where logs of crashes are written."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def crash(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["sluicegate", *arguments])
    try:
        raise ValueError(f"could not parse {URL}")
    except ValueError as error:
        report_crash(error)


def test_the_log_has_names_of_options_and_no_value(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    crash(
        monkeypatch,
        "publish",
        "secret.json",
        "--key",
        "hunter2",
        f"--details-url={URL}",
        "-v",
        "--",
        "--s3cret",
    )
    (log,) = folder.glob("sluicegate-crash-*.log")
    text = log.read_text(encoding="utf-8")
    assert "options: --key --details-url -v\n" in text
    assert "ValueError: could not parse https://***@example.org/x?token=***" in text
    for secret in ("hunter2", "s3cret", "secret.json"):
        assert secret not in text + capsys.readouterr().err


def test_a_log_that_cannot_be_written_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    crash(monkeypatch, "check")
    said = capsys.readouterr().err
    assert "options: none" in said
    assert said.endswith("Please report it with the log: above\n")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--output", "json=x"], ["--output"]),
        (["--output=json=x"], ["--output"]),
        (["-ohunter2"], ["-o"]),
        (["--hunter2", "hunter2"], []),
        (["--", "--base"], []),
    ],
)
def test_a_name_of_an_option_is_no_value(arguments: list[str], names: list[str]) -> None:
    assert option_names(arguments) == names


@pytest.mark.parametrize(
    "said",
    [
        str(SluicegateError(f"'{URL}' is not there", where=URL, remedy=f"Look at {URL}.")),
        SluicegateError(URL).what,
        ApiError(Refusal.GAVE_UP, f"no answer of {URL}").message,
        words(f"fatal: could not read from '{URL}'"),
    ],
)
def test_no_error_holds_the_secrets_of_an_address(said: str) -> None:
    assert "hunter2" not in said
    assert "s3cret" not in said
    assert "mona" not in said


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["sluicegate", *arguments])
    monkeypatch.setattr(main, "prepare", lambda: None)
    with pytest.raises(SystemExit) as end:
        main.run()
    return end.value.code


def test_an_argument_that_is_refused_is_shown_without_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "check", URL) == 2
    said = capsys.readouterr().err
    assert "https://***@example.org/x?token=***" in said
    assert "hunter2" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no folder that somebody stands in")
@pytest.mark.parametrize("command", sorted(main.COMMANDS))
def test_a_deleted_current_folder_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    arguments = {
        "merge": ["b"], "subject": ["b", "--output", "s"], "badge": ["r.json"], "publish": ["r.json"],
        "explain": ["coverage"], "bench": ["--", "true"], "ledger": ["fetch"],
    }  # fmt: skip
    code = run(monkeypatch, command, *arguments.get(command, []))
    said = capsys.readouterr().err
    assert code in (0, 2, 3)
    assert "bug" not in said
    if command in ("check", "plan", "trend", "validate", "init", "explain"):
        assert "the current folder cannot be found" in said
