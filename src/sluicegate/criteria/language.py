"""The criteria language: its grammar, parsing, and explanation.

    criterion  := comparison (" or " comparison)*
    comparison := [selector "."] measure op bound
    selector   := kind "[" '"' glob '"' "]"              file["src/**"], benchmark["parse*"]
    op         := "<" | "<=" | ">" | ">=" | "==" | "!="
    bound      := number | reference | reference ("+" | "-") number | reference "*" factor
    reference  := "baseline" | "control"
    number     := digits ["." digits] [unit]
    factor     := digits ["." digits]

An absolute bound has the dimension of its measure. An offset to a reference is either of that
dimension or relative (`%`); on a measure that is itself a percentage a relative offset would be
read both ways, so there it is an error: `pp` (percentage points) is the unit, or a factor is written.

A vocabulary lists the measures that exist, so an unknown one is an error that names the nearest.
Everything is pure and exact.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from sluicegate.core.errors import CriterionError
from sluicegate.core.model import Better
from sluicegate.core.statuses import Otherwise
from sluicegate.core.text import cut, one_line
from sluicegate.core.units import DIMENSIONS, EXAMPLES, UNITS, Unit, decimal_text, format_value, symbols_of

_REFERENCES = ("baseline", "control")

_OP_WORDS: Mapping[str, str] = {
    "<": "below",
    "<=": "at most",
    ">": "above",
    ">=": "at least",
    "==": "exactly",
    "!=": "anything but",
}

_CRITERION = re.compile(
    r"""\s*(?:(?P<kind>[A-Za-z_][A-Za-z0-9_]*)\s*
           \[\s*(?P<quote>["'])(?P<glob>[^"'\x00-\x1f\x7f]*)(?P=quote)\s*\]\s*\.\s*)?
        (?P<measure>[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*)\s*
        (?P<op>(?><=|>=|==|!=|<|>|=<|=>|=))\s*(?P<bound>\S.*)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"(?P<sign>-?)\s*(?P<digits>[0-9]{1,18}(?:\.[0-9]{1,12})?)\s*(?P<unit>[^\d\s+\-.,]*)")
_REFERENCE = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:\s*(?P<sign>[+*-])\s*(?P<offset>\S.*))?", re.DOTALL
)
_GREEK_MU, _MICRO_SIGN = "\u03bc", "\u00b5"  # they look the same, and both are typed
_MAX_LENGTH = 300
_MAX_PARTS = 8
_OR = re.compile(r"\sor\s")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """A measure as the catalogue declares it: `unit` is canonical.

    `share` marks a part of a whole, in %: it lies between 0% and 100%, unlike a growth.
    """

    name: str
    unit: str
    better: Better
    help: str = ""
    share: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The measures that criteria of one gate may use, plain and behind each selector."""

    measures: Mapping[str, MeasureSpec]
    selectors: Mapping[str, Mapping[str, MeasureSpec]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Selector:
    """`file["src/**"]`: every item of `kind` whose name matches `glob` must satisfy."""

    kind: str
    glob: str

    def __str__(self) -> str:
        return f'{self.kind}["{self.glob}"]'


@dataclass(frozen=True, slots=True)
class Absolute:
    """A plain number, `value` in the canonical unit of the measure; `text` as normalised."""

    value: Fraction
    text: str


@dataclass(frozen=True, slots=True)
class Relative:
    """A reference with an offset: `offset` in the canonical unit, or per hundred of the
    reference's size when `proportional`."""

    reference: str
    offset: Fraction
    proportional: bool
    text: str

    def applied(self, value: Fraction) -> Fraction:
        """The bound that the reference's value gives."""
        return value + (abs(value) * self.offset / 100 if self.proportional else self.offset)


Bound = Absolute | Relative


@dataclass(frozen=True, slots=True)
class Criterion:
    """One parsed criterion.

    Attributes:
        id: by default its normalised text.
        parts: of a criterion that one of several comparisons satisfies, all of them; its own
            selector, measure, operator and bound are then those of the first.
    """

    id: str
    selector: Selector | None
    measure: MeasureSpec
    op: str
    bound: Bound
    otherwise: Otherwise = Otherwise.BLOCK
    parts: tuple[Criterion, ...] = ()

    @property
    def comparisons(self) -> tuple[Criterion, ...]:
        """Its parts, or itself alone."""
        return self.parts or (self,)

    @property
    def expect(self) -> str:
        """The normalised text."""
        if self.parts:
            return " or ".join(part.expect for part in self.parts)
        prefix = f"{self.selector}." if self.selector else ""
        return f"{prefix}{self.measure.name} {self.op} {self.bound.text}"


def nearest(word: str, choices: Iterable[str]) -> str:
    """The closest of the choices, or empty when none is close."""
    return next(iter(difflib.get_close_matches(word, list(choices), n=1, cutoff=0.55)), "")


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A suggestion with a space behind it; empty when no choice is close."""
    close = nearest(word, choices)
    return f"Perhaps you meant '{close}'. " if close else ""


def comparisons(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """The single comparisons of all criteria."""
    return (part for criterion in criteria for part in criterion.comparisons)


def parse(
    text: str, vocabulary: Vocabulary, *, name: str = "", otherwise: Otherwise = Otherwise.BLOCK
) -> Criterion:
    """Parse and check one criterion.

    Args:
        text: one comparison, or up to 8 with `or` between them; each of at most 300 characters.
        vocabulary: the measures of its gate.
        name, otherwise: its id, by default its normalised text; what it does when it is not satisfied.

    Raises:
        CriterionError: it does not parse, or names a measure, selector, unit or reference that
            does not exist or does not fit.
    """
    texts = _alternatives(text)
    if len(texts) > _MAX_PARTS:
        what = f"'{_shown(text)}' has {len(texts)} comparisons"
        raise CriterionError(what, remedy=f"Write at most {_MAX_PARTS} of them.")
    parts = tuple(_comparison(part, vocabulary, otherwise) for part in texts)
    criterion = replace(parts[0], parts=parts) if len(parts) > 1 else parts[0]
    return replace(criterion, id=name or criterion.expect)


def _alternatives(text: str) -> list[str]:
    """The parts between the words `or`, outside of quotes."""
    if len(text) > _MAX_LENGTH * _MAX_PARTS:
        return [text]
    plain = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), text)
    ends = [0, *(end for found in _OR.finditer(plain) for end in found.span()), len(text)]
    return [text[first:last] for first, last in zip(ends[::2], ends[1::2], strict=True)]


def _comparison(text: str, vocabulary: Vocabulary, otherwise: Otherwise) -> Criterion:
    match = _CRITERION.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if match is None:
        raise CriterionError(
            f"'{_shown(text)}' is not a criterion",
            remedy="Write it as MEASURE OP BOUND, for example 'total >= 80%'.",
        )
    op = match["op"]
    if op not in _OP_WORDS:
        fix = {"=": "==", "=<": "<=", "=>": ">="}[op]
        what = f"'{op}' is not an operator in '{_shown(text)}'"
        raise CriterionError(what, remedy=f"Perhaps you meant '{fix}'.")
    selector = Selector(match["kind"], match["glob"]) if match["kind"] else None
    spec = _find_measure(match["measure"], selector, vocabulary)
    bound = _parse_bound(match["bound"].strip(), spec)
    if spec.share:
        _check_reach(op, bound, spec)
    criterion = Criterion("", selector, spec, op, bound, otherwise)
    return replace(criterion, id=criterion.expect)


def _find_measure(name: str, selector: Selector | None, vocabulary: Vocabulary) -> MeasureSpec:
    specs = vocabulary.measures
    if selector is not None:
        if selector.kind not in vocabulary.selectors:
            remedy = f"Selectors of this gate: {', '.join(sorted(vocabulary.selectors)) or 'none'}."
            raise CriterionError(f"unknown selector '{selector.kind}[…]'", remedy=remedy)
        specs = vocabulary.selectors[selector.kind]
    if name in specs:
        return specs[name]
    place = f" behind {selector}" if selector else ""
    remedy = f"{did_you_mean(name, specs)}Measures: {', '.join(sorted(specs)) or 'none'}."
    raise CriterionError(f"unknown measure '{name}'{place}", remedy=remedy)


def _shown(text: str) -> str:
    return cut(one_line(text[:_MAX_LENGTH]), 80)


def parse_number(text: str) -> tuple[Fraction, Unit, str]:
    """A number with its unit, and its normalised text.

    Raises:
        CriterionError: it is none, or has an unknown unit.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        remedy = "Write it as 80%, 500ms, 250KiB or 10."
        raise CriterionError(f"'{_shown(text)}' is not a number", remedy=remedy)
    symbol = match["unit"].replace(_GREEK_MU, _MICRO_SIGN)
    if symbol not in UNITS:
        close = next((s for s in UNITS if s.lower() == symbol.lower()), "") or nearest(symbol, UNITS)
        hint = f"Perhaps you meant '{close}'." if close else f"Units: {', '.join(filter(None, UNITS))}."
        raise CriterionError(f"unknown unit '{_shown(symbol)}' in '{_shown(text)}'", remedy=hint)
    number = Fraction(match["digits"]) * (-1 if match["sign"] else 1)
    return number, UNITS[symbol], match["sign"] + match["digits"] + symbol


def _parse_bound(text: str, spec: MeasureSpec) -> Bound:
    reference = _REFERENCE.fullmatch(text)
    if reference is None:
        number, unit, normal = parse_number(text)
        _check_dimension(unit, spec, normal)
        return Absolute(number * unit.factor, normal)
    name = reference["name"]
    if name not in _REFERENCES:
        hint = did_you_mean(name, _REFERENCES).strip() or f"References: {', '.join(_REFERENCES)}."
        raise CriterionError(f"unknown reference '{name}'", remedy=hint)
    if reference["offset"] is None:
        return Relative(name, Fraction(0), False, name)
    if reference["sign"] == "*":
        return _parse_factor(name, reference["offset"])
    return _parse_offset(name, reference["sign"], reference["offset"], spec)


def _parse_factor(name: str, text: str) -> Relative:
    """`control * 1.2`, which is `control + 20%` for measures that are no percentages."""
    number, unit, normal = parse_number(text)
    if unit.symbol or number <= 0:
        raise CriterionError(
            f"'{normal}' is not a factor", remedy=f"Write a number above 0 without a unit: '{name} * 1.2'."
        )
    return Relative(name, (number - 1) * 100, True, f"{name} * {normal}")


def _parse_offset(name: str, sign: str, text: str, spec: MeasureSpec) -> Relative:
    number, unit, normal = parse_number(text)
    if normal.startswith("-"):
        raise CriterionError(
            f"offset '{normal}' has two signs", remedy=f"Write '{name} {sign} {normal[1:]}'."
        )
    signed = -number if sign == "-" else number
    shown = f"{name} {sign} {normal}"
    if spec.unit == "%" and unit.symbol in ("", "%"):
        ambiguous = f"a relative '{normal}' on '{spec.name}', itself a percentage, could be read two ways"
        factor = _as_factor(name, 1 + signed / 100) if unit.symbol else ""
        raise CriterionError(
            ambiguous if unit.symbol else f"the offset '{normal}' has no unit",
            remedy=f"Write '{name} {sign} {normal.removesuffix('%')}pp' for percentage points{factor}.",
        )
    if unit.symbol == ("pp" if spec.unit == "%" else "%"):
        return Relative(name, signed, unit.symbol == "%", shown)
    _check_dimension(unit, spec, normal)
    return Relative(name, signed * unit.factor, False, shown)


def _as_factor(name: str, factor: Fraction) -> str:
    return f", or '{name} * {decimal_text(factor, 12)}'" if factor > 0 else ""


def _check_reach(op: str, bound: Bound, spec: MeasureSpec) -> None:
    """Refuse a comparison that no share can satisfy; one that every share satisfies is harmless."""
    if isinstance(bound, Relative) and bound.proportional:
        return
    low = bound.value if isinstance(bound, Absolute) else bound.offset
    high = bound.value if isinstance(bound, Absolute) else 100 + bound.offset
    is_possible = {
        ">=": low <= 100,
        ">": low < 100,
        "<=": high >= 0,
        "<": high > 0,
        "==": low <= 100 and high >= 0,
        "!=": True,
    }[op]
    if is_possible:
        return
    if isinstance(bound, Relative):
        hint = "Write a smaller offset."
    elif low == {">": 100, "<": 0}.get(op):
        hint = f"Perhaps you meant '{op}= {bound.text}'."
    else:
        hint = "Write a bound such as '80%'."
    raise CriterionError(
        f"'{spec.name}' lies between 0% and 100%, so '{op} {bound.text}' can never be satisfied", remedy=hint
    )


def _check_dimension(unit: Unit, spec: MeasureSpec, text: str) -> None:
    if unit.canonical == spec.unit:
        return
    kind = DIMENSIONS.get(spec.unit, f"in {spec.unit}")
    if not unit.symbol and spec.unit == "%":
        hint = f"Write '{text}%'."
        if 0 < (number := Fraction(text)) <= 1:  # probably meant as a fraction
            hint = f"Perhaps you meant '{decimal_text(number * 100, 12)}%', else write '{text}%'."
        raise CriterionError(f"'{spec.name}' is {kind}, and '{text}' has no unit", remedy=hint)
    example = f"for example '{EXAMPLES.get(spec.unit, '1')}'"
    fitting = f"Units that fit: {', '.join(symbols_of(spec.unit))}; {example}."
    raise CriterionError(
        f"'{spec.name}' is {kind}, and '{text}' is not",
        remedy=fitting if spec.unit else f"Write a number without a unit, {example}.",
    )


def explain(criterion: Criterion) -> str:
    """What the criterion asks, as one sentence."""
    sentence = ", or ".join(map(_must, criterion.comparisons))
    tail = "otherwise the gate fails" if criterion.otherwise is Otherwise.BLOCK else "otherwise it warns"
    return f"{sentence}; {tail}."


def _must(criterion: Criterion) -> str:
    subject = f"'{criterion.measure.name}'"
    if criterion.selector:
        subject += f" of every {criterion.selector.kind} that matches '{criterion.selector.glob}'"
    return f"{subject} must be {_OP_WORDS[criterion.op]} {_bound_words(criterion)}"


def _bound_words(criterion: Criterion) -> str:
    bound = criterion.bound
    if isinstance(bound, Absolute):
        return format_value(bound.value, criterion.measure.unit, digits=12)
    if not bound.offset:
        return f"that of the {bound.reference}"
    if bound.proportional:
        amount = f"{decimal_text(abs(bound.offset), 12)}%"
    elif criterion.measure.unit == "%":
        points = "point" if abs(bound.offset) == 1 else "points"
        amount = f"{decimal_text(abs(bound.offset), 12)} percentage {points}"
    else:
        amount = format_value(abs(bound.offset), criterion.measure.unit, digits=12)
    return f"that of the {bound.reference} {'plus' if bound.offset > 0 else 'minus'} {amount}"
