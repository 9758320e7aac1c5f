"""Change the code: the parameters of a function, to what the spec says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.code.meaning import same_annotation
from vt_lsp.code.signature import Parameter, Signature, parse_signature
from vt_lsp.continuous_eval.drift_detector.definitions import other_default
from vt_lsp.continuous_eval.drift_detector.near import alike
from vt_lsp.continuous_eval.realignment.source import Source, walk
from vt_lsp.models import DriftType, Realignment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.models import Claim, Edit, Symbol

_TYPES = frozenset(
    {DriftType.SIGNATURE_MISMATCH, DriftType.PARAMETER_DEFAULT, DriftType.TYPE_MISMATCH, DriftType.EXAMPLE_CALL,
     DriftType.DOCSTRING_PARAMETER}
)  # fmt: skip
_NAMED = frozenset(
    {"identifier", "typed_parameter", "default_parameter", "typed_default_parameter", "list_splat_pattern",
     "dictionary_splat_pattern"}
)  # fmt: skip
_IMPLICIT = frozenset({"self", "cls", "mcs"})
_KEYWORDS = frozenset({"keyword-only", "var-keyword"})


def parameter_changes(case: Case) -> Iterator[Realignment]:
    """The missing parameter added, a renamed one given its written name again, a default or a type as written."""
    function = _function(case) if case.drift.drift_type in _TYPES else None
    if function is None:
        return
    source, node, symbol = function
    wanted, is_whole = _wanted(case.claim, case.drift.drift_type, case.drift.subject)
    if wanted is None:
        return
    known = _known(source, node)
    label = symbol.name.removesuffix(".__init__")
    fresh = [p for p in wanted.parameters if p.name not in known and p.name not in _IMPLICIT and _is_plain(p)]
    changes = [edit for p in wanted.parameters if p.name in known for edit in _adapted(source, known[p.name], p)]
    changes += _returned(source, node, wanted.returns) if is_whole else []
    target = (source.path, symbol.name)
    if len(fresh) == 1 and not changes:
        yield from _renamed(source, node, symbol, fresh[0], wanted if is_whole else None)
    added = _added(source, node, wanted, fresh) if not case.is_slip() else []
    if added:
        names = " and ".join(f"`{p.name}`" for p in fresh)
        plural = "s" if len(fresh) > 1 else ""
        yield Realignment(
            f"Add the parameter{plural} {names} to `{label}`", "code", (*added, *changes), safe=False,
            confidence=0.6 if case.claim.kind == "function" else 0.4, kind="add-parameter", effort="line",
            symbol=target,
        )  # fmt: skip
    elif changes and not fresh:
        yield Realignment(
            f"Change `{label}` in the code to `{' and '.join(edit.new_text.strip(' =') for edit in changes)}`", "code",
            tuple(changes), safe=False, confidence=0.7, kind="change-parameter", symbol=target,
        )  # fmt: skip


def _function(case: Case) -> tuple[Source, Node, Symbol] | None:
    """The one function that the claim speaks of; of a class its constructor."""
    symbol = case.symbol()
    if symbol is None or case.target is None:
        return None
    if symbol.kind == "class":
        found = case.index.symbols(case.target[0], f"{symbol.name}.__init__")
        symbol = found[0] if len(found) == 1 else None
    if symbol is None or symbol.kind not in ("function", "method") or "overload" in symbol.flags:
        return None
    source = Source(case.target[0], case.text(case.target[0]) or b"")
    node = source.statement(symbol)
    return (source, node, symbol) if node is not None and node.type == "function_definition" else None


def _wanted(claim: Claim, drift_type: DriftType, subject: str) -> tuple[Signature | None, bool]:
    """What the claim says of the parameters, and whether that is the whole signature."""
    if claim.kind == "function" or (claim.kind == "name" and "=" not in claim.signature and claim.signature != "()"):
        return parse_signature(claim.signature, claim.annotation), True
    if claim.kind == "call":
        one = Parameter(claim.expected, "keyword-only", default="None") if claim.expected else None
    elif claim.kind == "name":
        one = Parameter(subject, "keyword-only", default="None") if subject.isidentifier() else None
    else:
        name = claim.subject.lstrip("*").rpartition(".")[2]
        is_default = drift_type is DriftType.PARAMETER_DEFAULT
        one = Parameter(name, "positional-or-keyword", "" if is_default else claim.annotation, claim.expected)
    return (Signature((one,)), False) if one is not None and one.name.isidentifier() else (None, False)


def _is_plain(p: Parameter) -> bool:
    return not p.kind.startswith("var-")


def _items(node: Node) -> list[Node]:
    """The parameters in order, with the separators ``*`` and ``/``."""
    listed = node.child_by_field_name("parameters")
    return [n for n in listed.named_children if n.type != "comment"] if listed is not None else []


def _known(source: Source, node: Node) -> dict[str, Node]:
    return {_name_of(source, item): item for item in _items(node) if item.type in _NAMED}


def _name_of(source: Source, item: Node) -> str:
    return source.text(_name_node(item)).lstrip("*")


def _name_node(item: Node) -> Node:
    named = item.child_by_field_name("name") or item
    while named.type != "identifier" and named.named_children:
        named = named.named_children[0]
    return named


def _adapted(source: Source, item: Node, p: Parameter) -> list[Edit]:
    """Type and default of a parameter that is there, where they differ from what is written."""
    edits = []
    annotation, default = item.child_by_field_name("type"), item.child_by_field_name("value")
    if p.annotation and annotation is not None and same_annotation(p.annotation, source.text(annotation)) is False:
        edits.append(source.put(annotation, p.annotation))
    if p.default and p.default != "..." and _is_plain(p):
        if default is not None and other_default(p.default, source.text(default)):
            edits.append(source.put(default, in_quotes(p.default, source.text(default))))
        elif default is None and item.type in ("identifier", "typed_parameter"):
            equals = " = " if annotation is not None else "="
            edits.append(source.edit(item.end_byte, item.end_byte, f"{equals}{p.default}"))
    return edits


def in_quotes(value: str, like: str) -> str:
    """The literal with the quotes that another one has, where it is a plain string."""
    new, old = value[:1], like[:1]
    if new in "'\"" and old in "'\"" and new and old and old not in value[1:-1] and "\\" not in value:
        return f"{old}{value[1:-1]}{old}"
    return value


def _returned(source: Source, node: Node, returns: str) -> list[Edit]:
    known = node.child_by_field_name("return_type")
    if not returns or known is None or same_annotation(returns, source.text(known)) is not False:
        return []
    return [source.put(known, returns)]


def _renamed(
    source: Source, node: Node, symbol: Symbol, p: Parameter, whole: Signature | None
) -> Iterator[Realignment]:
    """The parameter that took the place of the written one gets its name again, in the whole function."""
    known = _known(source, node)
    written = {q.name for q in whole.parameters} if whole else set()
    others = [name for name in known if name not in written | _IMPLICIT]
    near = alike(p.name, others)[:1] or (others if whole is not None and len(others) == 1 else [])
    if not near or p.name in {source.text(n) for n in walk(node) if n.type == "identifier"}:
        return
    edits = _uses(source, node, near[0], p.name)
    if edits:
        edits += _adapted(source, known[near[0]], p) if whole is not None else []
        yield Realignment(
            f"Rename the parameter `{near[0]}` of `{symbol.name}` to `{p.name}`", "code", tuple(edits), safe=False,
            confidence=0.5, kind="rename-parameter", effort="lines", symbol=(source.path, symbol.name),
            renames=(near[0], p.name),
        )  # fmt: skip


def _uses(source: Source, node: Node, old: str, new: str) -> list[Edit]:
    """The parameter's name at each place of the function; none where an inner function has the name too."""
    edits = []
    for found in walk(node):
        if found.type != "identifier" or source.text(found) != old:
            continue
        parent = found.parent
        if parent is None:
            continue
        if parent.type == "attribute" and parent.child_by_field_name("attribute") == found:
            continue
        if parent.type == "keyword_argument" and parent.child_by_field_name("name") == found:
            continue
        owner = _owner(found, node)
        if owner is not None:
            return []
        edits.append(source.put(found, new))
    return edits


def _owner(found: Node, outer: Node) -> Node | None:
    """The inner function or lambda whose own parameter this is."""
    node = found.parent
    while node is not None and node != outer:
        if node.type in ("parameters", "lambda_parameters") and node.parent != outer:
            return node.parent
        node = node.parent
    return None


def _added(source: Source, node: Node, wanted: Signature, fresh: Sequence[Parameter]) -> list[Edit]:
    """The written parameters that the function lacks, each behind the one that stands before it in the text."""
    edits: list[Edit] = []
    for anchor, group in _grouped(source, node, wanted, fresh):
        edits.extend(_inserted(source, node, anchor, group))
    return edits


def _grouped(source: Source, node: Node, wanted: Signature, fresh: Sequence[Parameter]) -> list[tuple[int, list[str]]]:
    """New parameters as text by the index of the item that they stand behind (-1: before all)."""
    items = _items(node)
    names = [_name_of(source, item) if item.type in _NAMED else "" for item in items]
    order = [p.name for p in wanted.parameters]
    found: dict[int, list[str]] = {}
    for p in fresh:
        before = [names.index(n) for n in order[: order.index(p.name)] if n in names]
        if len(order) == 1:
            at = _last_plain(items)
        else:
            at = before[-1] if before else (0 if names[:1] and names[0] in _IMPLICIT else -1)
        text = _as_text(p)
        if p.kind in _KEYWORDS and not any(i.type in ("keyword_separator", "list_splat_pattern") for i in items):
            at = _last_plain(items)
            text = text if found.get(at) and any("*, " in t for t in found[at]) else f"*, {text}"
        elif p.kind in _KEYWORDS:
            at = _last_plain(items)
        else:
            at = _lawful(items, at, is_required=not p.default)
        found.setdefault(at, []).append(text)
    return sorted(found.items())


def _last_plain(items: Sequence[Node]) -> int:
    """The last item that is not ``**kwargs``."""
    last = len(items) - 1
    while last >= 0 and _is_double(items[last]):
        last -= 1
    return last


def _is_double(item: Node) -> bool:
    return item.type == "dictionary_splat_pattern" or any(
        child.type == "dictionary_splat_pattern" for child in item.named_children
    )


def _lawful(items: Sequence[Node], at: int, *, is_required: bool) -> int:
    """The nearest place at which Python takes the parameter: one without a default before all that have one."""
    plain = []
    for index, item in enumerate(items):
        if item.type in ("keyword_separator", "list_splat_pattern") or _is_double(item):
            break
        if any(child.type == "list_splat_pattern" for child in item.named_children):
            break
        plain.append(index)
    at = min(at, plain[-1] if plain else -1)
    with_default = [i for i in plain if items[i].child_by_field_name("value") is not None]
    without = [i for i in plain if items[i].child_by_field_name("value") is None]
    if is_required and with_default:
        return min(at, with_default[0] - 1)
    if not is_required and without:
        return max(at, without[-1])
    return at


def _as_text(p: Parameter) -> str:
    text = p.name + (f": {p.annotation}" if p.annotation else "")
    if p.default and p.default != "...":
        text += f" = {p.default}" if p.annotation else f"={p.default}"
    return text


def _inserted(source: Source, node: Node, anchor: int, texts: Sequence[str]) -> list[Edit]:
    """The new parameters behind an item, on lines of their own where the list is wrapped so."""
    listed = node.child_by_field_name("parameters")
    items = _items(node)
    if listed is None:
        return []
    if not items:
        return [source.edit(listed.start_byte + 1, listed.end_byte - 1, ", ".join(texts))]
    is_wrapped = len({i.start_point[0] for i in items} | {listed.start_point[0]}) > len(items)
    separator = f",{source.newline}{source.indent(items[0].start_byte)}" if is_wrapped else ", "
    if anchor < 0:
        return [source.edit(items[0].start_byte, items[0].start_byte, "".join(t + separator for t in texts))]
    item = items[anchor]
    comma = item.next_sibling
    if is_wrapped and comma is not None and comma.type == ",":
        end = source.line_end(comma.end_byte)
        indent = source.newline + source.indent(items[0].start_byte)
        return [source.edit(end, end, "".join(f"{indent}{t}," for t in texts))]
    return [source.edit(item.end_byte, item.end_byte, "".join(separator + t for t in texts))]
