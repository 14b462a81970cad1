"""What the commands of the user's own print: one JSON object of numbers, or an error that says why."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.errors import EngineError
from sluicegate.core.model import Absence, Better, Measure
from sluicegate.criteria import MeasureSpec
from sluicegate.engines.printed import read_measures
from sluicegate.policy.model import RunOutput, RunSettings
from support.speed import soon

SPECS = {
    "total": MeasureSpec("total", "B", Better.LOWER),
    "share": MeasureSpec("share", "%", Better.HIGHER),
}
UNITS = {"total": "KiB", "share": "%"}


RUN = RunSettings("", RunOutput.MEASURES, measures=SPECS, units=UNITS)


def printed(text: str | bytes) -> dict[str, Measure]:
    data = text if isinstance(text, bytes) else text.encode()
    return read_measures(data, RUN, "gates.size.run")


def values(measures: Mapping[str, Measure]) -> dict[str, Fraction]:
    return {m.name: m.value for m in measures.values() if m.value is not None}


@pytest.mark.parametrize(
    "text",
    [
        '{"total": 2}',
        '\n\n{"total": 2}\n\n',
        '\ufeff{"total": 2}',
        '{\n  "total":\n  2\n}\n',
        'building…\n{"total": 2}',
        'building…\n{"total": 2}\ndone in 3 s\n',
        '{"total": 1}\n{"total": 2}\n',
        '{"total": 1}\nlog\n{\n"total": 2}\nlog',
        'log {"total": 7}\n{"total": 2}',
        '{"total": 2}\n{not json}\n',
        '{"level": "info"}\r\n{"total": 2}\r\n',
        '{"total": 2.0}',
        '{"total": 2e0, "share": null}',
    ],
)
def test_the_last_object_counts(text: str) -> None:
    assert values(printed(text)) == {"total": 2048}


def test_decimals_are_exact() -> None:
    assert values(printed('{"share": 79.99999999999999999999}')) == {
        "share": Fraction(7999999999999999999999, 10**20)
    }


def test_what_was_not_printed_is_not_measured() -> None:
    measures = printed('{"share": null}')
    assert [(m.name, m.absence, m.reason) for m in measures.values()] == [
        ("total", Absence.NOT_MEASURED, "the command did not print it"),
        ("share", Absence.NOT_MEASURED, "the command printed null"),
    ]


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ("", "the command printed no JSON object; it printed nothing else", "Print one JSON object"),
        ("done\n", "the command printed no JSON object; its last line is 'done'", "Print"),
        ("[1]", "the command printed no JSON object; its last line is '[1]'", "Print"),
        ('x {"total": 1}', "the command printed no JSON object; its last line is 'x {", "Print"),
        (
            '{"totl": 1}',
            "the command printed 'totl', which the policy does not declare",
            "Perhaps you meant 'total'.",
        ),
        ('{"zzz": 1}', "the command printed 'zzz', which the policy", "Declared measures: total, share."),
        ('{"a\\u001b": 1}', "the command printed 'a\\x1b', which the policy", "Declared measures"),
        ('{"total": 1, "total": 2}', "the command printed 'total' twice", "Print"),
        ('{"total": NaN}', "the command printed NaN, which is not a finite number", "Print"),
        ('{"total": -Infinity}', "the command printed -Infinity, which is not a finite", "Print"),
        ('{"total": 1e999999999}', "the command printed 1e999999999, which is not a finite", "Print"),
        ('{"total": 1e99999999999999999999}', "the command printed 1e99999999999999999999, which", "Print"),
        ('{"total": 1e-400}', "the command printed 1e-400, which is not a finite", "Print"),
        ('{"total": ' + "9" * 5000 + "}", "the command printed 99999", "Print"),
        ('{"total": true}', "the command printed true for 'total'", "Print"),
        ('{"total": "2"}', "the command printed the text '2' for 'total'", "Print"),
        ('{"total": {}}', "the command printed an object for 'total'", "Print"),
        ('{"total": [1]}', "the command printed a list for 'total'", "Print"),
    ],
)
def test_invalid_output_is_an_error_that_names_the_cause(text: str, what: str, remedy: str) -> None:
    with pytest.raises(EngineError) as caught:
        printed(text)
    assert caught.value.what.startswith(what)
    assert caught.value.remedy.startswith(remedy)
    assert caught.value.where == "gates.size.run"


@given(st.binary())
def test_any_bytes_are_measures_or_an_error(data: bytes) -> None:
    _measures_or_error(data)


tokens = st.sampled_from(
    ['{"total":', "{", "}", "1", "1e5", "-", ",", '"share":', "\n", "[", "]", "NaN", "null", '"']
)


@given(st.lists(tokens, max_size=30).map("".join))
def test_any_mixture_of_tokens_is_measures_or_an_error(text: str) -> None:
    _measures_or_error(text.encode())


def _measures_or_error(data: bytes) -> None:
    error, measures = None, {}
    try:
        measures = printed(data)
    except EngineError as caught:
        error = caught
    assert error.remedy if error else list(measures) == list(SPECS)


@pytest.mark.parametrize(
    "text",
    ['{"total":\n' * 200_000, "{" * 2_000_000, "{\n" * 1_000_000, '{"total":[' * 300_000, "\n{" * 1_000_000],
    ids=range(5),
)
def test_hostile_output_is_refused_soon(text: str) -> None:
    with soon(3), pytest.raises(EngineError):
        printed(text)


@given(
    st.integers(0, 10**9),
    st.text(st.characters(exclude_characters="{", exclude_categories=["Cs"]), max_size=50),
)
def test_a_log_before_the_object_does_not_matter(number: int, log: str) -> None:
    assert values(printed(f'{log}\n{{"total": {number}}}\n')) == {"total": number * 1024}
