"""The gate `security`."""

from __future__ import annotations

from sluicegate.gates.findings import measure
from sluicegate.gates.interface import Gate

GATE = Gate("security", measure)
