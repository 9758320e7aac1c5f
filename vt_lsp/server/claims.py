"""What the features ask of an engine: the claim under the cursor, and how many of a section hold."""

from __future__ import annotations

from posixpath import normpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.continuous_eval.compliance import Judged
    from vt_lsp.engine import Engine
    from vt_lsp.models import Claim, Verdict
    from vt_lsp.server.session import Folder

_MARKDOWN = (".md", ".markdown", ".mdx", ".mdc", ".cursorrules")
PATH_KINDS = frozenset({"path", "link", "tree-entry"})


def judged(engine: Engine, path: str) -> list[Judged]:
    """The claims of a spec in order, with what is shown of each."""
    return engine.judged(path)


def judged_about(engine: Engine, path: str, symbol: str | None = None) -> list[Judged]:
    """What specs say of a code file, or of one symbol of it and its members; by spec, in the order of the text."""
    specs = dict.fromkeys(spec for spec, _, _ in engine.claims_about(path, symbol))
    return [one for spec in specs for one in judged(engine, spec) if _is_about(one.verdict, path, symbol)]


def _is_about(verdict: Verdict, path: str, symbol: str | None) -> bool:
    if verdict.target is None or verdict.target[0] != path:
        return False
    return symbol is None or verdict.target[1] == symbol or verdict.target[1].startswith(f"{symbol}.")


def is_spec(path: str) -> bool:
    """Whether a path is read as a spec, by its name."""
    from vt_lsp.workspace.discovery import kind_of  # noqa: PLC0415 - not before `initialize`

    return kind_of(path) == "spec"


def is_markdown(path: str) -> bool:
    """Whether a path is that of a Markdown document."""
    return path.lower().endswith(_MARKDOWN)


def claim_at(engine: Engine, path: str, offset: int) -> tuple[Claim, Verdict] | None:
    """The smallest claim of a spec around a byte, one that is decided before one that is not."""
    around = [(claim, verdict) for claim, verdict in engine.verdicts(path) if claim.start <= offset <= claim.end]
    return min(around, key=lambda pair: (pair[1].state == "unknown", pair[0].end - pair[0].start), default=None)


def claim_near(engine: Engine, path: str, offset: int) -> tuple[Claim, Verdict] | None:
    """The claim at a byte, or the one whose drift is shown there.

    Else the nearest one on the line, if all claims of the line lead to the same place.
    """
    found = claim_at(engine, path, offset)
    if found is not None and found[1].state != "unknown":
        return found
    for one in judged(engine, path):
        if one.drift is not None and one.drift.spec.start <= offset <= one.drift.spec.end:
            return one.claim, one.verdict
    text = engine.text(path)
    if found is not None or text is None:
        return found
    begin, end = text.rfind(b"\n", 0, offset) + 1, text.find(b"\n", offset)
    beside = [
        (claim, verdict)
        for claim, verdict in engine.verdicts(path)
        if verdict.target is not None and begin <= claim.start < (end if end >= 0 else len(text))
    ]
    if len({verdict.target for _, verdict in beside}) != 1:
        return None
    return min(beside, key=lambda pair: abs(pair[0].start - offset))


def named_path(folder: Folder, spec: str, claim: Claim) -> str | None:
    """The file or folder that a claim on a path names, if it is there; relative to the spec, or to the root."""
    if claim.kind not in PATH_KINDS or folder.listing is None:
        return None
    here = spec.rpartition("/")[0]
    starts = (claim.owner,) if claim.kind == "tree-entry" else (here, "")
    for start in starts:
        path = normpath(f"{start}/{claim.subject}".lstrip("/"))
        if path in folder.listing.files or path in folder.listing.folders:
            return path
    return None


def worst_first(claims: Iterable[Judged]) -> list[Judged]:
    """What is broken, then what holds, then what is not decided; each in the order that it had."""
    return sorted(claims, key=lambda one: ("broken", "holds", "unknown").index(one.state))
