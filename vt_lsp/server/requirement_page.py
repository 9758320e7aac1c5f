"""What is known of a requirement, in Markdown: its text, its tasks, the code and tests that name it, its claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.compliance import Tally
from vt_lsp.models import Place
from vt_lsp.workspace.traces import is_test, named_in_code, section_of, tasks_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.engine import Engine
    from vt_lsp.models import Task
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.workspace.traces import Traced

_MOST = 8  # lines of each kind
_BOX = {"done": "[x]", "open": "[ ]", "doing": "[~]", "dropped": "[-]"}


def requirement_page(session: Session, folder: Folder, engine: Engine, traced: Traced) -> str:
    """The page of one requirement; parts of which nothing is known are left out."""
    parts = [_said(engine, traced), _tasks(session, folder, engine, tasks_of(engine.index, traced))]
    named = named_in_code(engine.index, traced, engine.text)
    for title, is_wanted in (("Code", False), ("Tests", True)):
        links = [_link(session, folder, engine, place) for place in named if is_test(place.path) == is_wanted]
        parts.append(f"{title}: {', '.join(dict.fromkeys(links[:_MOST]))}" if links else "")
    if (decided := Tally(engine.judged(traced.path)).count(*section_of(engine.index, traced))).decided:
        parts.append(f"Claims of its section: {decided.label} hold")
    return "\n\n".join(part for part in parts if part)


def _said(engine: Engine, traced: Traced) -> str:
    """The id and the text, as far as the title does not say it; a title is as the document writes it."""
    name, title = traced.requirement.id, traced.requirement.title
    if not title:  # a criterion: its own line
        data = engine.text(traced.path) or b""
        begin = traced.requirement.start
        title = data[begin : data.find(b"\n", begin) if b"\n" in data[begin:] else len(data)].decode("utf-8", "replace")
    return f"**{name}** {title.strip()}"


def _tasks(session: Session, folder: Folder, engine: Engine, tasks: list[tuple[str, Task]]) -> str:
    if not tasks:
        return ""
    done = sum(task.status == "done" for _, task in tasks)
    return "\n".join([f"Tasks: {done}/{len(tasks)} done", "", *_lines(session, folder, engine, tasks)])


def _lines(session: Session, folder: Folder, engine: Engine, tasks: list[tuple[str, Task]]) -> Iterator[str]:
    for path, task in tasks[:_MOST]:
        said = task.text.partition("\n")[0].replace("`", "'")
        link = _link(session, folder, engine, Place(path, task.start, task.end))
        yield f"- {_BOX.get(task.status, '[ ]')} {link} {said}"
    if len(tasks) > _MOST:
        yield f"- … and {len(tasks) - _MOST} more"


def _link(session: Session, folder: Folder, engine: Engine, place: Place) -> str:
    line = session.texts.range(engine, place, session.units).start.line + 1
    return f"[{place.path}:{line}]({session.uri_of(folder, place.path)}#L{line})"
