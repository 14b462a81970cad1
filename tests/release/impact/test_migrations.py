"""Migrations of each framework: known by path and text, judged forward, with lines."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.release.impact.data import UnreadableError
from sluicegate.release.impact.databases import databases
from sluicegate.release.impact.migration_code import code_dangers
from sluicegate.release.impact.migration_python import UnparsedError
from sluicegate.release.impact.migrations import FRAMEWORKS, framework_of, judge, only_new
from sluicegate.release.impact.model import Danger

DJANGO = """\
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.CreateModel("New", fields=[("id", models.AutoField())]),
        migrations.AddField("new", "x", models.IntegerField()),
        migrations.RemoveField(model_name="user", name="x"),
        migrations.DeleteModel(name="Old"),
        migrations.RenameField("user", "a", "b"),
        migrations.AddField(model_name="user", name="n", field=models.IntegerField(null=True)),
        migrations.AddField(model_name="user", name="d", field=models.IntegerField(db_default=0)),
        migrations.AddField(model_name="user", name="m", field=models.ManyToManyField("a.B")),
        migrations.AddField(model_name="user", name="y", field=models.IntegerField(default=0)),
        migrations.AlterField("user", "y", models.TextField()),
        migrations.AddIndex("user", models.Index(fields=["y"])),
        AddIndexConcurrently("user", models.Index(fields=["y"])),
        migrations.RunSQL('''
            -- DROP TABLE a;
            DROP TABLE b;
        ''', migrations.RunSQL.noop),
        migrations.RunPython(forward),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("user", "kept")],
            database_operations=[migrations.RunSQL([("UPDATE t SET a = 1", None)], reverse_sql="")],
        ),
    ]
"""
ALEMBIC = """\
revision = "a"
down_revision = "b"

def upgrade():
    op.create_table("new", sa.Column("id", sa.Integer(), nullable=False))
    op.create_index("i", "new", ["id"])
    op.drop_column("users", "a")
    op.add_column("users", sa.Column("b", sa.Integer(), nullable=False))
    op.add_column("users", sa.Column("c", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("users", "d", new_column_name="e")
    with op.batch_alter_table("people") as batch_op:
        batch_op.alter_column("f", nullable=False, type_=sa.Text())
    op.execute(f"UPDATE {table} SET a = 1")
    op.create_index("j", "users", ["a"], postgresql_concurrently=True)

def downgrade():
    op.drop_table("new")
"""
RAILS = """\
class A < ActiveRecord::Migration[7.1]
  def up
    create_table :widgets do |t|
      t.string :name, null: false
    end
    add_index :widgets, :name
    # drop_table :commented
    say "drop_table :quoted"
    remove_column :users, :age
    add_column :users, :a, :integer, null: false
    add_column :users, :b, :integer,
               null: false, default: 0
    change_column_null :users, :c, true
    change_column_null :users, :d, false
    add_index :users, :e, algorithm: :concurrently
    add_index :users, :f
    execute <<~SQL
      UPDATE users
      SET a = 1;
    SQL
    change_table :users do |t|
      t.remove :old
    end
    User.where(x: 1).update_all(y: 2)
    User.update_all(y: 2)
  end

  def down
    drop_table :widgets
  end
end
"""
LARAVEL = """\
<?php
return new class extends Migration {
    public function up(): void {
        Schema::create('fresh', function (Blueprint $table) { $table->string('x'); });
        Schema::table('users', function (Blueprint $table) {
            $table->string('a')->nullable();
            $table->string('b')->default('x');
            $table->string('c');
            $table->dropColumn('d'); // $table->dropColumn('e');
            $table->text('f')->change();
        });
        Schema::dropIfExists('old');
        DB::statement('DELETE FROM users');
    }
    public function down(): void {
        Schema::dropIfExists('fresh');
    }
};
"""
KNEX = """\
exports.up = async function (knex) {
  await knex.schema.createTable('fresh', (t) => { t.string('x') });
  await knex.schema.table('users', (t) => { t.dropColumn('a'); });
  await knex.raw(`ALTER TABLE users
    DROP COLUMN b`);
  // await knex.schema.dropTable('c');
  const text = `not ${knex.schema.renameTable('d', 'e')} code`;
};
exports.down = async ({ schema }) => {
  await schema.dropTable('fresh');
};
"""
TYPEORM = """\
export class A1 implements MigrationInterface {
  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "users" ADD "a" integer NOT NULL`);
    await queryRunner.renameColumn("users", "a", "b");
  }
  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "users"`);
  }
}
"""
SEQUELIZE = """\
module.exports = {
  down: async (queryInterface) => { await queryInterface.dropTable('a'); },
  up: async (queryInterface, Sequelize) => {
    await queryInterface.addColumn('users', 'a', { type: Sequelize.STRING, allowNull: false });
    await queryInterface.addColumn('users', 'b', { allowNull: false, defaultValue: '' });
    await queryInterface.removeColumn('users', 'c');
  },
};
"""
EF = """\
public partial class A : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(name: "Fresh");
        migrationBuilder.DropColumn(name: "a", table: "Users");
        migrationBuilder.AddColumn<int>(name: "b", table: "Users", nullable: false);
        migrationBuilder.AddColumn<int>(name: "c", table: "Users", nullable: false, defaultValue: 0);
        migrationBuilder.Sql("DELETE FROM Users");
    }
    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "Fresh");
    }
}
"""
ECTO = """\
defmodule A do
  use Ecto.Migration
  def up do
    create table(:fresh) do
      add :x, :string, null: false
    end
    alter table(:users) do
      remove :a
      add :b, :integer, null: false
      add :c, :integer, null: false, default: 0
      modify :d, :text
    end
    create index(:users, [:b])
    create index(:users, [:c], concurrently: true)
    rename table(:users), :e, to: :f
    execute "DELETE FROM users"
  end

  def down do
    drop table(:fresh)
  end
end
"""
LIQUIBASE = """\
<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog">
  <changeSet id="1" author="a">
    <createTable tableName="fresh"/>
    <dropColumn tableName="fresh" columnName="x"/>
    <dropColumn tableName="users" columnName="a"/>
    <addColumn tableName="users"><column name="b"><constraints nullable="false"/></column></addColumn>
    <addColumn tableName="users">
      <column name="c" type="int" defaultValueNumeric="0"><constraints nullable="false"/></column>
    </addColumn>
    <delete tableName="users"><where>id = 1</where></delete>
    <sql>-- DROP TABLE a;
DROP TABLE b;</sql>
    <rollback><dropTable tableName="users"/></rollback>
  </changeSet>
</databaseChangeLog>
"""

CASES: list[tuple[str, str, str, list[tuple[str, int]]]] = [
    (
        "app/migrations/0002_x.py", DJANGO, "Django",
        [
            ("drop-column", 8), ("drop-table", 9), ("rename-column", 10), ("not-null", 14),
            ("index-locks", 16),
            ("drop-table", 20), ("irreversible", 22), ("whole-table", 25),
        ],
    ),
    (
        "migrations/versions/a_b.py", ALEMBIC, "Alembic",
        [
            ("drop-column", 7), ("not-null", 8), ("rename-column", 10), ("change-type", 12),
            ("set-not-null", 12),
            ("whole-table", 13),
        ],
    ),
    (
        "db/migrate/20250101000000_a.rb", RAILS, "Rails",
        [
            ("drop-column", 9), ("not-null", 10), ("set-not-null", 14), ("index-locks", 16),
            ("whole-table", 18),
            ("drop-column", 22), ("whole-table", 25),
        ],
    ),
    (
        "database/migrations/2025_01_01_000000_a.php", LARAVEL, "Laravel",
        [("not-null", 8), ("drop-column", 9), ("change-type", 10), ("drop-table", 12), ("whole-table", 13)],
    ),
    ("migrations/20250101_a.js", KNEX, "Knex", [("drop-column", 3), ("drop-column", 4), ("rename-table", 7)]),
    ("src/migrations/1-a.ts", TYPEORM, "TypeORM", [("not-null", 3), ("rename-column", 4)]),
    ("migrations/20250101-a.js", SEQUELIZE, "Sequelize", [("not-null", 4), ("drop-column", 6)]),
    ("src/Migrations/20250101000000_A.cs", EF, "EF Core",
     [("drop-column", 6), ("not-null", 7), ("whole-table", 9)]),
    (
        "priv/repo/migrations/20250101000000_a.exs", ECTO, "Ecto",
        [
            ("drop-column", 8), ("not-null", 9), ("change-type", 11), ("index-locks", 13),
            ("rename-column", 15),
            ("whole-table", 16),
        ],
    ),
    ("db/changelog/a.xml", LIQUIBASE, "Liquibase", [("drop-column", 5), ("not-null", 6), ("drop-table", 12)]),
    (
        "db/changelog/a.yaml",
        (
        "databaseChangeLog:\n- changeSet:\n    id: 1\n    changes:\n    - dropTable:\n"
        "        tableName: a\n    - update:\n        tableName: b\n    rollback:\n"
        "    - dropTable: {tableName: c}\n"
),
        "Liquibase", [("drop-table", 6), ("whole-table", 8)],
    ),
    ("db/a.sql", "--liquibase formatted sql\n--changeset a:1\nDROP TABLE a;\n--rollback DROP TABLE b;\n",
     "Liquibase", [("drop-table", 3)]),
    ("db/migration/V2__a.sql", "DROP TABLE a;", "Flyway", [("drop-table", 1)]),
    ("db/migration/R__views.sql", "DELETE FROM a;", "Flyway", [("whole-table", 1)]),
    ("db/migration/U2__a.sql", "DROP TABLE a;", "Flyway", []),
    ("prisma/migrations/20250101_a/migration.sql", 'ALTER TABLE "A" DROP COLUMN "b";', "Prisma",
     [("drop-column", 1)]),
    ("m/000001_a.up.sql", "DROP TABLE a;", "golang-migrate", [("drop-table", 1)]),
    ("m/000001_a.down.sql", "DROP TABLE a;", "golang-migrate", []),
    ("m/1.sql", "-- +goose Up\nDROP TABLE a;\n-- +goose Down\nDROP TABLE b;\n", "goose", [("drop-table", 2)]),
    ("m/1.sql", "-- +goose Up\nDROP TABLE a;\n", "goose", [("irreversible", 1), ("drop-table", 2)]),
    ("m/1.sql", "-- migrate:up\nDROP TABLE a;\n-- migrate:down\nDROP TABLE b;\n", "dbmate",
     [("drop-table", 2)]),
    ("m/1.sql", "-- +migrate Up\nDROP TABLE a;\n-- +migrate Down\nDROP TABLE b;\n", "sql-migrate",
     [("drop-table", 2)]),
    ("migrations/2025_a/up.sql", "DROP TABLE a;", "Diesel", [("drop-table", 1)]),
    ("migrations/2025_a/down.sql", "DROP TABLE a;", "Diesel", []),
    ("drizzle/0001_a.sql", "DROP TABLE a;--> statement-breakpoint\nDELETE FROM b;", "Drizzle",
     [("drop-table", 1), ("whole-table", 2)]),
    ("supabase/migrations/2025_a.sql", "DROP TABLE a;", "Supabase", [("drop-table", 1)]),
    ("migrations/Version20250101000000.php",
     (
        "<?php class V extends AbstractMigration { function up() { $this->addSql('DROP TABLE "
        "a'); } function down() { $this->addSql('DROP TABLE b'); } }"
), "Doctrine", [("drop-table", 1)]),
    ("db/migrations/1.sql", "DROP TABLE a;", "SQL", [("drop-table", 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "name", "wanted"), CASES, ids=[f"{c[2]} {c[0]}" for c in CASES])
def test_a_migration(path: str, text: str, name: str, wanted: list[tuple[str, int]]) -> None:
    framework = framework_of(path, text)
    assert framework is not None
    assert framework.name == name
    dangers, _ = judge(framework, path, text)
    assert sorted((d.rule, d.line) for d in dangers) == sorted(wanted)


def test_every_framework_has_a_case() -> None:
    assert {framework.name for framework in FRAMEWORKS} == {name for _, _, name, _ in CASES}


@pytest.mark.parametrize(
    "path",
    [
        "tests/migrations/0001_x.py",
        "vendor/migrations/1.sql",
        "docs/a.md",
        "src/versions/a.py",
        "db/seeds.rb",
    ],
)
def test_other_files_are_no_migrations(path: str) -> None:
    assert framework_of(path, "x = 1") is None


def test_what_is_not_judged_is_named() -> None:
    framework = framework_of("app/migrations/0002_x.py", DJANGO)
    assert framework is not None
    assert judge(framework, "a.py", DJANGO)[1] == ["AlterField", "RunPython"]


def test_an_irreversible_revision() -> None:
    text = 'revision = "a"\ndef upgrade():\n    op.drop_table("x")\ndef downgrade():\n    pass\n'
    framework = framework_of("migrations/versions/a.py", text)
    assert framework is not None
    assert [d.rule for d in judge(framework, "", text)[0]] == ["drop-table", "irreversible"]
    merge = 'revision = "a"\ndef upgrade():\n    pass\ndef downgrade():\n    pass\n'
    assert judge(framework, "", merge)[0] == []


def test_an_edited_migration_has_only_what_is_new() -> None:
    old = [Danger("drop-table", 3, "DROP TABLE a")]
    new = [Danger("drop-table", 9, "DROP TABLE a"), Danger("drop-table", 10, "DROP TABLE a")]
    assert [d.line for d in only_new(new, old)] == [10]


def test_what_does_not_parse_is_an_error() -> None:
    framework = framework_of("app/migrations/0002_x.py", DJANGO)
    assert framework is not None
    with pytest.raises(UnparsedError, match="line 1 does not parse"):
        judge(framework, "", "migrations.Migration (")
    with pytest.raises(UnreadableError, match="well-formed"):
        judge(next(f for f in FRAMEWORKS if f.name == "Liquibase"), "a.xml", "<databaseChangeLog>")


def test_the_databases_by_drivers() -> None:
    assert databases(["rails", "mysql2"]) == {"mysql"}
    assert databases(["next"], ['datasource db {\n provider = "postgresql"\n}']) == {"postgresql"}
    assert databases(["click"]) == frozenset()


LANGUAGES = ["ruby", "elixir", "php", "csharp", "script"]


@given(st.text(max_size=200), st.sampled_from(LANGUAGES))
def test_any_text_is_read(text: str, language: str) -> None:
    dangers, _ = code_dangers(text, language)
    assert all(1 <= danger.line <= text.count("\n") + 1 for danger in dangers)


@given(
    st.text(max_size=200)
    | st.sampled_from([case[1] for case in CASES]).map(lambda text: text[: len(text) // 2]),
    st.sampled_from([f.name for f in FRAMEWORKS]),
    st.sampled_from(["a.sql", "a.xml", "a.yaml", "a.json", "a.py"]),
)
def test_any_text_gives_dangers_or_an_error(text: str, name: str, path: str) -> None:
    with suppress(UnreadableError, UnparsedError):
        judge(next(f for f in FRAMEWORKS if f.name == name), path, text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "unit", ["def down\n", "down() {", "function down(", "void Down(){", ".addColumn(", "`${"]
)
def test_hostile_repetitions_take_linear_time(language: str, unit: str) -> None:
    started = time.process_time()
    with suppress(UnreadableError):
        code_dangers(unit * (20_000 // len(unit)), language)
    assert time.process_time() - started < 1
    with pytest.raises(UnreadableError, match="characters"):
        code_dangers(" " * 1_000_001, language)


def test_a_danger_is_not_hidden_behind_many_harmless_calls() -> None:
    text = "def up\n" + "  add_column :users, :a, :integer\n" * 1001 + "end\n"
    with pytest.raises(UnreadableError, match="more than 1,000 calls"):
        code_dangers(text, "ruby")


def test_many_empty_lines_take_linear_time() -> None:
    started = time.process_time()
    framework_of("db/migrations/1.sql", "\n" * 200_000)
    assert time.process_time() - started < 1
