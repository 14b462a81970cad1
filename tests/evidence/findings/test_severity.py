import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import SEVERITY_ORDER, Severity
from sluicegate.evidence.findings.severity import from_bandit, from_level, from_ruff, from_score, owasp


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("10.0", Severity.CRITICAL),
        ("9.0", Severity.CRITICAL),
        ("8.9", Severity.HIGH),
        (7, Severity.HIGH),
        ("6.9", Severity.MEDIUM),
        ("4", Severity.MEDIUM),
        ("3.9", Severity.LOW),
        (0.1, Severity.LOW),
        ("0.0", None),
        ("10.1", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("high", None),
        (10**400, None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_maps_security_severities(score: object, expected: Severity | None) -> None:
    assert from_score(score) is expected


@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_higher_score_is_never_milder(one: float, other: float) -> None:
    low, high = from_score(min(one, other)), from_score(max(one, other))
    assert low is not None
    assert high is not None
    assert SEVERITY_ORDER[high] <= SEVERITY_ORDER[low]


def test_maps_levels() -> None:
    assert [from_level(level) for level in ("error", "warning", "note", "none", "fatal")] == [
        Severity.HIGH,
        Severity.MEDIUM,
        Severity.LOW,
        Severity.INFO,
        Severity.UNKNOWN,
    ]


def test_bandit_has_no_critical() -> None:
    assert [from_bandit(word) for word in ("HIGH", "MEDIUM", "LOW", "UNDEFINED", "CRITICAL")] == [
        Severity.HIGH,
        Severity.MEDIUM,
        Severity.LOW,
        Severity.UNKNOWN,
        Severity.UNKNOWN,
    ]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("invalid-syntax E902 E999 F632 F634 F701 F722 F821 F822", Severity.CRITICAL),
        ("F401 F811 F841 F601", Severity.HIGH),
        ("E501 E711 W291 W605", Severity.LOW),
        ("I001 S101 EM101 ERA001 FBT001 FURB101 PLE0101 unused-import", Severity.MEDIUM),
    ],
)
def test_maps_ruff_rules(codes: str, expected: Severity) -> None:
    assert {from_ruff(code) for code in codes.split()} == {expected}


@pytest.mark.parametrize(
    ("code", "printed", "expected"),
    [
        ("F821", "warning", Severity.MEDIUM),
        ("F401", "info", Severity.INFO),
        ("E501", "warning", Severity.LOW),
        ("F821", "error", Severity.CRITICAL),
        ("F821", "", Severity.CRITICAL),
        ("invalid-syntax", "info", Severity.CRITICAL),
    ],
)
def test_what_ruff_prints_only_lowers(code: str, printed: str, expected: Severity) -> None:
    assert from_ruff(code, printed) is expected


@pytest.mark.parametrize(
    ("cwe", "category"),
    [
        (22, "A01:2021"),
        (327, "A02:2021"),
        (78, "A03:2021"),
        (295, "A07:2021"),
        (502, "A08:2021"),
        (703, None),
    ],
)
def test_maps_weaknesses(cwe: int, category: str | None) -> None:
    assert owasp(cwe) == category
