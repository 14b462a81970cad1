"""`sluicegate bench` as a user runs it: real repositories, real runs, and what is left of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import programs
from support.benching import (
    Benched,
    benched,
    needs_posix,
    reporting,
    wait_for_line,
    wait_until_gone,
)
from support.pullrequest import open_pull_request
from support.repo import Repo

pytestmark = [
    pytest.mark.slow,
    needs_posix,
]

BENCH = ("--base", "main", "--seed", "1", "--pairs-per-round", "1")
READS = (*BENCH, "--reads", "out.json", "--", "sh", "b.sh")
ENDLESS = """import os, time
from pathlib import Path
Path({pid!r}).write_text(f"{{os.getpid()}}\\n")
time.sleep(600)
"""


def check(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return programs.sluicegate(root, "check", "--gate", "performance", *arguments)


# --- what is found -------------------------------------------------------------------------------


def test_a_command_that_got_slower_is_found(tmp_path: Path) -> None:
    made = benched(tmp_path, {"b.sh": "sleep 0.01\n"}, {"b.sh": "sleep 0.15\n"})
    done = made.run(*BENCH, "--name", "job", "--", "sh", "b.sh")
    assert (done.returncode, "slower" in done.stdout) == (0, True)
    (entry,) = made.evidence()["benchmarks"]
    assert entry["name"] == "job"
    assert min(entry["samples"]) > 0.15 > min(entry["base_samples"])
    assert len(entry["memory"]) == len(entry["base_cpu"]) == len(entry["samples"])


def test_a_slowdown_that_the_command_reports_is_found(tmp_path: Path) -> None:
    made = benched(tmp_path, {"b.sh": reporting(tmp_path, 1)}, {"b.sh": reporting(tmp_path, 1.1)})
    done = made.run(*READS)
    assert done.returncode == 0
    assert "Slower: b." in done.stdout
    assert made.evidence()["plan"]["stopped"] == "decided"
    assert len(made.evidence()["benchmarks"][0]["samples"]) == 10


def test_the_same_code_is_not_slower_than_itself(tmp_path: Path) -> None:
    made = benched(tmp_path, {"b.sh": reporting(tmp_path, 1)})
    done = made.run(*READS)
    assert done.returncode == 0
    assert "Nothing is slower." in done.stdout
    assert "base and head are the same commit" in done.stdout


def test_what_is_not_committed_is_measured(tmp_path: Path) -> None:
    made = benched(tmp_path, {"b.sh": reporting(tmp_path, 1)})
    made.repo.write({"b.sh": reporting(tmp_path, 2)})
    done = made.run("--base", "HEAD", *READS[2:])
    assert "Slower: b." in done.stdout
    assert "dirty: 1 file" in done.stdout
    assert made.repo.git("status", "--short") == "M b.sh"


def test_a_pull_requests_commit_is_measured_against_its_base(tmp_path: Path) -> None:
    ignored = {".gitignore": "reports/\nout.json\n"}
    opened = open_pull_request(
        tmp_path / "hub",
        {"b.sh": reporting(tmp_path, 1), **ignored},
        {"b.sh": reporting(tmp_path, 2)},
        {"elsewhere": ""},
    )
    made = Benched(Repo(opened.checkout(tmp_path / "r")), tmp_path / "tmp")
    made.temporary.mkdir()
    made.repo.write({"b.sh": "echo a build step changed this; exit 1\n"})
    event = tmp_path / "event.json"
    event.write_text(json.dumps(opened.payload()))
    names = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    done = made.run(*READS[2:], environment={**names, **opened.variables()})
    assert done.returncode == 0, done.stderr
    assert "Slower: b." in done.stdout
    assert made.evidence()["base"]["commit"] == opened.base


def test_a_benchmark_of_one_side_is_named(tmp_path: Path) -> None:
    made = benched(
        tmp_path,
        {"b.sh": reporting(tmp_path, 1, "kept", "gone")},
        {"b.sh": reporting(tmp_path, 1, "kept", "new")},
    )
    done = made.run(*READS)
    assert "only in the base: gone" in done.stdout
    assert "only in the head, so not compared: new" in done.stdout
    assert made.evidence()["removed"] == ["gone"]


def test_several_commands_are_measured_in_one_call(tmp_path: Path) -> None:
    made = benched(tmp_path, {"x": ""})
    commands = ("--command", "true", "--command", "sleep 0.01", "--name", "one", "--name", "two")
    made.run(*BENCH, "--max-rounds", "2", *commands)
    assert [(e["name"], len(e["samples"])) for e in made.evidence()["benchmarks"]] == [("one", 2), ("two", 2)]


def test_a_round_can_be_of_several_pairs(tmp_path: Path) -> None:
    made = benched(tmp_path, {"b.sh": reporting(tmp_path, 1)})
    made.run("--warmup", "2", *READS[:4], "--pairs-per-round", "3", "--max-rounds", "4", *READS[6:])
    assert len((tmp_path / "runs").read_text()) == 2 * 2 + 2 * 3 * 4


def test_a_round_is_of_twenty_pairs_where_runs_are_short(tmp_path: Path) -> None:
    made = benched(tmp_path, {"x": ""})
    made.run(*READS[:4], "--max-rounds", "1", "--", "true")
    assert made.evidence()["benchmarks"][0]["pairs_per_round"] == 20


def test_a_round_is_of_fewer_pairs_where_the_time_would_not_do_for_all_rounds(tmp_path: Path) -> None:
    made = benched(tmp_path, {"x": ""})
    made.run("--base", "main", "--max-time", "3s", "--max-rounds", "10", "--command", "sleep 0.02")
    assert 1 <= made.evidence()["benchmarks"][0].get("pairs_per_round", 1) < 8


def test_the_base_takes_the_benchmark_over_from_the_head(tmp_path: Path) -> None:
    made = benched(tmp_path, {"x": ""}, {"b.sh": reporting(tmp_path, 1)})
    done = made.run("--from-head", "b.sh", "--max-rounds", "1", *READS)
    assert done.returncode == 0, done.stderr


def test_the_set_up_runs_once_a_side_and_prepare_before_each_run(tmp_path: Path) -> None:
    made = benched(tmp_path, {"x": ""})
    note = tmp_path / "note"
    done = made.run(
        *BENCH, "--max-rounds", "2", "--verbose", "--setup", f"echo set up | tee -a {note}",
        "--prepare", f"echo prepared >>{note}", "--shell", "bash", "--", f"echo run >>{note}",
    )  # fmt: skip
    runs = 2 * (1 + 2)
    assert note.read_text() == "set up\n" * 2 + "prepared\nrun\n" * runs
    assert "set up" in done.stderr


def test_the_seed_repeats_the_order(tmp_path: Path) -> None:
    made = benched(tmp_path, {"x": ""})
    orders = []
    for _ in range(2):
        note = tmp_path / "note"
        note.unlink(missing_ok=True)
        line = f'basename "$PWD" >>{note}'
        made.run(*BENCH, "--max-rounds", "6", "--shell", "bash", "--", line)
        orders.append(note.read_text().split())
    assert orders[0] == orders[1]
    assert orders[0].count("base") == orders[0].count("head") == 7


def inherited(*folders: Path) -> tuple[Path, ...]:
    """These folders before those of this process's `PYTHONPATH`."""
    return (*folders, *map(Path, filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))))


def test_an_editable_install_that_both_sides_share_is_said(tmp_path: Path) -> None:
    made = benched(tmp_path, {"src/own.py": "", "b.py": "import own\n"})
    arguments = (*BENCH, "--max-rounds", "1", "--", sys.executable, "b.py")
    source = made.root / "src"
    assert f"both sides import from {source}" in made.run(*arguments, path=inherited(source)).stdout
    assert "both sides import" not in made.run(*arguments, path=inherited(Path("src"))).stdout


def test_what_is_shared_is_said_where_a_python_has_many_modules_and_warns(tmp_path: Path) -> None:
    made = benched(tmp_path, {"src/own.py": "", "b.py": "import own\n"})
    others = tmp_path / "others"
    others.mkdir()
    for number in range(200):
        (others / f"z{number}.py").write_text("")
    (others / "sitecustomize.py").write_text("import sys\nsys.stderr.write('careful\\n' * 200)\n")
    arguments = (*BENCH, "--max-rounds", "1", "--", sys.executable, "b.py")
    source = made.root / "src"
    assert f"both sides import from {source}" in made.run(*arguments, path=inherited(source, others)).stdout


def test_a_place_of_the_tree_that_is_not_imported_from_is_not(tmp_path: Path) -> None:
    files = {"own.py": "", "b.py": "import own\n", "sub/other.py": "import own\n", "conftest.py": ""}
    made = benched(tmp_path, files)
    (made.root / "lib").mkdir()
    (made.root / "lib" / "foreign.py").write_text("")  # of no base
    path = inherited(made.root / "lib", made.root)

    def said(*command: str) -> bool:
        arguments = (*BENCH, "--max-rounds", "1", "--", sys.executable, *command)
        return f"both sides import from {made.root}" in made.run(*arguments, path=path).stdout

    assert not said("b.py")  # the checkout's own folder is searched first
    assert not said("-c", "import own")
    assert said("sub/other.py")
    assert said("-P", "b.py")


# --- what the gate makes of it -------------------------------------------------------------------

POLICY = "gates:\n  performance: {criteria: [regression <= 5%]}\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--setup", "echo no compiler; exit 2"), "the set-up of the base ended with exit code 2"),
        (("--setup", "test ! -e broken || exit 3"), "the set-up of the head ended with exit code 3"),
    ],
)
def test_a_side_that_does_not_build_makes_the_gate_an_error(
    tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    made = benched(tmp_path, {"sluicegate.yml": POLICY}, {"broken": ""})
    done = made.run(*options, *BENCH, "--", "true")
    assert done.returncode == 2
    assert message in done.stderr
    judged = check(made.root)
    assert judged.returncode == 1
    assert "ERROR  performance" in judged.stdout
    assert message in judged.stdout


def test_a_run_that_fails_shows_its_output_and_makes_the_gate_an_error(tmp_path: Path) -> None:
    made = benched(tmp_path, {"sluicegate.yml": POLICY}, {"x": ""})
    done = made.run(*BENCH, "--shell", "bash", "--", "if [ -e x ]; then echo oh no; exit 7; fi")
    assert done.returncode == 2
    assert "oh no" in done.stderr
    assert "on the head ended with exit code 7" in done.stderr
    assert "ERROR  performance" in check(made.root).stdout


def test_a_failure_can_be_ignored(tmp_path: Path) -> None:
    made = benched(tmp_path, {"x": ""})
    assert made.run(*BENCH, "--ignore-failure", "--max-rounds", "1", "--", "false").returncode == 0


def test_an_earlier_run_never_stands_for_one_that_did_not_end(tmp_path: Path) -> None:
    made = benched(tmp_path, {"sluicegate.yml": POLICY, "b.py": ENDLESS.format(pid=str(tmp_path / "pid"))})
    made.run(*BENCH, "--max-rounds", "1", "--", "true")
    process = made.start(*BENCH, "--", sys.executable, "b.py")
    wait_for_line(tmp_path / "pid")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=300)
    judged = check(made.root)
    assert "were not measured to their end" in judged.stdout
    assert "ERROR  performance" in judged.stdout


@pytest.mark.parametrize(
    ("factor", "status", "said"),
    [(1.0, "PASS", "none proven slower"), (1.2, "FAIL", "1 proven slower: b by 20")],
)
def test_the_gate_judges_by_the_pairs(tmp_path: Path, factor: float, status: str, said: str) -> None:
    made = benched(
        tmp_path,
        {"sluicegate.yml": POLICY, "b.sh": reporting(tmp_path, 1)},
        {"b.sh": reporting(tmp_path, factor)},
    )
    made.run(*READS)
    judged = check(made.root)
    words = " ".join(judged.stdout.split())
    assert f"{status} performance" in words
    assert said in words


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--base", "nowhere", "--", "true"), 2, "the base 'nowhere' is not in this clone"),
        (("--base", "main"), 2, "no command"),
        (("--base", "main", "--", "no-such-program"), 2, "not in PATH: no-such-program"),
        (("--base", "main", "--", "sleep 1"), 2, "add --shell bash"),
        (("--base", "main", "--", "./no-such"), 2, "No such file or directory: ./no-such"),
        (("--base", "main", "--max-time", "soon", "--", "true"), 2, "'soon' is no time"),
        (("--base", "main", "--max-time", "1ms", "--", "sleep", "1"), 2, "were not enough for one round"),
        (
            ("--base", "main", "--min-rounds", "9", "--max-rounds", "3", "--", "true"),
            2,
            "must not exceed --max",
        ),
        (("--base", "main", "--max-rounds", "0", "--", "true"), 2, "not in the range"),
        (("--base", "main", "--output", "x/y.json", "--", "true"), 3, "x/y.json: cannot be written"),
        (("--base", "main", "--reads", "out.json", "--", "true"), 2, "left no out.json"),
        (("--base", "main", "--reads", "x", "--", "true"), 2, "left no x of the"),
        (("--base", "main", "--reads", "no.json", "--", "cp", "x", "no.json"), 2, "benchmark format"),
        (("--base", "main", "--reads", "/etc/passwd", "--", "true"), 2, "no path below the current folder"),
        (("--base", "main", "--from-head", "no", "--", "true"), 2, "the head has no such path"),
    ],
)  # fmt: skip
def test_bad_input_is_said_with_its_remedy_and_leaves_nothing(
    tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    made = benched(tmp_path, {"x": "no benchmark\n"}, {"y": ""})
    done = made.run(*arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert message in done.stderr
    assert made.left() == []


def test_one_pair_is_measured_and_proves_nothing(tmp_path: Path) -> None:
    made = benched(tmp_path, {"x": ""})
    done = made.run(*BENCH, "--max-rounds", "1", "--", "true")
    assert done.returncode == 0
    assert "Below 10 pairs nothing can be proven here" in done.stdout


def test_without_a_base_it_says_how_to_name_one(tmp_path: Path) -> None:
    made = benched(tmp_path, {"x": ""})
    done = made.run("--", "true")
    assert done.returncode == 2
    assert "--base" in done.stderr


def test_outside_of_a_repository_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    done = programs.sluicegate(tmp_path / "plain", "bench", "--", "true")
    assert (done.returncode, "must be a git repository" in done.stderr) == (2, True)


# --- interrupted ---------------------------------------------------------------------------------


@pytest.fixture
def endless(tmp_path: Path) -> Benched:
    """Whose command never ends, and leaves its process id in a file."""
    return benched(tmp_path, {"b.py": ENDLESS.format(pid=str(tmp_path / "pid"))}, {"x": ""})


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_request_to_end_leaves_no_checkout_and_no_process(
    endless: Benched, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    process = endless.start(*BENCH, "--", sys.executable, "b.py")
    pid = int(wait_for_line(tmp_path / "pid"))
    process.send_signal(number)
    _, said = process.communicate(timeout=300)
    assert (process.returncode, "Traceback" in said) == (code, False)
    assert endless.left() == []
    wait_until_gone(pid)


@pytest.mark.parametrize(
    ("number", "delay"),
    [
        (signal.SIGINT, 0.01), (signal.SIGTERM, 0.05), (signal.SIGINT, 0.1), (signal.SIGTERM, 0.2),
        (signal.SIGINT, 0.3), (signal.SIGTERM, 0.5),
    ],
)  # fmt: skip
def test_at_whatever_moment_it_ends_it_leaves_nothing(
    tmp_path: Path, number: signal.Signals, delay: float
) -> None:
    made = many_files(tmp_path)
    ends_after(delay, number, made.start(*SHORT), made)


@pytest.mark.parametrize(
    ("number", "delay"),
    [
        (signal.SIGINT, 0.15), (signal.SIGTERM, 0.3),
        *(pytest.param(number, delay, marks=pytest.mark.soak)
          for number in (signal.SIGINT, signal.SIGTERM)
          for delay in (0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1.1, 1.4)),
    ],
)  # fmt: skip
def test_a_fresh_start_ends_at_any_moment_too(tmp_path: Path, number: signal.Signals, delay: float) -> None:
    """Also while it imports."""
    made = many_files(tmp_path)
    ends_after(delay, number, made.start_anew(*SHORT), made)


SHORT = (*BENCH, "--max-time", "1s", "--setup", "sleep 0.1", "--", "sleep", "0.05")


def many_files(place: Path) -> Benched:
    """Whose checkouts take a while to write."""
    return benched(place, {f"d{n}/f{m}": "x" for n in range(10) for m in range(10)}, {"x": ""})


def ends_after(delay: float, number: signal.Signals, process: programs.Running, made: Benched) -> None:
    """Ask a program to end after some seconds, and look what it leaves."""
    try:
        process.wait(timeout=delay)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    process.communicate(timeout=300)
    assert [log.read_text() for log in made.temporary.glob("sluicegate-crash-*")] == []
    assert made.left() == []


def test_a_checkout_that_is_still_being_written_is_removed_too(tmp_path: Path) -> None:
    files = {f"f{n}": "x" for n in range(100)}
    made = benched(tmp_path, {**files, ".gitattributes": "f* filter=slow\n"}, {"x": ""})
    made.repo.git("config", "filter.slow.smudge", "sleep 0.05; cat")
    process = made.start(*BENCH, "--", "true")
    while not list(made.temporary.glob("*/base/f*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=300)
    assert (process.returncode, made.left()) == (143, [])


def test_what_a_killed_one_leaves_the_next_removes(endless: Benched, tmp_path: Path) -> None:
    process = endless.start(*BENCH, "--", sys.executable, "b.py")
    pid = int(wait_for_line(tmp_path / "pid"))
    process.kill()
    process.communicate(timeout=300)
    wait_until_gone(pid)
    assert endless.left() != []
    assert endless.run(*BENCH, "--max-rounds", "1", "--", "true").returncode == 0
    assert endless.left() == []


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    made = benched(tmp_path, {"x": ""}, {"y": ""})
    both = [
        made.start(*BENCH, "--max-rounds", "5", "--output", f"reports/{n}.json", "--", "sleep", "0.05")
        for n in range(2)
    ]
    assert [(p.communicate(timeout=120)[1], p.returncode)[1] for p in both] == [0, 0]
    assert made.left() == []
    assert sorted(p.name for p in (made.root / "reports").iterdir()) == ["0.json", "1.json"]
