"""SQL that migrations execute: literals, joined literals and everything else, alike in all languages."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from sluicegate.release.impact.data import UnreadableError
from sluicegate.release.impact.migration_code import code_dangers
from sluicegate.release.impact.migration_python import alembic_dangers
from sluicegate.release.impact.sql import NO_LITERAL

UNKNOWN = [
    ("ruby", "def up\n  execute sql\nend\n"),
    ("ruby", "def up\n  execute(File.read('a.sql'))\nend\n"),
    ("ruby", 'def up\n  execute "#{sql}"\nend\n'),
    ("ruby", "def up\n  execute <<~SQL\n    SELECT 1;\n    #{rest}\n  SQL\nend\n"),
    ("ruby", "def up\n  connection.execute(sanitize_sql(statement))\nend\n"),
    ("elixir", "def up do\n  execute(sql())\nend\n"),
    ("elixir", 'def up do\n  execute "#{sql}"\nend\n'),
    ("elixir", "def up do\n  sql |> execute()\nend\n"),
    ("php", "function up() { DB::statement($sql); }"),
    ("php", "function up() { DB::connection('a')->unprepared(file_get_contents('a.sql')); }"),
    ("php", "function up() { DB::statement(DB::raw($sql)); }"),
    ("php", 'function up() { DB::statement("$sql"); }'),
    ("php", "function up() { $this->addSql($this->statement()); }"),
    ("csharp", "void Up(M m) { m.Sql(sql); }"),
    ("csharp", 'void Up(M m) { m.Sql(File.ReadAllText("a.sql")); }'),
    ("csharp", 'void Up(M m) { m.Sql($"{statement}"); }'),
    ("script", "export async function up(q) { await q.query(sql) }"),
    ("script", "exports.up = k => k.raw(fs.readFileSync('a.sql', 'utf8'))"),
    ("script", "exports.up = k => k.raw(`${sql}`)"),
    ("script", "exports.up = k => k.raw(`SELECT 1; ${sql}`)"),
    ("script", "exports.up = p => { p.sql(statement) }"),
    ("script", "exports.up = c => c.execute(statement, [])"),
    ("script", "exports.up = q => q.query<Row>(dropped ? 'DROP TABLE a' : other)"),
]


@pytest.mark.parametrize(("language", "text"), UNKNOWN)
def test_sql_that_is_no_literal_is_named(language: str, text: str) -> None:
    assert code_dangers(text, language) == ([], [NO_LITERAL])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ruby", "def up\n  execute 'SELECT 1'\nend\n\ndef down\n  execute sql\nend\n"),
        ("ruby", "def execute\nend\nexecute = 1\ncall :execute, execute: 2\n# execute sql\n"),
        ("elixir", "def execute(sql), do: &execute/1\n"),
        ("php", "function up() { DB::table('a')->update(['b' => 1]); DB::table('a')->delete($id); }"),
        ("csharp", 'void Up(M m) { m.Sql("SELECT 1"); } void Down(M m) { m.Sql(sql); }'),
        ("script", "exports.up = async (db) => { await sql`SELECT ${a}`.execute(db) }"),
        ("script", "exports.up = async (db) => { await db.schema.dropIndex('a')\n  .execute() }"),
        ("script", "exports.up = async (db) => { await q.execute(db); Model.query().where(a) }"),
        ("script", "const sql = require('a'); exports.up = k => k.raw('SELECT 1')"),
        ("script", "exports.up = k => k.raw(sql`SELECT 1`)"),
    ],
)
def test_what_executes_no_unknown_sql_is_not_named(language: str, text: str) -> None:
    assert code_dangers(text, language) == ([], [])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ruby", 'def up\n  execute "ALTER TABLE #{t} " \\\n    "DROP COLUMN a"\nend\n'),
        ("ruby", "def up\n  execute 'ALTER TABLE ' + table + ' DROP COLUMN a'\nend\n"),
        ("elixir", 'def up do\n  execute "ALTER TABLE " <> table <> " DROP COLUMN a"\nend\n'),
        ("php", "function up() { DB::statement('ALTER TABLE ' . $t->name . ' DROP COLUMN a'); }"),
        ("php", 'function up() { DB::statement("ALTER TABLE $table DROP COLUMN a"); }'),
        ("csharp", 'void Up(M m) { m.Sql("ALTER TABLE " + table + " DROP COLUMN a"); }'),
        ("csharp", 'void Up(M m) { m.Sql($"ALTER TABLE {table} DROP COLUMN a"); }'),
        ("csharp", 'void Up(M m) { m.Sql($"""ALTER TABLE {table} DROP COLUMN a"""); }'),
        ("script", "exports.up = k => k.raw('ALTER TABLE ' + f('x', `${y}`) + ' DROP COLUMN a')"),
        ("script", "exports.up = k => k.raw(`ALTER TABLE ${t} DROP COLUMN a`)"),
        ("script", "exports.up = k => sql`ALTER TABLE ${f(`x${y}z`)} DROP COLUMN a`"),
    ],
)
def test_a_value_in_a_statement_does_not_hide_it(language: str, text: str) -> None:
    dangers, unjudged = code_dangers(text, language)
    assert [danger.rule for danger in dangers] == ["drop-column"]
    assert not unjudged


def test_lines_behind_values_of_many_lines_are_those_of_the_source() -> None:
    text = "exports.up = k => k.raw(`SELECT ${f(\n  1,\n)};\nDROP TABLE a` +\n  '; DROP TABLE b')"
    dangers, _ = code_dangers(text, "script")
    assert [(danger.line, danger.text) for danger in dangers] == [(4, "DROP TABLE a"), (5, "DROP TABLE b")]


@pytest.mark.parametrize(
    ("argument", "rules", "unjudged"),
    [
        ("sql", [], [NO_LITERAL]),
        ('f"{sql}"', [], [NO_LITERAL]),
        ('"SELECT 1; " + sql', [], [NO_LITERAL]),
        ('"ALTER TABLE " + table + " DROP COLUMN a"', ["drop-column"], []),
        ('f"DROP TABLE {table}"', ["drop-table"], []),
    ],
)
def test_python_is_judged_alike(argument: str, rules: list[str], unjudged: list[str]) -> None:
    text = f"def upgrade():\n    op.execute({argument})\n\ndef downgrade():\n    op.execute('SELECT 1')\n"
    found, unknown = alembic_dangers("", text)
    assert ([danger.rule for danger in found], unknown) == (rules, unjudged)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ruby", "execute((" * 100_000),
        ("ruby", "execute 'a' + " * 70_000),
        ("script", "sql`${" * 120_000),
        ("script", "sql`${" * 60_000 + "}`" * 60_000),
        ("script", "k.raw(a+" * 100_000),
        ("php", 'DB::update("' + "$a->" * 200_000),
    ],
)
def test_hostile_texts_end_soon(language: str, text: str) -> None:
    began = time.process_time()
    with suppress(UnreadableError):
        code_dangers(text, language)
    assert time.process_time() - began < 15
