"""Signatures as a caller sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.code.signature import Parameter, Signature, constructor_signature, parse_signature
from vt_lsp.workspace.resolver import Found, Open, ancestors, class_member

if TYPE_CHECKING:
    from vt_lsp.models import Symbol
    from vt_lsp.workspace.index import Index

# Decorators that leave the parameters as they stand.
_TRANSPARENT = frozenset(
    "staticmethod classmethod abstractmethod override final lru_cache cache contextmanager asynccontextmanager "
    "deprecated typing_extensions no_type_check coroutine wraps overload".split()
)
_DATACLASS_FLAGS = frozenset({"dataclass", "namedtuple", "typeddict"})


def signature_of(index: Index, found: Found) -> Signature | None:
    """The parameters a caller may pass, without ``self``; None where they cannot be known."""
    symbol = found.symbol
    if symbol is None:
        return None
    if symbol.kind == "class":
        return _constructor(index, found)
    if symbol.kind not in ("function", "method"):
        return None
    if not all(_name(d) in _TRANSPARENT for d in symbol.decorators):
        return None
    if len(_implementations(index, found)) > 1:
        return None
    signature = parse_signature(symbol.signature, symbol.returns)
    if signature is None:
        return None
    return signature.bound() if _takes_self(symbol) else signature


def _implementations(index: Index, found: Found) -> list[Symbol]:
    """Definitions of the same name that are no overloads: two in branches may differ."""
    symbol = found.symbol
    if symbol is None:
        return []
    plain = [s for s in index.symbols(found.path, symbol.name) if "overload" not in s.flags]
    return [s for s in plain if (s.signature, s.returns) != (symbol.signature, symbol.returns)] + [symbol]


def _takes_self(symbol: Symbol) -> bool:
    return symbol.kind == "method" and "static" not in symbol.flags


def _name(decorator: str) -> str:
    return decorator.partition("(")[0].rpartition(".")[2]


def _constructor(index: Index, found: Found) -> Signature | None:
    cls = found.symbol
    if cls is None:
        return None
    is_generated = bool(_DATACLASS_FLAGS.intersection(cls.flags))
    if cls.decorators and not is_generated:
        return None
    if is_generated and not index.symbols(found.path, f"{cls.name}.__init__"):
        return _dataclass(index, found)
    if {"open", "metaclass", "enum"} & set(cls.flags):
        return None
    if index.symbols(found.path, f"{cls.name}.__new__"):
        return None
    init = class_member(index, found, "__init__")
    if isinstance(init, Found) and init.symbol is not None and init.symbol.kind == "method":
        return signature_of(index, init)
    return None


def _dataclass(index: Index, found: Found) -> Signature | None:
    chain = [found]
    for base in ancestors(index, found):
        if isinstance(base, Open):
            return None
        if isinstance(base, Found) and base.symbol is not None:
            if not _DATACLASS_FLAGS.intersection(base.symbol.flags) and _fields(index, base):
                return None
            chain.insert(0, base)
    parameters: dict[str, Parameter] = {}
    for owner in chain:
        options = " ".join(owner.symbol.decorators) if owner.symbol else ""
        own = constructor_signature(_fields(index, owner), kw_only="kw_only=True" in options.replace(" ", ""))
        if own is None or "init=False" in options.replace(" ", ""):
            return None
        parameters.update({p.name: p for p in own.parameters})
    # Keyword-only fields go behind the others (dataclasses, "kw_only").
    return Signature(tuple(sorted(parameters.values(), key=lambda p: p.kind == "keyword-only")))


def _fields(index: Index, found: Found) -> list[Symbol]:
    if found.symbol is None:
        return []
    return [s for s in index.members(found.path, found.symbol.name) if s.kind == "field"]


def parameter(signature: Signature, name: str) -> Parameter | None:
    """The parameter of that name, stars ignored."""
    return signature.parameter(name.lstrip("*"))


def is_closed(signature: Signature) -> bool:
    """No ``**kwargs``: an unknown keyword is an error."""
    return not signature.is_partial and all(p.kind != "var-keyword" for p in signature.parameters)


def render(name: str, signature: Signature) -> str:
    """The signature as documents write it."""
    parts: list[str] = []
    last = ""
    for p in signature.parameters:
        if last == "positional-only" and p.kind != "positional-only":
            parts.append("/")
        if p.kind == "keyword-only" and last not in ("keyword-only", "var-positional"):
            parts.append("*")
        star = {"var-positional": "*", "var-keyword": "**"}.get(p.kind, "")
        text = star + p.name + (f": {p.annotation}" if p.annotation else "")
        if p.default:
            text += f" = {p.default}" if p.annotation else f"={p.default}"
        parts.append(text)
        last = p.kind
    if last == "positional-only":
        parts.append("/")
    return f"{name}({', '.join(parts)})" + (f" -> {signature.returns}" if signature.returns else "")
