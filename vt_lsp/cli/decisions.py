"""``vt-lsp decisions``: the memory of decisions from a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vt_lsp.cli.decision_text import decision_lines, imported_lines, page_lines, statistics_lines
from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.scan import find_root, load_settings, scanned
from vt_lsp.models import DecisionLink, DecisionStatus, DecisionType, LinkType
from vt_lsp.workflow_memory import adr_files, exchange, timeline
from vt_lsp.workflow_memory.acceptance import accept, undo
from vt_lsp.workflow_memory.contradictions import contradicted
from vt_lsp.workflow_memory.decision_tracker import DecisionTracker, author_from
from vt_lsp.workflow_memory.exchange import whole
from vt_lsp.workflow_memory.filters import Filter
from vt_lsp.workflow_memory.memory_store import MemoryStoreError, open_memory
from vt_lsp.workspace.git import Git

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    from vt_lsp.models import WorkflowDecision

_FORMATS: Final = {".html": "html", ".htm": "html", ".json": "json", ".mmd": "mermaid", ".mermaid": "mermaid"}
_DATABASES: Final = (".db", ".sqlite", ".sqlite3")


class Call:
    """One call of the command: the project, its memory, and what was asked."""

    def __init__(self, root: Path, tracker: DecisionTracker, options: argparse.Namespace) -> None:
        self.root = root
        self.tracker = tracker
        self.store = tracker.store
        self.options = options

    def answer(self, data: dict[str, Any], lines: Iterable[str]) -> int:
        """Write the data as one JSON document, or the lines."""
        if self.options.format == "json":
            document = {"version": 1, "root": str(self.root), **whole(data)}
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
        else:
            sys.stdout.writelines(f"{line}\n" for line in lines)
        return 0

    def page(self, *decisions: WorkflowDecision) -> int:
        """Write these decisions."""
        return self.answer({"total": len(decisions), "offset": 0, "decisions": decisions}, page_lines(decisions))


def run(options: argparse.Namespace) -> int:
    """Do one command; 0, or 1 where an import met what it could not read."""
    configure_log(options)
    root = find_root(options.root, ())
    with _told(), open_memory(root) as store:
        if store.salvaged:
            sys.stderr.write(f"vt-lsp: {store.salvaged}\n")
        for problem in adr_files.sync(root, store).problems:
            sys.stderr.write(f"vt-lsp: {problem}\n")
        author = getattr(options, "author", None) if options.action not in {"list", "search"} else None
        tracker = DecisionTracker(store, author or author_from(Git(root)))
        return _ACTIONS[options.action](Call(root, tracker, options))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except MemoryStoreError as error:
        raise UsageError(str(error)) from error


# -------------------------------------------------------------------------------------------------------------- actions


def _add(call: Call) -> int:
    outcome = " ".join(call.options.outcome) or _asked("What was decided? ")
    if not outcome.strip():
        raise UsageError("what was decided? vt-lsp decisions add TEXT")
    fields = _fields(call)
    if "rationale" not in fields and (rationale := _asked("Why? (may be empty) ")):
        fields["rationale"] = rationale
    return _record(call, outcome, fields)


def _record(call: Call, outcome: str, fields: dict[str, Any]) -> int:
    """Record a decision and show it; at a terminal one that contradicts a standing one only when it is meant."""
    new = call.tracker.draft(outcome, **fields)
    against = contradicted(call.store, new)
    for line in against:
        sys.stderr.write(f"vt-lsp: {line}\n")
    if against and _asked("Record it all the same? [y/N] ", otherwise="y").lower() not in {"y", "yes"}:
        sys.stderr.write("vt-lsp: nothing was recorded\n")
        return 1
    replaced = [link.target for link in new.links if link.type is LinkType.SUPERSEDES]
    return call.page(call.tracker.add(new), *(call.store.need(name) for name in replaced))


def _change(call: Call) -> int:
    fields = _fields(call)
    if call.options.outcome is not None:
        fields["outcome"] = call.options.outcome
    if "links" in fields:
        fields["links"] = tuple(dict.fromkeys((*call.store.need(call.options.id).links, *fields["links"])))
    if not fields:
        raise UsageError("nothing to change: give at least one of the fields")
    return call.page(call.tracker.change(call.options.id, call.options.reason, **fields))


def _list(call: Call) -> int:
    wanted = _filter(call)
    found = call.store.find(wanted)
    data = {"total": found.total, "offset": wanted.offset, "decisions": found.decisions}
    return call.answer(data, page_lines(found.decisions, found.total, wanted.offset))


def _show(call: Call) -> int:
    one = call.store.need(call.options.id)
    data: dict[str, Any] = {
        "decision": one,
        "superseded_by": call.store.successors(one.id),
        "outcomes": call.store.outcomes(one.id),
        "events": call.store.events(one.id),
    }
    return call.answer(data, decision_lines(**data))


def _outcome(call: Call) -> int:
    options = call.options
    note = options.note or ("" if options.metric or options.success is not None else _asked("What became of it? "))
    if options.success is None and not note and not options.metric:
        raise UsageError("what became of it? --success, --failure, --metric or --note")
    call.tracker.add_outcome(options.id, success=options.success, note=note, metrics=dict(options.metric))
    return _show(call)


def _supersede(call: Call) -> int:
    options = call.options
    if options.by is not None:
        old, new = call.tracker.supersede(options.id, options.by, options.rationale or "")
        return call.page(new, old)
    outcome = " ".join(options.outcome) or _asked("What is decided instead? ")
    if not outcome.strip():
        raise UsageError("what is decided instead? vt-lsp decisions supersede ID TEXT, or --by ID")
    before = call.store.need(options.id)
    fields = _fields(call)
    inherited = {name: getattr(before, name) for name in ("title", "tags", "files", "symbols") if name not in fields}
    link = DecisionLink(LinkType.SUPERSEDES, before.id)
    fields["links"] = tuple(dict.fromkeys((link, *fields.get("links", ()))))
    fields.setdefault("decision_type", before.decision_type)
    return _record(call, outcome, {**inherited, **fields})


def _accept(call: Call) -> int:
    settings, _ = load_settings(call.root)
    with scanned(call.root, settings) as engine:
        drift = engine.find(call.options.fingerprint)
        if drift is None:
            raise UsageError(f"no drift, or more than one kind, has the fingerprint {call.options.fingerprint}")
        reason = call.options.rationale or _asked(f"{drift.details}\nWhy is that meant? ")
        if not reason:
            raise UsageError("why is that meant? --because TEXT")
        return call.page(accept(call.tracker, drift, engine.acceptable(drift), reason, engine.symbol_of(drift)))


def _undo(call: Call) -> int:
    changed = undo(call.tracker, call.options.id, call.options.reason)
    if not changed:
        raise UsageError(f"{call.options.id} accepts no drift, or was taken back already")
    return call.page(*changed)


def _timeline(call: Call) -> int:
    options = call.options
    ending = Path(options.output).suffix.lower() if options.output else ""
    options.format = options.format or _FORMATS.get(ending, "text")
    found = timeline.entries(call.store.find(_filter(call)).decisions, call.store.outcomes())
    match options.format:
        case "json":
            document = {"version": 1, "root": str(call.root), "entries": whole(found)}
            text = msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"
        case "html":
            text = timeline.as_html(found, call.root.name)
        case "mermaid":
            text = "".join(f"{line}\n" for line in timeline.as_mermaid(found))
        case _:
            text = "".join(f"{line}\n" for line in timeline.as_text(found))
    _write(options.output, text)
    return 0


def _conflicts(call: Call) -> int:
    from vt_lsp.cli import conflicts  # noqa: PLC0415 - only these two need numpy

    return conflicts.show(call.root, call.tracker, call.options)


def _reconcile(call: Call) -> int:
    from vt_lsp.cli import conflicts  # noqa: PLC0415 - only these two need numpy

    return conflicts.settle(call.tracker, call.options)


def _stats(call: Call) -> int:
    found = call.tracker.statistics()
    return call.answer(whole(found), statistics_lines(found))


def _import(call: Call) -> int:
    done = [_imported(call, Path(name)) for name in call.options.paths]
    total = exchange.Imported(
        read=sum(one.read for one in done),
        changed=tuple(one for each in done for one in each.changed),
        outcomes=sum(one.outcomes for one in done),
        problems=tuple(one for each in done for one in each.problems),
    )
    call.answer(whole(total), imported_lines(total))
    return 1 if total.problems else 0


def _imported(call: Call, path: Path) -> exchange.Imported:
    if path.is_dir():
        full = path.resolve()
        if not full.is_relative_to(call.root):
            changed, problems = adr_files.sync(full, call.store, (".",))
        else:
            changed, problems = adr_files.sync(call.root, call.store, (full.relative_to(call.root).as_posix(),))
        return exchange.Imported(read=len(changed), changed=changed, problems=problems)
    try:
        if path.suffix.lower() in _DATABASES:
            if not path.is_file():
                raise UsageError(f"no such file or folder: {path}")
            return exchange.read_velocitytree(call.store, path)
        return exchange.read_json_lines(call.store, str(path), path.read_text("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"cannot be read: {path}: {error.strerror}") from error


def _export(call: Call) -> int:
    options = call.options
    found = call.store.find(_filter(call)).decisions
    match options.format:
        case "madr":
            written = _write_adrs(call, found)
            sys.stdout.writelines(f"{path}\n" for path in written)
        case "csv":
            _write(options.output, exchange.write_csv(found))
        case "json":
            document = {"version": 1, "root": str(call.root), "total": len(found), "offset": 0, "decisions": found}
            _write(options.output, msgspec.json.format(msgspec.json.encode(whole(document))).decode() + "\n")
        case _:
            _write(options.output, "".join(exchange.write_json_lines(found, call.store.outcomes())))
    return 0


def _write_adrs(call: Call, found: Iterable[WorkflowDecision]) -> list[str]:
    folder = call.options.output
    if folder:
        full = Path(folder).resolve()
        if not full.is_relative_to(call.root):
            raise UsageError(f"--output: ADRs are kept in the project, and this is not below {call.root}: {folder}")
        folder = full.relative_to(call.root).as_posix()
    try:
        return adr_files.export_adrs(call.root, found, call.store, folder or "")
    except OSError as error:
        raise UsageError(f"cannot be written: {error}") from error


_ACTIONS: Final[dict[str, Callable[[Call], int]]] = {
    "add": _add,
    "change": _change,
    "list": _list,
    "search": _list,
    "show": _show,
    "outcome": _outcome,
    "supersede": _supersede,
    "accept": _accept,
    "undo": _undo,
    "conflicts": _conflicts,
    "reconcile": _reconcile,
    "timeline": _timeline,
    "stats": _stats,
    "import": _import,
    "export": _export,
}


# -------------------------------------------------------------------------------------------------------------- helpers


def _fields(call: Call) -> dict[str, Any]:
    """The fields of a decision that were given."""
    options = call.options
    links = [
        DecisionLink(kind, call.store.need(name).id) for kind in LinkType for name in getattr(options, kind.value) or ()
    ]
    given = {
        "title": options.title,
        "rationale": options.rationale,
        "context": {"situation": options.context} if options.context is not None else None,
        "decision_type": DecisionType(options.type) if options.type else None,
        "status": DecisionStatus(options.status) if options.status else None,
        "tags": _tuple(options.tag),
        "files": _tuple([_below(call.root, name) for name in options.file or ()]),
        "symbols": _tuple(options.symbol),
        "alternatives": _tuple(options.alternative),
        "links": _tuple(links),
        "confidence": options.confidence,
        "author": options.author,
    }
    return {name: value for name, value in given.items() if value is not None}


def _tuple(values: list[Any] | None) -> tuple[Any, ...] | None:
    return tuple(dict.fromkeys(values)) if values else None


def _filter(call: Call) -> Filter:
    options = call.options
    return Filter(
        text=" ".join(getattr(options, "text", ())),
        types=tuple(options.type or ()),
        statuses=tuple(options.status or ()),
        tag=options.tag,
        file=_below(call.root, options.file) if options.file else "",
        symbol=options.symbol,
        author=options.author,
        since=options.since,
        until=options.until,
        limit=options.limit,
        offset=options.offset,
    )


def _below(root: Path, name: str) -> str:
    """A path that a person typed, below the root with ``/``; as it is where it lies elsewhere."""
    full = Path(name).resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else name


def _asked(question: str, otherwise: str = "") -> str:
    """What a person answers at a terminal; ``otherwise`` where nobody can."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return otherwise
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _write(name: str | None, text: str) -> None:
    if name is None:
        sys.stdout.write(text)
        return
    try:
        Path(name).write_text(text, "utf-8", "replace")
    except OSError as error:
        raise UsageError(f"--output: cannot be written: {error}") from error
