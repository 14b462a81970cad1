"""The catalogue says what the gates do: every gate yields the measures that it declares."""

from __future__ import annotations

import pytest

from sluicegate.core.model import Source
from sluicegate.criteria import parse
from sluicegate.engines.analyse import ENGINES
from sluicegate.evidence.analysed import ChangesRecord, DocsRecord, PublicName
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Evidence, Kind
from sluicegate.policy import catalogue, gatespec
from sluicegate.policy.settings import declared
from support.evidence import change, coverage, functions, lint, results, security, settings, verdict

S = Source("x", "x")
FULL = Evidence(
    change=change("a.py: 1-3"),
    coverage=(coverage("a.py: 1+ 2-(1/2)"),),
    tests=(results("+F"),),
    findings=(security("*high B1 a.py:1"), lint("low E1 a.py:1")),
    complexity=functions("a.py:1 f 3 new"),
    docs=DocsRecord(S, (PublicName("a.py", "f", "function", 1, False, True),)),
    benchmarks=(BenchmarksRecord(S, {"b": Benchmark("b", (0.1, 0.2))}),),
    changes=ChangesRecord(S, (), ()),
    jobs={"test": "success"},
)


@pytest.mark.parametrize("name", catalogue.gate_names())
def test_every_declared_measure_is_yielded_with_its_unit_and_direction(name: str) -> None:
    specs = catalogue.gate_spec(name).vocabulary.measures
    result = verdict(FULL, settings(name, f"{next(iter(specs))} >= 0{next(iter(specs.values())).unit}"))
    yielded = {m.name: (m.unit, m.better) for m in result.measures.values()}
    assert yielded == {s.name: (s.unit, s.better) for s in specs.values()}


@pytest.mark.parametrize("name", catalogue.gate_names())
def test_every_remedy_belongs_to_a_measure(name: str) -> None:
    spec = catalogue.gate_spec(name)
    assert spec.remedies.keys() <= spec.vocabulary.measures.keys()


@pytest.mark.parametrize("name", catalogue.gate_names())
def test_every_entry_says_why_and_gives_an_example_that_parses(name: str) -> None:
    spec = catalogue.gate_spec(name)
    example = catalogue.load_yaml(spec.example)["gates"][name]
    criteria = [
        *example.get("criteria", ()),
        *(c for s in example.get("suites", {}).values() for c in s["criteria"]),
    ]
    assert spec.why
    assert criteria
    for criterion in criteria:
        parse(criterion if isinstance(criterion, str) else criterion["expect"], spec.vocabulary)


def test_the_presets_cover_the_same_gates() -> None:
    named = [set(catalogue.load_yaml(catalogue.preset_text(p))["gates"]) for p in catalogue.preset_names()]
    assert all(each == named[0] <= set(catalogue.gate_names()) for each in named)


def test_what_an_entry_may_name_is_what_there_is() -> None:
    assert set(gatespec.READS) == set(Kind)
    assert set(gatespec.ENGINES) == ENGINES
    assert set(gatespec.KEYS) == set(declared("special"))
