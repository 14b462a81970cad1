"""Configuration keys of a file: environment variables, secrets, settings, with defaults and lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sluicegate.core.text import cut, one_line, redact
from sluicegate.release.impact.model import Kind, Place, Setting
from sluicegate.release.impact.settings_code import code_keys
from sluicegate.release.impact.settings_files import (
    compose_keys,
    docker_keys,
    dotenv_keys,
    helm_keys,
    manifest_keys,
    properties_keys,
    workflow_keys,
    yaml_settings,
)
from sluicegate.release.impact.settings_key import Key
from sluicegate.release.impact.settings_python import python_keys

Reader = Callable[[bytes], Iterator[Key]]

_MAX_SHOWN = 60
_SECRET = re.compile(
    r"(?i)secret|token|passw|pwd|credential|private_?key|api_?key|access_?key|signing|salt|(?:^|_)key$|dsn"
)
_LANGUAGES: Mapping[str, str] = {
    "js": "script", "jsx": "script", "ts": "script", "tsx": "script", "mjs": "script", "cjs": "script",
    "mts": "script", "cts": "script", "vue": "script", "svelte": "script", "astro": "script", "rb": "ruby",
    "rake": "ruby", "ru": "ruby", "erb": "ruby", "go": "go", "java": "java", "kt": "java", "kts": "java",
    "scala": "java", "groovy": "java", "rs": "rust", "php": "php", "cs": "csharp", "ex": "elixir",
    "exs": "elixir",
}  # fmt: skip
_OUTSIDE = re.compile(
    r"(?:^|/)(?:tests?|__tests__|__mocks__|specs?|e2e|cypress|fixtures|testdata|node_modules|vendor|third_party|examples?"
    r"|docs?|dist|\.git|benchmarks?)/|(?:[._-](?:test|spec|stories|cy)\.[a-z]+$)|(?:^|/)(?:test_[^/]+|conftest)\.py$"
    r"|_test\.(?:go|py|rb|exs)$|_spec\.rb$|\.min\.js$|\.d\.ts$"
)


@dataclass(frozen=True, slots=True)
class _Form:
    """Files of a path, and what reads them."""

    path: re.Pattern[str]
    read: Reader


def _form(path: str, read: Reader) -> _Form:
    return _Form(re.compile(path, re.IGNORECASE), read)


_FORMS: Sequence[_Form] = (
    _form(
        r"(?:^|/)\.env(?:\.[\w.-]+)?$|\.env$|(?:^|/)[\w-]*env\.(?:example|sample|template|dist)$", dotenv_keys
    ),
    _form(r"^\.github/workflows/[^/]+\.ya?ml$|(?:^|/)action\.ya?ml$", workflow_keys),
    _form(r"(?:^|/)(?:docker-)?compose[\w.-]*\.ya?ml$", compose_keys),
    _form(r"(?:^|/)(?:Dockerfile[\w.-]*|Containerfile|[\w.-]+\.Dockerfile)$", docker_keys),
    _form(r"(?:^|/)(?:application|bootstrap)[\w-]*\.ya?ml$", yaml_settings),
    _form(r"(?:^|/)(?:application|bootstrap)[\w-]*\.properties$", properties_keys),
    _form(r"(?:^|/)values[\w.-]*\.ya?ml$", helm_keys),
    _form(
        r"(?:^|/)(?:k8s|kubernetes|manifests?|deploy(?:ments?)?|kustomize|base|overlays|charts?|helm|templates|infra)/"
        r"(?:.*/)?[^/]+\.ya?ml$",
        manifest_keys,
    ),
)


def reader_of(path: str) -> Reader | None:
    """What reads the keys of a file of this path; None for a file that has none, and for tests and docs."""
    for form in _FORMS:
        if form.path.search(path):
            return form.read
    if _OUTSIDE.search(path):
        return None
    ending = path.rpartition(".")[2].lower()
    if ending == "py":
        return python_keys
    language = _LANGUAGES.get(ending)
    return (lambda data: code_keys(data, language)) if language else None


Found = Mapping[tuple[str, str], Sequence[tuple[Place, str]]]
"""By type and name of a key: where it is, with its default there."""


def collected(files: Mapping[str, Sequence[Key]]) -> Found:
    """The keys of files, by path."""
    found: dict[tuple[str, str], list[tuple[Place, str]]] = {}
    for path, keys in sorted(files.items()):
        for key in keys:
            found.setdefault((key.type, key.name), []).append((Place(path, key.line), key.default))
    return found


def compared(before: Found, after: Found) -> Iterator[Setting]:
    """What was added, removed, or has another default, sorted by name."""
    for type_, name in sorted({*before, *after}, key=lambda key: (key[1], key[0])):
        old, new = before.get((type_, name), ()), after.get((type_, name), ())
        if not old or not new:
            kind = Kind.ADDED if new else Kind.REMOVED
            there = new or old
            first, last = _defaults(old), _defaults(new)
        else:
            first, last = _changed(old, new)
            kind, there = Kind.CHANGED, new
            if first == last:
                continue
        hides = _SECRET.search(name) is not None
        yield Setting(name, type_, kind, _shown(first, hides), _shown(last, hides), _places(there))


def _defaults(uses: Sequence[tuple[Place, str]]) -> tuple[str, ...]:
    return tuple(sorted({default for _, default in uses if default}))


def _changed(
    old: Sequence[tuple[Place, str]], new: Sequence[tuple[Place, str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The defaults of the files that have others than before; another file with the key changes nothing."""
    before, after = _by_path(old), _by_path(new)
    moved = [path for path in before if path in after and before[path] != after[path]]
    gone, come = ({d for path in moved for d in side[path]} for side in (before, after))
    return tuple(sorted(gone - come)), tuple(sorted(come - gone))


def _by_path(uses: Sequence[tuple[Place, str]]) -> Mapping[str, AbstractSet[str]]:
    found: dict[str, set[str]] = {}
    for place, default in uses:
        found.setdefault(place.path, set()).update({default} - {""})
    return found


def _shown(defaults: Sequence[str], hides: bool) -> str:
    if not defaults:
        return ""
    return "***" if hides else cut(one_line(redact(" | ".join(defaults))), _MAX_SHOWN)


_MAX_PLACES = 5


def _places(uses: Sequence[tuple[Place, str]]) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(place for place, _ in uses))[:_MAX_PLACES]
