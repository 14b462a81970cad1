"""What a user named must be there, and the error says what is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.core.errors import UsageError
from sluicegate.judge.choose import choose
from sluicegate.judge.question import Question

HERE = Path()


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (
            Question(HERE, preset="strickt"),
            "no preset 'strickt'. Perhaps you meant 'strict'. Presets: legacy, standard",
        ),
        (Question(HERE, preset="???"), "no preset '???'. Presets: legacy, standard"),
        (Question(HERE, policy="strict"), "no such policy file. For the preset write --preset strict."),
        (Question(HERE, policy="gone.yml"), "no such policy file. 'sluicegate init' writes one."),
        (Question(HERE, preset="strict", policy="a.yml"), "--preset and --policy exclude each other"),
        (
            Question(HERE, policy_from="elsewhere"),
            "'elsewhere' is no place for a policy. It is one of: auto, base, head.",
        ),
        (Question(HERE, policy_from="base"), "--policy-from base: needs a git repository"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(tmp_path: Path, question: Question, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(replace(question, directory=tmp_path))
    assert said in str(caught.value)


def test_a_preset_needs_no_repository(tmp_path: Path) -> None:
    assert choose(Question(tmp_path, preset="strict")).root == tmp_path
