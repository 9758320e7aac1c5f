"""Task lists in the editor: lenses and hovers that never wait, ticks as they are saved, ``vt-lsp.showForecast``.

What is known of a list is kept; it is looked at anew beside the loop when the document, its drifts or the day have
changed, and the client is asked to ask again. Nothing of ``progress/`` is imported before the first list is seen.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp.server.claims import is_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.engine import Engine
    from vt_lsp.models import SpecFacts
    from vt_lsp.progress.report import Part, Progress
    from vt_lsp.server.session import Folder, Session

Json = dict[str, Any]

COMMAND: Final = "vt-lsp.showForecast"
_FRESH_SECONDS: Final = 600.0  # commits and days go by without a word to us


@dataclass(slots=True)
class _Known:
    """What was found of a list, from which facts and drifts and when; ``task`` looks anew."""

    facts: SpecFacts | None = None
    drifts: tuple[str, ...] = ()
    at: float = float("-inf")
    found: Progress | None = None
    task: asyncio.Task[None] | None = None


class Lists:
    """What is known of the task lists of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[Engine, str], _Known] = {}
        self._turn = asyncio.Semaphore(1)  # git is asked about one list at a time

    def known(self, folder: Folder, engine: Engine, path: str) -> Progress | None:
        """What was known of a list last; looks at it anew beside the loop if that is no longer all."""
        facts = engine.spec_facts(path)
        if facts is None or not facts.tasks:
            return None
        if (one := self._known.get((engine, path))) is None:
            engines = {folder.engine for folder in self._session.folders}
            self._known = {key: kept for key, kept in self._known.items() if key[0] in engines}
            one = self._known[engine, path] = _Known()
        is_old = (
            one.facts is not facts
            or time.monotonic() - one.at > _FRESH_SECONDS
            or (one.found is not None and one.drifts != _drifts(engine, path))
        )
        if is_old and (one.task is None or one.task.done()):
            one.task = self._session.server.spawn(self._look(folder, engine, path, one))
        return one.found

    async def _look(self, folder: Folder, engine: Engine, path: str, one: _Known) -> None:
        from vt_lsp.progress.report import is_task_list  # noqa: PLC0415 - not before the first list

        facts, drifts = engine.spec_facts(path), _drifts(engine, path)
        if facts is None or not is_task_list(path, facts, engine.text(path) or b""):
            found = None
        else:
            async with self._turn:
                (found,) = await look(engine, [path])
        one.facts, one.drifts, one.at = facts, drifts, time.monotonic()
        is_news = found != one.found
        one.found = found
        if is_news and folder.engine is engine:
            self._session.refresh_lenses()
            self._session.status.changed()  # the tree of specs shows it too


def _drifts(engine: Engine, path: str) -> tuple[str, ...]:
    """What a tick may hang on."""
    return tuple(drift.fingerprint for drift in engine.drifts(path) if drift.drift_type == "task-not-done")


async def look(engine: Engine, paths: Sequence[str]) -> list[Progress | None]:
    """What can be said of these lists now; asks git beside the loop. None for what has no tasks."""
    from vt_lsp.progress import lists  # noqa: PLC0415 - not before the first list

    documents = [lists.document(engine, path) for path in paths]
    found = await asyncio.to_thread(lists.look, engine, [one for one in documents if one is not None], time.time())
    by_path = {one.path: one for one in found}
    return [by_path.get(path) for path in paths]


# ------------------------------------------------------------------------------------------------------ lens and hover


def lenses(session: Session, folder: Folder, engine: Engine, path: str, uri: str) -> Iterator[lsp.CodeLens]:
    """How a list and each of its milestones, phases and sections stand; none until they are known."""
    one, index = session.lists.known(folder, engine, path), session.texts.lines(engine, path)
    if one is None or index is None:
        return
    from vt_lsp.progress import words  # noqa: PLC0415 - not before the first list

    for start, title in [(one.start, words.line(one)), *((part.start, words.part_line(part)) for part in one.parts)]:
        line = index.position(start, session.units)[0]
        where = lsp.Range(lsp.Position(line, 0), lsp.Position(line, 0))
        yield lsp.CodeLens(where, lsp.Command(title, COMMAND, arguments=[uri]))


def hover(
    session: Session, folder: Folder, engine: Engine, path: str, offset: int
) -> tuple[tuple[int, int], str] | None:
    """What is known of the list or the part whose heading stands at a byte: its span, and a page of Markdown."""
    facts, text = engine.spec_facts(path), engine.text(path)
    if facts is None or not facts.tasks or text is None:
        return None
    line = text.rfind(b"\n", 0, offset) + 1
    end = text.find(b"\n", offset)
    span = (line, len(text) if end < 0 else end)
    if not any(span[0] <= start <= span[1] for _, _, start, _ in facts.headings):
        return None
    one = session.lists.known(folder, engine, path)
    if one is None:
        return None
    from vt_lsp.progress import words  # noqa: PLC0415 - not before the first list

    if span[0] <= one.start <= span[1]:
        return span, words.page(one)
    parts: list[Part] = [part for part in one.parts if span[0] <= part.start <= span[1]]
    return (span, words.part_page(parts[0])) if parts else None


def row(session: Session, folder: Folder, engine: Engine, path: str) -> Json | None:
    """A list in one line, for a tree; None for what is no list, and until it is known."""
    one = session.lists.known(folder, engine, path)
    if one is None:
        return None
    from vt_lsp.progress import words  # noqa: PLC0415 - not before the first list

    return {"done": one.done, "total": len(one.tasks), "risk": one.risk, "text": words.line(one)}


# --------------------------------------------------------------------------------------------------------------- saves


def saved(session: Session, uri: str) -> None:
    """A document was saved: its ticks are recorded with the time, beside the loop."""
    home = session.home(uri)
    if home is None or not is_spec(home[2]):
        return
    _, engine, path = home
    facts = engine.spec_facts(path)
    if facts is None or not facts.tasks:
        return
    from vt_lsp.progress.history import entries_of, listed  # noqa: PLC0415 - not before the first list
    from vt_lsp.progress.ticks import Ticks  # noqa: PLC0415 - the same

    entries, now = entries_of(listed(facts.tasks)), time.time()
    session.server.keep(asyncio.ensure_future(asyncio.to_thread(Ticks(engine.root).record, path, entries, now)))


# ------------------------------------------------------------------------------------------------------------- command


async def show_forecast(session: Session, uri: object = None) -> Json:
    """When the task lists of a document, or of all folders, may be done: as data and as a page of Markdown."""
    from vt_lsp.progress import lists, words  # noqa: PLC0415 - not before the first list
    from vt_lsp.progress.exchange import as_data  # noqa: PLC0415 - the same
    from vt_lsp.text import LineIndex  # noqa: PLC0415 - the same

    if uri is not None and not isinstance(uri, str):
        raise JsonRpcInvalidParams(f"{COMMAND} takes the URI of a document, or nothing")
    session.edits.flush()
    wanted: list[tuple[Folder, Engine, list[str]]] = []
    if uri is not None:
        home = session.home(uri)
        if home is None or not getattr(home[1].spec_facts(home[2]), "tasks", ()):
            raise JsonRpcInvalidParams(f"no tasks in {uri}")
        wanted.append((home[0], home[1], [home[2]]))
    else:
        wanted += [(one, one.engine, lists.task_lists(one.engine)) for one in session.folders if one.engine is not None]
    rows: list[Json] = []
    parts = ["# Forecast"]
    for folder, engine, paths in wanted:
        for one in await look(engine, paths):
            if one is None or (uri is None and one.done == len(one.tasks)):
                continue
            link = session.uri_of(folder, one.path)
            rows.append({"uri": link, **as_data(one, LineIndex(engine.text(one.path) or b""))})
            parts += [f"## [{words.plain(one.title)}]({link})", f"`{one.path}`", words.page(one)]
    if not rows:
        parts.append("No task list has open tasks.")
    title = f"{len(rows)} task list{'s' * (len(rows) != 1)} with open tasks"
    if uri is not None and rows:
        title = f"{rows[0]['path']}: {rows[0]['done']} of {rows[0]['total']} tasks done"
    return {"lists": rows, "title": title, "markdown": "\n\n".join(parts) + "\n"}
