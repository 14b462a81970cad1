"""The report as JSON text: `document.to_document`, indented, ASCII only.

ASCII, because the text also lands on terminals and in logs: everything else is written as JSON
escapes, so no byte of a stranger's file name is interpreted on the way.
"""

from __future__ import annotations

import json

from sluicegate.core.model import Report
from sluicegate.report.document import to_document


def render(report: Report) -> str:
    """The document with a final line feed; the same report gives the same bytes."""
    return json.dumps(to_document(report), indent=2, allow_nan=False) + "\n"
