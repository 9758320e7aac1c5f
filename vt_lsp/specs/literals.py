"""Which words are Python literals, file names, or stand for something that the reader shall put in."""

from __future__ import annotations

import re

_STRING = r"""[rbuRBU]{0,2}(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
_NUMBER = r"(?:0[xXoObB][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?|\.\d+)[jJ]?(?!\w)"
_ATOM = rf"(?:{_STRING}|{_NUMBER}|\b(?:True|False|None)\b)"
_LITERAL = re.compile(rf"-?{_ATOM}|[(\[{{](?:{_ATOM}|[\[\](){{}},:\s+-])*[)\]}}]|\.\.\.")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|(?:[A-Za-z_]\w*\.)+[A-Z][A-Z0-9_]+")
_CALL = re.compile(rf"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*\((?:{_ATOM}|[\w.=,\s-])*\)")
_OTHER_LANGUAGES = {"true": "True", "false": "False", "null": "None", "none": "None"}
_MAX_LENGTH = 120

FILE_SUFFIXES = frozenset(
    "py pyi "
    "pyx pxd pyc ipynb md mdx rst txt toml cfg ini conf env json jsonl json5 yaml yml xml html htm css scss js "
    "mjs cjs ts tsx jsx vue svelte sh bash zsh fish bat ps1 sql csv tsv parquet db sqlite sqlite3 lock log gitignore "
    "dockerignore editorconfig svg png jpg jpeg gif ico webp pdf zip gz tar whl tgz bz2 c h cc cpp hpp rs go java kt "
    "rb php lua proto graphql tf hcl j2 jinja jinja2 tmpl template example tcss po pot mo cff bib tex "
    "service".split()
)
HOST_SUFFIXES = frozenset({"com", "org", "net", "io", "dev", "ai", "app", "edu", "gov", "local", "localhost"})

# spec-formats, section 0, rule 7: first what can be nothing else, then the usual names of the unnamed.
_GAP = re.compile(r"[<>{}\[\]*…$]|\.\.\.|YYYY|NNN|XXX|###|path/to/")
_METASYNTACTIC = re.compile(
    r"(?:^|[/._-])(?:foo|bar|baz|qux|foobar|example)(?=$|[/._-])|(?:^|[/.])(?:(?:your|my|some)[_-][a-z]+|your[a-z]+|"
    r"my(?:app|project|module|package|class|site|script|file|model|function)(?=$|[/._-])|(?:My|Your|Awesome)[A-Z])"
)


def has_gap(text: str) -> bool:
    """Whether a part of the text waits to be filled in: ``<name>``, ``...``, ``path/to/``; such text claims nothing."""
    return _GAP.search(text) is not None


def is_placeholder(text: str) -> bool:
    """Whether the reader of the text shall put something else in its place: a gap, or ``foo``, ``my_app``."""
    return has_gap(text) or _METASYNTACTIC.search(text) is not None


def literal(text: str) -> str:
    """``text`` as a Python literal, constant or constructor call, or "" if it is none.

    ``true``, ``false`` and ``null`` are taken for what they mean in Python.
    """
    text = text.strip()
    if not text or len(text) > _MAX_LENGTH:
        return ""
    text = _OTHER_LANGUAGES.get(text, text)
    if _LITERAL.fullmatch(text) or _CONSTANT.fullmatch(text) or _CALL.fullmatch(text):
        return text
    return ""


def plain_literal(text: str) -> str:
    """The same for text that is not marked as code: numbers, strings and the words True and False only."""
    text = text.strip()
    if len(text) > _MAX_LENGTH or text in {"None", "..."}:
        return ""
    return text if re.fullmatch(rf"-?{_ATOM}|\[\]|\{{\}}|\(\)", text) else ""
