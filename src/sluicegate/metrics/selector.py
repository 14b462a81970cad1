"""A Prometheus selector: `name{label="value", …}`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.metrics.interface import ARM, MetricError
from sluicegate.metrics.quoting import Piece, no_arm, split, unwritable

_NAME = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*")
_MATCHER = re.compile(
    r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')\s*'
)
_WORD = re.compile(r"[a-zA-Z0-9_:]+")
_BOUND = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?")
_FORM = 'Write one such as http_requests_total{arm="$arm"}, or say `approximate: true` for a computed one.'


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on a label; `value` in its quotes."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.operator}{self.value}"


@dataclass(frozen=True, slots=True)
class Selector:
    """Series of one name."""

    name: str
    matchers: tuple[Matcher, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}{{{','.join(map(str, self.matchers))}}}"

    def histogram(self, part: str) -> Selector:
        """The part of a histogram, `bucket` or `count`; it is named by its own name or by that of a part."""
        name = self.name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum")
        return Selector(f"{name}_{part}", self.matchers)

    def with_bound(self, spellings: Iterable[str]) -> Selector:
        """The buckets of one bound, in each way in which it is spelt."""
        either = "|".join(re.escape(text) for text in sorted(spellings)).replace("\\", "\\\\")
        kept = tuple(m for m in self.matchers if m.label != "le")
        return Selector(self.name, (*kept, Matcher("le", "=~", f'"{either}"')))


def parse_selector(text: str, where: str) -> Selector:
    """The selector that a text writes.

    Raises:
        MetricError: it writes none, but an expression that computes.
    """
    name = _NAME.match(text)
    rest = text[name.end() :] if name else ""
    matchers: list[Matcher] = []
    if rest.startswith("{"):
        at = 1
        while match := _MATCHER.match(rest, at):
            matchers.append(Matcher(*match.groups()))
            at = match.end() + rest.startswith(",", match.end())
        rest = rest[at:].strip()
        rest = rest[1:] if rest.startswith("}") else "?"
    if name is None or rest.strip():
        raise MetricError(f"'{text[:120]}' is no plain selector of counters", where=where, remedy=_FORM)
    return Selector(name[1], tuple(matchers))


def for_arm(text: str, arm: str | None, where: str) -> str:
    """An expression with the arm's label value in place of `$arm`, written for PromQL.

    Raises:
        MetricError: it wants an arm, and the query is of no arm; or the value cannot be written there.
    """
    if ARM not in text:
        return text
    if arm is None:
        raise no_arm(where)
    return "".join(str(_filled(one, arm, where)) for one in split(text, "\"'", "`", where))


def _filled(one: Piece, arm: str, where: str) -> Piece:
    if ARM not in one.text:
        return one
    if one.quote in ("", "`"):  # a part of a name, or a text without escapes
        is_plain = _WORD.fullmatch(arm) if not one.quote else "`" not in arm
        value = arm if is_plain else ""
    else:
        value = arm.replace("\\", "\\\\").replace(one.quote, f"\\{one.quote}").replace("\n", "\\n")
    if not value:
        raise unwritable(arm, where)
    return Piece(one.text.replace(ARM, value), one.quote)


def bounds(series: Iterable[Mapping[str, str]]) -> dict[Fraction, set[str]]:
    """The finite bounds of a histogram's buckets, each with its spellings: `2` and `2.0` are one."""
    found: dict[Fraction, set[str]] = {}
    for labels in series:
        spelt = labels.get("le", "")
        if _BOUND.fullmatch(spelt):
            found.setdefault(Fraction(spelt), set()).add(spelt)
    return found


def spellings_of(over: Fraction, series: list[Mapping[str, str]], where: str) -> set[str]:
    """How the buckets of a threshold spell it, where every histogram has such a bucket.

    Raises:
        MetricError: some histogram has none; the error names the neighbours.
    """
    kinds: dict[tuple[tuple[str, str], ...], list[Mapping[str, str]]] = {}
    for labels in series:
        key = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        kinds.setdefault(key, []).append(labels)
    spelt: set[str] = set()
    for buckets in kinds.values():
        known = bounds(buckets)
        if over not in known:
            raise MetricError(_no_bound(over, known), where=where, remedy="Take a threshold that is a bound.")
        spelt |= known[over]
    return spelt


def _no_bound(over: Fraction, known: Iterable[Fraction]) -> str:
    below = max((b for b in known if b < over), default=None)
    above = min((b for b in known if b > over), default=None)
    neighbours = " and ".join(f"{float(b):g} s" for b in (below, above) if b is not None)
    near = f"; its neighbours are {neighbours}" if neighbours else "; it has no bounds at all"
    return f"{float(over):g} s is no bound of the histogram's buckets{near}"
