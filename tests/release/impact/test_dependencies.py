"""Dependencies of manifests and lock files, and which majors moved."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.release.impact.data import UnreadableError
from sluicegate.release.impact.dependencies import FORMATS, Versions, compared, format_of
from sluicegate.release.impact.model import Dependency, Step
from sluicegate.release.impact.versions import lowest_of, major_of, step_of

FILES: dict[str, tuple[str, str]] = {
    "requirements.txt": (
        ("Flask[async]==2.3.0 # x\n-r other.txt\n# a==1\nb @ https://x/y\nc_d >= 1.2 ; x\n-e .\n"),
        "flask 2.3.0, b , c-d 1.2",
    ),
    "pyproject.toml": (
        (
            '[project]\nrequires-python = ">=3.11"\ndependencies = ["click>=8,<9"]\n'
            '[project.optional-dependencies]\nx = ["rich~=13.1"]\n[dependency-groups]\n'
            'dev = ["pytest==8.0", {include-group = "x"}]\n[tool.poetry.dependencies]\n'
            'attrs = {version = "^23.1"}\n'
        ),
        "click 8, rich 13.1, pytest 8.0, attrs 23.1, python 3.11",
    ),
    "uv.lock": (
        (
            '[[package]]\nname = "click"\nversion = "8.1.7"\n[[package]]\nname = "me"\n'
            'version = "0"\nsource = { editable = "." }\n'
        ),
        "click 8.1.7",
    ),
    "Pipfile": ('[packages]\na = "*"\nb = "~=1.2"\n', "a , b 1.2"),
    "Pipfile.lock": ('{"default": {"a": {"version": "==1.2"}}, "develop": {}}', "a 1.2"),
    "package.json": (
        (
            '{"dependencies": {"a": "^1.2.3", "w": "workspace:*"}, "devDependencies": {"b": "2"},'
            ' "engines": {"node": ">=20"}}'
        ),
        "a 1.2.3, b 2, node 20",
    ),
    "package-lock.json": (
        (
            '{"packages": {"": {"dependencies": {"a": "^1"}}, "node_modules/a": {"version": "1.2.'
            '3"}, "node_modules/a/node_modules/@s/b": {"version": "2.0.0"}, "node_modules/l": {"l'
            'ink": true}}}'
        ),
        "a 1.2.3 direct, a 1.2.3, @s/b 2.0.0",
    ),
    "npm-shrinkwrap.json": (
        ('{"dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0"}}}}}'),
        "a 1.0.0, b 2.0.0",
    ),
    "yarn.lock": (
        (
            '# yarn lockfile v1\n\n"@s/a@^1.0.0", "@s/a@^1.1.0":\n  version "1.2.3"\n\nb@^2:\n'
            '  version "2.0.0"\n  dependencies:\n    c "^3"\n\n"me@workspace:.":\n'
            '  version: 0.0.0\n\n"d@npm:^4":\n  version: 4.1.0\n'
        ),
        "@s/a 1.2.3, b 2.0.0, d 4.1.0",
    ),
    "pnpm-lock.yaml": (
        (
            "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n"
            "      a: {specifier: ^1}\npackages:\n  '@s/a@1.2.3':\n    resolution: {}\n"
            "  b@2.0.0(c@3.0.0):\n  /c/3.0.0:\nsnapshots:\n  z@1.0.0: {}\n"
        ),
        "@s/a 1.2.3, b 2.0.0, c 3.0.0",
    ),
    "go.mod": (
        (
            "module x\n\ngo 1.22\n\nrequire github.com/a/b/v2 v2.1.0\nrequire (\n"
            "\tgopkg.in/yaml.v3 v3.0.1\n\tgithub.com/c/d v1.0.0 // indirect\n)\n"
            "replace github.com/a/b/v2 => ../b\n"
        ),
        "github.com/a/b v2.1.0, gopkg.in/yaml v3.0.1, go 1.22",
    ),
    "Cargo.toml": (
        (
            '[dependencies]\na = "1.2"\nb = { version = "0.3", package = "c" }\n'
            'd = { path = "x" }\ne.workspace = true\n'
        ),
        "a 1.2, c 0.3",
    ),
    "Cargo.lock": (
        (
            '[[package]]\nname = "me"\nversion = "0.1.0"\n[[package]]\nname = "a_b"\n'
            'version = "1.2.3"\nsource = "registry"\n'
        ),
        "a_b 1.2.3",
    ),
    "pom.xml": (
        (
            "<project><properties><v>1.2</v></properties><parent><groupId>p</groupId><artifactId>"
            "q</artifactId><version>3</version></parent><dependencies><dependency><groupId>a</gro"
            "upId><artifactId>b</artifactId><version>${v}</version><exclusions><exclusion><artifa"
            "ctId>z</artifactId></exclusion></exclusions></dependency></dependencies></project>"
        ),
        "p:q 3, a:b 1.2",
    ),
    "build.gradle.kts": (
        'implementation("a.b:c:1.2.3")\nid("org.x") version "4.0"\n',
        "a.b:c 1.2.3, org.x 4.0",
    ),
    "gradle/libs.versions.toml": (
        ('[versions]\nk = "2.0"\n[libraries]\na = "g:a:1.0"\nb = { module = "g:b", version.ref = "k" }\n'),
        "g:a 1.0, g:b 2.0",
    ),
    "Gemfile.lock": (
        (
            "GEM\n  specs:\n    rails (7.1.2)\n      actionpack (= 7.1.2)\n"
            "    nokogiri (1.16.0-x86_64-linux)\n\nDEPENDENCIES\n  rails (~> 7.1)\n\n"
            "BUNDLED WITH\n   2.5\n"
        ),
        "rails 7.1.2, nokogiri 1.16.0, rails  direct",
    ),
    "composer.json": ('{"require": {"php": ">=8.2", "ext-x": "*", "a/b": "^1.2"}}', "php 8.2, a/b 1.2"),
    "composer.lock": ('{"packages": [{"name": "a/b", "version": "v1.2.3"}]}', "a/b v1.2.3"),
    "Dockerfile": (
        (
            "ARG V=3.12\nFROM --platform=x python:${V}-slim AS build\nFROM build\n"
            "FROM scratch\nFROM r.example:5000/x@sha256:0123456789abcdef\nFROM alpine\n"
        ),
        "python 3.12-slim, r.example:5000/x 0123456789ab, alpine latest",
    ),
    ".github/workflows/ci.yml": (
        (
            "jobs:\n  a:\n    steps:\n    - uses: actions/checkout@v4\n"
            "    - uses: 'a/b/c@main'\n    # uses: x/y@v1\n"
            "    - uses: a/d@0123456789012345678901234567890123456789 # v2.1.0\n"
            "    - uses: ./local\n"
        ),
        "actions/checkout v4, a/b/c main, a/d v2.1.0",
    ),
}


@pytest.mark.parametrize("path", FILES)
def test_the_packages_of_a_file(path: str) -> None:
    text, wanted = FILES[path]
    format_ = format_of(path)
    assert format_ is not None
    found = [f"{p.name} {p.version}{' direct' * p.direct}" for p in format_.read(text)]
    assert sorted(found) == sorted(wanted.split(", "))


def test_every_format_has_a_case() -> None:
    assert [f.path.pattern for f in FORMATS if not any(f.path.search(path) for path in FILES)] == []
    assert format_of("vendor/go.mod") is None


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        ("1.9", "2.0", Step.MAJOR_UP), ("v2.0.0", "v1.9.0", Step.MAJOR_DOWN), ("1.2", "1.9", Step.MINOR),
        ("0.4.1", "0.5.0", Step.MAJOR_UP), ("0.4.1", "0.4.2", Step.MINOR), ("0.9", "1.0", Step.MAJOR_UP),
        ("1!1.0", "2.0", Step.MAJOR_DOWN), ("2.0rc1", "2.0", Step.MINOR), ("9.0", "10.0", Step.MAJOR_UP),
        ("main", "v2", Step.UNKNOWN), ("0123456789ab", "fedcba987654", Step.UNKNOWN),
        ("v0.0.0-20240101000000-0123456789ab", "v0.7.1", Step.UNKNOWN),
        ("3.11-slim", "3.12-slim", Step.MINOR),
    ],
)  # fmt: skip
def test_how_far_a_version_moved(before: str, after: str, step: Step) -> None:
    assert step_of(before, after) is step


@pytest.mark.parametrize(
    ("constraint", "version"),
    [
        ("^1.2.3", "1.2.3"),
        (">=2,<3", "2"),
        ("~=1.4", "1.4"),
        ("<3", ""),
        ("*", ""),
        ("git+https://x/1.2", ""),
        ("1.x", "1"),
    ],
)
def test_where_a_constraint_begins(constraint: str, version: str) -> None:
    assert lowest_of(constraint) == version


def side(**files: str) -> Versions:
    made = Versions()
    for name, text in files.items():
        path = {"lock": "package-lock.json", "npm": "package.json", "docker": "Dockerfile",
                "gem": "Gemfile.lock",
                "yarn": "yarn.lock", "action": ".github/workflows/a.yml"}[name]  # fmt: skip
        format_ = format_of(path)
        assert format_ is not None
        made.add(format_, path, format_.read(text))
    return made


def short(before: Versions, after: Versions) -> list[str]:
    return [_line(d) for d in compared(before, after)]


def _line(d: Dependency) -> str:
    return f"{d.step} {d.name} {d.before}>{d.after}{'' if d.direct else ' indirect'}"


def lock(**versions: str) -> str:
    packages = ", ".join(f'"{name.replace("__", "/")}": {{"version": "{v}"}}' for name, v in versions.items())
    return f'{{"packages": {{"": {{"dependencies": {{"a": "*"}}}}, {packages}}}}}'


def test_a_lock_beside_its_manifest() -> None:
    before = side(lock=lock(node_modules__a="1.0.0", node_modules__b="1.0.0"))
    after = side(lock=lock(node_modules__a="2.0.0", node_modules__b="2.0.0"))
    assert short(before, after) == ["major up a 1.0.0>2.0.0", "major up b 1.0.0>2.0.0 indirect"]
    assert short(after, after) == []


def test_an_older_copy_that_another_package_needs_is_no_step_back() -> None:
    before = side(lock=lock(node_modules__a="5.0.0"))
    after = side(
        lock=lock(node_modules__a="5.0.0", node_modules__b__node_modules__a="4.0.0", node_modules__b="1.0.0")
    )
    assert short(before, after) == ["added b >1.0.0 indirect"]


def test_which_of_several_versions_a_manifest_asks_for() -> None:
    text = 'a@^1:\n  version "1.5.0"\na@^2:\n  version "2.5.0"\n'
    before = side(yarn=text, npm='{"dependencies": {"a": "^1.0.0"}}')
    after = side(yarn=text, npm='{"dependencies": {"a": "^2.0.0"}}')
    assert short(before, after) == ["major up a 1.5.0>2.5.0"]


def test_images_and_pins_show_every_change() -> None:
    assert short(side(docker="FROM a:1.1"), side(docker="FROM a:1.2")) == ["minor a 1.1>1.2"]
    pins = [side(action=f"- uses: a/b@{sha * 40}\n") for sha in "ab"]
    assert [line.split()[:3] for line in short(pins[0], pins[1])] == [["not", "comparable", "a/b"]]


@given(st.text(max_size=30))
def test_any_version_has_a_major_or_none(text: str) -> None:
    assert major_of(text) is None or step_of(text, text) is Step.MINOR


@given(st.text(max_size=200), st.sampled_from(sorted(FILES)))
def test_any_text_gives_packages_or_an_error(text: str, path: str) -> None:
    format_ = format_of(path)
    assert format_ is not None
    half = FILES[path][0][: len(FILES[path][0]) // 2]
    for whole in (text, half + text):
        with suppress(UnreadableError):
            assert all(package.line >= 0 for package in format_.read(whole))
