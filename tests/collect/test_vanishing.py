"""Files that are gone, or are something else, when they are read: said, and no bug of ours."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from sluicegate.bundle.layout import WorkflowRun
from sluicegate.bundle.write import Shard, write_bundle
from sluicegate.collect.discover import discover
from sluicegate.collect.discovery import search
from sluicegate.collect.loader import EvidenceLoader
from sluicegate.collect.named import NamedEvidence
from sluicegate.collect.tracked import TrackedFilter
from sluicegate.core.errors import EvidenceError, WorldError
from sluicegate.core.model import Discovery
from sluicegate.evidence.limits import open_regular
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import Evidence, Kind
from support import coverage_reports, needs
from support.bundles import junit

Deed = Callable[[Path], None]
FILES = {
    "junit.xml": junit("++"),
    "coverage.xml": coverage_reports.cobertura({"src/a.py": "1+"}),
    "lcov.info": coverage_reports.lcov({"src/a.py": "1+"}),
    "x.sarif": '{"version": "2.1.0", "runs": []}',
    "k6.json": '{"metrics": {"http_req_duration": {"avg": 1, "p(95)": 2}}, "root_group": {}}',
}


def delete(path: Path) -> None:
    path.unlink()


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def make_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


deeds = pytest.mark.parametrize("deed", [delete, make_folder, make_pipe, make_loop, make_device])


class Meddling(TrackedFilter):
    """Does something to each file after it was looked at, and before it is read."""

    deed: Deed = delete

    def look(self, paths: Iterable[Path]) -> None:
        """Meddle."""
        for path in list(paths):
            type(self).deed(path)


def loader(root: Path, deed: Deed) -> EvidenceLoader:
    """An loader over a folder in which the deed is done in the midst of it."""
    meddling = type("Meddling", (Meddling,), {"deed": staticmethod(deed)})
    return EvidenceLoader(root, PathIndex(["src/a.py"]), tracked_filter=meddling())


@needs.posix
@deeds
@pytest.mark.parametrize("name", FILES)
def test_what_was_found_and_is_gone_is_a_problem(tmp_path: Path, name: str, deed: Deed) -> None:
    (tmp_path / name).write_text(FILES[name])
    found = loader(tmp_path, deed)
    discover(found, set(Kind))
    assert found.sources == []
    assert {p.path for problems in found.problems.values() for p in problems} == {name}


@needs.posix
@deeds
def test_what_a_pattern_matched_and_is_gone_is_a_problem(tmp_path: Path, deed: Deed) -> None:
    (tmp_path / "junit.xml").write_text(junit("++"))
    found = loader(tmp_path, deed)
    found.take_pattern("tests", ["*.xml"], Kind.TESTS)
    assert [p.path for p in found.problems["tests"]] == ["junit.xml"]


@needs.posix
@deeds
def test_what_is_named_and_is_gone_is_an_error_of_evidence(tmp_path: Path, deed: Deed) -> None:
    (tmp_path / "junit.xml").write_text(junit("++"))
    with pytest.raises(EvidenceError):
        loader(tmp_path, deed).take_named(NamedEvidence(Kind.TESTS, "", "junit.xml"))


@needs.posix
@deeds
def test_what_is_gone_after_the_search_is_a_problem(tmp_path: Path, deed: Deed) -> None:
    (tmp_path / "junit.xml").write_text(junit("++"))
    candidates = search(tmp_path, ()).candidates
    deed(tmp_path / "junit.xml")
    found = EvidenceLoader(tmp_path, PathIndex([]))
    found.take_discovered(candidates, set(Kind))
    assert [p.path for p in found.problems["tests"]] == ["junit.xml"]


@needs.posix
@deeds
def test_what_is_gone_before_the_bundle_is_written_is_an_error_of_the_world(
    tmp_path: Path, deed: Deed
) -> None:
    (tmp_path / "junit.xml").write_text(junit("++"))
    found = EvidenceLoader(tmp_path, PathIndex([]))
    found.take_named(NamedEvidence(Kind.TESTS, "", "junit.xml"))
    deed(tmp_path / "junit.xml")
    evidence = Evidence(tests=tuple(found.tests), discovery=Discovery(tuple(found.sources)))
    with pytest.raises(WorldError, match="became unreadable"):
        write_bundle(tmp_path / "b" / "x", evidence, Shard("x", tmp_path, (), (), ("tests",), WorkflowRun()))


@needs.posix
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(tmp_path / "pipe")


@pytest.mark.parametrize(("folder", "gates"), [("reports", {"tests"}), ("pgdata", set())])
def test_a_folder_that_cannot_be_looked_into_is_a_problem_where_results_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, gates: set[str]
) -> None:
    (tmp_path / folder).mkdir()
    close(monkeypatch, tmp_path / folder)
    found = EvidenceLoader(tmp_path, PathIndex([]))
    discover(found, {Kind.TESTS})
    assert found.problems.keys() == gates
    assert [path for path, _ in found.passed_over] == [folder]


@pytest.mark.parametrize(("pattern", "gates"), [("pgdata/**/*.xml", {"tests"}), ("**/*.xml", set())])
def test_a_folder_that_cannot_be_looked_into_is_a_problem_of_a_pattern_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, gates: set[str]
) -> None:
    (tmp_path / "pgdata").mkdir()
    close(monkeypatch, tmp_path / "pgdata")
    found = EvidenceLoader(tmp_path, PathIndex([]))
    found.take_pattern("tests", [pattern], Kind.TESTS)
    assert found.problems.keys() == gates


def close(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let nobody look into a folder, whoever runs the tests."""
    real = os.scandir

    def refusing(path: str) -> object:
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
