"""The tables of pages that come from `action.yml` and from the reusable workflow `gate.yml`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "action.md"

_BLOCK = re.compile(r"(<!-- begin (\w+ of \w+\.yml) -->\n).*?(<!-- end -->)", re.DOTALL)


def _default(item: dict[str, Any]) -> str:
    found = item.get("default", "")
    value = str(found).lower() if isinstance(found, bool) else str(found)
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
    """The page with its tables as the two files say them now."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    gate = yaml.safe_load((ROOT / ".github" / "workflows" / "gate.yml").read_text(encoding="utf-8"))
    tables = {
        "inputs of action.yml": inputs_table(action),
        "outputs of action.yml": outputs_table(action),
        "inputs of gate.yml": inputs_table(gate[True]["workflow_call"]),  # YAML 1.1 reads `on` as true
    }
    return _BLOCK.sub(lambda m: f"{m[1]}{tables[m[2]]}\n{m[3]}", text)
