"""Names that say nothing of a project: made-up ones, endings of files, and those of the language itself."""

from __future__ import annotations

import builtins
import re
import sys

_PLACEHOLDERS = ("my", "your", "foo", "bar", "baz", "example", "some", "spam", "dummy", "custom")
_MADE_UP = ("my", "your", "foo")  # words of a longer name
_NEW = re.compile(r"new_|New[A-Z]|(?:Class|Method|Function|Module|Package|Model)Name$|Awesome[A-Z]")
_STAND_INS = frozenset({"LIB_NAME", "MODULE_NAME", "PACKAGE_NAME", "CLASS_NAME", "FUNCTION_NAME", "xyz", "xxx", "XXX"})
_PLACEHOLDER_ENDINGS = ("feature_name", "module_name", "function_name", "class_name", "package_name", "method_name")
FILE_ENDINGS = frozenset(
    "py pyi toml cfg ini yml yaml json md rst txt html css js ts sh com org io net dev lock db sqlite csv xml log "
    "ico png svg duckdb parquet ipynb tsx jsx dot puml mmd".split()
)
COMMON = frozenset(dir(builtins)) | frozenset(sys.stdlib_module_names) | {"self", "cls"}


def is_placeholder(name: str) -> bool:
    """A made-up name that documents write where the reader puts a real one."""
    low = name.casefold()
    if _NEW.match(name) or name in _STAND_INS:
        return True
    return (
        low.startswith(_PLACEHOLDERS)
        or low.endswith(_PLACEHOLDER_ENDINGS)
        or any(word.startswith(_MADE_UP) and not word.startswith(("mysql", "mypy")) for word in low.split("_"))
    )
