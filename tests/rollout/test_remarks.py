"""What is said about a plan that can be read."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sluicegate.flags.interface import Capabilities
from sluicegate.rollout.remarks import Remark, remarks
from support.rollouts import FLAG, PROVIDER, USUAL, plan

ABLE = Capabilities(
    step=Fraction(1, 100), lock="version", approvals=False, sticky="user", without_key="the default",
    kill_delay=15, kill="enabled", refuses=(), token="a token", flag="a flag", segments="names of segments",
)  # fmt: skip


def said(text: str, able: Capabilities = ABLE) -> list[str]:
    return [r.what for r in remarks(plan(text), (able,))]


def test_a_provider_whose_steps_are_finer_than_any_share_takes_every_share() -> None:
    assert said(USUAL, replace(ABLE, step=Fraction(1, 2**31 - 1))) == said(USUAL)


def test_a_usual_plan_has_what_users_without_a_key_get_and_no_more() -> None:
    assert said(USUAL) == ["users without a key: the default"]
    assert remarks(plan()) == ()


@pytest.mark.parametrize(
    ("able", "what"),
    [
        (replace(ABLE, sticky="caller"), "file decides for a process, not for a user"),
        (replace(ABLE, lock="none"), "file has no lock"),
        (replace(ABLE, kill="percent"), "file is killed by the lever that promotes it"),
        (replace(ABLE, kill_delay=300), "clients of file see a kill after 300 s"),
        (replace(ABLE, approvals=True), "file may ask for an approval of each write"),
    ],
)
def test_what_a_provider_cannot_do_is_a_warning(able: Capabilities, what: str) -> None:
    (found,) = [r for r in remarks(plan(), (able,)) if r.what.startswith(what)]
    assert not found.is_error
    assert found.remedy.endswith(".")


def test_a_share_between_the_steps_is_an_error() -> None:
    found = remarks(plan("stages: [2.5%, GA]\n" + USUAL), (ABLE,))
    assert (
        Remark(True, "file has steps of 1%, and the stage 2.5% is not one of them", "Write a multiple of 1%.")
        in found
    )
    fine = replace(ABLE, step=Fraction(1, 1000))
    assert not any(r.is_error for r in remarks(plan("stages: [2.5%, GA]\n" + USUAL), (fine,)))


def test_segments_at_a_provider_without_them_are_an_error() -> None:
    found = [r.what for r in remarks(plan(), (replace(ABLE, segments=""),)) if r.is_error]
    assert found == ["file knows no segments, and the plan has 'internal'"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("stages: [dark, 50%]\n" + USUAL, "the rollout ends at 50%, not with everybody"),
        ("stages: [{stage: 5%, bake: 60s}, GA]\n" + USUAL, "5% bakes for 60 s, and its first bin is"),
        ("min-samples: 100\n" + USUAL, "5% is promoted after 100 samples, which let many bad versions pass"),
        ("shadow: true\n" + USUAL, "nothing acts in dark: it is promoted by hand, and rolls nothing back"),
        (USUAL.replace(" + 0.5pp", ""), "'error_rate <= control' has no margin, and equal versions differ"),
        (
            USUAL.replace("of: exposed}\n  service", "of: exposed, approximate: true}\n  service"),
            "'error_rate <= control + 0.5pp' compares estimates, and the test needs counts",
        ),
        (
            FLAG + PROVIDER + "metrics: {error_rate: {bad: bad, total: all}}\n",
            "all guards of 5% are on the whole service, so they see 5% of a fault",
        ),
    ],
)  # fmt: skip
def test_what_is_risky_is_a_warning(text: str, what: str) -> None:
    assert any(found.startswith(what) for found in said(text)), said(text)


def test_a_dispersion_stands_for_a_margin() -> None:
    text = "dispersion: 4\n" + USUAL.replace(" + 0.5pp", "")
    assert not any("has no margin" in found for found in said(text))
