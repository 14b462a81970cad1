"""An aggregate beside its parts counts once; shards with the same cases count each."""

from pathlib import Path

import pytest

from sluicegate.evidence.records import TestsRecord
from sluicegate.evidence.tests import junit
from sluicegate.evidence.tests.repeats import repeats


def part(name: str, *times: str, stamp: str = "2026-11-30T06:00:00", package: bool = False) -> str:
    """A suite of the class `p.NAME`; as Ant's aggregate writes it, its package stands in an attribute."""
    cases = "".join(
        f"<testcase classname='p.{name}' name='t{n}' time='{time}'/>" for n, time in enumerate(times)
    )
    names = f"name='{name}' package='p' id='0'" if package else f"name='p.{name}'"
    timestamp = f" timestamp='{stamp}'" if stamp else ""
    return f"<testsuite {names}{timestamp} tests='{len(times)}'>{cases}</testsuite>"


def together(*suites: str) -> str:
    return f"<testsuites>{''.join(suites)}</testsuites>"


def left_out(folder: Path, **files: str) -> dict[str, str]:
    records: list[TestsRecord] = []
    for name, xml in files.items():
        (folder / name).write_text(xml)
        records.append(junit.read(folder / name, name))
    return repeats(records)


A, B = part("A", "0.1", "0.2"), part("B", "0.3")
ALL = together(part("A", "0.1", "0.2", package=True), part("B", "0.3", package=True))


def test_an_aggregate_beside_its_parts_is_left_out(tmp_path: Path) -> None:
    assert left_out(tmp_path, all=ALL, a=A, b=B) == {"all": "holds the cases of a, b, which count"}


def test_a_part_is_left_out_where_the_aggregate_holds_more(tmp_path: Path) -> None:
    assert left_out(tmp_path, all=ALL, a=A) == {"a": "holds the cases of all, which count"}


def test_of_two_copies_one_counts(tmp_path: Path) -> None:
    assert left_out(tmp_path, x=A, y=A).keys() == {"y"}


def test_of_three_copies_one_counts(tmp_path: Path) -> None:
    assert left_out(tmp_path, x=A, y=A, z=A).keys() == {"y", "z"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (A, part("A", "0.1", "0.3")),
        (A, part("A", "0.1", "0.2", stamp="2026-11-30T06:00:01")),
        (A, A.replace("name='t0' time='0.1'/>", "name='t0' time='0.1'><failure/></testcase>")),
        (part("A", "0.001", "0.001", "0", stamp=""), part("A", "0.001", "0.001", "0", stamp="")),
        (part("A", "0.000", stamp=""), part("A", "0.000", stamp="")),
    ],
    ids=["times", "timestamps", "outcomes", "nothing but small times", "no times"],
)
def test_shards_with_the_same_cases_count_each(tmp_path: Path, one: str, two: str) -> None:
    assert left_out(tmp_path, one=one, two=two) == {}


def test_without_timestamps_times_that_differ_tell_a_copy(tmp_path: Path) -> None:
    suite = part("A", "0.101", "0.202", "0.303", stamp="")
    assert left_out(tmp_path, one=suite, two=together(suite)).keys() == {"two"}


def test_a_file_that_holds_one_suite_twice_is_no_repeat_of_one_that_holds_it_once(tmp_path: Path) -> None:
    assert left_out(tmp_path, twice=together(A, A), once=A).keys() == {"once"}


def test_empty_files_are_no_repeats(tmp_path: Path) -> None:
    assert left_out(tmp_path, one="<testsuites/>", two="<testsuites/>") == {}
