"""A SARIF log whose results stand in files beside it goes into a bundle whole, and comes out so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sluicegate.bundle.layout import EXTERNAL, MANIFEST
from sluicegate.bundle.read import open_bundle, read_evidence
from sluicegate.core.errors import EvidenceError, SluicegateError, WorldError
from sluicegate.core.statuses import GateStatus
from sluicegate.evidence.records import Evidence
from sluicegate.judge.merge import MergeContext, judge_bundles
from support import bundles
from support import evidence as ev
from support.results import result, run

LOG = "out/scan.sarif"
PARTS = ("parts/one.sarif-external-properties", "two.json")


def part(*found: dict[str, Any]) -> str:
    return json.dumps({"version": "2.1.0", "results": list(found)})


def log(*names: str) -> str:
    whole = run(externalPropertyFileReferences={"results": [{"location": {"uri": name}} for name in names]})
    del whole["results"]
    return json.dumps({"version": "2.1.0", "runs": [whole]})


FILES = {
    LOG: log(*PARTS),
    f"out/{PARTS[0]}": part(result(), result(ruleId="R2")),
    f"out/{PARTS[1]}": part(result(ruleId="R3")),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "checkout").mkdir()
    return tmp_path / "checkout"


@pytest.fixture
def evidence(root: Path) -> Evidence:
    return bundles.collected(root, FILES, (f"findings={LOG}",))


@pytest.fixture
def folder(tmp_path: Path, root: Path, evidence: Evidence) -> Path:
    bundles.write(tmp_path / "b" / "s", evidence, root, gates=("lint",))
    return tmp_path / "b" / "s"


def read(folder: Path) -> Evidence:
    return read_evidence(open_bundle(folder))


def rules(evidence: Evidence) -> list[str]:
    return sorted(finding.rule for record in evidence.findings for finding in record.lint)


def test_the_bundle_has_what_the_checkout_had(evidence: Evidence, folder: Path) -> None:
    assert rules(read(folder)) == rules(evidence)
    assert len(rules(evidence)) == 3
    assert read(folder).findings[0].source.note == "with 2 external property files"


def test_the_files_have_generated_names_in_one_folder(folder: Path) -> None:
    manifest = open_bundle(folder).manifest
    kept = [(file.name, file.path) for file in manifest.files if file.kind == EXTERNAL]
    assert kept == [("x0001.json", f"out/{PARTS[0]}"), ("x0002.json", f"out/{PARTS[1]}")]
    assert {path.name for path in folder.iterdir()} == {MANIFEST, *(file.name for file in manifest.files)}


def test_the_same_evidence_gives_the_same_bundle(tmp_path: Path, root: Path, evidence: Evidence) -> None:
    for parent in ("one", "two"):
        bundles.write(tmp_path / parent / "s", evidence, root)
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / parent / "s").iterdir()}
        for parent in ("one", "two")
    )
    assert one == two


def test_merge_judges_as_check_does(folder: Path) -> None:
    policy = ev.policy(
        ev.settings("lint", "findings <= 3"), ev.settings("security", "high == 0", required=False)
    )
    report = judge_bundles([folder], MergeContext(policy, ev.TODAY))
    assert {v.gate: (v.status, len(v.findings)) for v in report.verdicts}["lint"] == (GateStatus.PASS, 3)


@pytest.mark.parametrize("change", ["gone", "other"])
def test_a_file_that_changes_while_the_bundle_is_written_is_an_error(
    tmp_path: Path, root: Path, evidence: Evidence, change: str
) -> None:
    path = root / "out" / PARTS[1]
    path.unlink() if change == "gone" else path.write_text(part())
    with pytest.raises(WorldError, match=r"out/two\.json (became unreadable|changed) while"):
        bundles.write(tmp_path / "b" / "s", evidence, root)


def test_a_file_that_becomes_a_link_out_of_the_folder_is_an_error(
    tmp_path: Path, root: Path, evidence: Evidence
) -> None:
    path = root / "out" / PARTS[1]
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(WorldError, match=r"out/two\.json left its folder"):
        bundles.write(tmp_path / "b" / "s", evidence, root)


# --- a stranger's bundle ---


def externals(**mapping: str) -> Any:
    """Makes the log of a manifest refer to other files of the bundle."""

    def change(manifest: dict[str, Any]) -> None:
        next(file for file in manifest["files"] if file.get("path") == LOG)["externals"] = mapping

    return change


@pytest.mark.parametrize(
    "mapping",
    [
        {},
        {"two.json": "x0002.json"},
        {PARTS[0]: "x0001.json", "two.json": "e0001.sarif"},
        {PARTS[0]: "x0001.json", "two.json": "../../etc/passwd"},
        {PARTS[0]: "x0001.json", "two.json": "paths.json"},
        {PARTS[0]: "x0001.json", "two.json": "x0001.json"},
        {PARTS[0]: "x0001.json", "two.json": "x0003.json"},
    ],
)
def test_a_log_refers_only_to_listed_files_each_once(folder: Path, mapping: dict[str, str]) -> None:
    with pytest.raises(EvidenceError, match="refers to an external file that it does not list"):
        open_bundle(bundles.forge(folder, externals(**mapping)))


def test_a_file_that_was_exchanged_is_refused(folder: Path) -> None:
    (folder / "x0002.json").write_text(part())
    with pytest.raises(EvidenceError, match="is not the file that the manifest lists"):
        read(folder)


def test_a_file_that_is_missing_is_an_error_with_the_remedy(folder: Path) -> None:
    (folder / "x0002.json").unlink()
    with pytest.raises(EvidenceError, match="cannot be read") as caught:
        read(folder)
    assert "write its bundle again" in caught.value.remedy


def test_a_log_finds_only_what_the_bundle_has_for_it(folder: Path) -> None:
    names = {PARTS[0]: "x0001.json", "another.json": "x0002.json"}
    with pytest.raises(EvidenceError, match=r"refers to 'two\.json', which is not in the bundle"):
        read(bundles.forge(folder, externals(**names)))


def test_a_file_beside_the_log_in_the_bundle_is_not_looked_for(folder: Path) -> None:
    (folder / "two.json").write_text(part())
    names = {PARTS[0]: "x0001.json", "another.json": "x0002.json"}
    with pytest.raises(EvidenceError, match="which is not in the bundle"):
        read(bundles.forge(folder, externals(**names)))


def test_a_link_in_place_of_a_file_is_refused(tmp_path: Path, folder: Path) -> None:
    (folder / "x0002.json").rename(tmp_path / "away.json")
    (folder / "x0002.json").symlink_to(tmp_path / "away.json")
    with pytest.raises(SluicegateError, match="is a link"):
        read(folder)


def test_too_many_files_are_refused(
    tmp_path: Path, root: Path, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.bundle.layout.MAX_FILES", 5)
    with pytest.raises(SluicegateError, match="more than 5 files of evidence"):
        bundles.write(tmp_path / "b" / "s", evidence, root)
    alone = replace(evidence, findings=(replace(evidence.findings[0], externals={}),))
    assert bundles.write(tmp_path / "b" / "t", alone, root)
