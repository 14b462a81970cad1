"""Bundles that a stranger forged: each gives evidence or a typed error, and nothing else happens."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.bundle.layout import COMPLETED, MANIFEST
from sluicegate.bundle.read import open_bundle, read_evidence
from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.records import Evidence
from support import bundles, coverage_reports
from support.examples import at_most

FILES = {
    "reports/junit.xml": bundles.junit("+F"),
    "reports/coverage.xml": coverage_reports.cobertura({"src/a.py": "1+ 2-"}),
}


def read(folder: Path) -> Evidence:
    return read_evidence(open_bundle(folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return bundles.shard(tmp_path / "b" / "s", FILES)


def set_file(**values: object) -> Callable[[dict[str, Any]], object]:
    """Changes the manifest's entry of the first file of evidence."""

    def change(manifest: dict[str, Any]) -> None:
        next(f for f in manifest["files"] if f["name"] == "e0001.xml").update(values)

    return change


def test_a_good_one_is_read(folder: Path) -> None:
    assert read(folder).tests[0].failed == 1


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..", ".", "", "e0001.xml/../x", "sub/e0001.xml", "C:\\x.xml",
     "e0001.xml\0", ".hidden", "bundle.json", "e0001.py", "e00001.xml", "E0001.XML"],
)  # fmt: skip
def test_names_that_are_not_generated_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(EvidenceError):
        open_bundle(bundles.forge(folder, set_file(name=name)))


@pytest.mark.parametrize(
    "change",
    [
        set_file(kind="policy"),
        set_file(size=-1),
        set_file(size=1 << 50),
        set_file(name="e0002.xml"),
        set_file(name="change.json"),
        set_file(extra=1),
        lambda m: m.update(schema="sluicegate.bundle/2"),
        lambda m: m.update(schema=["sluicegate.bundle/1"]),
        lambda m: m.update(shard="../x"),
        lambda m: m.update(shard="x y"),
        lambda m: m.update(verdict="PASS"),
        lambda m: m.update(status="PASS"),
        lambda m: m.update(run={"id": -1}),
        lambda m: m.update(run={"id": "7"}),
        lambda m: m.update(files=m["files"][1:]),
        lambda m: m.update(files=m["files"] + m["files"][:1]),
        lambda m: m.update(files=[]),
        lambda m: m.update(files={}),
        lambda m: m.pop("gates"),
    ],
)
def test_manifests_that_do_not_fit_are_refused(
    folder: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(EvidenceError):
        open_bundle(bundles.forge(folder, change))


def test_a_changed_file_is_refused(folder: Path) -> None:
    (folder / "e0001.xml").write_text(FILES["reports/coverage.xml"].replace('hits="0"', 'hits="1"'))
    with pytest.raises(EvidenceError, match="is not the file that the manifest lists"):
        read(folder)


@pytest.mark.parametrize("sha256", ["0" * 64, "", "zz"])
def test_a_forged_digest_is_refused(folder: Path, sha256: str) -> None:
    with pytest.raises(EvidenceError, match="is not the file that the manifest lists"):
        read(bundles.forge(folder, set_file(sha256=sha256)))


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "e0002.xml").unlink()
    with pytest.raises(EvidenceError, match="cannot be read"):
        read(folder)


@pytest.mark.parametrize("name", [MANIFEST, "e0001.xml", "paths.json"])
def test_links_are_not_followed(folder: Path, tmp_path: Path, name: str) -> None:
    shutil.move(folder / name, tmp_path / "secret")
    (folder / name).symlink_to(tmp_path / "secret")
    with pytest.raises(EvidenceError, match="is a link or not a regular file"):
        read(folder)


def test_a_folder_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    with pytest.raises(EvidenceError, match="link"):
        open_bundle(tmp_path / "link")


@pytest.mark.parametrize("name", [MANIFEST, "e0001.xml"])
def test_a_pipe_does_not_hang(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(EvidenceError, match="not a regular file"):
        read(folder)


@pytest.mark.parametrize("name", [MANIFEST, "e0001.xml"])
def test_a_folder_in_place_of_a_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    with pytest.raises(EvidenceError):
        read(folder)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"schema": NaN}',
        b'{"schema": "sluicegate.bundle/1", "schema": "sluicegate.bundle/1"}',
        b'{"schema": ' + b"9" * 10_000 + b"}",
    ],
    ids=range(9),
)
def test_broken_and_deep_json_is_refused(folder: Path, data: bytes) -> None:
    (folder / MANIFEST).write_bytes(data)
    with pytest.raises(EvidenceError):
        open_bundle(folder)


def test_a_giant_manifest_is_refused_before_it_is_read(folder: Path) -> None:
    with (folder / MANIFEST).open("r+b") as stream:
        stream.truncate(1 << 30)
    with pytest.raises(EvidenceError, match="above the limit"):
        open_bundle(folder)


def test_more_than_the_listed_size_is_not_read(folder: Path) -> None:
    with (folder / "e0001.xml").open("r+b") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(EvidenceError, match="is not the file"):
        read(folder)


@pytest.mark.parametrize("path", ["/etc/passwd", "../../secret", "a/../../b"])
def test_a_change_names_files_of_the_repository_only(folder: Path, path: str) -> None:
    change = {"change": {"files": {path: {"path": path, "added": "2"}}}}
    with pytest.raises(EvidenceError, match="path inside the repository"):
        read(bundles.forge_part(folder, "change.json", change))


def test_a_changed_file_has_one_name(folder: Path) -> None:
    change = {"change": {"files": {"src/a.py": {"path": "src/b.py", "added": "2"}}}}
    with pytest.raises(EvidenceError, match="under another name"):
        read(bundles.forge_part(folder, "change.json", change))


@pytest.mark.parametrize("format_", ["coveragepy-data", "os", "sluicegate.bundle.read", "junit", ""])
def test_only_formats_of_the_kind_are_read(folder: Path, format_: str) -> None:
    with pytest.raises(EvidenceError, match="format that no installed reader reads"):
        read(bundles.forge(folder, set_file(format=format_)))


def partly(untaken: dict[str, list[str]]) -> dict[str, object]:
    """Coverage of a line of which one branch of two was taken."""
    counts = {"executable": "2", "covered": "2", "branches": {"1": [1, 2]}}
    return {"path": "a", **counts, "untaken": {"1": untaken}}


@pytest.mark.parametrize(
    "file",
    [
        {"path": "a", "executable": "2", "covered": "6"},
        {"path": "b", "executable": "2", "covered": "2"},
        {"path": "a", "executable": "2", "covered": "2", "branches": {"1": [3, 2]}},
        {"path": "a", "executable": "2", "covered": "2", "branches": {"1": [-1, 2]}},
        {"path": "a", "executable": "2", "covered": "2", "branches": {"1": [1, 1 << 40]}},
        {"path": "a", "executable": "2", "covered": "2", "untaken": {"1": {"2 by target": ["3"]}}},
        partly({"2 by target": []}),
        partly({"2 by wish": ["3"]}),
        partly({"9 by target": ["3"]}),
    ],
)
def test_coverage_that_cannot_be_is_refused(folder: Path, file: dict[str, object]) -> None:
    record = {"source": {"path": "p", "format": "f"}, "files": {"a": file}, "has_branches": True}
    bundles.forge(folder, set_file(format=COMPLETED))
    with pytest.raises(EvidenceError):
        read(bundles.forge_part(folder, "e0001.xml", record))


def test_entities_are_refused(folder: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuite><testcase name="&a;"/></testsuite>'
    with pytest.raises(EvidenceError, match="entity"):
        read(bundles.forge_part(folder, "e0002.xml", bomb))


def test_the_policy_of_a_bundle_is_never_looked_at(folder: Path) -> None:
    (folder / "sluicegate.yml").write_text("extends: []\n", encoding="utf-8")
    assert read(folder).tests[0].failed == 1


@pytest.mark.parametrize("part", ["findings", "runs"])
def test_a_finding_that_brings_its_own_waiver_is_refused(folder: Path, part: str) -> None:
    waiver = {"gate": "security", "reason": "x", "owner": "@me", "expires": "2999-01-01"}
    finding = {"rule": "B602", "severity": "high", "message": "m", "waiver": waiver}
    source = {"path": "bandit", "format": "bandit"}
    analysis = {
        "findings": {"findings": [{"source": source, "security": [finding]}]},
        "runs": {"runs": {"size": {"source": source, "findings": [finding]}}},
    }
    with pytest.raises(EvidenceError, match="waiver"):
        read(bundles.forge_part(folder, "analysis.json", analysis[part]))


fuzz = settings(
    max_examples=at_most(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@fuzz
@given(
    st.sampled_from((MANIFEST, "change.json", "paths.json", "analysis.json", "e0001.xml", "e0002.xml")),
    st.binary(max_size=200),
    st.integers(0, 400),
)
def test_any_bytes_give_evidence_or_the_typed_error(folder: Path, name: str, junk: bytes, at: int) -> None:
    before = (folder / name).read_bytes()
    data = before[:at] + junk + before[at + len(junk) :]
    try:
        if name == MANIFEST:
            (folder / name).write_bytes(data)
        else:
            manifest = (folder / MANIFEST).read_bytes()
            bundles.forge_part(folder, name, data)
        with contextlib.suppress(EvidenceError):
            assert isinstance(read(folder), Evidence)
    finally:
        (folder / name).write_bytes(before)
        if name != MANIFEST:
            (folder / MANIFEST).write_bytes(manifest)


@fuzz
@given(st.data())
def test_any_value_anywhere_gives_evidence_or_the_typed_error(folder: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(("change.json", "paths.json", "analysis.json", MANIFEST)))
    before, manifest = (folder / name).read_bytes(), (folder / MANIFEST).read_bytes()
    document = json.loads(before)
    place = document
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(
                st.none() | st.integers() | st.text(max_size=5) | st.just([[[]]]) | st.just({})
            )
            break
        place = place[key]
    try:
        if name == MANIFEST:
            (folder / MANIFEST).write_text(json.dumps(document), encoding="utf-8")
        else:
            bundles.forge_part(folder, name, document)
        with contextlib.suppress(EvidenceError):
            assert isinstance(read(folder), Evidence)
    finally:
        (folder / name).write_bytes(before)
        (folder / MANIFEST).write_bytes(manifest)
