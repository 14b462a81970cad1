from pathlib import Path

import pytest

from sluicegate.core.errors import EvidenceError
from support.benchmark_files import cargo_criterion, criterion, criterion_message, only, reading

NEW = "target/criterion/Fib/Iterative/20/new/sample.json"


def test_a_sample_is_time_over_runs(tmp_path: Path) -> None:
    assert only(reading(tmp_path, criterion([2, 4], [20, 80]), NEW)).samples == (1e-8, 2e-8)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (NEW, "Fib/Iterative/20"),
        ("criterion/a/new/sample.json", "a"),
        ("x/criterion/criterion/new/sample.json", "criterion"),
        ("x/criterion/a/main/sample.json", "a"),
    ],
)
def test_the_name_is_the_path_below_criterion(tmp_path: Path, path: str, name: str) -> None:
    assert only(reading(tmp_path, criterion([1], [1]), path)).name == name


@pytest.mark.parametrize("path", ["sample.json", "a/new/sample.json", "criterion/new/sample.json"])
def test_a_path_that_names_no_benchmark_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(EvidenceError, match="does not say which benchmark it is of"):
        reading(tmp_path, criterion([1], [1]), path)


@pytest.mark.parametrize(
    ("iterations", "times"),
    [([], []), ([1], [1, 2]), ([0], [1]), ([1], [0]), ([1], [-1]), (["1"], [1]), ([1], [None])],
)
def test_samples_that_cannot_be_are_refused(
    tmp_path: Path, iterations: list[object], times: list[object]
) -> None:
    with pytest.raises(EvidenceError):
        reading(tmp_path, criterion(iterations, times), NEW)


# --- messages of cargo-criterion ----------------------------------------------------------------


def test_messages_have_samples_in_their_unit(tmp_path: Path) -> None:
    record = reading(tmp_path, cargo_criterion(criterion_message("a"), criterion_message("b", unit="us")))
    assert {name: one.samples for name, one in record.benchmarks.items()} == {
        "a": (1e-8,) * 2,
        "b": (1e-5,) * 2,
    }


def test_the_work_of_a_call_gives_the_throughput(tmp_path: Path) -> None:
    message = criterion_message("a", throughput=[{"per_iteration": 1024, "unit": "bytes"}])
    assert only(reading(tmp_path, cargo_criterion(message))).stated == {"throughput": 1024 / 1e-8}


def test_a_message_without_samples_states_its_estimates(tmp_path: Path) -> None:
    message = criterion_message("a", iteration_count=[], measured_values=[])
    one = only(reading(tmp_path, cargo_criterion(message)))
    assert (one.samples, one.stated) == ((), {"p50": 1e-8, "mean": 1.2e-8})


def test_other_messages_and_lines_are_left_out(tmp_path: Path) -> None:
    data = b"Compiling x\n" + cargo_criterion({"reason": "group-complete"}, criterion_message("a"))
    assert list(reading(tmp_path, data).benchmarks) == ["a"]


@pytest.mark.parametrize(
    "messages",
    [
        [criterion_message("a"), criterion_message("a")],
        [criterion_message("a", unit="cycles")],
        [criterion_message("")],
        [criterion_message("a", measured_values=[1.0])],
        [{"reason": "group-complete"}],
    ],
)
def test_messages_that_cannot_be_are_refused(tmp_path: Path, messages: list[object]) -> None:
    with pytest.raises(EvidenceError):
        reading(tmp_path, cargo_criterion(*messages))
