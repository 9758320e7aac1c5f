"""Line indexes of the texts that positions are asked of, kept for the few that were asked last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import Place
    from vt_lsp.text import Units

_KEPT = 48
_KEPT_BYTES = 1 << 20
START = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))


class Texts:
    """A small cache: (engine, path) -> line index of the text that the engine has now."""

    def __init__(self) -> None:
        self._indexes: dict[tuple[int, str], LineIndex] = {}

    def lines(self, engine: Engine, path: str) -> LineIndex | None:
        """The line index of a path, or None if there is no such text."""
        data = engine.text(path)
        if data is None:
            return None
        key = (id(engine), path)
        known = self._indexes.pop(key, None)
        if known is None or (known.data is not data and known.data != data):
            known = LineIndex(data)
        if len(data) <= _KEPT_BYTES:
            self._indexes[key] = known  # the youngest is the last
            while len(self._indexes) > _KEPT:
                del self._indexes[next(iter(self._indexes))]
        return known

    def range(self, engine: Engine, place: Place, units: Units) -> lsp.Range:
        """The range of a place; the file's start if it cannot be read."""
        index = self.lines(engine, place.path)
        return START if index is None else span(index, place, units)

    def offset(self, engine: Engine, path: str, position: lsp.Position, units: Units) -> int | None:
        """The byte at a position of the client."""
        index = self.lines(engine, path)
        return None if index is None else index.offset(position.line, position.character, units)


def span(index: LineIndex, place: Place, units: Units) -> lsp.Range:
    """The range of a place in its text."""
    start = index.position(max(place.start, 0), units)
    end = index.position(max(place.end, place.start, 0), units)
    return lsp.Range(lsp.Position(*start), lsp.Position(*end))
