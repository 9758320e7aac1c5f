"""What commands tell, as Markdown for people; the same page in every editor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MARK = {"holds": "✓", "broken": "✗", "unknown": "?"}
MOST_ROWS = 200

Json = dict[str, Any]


def share(holds: int, broken: int) -> str:
    """How much holds: ``12 of 14 claims hold (86 %)``; not rounded up to 100 %."""
    decided = holds + broken
    if not decided:
        return "no claims are decided"
    return f"{holds} of {decided} claims hold ({100 * holds // decided} %)"


def drifts(number: int) -> str:
    """``1 drift``, ``2 drifts``, ``no drift``."""
    return f"{number or 'no'} drift{'s' * (number > 1)}"


def status(answer: Json) -> tuple[str, str]:
    """Title and page of ``vt-lsp.showStatus``."""
    health = {"ok": "ok", "warning": "not complete", "error": "something is wrong"}[answer["health"]]
    parts = [
        "# vt-lsp: status",
        _facts(
            [
                ("Health", health),
                ("Working", "no" if answer["quiescent"] else "yes"),
                ("Drift", drifts(answer["drifts"])),
                ("Note", answer["message"] or "nothing"),
                ("Version", f"vt-lsp {answer['version']}, Python {answer['python']}"),
            ],
        ),
    ]
    for folder in answer["folders"]:
        parts.extend(_folder(folder))
    if answer["warnings"]:
        parts += ["## Messages", _bullets(_cell(text) for text in answer["warnings"])]
    said = [f"vt-lsp: {drifts(answer['drifts'])}, {percent(answer['compliance'])} of the decided claims hold"]
    said += [answer["message"]] if answer["message"] else []
    return "; ".join(said), "\n\n".join(parts) + "\n"


def _folder(folder: Json) -> list[str]:
    parts = [f"## `{folder['uri']}`"]
    rows = [("State", folder["state"] + (f": {folder['problem']}" if folder["problem"] else ""))]
    if "files" in folder:
        rows += [
            ("Python files", str(folder["files"])),
            ("Specs", str(folder["specs"])),
            ("Claims", f"{share(folder['holds'], folder['broken'])}, {folder['unknown']} are unknown"),
        ]
    parts.append(_facts(rows))
    if folder["settings"]:
        parts += ["Settings that cannot be used:", _bullets(_cell(text) for text in folder["settings"])]
    if folder.get("not_analysed"):
        left_out = (f"`{one['path']}`: {_cell(one['reason'])}" for one in folder["not_analysed"])
        parts += ["Files that are not analysed:", _bullets(left_out)]
    return parts


def compliance(name: str, answer: Json) -> tuple[str, str]:
    """Title and page of ``vt-lsp.showCompliance`` for a document, a section or a symbol."""
    title = f"{name}: {share(answer['holds'], answer['broken'])}"
    rows = list(answer["claims"])
    parts = [f"# {_cell(name)}", f"{share(answer['holds'], answer['broken'])}, {answer['unknown']} are unknown."]
    for state, heading in (("broken", "Broken"), ("holds", "Holds"), ("unknown", "Unknown")):
        found = [row for row in rows if row["state"] == state]
        if found:
            parts += [f"## {heading}", _claims(found)]
    return title, "\n\n".join(parts) + "\n"


def folders(answer: Json) -> tuple[str, str]:
    """Title and page of ``vt-lsp.showCompliance`` for everything."""
    all_of = answer["folders"]
    total = share(sum(one["holds"] for one in all_of), sum(one["broken"] for one in all_of))
    rows = [
        (f"`{one['uri']}`", str(one["holds"]), str(one["broken"]), str(one["unknown"]), percent(one["compliance"]))
        for one in all_of
    ]
    table = _table(("Folder", "holds", "broken", "unknown", "compliance"), rows) if rows else "No folder is open."
    return f"vt-lsp: {total}", f"# Compliance\n\n{total}.\n\n{table}\n"


def percent(part: float) -> str:
    """A share between 0 and 1, not rounded up to 100 %."""
    return f"{int(100 * part)} %"


def _claims(rows: Sequence[Json]) -> str:
    lines = []
    for row in rows[:MOST_ROWS]:
        line = row["range"]["start"]["line"] + 1
        name = row["uri"].rpartition("/")[2]
        said = row["message"] or f"`{row['text'].replace('`', chr(39))}`"
        lines.append(f"{MARK[row['state']]} [{name}:{line}]({row['uri']}#L{line}) {said}")
    if len(rows) > MOST_ROWS:
        lines.append(f"… and {len(rows) - MOST_ROWS} more")
    return _bullets(lines)


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    return _bullets(f"{name}: {_cell(value)}" for name, value in rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(_cell(cell) for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
