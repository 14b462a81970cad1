"""A bundle gives back what was collected, and always in the same bytes."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.bundle import write
from sluicegate.bundle.layout import MANIFEST
from sluicegate.bundle.read import open_bundle, read_evidence
from sluicegate.bundle.write import shard_name
from sluicegate.core.change import NoChange
from sluicegate.core.errors import UsageError, WorldError
from sluicegate.core.model import Problem
from sluicegate.evidence.records import Evidence
from sluicegate.evidence.shards import own_path
from support import bundles, coverage_reports
from support import evidence as ev

COVERAGE = {"src/a.py": "1+ 2- 3+1/2", "src/b.py": "1+"}
FILES = {
    "reports/junit.xml": bundles.junit("+F"),
    "reports/coverage.xml": coverage_reports.cobertura(COVERAGE),
    "reports/lcov.info": coverage_reports.lcov(COVERAGE),
}


def read(folder: Path) -> Evidence:
    return read_evidence(open_bundle(folder))


def test_files_come_back_as_they_were_read(tmp_path: Path) -> None:
    evidence = bundles.collected(tmp_path, FILES)
    bundles.write(tmp_path / "b" / "s", evidence, tmp_path)
    again = read(tmp_path / "b" / "s")
    assert [r.files for r in again.coverage] == [r.files for r in evidence.coverage]
    assert [replace(r, source=evidence.tests[0].source) for r in again.tests] == list(evidence.tests)
    assert (again.change, again.commit) == (evidence.change, evidence.commit)


def test_sources_say_which_shard_brought_them(tmp_path: Path) -> None:
    source = read(bundles.shard(tmp_path / "b" / "py3.12", FILES)).tests[0].source
    assert (source.path, source.shard, own_path(source)) == (
        "py3.12: reports/junit.xml", "py3.12", "reports/junit.xml",
    )  # fmt: skip


def test_what_engines_measured_comes_back(tmp_path: Path) -> None:
    complexity = ev.functions("src/a.py:3 f 12 new")
    found = ev.security("*high B602 src/a.py:3")
    folder = bundles.shard(tmp_path / "b" / "s", FILES, complexity=complexity, findings=(found,))
    again = read(folder)
    assert (again.complexity, again.findings) == (complexity, (found,))


def test_problems_and_the_reason_for_no_change_come_back(tmp_path: Path) -> None:
    problems = {"coverage": (Problem("is empty", "reports/c.xml", "See the log."),)}
    change = NoChange("the clone is shallow", unseen=True)
    again = read(bundles.shard(tmp_path / "b" / "s", FILES, problems=problems, change=change))
    assert (again.problems, again.change) == (problems, change)


def test_completed_data_of_coveragepy_is_stored_with_its_lines(tmp_path: Path) -> None:
    record = ev.coverage("src/a.py: 1+ 2- 3+(1/2)", ".coverage", format="coveragepy-data")
    folder = bundles.shard(tmp_path / "b" / "s", {}, coverage=(record,))
    assert not (folder / ".coverage").exists()
    (again,) = read(folder).coverage
    assert again.files == record.files


def test_an_ignored_file_that_coverage_names_stays_resolved(tmp_path: Path) -> None:
    text = coverage_reports.cobertura({"src/a.py": "1+", "src/generated.py": "1-"})
    evidence = bundles.collected(tmp_path, {"coverage.xml": text})
    (record,) = evidence.coverage
    resolved = replace(evidence, coverage=(replace(record, unresolved=()),))
    bundles.write(tmp_path / "b" / "s", resolved, tmp_path)
    assert read(tmp_path / "b" / "s").coverage[0].unresolved == ()


def test_the_same_evidence_gives_the_same_bytes(tmp_path: Path) -> None:
    evidence = bundles.collected(tmp_path, FILES)
    both = [tmp_path / "one" / "s", tmp_path / "two" / "s"]
    for folder in both:
        bundles.write(folder, evidence, tmp_path)
    one, two = ({p.name: p.read_bytes() for p in folder.iterdir()} for folder in both)
    assert one == two


def test_no_file_is_hidden_and_names_are_generated(tmp_path: Path) -> None:
    files = {"reports/..odd name;$(x).xml": bundles.junit("+")}
    folder = bundles.shard(tmp_path / "b" / "s", files)
    names = sorted(p.name for p in folder.iterdir())
    assert names == ["analysis.json", MANIFEST, "change.json", "e0001.xml", "paths.json"]


def test_an_earlier_bundle_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "b" / "s"
    bundles.shard(folder, FILES)
    bundles.shard(folder, {"reports/junit.xml": bundles.junit("+")})
    assert len(list(folder.iterdir())) == 5


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="something else: thesis"):
        bundles.write(tmp_path / "mine", Evidence(), tmp_path)


def test_the_bundle_s_own_files_are_none_of_the_repository(tmp_path: Path) -> None:
    evidence = bundles.collected(tmp_path, FILES)
    folder = tmp_path / "src"
    bundles.write(folder, evidence, tmp_path)
    paths = json.loads((folder / "paths.json").read_bytes())["files"]
    assert paths == ["services/api/app.py", "tests/test_a.py", "web/app.py"]


def test_a_file_that_changed_meanwhile_is_an_error(tmp_path: Path) -> None:
    evidence = bundles.collected(tmp_path, FILES)
    (tmp_path / "reports/junit.xml").write_text(bundles.junit("+++"), encoding="utf-8")
    with pytest.raises(WorldError, match="changed while"):
        bundles.write(tmp_path / "b" / "s", evidence, tmp_path)


def test_what_cannot_be_written_leaves_nothing_that_is_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    evidence = bundles.collected(tmp_path, FILES)
    monkeypatch.setattr(write, "write_whole", full)
    with pytest.raises(WorldError, match="No space left"):
        bundles.write(tmp_path / "b" / "s", evidence, tmp_path)
    assert list((tmp_path / "b" / "s").iterdir()) == []


def test_a_shard_is_named_as_its_folder() -> None:
    assert shard_name(Path("bundles/py3.12")) == "py3.12"


@pytest.mark.parametrize("name", ["a b", "-x", ".hidden", "a=b", "x" * 101, "ü"])
def test_names_that_no_shard_has(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        shard_name(Path("bundles") / name)
