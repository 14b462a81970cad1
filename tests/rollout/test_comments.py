"""What comments ask of rollouts: one command, in plain ASCII, on the first line, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.rollout.actions import Command, CommandKind
from sluicegate.rollout.comments import Misread, Request, asks_for, understand
from sluicegate.rollout.entries import Entry, EventKind
from support.examples import at_most
from support.rollouts import plan

PROMOTE = "/sluicegate rollout promote new-checkout --to 25%"
PLAN = plan()


def promotion(to: str = "", *, full: bool = False, reason: str = "", freeze: str = "") -> Request:
    command = Command(CommandKind.PROMOTE, reason=reason, to=to, full=full, override_freeze=freeze)
    return Request("new-checkout", command)


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (PROMOTE, promotion("25%")),
        (f"\n  {PROMOTE} because it is calm\n\nThanks!", promotion("25%", reason="it is calm")),
        ("/sluicegate rollout promote new-checkout --to 2 5 %", promotion("2 5 %")),
        ("/SLUICEGATE Rollout promote new-checkout --full", promotion(full=True)),
        (f"{PROMOTE} --override-freeze because x", promotion("25%", reason="x", freeze="x")),
        ("/sluicegate rollout status new-checkout", Request("new-checkout")),
        *(
            (f"/sluicegate rollout {kind} new-checkout because it hurts",
             Request("new-checkout", Command(kind, reason="it hurts")))
            for kind in CommandKind if kind is not CommandKind.PROMOTE
        ),
    ],
)  # fmt: skip
def test_a_command_is_understood(body: str, asked: Request) -> None:
    assert understand(body) == asked


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (f"> {PROMOTE}", "in a quote"),
        (f"    {PROMOTE}", "in a quote, in code"),
        (f"```\n{PROMOTE}\n```", "in a quote, in code"),
        (f"Please:\n{PROMOTE}", "behind other text"),
        (f"{PROMOTE}\n{PROMOTE}", "several commands"),
        (f"{PROMOTE}\n\n/sluicegate rollout rollback new-checkout", "several commands"),
        ("/sluicegate rollout", "no command with a name"),
        ("/sluicegate rollout promote", "no command with a name"),
        ("/sluicegate rollout explode new-checkout", "the commands are status, promote"),
        ("/sluicegate rollout s\u212aip-bake new-checkout", "not ASCII"),
        ("/sluicegate rollout promote new-check\u043eut --to 25%", "'new-check\u043eut' has characters"),
        ("/sluicegate rollout promote new-checkout 25%", "takes --to STAGE"),
        ("/sluicegate rollout promote new-checkout --to", "takes --to STAGE"),
        ("/sluicegate rollout promote new-checkout --to 5% --to 25%", "takes --to STAGE"),
        ("/sluicegate rollout promote new-checkout --force --to 5%", "takes --to STAGE"),
        ("/sluicegate rollout promote new-checkout --to 5% --full", "either"),
        ("/sluicegate rollout promote new-checkout", "either"),
        ("/sluicegate rollout promote new-checkout --full --override-freeze", "needs a reason"),
        ("/sluicegate rollout rollback new-checkout --now", "takes a name and nothing else"),
    ],
)
def test_what_is_no_command_says_why(body: str, why: str) -> None:
    found = understand(body)
    assert isinstance(found, Misread)
    assert why in found.why


@pytest.mark.parametrize(
    "body", ["", "LGTM", "/sluicegate override because x", "/\u0455luicegate rollout pause x"]
)
def test_what_does_not_speak_of_rollouts_gets_no_answer(body: str) -> None:
    assert understand(body) is None


@given(st.text(max_size=40), st.sampled_from(["", "> ", "`", "- ", "x ", "\t", "    "]), st.text(max_size=20))
@settings(max_examples=at_most(60))
def test_a_command_is_understood_only_where_the_first_line_begins_with_it(
    before: str, mark: str, after: str
) -> None:
    found = understand(f"{before}\n{mark}{PROMOTE}{after}")
    if isinstance(found, Request):
        assert not before.strip(" \t\r\n")
        assert mark == ""
        assert found.name == "new-checkout"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=at_most(60))
def test_any_text_is_answered_or_not_and_never_a_crash(text: str) -> None:
    found = understand(f"/sluicegate rollout {text}")
    assert found is None or isinstance(found, Misread | Request)


@given(
    st.sampled_from([k for k in CommandKind if k is not CommandKind.PROMOTE]),
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True).filter(lambda name: name != "because"),
    st.from_regex(r"[a-z]{1,9}( [a-z]{1,9}){0,3}", fullmatch=True),
)
@settings(max_examples=at_most(40))
def test_verb_name_and_reason_come_back_as_they_were_written(
    kind: CommandKind, name: str, reason: str
) -> None:
    found = understand(f"/sluicegate rollout {kind} {name} because {reason}")
    assert found == Request(name, Command(kind, reason=reason))


class TestEvents:
    def asks(self, request: Request, event: EventKind, stage: str = "25%", override: str = "") -> bool:
        return asks_for(request, Entry(5, "", 1, event, stage=stage, override=override), PLAN)

    def test_a_promotion_asks_for_its_own_stage_alone(self) -> None:
        assert self.asks(promotion("25%"), EventKind.PROMOTED)
        assert not self.asks(promotion("5%"), EventKind.PROMOTED)
        assert not self.asks(promotion("nope"), EventKind.PROMOTED, "nope")
        assert not self.asks(promotion("25%"), EventKind.RESUMED)

    def test_a_full_one_asks_for_everybody(self) -> None:
        assert self.asks(promotion(full=True), EventKind.PROMOTED, "100%")
        assert not self.asks(promotion(full=True), EventKind.PROMOTED)

    def test_a_freeze_is_overridden_only_where_that_is_asked(self) -> None:
        assert not self.asks(promotion("25%", reason="x"), EventKind.PROMOTED, override="x")
        assert self.asks(promotion("25%", reason="x", freeze="x"), EventKind.PROMOTED, override="x")

    def test_resume_and_skip_bake_ask_for_themselves(self) -> None:
        resume = Request("new-checkout", Command(CommandKind.RESUME))
        assert self.asks(resume, EventKind.RESUMED)
        assert not self.asks(resume, EventKind.SKIPPED_BAKE)
        assert not self.asks(Request("new-checkout"), EventKind.RESUMED)
