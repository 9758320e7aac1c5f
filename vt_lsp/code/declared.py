"""What a Python file declares for the outside: options of a command line, environment variables, hooks.

Calls stand inside of function bodies, which the parser does not see; they are told by their spelling. What is computed
is not seen: whoever judges must know that more may be there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vt_lsp.code.signature import parse_signature
from vt_lsp.models import CodeFacts, Declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Symbol

_OPTION = re.compile(rb"--([A-Za-z][\w-]*)")
_HOOK = re.compile(rb"(?:has|get)attr\(\s*[\w.]{1,60}\s*,\s*[\"']([A-Za-z_]\w*)[\"']\s*[,)]")
_INSIDE = re.compile(rb"[\w-]")
_STRING = rb"[rbuRBU]{0,2}[\"']([A-Za-z_]\w*)[\"']"
# Each begins with a plain word: the regular expression engine then skips to it quickly.
_ENVIRONMENT = re.compile(
    rb"env(?:iron(?:b|\s*\.\s*(?:get|pop|setdefault))?\s*[\[(]|var\s*=\s*\[?|(?:\.\w+)?\s*\()\s*" + _STRING
)
_ALIAS = re.compile(rb"validation_alias\s*=\s*" + _STRING)
_DECOUPLE = re.compile(rb"config\s*\(\s*" + _STRING)
_TWISTED = re.compile(rb"\bdef opt_([A-Za-z]\w*)\(")  # a method of Twisted's `usage.Options` for each option
_SUBPARSER = re.compile(rb"add_parser\(\s*(?:name\s*=\s*)?[\"']([\w-]+)[\"']")
_COMMAND = re.compile(r"(?:\w+\.)*(?:command|group)(?:\(\s*(?:name\s*=\s*)?(?:[\"']([\w-]+)[\"'])?|$)")
_GROUP = re.compile(rb"add_(?:typer|command)\([^()]*?name\s*=\s*[\"']([\w-]+)[\"']")
_ENVIRONMENT_WORDS: Final = ("environ", "getenv", "envvar", "env", "decouple", "BaseSettings")
_PREFIX = re.compile(r"env_prefix\s*=\s*[\"'](\w*)[\"']")
_SETTINGS: Final = "BaseSettings"
_MAKER = re.compile(r"(?:\w+\.)*(?:option|command|callback|group)\b")


def read_declared(data: bytes, facts: CodeFacts) -> tuple[Declared, ...]:
    """The options, commands and environment variables of a file, each name once; ``facts`` are those of the same text.

    An option's ``detail`` is ``literal`` where a string begins with it (as in a call that declares it), ``parameter``
    where Typer or Click makes it of a parameter, else empty: a comment or a text names it. A variable's is ``field``
    where it is made of a field of pydantic settings, and then ``owner`` is the class. A hook is a name of which
    the code asks whether an object has it.
    """
    words = f" {facts.words} "
    found: dict[tuple[str, str], Declared] = {}
    for one in (
        *_options(data, facts, words),
        *_twisted(data, words),
        *_variables(data, facts, words),
        *_hooks(data, words),
    ):
        known = found.get((one.kind, one.name))
        if known is None or (one.detail and not known.detail):
            found[one.kind, one.name] = one
    return tuple(sorted(found.values(), key=lambda one: (one.start, one.kind, one.name)))


def _twisted(data: bytes, words: str) -> Iterator[Declared]:
    if " Options " in words:
        for match in _TWISTED.finditer(data):
            option = "--" + match[1].decode("utf-8", "replace").replace("_", "-")
            yield Declared("option", option, *match.span(1), detail="literal")


def _hooks(data: bytes, words: str) -> Iterator[Declared]:
    if " hasattr " in words or " getattr " in words:
        for match in _HOOK.finditer(data):
            yield Declared("hook", match[1].decode("utf-8", "replace"), *match.span(1))


def _options(data: bytes, facts: CodeFacts, words: str) -> Iterator[Declared]:
    if b"--" in data:
        for match in _OPTION.finditer(data):
            start, end = match.span()
            if _INSIDE.match(data, start - 1):
                continue
            is_literal = data[start - 1 : start] in {b'"', b"'", b"/"} and data[start - 3 : start] not in _TRIPLE
            yield Declared("option", match[0].decode("utf-8", "replace"), start, end, detail="literal" * is_literal)
    if " add_parser " in words:
        for match in _SUBPARSER.finditer(data):
            yield Declared("command", match[1].decode("utf-8", "replace"), *match.span(1))
    if " click " in words or " typer " in words or "_click " in words:
        for match in _GROUP.finditer(data):
            yield Declared("command", match[1].decode("utf-8", "replace"), *match.span(1))
        for symbol in facts.symbols:
            if symbol.decorators and any(map(_MAKER.match, symbol.decorators)):
                yield from _parameters(symbol)
                yield from _commands(symbol)


_TRIPLE: Final = (b'"""', b"'''")


def _parameters(symbol: Symbol) -> Iterator[Declared]:
    """Typer names an option after its parameter, and a flag's opposite, too; Click's parameters follow its options."""
    signature = parse_signature(symbol.signature)
    for parameter in signature.parameters if signature is not None else ():
        name = parameter.name.strip("_").replace("_", "-")
        for option in (f"--{name}", f"--no-{name}"):
            yield Declared("option", option, symbol.name_start, symbol.name_start, detail="parameter")


def _commands(symbol: Symbol) -> Iterator[Declared]:
    """Click and Typer name a command after its function unless they are told."""
    for decorator in symbol.decorators:
        found = _COMMAND.match(decorator)
        if found is not None:
            name = found[1] or symbol.name.rpartition(".")[2].lower().replace("_", "-")
            yield Declared("command", name, symbol.name_start, symbol.name_start)


def _variables(data: bytes, facts: CodeFacts, words: str) -> Iterator[Declared]:
    if not any(f" {word} " in words for word in _ENVIRONMENT_WORDS):
        return
    patterns = [_ENVIRONMENT]
    patterns += [_ALIAS] if " validation_alias " in words else []
    patterns += [_DECOUPLE] if " decouple " in words else []
    for pattern in patterns:
        for match in pattern.finditer(data):
            before = data[max(match.start() - 3, 0) : match.start()]
            if before == b"get" or not _INSIDE.match(before[-1:]):
                yield Declared("environment", match[1].decode("utf-8", "replace"), *match.span(1))
    if f" {_SETTINGS} " in words:
        yield from _settings(facts)


def _settings(facts: CodeFacts) -> Iterator[Declared]:
    """The fields of pydantic settings, in upper case behind the prefix that their class gives."""
    for cls in facts.symbols:
        if cls.kind != "class" or not any(base.rpartition(".")[2] == _SETTINGS for base in cls.bases):
            continue
        inside = [s for s in facts.symbols if s.name.startswith(cls.name + ".")]
        prefix = next((found[1] for s in inside if (found := _PREFIX.search(_said(s)))), "")
        for field in inside:
            name = field.name[len(cls.name) + 1 :]
            if field.kind == "field" and "." not in name:
                variable = f"{prefix}{name}".upper()
                yield Declared("environment", variable, field.name_start, field.name_start, cls.name, "field")


def _said(symbol: Symbol) -> str:
    last = symbol.name.rpartition(".")[2]
    return f"{last} = {symbol.value}" if last == "env_prefix" else symbol.value
