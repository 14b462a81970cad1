"""The generated documents say what the code says now."""

from __future__ import annotations

import pytest

from sluicegate.policy.schema import policy_schema
from support.write_docs import _SECTIONS, PAGES, ROOT


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


def test_every_section_of_the_settings_is_described() -> None:
    sections = {n for n, d in policy_schema()["$defs"].items() if d.get("properties")}
    assert sections == set(_SECTIONS.values())
