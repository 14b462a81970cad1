"""Files of strangers: of the worst 200 kB each reader makes something in a moment, or says that it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from sluicegate.release.impact.compare import Comparison, FilePair, groups_of
from sluicegate.release.impact.model import Impact
from support.speed import soon

pytestmark = pytest.mark.slow

SIZE = 200_000
SECONDS = 4.0
"""Each of these files took ten or more, or ended in a traceback."""

_X = "\n".join(f"  - {{in: query, name: b{n}}}" for n in range(3000))
_REFERRING = "".join(f"  /p{n}: {{$ref: '#/x'}}\n" for n in range(3000))
_GETS = "".join(f"  /p{n}: {{get: {{}}}}\n" for n in range(3000))


_NO_TOML = "it has a key of too many parts, or a number of too many digits"


def full(unit: str) -> str:
    """As many of a text as fit."""
    return unit * (SIZE // len(unit))


def openapi(parts: str, paths: str) -> str:
    return f"openapi: 3.0.0\ninfo: {{}}\n{parts}\npaths:\n{paths}"


def security(letter: str) -> str:
    return "security:\n" + "".join(f"- {{{letter}{n}: []}}\n" for n in range(3000))


def enum(letter: str) -> str:
    values = ",".join(f'"{letter}{n}"' for n in range(25_000))
    return f'{{"$schema": "http://json-schema.org/draft", "enum": [{values}]}}'


FILES: dict[str, tuple[str, str]] = {
    "a heredoc without an end of line": ("db/migrate/20200101000000_a.rb", full("<<A")),
    "a heredoc of PHP without an end of line": ("migrations/a.php", "Schema::a " + full("<<<A")),
    "interpolations in SQL of Ruby": ("db/migrate/20200101000000_a.rb", f'execute "{full("#{")}"'),
    "classes of regular expressions": ("migrations/a.js", "knex " + full("=/[")),
    "blanks before a literal": ("migrations/a.js", "knex " + full(f"sql{' ' * 100}x''")),
    "calls on facades of Laravel": ("migrations/a.php", full("Schema::a(")),
    "a class without a body": ("migrations/a.cs", full(": Migration ")),
    "blanks in a call of Ecto": ("migrations/20200101000000_a.exs", "create" + full(" ")),
    "blanks in what is destructured": ("src/a.js", full(f"{{A={' ' * 1700}{'x' * 201}}}=process.env;")),
    "expressions of workflows": (".github/workflows/a.yml", full("${{")),
    "a word behind ENV": ("Dockerfile", "ENV " + full("a")),
    "an image that unfolds": ("Dockerfile", f"ARG a={'x' * 100_000}\nFROM {'$a' * 50_000}"),
    "a module of many parts": ("go.mod", full("a.")),
    "a module with a long path": ("go.mod", f"{'a.' * 50_000}/{'x' * 100_000}"),
    "blanks of a plugin": ("build.gradle", "id" + full(" ")),
    "a package of many versions": ("pnpm-lock.yaml", "packages:\n  " + full("a/1")),
    "a dotted key": ("pyproject.toml", full("a.") + "a=1"),
    "a dotted table": ("pyproject.toml", f"[{full('a.')}a]"),
    "a number of TOML": ("Cargo.toml", f"[dependencies]\na=0x{'f' * 5_000}"),
    "a number of a lock": ("uv.lock", f"[[package]]\nname='a'\nversion=0x{'f' * 5_000}"),
    "a number of Python": ("src/a.py", f"import os\nos.getenv('A', 0x{'f' * 5_000})"),
    "comments before a quotation mark": (
        "a.yml", f"groups:\n- rules:\n  - alert: a\n    expr: '{full(' #')}\"'",
    ),
    "a long text with many aliases": (
        "a.yml", f"apiVersion: 1\nx: &a {'x' * 100_000}\ngroups:\n- rules:\n  - title: a\n    data:\n"
        + "    - *a\n" * 10_000,
    ),
    "many merges": (
        "a.yml", "apiVersion: 1\n" + "".join(f"b{n}: &a{n} {{k{n}: 1}}\n" for n in range(5_000)) + "m:\n"
        + "".join(f"  <<: *a{n}\n" for n in range(5_000)),
    ),
    "line feeds behind a type": ("a.graphql", f"type A{full(chr(10))}@"),
    "line feeds before a type": ("a.graphql", f"{full(chr(10))}x"),
    "a long type": ("a.graphql", f"type A {{a: {full('b')}}}"),
    "blanks for a type": ("a.graphql", f"type A {{a:{full(' ')}}}"),
    "blanks for members": ("a.graphql", f"union A ={full(' ')}"),
    "blanks for values": ("a.graphql", f"enum A {{{full(' ')}}}"),
    "lists without an end": ("a.graphql", f"type A {{{full('a:B=[ ')}}}"),
    "nested arguments": ("a.graphql", f"type A {{{'a(' * 30_000}x:B{'):B' * 30_000}}}"),
    "blanks behind a field": ("a.proto", f"message A {{a b=1{full(' ')}}}"),
    "blanks behind a value": ("a.proto", f"enum A {{b=1{full(' ')}}}"),
    "parameters by reference": ("openapi.yaml", openapi(f"x:\n  get: {{}}\n  parameters:\n{_X}", _REFERRING)),
    "a long reference": (
        "openapi.yaml", openapi(f"z: {{$ref: '#/{'a/' * 50_000}'}}", _REFERRING.replace("#/x", "#/z")),
    ),
    "ends of batches": ("migrations/a.sql", full("GO ")),
    "actions of one statement": ("migrations/a.sql", "ALTER TABLE a " + full("DROP b,")),
}  # fmt: skip
CHANGES: dict[str, tuple[str, str, str]] = {
    **{name: (path, text, f"{text} ") for name, (path, text) in FILES.items()},
    "other values of an enum": ("a.json", enum("a"), enum("b")),
    "another security": ("openapi.yaml", openapi(security("a"), _GETS), openapi(security("b"), _GETS)),
    "other parameters by reference": (
        "openapi.yaml",
        openapi(f"x:\n  get: {{}}\n  parameters:\n{_X}", _REFERRING),
        openapi(f"x:\n  get: {{}}\n  parameters:\n{_X.replace('b', 'c')}", _REFERRING),
    ),
    "other dangers": (
        "migrations/a.sql",
        "".join(f"DROP TABLE a{n};" for n in range(12_000)),
        "".join(f"DROP TABLE b{n};" for n in range(12_000)),
    ),
    "removed and reserved numbers": (
        "a.proto",
        f"message A {{{''.join(f'a b{n}={n + 9};' for n in range(12_000))}}}",
        f"message A {{{''.join(f'reserved {n}, {n + 9} to {n + 10};' for n in range(8_000))}}}",
    ),
}


def impact_of(pairs: Iterator[FilePair]) -> Impact:
    comparison = Comparison(("docs/**",))
    for pair in pairs:
        comparison.add(pair)
    return comparison.impact("a..b", "", "b")


def in_a_moment(work: Callable[[], Impact]) -> Impact:
    with soon(SECONDS):
        return work()


@pytest.mark.parametrize("name", CHANGES)
def test_the_worst_files_take_a_moment(name: str) -> None:
    path, before, after = CHANGES[name]
    assert len(after) <= 600_000
    pair = FilePair(path, before.encode(), after.encode())
    assert groups_of(path)
    in_a_moment(lambda: impact_of(iter([pair])))


def test_many_files_with_one_key_take_a_moment() -> None:
    old, new = (f"import os\nos.getenv('A', {n})".encode() for n in (1, 2))
    found = in_a_moment(lambda: impact_of(FilePair(f"a{n}.py", old, new) for n in range(4_000)))
    assert [(s.name, s.before, s.after) for s in found.settings] == [("A", "1", "2")]


def test_many_names_in_a_long_runbook_take_a_moment() -> None:
    names = "\n".join(f"NAME_{n}=1" for n in range(4_990))
    pairs = [
        FilePair(".env", None, names.encode()),
        FilePair("application.properties", None, "\n".join(f"a.b{n}=1" for n in range(4_990)).encode()),
        FilePair("docs/a.md", None, ("NAME_7 a.b8 " + "NAM a " * 300_000).encode()),
    ]
    found = in_a_moment(lambda: impact_of(iter(pairs)))
    assert found.runbooks[0].names == ("NAME_7", "a.b8")


def test_many_literals_and_tables_take_a_moment() -> None:
    made = "".join(f"create_table :a{n}\n" for n in range(8_000)) + "execute ''\n" * 6_000
    pair = FilePair("db/migrate/20200101000000_a.rb", None, made.encode())
    assert not in_a_moment(lambda: impact_of(iter([pair]))).dangers


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("pyproject.toml", f"[{'a.' * 21}a]", _NO_TOML),
        ("Cargo.toml", f"a = 0o{'7' * 5_000}", _NO_TOML),
        (
            "a.yml",
            f"apiVersion: 1\na: &a {'x' * 100_000}\n" + "".join(f"b{n}: *a\n" for n in range(400)),
            "its texts have more than 33,554,432 characters",
        ),
        (
            "openapi.yaml",
            openapi(f"x:\n  get: {{}}\n  parameters:\n{_X.replace('query', 'path')}", _REFERRING),
            "it takes more than 1,000,000 steps to compare",
        ),
    ],
    ids=["key", "number", "texts", "steps"],
)  # fmt: skip
def test_what_would_take_too_long_is_named(path: str, text: str, reason: str) -> None:
    pair = FilePair(path, text.encode(), f"{text} ".encode())
    assert reason in {each.reason for each in impact_of(iter([pair])).unread}


def test_more_schemas_than_are_compared_is_a_reason_and_no_error() -> None:
    def described(title: str) -> bytes:
        properties = {f"a{n}": {"title": title} for n in range(50_001)}
        return json.dumps({"$schema": "http://json-schema.org/draft", "properties": properties}).encode()

    (api,) = impact_of(iter([FilePair("a.json", described("b"), described("c"))])).apis
    assert api.unjudged == "it has more than 50,000 schemas to compare"


def test_an_argument_of_an_argument_is_none() -> None:
    old, new = "type A { a(b: B = 1, c: C @d(e: 1)): D }", "type A { a(b: [B!]!, c: C): D }"
    pair = FilePair("a.graphql", old.encode(), new.encode())
    (api,) = impact_of(iter([pair])).apis
    assert [change.where for change in api.changes] == ["A.a(b)"]
