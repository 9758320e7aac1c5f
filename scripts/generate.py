"""Write what is made from the tables in the code: ``python scripts/generate.py`` (``--check``: only compare)."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from vt_lsp.claude_integration.usage import Statistics as ClaudeStatistics
from vt_lsp.cli.alerts import OUTPUTS as ALERT_OUTPUTS
from vt_lsp.continuous_eval.alert_rules import FIELDS
from vt_lsp.models import DecisionEvent, Outcome, WorkflowDecision
from vt_lsp.settings import EDITOR_KEYS, Settings, keys
from vt_lsp.workflow_memory.decision_tracker import Statistics
from vt_lsp.workflow_memory.exchange import Imported
from vt_lsp.workflow_memory.timeline import TimelineEntry

if TYPE_CHECKING:
    from vt_lsp.settings import Key

ROOT = Path(__file__).resolve().parent.parent
_MANIFEST = "editors/vscode/package.json"
_TRUST = "untrustedWorkspace"  # VS Code asks about trust itself, and its client passes on the answer
_SCOPES = {
    "resource": "each folder, in a project's file too",
    "window": "each window, in a project's file too",
    "machine": "the user only",
}


def _fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a struct with their types."""
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


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
        "kebab-case or snake_case. No setting that a workspace can set names a program.",
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
    lines += [
        "",
        "An editor reads these for itself, in its section `vt-lsp`; the server and `vt-lsp check` do not use them.",
        "",
        "| key | type | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{key.key}` | {_kind(key)} | {_literal(default)} | {key.doc}{_values(key)} |" for key, default in _EDITORS
    ]
    return "\n".join(lines) + "\n"


def manifest(text: str) -> str:
    """The manifest of the VS Code extension with ``contributes.configuration`` as it should be, all else untouched."""
    wanted = _configuration()
    contributes = json.loads(text).get("contributes", {})
    if contributes.get("configuration") == wanted:  # however it is laid out
        return text
    value = json.dumps(wanted, indent=2, ensure_ascii=False).replace("\n", "\n" + _INDENT)
    if found := re.search(rf'^{_INDENT}"configuration":\s*', text, re.MULTILINE):
        _, end = json.JSONDecoder().raw_decode(text, found.end())
        return text[: found.end()] + value + text[end:]
    if not contributes:
        raise ValueError(f"{_MANIFEST} contributes nothing yet")
    head, opening, rest = text.partition('"contributes": {')
    return f'{head}{opening}\n{_INDENT}"configuration": {value},{rest}'


_INDENT = " " * 4  # of the members of "contributes"


def _configuration() -> dict[str, Any]:
    rows = [row for row in _rows() if row[0].key != _TRUST] + _EDITORS
    return {
        "title": "vt-lsp",
        "properties": {
            f"vt-lsp.{key.key}": {
                "order": order,
                "scope": key.scope,
                **_editor_shape(key),
                "default": default,
                "markdownDescription": key.doc,
            }
            for order, (key, default) in enumerate(rows)
        },
    }


def _editor_shape(key: Key) -> dict[str, Any]:
    """As :func:`_shape`, in the words from which VS Code makes a form."""
    shape = _shape(key)
    if key.kind == "map" and key.names:
        value = shape["additionalProperties"]
        return {"type": "object", "properties": dict.fromkeys(key.names, value), "additionalProperties": False}
    return {**shape, "uniqueItems": True} if key.kind == "list" and key.choices else shape


_DECISION_OUTPUTS: dict[str, tuple[str, dict[str, Any]]] = {
    "decisions": ("add, change, list, search, supersede, accept, undo, export", {
        "total": int, "offset": int, "decisions": tuple[WorkflowDecision, ...],
    }),
    "decision": ("show, outcome", {
        "decision": WorkflowDecision, "superseded_by": tuple[str, ...], "outcomes": tuple[Outcome, ...],
        "events": tuple[DecisionEvent, ...],
    }),
    "decision-timeline": ("timeline", {"entries": tuple[TimelineEntry, ...]}),
    "decision-statistics": ("stats", _fields(Statistics)),
    "decision-import": ("import", _fields(Imported)),
}  # fmt: skip


_CLAUDE_OUTPUTS: dict[str, tuple[str, dict[str, Any]]] = {
    "claude-statistics": ("stats", {"days": float, **_fields(ClaudeStatistics)}),
}


def output_schemas(command: str, outputs: dict[str, tuple[str, dict[str, Any]]], **more: type) -> dict[str, str]:
    """The JSON Schemas of what a command writes, by path; ``outputs`` has for each its sub-commands and its fields."""
    found = {}
    for name, (commands, parts) in outputs.items():
        kind = msgspec.defstruct("Output", [("version", int), *more.items(), *parts.items()])
        (root,), components = msgspec.json.schema_components((kind,), ref_template="#/$defs/{name}")
        definitions = {key: _closed(value) for key, value in components.items()}
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"vt-lsp {command} {commands}: --format json",
            **definitions.pop(root["$ref"].rpartition("/")[2]),
            "$defs": definitions,
        }
        found[f"vt_lsp/schemas/{name}.schema.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return found


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Outputs have all their fields, and no others."""
    schema = {key: value for key, value in schema.items() if key != "title"}
    if "properties" in schema:
        names = schema["properties"]
        bare = {name: {key: one[key] for key in one if key != "default"} for name, one in names.items()}
        schema |= {"properties": bare, "required": list(names), "additionalProperties": False}
    return schema


def outputs() -> dict[str, str]:
    """The files that are made, as they should be; the manifest only where there is one."""
    made = output_schemas("decisions", _DECISION_OUTPUTS, root=str) | output_schemas("alerts", ALERT_OUTPUTS, root=str)
    made |= output_schemas("claude", _CLAUDE_OUTPUTS)
    made |= {"vt_lsp/schemas/settings.schema.json": settings_schema(), "docs/settings.md": settings_page()}
    if (ROOT / _MANIFEST).is_file():
        made[_MANIFEST] = manifest((ROOT / _MANIFEST).read_text("utf-8"))
    return made


def main(argv: list[str]) -> int:
    """Write the outputs; with ``--check`` write nothing and say by the exit code whether all are up to date."""
    stale = {path: text for path, text in outputs().items() if not _is_current(ROOT / path, text)}
    if "--check" in argv:
        sys.stderr.writelines(f"{path} is not up to date: run scripts/generate.py\n" for path in stale)
        return 1 if stale else 0
    for path, text in stale.items():
        (ROOT / path).write_text(text, "utf-8")
    return 0


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


def _rows() -> list[tuple[Key, Any]]:
    defaults = Settings()
    table = keys()
    rows = [(table[f.name], getattr(defaults, f.name)) for f in fields(Settings) if f.name in table]
    return [_row(key, default) for key, default in rows]


def _row(key: Key, default: object) -> tuple[Key, Any]:
    return key, list(default) if isinstance(default, tuple) else default


_EDITORS = [_row(key, default) for key, default in EDITOR_KEYS]


def _shape(key: Key) -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string", **({"enum": list(key.choices)} if key.choices else {})}
    if key.kind == "list":
        return {"type": "array", "items": text}
    if key.kind == "map":
        names = {"propertyNames": {"enum": list(key.names)}} if key.names else {}
        return {"type": "object", **names, "additionalProperties": text}
    if key.kind == "rules":
        shape = {name: {**field.shape, "description": field.doc} for name, field in FIELDS.items()}
        rule = {"type": "object", "properties": shape, "required": ["name", "on"], "additionalProperties": False}
        return {"type": "array", "items": rule}
    if key.kind == "number":
        return {"type": "integer", "minimum": 0, "maximum": key.most}
    if key.kind == "amount":
        return {"type": "number", "minimum": 0}
    if key.form is not None:
        return {**text, "pattern": f"^({key.form.pattern})?$"}
    return {"type": "boolean"} if key.kind == "flag" else text


def _kind(key: Key) -> str:
    kinds = {"list": "list of strings", "map": "table of strings", "flag": "true or false", "text": "string"}
    return (kinds | {"number": "whole number", "amount": "number", "rules": "list of tables"})[key.kind]


def _literal(default: object) -> str:
    return f"`{json.dumps(default)}`"


def _values(key: Key) -> str:
    if not key.choices or key.choices == key.names or len(key.choices) > 8:
        return ""
    return " One of: " + ", ".join(f"`{choice}`" for choice in key.choices) + "."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
