"""One docstring to the parameters and attributes that it lists, by docstring-parser; the places we find ourselves.

Google, NumPy and Sphinx style. A docstring that the library cannot read lists nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from vt_lsp.specs.literals import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docstring_parser import Docstring

SECTION = re.compile(
    rb"^[ \t]*+(?:(?P<google>(?:Args|Arguments|Param(?:eter)?s|Attributes|(?:Keyword|Other)[ ]\w+)[ \t]*:[ \t]*\r?$)"
    rb"|(?P<numpy>(?:Parameters|Params|Args|Arguments|Attributes|Other[ ]\w+)[ \t]*\r?\n[ \t]*-{3,}[ \t]*\r?$)"
    rb"|(?P<sphinx>:(?:param|parameter|arg|argument|attribute|key|keyword)[ \t]))",
    re.MULTILINE,
)
"""A line with which a list of parameters or attributes begins, by style."""

_LONGEST = 65_536  # bytes of a docstring; people write none longer
_LINE = 500  # bytes of a line
_BRACKETS = 16  # round ones in a line: the library's patterns backtrack over them
_NAME = re.compile(rb"[^\W\d]\w*")
_UNDERLINE = re.compile(rb"[^\n]*\r?\n[ \t]*-{3,}[ \t]*\r?$", re.MULTILINE)
_ONE_OF_MANY = re.compile(rb"[`*]*[ \t]*,[ \t]*[\\`*]*[^\W\d]\w*[ \t]*[:,(]")
# Words that open a paragraph below a list, not a parameter; a parameter is rarely capitalised.
_LABELS = frozenset(
    b"Return Returns Raise Raises Yield Yields Note Notes Example Examples Warning Warnings Attributes Args Arguments "
    b"Default Defaults Usage References See Todo TODO NOTE Keyword Parameters Optional Required Methods Tip".split()
)

_CODE = r"``[^`\n]{1,60}``|`[^`\n]{1,60}`"
_PLAIN = (
    r"-?(?:\d[\d_]*(?:\.\d+)?(?:[eE]-?\d+)?|\.\d+)(?!\w|\.\d)|(?:True|False|None)\b|\"[^\"\n]{0,40}\"|'[^'\n]{0,40}'"
)
_DEFAULT = re.compile(
    rf"(?P<before>\A[^\n]*?[(,:]\s*|[.;,(\]]\s+|\(|\n\s*)(?:The\s+|It\s+|This\s+|[Ww]hich\s+)?"
    rf"default(?:s\s+to|\s+value\s+is|\s+is|(?:\s+value)?\s*[:=]|(?=\s+\S+\s*(?:\Z|\n|\))))\s*:?\s*"
    rf"(?P<value>{_CODE}|{_PLAIN})(?P<after>\s*[.,;)\]](?!\w)|\s*\Z|\s*\n\s*\n)",
    re.IGNORECASE,
)
# What makes a default depend on something: nothing that one can look up in a signature.
_CONDITION = re.compile(r"\b(?:if|when|unless|otherwise|depend\w*|keys?|each|dict)\b", re.IGNORECASE)
_DEPENDS = re.compile(r"\b(?:if|when|unless|otherwise|depend\w*|except|else|whether|for|on|or|and|in)\b", re.IGNORECASE)

Group = Literal["parameter", "other", "attribute"]


class Entry(NamedTuple):
    """A name in a list of a docstring; offsets are bytes of the docstring's text.

    ``default`` is what it is said to default to, as a Python literal, at ``default_start``; empty for nothing.
    """

    group: Group
    name: str
    start: int
    end: int
    default: str = ""
    default_start: int = 0
    default_end: int = 0


@lru_cache(maxsize=8192)
def entries(text: bytes) -> tuple[Entry, ...]:
    """What the lists of parameters and attributes of a docstring name, in order."""
    if len(text) > _LONGEST or any(len(n) > _LINE or n.count(b"(") > _BRACKETS for n in text.split(b"\n")):
        return ()
    styles = {style for match in SECTION.finditer(text) for style in match.groupdict() if match[style]}
    return tuple(entry for style in sorted(styles) for entry in _entries(text, style))


def _entries(text: bytes, style: str) -> Iterator[Entry]:
    from docstring_parser.common import DocstringParam, ParseError  # noqa: PLC0415 - loaded where a list stands

    try:
        parsed = _parser(style)(text.decode("utf-8", "replace"))
    except (ParseError, LookupError, ValueError, TypeError, AttributeError, RecursionError):
        return  # the library means to raise the first alone; `: : x` in a list gives an IndexError
    at = 0
    for item in parsed.meta:
        if not isinstance(item, DocstringParam):
            continue
        place = _place(text, style, item.args, at)
        if place is None:
            continue
        at = place[1]
        if style == "numpy" and _UNDERLINE.match(text, place[0]):
            return  # a section that the library does not know
        yield from _named(text, place, _group(item.args[0]))


@lru_cache(maxsize=4)
def _parser(style: str) -> Callable[[str], Docstring]:
    if style == "sphinx":
        from docstring_parser.rest import parse  # noqa: PLC0415 - the same

        return parse
    if style == "numpy":
        from docstring_parser.numpydoc import NumpydocParser  # noqa: PLC0415 - the same

        return NumpydocParser().parse
    from docstring_parser.google import GoogleParser, Section, SectionType  # noqa: PLC0415 - the same

    titles = {
        "param": ("Args", "Arguments", "Params", "Parameters"),
        "keyword": ("Keyword Args", "Keyword Arguments", "Other Parameters", "Other Args", "Other Arguments"),
        "attribute": ("Attributes",),
    }
    # Only lists of names: the library gives up on all of a docstring if a section of another kind is not as it likes.
    many = SectionType.MULTIPLE
    return GoogleParser([Section(title, key, many) for key, all_ in titles.items() for title in all_]).parse


def _group(key: str) -> Group:
    if key == "attribute":
        return "attribute"
    return "other" if key in {"other_param", "keyword", "key", "kwarg", "receives"} else "parameter"


def _place(text: bytes, style: str, args: list[str], start: int) -> tuple[int, int] | None:
    """Where the names of an entry stand: the first byte of its line, and the last byte of the names."""
    written = (":" + " ".join(args) if style == "sphinx" else args[1].strip()).encode()
    if not written or b"\n" in written:
        return None
    at = text.find(written, start)
    while at >= 0:
        line, end = text.rfind(b"\n", 0, at) + 1, at + len(written)
        following = text[end : end + _LINE].partition(b"\n")[0].lstrip(b" \t\r")
        if not text[line:at].strip() and (following.startswith(b":") or (style == "numpy" and not following)):
            return line, end
        at = text.find(written, end)
    return None


def _named(text: bytes, place: tuple[int, int], group: Group) -> Iterator[Entry]:
    """``a, b (int): …`` names two; what is no name (``config.size``, ``--flag``, ``a/b``) is left out."""
    start, end = place
    line = text[start:end]
    if line.lstrip().startswith(b":"):
        first = len(line) - len(line.rpartition(b" ")[2])  # behind the role and the type
        stop = len(line)
    else:
        first, stop = 0, line.find(b"(") if b"(" in line else len(line)
    if b"[" in line[first:stop]:
        return  # `name List[int]:` has a type without parentheses
    parts = line[first:stop].split(b",")
    found = _default(text, end, entry_end(text, start)) if len(parts) == 1 else None
    at = start + first
    for part in parts:
        word = part.strip(b" \t")
        offset = at + part.find(word)
        at += len(part) + 1
        bare = word.strip(b"`").replace(b"\\", b"")
        name = bare.lstrip(b"*")
        if not _NAME.fullmatch(name) or name in _LABELS:
            continue
        offset += word.find(name)
        label = b"*" * (len(bare) - len(name)) + name
        yield Entry(group, label.decode("utf-8", "replace"), offset, offset + len(name), *(found or ()))


def lines_of(text: bytes, name: int) -> tuple[int, int] | None:
    """The lines of the entry whose name stands at the byte ``name``, line end included, with its ``:type …:``.

    None where the entry names more, or is all that its list has.
    """
    start = text.rfind(b"\n", 0, name) + 1
    end = entry_end(text, start) + 1
    word = _NAME.match(text, name)
    rest = text[word.end() if word else name : end]
    if _ONE_OF_MANY.match(rest) or text[:name].rstrip(b" \t*\\`").endswith(b","):
        return None
    if word is not None and text[end:].lstrip(b" \t").startswith(b":type " + word[0] + b":"):
        end = entry_end(text, end) + 1
    if text[start:name].lstrip(b" \t").startswith(b":"):
        return start, end
    above = text[:start].rstrip().rpartition(b"\n")[2]
    is_first = len(above) - len(above.lstrip(b" \t")) < _indent(text, start) or not above.strip(b" \t-")
    is_last = not text[end : text.find(b"\n", end)].strip() or _indent(text, end) < _indent(text, start)
    return None if is_first and is_last else (start, end)


def entry_end(text: bytes, start: int) -> int:
    """The end of the last line that is indented deeper than the line at ``start``, without its line end."""
    line = text.find(b"\n", start)
    indent = _indent(text, start)
    end = line if line >= 0 else len(text)
    while line >= 0 and line + 1 < len(text):
        following = text.find(b"\n", line + 1)
        stop = following if following >= 0 else len(text)
        if text[line + 1 : stop].strip():
            if _indent(text, line + 1) <= indent:
                break
            end = stop
        line = following
    return end


def _indent(text: bytes, start: int) -> int:
    at = start
    while text[at : at + 1] in {b" ", b"\t"}:
        at += 1
    return at - start


def _default(text: bytes, start: int, end: int) -> tuple[str, int, int] | None:
    """The one literal that an entry says to be the default, if nothing else decides it, and its place."""
    region = text[start:end]
    if len(re.findall(rb"\b[Dd]efault", region)) != 1:
        return None
    line = region.find(b"\n") + 1
    # What stands behind the name is a whole of its own in NumPy's style: `dpi : int, default 72`.
    for first, part in ((0, region[:line]), (line, region[line:]), (0, region)):
        found = _DEFAULT.search(part.decode("utf-8", "replace"))
        if found is not None and (value := _sure_value(found)):
            before = found.string[: found.start("value")]
            raw = found["value"]
            at = start + first + len(before.encode()) + len(raw) - len(raw.lstrip("`"))
            return value, at, at + len(raw.strip("`").encode())
    return None


def _sure_value(found: re.Match[str]) -> str:
    """The default as a literal, "" if it is none or holds only on a condition."""
    text = found.string
    stop = found.start("value")
    sentence = text[max(text.rfind(". ", 0, stop), 0) : stop]
    following = re.split(r"[.;)\n]", text[found.start("after") :], maxsplit=1)[0] if "," in found["after"] else ""
    if _CONDITION.search(sentence) or _DEPENDS.search(following):
        return ""
    return literal(found["value"].strip("`"))
