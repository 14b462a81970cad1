"""What is computed of a Flipt flag, held against a plain evaluation of every kind of user."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.flags.flipt.changes import off, payload_for
from sluicegate.flags.flipt.model import Flag, read_flag, read_segments, state_of, who
from sluicegate.flags.interface import OFF, Exposure, FlagRefused
from support.flipt_rig import segments, threshold

GROUPS = ("a", "b")
ROLLOUTS = st.lists(
    st.one_of(
        st.builds(threshold, st.sampled_from([0, 2.5, 5, 40, 100, 130]), value=st.booleans()),
        st.builds(
            lambda keys, value, all_of: segments(*keys, value=value, all_of=all_of),
            st.lists(st.sampled_from(GROUPS), max_size=2, unique=True),
            st.booleans(),
            st.booleans(),
        ),
    ),
    max_size=4,
)
USERS = [(bucket, groups) for bucket in range(100) for groups in (set(), {"a"}, {"b"}, {"a", "b"})]


def flag_of(rollouts: list[dict[str, Any]], *, enabled: bool) -> Flag:
    """A boolean flag with these rollouts."""
    return Flag("f", {"key": "f", "type": "BOOLEAN_FLAG_TYPE", "enabled": enabled, "rollouts": rollouts}, "1")


def sees(flag: Flag, bucket: int, groups: set[str]) -> bool:
    """The answer of the first rollout that matches a user, else the default (`Server.boolean` of Flipt)."""
    for found, _ in flag.rollouts:
        rollout: Any = found
        if "threshold" in rollout:
            matches, own = bucket < rollout["threshold"]["percentage"], rollout["threshold"]
        else:
            own = rollout["segment"]
            count = len(groups & set(own["segments"]))
            every = own["segmentOperator"] == "AND_SEGMENT_OPERATOR"
            matches = count == len(own["segments"]) if every else count > 0
        if matches:
            return bool(own["value"])
    return flag.enabled


def shown(flag: Flag) -> list[bool]:
    """Which of the users see the flag."""
    return [sees(flag, bucket, groups) for bucket, groups in USERS]


@given(ROLLOUTS, st.booleans())
def test_a_computed_exposure_is_what_is_evaluated(rollouts: list[dict[str, Any]], enabled: bool) -> None:
    flag = flag_of(rollouts, enabled=enabled)
    exposure, reason = who(flag)
    assert reason
    if exposure is None:
        return
    answers = dict(zip([(bucket, *sorted(groups)) for bucket, groups in USERS], shown(flag), strict=True))
    assert exposure.share == Fraction(sum(answers[bucket,] for bucket in range(100)), 100)
    for (bucket, *groups), answer in answers.items():
        assert answer == (answers[bucket,] or bool(set(groups) & set(exposure.segments)))


@given(ROLLOUTS, st.booleans())
def test_after_a_kill_nobody_sees_it(rollouts: list[dict[str, Any]], enabled: bool) -> None:
    killed = Flag("f", off(flag_of(rollouts, enabled=enabled)), "2")
    assert not any(shown(killed))
    if "AND_SEGMENT_OPERATOR" not in str(rollouts):
        assert who(killed)[0] == OFF


@given(ROLLOUTS, st.integers(0, 100), st.lists(st.sampled_from(GROUPS), max_size=2, unique=True))
def test_what_is_written_is_the_exposure_that_was_wanted(
    rollouts: list[dict[str, Any]], percent: int, keys: list[str]
) -> None:
    flag, target = flag_of(rollouts, enabled=False), Exposure(Fraction(percent, 100), tuple(keys))
    try:
        written = Flag("f", payload_for(flag, target, dict.fromkeys(GROUPS), "f"), "2")
    except FlagRefused:
        assert not all(r.value for _, r in flag.rollouts if r is not None)
        return
    assert who(written)[0] == target


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["resource", "payload", "key", "type", "revision", "rollouts", "threshold", "segment", "segments",
             "percentage", "value", "enabled", "resources", "constraints"]
        ),
        below,
        max_size=5,
    ),
    max_leaves=8,
)  # fmt: skip


@given(JSON, JSON)
def test_any_answer_is_a_flag_or_none(resources: Any, rollouts: Any) -> None:
    assert set(map(type, read_segments({"resources": resources}))) <= {str}
    assert read_flag({"resource": resources}, "f") is None
    own = {"key": "f", "type": "BOOLEAN_FLAG_TYPE", "rollouts": rollouts}
    flag = read_flag({"revision": "1", "resource": {"payload": own}}, "f")
    assert flag is not None
    assert state_of(flag).fingerprint
    assert off(flag)["enabled"] is False
