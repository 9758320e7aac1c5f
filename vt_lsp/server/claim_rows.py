"""Claims and drifts as plain JSON, for the trees and lists of editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vt_lsp.models import Place
from vt_lsp.server.claims import named_path
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.compliance import Judged
    from vt_lsp.engine import Engine
    from vt_lsp.models import Claim, DriftReport, Verdict
    from vt_lsp.server.session import Folder, Session

_LONGEST = 120  # characters of a claim's text
_WHOLE_LINE = frozenset({"class", "function", "field", "enum-member", "parameter"})  # a word of them says too little
_MARKUP = " \t|*+>"

Json = dict[str, Any]


class ClaimRows:
    """Rows of one folder, for one answer: each text is cut into lines once."""

    def __init__(self, session: Session, folder: Folder, engine: Engine) -> None:
        self._session, self._folder, self._engine = session, folder, engine
        self._indexes: dict[str, LineIndex] = {}

    def claim(self, path: str, one: Judged) -> Json:
        """One claim of a spec (``Claim`` in the clients)."""
        place = one.drift.spec if one.drift is not None else Place(path, one.claim.start, one.claim.end)
        return {
            "text": self._text(path, one.claim),
            "kind": one.claim.kind,
            "role": str(one.claim.role),
            "state": one.state,
            "uri": self._session.uri_of(self._folder, path),
            "range": self._range(place),
            "message": one.drift.details if one.drift is not None else "",
            "type": str(one.drift.drift_type) if one.drift is not None else None,
            "severity": str(one.drift.severity) if one.drift is not None else None,
            "fingerprint": one.drift.fingerprint if one.drift is not None else None,
            "target": self._target(path, one.claim, one.verdict),
        }

    def drift(self, drift: DriftReport) -> Json:
        """One drift with both of its sides."""
        return {
            "fingerprint": drift.fingerprint,
            "type": str(drift.drift_type),
            "severity": str(drift.severity),
            "message": drift.details,
            **self._location(drift.spec),
            "path": drift.spec.path,
            "code": {**self._location(drift.code), "path": drift.code.path} if drift.code is not None else None,
        }

    def heading(self, path: str, start: int) -> Json:
        """The range of the line that a section begins with."""
        index = self._lines(path)
        line, _ = index.position(start, "utf-8")
        return self._range(Place(path, index.offset(line, 0, "utf-8"), index.offset(line, 1 << 30, "utf-8")))

    def _text(self, path: str, claim: Claim) -> str:
        index = self._lines(path)
        words = index.data[claim.start : claim.end].decode(errors="replace")
        if claim.kind in _WHOLE_LINE:
            words = index.line_text(index.position(claim.start, "utf-8")[0]).strip(_MARKUP) or words
        words = " ".join(words.split())
        return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"

    def _target(self, path: str, claim: Claim, verdict: Verdict) -> Json | None:
        if (place := self._engine.place_of(verdict)) is not None:
            return self._location(place)
        named = named_path(self._folder, path, claim)
        if named is None or self._folder.listing is None or named not in self._folder.listing.files:
            return None
        return self._location(Place(named, 0, 0))

    def _location(self, place: Place) -> Json:
        return {"uri": self._session.uri_of(self._folder, place.path), "range": self._range(place)}

    def _range(self, place: Place) -> Json:
        start = end = (0, 0)
        if place.end > 0:  # the beginning of a file is known without reading it
            index, units = self._lines(place.path), self._session.units
            start = index.position(max(place.start, 0), units)
            end = index.position(max(place.end, place.start), units)
        return {
            "start": {"line": start[0], "character": start[1]},
            "end": {"line": end[0], "character": end[1]},
        }

    def _lines(self, path: str) -> LineIndex:
        if path not in self._indexes:
            self._indexes[path] = self._session.texts.lines(self._engine, path) or LineIndex(b"")
        return self._indexes[path]
