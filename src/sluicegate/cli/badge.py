"""`sluicegate badge`: parse, call, print."""

from __future__ import annotations

from pathlib import Path

import click

from sluicegate.core.text import one_line
from sluicegate.report.badges import files
from sluicegate.report.document import load_report
from sluicegate.runtime.files import write_output

_EPILOG = """
Write REPORT.json with 'sluicegate check --output json=REPORT.json'. Each badge is an SVG image, which
needs no server, and a JSON document for https://img.shields.io/endpoint. The colour shows the verdict:
green if the gate passed, red if it failed.

\b
  sluicegate badge report.json --output badges/

Exit codes: 0 written, 2 your input is wrong, 3 network, API or disk failed, 4 a bug.
"""


@click.command(epilog=_EPILOG)
@click.argument("report", metavar="REPORT.json")
@click.option("--output", default="badges", show_default=True, metavar="DIR", help="Folder to write to.")
def command(report: str, output: str) -> None:
    """Write the badges of a report: one for its status, one for each headline measure."""
    folder = Path(output)
    for name, text in files(load_report(Path(report), report)).items():
        path = folder / name
        write_output(path, text)
        click.echo(one_line(str(path)))
