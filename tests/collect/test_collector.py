"""Collecting all evidence of a checkout."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.bundle.layout import WorkflowRun as BundleRun
from sluicegate.bundle.write import Shard, write_bundle
from sluicegate.collect import engine_runs
from sluicegate.collect.collector import collect, project_files
from sluicegate.collect.named import parse_named
from sluicegate.collect.request import CollectRequest
from sluicegate.engines.analyse import Analysis
from sluicegate.engines.interface import Workspace
from sluicegate.evidence.records import Evidence
from sluicegate.github.event import EventContext
from sluicegate.judge.check import silent
from sluicegate.policy.model import GateSettings, RunOutput, RunSettings, SourceSettings, Suite
from support.evidence import policy, settings
from support.gen_coverage import write_data
from support.repo import repository

JUNIT = '<testsuite name="s" tests="1"><testcase classname="c" name="n"/></testsuite>'
SECURITY = settings("security", "high == 0")
BANDIT_SARIF = (
    '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Bandit", "rules": []}}, "results": []}]}'
)


def collected(
    root: Path,
    *gates: GateSettings,
    evidence: tuple[str, ...] = (),
    source: SourceSettings | None = None,
    place: Path | None = None,
    untrusted: bool = False,
) -> Evidence:
    return collect(
        CollectRequest(
            root=root,
            policy=policy(*gates, source=source),
            event=EventContext(),
            progress=silent,
            named=tuple(parse_named(e) for e in evidence),
            place=place,
            untrusted=untrusted,
        )
    )


def test_engines_look_at_sources_not_at_tests_or_excluded_or_foreign_files(tmp_path: Path) -> None:
    text = "def f(x):\n    return x\n"
    names = ("src/a.py", "tests/test_a.py", "old/b.py", "src/_vendor/c.py")
    repository(tmp_path, dict.fromkeys(names, text))
    source = SourceSettings(exclude=("old/**",), tests=("tests/**",), vendored=("**/_vendor/**",))
    evidence = collected(tmp_path, settings("complexity", "functions > 0"), source=source)
    assert evidence.complexity is not None
    assert [f.path for f in evidence.complexity.functions] == ["src/a.py"]


def test_a_finding_that_the_base_had_is_not_new(tmp_path: Path) -> None:
    bad = "import subprocess\nsubprocess.call('x', shell=True)\n"
    repo = repository(tmp_path, {"a.py": bad})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a.py": f"# moved down\n{bad}", "b.py": bad})
    found = [f for r in collected(tmp_path, SECURITY).findings for f in r.security if f.rule == "B602"]
    assert [(f.path, f.new) for f in found] == [("a.py", False), ("b.py", True)]


def test_what_a_deleted_file_had_is_known_where_it_went_and_what_a_test_had_is_not(tmp_path: Path) -> None:
    call, other = "def f(x):\n    return x and eval(x)\n", "def g(x):\n    return x or exec(x)\n"
    padding = "".join(f"y{n} = {n}\n" for n in range(20))
    repo = repository(tmp_path, {"old.py": call + padding, "tests/test_a.py": other, "c.py": "z = 1\n"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.git("rm", "-q", "old.py", "tests/test_a.py")
    repo.commit({"c.py": "z = 1\n" + call + other})
    source = SourceSettings(tests=("tests/**",))
    evidence = collected(tmp_path, SECURITY, settings("complexity", "functions > 0"), source=source)
    found = [(f.rule, f.new) for record in evidence.findings for f in record.security]
    assert found == [("B307", False), ("B102", True)]
    assert evidence.complexity is not None
    assert [(f.name, f.before) for f in evidence.complexity.functions] == [("f", 2), ("g", None)]


def test_only_the_engines_that_the_gates_need_run(tmp_path: Path) -> None:
    repository(tmp_path, {"a.py": "x = 1\n"})
    evidence = collected(tmp_path, SECURITY)
    assert (len(evidence.findings), evidence.complexity, evidence.docs) == (1, None, None)


def test_without_python_sources_the_engines_have_nothing_to_say(tmp_path: Path) -> None:
    repository(tmp_path, {"a.js": "x\n"})
    evidence = collected(tmp_path, SECURITY, settings("docs", "names > 0"))
    assert (evidence.findings, evidence.docs) == ((), None)
    assert evidence.absent["docs"] == "no Python sources were found"


def test_bandits_own_report_that_was_found_is_not_counted_twice(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": "x = 1\n", ".gitignore": "reports/\n"})
    repo.write({"reports/bandit.sarif": BANDIT_SARIF})
    assert [r.source.format for r in collected(tmp_path, SECURITY).findings] == ["bandit"]


def two_tools() -> str:
    """A log of ruff and bandit, a finding of each."""
    found = {"ruleId": "X1", "message": {"text": "m"}}
    runs = [{"tool": {"driver": {"name": name}}, "results": [found]} for name in ("ruff", "Bandit")]
    return json.dumps({"version": "2.1.0", "runs": runs})


def test_of_a_log_of_several_tools_bandits_findings_are_not_counted_twice(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": "x = 1\n", ".gitignore": "reports/\n"})
    repo.write({"reports/all.sarif": two_tools()})
    ours, theirs = collected(tmp_path, SECURITY).findings
    assert ours.source.format == "bandit"
    assert ([f.tool for f in theirs.lint], theirs.security) == (["ruff"], ())


def test_a_log_of_several_tools_that_is_named_replaces_our_run(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": "x = 1\n", ".gitignore": "reports/\n"})
    repo.write({"reports/all.sarif": two_tools()})
    (record,) = collected(tmp_path, SECURITY, evidence=("findings=reports/all.sarif",)).findings
    assert [f.tool for f in record.security] == ["Bandit"]


def test_a_search_that_ended_early_passes_no_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluicegate.collect.discovery.MAX_ENTRIES", 3)
    repo = repository(tmp_path, {"a.py": "x = 1\n"})
    repo.write({f"reports/{n}.txt": "" for n in range(4)})
    (problem,) = collected(tmp_path, settings("tests", "tests > 0")).problems["tests"]
    assert "ended after" in problem.message


def test_tracked_files_do_not_end_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluicegate.collect.discovery.MAX_ENTRIES", 3)
    repo = repository(tmp_path, {f"{n}": "" for n in range(9)})
    repo.write({"reports/junit.xml": JUNIT})
    assert len(collected(tmp_path, settings("tests", "tests > 0")).tests) == 1


def test_bandits_own_report_that_is_named_replaces_our_run(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": "x = 1\n", ".gitignore": "reports/\n"})
    repo.write({"reports/bandit.sarif": BANDIT_SARIF})
    evidence = collected(tmp_path, SECURITY, evidence=("findings=reports/bandit.sarif",))
    assert [r.source.path for r in evidence.findings] == ["reports/bandit.sarif"]


def test_suites_take_the_files_of_their_patterns(tmp_path: Path) -> None:
    repo = repository(tmp_path, {})
    repo.write({"u/a.xml": JUNIT, "i/b.xml": JUNIT, "junit.xml": JUNIT})
    suites = (Suite("unit", ("u/*.xml",), ()), Suite("integration", ("i/*.xml",), ()))
    evidence = collected(tmp_path, replace(settings("tests", "tests > 0"), suites=suites))
    assert [(r.suite, r.source.path) for r in evidence.tests] == [
        ("unit", "u/a.xml"),
        ("integration", "i/b.xml"),
    ]


TIMED = '<testsuite name="s" timestamp="2026-11-30T06:00:00"><testcase classname="c" name="n"/></testsuite>'


@pytest.mark.parametrize("named", [(), ("reports",)])
def test_an_aggregate_beside_its_part_counts_once_with_a_notice(
    tmp_path: Path, named: tuple[str, ...]
) -> None:
    aggregate = f"<testsuites>{TIMED}{TIMED.replace('06:', '07:')}</testsuites>"
    files = {"reports/TEST-s.xml": TIMED, "reports/TESTS-TestSuites.xml": aggregate}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    evidence = collected(tmp_path, settings("tests", "tests > 0"), evidence=named)
    assert [(r.source.path, r.tests) for r in evidence.tests] == [("reports/TESTS-TestSuites.xml", 2)]
    assert [n.message for n in evidence.notices] == [
        (
            "1 result file left out, counted once: reports/TEST-s.xml holds the cases of "
            "reports/TESTS-TestSuites.xml, which count"
        )
    ]


def test_data_of_processes_that_is_taken_itself_needs_no_combining(tmp_path: Path) -> None:
    repository(tmp_path, {"src/m0.py": "x = 1\n"})
    for name in (".coverage.host.1.abc", ".coverage.host.2.abc"):
        write_data(tmp_path / name, files=1, lines=1)
    gate = settings("coverage", "total >= 1%")
    told = collected(tmp_path, gate, evidence=("coverage=.coverage.host.1.abc",)).notices
    assert [n.message.count("host.1") for n in told if n.code == "parallel-data"] == [0]
    told = collected(tmp_path, gate, evidence=("coverage=.coverage.*",)).notices
    assert not [n for n in told if n.code == "parallel-data"]


def test_a_suite_without_files_says_what_was_to_match(tmp_path: Path) -> None:
    repository(tmp_path, {"junit.xml": JUNIT})
    suites = (Suite("unit", ("u/*.xml",), ()), Suite("slow", ("s/*.xml",), ()))
    absent = collected(tmp_path, replace(settings("tests", "tests > 0"), suites=suites)).absent
    assert absent["tests.unit"] == "no file matches u/*.xml"
    assert absent["tests"] == "no file matches u/*.xml, s/*.xml"


@pytest.mark.parametrize("name", ["no.json", "notes.txt"])
def test_an_invalid_baseline_file_is_a_problem_of_its_gate(tmp_path: Path, name: str) -> None:
    repository(tmp_path, {"notes.txt": "hello"})
    chosen = replace(settings("performance", "regression <= 10%"), baseline=name)
    assert [p.path for p in collected(tmp_path, chosen).problems["performance"]] == [name]


def test_a_command_that_fails_is_a_problem_of_its_gate(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "x"})
    chosen = GateSettings("size", run=RunSettings("echo oops >&2; exit 3", RunOutput.MEASURES))
    evidence = collected(tmp_path, chosen)
    assert "size" not in evidence.runs
    assert evidence.problems["size"]


def test_the_message_lists_the_searched_places(tmp_path: Path) -> None:
    repository(tmp_path, {"a": "x"})
    evidence = collected(tmp_path, settings("coverage", "total > 1%"))
    assert "coverage.xml" in evidence.absent["coverage"]


class TestWhereEvidenceIsLookedFor:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A checkout that holds a report which counts for nothing."""
        repo = repository(tmp_path / "checkout", {"a.py": ""})
        repo.write({"reports/junit.xml": JUNIT.replace("n", "mine")})
        return repo.root

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """A folder elsewhere, with a report."""
        (tmp_path / "evidence" / "reports").mkdir(parents=True)
        (tmp_path / "evidence" / "reports" / "junit.xml").write_text(JUNIT)
        return tmp_path / "evidence"

    def test_discovery_looks_there_alone(self, root: Path, place: Path) -> None:
        found = collected(root, settings("tests", "tests > 0"), place=place)
        assert [r.source.path for r in found.tests] == [(place / "reports" / "junit.xml").as_posix()]

    def test_patterns_of_the_policy_are_matched_there(self, root: Path, place: Path) -> None:
        suite = Suite("unit", ("reports/*.xml",), ())
        found = collected(root, replace(settings("tests"), suites=(suite,)), place=place)
        assert [(r.suite, Path(r.source.path).parents[1]) for r in found.tests] == [("unit", place)]

    def test_a_file_that_is_named_is_found_from_the_checkout(self, root: Path, place: Path) -> None:
        gate = settings("tests", "tests > 0")
        found = collected(root, gate, place=place, evidence=("reports/junit.xml",))
        assert [r.source.path for r in found.tests] == ["reports/junit.xml"]

    def test_a_folder_that_is_not_there_holds_nothing(self, root: Path, tmp_path: Path) -> None:
        found = collected(root, settings("tests", "tests > 0"), place=tmp_path / "missing")
        assert found.tests == ()
        assert "nothing found" in found.absent["tests"]

    def test_a_bundle_takes_the_files_from_there(self, root: Path, place: Path, tmp_path: Path) -> None:
        found = collected(root, settings("tests", "tests > 0"), place=place)
        files, prefixes = project_files(root)
        write_bundle(tmp_path / "b", found, Shard("b", root, files, prefixes, ["tests"], BundleRun()))
        assert (tmp_path / "b" / "e0001.xml").read_text() == JUNIT


@pytest.mark.parametrize("untrusted", [True, False])
def test_cached_results_in_an_untrusted_checkout_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, untrusted: bool
) -> None:
    places: list[Path | None] = []

    def analyse(workspace: Workspace, *_: object) -> Analysis:
        places.append(workspace.cache)
        return Analysis()

    monkeypatch.setenv("SLUICEGATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(engine_runs, "analyse", analyse)
    collected(repository(tmp_path, {"a.py": ""}).root, SECURITY, untrusted=untrusted)
    assert places == [None if untrusted else tmp_path / "cache"]
