"""What a gate, a criterion, a measure or a status means, as text. Pure.

The catalogue says what there is; the policy says what holds here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from sluicegate.catalogue import GATES, gate_spec
from sluicegate.criteria import Criterion, MeasureSpec, Relative, Vocabulary, explain, nearest, parse
from sluicegate.errors import CriterionError, ExitCode, UsageError
from sluicegate.model import CriterionStatus, GateStatus, ReportStatus
from sluicegate.policy.build import run_vocabulary
from sluicegate.policy.model import GateSettings, Policy
from sluicegate.text import clean, cut, one_line
from sluicegate.units import DIMENSIONS, symbols_of

_WIDTH = 96
_OF_THE_CHANGE = re.compile(r"(patch|new|changed|grown)(\.|$)|.*\.(added|changed)$")

STATUSES: Mapping[str, Mapping[str, str]] = {
    "A criterion is": {
        CriterionStatus.PASS: "satisfied",
        CriterionStatus.WARN: "not satisfied, and advisory (`else: warn`), or worse without proof",
        CriterionStatus.FAIL: "not satisfied",
        CriterionStatus.SKIPPED: "not applicable, with the reason: no changed lines, no baseline yet",
        CriterionStatus.UNKNOWN: "applicable, and could not be measured",
    },
    "A gate is": {
        GateStatus.PASS: "satisfied in all its criteria",
        GateStatus.WARN: "satisfied but for advisory criteria, or not required and not measurable",
        GateStatus.CONDITIONAL: "passing only through waivers that have not expired",
        GateStatus.FAIL: "not satisfied: a blocking criterion is FAIL",
        GateStatus.ERROR: "required and not measurable, or a tool or a file failed",
        GateStatus.SKIPPED: "not applicable: there is nothing of its kind",
    },
    "A report is": {
        ReportStatus.PASS: "free of failures",
        ReportStatus.WARN: "free of failures, with warnings, or without any tests and coverage",
        ReportStatus.CONDITIONAL: "passing only through waivers",
        ReportStatus.BLOCKED: "stopped by a gate that is FAIL or ERROR and not advisory",
    },
}
"""Every status with its meaning, by level."""

EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.OK: "not blocked",
    ExitCode.BLOCKED: "blocked; `--warn-only` turns it into 0",
    ExitCode.USAGE: "your input is wrong: an argument, the policy, or a file that you named",
    ExitCode.WORLD: "the world failed: a disk, a process, a network",
    ExitCode.BUG: "a bug of sluicegate; a log says where",
}
"""Every exit code with its meaning."""


def explain_subject(subject: str, policy: Policy) -> str:
    """The explanation of a gate, a criterion (its text or id), a measure, or a topic.

    Args:
        subject: `coverage`, `total >= 80%`, `patch.line`, `coverage.patch.line`, the id of a
            criterion of the policy, `statuses` or `exit-codes`.
        policy: what is in force here.

    Raises:
        UsageError: there is no such thing; the nearest is named.
    """
    text = " ".join(subject.split())
    if text in ("statuses", "exit-codes"):
        lines = _statuses() if text == "statuses" else _exit_codes()
    elif text in GATES or policy.gate(text) is not None:
        lines = _gate(text, policy)
    elif re.search(r"[<>=]", text):
        lines = _criterion_text(text, policy)
    else:
        lines = _named(text, policy)
    return clean("\n".join(lines)).rstrip() + "\n"


# --- topics ------------------------------------------------------------------------------------


def _statuses() -> Iterator[str]:
    for level, meanings in STATUSES.items():
        yield level
        for status, meaning in meanings.items():
            yield f"  {status:<12} {meaning}"
        yield ""


def _exit_codes() -> Iterator[str]:
    for code, meaning in EXIT_CODES.items():
        yield f"  {int(code)}  {meaning}"


# --- gates -------------------------------------------------------------------------------------


def _gate(name: str, policy: Policy) -> Iterator[str]:
    settings = policy.gate(name)
    if name in GATES:
        yield from _catalogue_entry(name)
    elif settings is not None and settings.run is not None:
        yield f"{name}: a gate of your own, which runs '{one_line(settings.run.command)}'"
        yield ""
        yield from _measures(run_vocabulary(settings.run))
    yield from _in_force(name, settings, policy)
    if name not in GATES:
        return
    spec = gate_spec(name)
    yield "What to do"
    for measure, remedy in spec.remedies.items():
        yield from _item(measure, remedy)
    yield ""
    yield "Example"
    yield textwrap.indent(spec.example, "  ")


def _catalogue_entry(name: str) -> Iterator[str]:
    spec = gate_spec(name)
    yield f"{name}: {spec.title}"
    yield ""
    yield from textwrap.wrap(" ".join(spec.why.split()), _WIDTH)
    yield ""
    yield "Evidence"
    yield from textwrap.wrap(spec.evidence, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    for pattern in spec.looks_for:
        yield f"  {pattern}"
    yield ""
    yield from _measures(spec.vocabulary)


def _measures(vocabulary: Vocabulary) -> Iterator[str]:
    yield "Measures"
    for spec in vocabulary.measures.values():
        yield from _item(spec.name, _about(spec))
    for kind, specs in vocabulary.selectors.items():
        for spec in specs.values():
            yield from _item(f'{kind}["GLOB"].{spec.name}', _about(spec))
    yield ""


def _about(spec: MeasureSpec) -> str:
    unit = f" ({spec.unit})" if spec.unit else ""
    text = f"{spec.help}{unit}" if spec.help else DIMENSIONS.get(spec.unit, spec.unit)
    return f"{text}; {spec.better} is better"


def _item(name: str, text: str) -> Iterator[str]:
    head = f"  {name:<24} "
    yield from textwrap.wrap(one_line(text), _WIDTH, initial_indent=head, subsequent_indent=" " * 27)


def _in_force(name: str, settings: GateSettings | None, policy: Policy) -> Iterator[str]:
    yield f"In force here ({'the preset ' if policy.ref.origin == 'preset' else ''}{policy.ref.ref})"
    if settings is None:
        yield f"  The gate is off. To switch it on, name it in the policy: 'gates: {{{name}: {{}}}}'."
    else:
        state = "ERROR" if settings.required else "SKIPPED"
        yield f"  Without evidence the gate is {state}: it is {'required' if settings.required else 'auto'}."
        for criterion in settings.criteria:
            yield from _item(criterion.id, explain(criterion))
        for suite in settings.suites:
            yield f"  Suite {suite.name} ({', '.join(suite.files)})"
            for criterion in suite.criteria:
                yield from _item(criterion.id, explain(criterion))
    yield ""


# --- criteria and measures ---------------------------------------------------------------------


def vocabularies(policy: Policy) -> dict[str, Vocabulary]:
    """The measures of every gate there is: the built-in ones, and the policy's own."""
    result = {name: gate_spec(name).vocabulary for name in GATES}
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
        raise _no_criterion(text, errors)
    for gate, criterion in found.items():
        yield from _criterion(gate, criterion)


def _no_criterion(text: str, errors: Iterable[CriterionError]) -> UsageError:
    """The most telling of the gates' errors: one that found the measure, or names a near one."""
    ranked = sorted(errors, key=lambda e: (e.what.startswith("unknown measure"), "Perhaps" not in e.remedy))
    return UsageError(ranked[0].what, where=f"'{cut(one_line(text), 80)}'", remedy=ranked[0].remedy)


def _criterion(gate: str, criterion: Criterion) -> Iterator[str]:
    spec = criterion.measure
    name = "" if criterion.id == criterion.expect else f" [{criterion.id}]"
    yield f"{gate}: {criterion.expect}{name}"
    yield from textwrap.wrap(explain(criterion), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield from _item("measure", f"{spec.name}: {_about(spec)}")
    yield from _unit(spec)
    for condition in _skipped(criterion):
        yield from _item("SKIPPED", condition)
    yield from _item("UNKNOWN", _UNKNOWN)
    remedy = gate_spec(gate).remedies.get(spec.name) if gate in GATES else None
    if remedy:
        yield from _item("what to do", remedy)
    yield ""


_UNKNOWN = (
    "when the evidence is there and does not hold the measure, or cannot be read; a required gate is "
    "then ERROR, any other WARN"
)


def _unit(spec: MeasureSpec) -> Iterator[str]:
    if spec.unit in DIMENSIONS and spec.unit:
        yield from _item("unit", f"{DIMENSIONS[spec.unit]}, written in {', '.join(symbols_of(spec.unit))}")
    else:
        yield from _item("unit", "a count, written without a unit")


def _skipped(criterion: Criterion) -> Iterator[str]:
    if _OF_THE_CHANGE.match(criterion.measure.name):
        ratio = criterion.measure.unit == "%" or "max_" in criterion.measure.name
        yield "when there is no change to judge" + (", or it touches nothing of the kind" if ratio else "")
    if isinstance(criterion.bound, Relative):
        yield f"while there is no {criterion.bound.reference} to compare with"
    if criterion.selector is not None:
        yield f"when nothing matches {criterion.selector}"


def _named(text: str, policy: Policy) -> Iterator[str]:
    """Criteria of the policy with that id, and measures of that name."""
    criteria = [(g, c) for g, c in _all_criteria(policy) if text in (c.id, f"{g}.{c.id}")]
    measures = [(g, s) for g, s in _all_measures(policy) if text in (s.name, f"{g}.{s.name}")]
    if not criteria and not measures:
        raise _unknown(text, policy)
    for gate, criterion in criteria:
        yield from _criterion(gate, criterion)
    for gate, spec in measures:
        yield from _measure(gate, spec, policy)


def _measure(gate: str, spec: MeasureSpec, policy: Policy) -> Iterator[str]:
    yield f"{gate}: the measure {spec.name}"
    yield from _item("what", _about(spec))
    yield from _unit(spec)
    used = [c for g, c in _all_criteria(policy) if g == gate and c.measure.name == spec.name]
    for criterion in used:
        yield from _item(criterion.id, explain(criterion))
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
    names = [*gates, *(c.id for _, c in _all_criteria(policy)), *(s.name for _, s in _all_measures(policy))]
    close = nearest(text, dict.fromkeys([*names, "statuses", "exit-codes"]))
    hint = f"Perhaps you meant '{close}'. " if close else ""
    return UsageError(
        f"'{cut(one_line(text), 80)}' is no gate, criterion or measure",
        remedy=f"{hint}Gates: {', '.join(gates)}; topics: statuses, exit-codes.",
    )
