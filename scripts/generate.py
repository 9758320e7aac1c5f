"""Write what is made from the tables in the code: ``python scripts/generate.py`` (``--check``: only compare)."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vt_lsp.settings import Settings, keys

if TYPE_CHECKING:
    from vt_lsp.settings import Key

ROOT = Path(__file__).resolve().parent.parent
_SCOPES = {
    "resource": "each folder, in a project's file too",
    "window": "each window, in a project's file too",
    "machine": "the user only",
}


def settings_schema() -> str:
    """The JSON Schema of ``vt-lsp.toml`` and of what an editor may send."""
    properties = {key.key: {"description": key.doc, **_shape(key), "default": default} for key, default in _rows()}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of vt-lsp",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    return json.dumps(schema, indent=2) + "\n"


def settings_page() -> str:
    """``docs/settings.md``."""
    lines = [
        "# Settings",
        "",
        "Nothing must be set. What is set stands in a file `vt-lsp.toml` at the root of the project, or in the table",
        "`[tool.vt-lsp]` of its `pyproject.toml`; an editor may send the same keys in its section `vt-lsp`, and wins.",
        "Where there is a `vt-lsp.toml`, the table in `pyproject.toml` is not read. Keys may be written in camelCase,",
        "kebab-case or snake_case. No setting names a program.",
        "",
        "An unknown key is reported and ignored. A file that cannot be parsed and a value that cannot be used are",
        "reported too: `vt-lsp check` then ends with exit code 2, the language server goes on with the defaults.",
        "",
        "```toml",
        "[tool.vt-lsp]",
        'exclude = ["docs/archive/"]',
        'ignore = ["broken-link"]',
        "",
        "[tool.vt-lsp.severity]",
        'missing-file = "error"',
        "",
        "[tool.vt-lsp.roles]",
        '"docs/rfcs/**" = "planned"',
        "```",
        "",
        "<!-- Made by scripts/generate.py from the table of settings; change it there. -->",
        "",
        "| key | type | default | meaning | set by |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{key.key}` | {_kind(key)} | {_literal(default)} | {key.doc}{_values(key)} | {_SCOPES[key.scope]} |"
        for key, default in _rows()
    ]
    return "\n".join(lines) + "\n"


OUTPUTS = {"vt_lsp/schemas/settings.schema.json": settings_schema, "docs/settings.md": settings_page}


def main(argv: list[str]) -> int:
    """Write the outputs; with ``--check`` write nothing and say by the exit code whether all are up to date."""
    stale = [path for path, make in OUTPUTS.items() if not _is_current(ROOT / path, make())]
    if "--check" in argv:
        sys.stderr.writelines(f"{path} is not up to date: run scripts/generate.py\n" for path in stale)
        return 1 if stale else 0
    for path in stale:
        (ROOT / path).write_text(OUTPUTS[path](), "utf-8")
    return 0


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


def _rows() -> list[tuple[Key, Any]]:
    defaults = Settings()
    table = keys()
    rows = [(table[f.name], getattr(defaults, f.name)) for f in fields(Settings) if f.name in table]
    return [(key, list(default) if isinstance(default, tuple) else default) for key, default in rows]


def _shape(key: Key) -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string", **({"enum": list(key.choices)} if key.choices else {})}
    if key.kind == "list":
        return {"type": "array", "items": text}
    if key.kind == "map":
        names = {"propertyNames": {"enum": list(key.names)}} if key.names else {}
        return {"type": "object", **names, "additionalProperties": text}
    return {"type": "boolean"} if key.kind == "flag" else text


def _kind(key: Key) -> str:
    return {"list": "list of strings", "map": "table of strings", "flag": "true or false", "text": "string"}[key.kind]


def _literal(default: object) -> str:
    return f"`{json.dumps(default)}`"


def _values(key: Key) -> str:
    if not key.choices or key.choices == key.names or len(key.choices) > 8:
        return ""
    return " One of: " + ", ".join(f"`{choice}`" for choice in key.choices) + "."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
