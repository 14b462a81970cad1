"""SG101: TLS connections that nobody checks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.model import Severity
from sluicegate.engines.bandit_config import BanditSettings
from sluicegate.engines.bandit_scan import Scanner
from sluicegate.engines.syntax import Parsed, quiet
from sluicegate.engines.tls_checks import may_flag
from sluicegate.evidence.records import FindingsRecord
from support.sources import Text, analysis, workspace


def record(root: Path, head: dict[str, Text], base: dict[str, Text] | None = None) -> FindingsRecord:
    found = analysis(workspace(root, head, base), "bandit").bandit
    assert found is not None
    return found


def lines(root: Path, source: Text) -> list[int]:
    return [f.line for f in record(root, {"a.py": source}).security if f.rule == "SG101"]


@pytest.mark.parametrize(
    "line",
    [
        "context.verify_mode = ssl.CERT_NONE",
        "context.verify_mode = CERT_NONE",
        "context.verify_mode = ssl.VerifyMode.CERT_NONE",
        "context.verify_mode: int = ssl.CERT_NONE",
        "context.verify_mode = 0",
        "self.context.check_hostname = False",
        "a.b = context.check_hostname = False",
        "context.check_hostname = 0",
        "urllib3.PoolManager(cert_reqs='CERT_NONE')",
        "urllib3.PoolManager(cert_reqs=ssl.CERT_NONE)",
        "x = [connect(host, check_hostname=False)]",
    ],
)
def test_what_switches_a_check_off_is_found(tmp_path: Path, line: str) -> None:
    assert lines(tmp_path, line + "\n") == [1]


@pytest.mark.parametrize(
    "line",
    [
        "context.verify_mode = ssl.CERT_REQUIRED",
        "context.verify_mode = mode",
        "context.verify_mode: int",
        "context.check_hostname = True",
        "context.check_hostname = check",
        "context.check_hostname = None",
        "context.check_hostname = 'CERT_NONE'",
        "verify_mode = CERT_NONE",
        "if context.verify_mode == ssl.CERT_NONE: pass",
        "urllib3.PoolManager(cert_reqs='CERT_REQUIRED')",
        "urllib3.PoolManager(cert_reqs=None)",
        "connect(**{'check_hostname': False})",
    ],
)
def test_what_leaves_it_on_is_not(tmp_path: Path, line: str) -> None:
    assert lines(tmp_path, line + "\n") == []


def test_the_finding_says_what_it_means_and_whose_it_is(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "x.check_hostname = False\n"})
    (one,) = found.security
    assert (one.tool, one.severity, one.line) == ("sluicegate", Severity.MEDIUM, 1)
    assert "nobody checks the host name" in one.message
    assert "CWE-295" in one.message
    assert found.rated == ("SG101",)


@pytest.mark.parametrize(
    ("comment", "rules"),
    [
        ("# nosec", []),
        ("# nosec SG101", ["B307"]),
        ("# nosec: B307, SG101", []),
        ("# nosec B307", ["SG101"]),
        ("# noqa: SG101", ["B307", "SG101"]),
    ],
)
def test_a_comment_silences_it_as_it_silences_bandits(tmp_path: Path, comment: str, rules: list[str]) -> None:
    source = f"eval(x, y(check_hostname=False))  {comment}\n"
    found = record(tmp_path, {"a.py": source}, {})
    assert sorted(f.rule for f in found.security) == rules
    assert sorted({f.rule for f in found.suppressed} | set(rules)) == ["B307", "SG101"]


def test_it_runs_whatever_bandits_settings_choose(tmp_path: Path) -> None:
    (tmp_path / "bandit.yaml").write_text("tests: [B602]")
    assert lines(tmp_path, "x.check_hostname = False\n") == [1]


def test_an_old_one_is_known(tmp_path: Path) -> None:
    head: dict[str, Text] = {"a.py": "if y:\n    x.check_hostname = False\nz.check_hostname = False\n"}
    found = record(tmp_path, head, {"a.py": "x.check_hostname = False\n"})
    assert [(f.line, f.new) for f in found.security] == [(2, False), (3, True)]


NAMES = st.sampled_from(["verify_mode", "\u1d65erify_mode", "check_hostname", "cert_reqs", "other"])
VALUES = st.sampled_from(["ssl.CERT_NONE", "0", "False", "True", "x"])
FORMS = st.sampled_from(["x.{} = {}", "f({}={})", "x.{}: int = {}"])


@given(NAMES, VALUES, FORMS)
@settings(deadline=None)
def test_a_source_that_is_not_looked_at_has_nothing_to_flag(name: str, value: str, form: str) -> None:
    data = form.format(name, value).encode()
    with quiet():
        parsed = Parsed.of(data, "a.py")
    assert isinstance(parsed, Parsed)
    found = [f.rule for f in Scanner(BanditSettings()).scan(parsed, "a.py")]
    assert "SG101" not in found or may_flag(data)


def test_a_name_in_another_alphabet_is_found(tmp_path: Path) -> None:
    assert lines(tmp_path, "x.\u1d65erify_mode = ssl.CERT_NONE\n") == [1]


def test_a_name_in_another_encoding_is_found(tmp_path: Path) -> None:
    assert lines(tmp_path, b"# coding: utf-7\nx.check+AF8-hostname = False\n") == [2]
