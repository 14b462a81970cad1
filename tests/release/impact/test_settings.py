"""Configuration keys of each kind of file, and how two commits differ."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.release.impact.data import UnreadableError
from sluicegate.release.impact.migration_python import UnparsedError
from sluicegate.release.impact.model import Kind
from sluicegate.release.impact.settings import collected, compared, reader_of
from sluicegate.release.impact.settings_key import Key

PYTHON = """\
import os, environ
from os import environ as e, getenv as get
from decouple import config
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

A = os.environ["A1"]
B = os.environ.get("B1", "x")
C = os.getenv("C1", default=3)
D = e["D1"]
E = get("E1")
F = config("F1", default=True, cast=bool)
env = environ.Env(G1=(bool, False))
H = env.bool("H1", default=True)
I = env("I1")
if "J1" in os.environ: pass
# os.environ["COMMENTED"]
text = 'os.environ["QUOTED"]'
other.get("NOT")
K = os.environ[name]

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="app_")
    debug: bool = False
    token: str = Field("secret", alias="L1")
    _private: int = 1

class Plain:
    debug: bool = False
"""
SCRIPT = """\
const a = process.env.A1 ?? 'x';
const b = process.env['B1'] || "y";
const { C1, D1 = 'z', E1: e } = process.env;
// process.env.COMMENTED
const s = "process.env.QUOTED";
const t = `${process.env.F1} process.env.NOT_CODE`;
const r = /process.env.PATTERN/;
const n = a / process.env.G1 / 2;
if (import.meta.env.DEV) console.log(import.meta.env.VITE_H1);
process.env.SET = 'x';
"""
CASES: dict[str, tuple[str, str]] = {
    "app.py": (PYTHON, "A1 B1=x C1=3 D1 E1 F1=True G1=False H1=True I1 J1 APP_DEBUG=False L1=secret"),
    "app.ts": (SCRIPT, "A1=x B1=y C1 D1=z E1 F1 G1 VITE_H1"),
    "app.rb": (
        "ENV['A1']\nENV.fetch('B1', 5)\nENV.fetch('C1') { 'x' }\n# ENV['NO']\nx = \"ENV['NO2']\"\n",
        "A1 B1=5 C1 C1=x",
    ),
    "app.go": (
        ('os.Getenv("A1")\n// os.Getenv("NO")\ntype C struct {\n  X int `env:"B1" envDefault:"3"`\n}\n'),
        "A1 B1=3",
    ),
    "App.java": ('System.getenv("A1"); // System.getenv("NO")\n@Value("${B1:x}") String b;\n', "A1 B1=x"),
    "app.rs": ('std::env::var("A1"); /* env::var("NO") */ env!("B1");\n', "A1 B1"),
    "config/app.php": ("'a' => env('A1', 'x'), // env('NO')\ngetenv('B1')", "A1=x B1"),
    "App.cs": ('Environment.GetEnvironmentVariable("A1");', "A1"),
    "config/runtime.exs": ('System.get_env("A1", "x")\nSystem.fetch_env!("B1")\n', "A1=x B1"),
    ".env.example": (
        "# A sentence: X=not a key\nA1=x # why\nexport B1='y z'\n#C1=off\nlower=1\n",
        "A1=x B1=y z C1=off",
    ),
    "Dockerfile": ('FROM x\nENV A1=x B1="y"\nENV C1 z z\nARG D1\nENV PATH=/x\n', "A1=x B1=y C1=z z D1"),
    "docker-compose.yml": (
        (
            "x: &e {A1: x}\nservices:\n  a:\n    environment: {<<: *e, B1: 1}\n  b:\n"
            "    environment:\n    - C1=${D1:-y}\n    image: a:${TAG}\n"
        ),
        "A1=x B1=1 C1 D1=y TAG",
    ),
    ".github/workflows/ci.yml": (
        ("env: {A: \"${{ secrets.S1 || vars['V1'] }}\"}\n# secrets.NO\ntoken: ${{ secrets.GITHUB_TOKEN }}\n"),
        "S1 V1",
    ),
    "deploy/app.yaml": (
        (
            "kind: Deployment\nspec:\n  containers:\n  - env:\n    - {name: A1, value: x}\n"
            "    - name: B1\n      valueFrom: {secretKeyRef: {name: s}}\n---\nkind: ConfigMap\n"
            "data: {C1: y}\n"
        ),
        "A1=x B1 C1=y",
    ),
    "charts/a/templates/d.yaml": ("kind: D\n{{- if .Values.x }}\n  - name: A1\n{{- end }}\n", "A1"),
    "charts/a/values.yaml": ("image: {tag: '1'}\nlist: [a, b]\n", "values.image.tag=1 values.list=a, b"),
    "src/main/resources/application.yml": (
        "server: {port: 8080}\nurl: ${DB_URL:x}\n",
        "server.port=8080 url=${DB_URL:x} DB_URL=x",
    ),
    "application-prod.properties": ("server.port=8080\n# a=b\nkey=${K1}\n", "server.port=8080 key=${K1} K1"),
}


@pytest.mark.parametrize("path", CASES)
def test_the_keys_of_a_file(path: str) -> None:
    text, wanted = CASES[path]
    reader = reader_of(path)
    assert reader is not None
    found = [f"{key.name}={key.default}" if key.default else key.name for key in reader(text.encode())]
    assert sorted(set(found)) == sorted(_split(wanted))


def _split(text: str) -> list[str]:
    """`A=x y B` as `A=x y` and `B`: a word that begins a key has a capital or a dot."""
    parts: list[str] = []
    for word in text.split(" "):
        is_key = word[:1].isupper() or "." in word.partition("=")[0] or word.startswith(("url=", "key="))
        if is_key or not parts:
            parts.append(word)
        else:
            parts[-1] += f" {word}"
    return parts


@pytest.mark.parametrize(
    "path",
    ["tests/app.py", "src/a.test.ts", "docs/a.py", "node_modules/a/b.js", "a.d.ts", "README.md", "a_test.go"],
)
def test_tests_and_docs_have_no_keys(path: str) -> None:
    assert reader_of(path) is None


def test_lines_are_those_of_the_file() -> None:
    reader = reader_of("app.py")
    assert reader is not None
    assert {key.name: key.line for key in reader(PYTHON.encode())}["APP_DEBUG"] == 24


def _keys(**files: list[tuple[str, str]]) -> dict[str, list[Key]]:
    return {
        path: [Key(name, "environment variable", 1, value) for name, value in keys]
        for path, keys in files.items()
    }


def test_added_removed_and_changed() -> None:
    before = collected(_keys(a=[("OLD", ""), ("SAME", "1"), ("PORT", "80"), ("API_TOKEN", "x")]))
    after = collected(_keys(a=[("NEW", "5"), ("SAME", "1"), ("PORT", "90"), ("API_TOKEN", "y")]))
    found = [(s.name, s.kind, s.before, s.after) for s in compared(before, after)]
    assert found == [
        ("API_TOKEN", Kind.CHANGED, "***", "***"),
        ("NEW", Kind.ADDED, "", "5"),
        ("OLD", Kind.REMOVED, "", ""),
        ("PORT", Kind.CHANGED, "80", "90"),
    ]


def test_a_key_that_another_file_reads_too_is_not_changed() -> None:
    before = collected(_keys(a=[("PORT", "80")]))
    assert list(compared(before, collected(_keys(a=[("PORT", "80")], b=[("PORT", "")])))) == []
    assert list(compared(before, collected(_keys(b=[("PORT", "80")])))) == []


def test_what_an_address_hides_is_not_shown() -> None:
    (made,) = compared({}, collected(_keys(a=[("DATABASE_URL", "postgres://me:pass@db/x")])))
    assert "pass" not in made.after


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.sampled_from(sorted(CASES)))
def test_any_bytes_give_keys_or_an_error(data: bytes, path: str) -> None:
    reader = reader_of(path)
    assert reader is not None
    with suppress(UnreadableError, UnparsedError):
        for key in reader(data):
            assert key.name
            assert key.line >= 0
