"""The impact of true commits: renames, keys that stay elsewhere, large and odd files, runbooks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from sluicegate.core.errors import WorldError
from sluicegate.git import open_repository
from sluicegate.release.facts import Fact
from sluicegate.release.gather.impact import impact_fact
from sluicegate.release.impact import compare, read
from sluicegate.release.impact.model import IMPACT, Group, Impact, Kind, Step
from sluicegate.release.impact.read import impact_of
from sluicegate.release.notes.read import range_of
from sluicegate.release.read import default_settings
from sluicegate.release.settings import EvidenceSource
from support.pullrequest import git

RUNBOOKS = ("docs/runbooks/**", "runbooks/**")


class Clone(NamedTuple):
    """A repository in which commits are made of files."""

    root: Path

    def commit(self, *gone: str, tag: str = "", **files: str | bytes) -> None:
        """Write files (`__` for a slash), delete others, and commit."""
        for name in gone:
            (self.root / name).unlink()
        for name, text in files.items():
            path = self.root / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", "x")
        if tag:
            git(self.root, "tag", tag)

    def impact(self, text: str = "") -> Impact:
        """The impact of a range, which the document keeps."""
        clone = open_repository(self.root)
        assert clone is not None
        found = impact_of(clone, range_of(clone, text), RUNBOOKS)
        document = IMPACT.encode(found)
        assert IMPACT.encode(IMPACT.decode(document, "x")) == document
        return found


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    git(tmp_path, "init", "-q")
    return Clone(tmp_path)


def names(impact: Impact) -> list[tuple[str, str]]:
    return [(str(s.kind), s.name) for s in impact.settings]


def test_a_key_that_stays_in_an_unchanged_file_is_not_gone(clone: Clone) -> None:
    clone.commit(
        a_DOT_py="import os\nos.environ['A1']\nos.environ['B1']\n",
        b_DOT_py="import os\nos.getenv('A1')\n",
        tag="v1",
    )
    clone.commit(a_DOT_py="import os\nos.environ['C1']\n")
    assert names(clone.impact()) == [("removed", "B1"), ("added", "C1")]


def test_what_is_only_renamed_changes_nothing(clone: Clone) -> None:
    text = "import os\n" + "os.environ['A1']\n" * 20
    migration = "DROP TABLE a;\n" * 20
    clone.commit(a_DOT_py=text, db__migrations__1_DOT_sql=migration, tag="v1")
    clone.commit("a.py", "db/migrations/1.sql", b_DOT_py=text, db__migrations__2_DOT_sql=migration)
    found = clone.impact()
    assert (found.settings, found.dangers, found.unread) == ((), (), ())
    assert [m.kind for m in found.migrations] == [Kind.CHANGED]


def test_a_dependency_that_another_manifest_still_has_is_not_gone(clone: Clone) -> None:
    package = '{"dependencies": {"a": "1.0.0"%s}}'
    clone.commit(x__package_DOT_json=package % ', "b": "1.0.0"', y__package_DOT_json=package % "", tag="v1")
    clone.commit(x__package_DOT_json='{"dependencies": {}}')
    assert [(d.name, d.step) for d in clone.impact().dependencies] == [("b", Step.REMOVED)]


def test_an_index_is_dangerous_where_a_driver_of_postgresql_may_be(clone: Clone) -> None:
    clone.commit(Gemfile_DOT_lock="GEM\n  specs:\n    mysql2 (0.5.5)\n", tag="v1")
    clone.commit(db__migrate__20250101000000_a_DOT_rb="add_index :users, :a\nremove_column :users, :b\n")
    assert [d.rule for d in clone.impact().dangers] == ["drop-column"]
    clone.commit(Gemfile_DOT_lock="GEM\n  specs:\n    mysql2 (0.5.5)\n    pg (1.5.0)\n")
    assert [d.rule for d in clone.impact().dangers] == ["index-locks", "drop-column"]


def test_the_first_release_and_a_migration_that_is_edited(clone: Clone) -> None:
    clone.commit(m__migrations__1_DOT_sql="DROP TABLE a;\n")
    found = clone.impact("HEAD")
    assert (found.base, [m.kind for m in found.migrations], len(found.dangers)) == ("", [Kind.ADDED], 1)
    git(clone.root, "tag", "v1")
    clone.commit(m__migrations__1_DOT_sql="-- why\nDROP TABLE a;\nDROP TABLE b;\n")
    assert [(d.line, d.text) for d in clone.impact().dangers] == [(3, "DROP TABLE b")]


def test_runbooks_by_group(clone: Clone) -> None:
    clone.commit(README="x", tag="v1")
    clone.commit(a_DOT_py="import os\nos.environ['API_URL']\n", m__migrations__1_DOT_sql="SELECT 1;")
    assert {(r.group, r.changed, r.touched) for r in clone.impact().runbooks if r.changed} == {
        (Group.SETTINGS, True, False), (Group.MIGRATIONS, True, False),
    }  # fmt: skip
    clone.commit(docs__runbooks__a_DOT_md="Set API_URL before.\n")
    found = clone.impact()
    assert found.runbook_files == ("docs/runbooks/a.md",)
    assert {r.group: (r.touched, r.names) for r in found.runbooks if r.changed} == {
        Group.SETTINGS: (True, ("API_URL",)), Group.MIGRATIONS: (True, ()),
    }  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="names and links of a POSIX system")
def test_odd_files_of_strangers(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_FILE", 2_000)
    clone.commit(README="x", tag="v1")
    folder = clone.root / "db" / "migrations"
    folder.mkdir(parents=True)
    (folder / "link.sql").symlink_to("DROP TABLE link;")
    (folder / "line\nfeed.sql").write_text("DROP TABLE a;")
    (folder / "bad.sql").write_bytes(b"\xff\xfe" + "DROP TABLE b;".encode("utf-16-le"))
    (folder / "large.sql").write_text("DROP TABLE c;" * 1000)
    (folder / os.fsdecode(b"\xff.sql")).write_text("DROP TABLE d;")
    (folder / "nul.sql").write_bytes(b"\0DROP TABLE e;")
    (clone.root / "requirements.txt").write_bytes(b"\xff==1\na==1\n")
    (clone.root / "pyproject.toml").write_text("[[[")
    (clone.root / "compose.yml").write_text("services: " + "[" * 1900)
    (clone.root / "a.py").write_text("import os\nos.environ[\n")
    clone.commit()
    found = clone.impact()
    assert sorted(d.text for d in found.dangers) == ["DROP TABLE a", "DROP TABLE b", "DROP TABLE d"]
    assert {(u.group, u.path) for u in found.unread} == {
        (Group.MIGRATIONS, "db/migrations/large.sql"), (Group.DEPENDENCIES, "pyproject.toml"),
        (Group.SETTINGS, "compose.yml"), (Group.SETTINGS, "a.py"),
    }  # fmt: skip
    assert [d.name for d in found.dependencies] == ["a"]


def test_too_many_files_are_said(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_FILES", 2)
    clone.commit(tag="v1")
    clone.commit(a="1", b="2", c="3")
    found = clone.impact()
    assert {u.group for u in found.unread} == set(Group)
    assert "of 3 changed files only 2" in found.unread[0].reason


def test_lists_that_are_too_long_are_said(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "MAX_LISTED", 2)
    monkeypatch.setattr(compare, "MAX_KEYS", 4)
    clone.commit(tag="v1")
    clone.commit(requirements_DOT_txt="a==1\nb==1\n")
    clone.commit(_DOT_env="A1=1\nB1=1\nC1=1\n", b_DOT_env="A1=\nB1=\nC1=\nD1=\nE1=\n")
    found = clone.impact()
    assert len(found.settings) == 2
    assert {(u.path, u.reason) for u in found.unread} == {
        ("", "more than 2 changes; these are listed"), ("b.env", "it has more than 4 keys"),
    }  # fmt: skip


def test_a_folder_of_a_repository_sees_what_is_below(clone: Clone) -> None:
    clone.commit(tag="v1")
    clone.commit(x__a_DOT_py="import os\nos.environ['A1']\n", y__a_DOT_py="import os\nos.environ['B1']\n")
    found = Clone(clone.root / "x").impact()
    assert [(s.name, s.places[0].path) for s in found.settings] == [("A1", "a.py")]


def test_a_shallow_clone_cannot_tell(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> None:
    clone.commit(tag="v1")
    clone.commit()
    root = tmp_path_factory.mktemp("shallow") / "x"
    git(clone.root, "clone", "-q", "--depth=1", clone.root.as_uri(), str(root))
    with pytest.raises(WorldError, match="shallow"):
        Clone(root).impact()


# --- as evidence of a release ------------------------------------------------------------------


def fact(clone: Clone, base: str) -> Fact:
    git_ = open_repository(clone.root)
    assert git_ is not None
    source = EvidenceSource("impact", "impact", (base,))
    return impact_fact(source, git_, git_.commit("HEAD"), default_settings().runbooks)


def test_the_measures_of_a_release(clone: Clone) -> None:
    clone.commit(a_DOT_py="import os\nos.environ['A1']\n", requirements_DOT_txt="a==1.0\n", tag="v1")
    clone.commit("a.py", m__migrations__1_DOT_sql="DROP TABLE a;", requirements_DOT_txt="a==2.0\n")
    found = fact(clone, "nearest-tag")
    assert {name: m.value for name, m in found.measures.items()} == {
        "migrations": 1, "dangerous_migrations": 1, "breaking_apis": 0, "removed_settings": 1,
        "removed_alerts": 0, "majors": 1, "without_runbook": 3,
    }  # fmt: skip
    assert found.measures["dangerous_migrations"].reason == "m/migrations/1.sql:1: drop-table"
    assert fact(clone, "v1").measures == found.measures


def test_what_could_not_be_read_is_not_known(clone: Clone) -> None:
    clone.commit(tag="v1")
    clone.commit(app__migrations__0001_a_DOT_py="migrations.Migration (")
    found = fact(clone, "v1").measures
    assert (found["dangerous_migrations"].value, found["without_runbook"].value) == (None, None)
    assert "does not parse" in found["dangerous_migrations"].reason
    assert found["breaking_apis"].value == 0
    assert {m.value for m in fact(clone, "no-such-tag").measures.values()} == {None}
    assert {
        m.value for m in impact_fact(EvidenceSource("i", "impact", ("v1",)), None, "x", ()).measures.values()
    } == {None}
