"""Rules and messages of a SARIF run: which rule a result is of, its level, and its words.

Section numbers are those of SARIF 2.1.0 (OASIS Standard, 27 March 2020).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sluicegate.evidence.json_file import at, index, item, mapping, sequence, text

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d{1,3})\}", re.ASCII)

MAX_RULE = 200
"""Characters of the name of a rule or a tool."""

MAX_MESSAGE = 1000
"""Characters of a message, a template or a link."""

_MAX_ARGUMENT = 300
_WORST_FIRST = ("error", "warning", "note", "none")

SECURITY_TOOLS = frozenset({"bandit", "gitleaks"})
"""Tools that look for nothing but weaknesses, and whose rules may carry neither severity nor tag.

Bandit describes itself as a linter "from a security perspective", Gitleaks as a tool for the
detection of secrets; the SARIF that their sources write has no `security-severity`.
"""


@dataclass(frozen=True, slots=True)
class SarifRule:
    """One `reportingDescriptor` (section 3.49), as far as we need it.

    Attributes:
        level: of its default configuration, `warning` without one (section 3.50.3).
        score: its `security-severity`, in whatever type the file has it.
        is_security: it has a security severity, or the tag `security`.
        messages: the texts of its `messageStrings` by identifier.
    """

    id: str
    level: str
    score: object
    is_security: bool
    help: str
    messages: Mapping[str, str]


NO_RULE = SarifRule("", "warning", None, False, "", {})


class SarifRules:
    """The rules of one run's tool."""

    def __init__(self, tool: object) -> None:
        self._driver = at(tool, "driver")
        self._extensions = at(tool, "extensions")
        self._known: dict[int, SarifRule] = {}
        self._by_id: dict[str, object] = {}
        self._by_guid: dict[str, object] = {}
        for component in self._components():
            for descriptor in sequence(at(component, "rules")):
                self._by_id.setdefault(text(at(descriptor, "id")), descriptor)
                self._by_guid.setdefault(text(at(descriptor, "guid")).lower() or "none", descriptor)
        self._shared = _texts(at(self._driver, "globalMessageStrings"))

    @property
    def has_security(self) -> bool:
        """Whether any rule is about security, even if it has no result."""
        return any(self._rule(descriptor).is_security for descriptor in self._by_id.values())

    def of(self, result: object) -> SarifRule:
        """The rule of a result (sections 3.27.5 to 3.27.7): by index, else by guid or identifier.

        The identifier may be hierarchical (section 3.5.4): `CA1000/1` is of the rule `CA1000`.
        """
        reference = at(result, "rule")
        named = text(at(result, "ruleId")) or text(at(reference, "id"))
        descriptor = self._by_index(result, reference)
        if descriptor is None:
            descriptor = self._by_guid.get(text(at(reference, "guid")).lower())
        if descriptor is None:
            descriptor = self._by_id.get(named) or self._by_id.get(named.rpartition("/")[0])
        return NO_RULE if descriptor is None else self._rule(descriptor)

    def message(self, result: object, rule: SarifRule) -> str:
        """A result's message, with its arguments in place (section 3.11)."""
        message = at(result, "message")
        found = text(at(message, "text"))
        if not found:
            key = text(at(message, "id"))
            found = rule.messages.get(key) or self._shared.get(key, "")
        arguments = [text(argument, _MAX_ARGUMENT) for argument in sequence(at(message, "arguments"))]
        return filled(found, arguments) if found else text(at(message, "markdown"))

    def _by_index(self, result: object, reference: object) -> object:
        position = at(result, "ruleIndex")
        if index(position) < 0:
            position = at(reference, "index")
        return item(at(self._owner(at(reference, "toolComponent")), "rules"), position)

    def _components(self) -> tuple[object, ...]:
        return (self._driver, *sequence(self._extensions))

    def _owner(self, reference: object) -> object:
        """The component that a reference names by index, guid or name (section 3.54); else the driver."""
        if index(at(reference, "index")) >= 0:
            return item(self._extensions, at(reference, "index"))
        for key in ("guid", "name"):
            wanted = text(at(reference, key)).lower()
            if wanted:
                return next((c for c in self._components() if text(at(c, key)).lower() == wanted), None)
        return self._driver

    def _rule(self, descriptor: object) -> SarifRule:
        rule = self._known.get(id(descriptor))
        if rule is None:
            rule = self._known[id(descriptor)] = _rule(descriptor)
        return rule


def _rule(descriptor: object) -> SarifRule:
    properties = at(descriptor, "properties")
    tags = [text(tag).lower() for tag in sequence(at(properties, "tags"))]
    score = at(properties, "security-severity")
    return SarifRule(
        id=text(at(descriptor, "id"), MAX_RULE),
        level=text(at(descriptor, "defaultConfiguration", "level")) or "warning",
        score=score,
        is_security=score is not None or "security" in tags,
        help=text(at(descriptor, "helpUri"), MAX_MESSAGE),
        messages=_texts(at(descriptor, "messageStrings")),
    )


def _texts(strings: object) -> dict[str, str]:
    return {text(key): text(at(value, "text"), MAX_MESSAGE) for key, value in mapping(strings).items()}


def filled(template: str, arguments: list[str]) -> str:
    """A message with `{0}` replaced, and `{{` and `}}` unescaped (section 3.11.5).

    A placeholder without an argument stays as it is.
    """

    def replacement(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        number = int(match[1])
        return arguments[number] if number < len(arguments) else match[0]

    return _PLACEHOLDER.sub(replacement, template) if arguments else template


def tool_of(run: object) -> tuple[str, str]:
    """Name and version of the tool that made a run."""
    driver = at(run, "tool", "driver")
    version = text(at(driver, "semanticVersion"), MAX_RULE) or text(at(driver, "version"), MAX_RULE)
    return text(at(driver, "name"), MAX_RULE), version


class LevelOverrides:
    """The levels of rules that the invocations of one run override (section 3.20.5)."""

    def __init__(self, run: object, rules: SarifRules) -> None:
        self._rules = rules
        self._of = [self._levels(invocation) for invocation in sequence(at(run, "invocations"))]

    def level_of(self, result: object, rule: SarifRule) -> str:
        """A result's level (section 3.27.10): its own, else that of its invocation, else its rule's.

        If the result does not name its invocation, the worst level of all invocations counts.
        """
        own = text(at(result, "level"))
        if own or not self._of:
            return own or rule.level
        number = index(at(result, "provenance", "invocationIndex"))
        several = self._of[number : number + 1] if 0 <= number < len(self._of) else self._of
        key = _key(rule, text(at(result, "ruleId")) or text(at(result, "rule", "id")))
        levels = {of.get(key, rule.level) for of in several}
        return next((level for level in _WORST_FIRST if level in levels), rule.level)

    def _levels(self, invocation: object) -> dict[int | str, str]:
        found: dict[int | str, str] = {}
        for override in sequence(at(invocation, "ruleConfigurationOverrides")):
            reference, level = at(override, "descriptor"), text(at(override, "configuration", "level"))
            if level:
                rule = self._rules.of({"rule": reference})
                found[_key(rule, text(at(reference, "id")))] = level
        return found


def _key(rule: SarifRule, name: str) -> int | str:
    """The key of a rule in one run: the descriptor, or the name where the tool describes no rule."""
    return name if rule is NO_RULE else id(rule)
