"""The level of a SARIF result, where the invocation configured its rule otherwise. Pure.

Section numbers are those of SARIF 2.1.0 (OASIS Standard, 27 March 2020).
"""

from __future__ import annotations

from sluicegate.evidence.findings.sarif_rules import NO_RULE, SarifRule, SarifRules
from sluicegate.evidence.json_file import at, index, sequence, text

_WORST_FIRST = ("error", "warning", "note", "none")


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
