from __future__ import annotations

import json
import logging
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.model import Severity
from sluicegate.engines.bandit_config import BanditSettings
from sluicegate.engines.bandit_package import issue, node_visitor
from sluicegate.engines.bandit_scan import Scanner, _silencer
from sluicegate.engines.password_shape import NOTE
from sluicegate.engines.syntax import Parsed, quiet
from sluicegate.evidence.records import FindingsRecord
from support.examples import at_most
from support.sources import Text, analysis, as_bytes, workspace
from support.speed import soon

STDLIB = Path(sysconfig.get_paths()["stdlib"])

WEAK: dict[str, Text] = {
    "calls.py": """
        import subprocess, pickle, hashlib, yaml, tempfile, importlib
        from subprocess import Popen as P
        import xml.etree.ElementTree as ET
        def run(cmd, x, password="hunter2", *, token=None):
            subprocess.Popen(cmd, shell=True)
            subprocess.call("ls *", shell=True)
            P(["ls", cmd])
            eval(cmd); exec(cmd)
            pickle.loads(x)
            yaml.load(x)
            hashlib.md5(x)
            hashlib.new("sha1", x)
            ET.parse(x)
            tempfile.mktemp()
            importlib.import_module("telnetlib")
            __import__("ftplib")
            requests.get("https://example.org", verify=False)
            ssl.wrap_socket(ssl_version=ssl.PROTOCOL_SSLv3)
            assert x
    """,
    "strings.py": '''
        """Docstring: SELECT * FROM x WHERE y = %s"""
        password = "secret"
        config = {"password": "secret", "host": "0.0.0.0", "other": f"{password}"}
        config["token"] = "secret"
        if password == "root": pass
        def query(a, table="SELECT 1", path="/tmp/x"):
            cursor.execute("SELECT * FROM %s" % a)
            cursor.execute("SELECT * FROM " + a + " WHERE b = '" + a + "'")
            cursor.execute("SELECT * FROM {}".format(a))
            cursor.execute(f"SELECT * FROM {a} WHERE b")
            with open("/tmp/file") as f, open("/var/tmp/x"): pass
            return [x for x in "/tmp/y"]
    ''',
    "handlers.py": """
        import os, random, telnetlib
        from Crypto.Cipher import DES
        from . import ftplib
        class A:
            def m(self):
                try: pass
                except Exception: pass
                for x in y:
                    try: pass
                    except: continue
                os.chmod("x", 0o777)
                os.system("rm -rf " + x)
                random.random()
        async def f(password="secret"):
            jinja2.Environment(autoescape=False)
            app.run(debug=True)
            sock.bind(("0.0.0.0", 80))
    """,
    "nosec.py": '''
        import pickle  # nosec
        import subprocess  # nosec B404
        import telnetlib  # nosec B404
        subprocess.call("x",  # nosec
            shell=True)
        subprocess.call(
            "x", shell=True)  # nosec: B602, B607
        x = """
        # nosec
        """; eval(x)
        assert x  # nosec assert_used
        assert x  # nosec B999 nonsense
        y = {
            "password": "secret",  # nosec
            "token": "secret",
        }
        def f(a="/tmp/x",  # nosec B108
              password="secret"): pass
    ''',
    "trojan.py": 'x = "\u202e" + "a"\ny = "\u200f"\n',
    "latin.py": b"# -*- coding: latin-1 -*-\npassword = '\xe4\xf6'  # nosec\ntoken = '\xe4'\n",
    "utf7.py": b"# coding: utf-7\neval(x) # +AG4AbwBzAGUAYw-\neval(y)\n",
    "crlf.py": b"import pickle\r\n\r\neval(x)  # nosec\r\neval(y)\r\n",
    "package/__init__.py": "def f(password='secret'): eval(password)\n",
    "package/mod.py": "class A:\n  def f(self, password='secret'): eval(password)\n",
}


def record(root: Path, head: dict[str, Text], base: dict[str, Text] | None = None) -> FindingsRecord:
    found = analysis(workspace(root, head, base), "bandit").bandit
    assert found is not None
    return found


Result = tuple[str, str, str, int, int, str]


def command_line(root: Path, *options: str) -> tuple[Counter[Result], set[str]]:
    """Findings and failed files of `bandit -r .`."""
    command = [sys.executable, "-m", "bandit", "-r", ".", "-q", "-f", "json", *options]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    document = json.loads(done.stdout)
    findings: Counter[Result] = Counter()
    for result in document["results"]:
        cwe = f"CWE-{result['issue_cwe']['id']}, " if result["issue_cwe"] else ""
        confidence = f"confidence {result['issue_confidence'].lower()}"
        lines = (result["line_number"], max(result["line_range"][-1], result["line_number"]))
        path = result["filename"].removeprefix("./")
        severity = result["issue_severity"].lower()
        findings[path, result["test_id"], severity, *lines, f"{result['issue_text']}|{cwe}{confidence}"] += 1
    return findings, {error["filename"].removeprefix("./") for error in document["errors"]}


def as_command_line(found: FindingsRecord) -> Counter[Result]:
    """Our findings in the same words."""
    result: Counter[Result] = Counter()
    for f in (f for f in found.security if f.tool == "bandit"):
        text, _, rest = f.message.rpartition(" (")
        rest = ", ".join(
            part for part in rest.rstrip(")").split(", ") if not part.startswith(("OWASP", NOTE))
        )
        level = "low" if NOTE in f.message else f.severity.value
        result[f.path, f.rule, level, f.line, f.end_line, f"{text}|{rest}"] += 1
    return result


# --- equality with the command line -------------------------------------------------------------


def test_findings_equal_the_command_lines(tmp_path: Path) -> None:
    found = record(tmp_path, WEAK)
    expected, errors = command_line(tmp_path)
    assert as_command_line(found) == expected
    assert len({f.rule for f in found.security}) > 30
    assert not errors


@pytest.mark.parametrize(
    "setting", ["skips: [B101, B105]", "tests: [B602, B108]", "skips: [blacklist_imports]"]
)
def test_findings_equal_the_command_lines_under_settings(tmp_path: Path, setting: str) -> None:
    (tmp_path / "bandit.yaml").write_text(setting)
    assert as_command_line(record(tmp_path, WEAK)) == command_line(tmp_path, "-c", "bandit.yaml")[0]


def test_findings_equal_the_command_lines_under_settings_of_checks(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.bandit]\nexclude_dirs = ['package']\n"
        "[tool.bandit.hardcoded_tmp_directory]\ntmp_dirs = ['/var/tmp']\n"
        "[tool.bandit.assert_used]\nskips = ['*/calls.py']\n"
        "[tool.bandit.try_except_pass]\ncheck_typed_exception = true\n"
    )
    found = record(tmp_path, WEAK)
    assert as_command_line(found) == command_line(tmp_path, "-c", "pyproject.toml")[0]
    assert not any(f.path.startswith("package") for f in found.security)


def test_findings_equal_the_command_lines_under_an_ini_file(tmp_path: Path) -> None:
    (tmp_path / ".bandit").write_text(
        "[bandit]\nskips = B101,B404\nexclude = ./package\nignore-nosec = true\n"
    )
    assert as_command_line(record(tmp_path, WEAK)) == command_line(tmp_path)[0]


@pytest.mark.soak
def test_findings_equal_the_command_lines_over_a_part_of_the_standard_library(tmp_path: Path) -> None:
    names = ["[a-f]*.py", "http/*.py", "xml/**/*.py"]
    files: dict[str, Text] = {
        p.relative_to(STDLIB).as_posix(): p.read_bytes() for name in names for p in STDLIB.glob(name)
    }
    files["broken.py"] = "def f(:\n"
    files["bytes.py"] = b"eval(x)  # \x80\n"
    found = record(tmp_path, files)
    expected, errors = command_line(tmp_path)
    assert as_command_line(found) == expected
    assert {p.path for p in found.problems} == errors == {"broken.py", "bytes.py"}
    assert len(found.security) > 50


@pytest.mark.real_large
def test_findings_equal_the_command_lines_over_every_fifth_file_of_the_standard_library(
    tmp_path: Path,
) -> None:
    paths = sorted(p for p in STDLIB.rglob("*.py") if "site-packages" not in p.parts)[::5]
    files: dict[str, Text] = {p.relative_to(STDLIB).as_posix(): p.read_bytes() for p in paths}
    found = analysis(workspace(tmp_path, files, workers=2), "bandit").bandit
    assert found is not None
    expected, errors = command_line(tmp_path)
    assert as_command_line(found) == expected
    assert {p.path for p in found.problems} == errors
    assert len(found.security) > 100


LINES = st.sampled_from(
    [line for text in WEAK.values() if isinstance(text, str) for line in as_bytes(text).decode().splitlines()]
)


@settings(max_examples=at_most(60), deadline=None)
@given(st.lists(LINES, max_size=8), st.sampled_from(["", "  # nosec", "  # nosec B101", "  # a comment"]))
def test_a_nosec_never_adds_a_finding(lines: list[str], comment: str) -> None:
    source = "\n".join(line.strip() for line in lines)
    silenced = "\n".join(line.strip() + comment for line in lines)
    scanner = Scanner(BanditSettings())
    with quiet():
        plain, marked = Parsed.of(source.encode(), "a.py"), Parsed.of(silenced.encode(), "a.py")
    if isinstance(plain, Parsed) and isinstance(marked, Parsed):
        all_of = Counter((i.rule, i.line) for i in scanner.scan(plain, "a.py"))
        rest = Counter((i.rule, i.line) for i in scanner.scan(marked, "a.py"))
        assert rest <= all_of


@given(
    st.dictionaries(st.integers(1, 12), st.sets(st.sampled_from(["B101", "B102"]))),
    st.integers(1, 12),
    st.integers(1, 6),
    st.one_of(st.none(), st.integers(1, 12)),
)
def test_a_comment_silences_what_it_silences_for_bandit(
    nosec: dict[int, set[str]], first: int, lines: int, at: int | None
) -> None:
    context = {"linerange": range(first, first + lines)}
    found = None if at is None else issue.Issue("MEDIUM", lineno=at)
    bandits = node_visitor.b_tester.BanditTester(None, False, nosec, None)
    assert _silencer(nosec)(context, found) == bandits._get_nosecs_from_contexts(context, found)


# --- the record ---------------------------------------------------------------------------------


def long_call(*, line_60: str = "y", indent: str = " ") -> str:
    arguments = "".join(f"{indent}{line_60 if n == 60 else n},\n" for n in range(1, 100))
    return f"import os\nos.system(\n{arguments})\n"


def fingerprint_of(source: str) -> str:
    with quiet():
        parsed = Parsed.of(source.encode(), "a.py")
    assert isinstance(parsed, Parsed)
    (found,) = (f for f in Scanner(BanditSettings()).scan(parsed, "a.py") if f.rule == "B605")
    return found.fingerprint


def test_the_fingerprint_of_a_long_call_knows_its_last_lines_and_no_indentation() -> None:
    assert fingerprint_of(long_call()) != fingerprint_of(long_call(line_60="x"))
    assert fingerprint_of(long_call()) == fingerprint_of(long_call(indent="\t  "))


def test_a_finding_says_severity_weakness_confidence_and_where_to_read_more(tmp_path: Path) -> None:
    (found,) = record(tmp_path, {"a.py": "import os\nos.system(x)\n"}).security
    assert found.rule == "B605"
    assert found.severity is Severity.HIGH
    assert found.message.endswith("(CWE-78, OWASP A03:2021, confidence high)")
    assert found.help.startswith("https://bandit.readthedocs.io/")
    assert (found.path, found.line, found.tool) == ("a.py", 2, "bandit")


def test_the_record_says_which_settings_were_read(tmp_path: Path) -> None:
    (tmp_path / ".bandit").write_text("[bandit]\nskips=B101\n")
    source = record(tmp_path, {"a.py": "assert x\n"}).source
    assert (source.tool, source.note) == ("bandit", "settings from .bandit")
    assert source.version


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bandit.yaml", "skips: [["),
        ("bandit.yaml", "skips: [[1]]"),
        ("bandit.yaml", "tests: [B101]\nskips: [B101]"),
        ("bandit.yaml", "tests: [B999]"),
        (".bandit", "[bandit]\nprofile = none\n"),
    ],
)
def test_settings_that_bandit_refuses_are_a_problem_and_nothing_is_measured(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    found = record(tmp_path, {"a.py": "eval(x)\n"})
    assert [p.path for p in found.problems] == [name]
    assert found.security == ()


def test_a_file_that_does_not_parse_is_a_problem(tmp_path: Path) -> None:
    assert [p.path for p in record(tmp_path, {"a.py": "eval(\n"}).problems] == ["a.py"]


def test_a_file_that_bandits_settings_exclude_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "bandit.yaml").write_text("exclude_dirs: [templates]")
    found = record(tmp_path, {"templates/a.py": "eval(\n", "b.py": "eval(x)\n"})
    assert found.problems == ()
    assert [f.path for f in found.security] == ["b.py"]


def test_a_check_that_fails_inside_bandit_is_reported_beside_the_others(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "import importlib\nimportlib.import_module()\neval(x)\n"})
    assert [f.rule for f in found.security] == ["B307"]
    assert "1 checks failed inside bandit" in found.source.note


def test_nothing_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        record(tmp_path, {"a.py": "eval(x)  # nosec nonsense\nimportlib.import_module()\n"})
    assert [r for r in caplog.records if r.name.startswith("bandit")] == []


def test_the_time_for_a_long_literal_is_not_quadratic(tmp_path: Path) -> None:
    entries = "".join(f"  'k{i}': 'v',\n" for i in range(30_000))
    with soon(6):  # quadratic it would be 15
        (found,) = record(tmp_path, {"a.py": f"x = {{\n{entries}  'password': 'v'\n}}\n"}).security
        assert (found.rule, found.line) == ("B105", 30_002)


def test_a_chain_that_is_too_long_for_bandit_itself_is_scanned(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "x = a" + " + b" * 2_000 + " + eval(c)\n"})
    assert [f.rule for f in found.security] == ["B307"]


# --- new against known --------------------------------------------------------------------------


def news(found: FindingsRecord) -> list[tuple[str, int, bool | None]]:
    return [(f.rule, f.line, f.new) for f in found.security]


def test_without_a_change_new_is_unknown(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "eval(x)\n"})
    assert (news(found), found.new_known) == ([("B307", 1, None)], False)


def test_what_the_base_had_is_known_wherever_it_moved(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "exec(y)\n\nif z:\n    eval(x)\n"}, {"a.py": "eval(x)\n"})
    assert (news(found), found.new_known) == ([("B102", 1, True), ("B307", 4, False)], True)


def test_a_second_copy_of_a_known_finding_is_new(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "eval(x)\neval(x)\n"}, {"a.py": "eval(x)\n"})
    assert sorted(new is True for _, _, new in news(found)) == [False, True]


def test_findings_of_untouched_files_are_known(tmp_path: Path) -> None:
    files: dict[str, Text] = {"a.py": "eval(x)\n"}
    assert news(record(tmp_path, files, files)) == [("B307", 1, False)]


def test_all_findings_of_a_new_file_are_new(tmp_path: Path) -> None:
    assert news(record(tmp_path, {"a.py": "eval(x)\n"}, {})) == [("B307", 1, True)]


def test_findings_of_a_renamed_file_are_known(tmp_path: Path) -> None:
    given = workspace(
        tmp_path, {"new.py": "eval(x)\n"}, {"old.py": "eval(x)\n"}, renamed={"new.py": "old.py"}
    )
    found = analysis(given, "bandit").bandit
    assert found is not None
    assert news(found) == [("B307", 1, False)]


def test_taking_a_nosec_away_makes_its_finding_new(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "eval(x)\n"}, {"a.py": "eval(x)  # nosec\n"})
    assert news(found) == [("B307", 1, True)]


# --- silenced by a comment ------------------------------------------------------------------------


def silenced(found: FindingsRecord) -> list[tuple[str, str, int]]:
    return [(f.rule, f.path, f.line) for f in found.suppressed]


SHELL = "subprocess.call(x, shell=True)"


@pytest.mark.parametrize("comment", ["# nosec", "# nosec B602", "# nosec: B602", "#nosec B602, B607"])
@pytest.mark.parametrize("base", [{}, {"a.py": ""}, {"a.py": f"{SHELL}\n"}])
def test_a_new_nosec_is_told(tmp_path: Path, comment: str, base: dict[str, Text]) -> None:
    found = record(tmp_path, {"a.py": f"{SHELL}  {comment}\n"}, base)
    assert silenced(found) == [("B602", "a.py", 1)]
    (one,) = found.suppressed
    assert (one.severity, one.new) == (Severity.HIGH, True)
    assert one.message.endswith(", silenced by # nosec")
    assert found.security == ()


@pytest.mark.parametrize(
    "head",
    [
        {"a.py": f"\n{SHELL}  # nosec\n"},
        {"a.py": f"if x:\n    {SHELL}  # nosec B602\n"},
        {"a.py": f"y = {SHELL[:-1]}, timeout=1)  # nosec\n"},
        {"b.py": f"{SHELL}  # nosec\n"},
    ],
)
def test_an_old_nosec_is_not_told(tmp_path: Path, head: dict[str, Text]) -> None:
    assert silenced(record(tmp_path, head, {"a.py": f"{SHELL}  # nosec\n"})) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle  # nosec",
        "assert x  # nosec",
        "x = 1  # nosec",
        f"{SHELL}  # nosec B101",
        f"{SHELL}  # noqa",
    ],
)
def test_a_nosec_over_nothing_serious_is_not_told(tmp_path: Path, line: str) -> None:
    assert silenced(record(tmp_path, {"a.py": line + "\n"}, {})) == []


def test_another_call_does_not_hide_behind_an_old_nosec(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "eval(input())  # nosec\n"}, {"a.py": "eval(x)  # nosec\n"})
    assert silenced(found) == [("B307", "a.py", 1)]


def test_a_nosec_of_a_file_that_the_change_leaves_alone_is_not_told(tmp_path: Path) -> None:
    files: dict[str, Text] = {"a.py": f"{SHELL}  # nosec\n"}
    assert silenced(record(tmp_path, {**files, "b.py": "x = 1\n"}, files)) == []


def test_where_settings_ignore_nosec_the_finding_counts(tmp_path: Path) -> None:
    (tmp_path / ".bandit").write_text("[bandit]\nignore-nosec = true\n")
    found = record(tmp_path, {"a.py": f"{SHELL}  # nosec\n"}, {})
    assert (silenced(found), [f.rule for f in found.security]) == ([], ["B602"])


def test_a_check_that_fails_counts_once_beside_a_nosec(tmp_path: Path) -> None:
    source = "import importlib  # nosec\nimportlib.import_module()\n"
    assert "1 checks failed" in record(tmp_path, {"a.py": source}, {}).source.note


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_what_counts_and_what_is_silenced_are_all_findings(lines: list[str], marks: list[bool]) -> None:
    stripped = [line.partition("#")[0].strip() for line in lines]
    marked = [line + "  # nosec" * mark for line, mark in zip(stripped, marks, strict=False)]
    scanner = Scanner(BanditSettings())
    with quiet():
        files = [Parsed.of("\n".join(text).encode(), "a.py") for text in (stripped, marked)]
    plain, silent = files
    if isinstance(plain, Parsed) and isinstance(silent, Parsed):
        counting, hidden = scanner.locate(silent, "a.py")
        found = Counter((one.finding.rule, one.finding.line) for one in (*counting, *hidden))
        assert found == Counter((f.rule, f.line) for f in scanner.scan(plain, "a.py"))
