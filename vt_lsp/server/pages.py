"""What commands tell, as Markdown for people; the same page in every editor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vt_lsp.server.uris import to_path
from vt_lsp.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vt_lsp.continuous_eval.rollback import Rollback

MARK = {"holds": "✓", "broken": "✗", "unknown": "?"}
MOST_ROWS = 200
_COUNTS = ("holds", "broken", "unknown", "compliance")

Json = dict[str, Any]


def share(holds: int, broken: int) -> str:
    """How much holds: ``12 of 14 claims hold (86 %)``; not rounded up to 100 %."""
    decided = holds + broken
    if not decided:
        return "no claims are decided"
    return f"{holds} of {decided} claims hold ({100 * holds // decided} %)"


def status(answer: Json) -> tuple[str, str]:
    """Title and page of ``vt-lsp.showStatus``."""
    health = {"ok": "", "warning": "It is not complete. ", "error": "Something is wrong. "}[answer["health"]]
    known = [folder for folder in answer["folders"] if "files" in folder]
    total = share(sum(one["holds"] for one in known), sum(one["broken"] for one in known))
    undecided = f"{plural(sum(one['unknown'] for one in known), 'claim')} cannot be decided"
    said = [plural(answer["drifts"], "drift"), total, undecided]
    if any(folder["state"] in {"starting", "scanning"} for folder in answer["folders"]):
        said = ["The first look is not over; so far", *said]
    parts = [
        "# vt-lsp",
        health + " ".join(_sentence(one) for one in said),
        _sentence(answer["message"]) if answer["message"] else "",
    ]
    for folder in answer["folders"]:
        parts.extend(_folder(folder))
    if answer["warnings"]:
        parts += ["## Messages", _bullets(_cell(text) for text in answer["warnings"])]
    parts.append(f"vt-lsp {answer['version']}, Python {answer['python']}")
    said = [f"vt-lsp: {plural(answer['drifts'], 'drift')}, {percent(answer['compliance'])} of the decided claims hold"]
    said += [answer["message"]] if answer["message"] else []
    return "; ".join(said), "\n\n".join(part for part in parts if part) + "\n"


def _folder(folder: Json) -> list[str]:
    place = to_path(folder["uri"]) or folder["uri"]
    parts = [f"## {_cell(place.rstrip('/').rpartition('/')[2])}"]
    state = folder["state"] + (f": {folder['problem']}" if folder["problem"] else "")
    counted = [plural(folder["files"], "Python file"), plural(folder["specs"], "spec")] if "files" in folder else []
    parts.append(f"`{place}`: {', '.join([_cell(state), *counted])}.")
    if not folder["trusted"]:
        parts.append("You do not trust this folder: no program is run on it, not even git.")
    if folder["settings"]:
        parts += ["Settings that cannot be used:", _bullets(_cell(text) for text in folder["settings"])]
    if folder.get("not_analysed"):
        left_out = (f"`{one['path']}`: {_cell(one['reason'])}" for one in folder["not_analysed"])
        parts += ["Files that are not analysed:", _bullets(left_out)]
    return parts


def broken_by(back: Rollback | None) -> str:
    """What broke a claim, as a diff; "" where git does not know."""
    if back is None:
        return ""
    held, broken = back.breakage.held, back.breakage.broken
    by = (
        f"`{broken.commit[:10]}` ({broken.date}): {_cell(broken.subject)}"
        if broken is not None
        else "not committed yet"
    )
    said = f"It held in `{held.commit[:10]}` ({held.date}) and no longer after {by}"
    return f"\n\n{_sentence(said)}\n\n```diff\n{back.diff.replace('```', chr(39) * 3)}```\n"


def compliance(name: str, answer: Json) -> tuple[str, str]:
    """Title and page of ``vt-lsp.showCompliance`` for a document, a section or a symbol."""
    title = f"{name}: {share(answer['holds'], answer['broken'])}"
    rows = list(answer["claims"])
    parts = [f"# {_cell(name)}", f"{share(answer['holds'], answer['broken'])}, {answer['unknown']} are unknown."]
    parts += _table_of(
        "Requirements", ("requirement", "state", "tasks", *_COUNTS), map(_requirement, answer.get("requirements", ()))
    )
    sections = [one for one in answer.get("sections", ()) if one["holds"] + one["broken"]]
    parts += _table_of("Sections", ("section", *_COUNTS), map(_section, sections))
    for state, heading in (("broken", "Broken"), ("holds", "Holds"), ("unknown", "Unknown")):
        found = [row for row in rows if row["state"] == state]
        if found:
            parts += [f"## {heading}", _claims(found)]
    return title, "\n\n".join(parts) + "\n"


def _table_of(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    shown = list(rows)
    more = [f"… and {len(shown) - MOST_ROWS} more"] if len(shown) > MOST_ROWS else []
    return [f"## {title}", _table(head, shown[:MOST_ROWS]), *more] if shown else []


def _requirement(one: Json) -> tuple[str, ...]:
    tasks = one["tasks_done"] + one["tasks_open"]
    done = f"{one['tasks_done']} of {tasks} done" if tasks else ""
    return f"{one['id']} {one['title']}".strip(), one["state"], done, *_numbers(one)


def _section(one: Json) -> tuple[str, ...]:
    return one["title"] or "…", *_numbers(one)


def _numbers(one: Json) -> tuple[str, ...]:
    share_of = percent(one["compliance"]) if one["holds"] + one["broken"] else ""
    return str(one["holds"]), str(one["broken"]), str(one["unknown"]), share_of


def folders(answer: Json) -> tuple[str, str]:
    """Title and page of ``vt-lsp.showCompliance`` for everything."""
    all_of = answer["folders"]
    total = share(sum(one["holds"] for one in all_of), sum(one["broken"] for one in all_of))
    parts = ["# Compliance", _sentence(total)]
    for folder in all_of:
        worst = sorted(folder["by_spec"], key=lambda one: (one["compliance"], -one["broken"], one["path"]))
        decided = [one for one in worst if one["holds"] + one["broken"]]
        parts += [f"## {_cell(folder['name'])}"] if len(all_of) > 1 else []
        parts += [_table(("document", *_COUNTS), map(_spec, decided[:MOST_ROWS]))]
        parts += [f"… and {len(decided) - MOST_ROWS} more"] if len(decided) > MOST_ROWS else []
    return f"vt-lsp: {total}", "\n\n".join(parts if all_of else ["# Compliance", "No folder is open."]) + "\n"


def _spec(one: Json) -> tuple[str, ...]:
    link = f"[{one['path']}]({one['uri']})"
    return link, *_numbers(one)


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


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(_cell(cell) for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def inline(text: str) -> str:
    """Words of people as text in Markdown: no markup, no HTML."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|~!&" else sign for sign in " ".join(text.split()))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
