"""What a stranger's plan or file, and a broken or hostile server, do not get from the providers of flags."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.errors import PolicyError
from sluicegate.documents.jsonpath import parse_path
from sluicegate.flags.configcat.model import Rule as ConfigCatRule
from sluicegate.flags.declared.model import Reading, filled, values_of
from sluicegate.flags.files.flag import Unclear, Variants
from sluicegate.flags.flagd.model import Flag as FlagdFlag
from sluicegate.flags.flagd.model import switched_off
from sluicegate.flags.flipt.model import Flag as FliptFlag
from sluicegate.flags.flipt.model import who
from sluicegate.flags.goff.model import Flag as GoffFlag
from sluicegate.flags.goff.model import switched_off as goff_off
from sluicegate.flags.growthbook.drafts import pages
from sluicegate.flags.growthbook.rules import read_rules
from sluicegate.flags.interface import OFF, Exposure, FlagError, FlagState, WaitingForApproval
from sluicegate.flags.launchdarkly.model import Settings
from sluicegate.flags.launchdarkly.reading import read_flag as read_launchdarkly
from sluicegate.flags.normal import fraction_of, in_steps, number
from sluicegate.flags.posthog.model import Flag as PostHogFlag
from sluicegate.flags.posthog.model import state_of as posthog_state
from sluicegate.net.client import Answer, ApiError, Clock
from sluicegate.net.connect import server
from sluicegate.net.rules import ServerRules
from sluicegate.net.transport import HttpTransport
from support import proxy
from support.configcat_rig import a_rig as configcat
from support.declared_plans import PLAN, TOKEN, declared
from support.fake_server import Fake, Request, Response, serving
from support.flag_cases import share
from support.flagsmith_rig import a_rig as flagsmith
from support.growthbook_rig import FLAG as FEATURE
from support.growthbook_rig import a_rig as growthbook
from support.make_provider import around, make_flag
from support.proxy import Fault, answered
from support.unleash import Server
from support.unleash_fake import FakeUnleash
from support.unleash_rig import UnleashRig

ON_OFF = Variants("on", "off")


class Echo(Fake):
    """A server that repeats what it is sent."""

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        said = request.headers["authorization"]
        return Response(200, {"flag": {"rollout": said, "automation": said, "salt": said, "enabled": True}})


def test_a_server_that_repeats_the_token_does_not_publish_it_by_us() -> None:
    with serving(Echo()) as url:
        text = PLAN.format(url=url, version="", body="")
        provider = make_flag("http", text, around(Path(), FLAGS_TOKEN=TOKEN))
        state = provider.read()
        assert state.exposure is None
        with pytest.raises(FlagError) as caught:
            provider.write(share(5), state)
    assert "Bearer ***" in state.reason
    assert TOKEN not in f"{state}{caught.value}{caught.value!r}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("header", '"X\\r\\nHost: elsewhere"'), ("header", "'Host: x'"), ("header", "Ü"),
        ("scheme", '"Bearer\\r\\nX-Admin: 1"'), ("scheme", "Bearer x"),
        ("read", "/flags/ü"), ("read", '"/flags/\\0"'), ("set", "{path: /flags/ü}"),
    ],
)  # fmt: skip
def test_a_plan_cannot_write_what_no_header_and_no_path_holds(key: str, value: str) -> None:
    with pytest.raises(PolicyError) as caught:
        declared(**{key: value})
    assert caught.value.remedy


@pytest.mark.parametrize("header", ["Bearer secret\r\nX-Admin: 1", "Bearer secret\u20ac"])
def test_a_header_that_cannot_be_sent_is_not_shown(header: str) -> None:
    transport = HttpTransport("http://127.0.0.1:9", {"Authorization": header})
    with pytest.raises(ApiError, match="nothing was sent") as caught:
        transport.send("GET", "/x", {}, None)
    assert "secret" not in f"{caught.value!r}{caught.value.__cause__!r}"


@pytest.mark.parametrize("path", ["/a/x%2F..%2Fadmin", "/a/%2e%2e/b", "/a/..%5Cb", "/a/.%2E"])
def test_an_encoded_name_that_leads_elsewhere_is_not_sent(path: str) -> None:
    with pytest.raises(ApiError, match=r"must not be '\.' or '\.\.'"):
        HttpTransport("http://127.0.0.1:9").send("POST", path, {}, None)


@pytest.mark.parametrize(
    ("found", "exposure"),
    [
        ({"on": [{"x": True}], "share": 5}, share(5)),
        ({"on": [{"x": False}, {"x": True}], "share": 5}, None),
        ({"on": [], "share": 5}, None),
        ({"on": [{"x": 0}], "share": 5}, None),
        ({"on": [{"x": True}], "share": True}, None),
        ({"on": [{"x": True}], "share": 10**400}, None),
        ({"on": [{"x": True}], "share": 100.0001}, None),
        ({"on": [{"x": True}], "share": -0.1}, None),
        ({"on": [{"x": True}], "share": "5"}, None),
    ],
)
def test_a_declared_share_is_one_number_and_a_switch_one_word(found: Any, exposure: Exposure | None) -> None:
    reading = Reading(parse_path("$.share"), enabled=parse_path("$.on[*].x"))
    assert reading.state_of(found, "").exposure == exposure


def test_no_automation_hides_behind_one_that_rests() -> None:
    reading = Reading(parse_path("$.share"), driver=parse_path("$.schedules[*].active"))
    found = {"share": 5, "schedules": [{"active": False}, {"active": "ramp\n::error::x"}]}
    assert reading.state_of(found, "").driver == "the server's own automation (ramp ::error::x)"


@pytest.mark.parametrize(
    ("version", "sent"),
    [("$share", "v$share"), ("$percent", "v$percent"), ("12", "v12"), ("007", "v007"), ("\u0663", "v\u0663")],
)
def test_a_version_of_the_server_fills_in_no_further_value(version: str, sent: str) -> None:
    seen = FlagState(OFF, True, "", None, "", version, "")
    values = values_of(share(5), seen)
    assert filled({"v": "v$version"}, values) == {"v": sent}
    assert str(values["version"]) == version


@pytest.mark.parametrize(
    ("value", "share_of_all"),
    [
        (True, None), (False, None), (float("nan"), None), (float("inf"), None), (10**400, None), (-1, None),
        (100.0001, None), ("5", None), (None, None), (100, Fraction(1)),
        (0.1 + 0.2, Fraction("0.30000000000000004") / 100),
    ],
)  # fmt: skip
def test_a_share_is_a_number_from_0_to_100(value: object, share_of_all: Fraction | None) -> None:
    assert fraction_of(value) == share_of_all


def test_a_number_is_no_switch_and_may_be_huge() -> None:
    assert number(10**400) == 10**400
    assert number(True) is None


def test_a_sum_of_floats_is_no_whole_step() -> None:
    with pytest.raises(FlagError, match="no multiple of 1 %"):
        in_steps(Fraction(str(0.1 + 0.2)), Fraction(1, 100), "x")


@pytest.mark.parametrize("rule", ["on", {"var": "x"}, 1, True])
def test_flagd_takes_one_value_for_a_list_of_one_and_so_it_is_not_off(rule: Any) -> None:
    flag = _flagd(targeting={"if": rule})
    assert flag.state("1").exposure is None


def _flagd(**more: Any) -> FlagdFlag:
    body = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", **more}
    return FlagdFlag("x", body, {}, ON_OFF)


@pytest.mark.parametrize("key", ["Targeting", "TARGETING", "\u017ftate", "DefaultVariant"])
def test_a_key_that_go_takes_for_another_hides_nothing_and_does_not_outlive_a_kill(key: str) -> None:
    flag = _flagd(**{key: "on"})
    state = flag.state("1")
    assert state.exposure is None
    assert "not written as flagd has it" in state.reason
    assert key not in switched_off(flag)


@pytest.mark.parametrize("key", ["\u017fcheduledRollout", "SCHEDULEDROLLOUT", "di\u017fable"])
def test_a_long_s_hides_no_schedule_of_go_feature_flag(key: str) -> None:
    body = {"variations": {"on": True, "off": False}, "defaultRule": {"variation": "off"}, key: [{}]}
    flag = GoffFlag("x", body, ON_OFF)
    assert isinstance(flag.exposure, Unclear)
    assert key not in goff_off(flag, "x")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (json.dumps({"flags": {}}).encode("utf-16"), "UTF-8"),
        (b'{"a": ' + b"[" * 150 + b"]" * 150 + b"}", "deeper than 100 levels"),
    ],
)
def test_a_file_that_a_kill_could_not_write_is_not_read(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "flags.json").write_bytes(data)
    text = "file: flags.json\nflag: x\nwhere: local\n"
    provider = make_flag("flagd-file", text, around(tmp_path))
    for act in (provider.read, provider.kill):
        with pytest.raises(FlagError, match=what):
            act()


BOOLEAN = {"type": "BOOLEAN_FLAG_TYPE", "key": "x"}


@pytest.mark.parametrize(
    "more",
    [
        {"enabled": "true"}, {"enabled": 1}, {"rollouts": {"0": {}}}, {"rollouts": "x"},
        {"rollouts": [{"threshold": {"percentage": 50, "value": "true"}}]},
        {"rollouts": [{"threshold": {"percentage": 10**400, "value": 1}}]},
        {"rollouts": [{"segment": {"segments": "beta", "value": True}}]},
        {"rollouts": [{"segment": {"segments": ["beta"], "value": 1}}]},
    ],
)  # fmt: skip
def test_flipt_shows_no_less_than_what_is_not_understood(more: dict[str, Any]) -> None:
    assert who(FliptFlag("x", {**BOOLEAN, **more}, "1"))[0] is None


@pytest.mark.parametrize("active", ["true", 1, None, []])
def test_posthog_is_not_off_by_a_switch_that_is_none(active: Any) -> None:
    page = {"id": 1, "key": "x", "active": active, "filters": {"groups": [{"properties": []}]}}
    assert posthog_state(PostHogFlag(page), "").exposure is None


@pytest.mark.parametrize("environments", ["production", {"0": "production"}, None, 1])
def test_growthbook_has_a_rule_everywhere_where_its_environments_are_no_list(environments: Any) -> None:
    (rule,) = read_rules([{"type": "force", "value": "true", "environments": environments}])
    assert rule.is_in("production")


def test_launchdarkly_has_no_rule_switched_off_by_a_word() -> None:
    rule = {"_id": "r", "clauses": [], "variation": 0, "disabled": "false"}
    for rules, count in (([rule], 1), ({"0": rule}, None), ("x", None)):
        page = {"key": "x", "environments": {"p": {"on": True, "rules": rules}}}
        flag = read_launchdarkly(page, "p", Settings(), {})
        assert (None if flag is None else len(flag.rules)) == count


def test_configcat_does_not_pass_over_a_rule_whose_value_is_not_understood() -> None:
    assert ConfigCatRule(({"x": 1},), (), None).share("true") is None


@pytest.mark.parametrize("link", ["javascript:alert(1)", "//elsewhere", "", "data:text/html,x"])
def test_a_link_to_an_approval_is_an_address_of_the_web(link: str) -> None:
    assert WaitingForApproval("x", link=link).link == ""
    assert WaitingForApproval("x", link="https://a/\n::b").link == "https://a/ ::b"


def test_what_a_server_says_is_one_line_that_a_journal_can_hold() -> None:
    said = "a\r\n::set-output name=x::y\x1b[2J\ud800"
    state = FlagState(Exposure(Fraction(0), (said,)), True, said, said, "", said, said)
    assert "\n" not in f"{state.reason}{state.driver}"
    assert "\x1b" not in f"{state.reason}{state.driver}"
    assert str(state).encode()
    assert json.dumps(state.exposure.segments if state.exposure else None, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "message", ["you may not archive the archived-carts", "ArchivedFeatureError", "the project is archived"]
)
def test_unleash_is_not_off_by_a_word_in_an_error(message: str) -> None:
    with serving(FakeUnleash()) as url, proxy.before(url) as before:
        rig = UnleashRig(Server(url), before)
        rig.provider().write(share(5), rig.provider().read())
        before.always = answered(403, json.dumps({"name": "NoAccessError", "message": message}))
        with pytest.raises(FlagError, match="perhaps not switched off"):
            rig.provider().kill()
        assert rig.share() == share(5).share


def test_configcat_removes_no_other_rule_where_one_was_put_before_it() -> None:
    with configcat() as rig:
        provider = rig.provider()
        provider.write(Exposure(Fraction(0), ("beta",)), provider.read())
        seen = provider.read()
        value = {"boolValue": False}
        keeps = {"conditions": [{"userCondition": {"x": 1}}], "percentageOptions": [], "value": value}

        def put() -> None:
            rig.fake.value["targetingRules"].insert(0, keeps)

        rig.proxy.faults = [Fault(first=put)]
        with pytest.raises(FlagError):
            provider.write(Exposure(Fraction(0), ("staff",)), seen)
        assert keeps in rig.fake.value["targetingRules"]


def test_a_draft_of_growthbook_that_is_scheduled_is_found_on_a_later_page() -> None:
    with growthbook() as rig:
        drafts = [dict(each) for each in _drafts(120)]
        drafts[-1]["scheduledPublishAt"] = "2030-01-01T00:00:00Z"

        def page(asked: Any) -> bool:
            query = str(asked.path).partition("?")[2]
            if not asked.path.startswith(f"/api/v2/features/{FEATURE}/revisions"):
                return False
            start = int(query.partition("offset=")[2] or 0)
            text = {"revisions": drafts[start : start + 100], "hasMore": start + 100 < len(drafts)}
            rig.proxy.always = answered(200, json.dumps(text))
            return True

        rig.proxy.for_which = page
        with pytest.raises(FlagError, match="publishes the draft 119 by itself"):
            rig.provider().write(share(5), rig.provider().read())


def _drafts(count: int) -> list[dict[str, Any]]:
    return [
        {"version": number, "baseVersion": 1, "rules": [], "status": "draft", "comment": ""}
        for number in range(count)
    ]


def test_a_segment_of_flagsmith_that_is_used_on_a_page_that_is_not_shown_is_not_changed() -> None:
    with flagsmith() as rig:
        provider = rig.provider()
        rig.proxy.for_which = lambda asked: "associated-features" in asked.path
        rig.proxy.always = answered(200, '{"results": [], "next": "https://elsewhere.example.com/2"}')
        with pytest.raises(FlagError, match="no whole list"):
            provider.write(share(5), provider.read())
        assert rig.share() == 0


@dataclass(slots=True)
class Slow:
    """A server that answers each read after 40 s, with one entry and the word that there are more."""

    now: float = 0.0
    asked: int = 0

    def send(self, verb: str, path: str, parameters: Any, body: Any) -> Answer:
        """See `Transport`."""
        self.now += 40
        self.asked += 1
        return Answer(200, {}, '{"savedGroups": [{}], "hasMore": true}')


def test_endless_pages_of_a_slow_server_end() -> None:
    made = server("https://x.example.com", ServerRules(), where="url", environment={}).client()
    slow = Slow()
    made.transport, made.clock = slow, Clock(lambda: slow.now)
    with pytest.raises(ApiError, match="the server took 120 s for 4 requests"):
        pages(made, "/x", "savedGroups")
    assert slow.asked == 4


def test_an_answer_that_would_fill_the_memory_is_none() -> None:
    answer = Answer(200, {}, "[" + "{}," * 3_000_000 + "{}]")
    assert not ServerRules().succeeds(answer)
    assert ServerRules().succeeds(Answer(200, {}, "[" + "{}," * 3_000 + "{}]"))


def test_an_approval_of_configcat_is_not_that_of_segments_whose_names_join_to_the_same_words() -> None:
    with configcat() as rig:
        rig.fake.segments.append({"segmentId": "segment-both", "name": "beta, staff", "updatedAt": "2026"})
        rig.demand_approval()
        provider = rig.provider()
        with pytest.raises(WaitingForApproval):
            provider.write(Exposure(Fraction(0), ("beta, staff",)), provider.read())
        rig.approve()
        with pytest.raises(WaitingForApproval):
            provider.write(Exposure(Fraction(0), ("beta", "staff")), provider.read())
        assert provider.read().exposure == OFF
