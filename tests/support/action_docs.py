"""The tables of `docs/action.md`, generated from `action.yml`; run as a program it rewrites them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "action.md"

_BLOCK = re.compile(r"(<!-- begin (\w+) of action\.yml -->\n).*?(<!-- end -->)", re.DOTALL)


def _default(item: dict[str, Any]) -> str:
    value = str(item.get("default", ""))
    return f"`{value}`" if value else ""


def inputs_table(action: dict[str, Any]) -> str:
    """A row an input: name, default, meaning."""
    rows = [
        f"| `{name}` | {_default(item)} | {item['description']} |" for name, item in action["inputs"].items()
    ]
    return "\n".join(["| input | default | meaning |", "| --- | --- | --- |", *rows])


def outputs_table(action: dict[str, Any]) -> str:
    """A row an output: name, meaning."""
    rows = [f"| `{name}` | {item['description']} |" for name, item in action["outputs"].items()]
    return "\n".join(["| output | meaning |", "| --- | --- |", *rows])


def with_tables(text: str) -> str:
    """The document with its tables as `action.yml` says them now."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    tables = {"inputs": inputs_table(action), "outputs": outputs_table(action)}
    return _BLOCK.sub(lambda m: f"{m[1]}{tables[m[2]]}\n{m[3]}", text)


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
