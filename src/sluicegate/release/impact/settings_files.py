"""Configuration keys of files that are no program: `.env`, Docker, Kubernetes, Spring, workflows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sluicegate.policy.document import Node
from sluicegate.release.impact.data import below, entries, items, read_data, text_of
from sluicegate.release.impact.lines import Lines
from sluicegate.release.impact.settings_key import ACTIONS_VARIABLE, SECRET, SETTING, Key, variable

_DOTENV = re.compile(
    r"^[ \t]*+(?P<off>\#[ \t]?)?(?:export[ \t]+)?"
    r"(?P<name>[A-Z_][A-Z0-9_]{0,127})[ \t]*+=[ \t]*+(?P<value>.*)$",
    re.MULTILINE,
)
_EXPRESSION = re.compile(r"\$\{\{(?P<text>(?:(?!\}\}|\$\{\{).){1,2000}+)\}\}", re.DOTALL)
_CONTEXT = re.compile(
    r"\b(?P<kind>secrets|vars)(?:\.(?P<name>[A-Za-z_]\w*)|\[\s*'(?P<quoted>[A-Za-z_]\w*)'\s*\])"
)
_INTERPOLATED = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::?[-?](?P<default>[^}\n]{0,200}))?\}")
_PLACEHOLDER = re.compile(r"\$\{(?P<name>[A-Z][A-Z0-9_]+)(?::(?P<default>[^}\n]{0,200}))?\}")
_DOCKER = re.compile(r"^[ \t]*+(?P<what>ENV|ARG)[ \t]++(?P<rest>[^\n]+)", re.MULTILINE | re.IGNORECASE)
_PAIR = re.compile(r"(?<!\w)(?P<name>[A-Za-z_]\w*+)=(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s]*)")
_PROPERTY = re.compile(
    r"^[ \t]*+(?P<name>[A-Za-z][\w.\[\]-]{0,200})[ \t]*+[=:][ \t]*+(?P<value>[^\n]*)$", re.MULTILINE
)


def _text(data: bytes) -> str:
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n")


def dotenv_keys(data: bytes) -> Iterator[Key]:
    """`NAME=value`; also in a comment, as examples show what is optional."""
    text = _text(data)
    lines = Lines(text)
    for match in _DOTENV.finditer(text):
        value = match["value"].strip()
        if match["off"] and " " in value.strip("\"'") and not value.startswith(("'", '"')):
            continue  # a sentence
        yield from _variable(
            match["name"], lines.at(match.start("name")), value.partition(" #")[0].strip("\"' ")
        )


def _variable(name: str, line: int, default: str) -> Iterator[Key]:
    made = variable(name, line, default[:500])
    if made is not None:
        yield made


def docker_keys(data: bytes) -> Iterator[Key]:
    """`ENV` and `ARG` of a Dockerfile."""
    lines = Lines(_text(data))
    text = re.sub(r"\\\n", "  ", _text(data))  # every place stays where it was
    for match in _DOCKER.finditer(text):
        line, rest = lines.at(match.start()), match["rest"]
        pairs = list(_PAIR.finditer(rest))
        if pairs:
            for pair in pairs:
                yield from _variable(pair["name"], line, _default(pair["value"].strip("\"'")))
        else:
            name, _, value = rest.strip().partition(" ")
            yield from _variable(name, line, value.strip())


def compose_keys(data: bytes) -> Iterator[Key]:
    """`environment` and build arguments of services, and what is interpolated."""
    text = _text(data)
    lines = Lines(text)
    for document in read_data(data, "compose.yaml"):
        for service in entries(below(document, "services")).values():
            yield from _environment(below(service, "environment"))
            yield from _environment(below(service, "build", "args"))
    for match in _INTERPOLATED.finditer(text):
        yield from _variable(match["name"], lines.at(match.start()), match["default"] or "")


def _environment(node: Node) -> Iterator[Key]:
    """A mapping of names, or a list of `NAME=value`."""
    for name, value in entries(node).items():
        yield from _variable(name, _key_line(node, name), _default(text_of(value)))
    for item in items(node):
        name, _, given = text_of(item).partition("=")
        yield from _variable(name, item.mark[0], _default(given))


def _default(text: str) -> str:
    """A value, without one that is interpolated: that is a key of its own."""
    return "" if "$" in text else text


def _key_line(node: Node, name: str) -> int:
    return node.keys.get(name, node.mark)[0]


def workflow_keys(data: bytes) -> Iterator[Key]:
    """Secrets and variables in the expressions of workflows and actions."""
    text = _text(data)
    lines = Lines(text)
    for found in _EXPRESSION.finditer(text):
        for match in _CONTEXT.finditer(found["text"]):
            name = match["name"] or match["quoted"]
            if name.upper() != "GITHUB_TOKEN":
                type_ = SECRET if match["kind"] == "secrets" else ACTIONS_VARIABLE
                yield Key(name, type_, lines.at(found.start()))


def manifest_keys(data: bytes) -> Iterator[Key]:
    """Environment variables of containers, and keys of ConfigMaps. A template is read line by line."""
    if b"{{" in data:
        yield from _template(data)
        return
    if b"kind:" not in data:
        return
    for document in read_data(data, "manifest.yaml"):
        if text_of(below(document, "kind")) == "ConfigMap":
            node = below(document, "data")
            for name, value in entries(node).items():
                yield from _variable(name, _key_line(node, name), text_of(value))
        yield from _containers(document)


def _containers(top: Node) -> Iterator[Key]:
    stack = [top]
    while stack:
        node = stack.pop()
        for key, value in entries(node).items():
            if key == "env" and isinstance(value.value, list):
                for item in value.value:
                    name = below(item, "name")
                    yield from _variable(text_of(name), name.mark[0], _default(text_of(below(item, "value"))))
            else:
                stack.append(value)
        stack += items(node)


_TEMPLATE_NAME = re.compile(
    r"^[ \t]*+-[ \t]*+name:[ \t]*+[\"']?(?P<name>[A-Z][A-Z0-9_]{1,127})[\"']?[ \t]*$", re.MULTILINE
)


def _template(data: bytes) -> Iterator[Key]:
    text = _text(data)
    lines = Lines(text)
    for match in _TEMPLATE_NAME.finditer(text):
        yield from _variable(match["name"], lines.at(match.start("name")), "")


def helm_keys(data: bytes) -> Iterator[Key]:
    """The values of a chart, by dotted name, and the environment variables in them."""
    for document in read_data(data, "values.yaml"):
        yield from _containers(document)
        yield from _flat(document, "values.")


def yaml_settings(data: bytes) -> Iterator[Key]:
    """Settings of Spring's YAML, by dotted name, and the variables that they name."""
    text = _text(data)
    for document in read_data(data, "application.yml"):
        yield from _flat(document, "")
    yield from _placeholders(text)


def _placeholders(text: str) -> Iterator[Key]:
    lines = Lines(text)
    for match in _PLACEHOLDER.finditer(text):
        yield from _variable(match["name"], lines.at(match.start()), match["default"] or "")


def _flat(top: Node, prefix: str) -> Iterator[Key]:
    """The scalars of a tree, each under its path; a list is one value."""
    stack = [(prefix, top)]
    while stack:
        path, node = stack.pop()
        for key, value in reversed(list(entries(node).items())):
            name = f"{path}{key}"[:200]
            if isinstance(value.value, dict) and value.value:
                stack.append((f"{name}.", value))
            else:
                yield Key(name, SETTING, _key_line(node, key), _scalar(value)[:500])


def _scalar(node: Node) -> str:
    if isinstance(node.value, list):
        return ", ".join(text_of(item) or "…" for item in node.value[:20])
    return text_of(node)


def properties_keys(data: bytes) -> Iterator[Key]:
    """`server.port=8080`, and the variables that values name."""
    text = _text(data)
    lines = Lines(text)
    for match in _PROPERTY.finditer(text):
        yield Key(match["name"], SETTING, lines.at(match.start()), match["value"].strip()[:500])
    yield from _placeholders(text)
