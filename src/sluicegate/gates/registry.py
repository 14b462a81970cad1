"""Which module measures which gate: the one that its entry in the catalogue names."""

from __future__ import annotations

import importlib
from dataclasses import replace

from sluicegate.core.errors import WorldError
from sluicegate.core.model import Problem
from sluicegate.evidence.records import Evidence
from sluicegate.gates import run
from sluicegate.gates.interface import Context, Gate, Measured, Measuring, seeing
from sluicegate.policy.gatespec import GateSpec
from sluicegate.policy.model import GateSettings

_OWN = "sluicegate.gates."


def gate(settings: GateSettings) -> Gate:
    """The gate that the settings are of.

    Raises:
        WorldError: the package that brings it cannot be imported.
    """
    if settings.spec is None:
        found = run.gate(settings.name)
    elif settings.spec.module.startswith(_OWN):
        found = importlib.import_module(settings.spec.module).GATE
    else:
        found = _foreign(settings.spec)
    return replace(found, measure=seeing(found.measure))


def _foreign(spec: GateSpec) -> Gate:
    """A third party's gate. What goes wrong in it is a problem of its verdict, and of no other's."""
    try:
        found: Gate = importlib.import_module(spec.module).GATE
    except Exception as error:
        raise WorldError(
            f"the gate '{spec.name}' cannot be loaded: {type(error).__name__}: {error}",
            remedy=f"Fix or uninstall the package that brings '{spec.module}'.",
        ) from error
    return replace(found, measure=_guarded(found.measure, spec))


def _guarded(measure: Measuring, spec: GateSpec) -> Measuring:
    def guarded(evidence: Evidence, context: Context) -> Measured:
        try:
            return measure(evidence, context)
        except Exception as error:  # a stranger's code
            what = f"the gate '{spec.name}' failed: {type(error).__name__}: {error}"
            remedy = f"Report it to the authors of '{spec.module}'."
            return Measured(problems=(Problem(what, remedy=remedy),))

    return guarded
