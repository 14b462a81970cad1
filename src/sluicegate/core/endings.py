"""Which files tools look at as text, by their names. Pure."""

from __future__ import annotations

_ENDINGS = (
    "py pyi pyw pyx pxd ipynb js jsx mjs cjs ts tsx mts cts vue svelte astro css scss less html "
    "c cc cpp cxx h hh hpp hxx m mm go java kt kts scala groovy rs rb php cs fs vb swift dart "
    "sh bash zsh fish ps1 bat cmd pl pm lua r jl ex exs erl hs clj sql tf hcl yml yaml toml ini cfg"
)
_SOURCES = frozenset(_ENDINGS.split())
_SOURCE_NAMES = frozenset({"dockerfile", "makefile", "gnumakefile", "rakefile", "jenkinsfile", "justfile"})


def is_source(path: str) -> bool:
    """Does the name say that tools look at the file: a program, a script or settings?"""
    name = path.rpartition("/")[2].lower()
    stem, _, ending = name.rpartition(".")
    return (bool(stem) and ending in _SOURCES) or name in _SOURCE_NAMES
