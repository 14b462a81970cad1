from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.engines.docs import module_name, records
from sluicegate.engines.syntax import Parsed, quiet
from sluicegate.evidence.analysed import DocsRecord
from support.sources import Text, analysis, as_bytes, workspace


def public(source: Text, path: str = "pkg/mod.py") -> dict[str, bool]:
    """Name -> documented, for the public names of a file; the module's name is `pkg.mod`."""
    with quiet():
        parsed = Parsed.of(as_bytes(source), path)
    assert isinstance(parsed, Parsed)
    return {found.name: found.documented for found in records(parsed, path, None, path)}


def test_module_class_function_and_method_are_public_names(tmp_path: Path) -> None:
    source = '''
        """Says something."""
        def f():
            """Says something."""
        class A:
            def m(self): pass
            class Inner:
                """Says something."""
    '''
    assert public(source) == {
        "pkg.mod": True,
        "f": True,
        "A": False,
        "A.m": False,
        "A.Inner": True,
    }


@pytest.mark.parametrize(
    "source",
    [
        "def _f(): pass",
        "class _A:\n  def m(self): pass",
        "class _A:\n  class B:\n    def m(self): pass",
        "def __getattr__(name): pass",
        "x = lambda: 1",
        "@overload\ndef f(a: int) -> int: ...",
        "@typing.overload\ndef f(a: int) -> int: ...",
    ],
)
def test_what_is_not_public_is_not_counted(source: str) -> None:
    assert public(source) == {"pkg.mod": False}


@pytest.mark.parametrize(
    "member",
    [
        "def __init__(self): pass",
        "def __eq__(self, other): pass",
        "def _m(self): pass",
        "@x.setter\n  def x(self, value): pass",
        "@x.deleter\n  def x(self): pass",
        "@override\n  def m(self): pass",
        "@typing.override\n  def m(self): pass",
    ],
)
def test_members_that_need_no_documentation_of_their_own_are_not_counted(member: str) -> None:
    assert public(f"class A:\n  {member}\n") == {"pkg.mod": False, "A": False}


DJANGO = "def forwards(apps, editor): ...\nclass Migration(migrations.Migration): ...\n"
ALEMBIC = "revision = 'a1'\ndown_revision: str | None = None\ndef upgrade(): ...\ndef downgrade(): ...\n"


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("shop/migrations/m1_initial.py", DJANGO),
        ("migrations/versions/a1_users.py", ALEMBIC),
        ("db/alembic/a1_users.py", ALEMBIC),
        ("examples/a.py", "def f(): pass"),
        ("example/sub/a.py", "def f(): pass"),
        ("src/pkg/examples/a.py", "def f(): pass"),
        ("docs/conf.py", "def setup(app): pass"),
    ],
)
def test_migrations_and_examples_have_no_public_names(path: str, source: str) -> None:
    assert public(source, path) == {}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("pkg/migrations/executor.py", "def upgrade(): pass"),
        ("pkg/models.py", "class Migration: ..."),
        ("pkg/versions.py", "revision = 1\ndef upgrade(): ..."),
        ("pkg/example/a.py", "def f(): pass"),
        ("pkg/docs/a.py", "def f(): pass"),
        ("docs.py", "def f(): pass"),
        ("pkg/examples.py", "def f(): pass"),
    ],
)
def test_what_only_looks_like_them_has(path: str, source: str) -> None:
    assert len(public(source, path)) == 2


@pytest.mark.parametrize("mark", ["override", "typing.override", "typing_extensions.override"])
def test_an_override_is_documented_by_what_it_overrides(mark: str) -> None:
    assert "A.m" not in public(f"class A:\n  @{mark}\n  def m(self): pass\n")


def test_nested_functions_and_their_classes_are_not_counted() -> None:
    source = "def f():\n  def g(): pass\n  class A: pass\n"
    assert public(source) == {"pkg.mod": False, "f": False}


@pytest.mark.parametrize(
    "path", ["pkg/_private.py", "_pkg/mod.py", "_pkg/sub/mod.py", "pkg/_private/__init__.py"]
)
def test_a_private_path_has_no_public_names(path: str) -> None:
    assert public("def f(): pass", path) == {}


@pytest.mark.parametrize("path", ["pkg/__init__.py", "pkg/__main__.py"])
def test_a_dunder_module_is_public(path: str) -> None:
    assert "f" in public("def f(): pass", path)


@pytest.mark.parametrize("source", ["", "# only a comment\n", "\n\n"])
def test_an_empty_module_is_not_counted(source: str) -> None:
    assert public(source, "pkg/__init__.py") == {}


@pytest.mark.parametrize("text", ["''", "'   '", "b'bytes'", "f'formatted'", "1"])
def test_what_only_looks_like_a_docstring_documents_nothing(text: str) -> None:
    assert public(f"def f():\n  {text}\n")["f"] is False


@pytest.mark.parametrize(
    ("assignment", "names"),
    [
        ("__all__ = ['_f', 'A']", {"_f", "A"}),
        ("__all__ = ('g',)", {"g"}),
        ("__all__: list[str] = ['g']", {"g"}),
        ("__all__ = ['g']\n__all__ += ['A']", {"g", "A"}),
        ("__all__ = []", set()),
        ("__all__ = names()", {"g", "A"}),
        ("__all__ = ['g'] + other.__all__", {"g", "A"}),
        ("__all__ = ['g']\n__all__ += other.__all__", {"g", "A"}),
        ("__all__ = ['g', name]", {"g", "A"}),
    ],
)
def test_all_is_honoured_where_it_is_a_plain_literal(assignment: str, names: set[str]) -> None:
    source = f"{assignment}\ndef _f(): pass\ndef g(): pass\nclass A: pass\n"
    assert public(source).keys() - {"pkg.mod"} == names


def test_names_within_compound_statements_count() -> None:
    source = """
        if A:
            def f(): pass
        else:
            def g(): pass
        try:
            class B: pass
        except ImportError:
            class C: pass
        finally:
            class D: pass
    """
    assert public(source).keys() == {"pkg.mod", "f", "g", "B", "C", "D"}


def test_a_name_with_several_definitions_counts_once_and_one_docstring_is_enough() -> None:
    source = "if A:\n  def f(): pass\nelse:\n  def f():\n    'Says something.'\n"
    assert public(source) == {"pkg.mod": False, "f": True}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("src/pkg/mod.py", "pkg.mod"),
        ("src/pkg/__init__.py", "pkg"),
        ("mod.py", "mod"),
        ("__init__.py", "__init__"),
        ("lib/pkg/mod.pyi", "lib.pkg.mod"),
    ],
)
def test_a_module_is_named_as_it_is_imported(path: str, name: str) -> None:
    assert module_name(path) == name


@given(st.text(alphabet="abc_()[]:=\n 'd'ef class@.", max_size=80))
def test_any_source_that_parses_has_names_without_duplicates(source: str) -> None:
    with quiet():
        parsed = Parsed.of(source.encode(), "a.py")
    if isinstance(parsed, Parsed):
        names = [(found.name, found.kind) for found in records(parsed, "a.py", None, "a.py")]
        assert len(names) == len(set(names))


# --- as a record --------------------------------------------------------------------------------


def record(
    root: Path,
    head: dict[str, Text],
    base: dict[str, Text] | None,
    renamed: dict[str, str] | None = None,
) -> DocsRecord:
    found = analysis(workspace(root, head, base, renamed=renamed), "docs").docs
    assert found is not None
    return found


def news(found: DocsRecord) -> dict[str, bool | None]:
    return {name.name: name.new for name in found.names}


def test_without_a_change_nothing_is_known_to_be_new(tmp_path: Path) -> None:
    assert news(record(tmp_path, {"a.py": "def f(): pass\n"}, None)) == {"a": None, "f": None}


def test_names_that_the_base_lacks_are_new(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "def f(): pass\ndef g(): pass\n"}, {"a.py": "def f(): pass\n"})
    assert news(found) == {"a": False, "f": False, "g": True}


def test_a_name_that_the_base_documents_is_known_as_that(tmp_path: Path) -> None:
    base = "def f():\n  'Doc.'\ndef g(): pass\n"
    found = record(tmp_path, {"a.py": "def f(): pass\ndef g():\n  'Doc.'\ndef h(): pass\n"}, {"a.py": base})
    assert {n.name: n.before for n in found.names} == {"a": False, "f": True, "g": False, "h": None}


def test_an_untouched_file_documents_what_it_did(tmp_path: Path) -> None:
    files: dict[str, Text] = {"a.py": "'Doc.'\ndef f(): pass\n"}
    assert {n.name: n.before for n in record(tmp_path, files, files).names} == {"a": True, "f": False}


def test_a_name_that_becomes_public_is_new(tmp_path: Path) -> None:
    text = "__all__ = ['f']\ndef f(): pass\ndef g(): pass\n"
    found = record(tmp_path, {"a.py": text.replace("'f'", "'f', 'g'")}, {"a.py": text})
    assert news(found) == {"a": False, "f": False, "g": True}


def test_a_renamed_file_has_no_new_names(tmp_path: Path) -> None:
    text = "def f(): pass\n"
    found = record(tmp_path, {"new.py": text + "def g(): pass\n"}, {"old.py": text}, {"new.py": "old.py"})
    assert news(found) == {"new": False, "f": False, "g": True}


def test_an_untouched_file_has_no_new_names(tmp_path: Path) -> None:
    files: dict[str, Text] = {"a.py": "def f(): pass\n"}
    assert news(record(tmp_path, files, files)) == {"a": False, "f": False}


def test_a_name_has_its_place_and_kind(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "'Doc.'\n\nclass A:\n  @d\n  def m(self): pass\n"}, None)
    assert [(n.path, n.name, n.kind, n.line) for n in found.names] == [
        ("a.py", "a", "module", 1),
        ("a.py", "A", "class", 3),
        ("a.py", "A.m", "method", 5),
    ]


def test_a_file_that_does_not_parse_is_a_problem(tmp_path: Path) -> None:
    assert [p.path for p in record(tmp_path, {"a.py": "def f(:"}, None).problems] == ["a.py"]
