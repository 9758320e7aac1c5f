"""What a position in a document is about, in the names that decisions use: symbols, files, sections, requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vt_lsp.server.claims import claim_at, is_spec

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport
    from vt_lsp.workflow_memory.precedent_index import Situation

_NONE: frozenset[str] = frozenset()
_LONGEST = 300  # characters of a line that count as wording


class Spot(NamedTuple):
    """A place. ``text`` is what stands there in words; ``start`` and ``end`` are its bytes."""

    start: int
    end: int
    text: str = ""
    symbols: frozenset[str] = _NONE
    paths: frozenset[str] = _NONE
    requirements: frozenset[str] = _NONE
    sections: frozenset[str] = _NONE

    def situation(self) -> Situation:
        """The same as a question for precedents."""
        from vt_lsp.workflow_memory.precedent_index import Situation  # noqa: PLC0415 - it needs numpy

        return Situation(
            title=self.text,
            symbols=self.symbols,
            paths=self.paths,
            requirements=self.requirements,
            sections=self.sections,
        )


def spot_at(engine: Engine, path: str, offset: int) -> Spot | None:
    """What the byte is about; None where it is nothing that decisions speak of."""
    return _in_spec(engine, path, offset) if is_spec(path) else _in_code(engine, path, offset)


def names_of(engine: Engine, path: str, symbol: str) -> frozenset[str]:
    """The names by which a decision may call a symbol of a file: alone, and below its module as far as it is said."""
    module = engine.index.layout.names.get(path, "")
    parts = module.split(".") if module else []
    return frozenset(".".join((*parts[at:], symbol)) for at in range(len(parts) + 1)) if symbol else _NONE


def full_name(engine: Engine, path: str, symbol: str) -> str:
    """The name of a symbol with its module, which stays unique; "" for none."""
    return max(names_of(engine, path, symbol), key=len, default="")


def section_at(engine: Engine, path: str, offset: int) -> tuple[str, int] | None:
    """The title of the innermost section around a byte, and where its heading begins."""
    facts = engine.spec_facts(path)
    around = [one for one in (facts.headings if facts is not None else ()) if one[2] <= offset < one[3]]
    inner = max(around, key=lambda heading: heading[2], default=None)
    return (inner[1], inner[2]) if inner is not None else None


def _in_code(engine: Engine, path: str, offset: int) -> Spot | None:
    first = _line(engine, path, 0)
    paths = frozenset({path}) if offset <= first[1] else _NONE
    symbol = engine.symbol_at(path, offset)
    if symbol is None:
        return Spot(*first[:2], paths=paths) if paths else None
    last = symbol.name.rpartition(".")[2]
    end = symbol.name_start + len(last.encode())
    return Spot(symbol.name_start, end, symbols=names_of(engine, path, symbol.name), paths=paths)


def _in_spec(engine: Engine, path: str, offset: int) -> Spot | None:
    from vt_lsp.workspace.traces import requirement_at  # noqa: PLC0415 - not before `initialize`

    start, end, text = _line(engine, path, offset)
    section = section_at(engine, path, offset)
    sections = frozenset({f"{path}#{section[0]}"}) if section is not None and section[0] else _NONE
    for drift in engine.drifts(path):
        if drift.spec.path == path and drift.spec.start <= offset <= drift.spec.end:
            return Spot(drift.spec.start, drift.spec.end, text, _symbols(engine, drift), sections=sections)
    named = requirement_at(engine.index, path, offset)
    if named is not None:
        traced, place = named
        title = traced.requirement.title or text
        return Spot(place.start, place.end, title, requirements=frozenset({traced.requirement.id}))
    if section is not None and section[1] == start:
        return Spot(start, end, sections=sections, paths=frozenset({path}) if start == 0 else _NONE)
    if start == 0:
        return Spot(start, end, paths=frozenset({path}))
    found = claim_at(engine, path, offset)
    if found is None or found[1].target is None:
        return None
    claim, verdict = found
    assert verdict.target is not None
    return Spot(claim.start, claim.end, symbols=names_of(engine, *verdict.target))


def _symbols(engine: Engine, drift: DriftReport) -> frozenset[str]:
    return names_of(engine, drift.code.path, engine.symbol_of(drift)) if drift.code is not None else _NONE


def _line(engine: Engine, path: str, offset: int) -> tuple[int, int, str]:
    data = engine.text(path) or b""
    start = data.rfind(b"\n", 0, offset) + 1
    end = data.find(b"\n", offset)
    end = len(data) if end < 0 else end
    text = data[start:end].decode("utf-8", "replace").strip()
    return start, end, text[:_LONGEST]
