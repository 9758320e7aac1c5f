"""Code actions: which ways out of a drift there are. Their edits are made in :mod:`vt_lsp.server.resolving`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from vt_lsp.server.ignoring import ignore
from vt_lsp.server.recording import with_reason
from vt_lsp.server.to_lsp import SOURCE
from vt_lsp.server.workspace_edit import workspace_edit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, Realignment
    from vt_lsp.server.session import Folder, Session

FIX_ALL = "source.fixAll.vt-lsp"
OPTIONS = lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix, FIX_ALL], resolve_provider=True)


def code_actions(session: Session, params: lsp.CodeActionParams) -> list[lsp.CodeAction] | None:
    """What can be done about the drifts that the client shows in the range; by their ``data``, without any edit yet.

    A client that cannot ask for the edits later gets them at once.
    """
    home = session.home(params.text_document.uri)
    if home is None:
        return None
    folder, engine, path = home
    only = params.context.only
    actions: list[lsp.CodeAction] = []
    if only is None or _is_asked(lsp.CodeActionKind.QuickFix.value, only):
        drifts = {drift.fingerprint: drift for drift in engine.drifts(path)}
        for diagnostic in _meant(params, session.publisher.shown(params.text_document.uri)):
            drift = drifts.get(str(diagnostic.data))
            if drift is not None:
                actions.extend(_fixes(session, folder, engine, path, drift, diagnostic))
    if only is not None and _is_asked(FIX_ALL, only) and engine.drifts(path):
        data = {"uri": params.text_document.uri, "all": True}
        actions.append(lsp.CodeAction("Take all safe ways out of drift", kind=FIX_ALL, data=data))
    elif only is not None and not actions:
        return None
    if is_resolved_later(session):
        return actions
    from vt_lsp.server.resolving import at_once  # noqa: PLC0415 - not before `initialize`

    return [whole for action in actions if (whole := at_once(session, action)) is not None]


def is_resolved_later(session: Session) -> bool:
    """Whether the client asks for the edit of an action when it is chosen, and sends back what the action carries."""
    documents = session.server.client_capabilities.text_document
    can = documents.code_action if documents is not None else None
    if can is None or not can.data_support or can.resolve_support is None:
        return False
    return "edit" in can.resolve_support.properties


def all_ways(session: Session, engine: Engine, drift: DriftReport) -> list[Realignment]:
    """The ways out of a drift, best first, and the way back where git was asked for it already."""
    back = session.ways.way_back(engine, drift)
    ways = list(session.ways.of(engine, drift))
    return ways if back is None or any(way.edits == back.way.edits for way in ways) else [*ways, back.way]


def titled(session: Session, engine: Engine, way: Realignment) -> str:
    """The title of a way out, with what else it changes where that is known."""
    from vt_lsp.continuous_eval.renaming import touched  # noqa: PLC0415 - the same
    from vt_lsp.workspace.impact import as_words  # noqa: PLC0415 - not before `initialize`

    target = touched(way)
    found = session.ways.impact(engine, target) if target is not None else None
    said = as_words(found) if found is not None else ""
    # Of a parameter, only the calls that name it are changed.
    verb = "also changes" if way.renames is not None and way.kind != "rename-parameter" else "touches"
    return f"{way.title} ({verb} {said})" if said else way.title


def _is_asked(kind: str, only: Sequence[Any]) -> bool:
    """Kinds are hierarchical: who asks for ``source`` is given ``source.fixAll.vt-lsp`` too."""
    asked = [str(getattr(one, "value", one)) for one in only]
    return any(not one or kind == one or kind.startswith(f"{one}.") for one in asked)


def _meant(params: lsp.CodeActionParams, shown: list[lsp.Diagnostic]) -> list[lsp.Diagnostic]:
    """Our diagnostics that a client asks about.

    Some clients send none, but only the range; some send them without what we put into them.
    """
    asked = params.context.diagnostics
    if not asked:
        return [one for one in shown if _meets(one.range, params.range)]
    whole = [one for one in asked if one.source == SOURCE and isinstance(one.data, str)]
    poor = [(one.range, one.code) for one in asked if one.data is None and one.source in {SOURCE, None}]
    return whole + [one for one in shown if (one.range, one.code) in poor]


def _meets(one: lsp.Range, other: lsp.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _fixes(  # noqa: PLR0913, PLR0917 - the place and the drift
    session: Session, folder: Folder, engine: Engine, path: str, drift: DriftReport, shown: lsp.Diagnostic
) -> list[lsp.CodeAction]:
    ways = all_ways(session, engine, drift)
    preferred = next((way for way in ways if way.is_preferred and not _has_equal(way, ways)), None)
    actions = []
    for way in ways:
        data = {
            "uri": session.uri_of(folder, path),
            "drift": drift.fingerprint,
            "way": way.title,
            "target": way.target,
            "kind": way.kind,
        }
        actions.append(_action(titled(session, engine, way), shown, data, is_preferred=way is preferred))
    name = "vt-lsp.acceptDrift"
    accept = "Accept: the code is right, because …"
    actions.append(_action(accept, shown, None, command=lsp.Command(accept, name, arguments=[drift.fingerprint])))
    index = session.texts.lines(engine, path)
    silenced = ignore(session, index, path, drift, shown.range) if index is not None else None
    if silenced is not None:
        edit = workspace_edit(session, folder, {path: [silenced]})
        actions.append(_action("Ignore this drift here", shown, None, edit=edit))
    if ways:
        best = ways.index(preferred) if preferred is not None else 0
        actions.extend(with_reason(session, engine, drift, actions[best]))
    return [*actions, *_questions(folder, drift, shown)]


def _questions(folder: Folder, drift: DriftReport, shown: lsp.Diagnostic) -> list[lsp.CodeAction]:
    """What Claude may be asked of a drift, where it may be asked at all; nothing is asked before one is chosen."""
    settings = folder.settings
    if settings is None or settings.untrusted_workspace or not settings.claude_enabled:
        return []
    wanted: list[tuple[str, dict[str, str]]] = [
        ("explain this drift", {"template": "explain"}),
        ("realign the spec", {"template": "realign", "target": "spec"}),
    ]
    if drift.code is not None and drift.code.end:
        wanted.append(("realign the code", {"template": "realign", "target": "code"}))
    return [
        _action(
            f"Ask Claude: {what} (language model)",
            shown,
            None,
            command=lsp.Command(
                title="Ask Claude",
                command="vt-lsp.askClaude",
                arguments=[{**how, "fingerprint": drift.fingerprint}],
            ),
        )
        for what, how in wanted
    ]


def _has_equal(way: Realignment, ways: Sequence[Realignment]) -> bool:
    """Another one of its kind is as likely: which it is, only a person can say."""
    return not way.safe and any(
        other is not way and (other.kind, other.target) == (way.kind, way.target) and other.confidence >= way.confidence
        for other in ways
    )


def _action(  # noqa: PLR0913  the fields of an action
    title: str,
    shown: lsp.Diagnostic,
    data: dict[str, Any] | None,
    *,
    is_preferred: bool = False,
    edit: lsp.WorkspaceEdit | None = None,
    command: lsp.Command | None = None,
) -> lsp.CodeAction:
    return lsp.CodeAction(
        title,
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[shown],
        edit=edit,
        command=command,
        is_preferred=is_preferred or None,
        data=data,
    )
