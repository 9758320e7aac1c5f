"""Change the spec: a signature, the bases of a class, an argument, to what the code has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.code.signature import Parameter, Signature, parse_signature
from vt_lsp.code.split import top_level
from vt_lsp.continuous_eval.drift_detector.callables import signature_of
from vt_lsp.models import DriftType, Edit, Place, Realignment
from vt_lsp.workspace.resolver import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.models import Symbol

_SIGNATURES = frozenset({DriftType.SIGNATURE_MISMATCH, DriftType.PARAMETER_DEFAULT, DriftType.TYPE_MISMATCH})
_IMPLICIT = ("self", "cls", "mcs")
Span = tuple[int, int]

_REACH = 4000  # bytes behind a claim in which its signature ends
_NAME = re.compile(r"\**\s*(\w+)")
_OPEN, _CLOSE, _QUOTES, _COMMA = b"([{", b")]}", b"\"'", ord(",")


def whole_signatures(case: Case) -> Iterator[Realignment]:
    """The written parameter list becomes the code's; what is right in it stays as it is written."""
    claim, drift = case.claim, case.drift
    if drift.drift_type not in _SIGNATURES or claim.kind not in ("function", "name") or not claim.signature:
        return
    symbol = case.symbol()
    if symbol is None or case.target is None:
        return
    actual = signature_of(case.index, Found(case.target[0], symbol))
    wanted = parse_signature(claim.signature)
    span = _list_after(case.spec, claim.start)
    if actual is None or wanted is None or span is None:
        return
    written = case.spec[span[0] : span[1]].decode("utf-8", "surrogateescape")
    new = _merged(written, wanted, actual)
    edits = [Edit(Place(case.document.path, *span), new)] if new != written else []
    edits += _returns(case, span[1], actual)
    if edits:
        name = claim.subject.rpartition(".")[2]
        yield Realignment(
            f"Change the spec to `{name}{' '.join(new.split())}`", "spec", tuple(edits), safe=False,
            confidence=drift.confidence - 0.05, kind="signature", effort="line",
        )  # fmt: skip


def _list_after(text: bytes, start: int) -> Span | None:
    """The bytes of the parenthesised list that begins behind ``start``, in the same paragraph."""
    stop = text.find(b"\n\n", start)
    end = min(stop if stop >= 0 else len(text), start + _REACH)
    opened = text.find(b"(", start, end)
    if opened < 0 or b"\n" in text[start:opened]:
        return None
    closed = closing(text, opened, end)
    return (opened, closed) if closed else None


def closing(text: bytes, opened: int, end: int) -> int:
    """Behind the bracket that closes the one at ``opened``; 0 for none. Quoted brackets do not count."""
    depth, quote = 0, 0
    for offset in range(opened, end):
        char = text[offset]
        if quote:
            quote = 0 if char == quote else quote
        elif char in _QUOTES:
            quote = char
        else:
            depth += (char in _OPEN) - (char in _CLOSE)
            if not depth:
                return offset + 1
    return 0


def _merged(written: str, wanted: Signature, actual: Signature) -> str:
    """The code's parameters in the words of the text where it has them right."""
    pieces = [p.strip() for p in top_level(written[1:-1], ",") or [] if p.strip()]
    by_name = {m[1]: piece for piece in pieces if (m := _NAME.match(piece))}
    typed = any(p.annotation for p in wanted.parameters) or not wanted.parameters
    first = (
        [pieces[0]] if pieces and _NAME.match(pieces[0]) and pieces[0].partition(":")[0].strip() in _IMPLICIT else []
    )
    known = {p.name: p for p in wanted.parameters}
    items: list[str] = [*first]
    last = ""
    for p in actual.parameters:
        if last == "positional-only" and p.kind != "positional-only" and "/" in pieces:
            items.append("/")
        if p.kind == "keyword-only" and last not in ("keyword-only", "var-positional"):
            items.append("*")
        items.append(_piece(p, known.get(p.name), by_name.get(p.name, ""), is_typed=typed))
        last = p.kind
    if "\n" not in written:
        return f"({', '.join(items)})"
    newline = "\r\n" if "\r\n" in written else "\n"
    lines = written.split(newline)
    indent = lines[1][: len(lines[1]) - len(lines[1].lstrip())]
    comma = "," if written[:-1].rstrip().endswith(",") else ""
    tail = lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())] if lines[-1].strip() == ")" else ""
    end = f"{newline}{tail})" if lines[-1].strip() == ")" else ")"
    return f"({newline}{indent}" + f",{newline}{indent}".join(items) + f"{comma}{end}"


def _piece(p: Parameter, known: Parameter | None, written: str, *, is_typed: bool) -> str:
    star = {"var-positional": "*", "var-keyword": "**"}.get(p.kind, "")
    if known is not None and written and known.annotation in ("", p.annotation) and known.default == p.default:
        return written
    annotation = p.annotation if is_typed else ""
    default = (f" = {p.default}" if annotation else f"={p.default}") if p.default else ""
    return f"{star}{p.name}" + (f": {annotation}" if annotation else "") + default


def _returns(case: Case, end: int, actual: Signature) -> list[Edit]:
    """The written return type, where it is the one that is wrong."""
    claim = case.claim
    if not claim.annotation or not actual.returns or case.drift.subject != claim.annotation:
        return []
    at = case.spec.find(claim.annotation.encode(), end, end + len(claim.annotation.encode()) + 8)
    return [Edit(Place(case.document.path, at, at + len(claim.annotation.encode())), actual.returns)] if at >= 0 else []


def bases(case: Case) -> Iterator[Realignment]:
    """The bases in the header of a class stub become the code's."""
    symbol = case.symbol()
    if case.drift.drift_type is not DriftType.BASE_CLASS or symbol is None:
        return
    text, claim = case.spec, case.claim
    span = _list_after(text, text.find(claim.subject.encode(), claim.start) + len(claim.subject.encode()))
    if span is None or "stub" not in claim.hints:
        yield from _other_base(case, symbol)
        return
    actual = ", ".join(symbol.bases)
    yield Realignment(
        f"Change the spec to `class {claim.subject}{f'({actual})' if actual else ''}`", "spec",
        (Edit(Place(case.document.path, *span), f"({actual})" if actual else ""),), safe=False,
        confidence=case.drift.confidence, kind="bases",
    )  # fmt: skip


def _other_base(case: Case, symbol: Symbol) -> Iterator[Realignment]:
    """In a sentence the name of the base alone is changed, where the class has one."""
    place = case.drift.spec
    said = case.spec[place.start : place.end].decode("utf-8", "surrogateescape")
    if len(symbol.bases) == 1 and said in case.claim.bases and "=" not in symbol.bases[0]:
        yield Realignment(
            f"Change the spec to `{symbol.bases[0]}`", "spec", (Edit(place, symbol.bases[0]),), safe=False,
            confidence=case.drift.confidence, kind="bases",
        )  # fmt: skip


def without_argument(case: Case) -> Iterator[Realignment]:
    """An example's call, or a written signature, without the argument that the code does not take."""
    name = case.drift.subject
    if case.drift.drift_type not in (DriftType.EXAMPLE_CALL, DriftType.SIGNATURE_MISMATCH) or not name.isidentifier():
        return
    if case.claim.kind not in ("call", "name", "function"):
        return
    text, path = case.spec, case.document.path
    found = re.compile(rb"(?<![\w.])" + re.escape(name.encode()) + rb"\s*(?:=(?!=)|:|(?=[,)]))").search(
        text, case.drift.spec.start, case.drift.spec.start + _REACH
    )
    span = _argument(text, found.start()) if found else None
    if span is not None:
        yield Realignment(
            f"Remove `{name}` from the spec", "spec", (Edit(Place(path, *span), ""),), safe=False, confidence=0.6,
            kind="remove-argument", effort="line",
        )  # fmt: skip


def _argument(text: bytes, start: int) -> Span | None:
    """An argument with the comma that divides it from the one before it, or else from the one behind it."""
    end = _argument_end(text, start)
    before = len(text[:start].rstrip())
    if end is None:
        return None
    if text[before - 1 : before] == b",":
        return before - 1, len(text[:end].rstrip())
    if text[before - 1 : before] != b"(":
        return None
    if text[end] == _COMMA:
        end += 1
        end += len(text[end:]) - len(text[end:].lstrip())
    return start, end


def _argument_end(text: bytes, start: int) -> int | None:
    """Where the comma or the bracket stands that ends the argument at ``start``."""
    depth, quote = 0, 0
    for offset in range(start, min(len(text), start + _REACH)):
        char = text[offset]
        if quote:
            quote = 0 if char == quote else quote
        elif char in _QUOTES:
            quote = char
        elif not depth and (char == _COMMA or char in _CLOSE):
            return offset
        else:
            depth += (char in _OPEN) - (char in _CLOSE)
    return None
