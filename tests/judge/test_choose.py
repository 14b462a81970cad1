"""What a user named must be there, and the error says what is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.core.errors import UsageError
from sluicegate.github.event import EventContext
from sluicegate.judge.choose import Wish, choose

HERE = Path()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (
            Wish(HERE, preset="strickt"),
            "no preset 'strickt'. Perhaps you meant 'strict'. Presets: legacy, standard",
        ),
        (Wish(HERE, preset="???"), "no preset '???'. Presets: legacy, standard"),
        (Wish(HERE, policy="strict"), "no such policy file. For the preset write --preset strict."),
        (Wish(HERE, policy="gone.yml"), "no such policy file. 'sluicegate init' writes one."),
        (Wish(HERE, preset="strict", policy="a.yml"), "--preset and --policy exclude each other"),
        (
            Wish(HERE, policy_from="elsewhere"),
            "'elsewhere' is no place for a policy. It is one of: auto, base, head.",
        ),
        (Wish(HERE, policy_from="base"), "--policy-from base: needs a git repository"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(tmp_path: Path, wish: Wish, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(replace(wish, directory=tmp_path), EventContext())
    assert said in str(caught.value)


def test_a_preset_needs_no_repository(tmp_path: Path) -> None:
    assert choose(Wish(tmp_path, preset="strict"), EventContext()).root == tmp_path
