"""Which findings of bandit were there before: an edit elsewhere keeps one known, and none hides another."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from itertools import permutations
from pathlib import Path
from textwrap import indent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.core.model import Finding, Severity
from sluicegate.engines.bandit_config import BanditSettings
from sluicegate.engines.bandit_package import extension_loader
from sluicegate.engines.bandit_scan import Scanner
from sluicegate.engines.finding_identity import LOOKS_AT, Identity
from sluicegate.engines.known_findings import Located, Versions, mark_known
from sluicegate.engines.syntax import Parsed, quiet
from support.examples import at_most
from support.sources import Text, analysis, as_bytes, workspace

IMPORTS = "import hashlib, pickle, requests, subprocess, tempfile, yaml\n"


def findings(root: Path, head: Mapping[str, Text], base: Mapping[str, Text]) -> list[Finding]:
    found = analysis(workspace(root, head, base), "bandit").bandit
    assert found is not None
    return list(found.security)


def news(root: Path, head: Mapping[str, Text], base: Mapping[str, Text]) -> list[tuple[str, str, int]]:
    """Rule, path and line of the new findings; imports are not asked for."""
    return [
        (f.rule, f.path, f.line) for f in findings(root, head, base) if f.new and not f.rule.startswith("B4")
    ]


def edited(root: Path, before: str, after: str) -> list[str]:
    """Rules of the new findings of one function whose code an edit changes."""
    versions = [f"{IMPORTS}def f(x, y, z):\n{indent(code, '    ')}\n" for code in (after, before)]
    return [rule for rule, _, _ in news(root, {"a.py": versions[0]}, {"a.py": versions[1]})]


# --- an edit around a finding, or of what its rule does not read ----------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("eval(x)", "y = eval(x)"),
        ("y = eval(x)", "y, z = eval(x), 1"),
        ("eval(x)", "if y:\n    print(y)\n    eval(x)"),
        ("if eval(x) and y:\n    pass", "if eval(x) or z:\n    pass"),
        ("subprocess.call(x, shell=True)", "subprocess.call(x, shell=True, timeout=5)"),
        ("subprocess.call(x, shell=True, text=True)", "subprocess.call(x, shell=True)"),
        ("subprocess.call(x, shell=True, cwd=y)", "subprocess.call(x, cwd=y, timeout=5, shell=True)"),
        ("requests.get(x)", "requests.get(x, allow_redirects=False)"),
        ("hashlib.md5(x)", "hashlib.md5(x, other=1)"),
        ("yaml.load(x)", "z = yaml.load(x)\nprint(z)"),
        ("CONFIG = {'password': 'secret', 'b': 1}", "CONFIG = {'a': 2, 'password': 'secret'}"),
        ("serve({'host': '0.0.0.0'})", "serve({'host': '0.0.0.0', 'port': 80})"),
        ("with open('/tmp/x') as y:\n    pass", "with open('/tmp/x') as y, lock:\n    pass"),
        ("try:\n    x()\nexcept Exception:\n    pass", "try:\n    y()\nexcept Exception:\n    pass"),
        ("login(password='secret')", "login(password='secret', retries=3)"),
    ],
)
def test_a_finding_stays_known(tmp_path: Path, before: str, after: str) -> None:
    assert edited(tmp_path, before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("eval(x)", "eval(input())", "B307"),
        ("eval(x)", "eval(y)", "B307"),
        ("eval(x)", "eval(x, y)", "B307"),
        ("eval(x)", "eval(*x)", "B307"),
        ("eval(x)", "exec(x)", "B102"),
        ("pickle.loads(x)", "pickle.load(x)", "B301"),
        ("subprocess.call(x, shell=True)", "subprocess.call(y, shell=True)", "B602"),
        ("subprocess.call(x, shell=True)", "subprocess.run(x, shell=True)", "B602"),
        ("subprocess.call(x, shell=True)", "subprocess.call(x, shell=1)", "B602"),
        ("subprocess.call(x, shell=True)", "subprocess.call(x, shell=True, cwd=y)", "B602"),
        ("subprocess.call(x, shell=True)", "subprocess.call(x, shell=True, **y)", "B602"),
        ("subprocess.call(x, shell=True, **y)", "subprocess.call(x, shell=True)", "B602"),
        ("subprocess.call(x, shell=True, **y)", "subprocess.call(x, shell=True, **z)", "B602"),
        ("subprocess.call(x, shell=True, umask=1)", "subprocess.call(x, shell=True, umask=2)", "B602"),
        ("subprocess.call(x, shell=True, umask=1)", "subprocess.call(x, shell=True, umask=y)", "B602"),
        ("requests.get(x)", "requests.get(x, timeout=None)", "B113"),
        ("yaml.load(x)", "yaml.load(x, Loader=yaml.Loader)", "B506"),
        ("hashlib.md5(x)", "hashlib.md5(x, usedforsecurity=True)", "B324"),
        ("requests.get(x, verify=False, timeout=1)", "requests.get(y, verify=False, timeout=1)", "B501"),
        ("login(password='secret')", "login(password='other')", "B106"),
        ("CONFIG = {'password': 'secret'}", "CONFIG = {'password': 'other'}", "B105"),
        ("x.execute('SELECT a FROM %s' % y)", "x.execute('SELECT a FROM %s' % z)", "B608"),
        ("if eval(x):\n    pass", "if eval(y):\n    pass", "B307"),
    ],
)
def test_an_edit_of_what_is_flagged_makes_a_finding_new(
    tmp_path: Path, before: str, after: str, rule: str
) -> None:
    assert rule in edited(tmp_path, before, after)


def test_a_finding_whose_severity_rises_is_new(tmp_path: Path) -> None:
    found = edited(tmp_path, "subprocess.call('ls', shell=True)", "subprocess.call(x, shell=True)")
    assert found == ["B602"]


@pytest.mark.parametrize(
    ("before", "after", "is_new"),
    [
        ("import pickle", "import os, pickle", False),
        ("import os, pickle", "import pickle as p", False),
        ("from subprocess import run", "from subprocess import Popen, run", False),
        ("from subprocess import run", "import subprocess", False),
        ("import pickle", "import dill", True),
        ("import pickle", "import cPickle", True),
        ("import pickle", "def f():\n    import pickle, os", True),
    ],
)
def test_an_import_is_the_same_one_where_its_module_is(
    tmp_path: Path, before: str, after: str, *, is_new: bool
) -> None:
    (found,) = findings(tmp_path, {"a.py": after + "\n"}, {"a.py": before + "\n"})
    assert found.new is is_new


# --- moved, and copied ------------------------------------------------------------------------------


def test_a_statement_that_moved_to_another_file_is_known(tmp_path: Path) -> None:
    base = {"a.py": "def f(x):\n    return eval(x)\n", "b.py": "y = 1\n"}
    head = {"a.py": "y = 1\n", "b.py": "def g(x):\n    if x:\n        return eval(x)\n"}
    assert news(tmp_path, head, base) == []


def test_a_statement_of_a_deleted_file_is_known_where_it_went(tmp_path: Path) -> None:
    assert news(tmp_path, {"b.py": "def g(x):\n    eval(x)\n"}, {"a.py": "def f(x):\n    eval(x)\n"}) == []


def test_a_call_in_another_statement_of_another_file_is_new(tmp_path: Path) -> None:
    found = news(tmp_path, {"b.py": "def f(x):\n    y = eval(x)\n"}, {"a.py": "def f(x):\n    eval(x)\n"})
    assert found == [("B307", "b.py", 2)]


def test_a_call_that_is_edited_and_moved_to_another_function_is_new(tmp_path: Path) -> None:
    base = {"a.py": "def f(x):\n    y = eval(x)\ndef g(x):\n    pass\n"}
    head = {"a.py": "def f(x):\n    pass\ndef g(x):\n    z = eval(x)\n"}
    assert news(tmp_path, head, base) == [("B307", "a.py", 4)]


def test_a_file_that_the_change_leaves_alone_lends_nothing(tmp_path: Path) -> None:
    base = {"a.py": "eval(x)\n"}
    assert news(tmp_path, {**base, "b.py": "eval(x)\n"}, base) == [("B307", "b.py", 1)]


def test_a_finding_of_one_file_hides_none_of_another(tmp_path: Path) -> None:
    head = {"a.py": "eval(input())\n", "b.py": "eval(y)\n"}
    found = news(tmp_path, head, {"a.py": "eval(y)\n", "b.py": "eval(x)\n"})
    assert found == [("B307", "a.py", 1)]


def test_the_same_file_comes_first(tmp_path: Path) -> None:
    found = news(tmp_path, {"a.py": "eval(x)\n", "b.py": "eval(x)\n"}, {"b.py": "\neval(x)\n"})
    assert found == [("B307", "a.py", 1)]


def test_a_copy_is_new_and_the_one_in_its_function_is_not(tmp_path: Path) -> None:
    base = {"a.py": "def f(x):\n    eval(x)\n"}
    head = {"a.py": "def g(x):\n    eval(x)\ndef f(x):\n    eval(x)\n"}
    assert news(tmp_path, head, base) == [("B307", "a.py", 2)]


def test_bandits_own_exclusions_lend_nothing(tmp_path: Path) -> None:
    (tmp_path / "bandit.yaml").write_text("exclude_dirs: [old]")
    assert news(tmp_path, {"a.py": "eval(x)\n"}, {"old/a.py": "eval(x)\n"}) == [("B307", "a.py", 1)]


def test_a_noqa_silences_nothing(tmp_path: Path) -> None:
    found = news(tmp_path, {"a.py": "eval(x)  # noqa\neval(y)  # noqa: S307\n"}, {})
    assert found == [("B307", "a.py", 1), ("B307", "a.py", 2)]


def test_many_findings_of_one_statement_take_no_quadratic_time(tmp_path: Path) -> None:
    entries = "".join(f"  '/tmp/{n}',\n" for n in range(2_000))
    head, base = f"x = [\n{entries}  1]\n", f"x = [\n{entries}  2]\n"
    found = findings(tmp_path, {"a.py": head}, {"a.py": base})
    assert {(f.rule, f.new) for f in found} == {("B108", True)}
    assert len(found) == 2_000


# --- the table of keywords --------------------------------------------------------------------------

READING = {"check_call_arg_value", "get_call_arg_value", "get"}


def keywords_of(module: ast.Module) -> Iterator[str]:
    """The names of keywords that a plugin reads: arguments of bandit's questions, and what it compares."""
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[ast.Constant(value=str(word)), *_]):
                if name in READING and ast.unparse(node.func) not in {"config.get", "context._context.get"}:
                    yield word
            case ast.Compare(left=left, comparators=[right]):
                shown = ast.unparse(node)
                if "keywords" in shown or ".arg " in shown or "'arg'" in shown:
                    for part in ast.walk(ast.Tuple([left, right])):
                        if isinstance(part, ast.Constant) and isinstance(part.value, str):
                            yield part.value


def test_the_table_has_every_keyword_that_bandits_checks_of_calls_read() -> None:
    seen = set()
    for rule, plugin in extension_loader.MANAGER.plugins_by_id.items():
        if "Call" not in plugin.plugin._checks or rule not in LOOKS_AT:
            continue
        source = inspect.getsource(inspect.getmodule(plugin.plugin) or plugin.plugin)
        read = {
            word
            for word in keywords_of(ast.parse(source))
            if word.isidentifier() and word not in {"arg", "True"}
        }
        others = [r for r in LOOKS_AT if r not in {rule, "SG101"}]
        shared = inspect.getmodule(plugin.plugin)
        same = [
            r for r in others if inspect.getmodule(extension_loader.MANAGER.plugins_by_id[r].plugin) is shared
        ]
        known = LOOKS_AT[rule].union(*(LOOKS_AT[r] for r in same))
        assert read <= known, rule
        seen |= read
    assert {"shell", "timeout", "verify", "Loader", "revision", "weights_only", "filter"} <= seen


def test_the_table_names_checks_of_calls_only() -> None:
    plugins = extension_loader.MANAGER.plugins_by_id
    assert all("Call" in plugins[rule].plugin._checks for rule in LOOKS_AT if rule != "SG101")


# --- properties -------------------------------------------------------------------------------------

CALLEES = st.sampled_from(["eval", "exec", "subprocess.call", "subprocess.run", "requests.get", "yaml.load"])
VALUES = st.sampled_from(["x", "y", "input()", "1", "True", "None", "'text'"])
KEYWORDS = st.dictionaries(
    st.sampled_from(["shell", "timeout", "Loader", "verify", "cwd", "text", "**"]), VALUES, max_size=3
)


def call_text(callee: str, values: list[str], named: dict[str, str]) -> str:
    keywords = [f"**{value}" if name == "**" else f"{name}={value}" for name, value in named.items()]
    return f"{callee}({', '.join([*values, *keywords])})"


CALLS = st.builds(call_text, CALLEES, st.lists(VALUES, min_size=1, max_size=2), KEYWORDS)
FORMS = st.sampled_from(
    ["{}", "z = {}", "if {}:\n    pass", "return {}, x", "print(lambda: {})", "with {} as z: pass"]
)
STATEMENTS = st.builds(str.format, FORMS, CALLS)
FUNCTIONS = st.lists(st.tuples(st.sampled_from("fg"), STATEMENTS), max_size=3)
SCANNER = Scanner(BanditSettings())


def module(functions: list[tuple[str, str]]) -> str:
    return IMPORTS + "".join(f"def {name}(x, y):\n{indent(code, '    ')}\n" for name, code in functions)


def located(source: str, path: str) -> list[Located]:
    with quiet():
        data = Parsed.of(source.encode(), path)
    assert isinstance(data, Parsed)
    return [one for one in SCANNER.locate(data, path)[0] if not one.finding.rule.startswith("B4")]


def call_at(source: str, finding: Finding) -> ast.Call:
    """The flagged call: there is one on a line."""
    on_line = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and n.lineno == finding.line]
    return next(n for n in on_line if ast.unparse(n.func) != "print" and ast.unparse(n.func) != "input")


def reaches(rule: str, call: ast.Call) -> tuple[object, ...]:
    """What an edit must not change, in the words of this test: all but constant keywords nobody reads."""
    looked_at = {"B602": {"shell"}, "B603": {"shell"}, "B604": {"shell"}, "B607": {"shell"}}
    looked_at |= {
        "B113": {"timeout"},
        "B501": {"verify"},
        "B506": {"Loader"},
        "B307": {"name"},
        "B102": set(),
    }
    kept = sorted(
        ast.unparse(k)
        for k in call.keywords
        if k.arg is None or k.arg in looked_at[rule] or not isinstance(k.value, ast.Constant)
    )
    return ast.unparse(call.func), [ast.unparse(a) for a in call.args], kept


def kept_values(one: ast.Call, two: ast.Call) -> bool:
    first, second = ({k.arg: ast.unparse(k.value) for k in c.keywords if k.arg} for c in (one, two))
    return all(first[name] == second[name] for name in first.keys() & second.keys())


@settings(deadline=None, max_examples=at_most(200), suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(["a.py", "b.py"]), FUNCTIONS),
    st.dictionaries(st.sampled_from(["a.py", "b.py"]), FUNCTIONS),
)
def test_each_known_finding_has_one_of_the_base_that_reached_the_same_call(
    head: dict[str, list[tuple[str, str]]], base: dict[str, list[tuple[str, str]]]
) -> None:
    sources = [{p: module(f) for p, f in side.items()} for side in (head, base)]
    found, before = ({p: located(s, p) for p, s in side.items()} for side in sources)
    files = {p: Versions(found.get(p, []), before.get(p, [])) for p in {*head, *base}}
    known = [f for rows in mark_known(files).values() for f in rows if f.new is False]
    had = [one.finding for rows in before.values() for one in rows]

    def may_be(new: Finding, old: Finding) -> bool:
        if (new.rule, new.severity) != (old.rule, old.severity):
            return False
        one, two = call_at(sources[0][new.path], new), call_at(sources[1][old.path], old)
        return reaches(new.rule, one) == reaches(new.rule, two) and kept_values(one, two)

    assert is_matched(known, had, may_be)


def is_matched(known: list[Finding], had: list[Finding], may_be: Callable[[Finding, Finding], bool]) -> bool:
    """Is there one of the base for each, none twice? Kuhn's algorithm."""
    taken: dict[int, int] = {}

    def assign(n: int, seen: set[int]) -> bool:
        for m, old in enumerate(had):
            if m not in seen and may_be(known[n], old):
                seen.add(m)
                if m not in taken or assign(taken[m], seen):
                    taken[m] = n
                    return True
        return False

    return all(assign(n, set()) for n in range(len(known)))


@given(FUNCTIONS, FUNCTIONS, FUNCTIONS)
@settings(deadline=None, max_examples=60)
def test_the_order_of_files_does_not_matter(
    one: list[tuple[str, str]], two: list[tuple[str, str]], three: list[tuple[str, str]]
) -> None:
    sides = [located(module(f), "a.py") for f in (one, two, three)]
    versions = {
        "a.py": Versions(sides[0], sides[1]),
        "b.py": Versions(sides[1], sides[2]),
        "c.py": Versions(sides[2], []),
    }
    answers = [mark_known({path: versions[path] for path in order}) for order in permutations(versions)]
    assert all(answer == answers[0] for answer in answers)


@given(st.dictionaries(st.sampled_from(["a.py", "b.py", "c.py"]), FUNCTIONS))
@settings(deadline=None, max_examples=60)
def test_what_is_only_moved_is_known(files: dict[str, list[tuple[str, str]]]) -> None:
    base = {path: Versions((), located(module(f), path)) for path, f in files.items()}
    moved = module([pair for functions in files.values() for pair in functions])
    found = mark_known({**base, "z.py": Versions(located(moved, "z.py"))})
    assert not any(f.new for f in found["z.py"])


def test_findings_without_a_node_are_known_by_their_lines() -> None:
    def one(text: bytes, line: int) -> Located:
        return Located(Finding("B613", Severity.HIGH, "m", "a.py", line, line), Identity(text))

    files = {"a.py": Versions([one(b"x", 5), one(b"y", 6)], [one(b"x", 1)])}
    assert [f.new for f in mark_known(files)["a.py"]] == [False, True]


def test_as_bytes_keeps_a_mark_of_direction(tmp_path: Path) -> None:
    text = 'x = "\u202e"\n'
    assert as_bytes(text).decode() == text
    found = findings(tmp_path, {"a.py": "\n" + text}, {"a.py": text})
    assert [(f.rule, f.new) for f in found] == [("B613", False)]
