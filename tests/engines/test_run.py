"""Gates of the user's own, with real commands."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.errors import EngineError, EvidenceError
from sluicegate.core.model import Better, Measure
from sluicegate.criteria import MeasureSpec
from sluicegate.engines.run import run_gate
from sluicegate.evidence.paths import PathIndex
from sluicegate.policy.model import RunOutput, RunSettings
from support import needs

SPECS = {
    "total": MeasureSpec("total", "B", Better.LOWER),
    "share": MeasureSpec("share", "%", Better.HIGHER),
}
UNITS = {"total": "KiB", "share": "%"}


def printing(command: str, **more: Any) -> RunSettings:
    return RunSettings(command, RunOutput.MEASURES, measures=SPECS, units=UNITS, **more)


def values(measures: Mapping[str, Measure]) -> dict[str, Fraction]:
    return {m.name: m.value for m in measures.values() if m.value is not None}


def error_of(run: RunSettings, root: Path) -> EngineError:
    with pytest.raises(EngineError) as caught:
        run_gate("size", run, root)
    return caught.value


# --- commands -----------------------------------------------------------------------------------


def test_the_numbers_of_a_command_are_measures(tmp_path: Path) -> None:
    record = run_gate("size", printing("""echo '{"total": 1.5, "share": 99.9}'"""), tmp_path)
    assert values(record.measures) == {"total": Fraction(1536), "share": Fraction(999, 10)}
    assert (record.source.path, record.source.format) == ("size", "run")


def test_equal_output_gives_equal_records(tmp_path: Path) -> None:
    first = run_gate("size", printing("""sleep 0.1; echo '{"total": 1}'"""), tmp_path)
    second = run_gate("size", printing("""echo '{"total": 1}'; exit 3""", ok_exit_codes=(3,)), tmp_path)
    assert first == second


def test_it_is_bash(tmp_path: Path) -> None:
    record = run_gate("size", printing("""a=(1 2 3); echo "{\\"total\\": ${#a[@]}}" """), tmp_path)
    assert values(record.measures) == {"total": 3 * 1024}


def test_without_bash_it_is_sh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shutil.which("sh")
    assert found
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sh").symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    record = run_gate("size", printing("""echo '{"total": 1}'"""), tmp_path)
    assert values(record.measures) == {"total": 1024}


def test_without_any_shell_it_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = error_of(printing("true"), tmp_path)
    assert error.what == "the command could not be started: neither bash nor sh"


def test_it_runs_in_its_directory(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "size.json").write_text('{"total": 2}')
    record = run_gate("size", printing("cat size.json", directory="web"), tmp_path)
    assert values(record.measures) == {"total": 2048}


@pytest.mark.parametrize("directory", ["..", "web/../..", "/", "link"])
def test_it_never_runs_outside_the_repository(tmp_path: Path, directory: str) -> None:
    root = tmp_path / "repository"
    (root / "web").mkdir(parents=True)
    (root / "link").symlink_to(tmp_path)
    error = error_of(printing("touch ran", directory=directory), root)
    assert error.what == f"the directory '{directory}' is outside the repository"
    assert not (tmp_path / "ran").exists()


def test_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    assert error_of(printing("true", directory="web"), tmp_path).what == "the directory 'web' does not exist"


def test_there_is_no_standard_input(tmp_path: Path) -> None:
    record = run_gate("size", printing("""cat; echo '{"total": 1}'""", timeout=60), tmp_path)
    assert values(record.measures) == {"total": 1024}


def test_the_environment_is_inherited_without_what_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEIRS", "7")
    monkeypatch.setenv("INPUT_TOKEN", "secret")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    command = """echo "{\\"total\\": $THEIRS, \\"share\\": 1${#INPUT_TOKEN}${#GITHUB_OUTPUT}}" """
    assert values(run_gate("size", printing(command), tmp_path).measures) == {
        "total": 7 * 1024,
        "share": Fraction(100),
    }


def test_another_exit_code_is_an_error_that_shows_the_last_words(tmp_path: Path) -> None:
    command = """echo '{"total": 1}'; seq 20 >&2; printf 'boom \\033[31m' >&2; exit 7"""
    error = error_of(printing(command), tmp_path)
    assert error.what == "the command ended with exit code 7"
    assert error.where == "gates.size.run"
    assert error.remedy == "Its standard error ends with: 17 | 18 | 19 | 20 | boom \\x1b[31m"


def test_an_error_before_the_last_lines_is_shown_too(tmp_path: Path) -> None:
    command = """(echo "Error: Cannot find module 'size.js'"; seq 9) >&2; exit 1"""
    words = "Error: Cannot find module 'size.js' | 5 | 6 | 7 | 8 | 9"
    assert error_of(printing(command), tmp_path).remedy == f"Its standard error ends with: {words}"


def test_a_signal_is_named(tmp_path: Path) -> None:
    error = error_of(printing("kill -SEGV $$"), tmp_path)
    assert error.what == "the command was stopped by SIGSEGV"
    assert error.remedy == "It wrote nothing to standard error."


def test_a_signal_without_a_name_has_its_number(tmp_path: Path) -> None:
    error = error_of(printing("kill -40 $$"), tmp_path)
    assert error.what == "the command was stopped by signal 40"


def test_a_command_with_a_null_character_is_an_error(tmp_path: Path) -> None:
    assert error_of(printing("echo \0"), tmp_path).what.startswith("the command could not be started")


@pytest.mark.parametrize(
    ("command", "code"), [("true", 0), ("exit 3", 3), ("exit 255", 255), ("kill -KILL $$", 137)]
)
def test_where_nothing_is_printed_the_exit_code_is_the_measure(
    tmp_path: Path, command: str, code: int
) -> None:
    record = run_gate("size", RunSettings(command, RunOutput.NOTHING), tmp_path)
    assert record.measures["exit_code"] == Measure("exit_code", Fraction(code), "", Better.LOWER)


# --- limits -------------------------------------------------------------------------------------

# A child and a grandchild in the background, which write down who they are and go on for long.
FAMILY = """
(sleep 300 & echo $! >> pids; wait) &
echo $! >> pids
echo $$ >> pids
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # a zombie waits only for the container's first process


def survivors(root: Path) -> list[int]:
    """Who of the family still lives; the dying are given a moment."""
    deadline = time.monotonic() + 300
    while (living := [pid for pid in family(root) if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return living


def family(root: Path) -> list[int]:
    return [int(line) for line in (root / "pids").read_text().split()]


@needs.linux
class TestNothingIsLeftBehind:
    def test_after_a_timeout(self, tmp_path: Path) -> None:
        begin = time.monotonic()
        error = error_of(printing(FAMILY + "echo last words >&2; wait", timeout=0.5), tmp_path)
        assert error.what == "the command was stopped after 500ms"
        assert "last words" in error.remedy
        assert time.monotonic() - begin < 10
        assert len(family(tmp_path)) == 3
        assert not survivors(tmp_path)

    def test_after_a_timeout_of_a_command_that_ignores_requests(self, tmp_path: Path) -> None:
        error = error_of(printing("trap '' TERM; " + FAMILY + "wait", timeout=0.5), tmp_path)
        assert error.what.startswith("the command was stopped")
        assert not survivors(tmp_path)

    def test_after_a_good_end(self, tmp_path: Path) -> None:
        run_gate("size", printing(FAMILY + """sleep 0.2; echo '{"total": 1}'"""), tmp_path)
        assert family(tmp_path)
        assert not survivors(tmp_path)

    def test_after_an_interrupt_from_the_keyboard(self, tmp_path: Path) -> None:
        program = (
            "import sys; from pathlib import Path; from sluicegate.engines.run import run_gate;"
            "from sluicegate.policy.model import RunOutput, RunSettings;"
            f"run_gate('size', RunSettings({FAMILY + 'wait'!r}, RunOutput.NOTHING), Path(sys.argv[1]))"
        )
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        ours = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], env=env, stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 300
        while not ((tmp_path / "pids").exists() and len(family(tmp_path)) == 3):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        ours.send_signal(signal.SIGINT)
        _, stderr = ours.communicate(timeout=300)
        assert b"KeyboardInterrupt" in stderr
        assert not survivors(tmp_path)


def test_a_command_may_clean_up_before_it_is_ended(tmp_path: Path) -> None:
    error_of(printing("trap 'touch cleaned; exit' TERM; sleep 300 & wait", timeout=1), tmp_path)
    assert (tmp_path / "cleaned").exists()


def test_a_process_that_keeps_the_output_open_does_not_hold_us_up(tmp_path: Path) -> None:
    begin = time.monotonic()
    command = """setsid sleep 40 & echo '{"total": 1}'"""
    run_gate("size", printing(command, timeout=60), tmp_path)
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize(("stream", "name"), [("1", "standard output"), ("2", "standard error")])
def test_endless_output_is_ended(tmp_path: Path, stream: str, name: str) -> None:
    error = error_of(printing(f"yes >&{stream}", timeout=60), tmp_path)
    assert error.what.endswith(f"bytes to its {name}")


def test_much_output_before_the_measures_is_no_problem(tmp_path: Path) -> None:
    command = """yes 'a line of the log' | head -c 15000000; echo; echo '{"total": 4}'"""
    assert values(run_gate("size", printing(command), tmp_path).measures) == {"total": 4096}


# --- SARIF --------------------------------------------------------------------------------------


def test_findings_come_through_the_reader_of_sarif(tmp_path: Path) -> None:
    (tmp_path / "out.sarif").write_text(
        '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t", "rules": []}}, "results": ['
        '{"ruleId": "R1", "level": "error", "message": {"text": "bad"}, "locations": [{"physicalLocation":'
        '{"artifactLocation": {"uri": "/home/runner/work/x/x/src/a.py"}, "region": {"startLine": 3}}}]}]}]}'
    )
    index = PathIndex(["src/a.py"])
    record = run_gate("scan", RunSettings("cat out.sarif", RunOutput.SARIF), tmp_path, index)
    assert [(f.rule, f.path, f.line) for f in record.findings] == [("R1", "src/a.py", 3)]


def test_a_tool_that_says_it_failed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out.sarif").write_text(
        '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": [],'
        '"invocations": [{"executionSuccessful": false}]}]}'
    )
    error = error_of(RunSettings("cat out.sarif", RunOutput.SARIF), tmp_path)
    assert error.what.startswith("the tool itself failed: ")


def test_what_is_no_sarif_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError) as caught:
        run_gate("scan", RunSettings("echo hello", RunOutput.SARIF), tmp_path)
    assert caught.value.where == "scan (standard output)"


def test_the_command_reaches_the_shell_as_it_is(tmp_path: Path) -> None:
    text = "a 'b' \"c\" $d `e` \\ é"
    command = f"""printf %s {shlex.quote(text)} > out; echo '{{"total": 1}}'"""
    run_gate("size", printing(command), tmp_path)
    assert (tmp_path / "out").read_text(encoding="utf-8") == text
