"""What a gate, a criterion, a measure or a status means, as text. Pure.

The catalogue lists what exists; the policy decides what applies here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain
from operator import itemgetter

from sluicegate.core.errors import CriterionError, UsageError
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise, ReportStatus
from sluicegate.core.text import clean, cut, one_line
from sluicegate.core.units import DIMENSIONS, symbols_of
from sluicegate.criteria import Criterion, MeasureSpec, Relative, Vocabulary, did_you_mean, explain, parse
from sluicegate.explain import topics
from sluicegate.explain.copied import as_written, begun_by, is_same
from sluicegate.explain.topics import TOPICS, WIDTH, item, part, wrapped
from sluicegate.policy.build import run_vocabulary
from sluicegate.policy.catalogue import find_spec, gate_names, gate_spec
from sluicegate.policy.gatespec import GateSpec
from sluicegate.policy.model import GateSettings, Policy, Suite

_STATUSES = frozenset((*CriterionStatus, *GateStatus, *ReportStatus))
_OF_THE_CHANGE = re.compile(r"(patch|new|changed|grown)(\.|$)|.*\.(added|changed)$")


def explain_subject(subject: str, policy: Policy, today: date) -> str:
    """The explanation of a gate, a suite, a criterion (its text or id), a measure, or a topic.

    `subject` is as `coverage`, `total >= 80%`, `patch.line`, `coverage.patch.line`, the id of a criterion of
    the policy, `tests.unit`, one of `TOPICS`, or a status; a criterion may be copied from a report.
    `policy` is in force here.

    Raises:
        UsageError: there is no such thing; the nearest is named.
    """
    text = " ".join(subject.split())
    lines: Iterable[str]
    if text in gate_names() or policy.gate(text) is not None:
        lines = _gate(text, policy, today)
    elif text in TOPICS or text in _STATUSES:
        lines = TOPICS["statuses" if text in _STATUSES else text](policy, today)
    elif re.search(r"[<>=]", text):
        lines = _criterion_text(text, policy)
    else:
        lines = _named(text, policy)
    return clean("\n".join(lines)).rstrip() + "\n"


def _gate(name: str, policy: Policy, today: date) -> Iterator[str]:
    settings, spec = policy.gate(name), find_spec(name)
    if spec is not None:
        yield from _catalogue_entry(spec)
    elif settings is not None and settings.run is not None:
        yield from (f"{name}: a gate of your own, which runs '{one_line(settings.run.command)}'", "")
        yield from _measures(run_vocabulary(settings.run))
    yield from _in_force(name, settings, policy)
    if spec is None:
        return
    yield from part("What to do", (line for about in spec.remedies.items() for line in item(*about)))
    if spec.rule:
        ready = (f"  {line}" for line in topics.ready_waiver(name, policy, today))
        yield from part("To accept a finding (see `sluicegate explain waivers`)", ready)
    yield from ("Example", textwrap.indent(spec.example, "  "))


def _catalogue_entry(spec: GateSpec) -> Iterator[str]:
    yield from part(f"{spec.name}: {spec.title}", ["", *textwrap.wrap(" ".join(spec.why.split()), WIDTH)])
    yield from part("Evidence", (line for text in (spec.evidence, *spec.looks_for) for line in wrapped(text)))
    if spec.formats:
        written = (item(each.tool, f"{each.write}: {each.gives}") for each in spec.formats)
        yield from part("Written by", chain.from_iterable(written))
    yield from _measures(spec.vocabulary)


def _measures(vocabulary: Vocabulary) -> Iterator[str]:
    plain = [(spec.name, spec) for spec in vocabulary.measures.values()]
    of_items = [
        (f'{kind}["GLOB"].{s.name}', s) for kind, own in vocabulary.selectors.items() for s in own.values()
    ]
    items = (item(name, _meaning(spec)) for name, spec in plain + of_items)
    return part("Measures", chain.from_iterable(items))


def _meaning(spec: MeasureSpec) -> str:
    unit = f" ({spec.unit})" if spec.unit else ""
    text = f"{spec.help}{unit}" if spec.help else DIMENSIONS.get(spec.unit, spec.unit)
    return f"{text}; {spec.better} is better"


def _in_force(name: str, settings: GateSettings | None, policy: Policy) -> Iterator[str]:
    yield f"In force here ({_whose(policy)})"
    if settings is None:
        where = policy.off.get(name, "")
        by = f", switched off in {one_line(where)}" if where else ""
        yield f"  The gate is off{by}. To switch it on: 'gates: {{{name}: {{}}}}'."
    else:
        state, kind = ("ERROR", "required") if settings.required else ("SKIPPED", "auto")
        yield f"  Without evidence the gate is {state}: it is {kind}."
        yield from topics.criteria_items(settings.criteria)
        for suite in settings.suites:
            yield from topics.suite_lines(suite)
    yield ""


def _vocabularies(policy: Policy) -> dict[str, Vocabulary]:
    built_in = {name: gate_spec(name).vocabulary for name in gate_names()}
    return built_in | {g.name: run_vocabulary(g.run) for g in policy.gates if g.run is not None}


def _criterion_text(text: str, policy: Policy) -> Iterator[str]:
    named, written = as_written(text)
    asked = begun_by(written, (c for _, c in _all_criteria(policy)))
    known = _vocabularies(policy)
    found = _parsed(asked, {named: known[named]} if named in known else known)
    texts = [_if_in_force(gate, criterion, policy) for gate, criterion in found.items()]
    yield from chain.from_iterable(lines for _, lines in sorted(texts, key=itemgetter(0)))


def _if_in_force(gate: str, criterion: Criterion, policy: Policy) -> tuple[bool, list[str]]:
    """Is it not in force, and the lines on it."""
    ours = [c for name, c in _all_criteria(policy) if name == gate]
    same = [c for c in ours if is_same(c, criterion)]
    if not same:
        return True, list(_criterion(gate, criterion, _instead(criterion, ours)))
    return False, [line for each in same for line in _criterion(gate, each, _here(each, policy))]


def _here(criterion: Criterion, policy: Policy) -> str:
    return f"here, by {_whose(policy)}: {_state(criterion)}"


def _whose(policy: Policy) -> str:
    return f"{'the preset ' if policy.ref.origin == 'preset' else ''}{policy.ref.ref}"


def _state(criterion: Criterion) -> str:
    return "it only warns" if criterion.otherwise is Otherwise.WARN else "it blocks"


def _instead(criterion: Criterion, in_force: Iterable[Criterion]) -> str:
    """What is in force on the measures of a criterion that is not."""
    names = {each.measure.name for each in criterion.comparisons}
    used = [c for c in in_force if names & {each.measure.name for each in c.comparisons}]
    texts = "; ".join(f"{c.expect} [{c.id}], {_state(c)}" for c in used)
    return f"not here; in force is {texts}" if used else "not here, nor is another criterion on this measure"


def _parsed(text: str, vocabularies: Mapping[str, Vocabulary]) -> dict[str, Criterion]:
    """The criterion for each gate that has its measures.

    Raises:
        UsageError: no gate has them, or the text is no criterion.
    """
    found: dict[str, Criterion] = {}
    errors: list[CriterionError] = []
    for gate, vocabulary in vocabularies.items():
        try:
            found[gate] = parse(text, vocabulary)
        except CriterionError as error:
            errors.append(error)
    if not found:
        # The error to show: one that found the measure, or names a near one.
        best = min(errors, key=lambda e: (e.what.startswith("unknown measure"), "Perhaps" not in e.remedy))
        raise UsageError(best.what, where=f"'{cut(one_line(text), 80)}'", remedy=best.remedy)
    return found


def _criterion(gate: str, criterion: Criterion, in_force: str = "") -> Iterator[str]:
    name = "" if criterion.id == criterion.expect else f" [{criterion.id}]"
    yield f"{gate}: {criterion.expect}{name}"
    yield from wrapped(explain(criterion))
    if in_force:
        yield from item("in force", in_force)
    if criterion.parts:
        yield from item("one of several", _ONE_OF)
    for each in criterion.comparisons:
        yield from item("measure", f"{each.measure.name}: {_meaning(each.measure)}")
        yield from item("unit", _unit(each.measure))
        for condition in _skipped(each):
            yield from item("SKIPPED", condition)
    yield from item("UNKNOWN", _UNKNOWN)
    remedies = gate_spec(gate).remedies if gate in gate_names() else {}
    texts = (remedies.get(each.measure.name, "") for each in criterion.comparisons)
    for text in dict.fromkeys(filter(None, texts)):
        yield from item("what to do", text)
    yield ""


_ONE_OF = """PASS when one comparison holds; else FAIL when one does not, else UNKNOWN when one could not be
measured, else SKIPPED"""
_UNKNOWN = """when the evidence is there and lacks the measure, or cannot be read; a required gate is
then ERROR, any other WARN"""


def _unit(spec: MeasureSpec) -> str:
    if not spec.unit or spec.unit not in DIMENSIONS:
        return "a count, written without a unit"
    return f"{DIMENSIONS[spec.unit]}, written in {', '.join(symbols_of(spec.unit))}"


def _skipped(criterion: Criterion) -> Iterator[str]:
    if _OF_THE_CHANGE.match(criterion.measure.name):
        ratio = criterion.measure.unit == "%" or "max_" in criterion.measure.name
        yield "when there is no change to judge" + (", or it touches nothing of the kind" if ratio else "")
    if isinstance(criterion.bound, Relative):
        yield f"while there is no {criterion.bound.reference} to compare with"
    if criterion.selector is not None:
        yield f"when nothing matches {criterion.selector}"


def _named(text: str, policy: Policy) -> list[str]:
    """Criteria of the policy with that id, measures of that name, and suites of the tests."""
    suites = _suites(policy)
    lines: list[str] = []
    for gate, criterion in _all_criteria(policy):
        if text in (criterion.id, f"{gate}.{criterion.id}"):
            lines += _criterion(gate, criterion, _here(criterion, policy))
    for gate, spec in _all_measures(policy):
        if text in (spec.name, f"{gate}.{spec.name}"):
            lines += _measure(gate, spec, policy)
    for suite in suites:
        if text in (suite.name, f"tests.{suite.name}"):
            lines += part(
                f"tests.{suite.name}: a suite of the tests, judged on its own", topics.suite_lines(suite)
            )
    if not lines:
        raise _unknown(text, policy)
    return lines


def _suites(policy: Policy) -> tuple[Suite, ...]:
    tests = policy.gate("tests")
    return tests.suites if tests else ()


def _measure(gate: str, spec: MeasureSpec, policy: Policy) -> Iterator[str]:
    yield f"{gate}: the measure {spec.name}"
    yield from item("what", _meaning(spec))
    yield from item("unit", _unit(spec))
    ours = (c for name, c in _all_criteria(policy) if name == gate)
    used = [c for c in ours if spec.name in (each.measure.name for each in c.comparisons)]
    yield from topics.criteria_items(used) if used else ("  No criterion of the policy here uses it.",)
    yield ""


def _all_criteria(policy: Policy) -> list[tuple[str, Criterion]]:
    return [(gate.name, c) for gate in policy.gates for c in gate.all_criteria]


def _all_measures(policy: Policy) -> Iterator[tuple[str, MeasureSpec]]:
    for gate, vocabulary in _vocabularies(policy).items():
        yield from ((gate, spec) for spec in vocabulary.measures.values())


def _unknown(text: str, policy: Policy) -> UsageError:
    gates = list(_vocabularies(policy))
    names = [*gates, *(c.id for _, c in _all_criteria(policy)), *(s.name for _, s in _all_measures(policy))]
    hint = did_you_mean(
        text, dict.fromkeys([*names, *(f"tests.{suite.name}" for suite in _suites(policy)), *TOPICS])
    )
    remedy = f"{hint}Gates: {', '.join(gates)}; topics: {', '.join(TOPICS)}."
    return UsageError(f"'{cut(one_line(text), 80)}' is no gate, criterion or measure", remedy=remedy)
