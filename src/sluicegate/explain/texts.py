"""What a gate, a criterion, a measure or a status means, as text. Pure.

The catalogue lists what exists; the policy decides what applies here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from datetime import date

from sluicegate.core.errors import CriterionError, UsageError
from sluicegate.core.statuses import CriterionStatus, GateStatus, ReportStatus
from sluicegate.core.text import clean, cut, one_line
from sluicegate.core.units import DIMENSIONS, symbols_of
from sluicegate.criteria import Criterion, MeasureSpec, Relative, Vocabulary, did_you_mean, explain, parse
from sluicegate.explain.topics import TOPICS, WIDTH, criteria_items, item, ready_waiver, suite_lines
from sluicegate.policy.build import run_vocabulary
from sluicegate.policy.catalogue import gate_names, gate_spec
from sluicegate.policy.model import GateSettings, Policy, Suite

_STATUSES = frozenset((*CriterionStatus, *GateStatus, *ReportStatus))
_OF_THE_CHANGE = re.compile(r"(patch|new|changed|grown)(\.|$)|.*\.(added|changed)$")


def explain_subject(subject: str, policy: Policy, today: date) -> str:
    """The explanation of a gate, a suite, a criterion (its text or id), a measure, or a topic.

    Args:
        subject: `coverage`, `total >= 80%`, `patch.line`, `coverage.patch.line`, the id of a
            criterion of the policy, `tests.unit`, one of `TOPICS`, or a status.
        policy: what is in force here.
        today: for the waivers that are shown.

    Raises:
        UsageError: there is no such thing; the nearest is named.
    """
    text = " ".join(subject.split())
    lines: Iterable[str]
    if text in gate_names() or policy.gate(text) is not None:
        lines = _gate(text, policy, today)
    elif text in TOPICS:
        lines = TOPICS[text](policy, today)
    elif text in _STATUSES:
        lines = TOPICS["statuses"](policy, today)
    elif re.search(r"[<>=]", text):
        lines = _criterion_text(text, policy)
    else:
        lines = list(_named(text, policy))
        if not lines:
            raise _unknown(text, policy)
    return clean("\n".join(lines)).rstrip() + "\n"


# --- gates -------------------------------------------------------------------------------------


def _gate(name: str, policy: Policy, today: date) -> Iterator[str]:
    settings = policy.gate(name)
    if name in gate_names():
        yield from _catalogue_entry(name)
    elif settings is not None and settings.run is not None:
        yield f"{name}: a gate of your own, which runs '{one_line(settings.run.command)}'"
        yield ""
        yield from _measures(run_vocabulary(settings.run))
    yield from _in_force(name, settings, policy)
    if name not in gate_names():
        return
    spec = gate_spec(name)
    yield "What to do"
    for measure, remedy in spec.remedies.items():
        yield from item(measure, remedy)
    yield ""
    if spec.rule:
        yield "To accept a finding (see `sluicegate explain waivers`)"
        yield from (f"  {line}" for line in ready_waiver(name, policy, today))
        yield ""
    yield "Example"
    yield textwrap.indent(spec.example, "  ")


def _catalogue_entry(name: str) -> Iterator[str]:
    spec = gate_spec(name)
    yield f"{name}: {spec.title}"
    yield ""
    yield from textwrap.wrap(" ".join(spec.why.split()), WIDTH)
    yield ""
    yield "Evidence"
    yield from textwrap.wrap(spec.evidence, WIDTH, initial_indent="  ", subsequent_indent="  ")
    for pattern in spec.looks_for:
        yield from textwrap.wrap(pattern, WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield ""
    if spec.formats:
        yield "Written by"
        for each in spec.formats:
            yield from item(each.tool, f"{each.write}: {each.gives}")
        yield ""
    yield from _measures(spec.vocabulary)


def _measures(vocabulary: Vocabulary) -> Iterator[str]:
    yield "Measures"
    for spec in vocabulary.measures.values():
        yield from item(spec.name, _meaning(spec))
    for kind, specs in vocabulary.selectors.items():
        for spec in specs.values():
            yield from item(f'{kind}["GLOB"].{spec.name}', _meaning(spec))
    yield ""


def _meaning(spec: MeasureSpec) -> str:
    unit = f" ({spec.unit})" if spec.unit else ""
    text = f"{spec.help}{unit}" if spec.help else DIMENSIONS.get(spec.unit, spec.unit)
    return f"{text}; {spec.better} is better"


def _in_force(name: str, settings: GateSettings | None, policy: Policy) -> Iterator[str]:
    yield f"In force here ({'the preset ' if policy.ref.origin == 'preset' else ''}{policy.ref.ref})"
    if settings is None:
        where = policy.off.get(name, "")
        by = f", switched off in {one_line(where)}" if where else ""
        yield f"  The gate is off{by}. To switch it on: 'gates: {{{name}: {{}}}}'."
    else:
        state = "ERROR" if settings.required else "SKIPPED"
        yield f"  Without evidence the gate is {state}: it is {'required' if settings.required else 'auto'}."
        yield from criteria_items(settings.criteria)
        for suite in settings.suites:
            yield from suite_lines(suite)
    yield ""


# --- criteria and measures ---------------------------------------------------------------------


def vocabularies(policy: Policy) -> dict[str, Vocabulary]:
    """The measures of every gate there is: the built-in ones, and the policy's own."""
    result = {name: gate_spec(name).vocabulary for name in gate_names()}
    result.update({g.name: run_vocabulary(g.run) for g in policy.gates if g.run is not None})
    return result


def _criterion_text(text: str, policy: Policy) -> Iterator[str]:
    found: dict[str, Criterion] = {}
    errors: list[CriterionError] = []
    for gate, vocabulary in vocabularies(policy).items():
        try:
            found[gate] = parse(text, vocabulary)
        except CriterionError as error:
            errors.append(error)
    if not found:
        # The error to show: one that found the measure, or names a near one.
        best = min(errors, key=lambda e: (e.what.startswith("unknown measure"), "Perhaps" not in e.remedy))
        raise UsageError(best.what, where=f"'{cut(one_line(text), 80)}'", remedy=best.remedy)
    for gate, criterion in found.items():
        yield from _criterion(gate, criterion)


def _criterion(gate: str, criterion: Criterion) -> Iterator[str]:
    name = "" if criterion.id == criterion.expect else f" [{criterion.id}]"
    yield f"{gate}: {criterion.expect}{name}"
    yield from textwrap.wrap(explain(criterion), WIDTH, initial_indent="  ", subsequent_indent="  ")
    if criterion.parts:
        yield from item("one of several", _ONE_OF)
    for part in criterion.comparisons:
        yield from item("measure", f"{part.measure.name}: {_meaning(part.measure)}")
        yield from _unit(part.measure)
        for condition in _skipped(part):
            yield from item("SKIPPED", condition)
    yield from item("UNKNOWN", _UNKNOWN)
    remedies = gate_spec(gate).remedies if gate in gate_names() else {}
    texts = (remedies.get(part.measure.name, "") for part in criterion.comparisons)
    for text in dict.fromkeys(filter(None, texts)):
        yield from item("what to do", text)
    yield ""


_ONE_OF = (
    "PASS when one comparison holds; else FAIL when one does not, else UNKNOWN when one could not be "
    "measured, else SKIPPED"
)
_UNKNOWN = (
    "when the evidence is there and lacks the measure, or cannot be read; a required gate is "
    "then ERROR, any other WARN"
)


def _unit(spec: MeasureSpec) -> Iterator[str]:
    if spec.unit in DIMENSIONS and spec.unit:
        yield from item("unit", f"{DIMENSIONS[spec.unit]}, written in {', '.join(symbols_of(spec.unit))}")
    else:
        yield from item("unit", "a count, written without a unit")


def _skipped(criterion: Criterion) -> Iterator[str]:
    if _OF_THE_CHANGE.match(criterion.measure.name):
        ratio = criterion.measure.unit == "%" or "max_" in criterion.measure.name
        yield "when there is no change to judge" + (", or it touches nothing of the kind" if ratio else "")
    if isinstance(criterion.bound, Relative):
        yield f"while there is no {criterion.bound.reference} to compare with"
    if criterion.selector is not None:
        yield f"when nothing matches {criterion.selector}"


def _named(text: str, policy: Policy) -> Iterator[str]:
    """Criteria of the policy with that id, measures of that name, and suites of the tests."""
    for gate, criterion in _all_criteria(policy):
        if text in (criterion.id, f"{gate}.{criterion.id}"):
            yield from _criterion(gate, criterion)
    for gate, spec in _all_measures(policy):
        if text in (spec.name, f"{gate}.{spec.name}"):
            yield from _measure(gate, spec, policy)
    for suite in _all_suites(policy):
        if text in (suite.name, f"tests.{suite.name}"):
            yield f"tests.{suite.name}: a suite of the tests, judged on its own"
            yield from suite_lines(suite)
            yield ""


def _all_suites(policy: Policy) -> tuple[Suite, ...]:
    tests = policy.gate("tests")
    return tests.suites if tests else ()


def _measure(gate: str, spec: MeasureSpec, policy: Policy) -> Iterator[str]:
    yield f"{gate}: the measure {spec.name}"
    yield from item("what", _meaning(spec))
    yield from _unit(spec)
    used = [
        c
        for g, c in _all_criteria(policy)
        if g == gate and spec.name in (p.measure.name for p in c.comparisons)
    ]
    yield from criteria_items(used)
    if not used:
        yield "  No criterion of the policy here uses it."
    yield ""


def _all_criteria(policy: Policy) -> Iterator[tuple[str, Criterion]]:
    for gate in policy.gates:
        yield from ((gate.name, c) for c in gate.criteria)
        yield from ((gate.name, c) for suite in gate.suites for c in suite.criteria)


def _all_measures(policy: Policy) -> Iterator[tuple[str, MeasureSpec]]:
    for gate, vocabulary in vocabularies(policy).items():
        yield from ((gate, spec) for spec in vocabulary.measures.values())


def _unknown(text: str, policy: Policy) -> UsageError:
    gates = list(vocabularies(policy))
    suites = [f"tests.{suite.name}" for suite in _all_suites(policy)]
    names = [*gates, *(c.id for _, c in _all_criteria(policy)), *(s.name for _, s in _all_measures(policy))]
    hint = did_you_mean(text, dict.fromkeys([*names, *suites, *TOPICS]))
    return UsageError(
        f"'{cut(one_line(text), 80)}' is no gate, criterion or measure",
        remedy=f"{hint}Gates: {', '.join(gates)}; topics: {', '.join(TOPICS)}.",
    )
