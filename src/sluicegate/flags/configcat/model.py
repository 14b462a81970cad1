"""What ConfigCat says of a flag, and who sees it. Pure.

Source: ConfigCat's OpenAPI description of the Public Management API (value V2), and the evaluator of its SDK
for Python 10.0. Targeting rules are tried in their order. One whose conditions hold serves its value, or
draws one of its percentage options; a user without the attribute that is drawn by is not drawn, and the next
rule is tried. Users that no rule serves get the default value. There is no switch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction

from sluicegate.flags.interface import Exposure, FlagState
from sluicegate.flags.normal import and_segments, fingerprint, items, mapping, percent

FIELDS = {
    "boolean": "boolValue",
    "string": "stringValue",
    "int": "intValue",
}
"""By the type of a setting: the member of a value that holds it."""
_TYPES: Mapping[str, type] = {"boolValue": bool, "stringValue": str, "intValue": int}
FORMS = {
    "boolean": re.compile("true|false"),
    "string": re.compile(".+"),
    "int": re.compile("-?[0-9]{1,9}"),
}
"""By the type of a setting: how a plan writes its values."""
IDENTIFIER = "Identifier"
"""The attribute that users are drawn by where the flag names none."""


@dataclass(frozen=True, slots=True)
class Option:
    """A percentage option; `percentage` is None if it is not a whole percent."""

    percentage: int | None
    value: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A targeting rule.

    Attributes:
        conditions: that must all hold.
        options: percentage options; empty if it serves a value.
        value: that it serves; None if it draws an option.
    """

    conditions: tuple[object, ...]
    options: tuple[Option, ...]
    value: str | None

    @property
    def segment(self) -> str:
        """The id of the segment whose members it is for, as a whole; empty for any other rule."""
        own = [mapping(mapping(each).get("segmentCondition")) for each in self.conditions]
        only = own[0] if len(own) == 1 else {}
        return str(only.get("segmentId") or "") if only.get("comparator") == "isIn" else ""

    @property
    def is_open(self) -> bool:
        """Does it draw from all users?"""
        return not self.conditions and bool(self.options)

    def share(self, value: str) -> Fraction | None:
        """The share of its users that get a value; None if it is uncertain."""
        if not self.options:
            return None if self.value is None else Fraction(int(self.value == value))
        parts = [option.percentage for option in self.options]
        if None in parts or sum(filter(None, parts)) != 100:
            return None
        return Fraction(sum(o.percentage or 0 for o in self.options if o.value == value), 100)


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in one environment.

    Attributes:
        key: of the flag.
        kind: its type, one of `FIELDS`.
        default: what it serves to those whom no rule serves.
        rules: in their order.
        attribute: that users are drawn by.
        segments: what ConfigCat says of segments, by id.
        version: changes with each write.
        read_only: may the token not write it?
        product, config: their ids.
        new, old: the two values of the plan.
        driver: the automation that changes it, or None.
    """

    key: str
    kind: str
    default: str
    rules: tuple[Rule, ...]
    attribute: str
    segments: Mapping[str, Mapping[str, object]]
    version: str
    read_only: bool
    product: str
    config: str
    new: str
    old: str
    driver: str | None = None

    @property
    def live(self) -> tuple[Rule, ...]:
        """The rules that can serve anything: one without conditions and options serves nobody."""
        return tuple(rule for rule in self.rules if rule.conditions or rule.options or rule.value is None)

    @property
    def percentages(self) -> tuple[int, ...]:
        """The places of the rules that draw from all users."""
        return tuple(place for place, rule in enumerate(self.rules) if rule.is_open)

    @property
    def problem(self) -> str:
        """Why the two values cannot be this flag's; empty if they can."""
        if self.new == self.old:
            return "the new and the old value are the same"
        wrong = [text for text in (self.new, self.old) if not FORMS[self.kind].fullmatch(text)]
        return f"'{wrong[0]}' is no value of a flag of the type {self.kind}" if wrong else ""

    def name_of(self, segment: str) -> str:
        """The name of a segment, or its id where ConfigCat names none."""
        return str(self.segments.get(segment, {}).get("name") or segment)

    def exposure(self) -> tuple[Exposure | None, str]:
        """Who sees the new value, and why: the union of the rules."""
        if self.problem:
            return None, self.problem
        serving = self._serving()
        if not all(rule.segment and rule.share(self.new) == 1 for rule in serving):
            return None, f"a rule serves '{self.new}' to users who are no whole segment"
        share, reason = self._open()
        if share is None:
            return None, reason
        exposure = Exposure(share, tuple(self.name_of(rule.segment) for rule in serving))
        also = and_segments(exposure.segments)
        return exposure, f"{reason}{also}"

    def _serving(self) -> list[Rule]:
        """The rules with conditions that serve the new value, or may do so."""
        return [rule for rule in self.live if not rule.is_open and rule.share(self.new) != 0]

    def _open(self) -> tuple[Fraction | None, str]:
        """The share of all users whom no condition picks."""
        if len(self.percentages) > 1:
            return None, "it has two rules with percentages for everybody"
        if not self.percentages:
            return self._of_default()
        share = self.rules[self.percentages[0]].share(self.new)
        if share is None:
            return None, "its percentages are not whole, or do not add up to 100"
        values = {option.value for option in self.rules[self.percentages[0]].options}
        if not values <= {self.new, self.old}:
            return None, "its percentages have a third value"
        if self.default != self.old:
            return None, f"its default value is not '{self.old}', which all users without a key get"
        return share, f"its percentages give '{self.new}' to {percent(share)} of all users"

    def _of_default(self) -> tuple[Fraction | None, str]:
        if self.default not in (self.new, self.old):
            return None, "its default value is neither of the two"
        return Fraction(int(self.default == self.new)), f"its default value is '{self.default}'"

    @property
    def drawn_by(self) -> str:
        """What decides which users are in a share, for people and to compare."""
        rules = [self.rules[place] for place in self.percentages]
        order = [option.value for rule in rules for option in rule.options] or [self.new, self.old]
        return f"flag {self.key}, attribute {self.attribute}, order {', '.join(order)}"


def state_of(flag: Flag) -> FlagState:
    """The normalised state of a flag."""
    exposure, reason = flag.exposure()
    whole = asdict(flag)
    used = {rule.segment for rule in flag.rules if rule.segment}
    for key in ("version", "read_only", "product", "config", "driver", "new", "old"):
        del whole[key]
    return FlagState(
        exposure=exposure,
        enabled=True,
        reason=reason,
        driver=flag.driver,
        fingerprint=fingerprint({**whole, "segments": {key: flag.segments.get(key) for key in used}}),
        version=flag.version,
        bucketing=flag.drawn_by,
    )


def read_flag(page: Mapping[str, object], new: str, old: str) -> Flag | None:
    """The flag of what `GET /v2/environments/E/settings/S/value` answers; None if that is not a flag.

    Args:
        page: the answer.
        new, old: the two values of the plan, as text.
    """
    setting, default = mapping(page.get("setting")), _value(page.get("defaultValue"))
    if not _is_setting(setting) or default is None or not _has_rules(page):
        return None
    return Flag(
        key=str(setting["key"]),
        kind=str(setting["settingType"]),
        default=default,
        rules=tuple(_rule(mapping(each)) for each in items(page.get("targetingRules"))),
        attribute=str(page.get("percentageEvaluationAttribute") or IDENTIFIER),
        segments={},
        version=str(page.get("lastVersionId") or page.get("updatedAt") or ""),
        read_only=page.get("readOnly") is True,
        product=_product(page),
        config=str(mapping(page.get("config")).get("configId") or ""),
        new=new,
        old=old,
    )


def _product(page: Mapping[str, object]) -> str:
    """The id of the flag's product; empty if the answer names none."""
    own = [mapping(mapping(page.get(key)).get("product")) for key in ("config", "environment")]
    return next((str(each["productId"]) for each in own if each.get("productId")), "")


def value_text(value: object) -> str:
    """A value as a plan names it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(found: object) -> str | None:
    """The one value in the members of a value; None if there is none, or one of an unknown kind."""
    own = mapping(found)
    given = [(name, own[name]) for name in FIELDS.values() if own.get(name) is not None]
    return value_text(given[0][1]) if len(given) == 1 and type(given[0][1]) is _TYPES[given[0][0]] else None


def _is_setting(found: Mapping[str, object]) -> bool:
    """Does it name a flag, and a type of values that is known?"""
    return isinstance(found.get("key"), str) and str(found.get("settingType")) in FIELDS


def _has_rules(page: Mapping[str, object]) -> bool:
    """Have all of its targeting rules, if there are any, the form of one?"""
    rules = page.get("targetingRules")
    return isinstance(rules, list | None) and all(map(_is_rule, rules or ()))


def _is_rule(found: object) -> bool:
    """Does an entry have the form of a targeting rule?"""
    lists = (mapping(found).get(key) for key in ("conditions", "percentageOptions"))
    return isinstance(found, dict) and all(isinstance(each, list | None) for each in lists)


def _rule(found: Mapping[str, object]) -> Rule:
    options = tuple(_option(mapping(each)) for each in items(found.get("percentageOptions")))
    return Rule(
        tuple(items(found.get("conditions"))), options, None if options else _value(found.get("value"))
    )


def _option(found: Mapping[str, object]) -> Option:
    part = found.get("percentage")
    whole = isinstance(part, int) and not isinstance(part, bool) and 0 <= part <= 100
    return Option(part if whole and isinstance(part, int) else None, _value(found.get("value")) or "")


def read_segments(page: Iterable[object]) -> dict[str, Mapping[str, object]]:
    """The segments of what `GET /v1/products/P/segments` answers, by id; an edit changes `updatedAt`."""
    found = [mapping(each) for each in page]
    return {
        str(each["segmentId"]): {"name": each.get("name"), "updatedAt": each.get("updatedAt")}
        for each in found
        if each.get("segmentId")
    }
