"""Reads in-toto statements with in-toto's own messages: run by the interpreter of the oracles.

Reads one JSON object from standard input: `statements`. Prints for each, as JSON, why its layer of the
statement is refused, and why its predicate is refused as a verification summary; empty for what is accepted.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Answer the one question."""
    from google.protobuf import json_format
    from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    def layer(statement: dict[str, Any]) -> None:
        message = json_format.ParseDict(statement, statement_pb2.Statement())
        Statement.copy_from_pb(message).validate()

    def summary(statement: dict[str, Any]) -> None:
        json_format.ParseDict(statement["predicate"], vsa_pb2.VerificationSummary())

    answers = []
    for statement in json.load(sys.stdin)["statements"]:
        found = []
        for check in (layer, summary):
            try:
                check(statement)
                found.append("")
            except (ValueError, json_format.ParseError) as error:
                found.append(f"{type(error).__name__}: {error}")
        answers.append(found)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
