"""The rules about migrations: what each statement does to the database, or to the version that runs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DROP_TABLE: Final = "drop-table"
DROP_COLUMN: Final = "drop-column"
RENAME_TABLE: Final = "rename-table"
RENAME_COLUMN: Final = "rename-column"
CHANGE_TYPE: Final = "change-type"
NOT_NULL: Final = "not-null"
SET_NOT_NULL: Final = "set-not-null"
INDEX: Final = "index-locks"
WHOLE_TABLE: Final = "whole-table"
IRREVERSIBLE: Final = "irreversible"

RULES: Mapping[str, str] = {
    DROP_TABLE: "loses data, and breaks the version that still runs",
    DROP_COLUMN: "loses data, and breaks the version that still runs",
    RENAME_TABLE: "breaks the version that still runs",
    RENAME_COLUMN: "breaks the version that still runs",
    CHANGE_TYPE: "rewrites and locks the table, and may fail on rows that do not fit",
    NOT_NULL: "the version that still runs cannot insert rows; it fails where the table has rows",
    SET_NOT_NULL: "fails on rows without a value, and reads the whole table under a lock",
    INDEX: "on PostgreSQL, blocks writes until the index is built; CONCURRENTLY does not",
    WHOLE_TABLE: "changes every row at once, and locks them until the end",
    IRREVERSIBLE: "cannot be undone by the framework",
}
"""By name of a rule: why its statements are dangerous."""
