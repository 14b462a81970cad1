"""A report that stands in a commit is no result of a run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.collect.collector import collect
from sluicegate.collect.named import parse_named
from sluicegate.collect.request import CollectRequest
from sluicegate.evidence.records import Evidence
from sluicegate.github.event import EventContext
from sluicegate.judge.check import silent
from sluicegate.policy.model import GateSettings, SourceSettings
from support import coverage_reports, needs
from support.bundles import junit
from support.evidence import policy, settings
from support.repo import Repo, pull_request, repository

TESTS = settings("tests", "pass_rate == 100%")
COVERAGE = settings("coverage", "total >= 80%")
GOOD, BAD = junit("++"), junit("+F")
BASE = {"src/a.py": "a\nb\nc\nd\n"}
PLACE = "reports/junit.xml"


def pull(repo: Repo) -> EventContext:
    """The event of the pull request whose test merge is checked out."""
    head = repo.git("rev-parse", "HEAD^2")
    return EventContext(name="pull_request", is_pull_request=True, head_sha=head, base_ref="main")


def collected(
    repo: Repo,
    *gates: GateSettings,
    named: tuple[str, ...] = (),
    fixtures: tuple[str, ...] = (),
    event: EventContext | None = None,
    root: Path | None = None,
) -> Evidence:
    return collect(
        CollectRequest(
            root=root or repo.root,
            policy=policy(*(gates or (TESTS,)), source=SourceSettings(fixtures=fixtures)),
            event=pull(repo) if event is None else event,
            progress=silent,
            named=tuple(parse_named(n) for n in named),
        )
    )


def changed(root: Path, head: Mapping[str, str], base: Mapping[str, str] | None = None) -> Repo:
    """A pull request with these files."""
    return pull_request(root, {**BASE, **(base or {})}, head)


def taken(evidence: Evidence) -> list[str]:
    return [source.path for source in evidence.discovery.taken]


def problems(evidence: Evidence, gate: str = "tests") -> str:
    return "; ".join(p.message for p in evidence.problems.get(gate, ()))


def passed_over(evidence: Evidence) -> dict[str, str]:
    return dict(evidence.discovery.passed_over)


def notices_of(evidence: Evidence) -> str:
    return "; ".join(n.message for n in evidence.notices if n.code == "tracked-evidence")


def is_refused(evidence: Evidence, gate: str = "tests") -> bool:
    """Is a file refused, and none taken?"""
    return "the change tracks a place where results are written" in problems(evidence, gate) and not taken(
        evidence
    )


def patterned(glob: str) -> GateSettings:
    return replace(TESTS, files=(glob,))


# --- what a tracked file is --------------------------------------------------------------------


def test_a_report_that_the_change_leaves_alone_is_a_fixture_and_named(tmp_path: Path) -> None:
    repo = changed(tmp_path, {"src/b.py": "b\n"}, {"tests/data/junit.xml": GOOD})
    evidence = collected(repo)
    assert (taken(evidence), problems(evidence)) == ([], "")
    assert "a fixture" in passed_over(evidence)["tests/data/junit.xml"]


def test_a_report_that_the_change_adds_is_refused(tmp_path: Path) -> None:
    assert is_refused(collected(changed(tmp_path, {PLACE: GOOD})))


def test_a_report_that_the_change_edits_is_refused(tmp_path: Path) -> None:
    assert is_refused(collected(changed(tmp_path, {PLACE: GOOD}, {PLACE: BAD})))


def test_a_report_that_the_change_moves_to_a_place_of_results_is_refused(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**BASE, "notes.bin": GOOD})
    repo.git("checkout", "-q", "-b", "feature")
    repo.git("mv", "notes.bin", "junit.xml")
    repo.commit({})
    assert is_refused(collected(repo, event=EventContext()))


def test_a_rewritten_result_that_the_change_tracks_is_evidence_with_a_notice(tmp_path: Path) -> None:
    repo = changed(tmp_path, {PLACE: GOOD})
    repo.write({PLACE: BAD})
    evidence = collected(repo)
    assert [r.failed for r in evidence.tests] == [1]
    assert "source.fixtures" in notices_of(evidence)


def test_a_forged_report_beside_a_genuine_one_does_not_raise_the_number(tmp_path: Path) -> None:
    repo = changed(tmp_path, {"lcov.info": coverage_reports.lcov({"src/a.py": "1+ 2+ 3+ 4+"})})
    repo.write({"coverage.xml": coverage_reports.cobertura({"src/a.py": "1+ 2- 3- 4-"})})
    evidence = collected(repo, COVERAGE)
    assert taken(evidence) == ["coverage.xml"]
    assert "the change tracks" in problems(evidence, "coverage")


def test_a_broken_report_that_the_change_adds_is_refused(tmp_path: Path) -> None:
    assert is_refused(collected(changed(tmp_path, {"junit.xml": "<testsuite"})))


def test_a_broken_report_that_the_change_leaves_alone_is_a_fixture(tmp_path: Path) -> None:
    evidence = collected(changed(tmp_path, {"x": "1"}, {"junit.xml": "<testsuite"}))
    assert problems(evidence) == ""


def test_a_tracked_file_of_another_kind_is_not_named(tmp_path: Path) -> None:
    evidence = collected(changed(tmp_path, {"x": "1"}, {"report.xml": "<html/>"}))
    assert passed_over(evidence) == {}


def test_what_the_policy_calls_a_fixture_is_never_taken(tmp_path: Path) -> None:
    repo = changed(tmp_path, {"tests/data/junit.xml": GOOD}, {"tests/data/junit-old.xml": GOOD})
    repo.write({"tests/data/junit-old.xml": BAD})
    evidence = collected(repo, fixtures=("tests/data/**",))
    assert (taken(evidence), problems(evidence), notices_of(evidence)) == ([], "", "")
    assert set(passed_over(evidence)) == {"tests/data/junit.xml", "tests/data/junit-old.xml"}


# --- the commit counts, not the index ----------------------------------------------------------


def test_what_a_test_run_adds_to_the_index_is_evidence(tmp_path: Path) -> None:
    repo = changed(tmp_path, {"src/b.py": "b\n"})
    repo.write({"junit.xml": BAD})
    repo.git("add", "-f", "junit.xml")
    assert taken(collected(repo)) == ["junit.xml"]


@pytest.mark.parametrize("bit", ["--assume-unchanged", "--skip-worktree"])
def test_bits_of_the_index_hide_no_result(tmp_path: Path, bit: str) -> None:
    repo = changed(tmp_path, {"src/b.py": "b\n"}, {"junit.xml": GOOD})
    repo.git("update-index", bit, "junit.xml")
    repo.write({"junit.xml": BAD})
    assert taken(collected(repo)) == ["junit.xml"]


def test_taking_a_file_out_of_the_index_makes_no_evidence_of_it(tmp_path: Path) -> None:
    repo = changed(tmp_path, {PLACE: GOOD})
    repo.git("rm", "-q", "--cached", PLACE)
    assert is_refused(collected(repo))


def test_before_the_first_commit_everything_is_evidence(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.write({"junit.xml": GOOD})
    repo.git("add", "-f", "junit.xml")
    assert taken(collected(repo, event=EventContext())) == ["junit.xml"]


# --- where no change is known ------------------------------------------------------------------


def test_on_a_push_a_report_that_is_as_the_commit_has_it_is_a_fixture(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**BASE, PLACE: GOOD})
    evidence = collected(repo, event=EventContext(name="push"))
    assert (taken(evidence), problems(evidence)) == ([], "")


def test_where_the_base_is_not_visible_it_is_refused(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**BASE, PLACE: GOOD})
    event = EventContext(name="pull_request", is_pull_request=True, head_sha="1" * 40, base_ref="gone")
    evidence = collected(repo, event=event)
    assert taken(evidence) == []
    assert "is unknown" in problems(evidence)


def test_on_a_laptop_a_report_that_the_branch_adds_is_refused(tmp_path: Path) -> None:
    repo = repository(tmp_path, BASE)
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({PLACE: GOOD})
    assert is_refused(collected(repo, event=EventContext()))


# --- named, and matched by a pattern -----------------------------------------------------------


@pytest.mark.parametrize("name", [PLACE, f"tests={PLACE}", "reports", "reports/*.xml"])
def test_a_named_report_that_the_change_adds_is_refused(tmp_path: Path, name: str) -> None:
    assert is_refused(collected(changed(tmp_path, {PLACE: GOOD}), named=(name,)))


def test_a_named_report_of_a_suite_is_refused_there(tmp_path: Path) -> None:
    repo = changed(tmp_path, {PLACE: GOOD})
    gate = settings("tests", suites={"unit": "pass_rate == 100%"})
    assert is_refused(collected(repo, gate, named=(f"tests.unit={PLACE}",)), "tests.unit")


def test_an_unchanged_file_that_is_named_alone_is_read_with_a_notice(tmp_path: Path) -> None:
    evidence = collected(changed(tmp_path, {"x": "1"}, {PLACE: GOOD}), named=(PLACE,))
    assert taken(evidence) == [PLACE]
    assert "nothing shows that this run wrote it" in notices_of(evidence)


def test_a_fixture_in_a_named_folder_is_passed_over(tmp_path: Path) -> None:
    repo = changed(tmp_path, {"x": "1"}, {PLACE: GOOD})
    repo.write({"reports/new.xml": GOOD})
    assert taken(collected(repo, named=("reports",))) == ["reports/new.xml"]


def test_a_report_that_a_pattern_matches_and_the_change_adds_is_refused(tmp_path: Path) -> None:
    assert is_refused(collected(changed(tmp_path, {PLACE: GOOD}), patterned("reports/**/*.xml")))


def test_a_pattern_that_only_fixtures_match_says_so(tmp_path: Path) -> None:
    evidence = collected(changed(tmp_path, {"x": "1"}, {PLACE: GOOD}), patterned("reports/*.xml"))
    assert taken(evidence) == []
    assert (
        evidence.absent["tests"]
        == f"the files that match reports/*.xml are tracked, and not from this run: {PLACE}"
    )


# --- as git compares ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "committed", "checked_out"),
    [
        ("*.xml text=auto eol=crlf\n", GOOD + "\n<!-- -->\n", GOOD + "\r\n<!-- -->\r\n"),
        ("*.xml text eol=crlf\n", GOOD + "\r\n<!-- -->\n", GOOD + "\r\n<!-- -->\r\n"),
        ("*.xml ident\n", GOOD + "<!-- $Id$ -->", GOOD + "<!-- $Id: 0123456789 $ -->"),
        ("*.xml filter=lfs\n", f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\n", GOOD),
    ],
    ids=["eol", "mixed", "ident", "lfs"],
)
def test_what_a_checkout_converts_is_no_difference(
    tmp_path: Path, attributes: str, committed: str, checked_out: str
) -> None:
    repo = changed(tmp_path, {PLACE: "x"})
    repo.git("checkout", "-q", "feature")
    store(repo, committed.encode(), attributes)
    (tmp_path / PLACE).write_bytes(checked_out.encode())
    evidence = collected(repo, event=EventContext())
    assert (taken(evidence), "the change tracks" in problems(evidence)) == ([], True)


def store(repo: Repo, data: bytes, attributes: str) -> None:
    """Commit these bytes as they are, whatever the attributes make of the file."""
    (repo.root / PLACE).write_bytes(data)
    name = repo.git("hash-object", "-w", "--no-filters", PLACE)
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{name},{PLACE}")
    repo.write({".gitattributes": attributes})
    repo.git("add", ".gitattributes")
    repo.git("commit", "-q", "-m", "stored")


def test_another_encoding_of_the_working_tree_is_no_difference(tmp_path: Path) -> None:
    repo = changed(tmp_path, {PLACE: "x"})
    repo.git("checkout", "-q", "feature")
    store(repo, GOOD.encode(), "*.xml working-tree-encoding=UTF-16\n")
    (tmp_path / PLACE).write_bytes(GOOD.encode("utf-16"))
    assert "the change tracks" in problems(collected(repo, event=EventContext()))


def test_no_filter_of_the_clone_runs(tmp_path: Path) -> None:
    repo = changed(tmp_path, {PLACE: "x"})
    repo.git("checkout", "-q", "feature")
    store(repo, GOOD.encode(), "*.xml filter=spy\n")
    for side in ("clean", "smudge"):
        repo.git("config", f"filter.spy.{side}", f"touch {tmp_path}/ran; cat")
    (tmp_path / PLACE).write_text(BAD)
    collected(repo, replace(TESTS, files=(PLACE,)), event=EventContext(name="push"))
    assert not (tmp_path / "ran").exists()


def test_a_filter_that_the_change_names_hides_no_failure(tmp_path: Path) -> None:
    attributes = {".gitattributes": "*.xml filter=lfs\n"}
    repo = changed(tmp_path, attributes, {PLACE: GOOD})
    repo.write({PLACE: BAD})
    assert [r.failed for r in collected(repo).tests] == [1]


def test_an_lfs_file_that_differs_from_the_commit_has_a_notice(tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    repo = changed(tmp_path, {"x": "1"}, {PLACE: pointer})
    repo.write({PLACE: BAD})
    evidence = collected(repo)
    assert taken(evidence) == []
    assert "kept by Git LFS" in notices_of(evidence)


def test_an_lfs_file_that_the_commit_names_is_a_fixture(tmp_path: Path) -> None:
    digest = hashlib.sha256(GOOD.encode()).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 9\n"
    repo = changed(tmp_path, {"x": "1"}, {PLACE: pointer})
    repo.write({PLACE: GOOD})
    evidence = collected(repo)
    assert (taken(evidence), notices_of(evidence)) == ([], "")


def test_a_repository_of_sha256_is_compared_too(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.git("init", "-q", "-b", "main", "--object-format=sha256")
    repo.commit({**BASE, PLACE: GOOD})
    assert taken(collected(repo, event=EventContext(name="push"))) == []


def test_where_cases_of_letters_are_one_the_commits_spelling_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = changed(tmp_path, {"Reports/JUnit.xml": GOOD})
    (tmp_path / "Reports").rename(tmp_path / "reports")
    (tmp_path / "reports" / "JUnit.xml").rename(tmp_path / PLACE)
    monkeypatch.setattr("sluicegate.collect.tracked._is_blind", lambda _: True)
    assert is_refused(collected(repo))


# --- folders, links, other repositories --------------------------------------------------------


def test_in_a_part_of_a_repository_paths_are_the_parts_own(tmp_path: Path) -> None:
    repo = changed(tmp_path, {"sub/reports/junit.xml": GOOD})
    assert is_refused(collected(repo, root=tmp_path / "sub"))


def test_a_file_beside_the_judged_folder_is_the_repositorys_too(tmp_path: Path) -> None:
    repo = changed(tmp_path, {PLACE: GOOD, "sub/a.py": "1\n"})
    assert is_refused(collected(repo, root=tmp_path / "sub", named=(f"../{PLACE}",)))


@needs.posix
def test_a_link_that_the_change_puts_at_a_place_of_results_is_refused(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**BASE, "data/good.bin": GOOD})
    repo.git("checkout", "-q", "-b", "feature")
    (tmp_path / "junit.xml").symlink_to("data/good.bin")
    repo.commit({})
    evidence = collected(repo, event=EventContext())
    assert "the change puts a link where results are written" in problems(evidence)


@needs.posix
@pytest.mark.parametrize("name", ["junit.xml", "reports/good.bin"])
def test_a_named_file_behind_a_link_of_the_change_is_refused(tmp_path: Path, name: str) -> None:
    repo = repository(tmp_path, {**BASE, "data/good.bin": GOOD})
    repo.git("checkout", "-q", "-b", "feature")
    (tmp_path / "junit.xml").symlink_to("data/good.bin")
    (tmp_path / "reports").symlink_to("data")
    repo.commit({})
    assert is_refused(collected(repo, named=(f"tests={name}",), event=EventContext()))


@needs.posix
def test_a_link_that_the_change_leaves_alone_is_only_named(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "junit.xml").symlink_to("elsewhere.xml")
    repo = repository(tmp_path / "repo", BASE)
    evidence = collected(repo, event=EventContext(name="push"))
    assert (problems(evidence), list(passed_over(evidence))) == ("", ["junit.xml"])


def with_submodule(root: Path, place: str = "lib") -> Repo:
    """A branch that adds a submodule with a report in it."""
    repository(root / "inner", {"junit.xml": GOOD})
    repo = repository(root / "outer", BASE)
    repo.git("checkout", "-q", "-b", "feature")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(root / "inner"), place)
    repo.commit({})
    return repo


def test_a_report_in_a_submodule_is_not_found(tmp_path: Path) -> None:
    evidence = collected(with_submodule(tmp_path), event=EventContext())
    assert (taken(evidence), problems(evidence)) == ([], "")
    assert "submodule" in passed_over(evidence)["lib"]


def test_a_glob_does_not_enter_a_submodule(tmp_path: Path) -> None:
    repo = with_submodule(tmp_path)
    assert taken(collected(repo, patterned("**/junit.xml"), event=EventContext())) == []


def test_a_named_report_in_a_submodule_that_the_change_moves_is_refused(tmp_path: Path) -> None:
    repo = with_submodule(tmp_path)
    assert is_refused(collected(repo, named=("lib/junit.xml",), event=EventContext()))


def test_a_named_report_in_an_unchanged_submodule_is_read_with_a_notice(tmp_path: Path) -> None:
    repo = with_submodule(tmp_path)
    evidence = collected(repo, named=("lib/junit.xml",), event=EventContext(name="push"))
    assert taken(evidence) == ["lib/junit.xml"]
    assert "submodule" in notices_of(evidence)


def test_a_submodule_that_the_change_puts_at_a_place_of_results_is_refused(tmp_path: Path) -> None:
    evidence = collected(with_submodule(tmp_path, "reports"), event=EventContext())
    assert "the change puts a submodule where results are written" in problems(evidence)


def test_what_lies_outside_of_the_repository_is_evidence(tmp_path: Path) -> None:
    repo = changed(tmp_path / "repo", {"x": "1"})
    (tmp_path / "junit.xml").write_text(GOOD)
    assert len(taken(collected(repo, named=(os.fspath(tmp_path / "junit.xml"),)))) == 1
