"""Plans: what the user writes, what is filled in, and what is said where it is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sluicegate.core.errors import PolicyError
from sluicegate.flags.interface import EVERYONE, OFF, Exposure
from sluicegate.metrics.interface import Query
from sluicegate.policy.schema import policy_schema
from sluicegate.rollout.keys import section
from sluicegate.rollout.plan import (
    CODEC,
    Counted,
    Freeze,
    Limits,
    OnBreach,
    Plan,
    Promotion,
    StageKind,
)
from sluicegate.rollout.providers import settings_of
from support.policies import messages, policy
from support.rollouts import ARMS, FLAG, METRIC_LINES, PROVIDER, USUAL, complaints, plan

GOLDEN = Path(__file__).with_name("messages.txt")
ARROW = "--> "


def cases() -> dict[str, tuple[str, list[str]]]:
    result = {}
    for block in GOLDEN.read_text(encoding="utf-8").split("\n=== ")[1:]:
        title, _, body = block.partition("\n")
        lines = body.rstrip("\n").split("\n")
        text = "\n".join(line for line in lines if not line.startswith(ARROW)) + "\n"
        result[title] = (text, [line.removeprefix(ARROW) for line in lines if line.startswith(ARROW)])
    return result


CASES = cases()
MINIMAL = FLAG + PROVIDER + "metrics: {error_rate: {bad: bad, total: all}}\n"


class TestDefaults:
    def test_the_stages_are_those_of_the_field(self) -> None:
        found = plan()
        assert [s.name for s in found.stages] == ["dark", "internal", "5%", "25%", "50%", "100%", "GA"]
        assert [s.kind for s in found.stages[:3]] == [StageKind.DARK, StageKind.SEGMENT, StageKind.PERCENT]

    def test_exposure_only_grows_and_keeps_segments(self) -> None:
        five = Exposure(Fraction(1, 20), ("internal",))
        found = [stage.exposure for stage in plan().stages]
        assert found[:3] == [OFF, Exposure(Fraction(0), ("internal",)), five]
        assert found[-2:] == [EVERYONE, EVERYONE]

    def test_internal_has_no_minimum_and_asks_for_promotion(self) -> None:
        internal = plan().stages[1]
        assert (internal.min_samples, internal.promotion) == (0, Promotion.MANUAL)

    def test_percent_stages_need_a_thousand_samples(self) -> None:
        assert {s.min_samples for s in plan().stages if s.kind is StageKind.PERCENT} == {1000}
        assert {s.min_samples for s in plan("min-samples: 50\n" + USUAL).stages} == {0, 50}

    def test_criteria_are_those_whose_metrics_exist(self) -> None:
        assert [c.expect for c in plan(MINIMAL).stages[0].criteria] == ["error_rate <= 5%"]
        both = FLAG + PROVIDER + METRIC_LINES + ARMS + "stages: [5%]\n"
        found = [c.expect for c in plan(both).stages[0].criteria]
        assert found == ["error_rate <= 5%", "p95 <= 2s", "error_rate <= control + 0.5pp"]

    def test_a_bound_of_zero_needs_one_bad_event(self) -> None:
        found = plan(MINIMAL + "criteria: [error_rate <= 0%, error_rate < 3%]\n").stages[0].criteria
        assert [c.min_bad for c in found] == [1, 5]

    def test_the_keys_state_the_defaults_that_the_plan_has(self) -> None:
        found, keys = plan(MINIMAL), section("rollout").keys
        stated = {
            "bin": found.width, "lag": found.lag, "tick-every": found.tick, "environment": found.environment,
            "min-bad": found.stages[0].criteria[0].min_bad,
            "dispersion": found.stages[0].criteria[0].dispersion,
            "shadow": found.stages[0].criteria[0].shadow,
            "shared-bucketing": found.shared_bucketing,
            "on-breach": found.stages[0].criteria[0].on_breach.value,
        }  # fmt: skip
        assert {key: keys[key].default for key in stated} == stated
        assert (keys["alpha"].default, found.alpha) == ("5%", 0.05)
        limits = section("limits").keys
        assert (limits["errors"].default, limits["silence"].default) == (1800, 3600)
        assert limits["wait"].default == found.stages[0].wait
        assert found.limits == Limits()
        assert found.freeze == Freeze()

    def test_no_plan_has_a_field_that_no_key_sets(self) -> None:
        derived = {"name", "flags", "metrics", "arms", "stages", "width", "tick", "limits", "freeze"}
        keys = {key.replace("-", "_") for key in section("rollout").keys}
        assert {f.name for f in fields(Plan)} - derived <= keys


class TestWrittenOut:
    def test_every_key(self) -> None:
        found = plan(
            FLAG
            + PROVIDER
            + METRIC_LINES
            + """
arms: {label: v, exposed: 'on', control: 'off', counted: users, metric: latency}
stages:
  - dark
  - {stage: beta, segments: [staff, friends], bake: 2h, promotion: auto, min-samples: 10}
  - {stage: 2.5 %, bake: 1d, max-wait: 3d, on-breach: pause}
  - {stage: 100%, criteria: [{expect: p95 <= 2s, id: slow, shadow: true}, error_rate < 1%]}
criteria:
  - service_errors <= 5%
  - {expect: error_rate <= control * 1.2, min-bad: 9, dispersion: 3, on-breach: pause}
alpha: 1%
bin: 5min
lag: 2min
tick-every: 1h
limits: {errors: 10min, silence: 20min}
freeze: {time-zone: Europe/Berlin, windows: [fri after 15:00, {when: 2026-12-24, reason: holidays}]}
approvers: [maintain, '@alice', '@acme/release']
environment: live
"""
        )
        assert found.arms is not None
        assert (found.arms.counted, found.arms.metric, found.arms.tolerance) == (
            Counted.USERS,
            "latency",
            0.2,
        )
        dark, beta, canary, everybody = found.stages
        assert beta.exposure == Exposure(Fraction(0), ("staff", "friends"))
        assert (beta.bake, beta.promotion, beta.min_samples) == (7200, Promotion.AUTO, 10)
        assert (canary.name, canary.share, canary.wait) == ("2.5%", Fraction(1, 40), 3 * 86400)
        assert {c.on_breach for c in canary.criteria} == {OnBreach.PAUSE}
        assert [c.on_breach for c in dark.criteria] == [OnBreach.ROLLBACK, OnBreach.PAUSE]
        assert (dark.criteria[1].min_bad, dark.criteria[1].dispersion) == (9, 3.0)
        assert [(c.id, c.shadow) for c in everybody.criteria] == [("slow", True), ("error_rate < 1%", False)]
        assert (found.alpha, found.width, found.lag, found.tick) == (0.01, 300, 120, 3600)
        assert found.limits == Limits(600, 1200)
        assert [w.reason for w in found.freeze.windows] == ["", "holidays"]
        assert found.approvers == ("maintain", "@alice", "@acme/release")

    def test_queries_are_those_of_the_provider(self) -> None:
        found = plan()
        slow = found.metric("latency").query(Fraction(2))
        assert slow == Query(
            "latency", 'seconds{v="$arm"}', 'seconds{v="$arm"}', "exposed", False, Fraction(2)
        )

    def test_good_events_are_asked_for_in_the_place_of_bad_ones(self) -> None:
        metrics = "metrics: {success: {good: ok, total: all}}\ncriteria: [success >= 99%]\n"
        metric = plan(FLAG + PROVIDER + metrics).metric("success")
        assert (metric.query(None).bad, metric.counts_good) == ("ok", True)

    def test_the_journal_gives_back_the_same_plan(self) -> None:
        found = plan()
        again = CODEC.decode(found.data, "journal")
        assert (again, again.sha256) == (found, found.sha256)

    def test_settings_of_providers_survive_the_journal(self) -> None:
        flag = plan(FLAG.replace("flag: new", "timeout: 90s, flag: new") + MINIMAL.partition("\n")[2]).flags[
            0
        ]
        found = settings_of(flag.values, "sluicegate.flags", flag.name)
        assert found == {"path": "flags.json", "flag": "new-checkout", "timeout": 90.0}

    def test_settings_that_a_provider_no_longer_takes_are_an_error(self) -> None:
        with pytest.raises(PolicyError, match="unknown key 'colour'"):
            settings_of({"path": "a", "flag": "b", "colour": 1}, "sluicegate.flags", "file")


class TestPairs:
    def test_alpha_is_split_over_stages_and_criteria_that_judge(self) -> None:
        found = plan()
        pairs = [(stage.name, criterion.expect) for stage, criterion in found.judged()]
        # a guard of the service in 7 stages, one of the arm in 6, a comparison in 3
        assert len(pairs) == 7 + 6 + 3
        assert found.alpha_each == pytest.approx(0.05 / 16)

    def test_nothing_is_compared_where_there_is_no_control(self) -> None:
        found = plan()
        names = {stage.name for stage, c in found.judged() if "control" in c.expect}
        assert names == {"5%", "25%", "50%"}


class TestErrors:
    @pytest.mark.parametrize("title", CASES)
    def test_is_said_with_its_place_and_what_to_do(self, title: str) -> None:
        text, expected = CASES[title]
        assert complaints(text) == expected
        for message in expected:
            assert re.match(r"rollouts/new-checkout\.yml:\d+:\d+: [^\n]+\. [A-Z][^\n]+\.$", message)

    def test_the_name_of_a_file_is_checked(self) -> None:
        assert complaints(USUAL, "rollouts/New Checkout.yml")[0].startswith(
            "rollouts/New Checkout.yml: 'New Checkout' is no name for a rollout"
        )

    def test_a_file_that_is_no_yaml_is_an_error(self) -> None:
        assert complaints("a: [")[0].startswith("rollouts/new-checkout.yml:1:5:")

    def test_shared_bucketing_allows_several_flags(self) -> None:
        two = MINIMAL.replace("flags: [", "flags: [{file: {path: b.json, flag: b}}, ")
        assert len(plan(two + "shared-bucketing: true\n").flags) == 2


def indented(text: str) -> str:
    return "rollouts:\n  new-checkout:\n" + "".join(f"    {line}\n" for line in text.splitlines())


class TestInThePolicy:
    def test_a_policy_holds_plans(self) -> None:
        assert policy(indented(USUAL)).sections["rollouts"] == {"new-checkout": plan()}

    def test_a_policy_without_has_none(self) -> None:
        assert policy("extends: standard\n").sections["rollouts"] == {}

    def test_errors_have_their_place_in_the_policy(self) -> None:
        (found,) = messages(indented(MINIMAL + "criteria: [error_rate == 0%]\n"))
        assert found.startswith("sluicegate.yml:6:16: '==' cannot be decided while counts grow: no rate is")

    def test_a_file_that_extends_changes_single_keys(self) -> None:
        found = policy("extends: lower.yml\n" + indented("alpha: 1%\n" + FLAG), lower_yml=indented(USUAL))
        plans: dict[str, Plan] = found.sections["rollouts"]
        assert (plans["new-checkout"].alpha, len(plans["new-checkout"].metrics)) == (0.01, 3)

    @pytest.mark.parametrize("text", [USUAL, MINIMAL + "stages: [dark, {stage: 5%, bake: 1h}, GA]\n"])
    def test_the_schema_takes_what_the_reader_takes(self, text: str) -> None:
        import yaml

        document: Any = yaml.safe_load(indented(text))
        Draft202012Validator(json.loads(json.dumps(policy_schema()))).validate(document)

    @pytest.mark.parametrize(
        "line", ["bin: soon", "stages: []", "alpha: 99.9999%", "flags: []", "colour: red"]
    )
    def test_the_schema_refuses_what_the_reader_refuses(self, line: str) -> None:
        import yaml

        document: Any = yaml.safe_load(indented(MINIMAL))
        document["rollouts"]["new-checkout"].update(yaml.safe_load(line))
        assert not Draft202012Validator(json.loads(json.dumps(policy_schema()))).is_valid(document)
