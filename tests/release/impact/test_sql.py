"""Dangerous statements of SQL: each rule, each dialect's forms, and harmless look-alikes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.release.impact import sql as sql_module
from sluicegate.release.impact.data import UnreadableError
from sluicegate.release.impact.sql import dangers_of_sql
from sluicegate.release.impact.sql_tokens import dialect_of, statements_of


def rules(sql: str, dialect: str = "") -> list[str]:
    return [danger.rule for danger in dangers_of_sql(sql, dialect)]


DANGEROUS = {
    "DROP TABLE users": "drop-table",
    "drop table if exists only_here cascade": "drop-table",
    "DROP SCHEMA billing CASCADE": "drop-table",
    "TRUNCATE users": "drop-table",
    'ALTER TABLE "users" DROP COLUMN "name"': "drop-column",
    "ALTER TABLE users DROP name": "drop-column",
    "ALTER TABLE IF EXISTS ONLY public.users DROP COLUMN IF EXISTS name": "drop-column",
    "ALTER TABLE [dbo].[users] DROP COLUMN [name]": "drop-column",
    "ALTER TABLE events DROP PARTITION p2024": "drop-table",
    "ALTER TABLE users RENAME TO people": "rename-table",
    "RENAME TABLE users TO people": "rename-table",
    "EXEC sp_rename 'users', 'people'": "rename-table",
    "ALTER TABLE users RENAME COLUMN a TO b": "rename-column",
    "ALTER TABLE users RENAME a TO b": "rename-column",
    "ALTER TABLE `users` CHANGE `a` `b` varchar(255)": "rename-column",
    "EXEC sp_rename N'users.a', N'b', N'COLUMN'": "rename-column",
    "ALTER TABLE `users` CHANGE COLUMN `a` `a` bigint": "change-type",
    "ALTER TABLE users MODIFY a bigint NOT NULL": "change-type",
    "ALTER TABLE users ALTER COLUMN a TYPE bigint USING a::bigint": "change-type",
    "ALTER TABLE users ALTER a SET DATA TYPE bigint": "change-type",
    "ALTER TABLE users ALTER COLUMN a nvarchar(10) NOT NULL": "change-type",
    "ALTER TABLE users ADD COLUMN a int NOT NULL": "not-null",
    "ALTER TABLE users ADD a int NOT NULL": "not-null",
    "ALTER TABLE users ADD COLUMN a int CHECK (a IS NOT NULL) NOT NULL": "not-null",
    "ALTER TABLE users ALTER COLUMN a SET NOT NULL": "set-not-null",
    "CREATE INDEX i ON users (a)": "index-locks",
    "CREATE UNIQUE INDEX IF NOT EXISTS i ON public.users USING btree (a)": "index-locks",
    "UPDATE users SET a = 1": "whole-table",
    "DELETE FROM users": "whole-table",
    "UPDATE users SET a = (SELECT b FROM c WHERE c.id = users.id)": "whole-table",
    "WITH x AS (SELECT 1 WHERE true) UPDATE users SET a = 1": "whole-table",
    "/*!40000 DROP TABLE users */": "drop-table",
    "DO $$ BEGIN IF true THEN DROP TABLE users; END IF; END $$": "drop-table",
    "# a comment of MySQL\nDROP TABLE users": "drop-table",
}

HARMLESS = [
    "-- DROP TABLE users",
    "/* DROP TABLE a; /* nested */ DROP TABLE b; */ SELECT 1",
    "INSERT INTO notes VALUES ('DROP TABLE users; DELETE FROM users')",
    "INSERT INTO notes VALUES ('it''s; DROP TABLE users')",
    "INSERT INTO notes VALUES (E'it\\'s; DROP TABLE users')",
    "INSERT INTO notes VALUES ($x$ ; DROP TABLE users; $x$)",
    'SELECT "; DROP TABLE users"',
    "CREATE FUNCTION f() RETURNS void AS $$ BEGIN DELETE FROM users; END $$ LANGUAGE plpgsql",
    "CREATE TEMP TABLE t (a int) ON COMMIT DROP",  # squawk #738
    "CREATE TRIGGER t AFTER UPDATE ON users WHEN (OLD.a IS NOT NULL) EXECUTE FUNCTION f()",  # linter #263
    "CREATE TABLE users (a int NOT NULL); CREATE INDEX i ON users (a); ALTER TABLE users ADD b int NOT NULL",
    "CREATE INDEX CONCURRENTLY i ON users (a)",
    "ALTER TABLE users DROP CONSTRAINT c",
    "ALTER TABLE users DROP PRIMARY KEY, DROP INDEX i",
    "ALTER TABLE users ALTER COLUMN a DROP NOT NULL",
    "ALTER TABLE users ALTER COLUMN a DROP DEFAULT",
    "ALTER TABLE users ALTER COLUMN a SET DEFAULT 1",
    "ALTER TABLE users RENAME CONSTRAINT a TO b",
    "ALTER TABLE users ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID",
    "ALTER TABLE users ADD COLUMN a int CHECK (a IS NOT NULL)",
    "ALTER TABLE users ADD COLUMN a int NOT NULL DEFAULT 0",
    "ALTER TABLE users ADD COLUMN id bigserial NOT NULL",
    "ALTER TABLE users ADD COLUMN a int NOT NULL GENERATED ALWAYS AS (b + 1) STORED",
    "ALTER INDEX a RENAME TO b",
    "UPDATE users SET a = 1 WHERE a IS NULL",
    "DELETE FROM users USING old WHERE users.id = old.id",
    "INSERT INTO users VALUES (1) ON CONFLICT DO UPDATE SET a = 1",
    "SELECT * FROM users FOR UPDATE",
    "GRANT UPDATE, DELETE ON users TO app",
    # how SQLite changes a table
    "CREATE TABLE new_users (a int); DROP TABLE users; ALTER TABLE new_users RENAME TO users",
]


@pytest.mark.parametrize(("sql", "rule"), DANGEROUS.items())
def test_a_dangerous_statement(sql: str, rule: str) -> None:
    assert rules(sql) == [rule]
    assert rules(f"SELECT 1;\n{sql};\nSELECT 'x; y'") == [rule]


@pytest.mark.parametrize("sql", HARMLESS)
def test_what_is_not_dangerous(sql: str) -> None:
    assert rules(sql) == []


def test_several_actions_of_one_statement_with_their_lines() -> None:
    sql = "BEGIN;\nALTER TABLE users\n  ADD COLUMN a numeric(10, 2) NOT NULL,\n  DROP COLUMN b;\nCOMMIT;"
    assert [(d.rule, d.line) for d in dangers_of_sql(sql, "")] == [("not-null", 2), ("drop-column", 2)]


def test_a_default_that_is_dropped_again_hides_nothing() -> None:
    """django-migration-linter #115."""
    sql = (
        "ALTER TABLE t ALTER COLUMN c SET DEFAULT ''; UPDATE t SET c = '' WHERE c IS NULL; "
        "ALTER TABLE t ALTER COLUMN c SET NOT NULL; ALTER TABLE t ALTER COLUMN c DROP DEFAULT;"
    )
    assert rules(sql) == ["set-not-null"]


def test_a_table_that_is_dropped_before_it_is_created_had_rows() -> None:
    assert rules("DROP TABLE IF EXISTS users; CREATE TABLE users (a int);") == ["drop-table"]
    assert rules("CREATE TABLE users (a int); DROP TABLE users;") == []


def test_a_danger_is_not_hidden_behind_many_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_module, "MAX_STATEMENTS", 3)
    assert rules("SELECT 1; SELECT 2; DROP TABLE a") == ["drop-table"]
    with pytest.raises(UnreadableError, match="more than 3 statements"):
        rules("SELECT 1; SELECT 2; SELECT 3; DROP TABLE a")


def test_blocks_of_blocks_are_not_followed() -> None:
    text = "DROP TABLE a"
    for depth in range(400):
        text = f"DO $t{depth}$ {text} $t{depth}$"
    assert rules(text) == []
    assert rules("DO $a$ DROP TABLE a; $a$") == ["drop-table"]


def test_statements_of_sql_server_end_at_go() -> None:
    assert rules("SELECT 1\nGO\nDROP TABLE users\nGO\n", "mssql") == ["drop-table"]


def test_a_backslash_escapes_in_mysql_alone() -> None:
    text = r"INSERT INTO t VALUES ('a\'); DROP TABLE users; --')"
    assert rules(text, "mysql") == []
    assert rules(text, "postgresql") == ["drop-table"]


@pytest.mark.parametrize(
    ("path", "text", "dialect"),
    [
        ("db/mysql/V1__a.sql", "", "mysql"),
        ("m/001_a.sqlite3.up.sql", "", "sqlite"),
        ("m/001.sql", "CREATE TABLE `a` (x int)", "mysql"),
        ("m/001.sql", "CREATE TABLE a (x int) ENGINE = InnoDB", "mysql"),
        ("m/001.sql", "CREATE TABLE a (x int)", ""),
    ],
)
def test_the_dialect_by_path_and_text(path: str, text: str, dialect: str) -> None:
    assert dialect_of(path, text) == dialect


def test_an_index_matters_on_postgresql() -> None:
    assert rules("CREATE INDEX i ON users (a)", "mysql") == []
    assert rules("CREATE INDEX i ON users (a)", "postgresql") == ["index-locks"]


@given(st.text(max_size=300), st.sampled_from(["", "mysql", "postgresql", "mssql"]))
def test_any_text_is_read(text: str, dialect: str) -> None:
    for statement in statements_of(text, dialect):
        assert all(0 <= token.start < token.end <= len(text) for token in statement)
    assert all(1 <= danger.line <= text.count("\n") + 1 for danger in dangers_of_sql(text, dialect))


@given(st.sampled_from(sorted(DANGEROUS)), st.text(alphabet="ab ;\n", max_size=40))
def test_a_comment_and_a_text_hide_any_statement(sql: str, more: str) -> None:
    quoted = sql.replace("'", "''").replace("*/", "").replace("/*!40000", "")
    assert rules(f"SELECT '{more}{quoted}{more}'") == []
    assert rules(f"/* {more}{quoted}{more} */") == []


@pytest.mark.parametrize(
    "unit",
    [
        "/*",
        "$a$",
        "'",
        '"',
        "`",
        "[",
        "(",
        "DO $$",
        "ALTER TABLE a ",
        "CREATE TABLE a;",
        "-",
        "$x",
        ",",
        "\\",
    ],
)
def test_hostile_repetitions_take_linear_time(unit: str) -> None:
    started = time.process_time()
    dangers_of_sql(unit * (30_000 // len(unit)), "")
    assert time.process_time() - started < 1
