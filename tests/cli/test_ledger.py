"""`sluicegate ledger`, and what `check` makes of it, as a user runs them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sluicegate.cli.main import main
from sluicegate.core.errors import SluicegateError
from support import pullrequest
from support.ledgers import Place, commit, place
from support.uses import cobertura, junit

POLICY = """\
extends: []
gates:
  coverage: {criteria: [total >= baseline]}
  tests: {criteria: [pass_rate == 100%]}
"""
FILES = {"src/app.py": "x = 1\n", "sluicegate.yml": POLICY, ".gitignore": "reports/\ncoverage.xml\n*.json\n"}


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in [n for n in os.environ if n.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    found = place(tmp_path, FILES)
    monkeypatch.chdir(found.work)
    measured(found.work, 8)
    return found


def measured(work: Path, covered: int) -> None:
    """Evidence: ten lines, of which so many ran."""
    hits = {n: int(n <= covered) for n in range(1, 11)}
    (work / "coverage.xml").write_text(cobertura(hits), encoding="utf-8")
    (work / "reports").mkdir(exist_ok=True)
    (work / "reports" / "junit.xml").write_text(junit(), encoding="utf-8")


def run(*arguments: str) -> Result:
    """A command line; its error is raised."""
    return CliRunner().invoke(main, arguments, standalone_mode=False, catch_exceptions=False)


def checked(*arguments: str) -> dict[str, str]:
    """The verdict on coverage: status, reason, and what the report notices."""
    document = json.loads(run("check", "--gate", "coverage", "--format", "json", *arguments).stdout)
    (criterion,) = document["gates"][0]["criteria"]
    said = "; ".join(n["message"] for n in document["notices"])
    return {"status": criterion["status"], "reason": criterion["reason"] or "", "said": said,
            "gate": document["gates"][0]["status"]}  # fmt: skip


def record() -> None:
    run("check", "--output", "json=r.json")
    run("ledger", "record", "r.json")


def branch(there: Place, covered: int) -> None:
    """A change on a branch, with its evidence."""
    pullrequest.git(there.work, "checkout", "--quiet", "-b", "change")
    (there.work / "src" / "app.py").write_text("x = 2\n", encoding="utf-8")
    commit(there.work, "change")
    measured(there.work, covered)


def test_what_was_recorded_is_the_baseline(there: Place) -> None:
    record()
    branch(there, 7)
    run("ledger", "fetch")
    found = checked()
    assert found["status"] == "FAIL"
    assert "the base" in found["said"]


def test_the_nearest_recorded_ancestor_is_named_with_its_distance(there: Place) -> None:
    record()
    commit(there.work, "two")
    commit(there.work, "three")
    pullrequest.git(there.work, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    branch(there, 9)
    run("ledger", "fetch")
    found = checked()
    assert (found["status"], "2 commits before the base" in found["said"]) == ("PASS", True)


def test_before_the_first_record_the_criterion_is_skipped_and_says_when(there: Place) -> None:
    branch(there, 7)
    assert "nothing is recorded yet" in run("ledger", "fetch").output
    found = checked()
    assert (found["status"], found["reason"]) == (
        "SKIPPED", "no baseline yet: it is recorded on the next push to main",
    )  # fmt: skip


def test_an_unreachable_ledger_is_unknown_with_the_reason(there: Place) -> None:
    branch(there, 7)
    pullrequest.git(there.work, "remote", "set-url", "origin", "file:///nowhere")
    with pytest.raises(SluicegateError, match="could not be fetched"):
        run("ledger", "fetch", "--max-wait", "0")
    found = checked()
    assert (found["status"], found["gate"]) == ("UNKNOWN", "ERROR")
    assert "could not be fetched" in found["reason"]


def test_without_a_fetch_the_remedy_is_named(there: Place) -> None:
    branch(there, 7)
    found = checked()
    assert found["status"] == "SKIPPED"
    assert "sluicegate ledger fetch" in found["said"]


def test_what_was_fetched_can_be_left_aside(there: Place) -> None:
    record()
    branch(there, 7)
    run("ledger", "fetch")
    assert checked("--ledger", "off")["status"] == "SKIPPED"


def test_a_named_report_goes_before_the_ledger(there: Place) -> None:
    record()
    branch(there, 7)
    run("ledger", "fetch")
    run("check", "--output", "json=other.json")
    assert checked("--baseline", "other.json")["status"] == "PASS"


def test_a_folder_can_hold_the_ledger(there: Place) -> None:
    run("check", "--output", "json=r.json")
    run("ledger", "record", "r.json", "--dir", "../ledger")
    branch(there, 7)
    assert checked("--ledger", "../ledger")["status"] == "FAIL"


def test_a_shallow_clone_learns_which_ancestor_is_recorded(
    there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record()
    for n in range(3):
        commit(there.work, f"c{n}")
    pullrequest.git(there.work, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    branch(there, 7)
    pullrequest.git(there.work, "push", "--quiet", "origin", "change")
    pullrequest.git(
        tmp_path, "clone", "--quiet", "--depth=2", "-b", "change", there.remote.as_uri(), "shallow"
    )
    shallow = tmp_path / "shallow"
    base = pullrequest.git(shallow, "rev-parse", "HEAD^1")
    measured(shallow, 7)
    monkeypatch.chdir(shallow)
    before = pullrequest.git(shallow, "config", "--list", "--local")
    assert "ancestors" in run("ledger", "fetch").output
    found = checked("--base", base)
    assert (found["status"], "3 commits before the base" in found["said"]) == ("FAIL", True)
    assert pullrequest.git(shallow, "config", "--list", "--local") == before
    assert pullrequest.git(shallow, "rev-list", "--count", "HEAD") == "2"


def test_show_and_log_say_what_was_recorded(there: Place) -> None:
    record()
    head = pullrequest.git(there.work, "rev-parse", "HEAD")
    assert json.loads(run("ledger", "show", head[:8], "--format", "json").stdout)["commit"]["tested"] == head
    row = json.loads(run("ledger", "log", "--json").stdout)
    assert (row["key"], row["kind"], row["scope"]) == (head, "report", "")
    assert head[:12] in run("ledger", "log").stdout


def test_each_folder_has_baselines_of_its_own(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    record()
    part = there.work / "part"
    part.mkdir()
    (part / "sluicegate.yml").write_text(POLICY, encoding="utf-8")
    monkeypatch.chdir(part)
    measured(part, 5)
    assert checked("--ledger", "auto")["status"] == "SKIPPED"
    run("ledger", "fetch")
    assert checked()["reason"].startswith("no baseline yet")


def test_verify_prune_and_rebuild(there: Place) -> None:
    record()
    assert "1 document: all is well" in run("ledger", "verify").output
    assert "0 documents before" in run("ledger", "prune", "--keep", "400d").output
    assert "from its newest reports" in run("ledger", "rebuild").output


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["record", "none.json"], "cannot be read"),
            (["record", "sluicegate.yml"], "not valid JSON"),
            (["record", "empty.json"], "does not name a schema"),
            (["show", "abc"], "no report of this commit"),
            (["show", "deadbeef"], "no report of this commit"),
            (["prune", "--keep", "400"], "not a number of days"),
            (["log", "--remote", "--upload-pack=x"], "there is no remote"),
            (["log", "--ref", "a..b"], "not a valid ref name"),
            (["log", "--local", "--remote", "origin"], "exclude each other"),
            (["log", "--dir", "x", "--local"], "excludes"),
            (["log", "--dir", "sluicegate.yml"], "is not a folder"),
        ],
    )
    def test_it_is_an_error_that_says_what_to_do(
        self, there: Place, arguments: list[str], message: str
    ) -> None:
        (there.work / "empty.json").write_text("{}", encoding="utf-8")
        with pytest.raises(SluicegateError, match=message) as caught:
            run("ledger", *arguments)
        assert caught.value.exit_code in (2, 3)

    def test_a_report_of_a_dirty_tree_is_not_recorded(self, there: Place) -> None:
        (there.work / "src" / "app.py").write_text("x = 3\n", encoding="utf-8")
        run("check", "--output", "json=r.json")
        with pytest.raises(SluicegateError, match="working tree with changes"):
            run("ledger", "record", "r.json")

    def test_check_names_what_ledger_can_be(self, there: Place) -> None:
        with pytest.raises(SluicegateError, match="no such file or folder"):
            checked("--ledger", "nowhere")

    def test_in_a_pull_request_nothing_is_recorded(
        self, there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("check", "--output", "json=r.json")
        event = tmp_path / "event.json"
        event.write_text(json.dumps({"merge_group": {"base_ref": "refs/heads/main", "base_sha": "0" * 40}}))
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
        monkeypatch.setenv("GITHUB_EVENT_NAME", "merge_group")
        with pytest.raises(SluicegateError, match="only read in pull requests"):
            run("ledger", "record", "r.json")


# --- whose a failing test is ---------------------------------------------------------------------


def failing(work: Path, *names: str) -> None:
    """Evidence: of the three tests `a`, `b` and `c` these fail."""
    bad = dict.fromkeys(names, "<failure message='no'/>")
    cases = "".join(f'<testcase classname="t" name="{n}">{bad.get(n, "")}</testcase>' for n in "abc")
    (work / "reports" / "junit.xml").write_text(f"<testsuite>{cases}</testsuite>", encoding="utf-8")


def of_tests(*arguments: str) -> tuple[str, list[object], str]:
    """The verdict on the tests under `legacy`: status, new and known failures, and all messages."""
    done = run("check", "--gate", "tests", "--preset", "legacy", "--format", "json", *arguments)
    (gate,) = json.loads(done.stdout)["gates"]
    said = "; ".join(f["message"] for f in gate["findings"])
    return gate["status"], [gate["measures"][n] for n in ("new.failed", "known.failed")], said


@pytest.fixture
def red(there: Place) -> Place:
    """A project whose default branch fails the test `a`, as is recorded, and a change."""
    failing(there.work, "a")
    record()
    branch(there, 8)
    run("ledger", "fetch")
    return there


def test_what_fails_on_the_base_warns(red: Place) -> None:
    failing(red.work, "a")
    status, counts, said = of_tests()
    assert (status, counts) == ("WARN", [0, 1])
    assert "t.a failed (fails on the base since " in said


def test_a_new_failure_blocks_though_the_change_mends_another(red: Place) -> None:
    failing(red.work, "b")
    assert of_tests() == ("FAIL", [1, 0], "t.b failed (new): no")


def test_a_run_of_the_change_that_was_recorded_makes_no_failure_known(red: Place) -> None:
    failing(red.work, "b")
    record()
    run("ledger", "fetch")
    assert of_tests()[:2] == ("FAIL", [1, 0])


def test_without_a_ledger_every_failure_is_new(red: Place) -> None:
    failing(red.work, "a")
    assert of_tests("--ledger", "off")[:2] == ("FAIL", [1, 0])
