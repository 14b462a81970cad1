"""Who chooses servers and tokens of a rollout: reviewed plans, and neither strangers nor a journal."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import ClassVar

import pytest

from sluicegate.cli import rollout_sessions
from sluicegate.core.errors import UsageError
from sluicegate.flags.interface import FlagError
from sluicegate.rollout.connect import connect, connect_to_kill
from sluicegate.rollout.contacts import VARIABLE, Contacts
from sluicegate.rollout.discover import find_plans
from sluicegate.rollout.plan import Plan, ProviderSettings
from sluicegate.rollout.plan_read import read_plan
from sluicegate.rollout.strangers import EVENTS, why_strange
from sluicegate.runtime.surroundings import Surroundings
from support.repo import Repo, opened, repository
from support.rollout_project import NAME, Project

UNLEASH = "url: 'https://unleash.example.com', flag: a, environment: production"
PLAN = """\
flags: [{{unleash: {{{flag}}}}}]
metrics-from: {{prometheus: {{url: "{metrics}", token: METRICS_TOKEN}}}}
metrics: {{errors: {{bad: bad, total: all}}}}
criteria: [errors <= 5%]
stages: [5%, GA]
"""
METRICS = "https://metrics.example.com"
TOKENS = {"UNLEASH_TOKEN": "one", "METRICS_TOKEN": "two", "FLAGS_ADMIN": "three"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    made = Project(root)
    monkeypatch.setattr(rollout_sessions, "clock", made.clock)
    return made


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return repository(tmp_path / "repository", {"a": "0"})


def written(flag: str = UNLEASH, metrics: str = METRICS) -> bytes:
    return PLAN.format(flag=flag, metrics=metrics).encode()


def a_plan(**changes: str) -> Plan:
    found = read_plan(written(**changes), "rollouts/a.yml")
    assert found.plan is not None, found.errors
    return found.plan


def contacts(tmp_path: Path, text: bytes, **environment: str) -> Contacts:
    """Those of a project with one plan."""
    folder = tmp_path / "rollouts"
    folder.mkdir()
    (folder / "a.yml").write_bytes(text)
    return Contacts(lambda: find_plans(tmp_path).providers, environment)


class TestJournals:
    """A plan of a journal, which anybody who may push can write."""

    @pytest.mark.parametrize(
        "forged",
        [
            UNLEASH.replace("unleash.example", "evil.example"),
            UNLEASH.replace("unleash.example.com", "unleash.example.com:8443"),
            UNLEASH.replace("unleash.example.com", "unleash.example.com/other-tenant"),
            f"{UNLEASH}, token: FLAGS_ADMIN",
        ],
    )
    def test_no_token_goes_where_no_plan_of_the_checkout_sends_it(self, tmp_path: Path, forged: str) -> None:
        own, given = contacts(tmp_path, written()), Surroundings(TOKENS, tmp_path)
        with pytest.raises(UsageError, match="no plan of this checkout does"):
            connect(a_plan(flag=forged), given, own)
        (flag,) = connect_to_kill(a_plan(flag=forged), given, own).flags
        with pytest.raises(FlagError, match="Anybody who may push can write a journal"):
            flag.kill()

    @pytest.mark.parametrize(
        ("forged", "keys"),
        [
            (UNLEASH.replace("flag: a", "flag: b"), "'flag'"),
            (f"{UNLEASH}, project: other", "'project'"),
            (f"{UNLEASH}, stickiness: random".replace("production", "live"), "'environment', 'stickiness'"),
        ],
    )
    def test_no_other_flag_of_the_right_server_is_changed(
        self, tmp_path: Path, forged: str, keys: str
    ) -> None:
        own, given = contacts(tmp_path, written()), Surroundings(TOKENS, tmp_path)
        with pytest.raises(UsageError, match=f"other values of {keys} than the plans of this checkout"):
            connect(a_plan(flag=forged), given, own)

    def test_what_a_plan_of_the_checkout_names_is_asked(self, tmp_path: Path) -> None:
        own = contacts(tmp_path, written(f"{UNLEASH}, refresh: 99") + b"alpha: nonsense\n")
        made = connect(a_plan(), Surroundings(TOKENS, tmp_path), own)
        assert made.flags[0].name == "a in default/production"
        assert not isinstance(made.of(a_plan().metrics[0]), str)

    def test_metrics_of_another_server_are_an_error_of_the_provider(self, tmp_path: Path) -> None:
        forged = a_plan(metrics="https://evil.example.com")
        made = connect(forged, Surroundings(TOKENS, tmp_path), contacts(tmp_path, written()))
        assert "evil.example.com with METRICS_TOKEN" in str(made.of(forged.metrics[0]))

    def test_a_job_may_allow_a_server_whose_plan_is_gone(self, tmp_path: Path) -> None:
        allowed = {VARIABLE: f" {METRICS}/ https://unleash.example.com"}
        own = Contacts(lambda: (), allowed)
        assert connect(a_plan(), Surroundings(TOKENS, tmp_path), own).flags
        with pytest.raises(UsageError):
            connect(
                a_plan(flag=UNLEASH.replace("https://", "https://www.")), Surroundings(TOKENS, tmp_path), own
            )

    def test_a_rollout_whose_plan_moved_to_another_server_waits_and_says_so(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("METRICS_TOKEN", "secret")
        path = project.root / "rollouts" / f"{NAME}.yml"
        local = path.read_text(encoding="utf-8")
        asks = "prometheus: {url: 'http://127.0.0.1:9', token: METRICS_TOKEN}"
        asking = local.replace("file: {file: counts.jsonl}", asks)
        own = "{bad: 'errors{v=\"$arm\"}', total: 'requests{v=\"$arm\"}'"
        path.write_text(asking.replace("{bad: errors, total: requests", own, 1), encoding="utf-8")
        project.start()
        path.write_text(local, encoding="utf-8")
        said = project.run("status", NAME, "--output", "html=page.html")
        assert "the journal names http://127.0.0.1:9 with METRICS_TOKEN" in said
        page = (project.root / "page.html").read_text(encoding="utf-8")
        assert "is not drawn: prometheus: the journal names http://127.0.0.1:9 with METRICS_TOKEN" in page
        project.run("rollback", NAME)  # the flag is in a file, and asks nobody


class TestNamesOfVariables:
    @pytest.mark.parametrize("name", ["UNLEASH_ADMIN", "FLAGS_TOKEN", "SLUICEGATE_UNLEASH"])
    def test_a_token_of_the_provider_may_be_named(self, name: str) -> None:
        assert a_plan(flag=f"{UNLEASH}, token: {name}")

    @pytest.mark.parametrize(
        "name",
        ["GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "AWS_SECRET_ACCESS_KEY", "NPM_TOKEN", "UNLEASH", "PATH",
         "XUNLEASH_TOKEN", "unleash_token", "UNLEASH_é"],
    )  # fmt: skip
    def test_a_token_of_another_server_may_not(self, name: str) -> None:
        (error,) = read_plan(written(f"{UNLEASH}, token: {name}"), "rollouts/a.yml").errors
        assert "this is no name of one" in str(error)
        assert f"'{name}'" not in str(error)
        assert "UNLEASH_, SLUICEGATE_" in error.remedy


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        ["http://10.0.0.1", "http://169.254.169.254/latest", "http://localhost.evil.example",
         "http://127.0.0.1.nip.io", "http://2130706433", "http://0x7f.1", "https://good.example@evil.example",
         "https://good.example%2f.evil.example", "https://good.example\\\\.evil.example",
         "https://g\u043e\u043ed.example", "https://evil.example?x=", "https://evil.example/#good.example",
         "file:///etc/passwd", "//evil.example", "https://"],
    )  # fmt: skip
    def test_an_address_that_is_not_what_it_looks_like_is_refused_where_it_is_written(self, url: str) -> None:
        found = read_plan(written(metrics=url), "rollouts/a.yml").errors
        assert [error.where for error in found] == ["rollouts/a.yml:2:34"]
        assert "the address" in found[0].what


class TestStrangers:
    """The checkout of a job."""

    @pytest.mark.parametrize(
        "event", ["pull_request", "pull_request_target", "merge_group", "workflow_run", "deployment_status"]
    )
    def test_an_event_whose_commit_may_be_a_stranger_s_is_refused(
        self, project: Project, monkeypatch: pytest.MonkeyPatch, event: str
    ) -> None:
        monkeypatch.setenv("GITHUB_EVENT_NAME", event)
        for words in (("tick", NAME), ("start", NAME), ("rollback", NAME), ("validate", "--live")):
            said = project.run(*words, code=2)
            assert f"they say to whom tokens are sent: the event is {event}" in said
        project.run("validate")

    def test_the_commit_of_the_run_is_no_stranger_s(self, repo: Repo) -> None:
        head, git = repo.commit({"a": "1"}), opened(repo.root)
        assert [why_strange(run_of(head, event), lambda: git) for event in EVENTS] == [""] * len(EVENTS)

    def test_a_checkout_of_another_commit_is(self, repo: Repo) -> None:
        run = run_of(repo.commit({"a": "1"}), "issue_comment")
        assert why_strange(run, lambda: None) == "there is no commit in it"
        head = repo.commit({"rollouts/a.yml": "flags: [evil]"})
        assert why_strange(run, lambda: opened(repo.root)).startswith(
            f"it has {head[:12]}, and the run is about"
        )

    @pytest.mark.parametrize(
        ("origin", "ref", "is_own"),
        [
            ("https://github.com/acme/shop", "origin/main", True),
            ("https://github.com/acme/shop.git", "origin/main", True),
            ("https://github.com/evil/shop", "origin/main", False),
            ("https://github.com/acme/shop", "pull/5/merge", False),
        ],
    )
    def test_the_tip_of_the_run_s_branch_is_none(
        self, repo: Repo, origin: str, ref: str, is_own: bool
    ) -> None:
        run = run_of(repo.commit({"a": "1"}), "schedule")
        repo.git("remote", "add", "origin", origin)
        repo.git("update-ref", f"refs/remotes/{ref}", repo.commit({"a": "2"}))
        assert (why_strange(run, lambda: opened(repo.root)) == "") is is_own

    def test_a_laptop_is_not_asked(self) -> None:
        def asked() -> None:
            raise AssertionError("git was asked")

        assert why_strange({"GITHUB_SHA": "0" * 40}, asked) == ""


def run_of(commit: str, event: str) -> dict[str, str]:
    """The variables of a run."""
    return {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_SHA": commit,
        "GITHUB_REF": "refs/heads/main", "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/shop",
    }  # fmt: skip


class TestServicesWithoutAnAddress:
    """A provider that asks one server alone: what it asks for there must be that of the project too."""

    OWN: ClassVar = {"application": "a1b2c3d", "environment": "e4f5a6b", "profile": "p7q8r9s",
                     "flag": "new-checkout", "strategy": "s1t2u3v"}  # fmt: skip

    def check(self, **journal: str) -> None:
        read = (("sluicegate.flags", ProviderSettings("appconfig", json.dumps(self.OWN))),)
        given = ProviderSettings("appconfig", json.dumps({**self.OWN, **journal}))
        Contacts(lambda: read, {}).check("sluicegate.flags", given)

    def test_the_flag_of_a_plan_is_asked(self) -> None:
        self.check()

    @pytest.mark.parametrize("key", ["application", "environment", "profile"])
    def test_another_one_that_a_journal_names_is_not(self, key: str) -> None:
        with pytest.raises(UsageError, match="no plan of this checkout does"):
            self.check(**{key: "zzzz999"})

    def test_nor_is_another_region(self) -> None:
        with pytest.raises(UsageError):
            self.check(region="us-east-1")

    def test_nor_is_another_flag(self) -> None:
        with pytest.raises(UsageError, match="other values of 'flag' than the plans of this checkout"):
            self.check(flag="other-flag")
