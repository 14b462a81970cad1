"""Every message about a policy stands in messages.txt, where a reviewer can read them.

`PYTHONPATH=src:tests python tests/policy/test_messages.py` writes the file anew from what the
loader says; read the difference before you commit it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sluicegate.policy.catalogue import gate_names
from support.policies import messages

GOLDEN = Path(__file__).with_name("messages.txt")
OTHERS = {
    "shared.yml": "gates:\n  lint: {scope: new}\n",
    "circle.yml": "extends: ./circle.yml\n",
    "broken.yml": "gates: [\n",
}
ARROW = "--> "


def cases() -> dict[str, tuple[str, list[str]]]:
    result = {}
    golden = GOLDEN.read_text(encoding="utf-8").replace("{gates}", ", ".join(gate_names()))
    for block in golden.split("\n=== ")[1:]:
        title, _, body = block.partition("\n")
        lines = body.rstrip("\n").split("\n")
        yaml = "\n".join(line for line in lines if not line.startswith(ARROW)).rstrip("\n") + "\n"
        result[title] = (yaml, [line.removeprefix(ARROW) for line in lines if line.startswith(ARROW)])
    return result


CASES = cases()


@pytest.mark.parametrize("title", CASES)
def test_message(title: str) -> None:
    text, expected = CASES[title]
    assert messages(text, OTHERS) == expected


@pytest.mark.parametrize("title", CASES)
def test_a_message_is_one_line_with_place_and_remedy(title: str) -> None:
    for message in CASES[title][1]:
        assert re.match(r"(sluicegate|shared|broken|circle)\.yml(:\d+:\d+)?: [^\n]+\. [A-Z'][^\n]+$", message)


def test_a_text_may_not_be_endless() -> None:
    waiver = 'waivers: [{gate: lint, rule: E1, reason: "%s", owner: "@a", expires: 2027-01-31}]'
    assert messages(waiver % ("x" * 2000)) == []
    assert messages(waiver % ("x" * 2001)) == [
        "sluicegate.yml:1:42: 'reason' has more than 2,000 characters. Shorten it."
    ]


def test_there_may_not_be_components_without_end() -> None:
    parts = "".join(f"  c{n}: {{paths: [src/{n}/**]}}\n" for n in range(513))
    assert messages(f"components:\n{parts}") == [
        "sluicegate.yml:2:3: 'components' has more than 512 entries. Take some out."
    ]
    assert messages(f"components:\n{parts.rpartition('  c512')[0]}") == []


def test_no_message_speaks_of_the_libraries() -> None:
    words = re.compile(
        r"pydantic|valid (dictionary|string|tuple)|Input should|Field required|https?://|_type"
    )
    assert not words.search(GOLDEN.read_text(encoding="utf-8"))


def update() -> None:
    """Write messages.txt anew from what the loader says."""
    blocks = [GOLDEN.read_text(encoding="utf-8").partition("\n=== ")[0].rstrip("\n")]
    for title, (text, _) in CASES.items():
        told = "\n".join(ARROW + message for message in messages(text, OTHERS))
        told = told.replace(", ".join(gate_names()), "{gates}")
        blocks.append(f"=== {title}\n{text}{told}")
    GOLDEN.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


if __name__ == "__main__":
    update()
