"""Large coverage inputs of stated size, the same bytes every time, for benchmarks and limits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

BRANCH_EVERY = 8
MISSED_EVERY = 5


def totals(files: int, lines: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """(covered, all) lines and (taken, possible) branches of every report written here."""
    missed = files * (lines // MISSED_EVERY - lines // (MISSED_EVERY * BRANCH_EVERY))
    branches = files * (lines // BRANCH_EVERY)
    return (files * lines - missed, files * lines), (branches, 2 * branches)


def file_name(index: int) -> str:
    """`package7/module1007.py`: fifty packages."""
    return f"package{index % 50}/module{index}.py"


def _hit(number: int) -> bool:
    return number % MISSED_EVERY != 0 or number % BRANCH_EVERY == 0


def write_cobertura(path: Path, files: int, lines: int) -> None:
    """A Cobertura file as coverage.py lays it out: `files` classes of `lines` lines each.

    2,000 files of 400 lines are 35 MB, 10,000 are 177 MB.
    """
    (covered, valid), (taken, possible) = totals(files, lines)
    body = "".join(_cobertura_line(number) for number in range(1, lines + 1))
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write(
            '<?xml version="1.0" ?>\n'
            f'<coverage version="7.10.0" timestamp="0" lines-valid="{valid}" lines-covered="{covered}"'
            f' line-rate="0" branches-covered="{taken}" branches-valid="{possible}" branch-rate="0.5"'
            ' complexity="0">\n\t<sources>\n\t\t<source>/build/src</source>\n\t</sources>\n'
            '\t<packages>\n\t\t<package name="." line-rate="0" branch-rate="0" complexity="0">\n'
            "\t\t\t<classes>\n"
        )
        for index in range(files):
            out.write(
                f'\t\t\t\t<class name="module{index}.py" filename="{file_name(index)}" complexity="0"'
                ' line-rate="0" branch-rate="0">\n\t\t\t\t\t<methods/>\n\t\t\t\t\t<lines>\n'
            )
            out.write(body)
            out.write("\t\t\t\t\t</lines>\n\t\t\t\t</class>\n")
        out.write("\t\t\t</classes>\n\t\t</package>\n\t</packages>\n</coverage>\n")


def _cobertura_line(number: int) -> str:
    line = f'\t\t\t\t\t\t<line number="{number}" hits="{int(_hit(number))}"'
    if number % BRANCH_EVERY == 0:
        line += f' branch="true" condition-coverage="50% (1/2)" missing-branches="{number + 2}"'
    return line + "/>\n"


def write_lcov(path: Path, files: int, lines: int) -> None:
    """The same report as an LCOV tracefile."""
    body = "".join(_lcov_lines(lines))
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for index in range(files):
            out.write(f"TN:\nSF:{file_name(index)}\n{body}end_of_record\n")


def _lcov_lines(lines: int) -> Iterator[str]:
    for number in range(1, lines + 1):
        if number % BRANCH_EVERY == 0:
            yield f"BRDA:{number},0,0,1\nBRDA:{number},0,1,0\n"
        yield f"DA:{number},{int(_hit(number))}\n"


_SCHEMA = """
CREATE TABLE coverage_schema (version integer);
CREATE TABLE meta (key text, value text, unique (key));
CREATE TABLE file (id integer primary key, path text, unique (path));
CREATE TABLE context (id integer primary key, context text, unique (context));
CREATE TABLE line_bits (file_id integer, context_id integer, numbits blob,
                        unique (file_id, context_id));
CREATE TABLE arc (file_id integer, context_id integer, fromno integer, tono integer,
                  unique (file_id, context_id, fromno, tono));
CREATE TABLE tracer (file_id integer primary key, tracer text);
INSERT INTO coverage_schema VALUES (7);
INSERT INTO meta VALUES ('has_arcs', '0'), ('version', '7.10.0');
INSERT INTO context VALUES (1, '');
"""


def write_data(path: Path, files: int, lines: int) -> None:
    """A data file of coverage.py, without branches, of the lines that ran in the same report."""
    numbits = bytearray(lines // 8 + 1)
    for number in filter(_hit, range(1, lines + 1)):
        numbits[number >> 3] |= 1 << (number & 7)
    connection = sqlite3.connect(path)
    try:
        connection.executescript(_SCHEMA)
        names = [(index + 1, file_name(index)) for index in range(files)]
        connection.executemany("INSERT INTO file VALUES (?, ?)", names)
        rows = [(number, 1, bytes(numbits)) for number, _ in names]
        connection.executemany("INSERT INTO line_bits VALUES (?, ?, ?)", rows)
        connection.commit()
    finally:
        connection.close()
