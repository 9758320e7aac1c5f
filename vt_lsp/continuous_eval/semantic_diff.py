"""What the spec says beside what the code has, with the difference marked by meaning and not by character."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

from vt_lsp.code.annotations import same_annotation
from vt_lsp.code.values import same_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Change = Literal["same", "removed", "added", "changed"]
Side = Literal["written", "actual", "both"]

_TOKEN = re.compile(r"\s+|\d[\w.]*|\w+|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|->|\*\*|.", re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"
_MARKS_BEFORE = ":=-> "
_MAX_TOKENS = 2_000  # SequenceMatcher is quadratic


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of one side, or of both.

    ``removed`` stands only in the spec, ``added`` only in the code; ``changed`` comes in pairs, what is written first.
    Two pieces that mean the same in other words are two segments with the change ``same``, one for each side.
    """

    text: str
    change: Change
    side: Side


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """One side in full, and a line of marks of the same length: ``-`` removed, ``+`` added, ``~`` changed."""

    text: str
    marks: str


def semantic_diff(written: str, actual: str) -> tuple[Segment, ...]:
    """The difference of two texts in the same notation; parameter by parameter where both are signatures."""
    one, other = _one_line(written), _one_line(actual)
    left, right = _split_signature(one), _split_signature(other)
    if left is None or right is None or len(left[1]) + len(right[1]) > _MAX_TOKENS:
        return _joined(_diff_typed(one, other))
    heads, tails = _diff_tokens(left[0], right[0]), _diff_returns(left[2], right[2])
    return _joined([*heads, *_diff_parameters(left[1], right[1]), *tails])


def side_by_side(segments: Sequence[Segment]) -> tuple[MarkedLine, MarkedLine]:
    """The spec's line and the code's line, with marks; for a terminal."""
    return _marked(segments, "written"), _marked(segments, "actual")


def render_markdown(written: str, actual: str) -> str:
    """The difference for a hover: both lines in a fence, then what differs, piece by piece."""
    if not written or not actual:
        label, text = ("The spec says", written) if written else ("The code has", actual)
        return f"{label}\n\n{_fence('python', _one_line(text))}" if text else ""
    segments = semantic_diff(written, actual)
    spec, code = side_by_side(segments)
    if not any(segment.change != "same" for segment in segments):
        return _fence("python", code.text)
    points = "\n".join(f"- {point}" for point in _points(segments))
    return f"{_fence('diff', f'- {spec.text}', f'+ {code.text}')}\n\n{points}"


# ---------------------------------------------------------------------------------------------------------- signatures


def _split_signature(text: str) -> tuple[str, list[str], str] | None:
    """``head(``, the parameters, ``)tail``; None where the text has no closed parameter list."""
    start = text.find("(")
    if start < 0:
        return None
    depth, parameters, last = 0, [], start + 1
    for offset, char in _punctuation(text, start):
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
            if depth == 0:
                parameters.append(text[last:offset])
                stripped = [piece.strip() for piece in parameters if piece.strip()]
                return text[: start + 1], stripped, text[offset:]
        elif char == "," and depth == 1:
            parameters.append(text[last:offset])
            last = offset + 1
    return None


def _punctuation(text: str, start: int) -> Iterator[tuple[int, str]]:
    for match in _TOKEN.finditer(text, start):
        if len(match[0]) == 1:
            yield match.start(), match[0]


def _parameter_name(parameter: str) -> str:
    match = re.match(r"\*{0,2}\s*\w*", parameter)
    name = match[0].replace(" ", "") if match else ""
    return name if name.strip("*") or name == parameter.strip() else parameter


def _diff_parameters(written: Sequence[str], actual: Sequence[str]) -> Iterator[Segment]:
    names = [_parameter_name(item) for item in written], [_parameter_name(item) for item in actual]
    separator = ""
    for tag, one, one_end, other, other_end in SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        pairs: list[tuple[str, str]]
        if tag == "equal" or (tag == "replace" and one_end - one == other_end - other):
            pairs = list(zip(written[one:one_end], actual[other:other_end], strict=True))
        else:
            pairs = [(item, "") for item in written[one:one_end]] + [("", item) for item in actual[other:other_end]]
        for left, right in pairs:
            if separator:
                yield from _separators(separator, left, right)
            yield from _diff_parameter(left, right)
            separator = ", "


def _separators(separator: str, left: str, right: str) -> Iterator[Segment]:
    if left and right:
        yield Segment(separator, "same", "both")
    else:
        yield Segment(separator, "same", "written" if left else "actual")


def _diff_parameter(written: str, actual: str) -> Iterator[Segment]:
    if not actual:
        yield Segment(written, "removed", "written")
    elif not written:
        yield Segment(actual, "added", "actual")
    else:
        yield from _diff_typed(written, actual)


def _diff_typed(written: str, actual: str) -> Iterator[Segment]:
    """The difference of ``name: annotation = value``, where each of the last two may be missing."""
    left, right = _pieces(written), _pieces(actual)
    yield from _diff_tokens(left[0], right[0])
    yield from _diff_by_meaning(left[1], right[1], same_annotation)
    yield from _diff_by_meaning(left[2], right[2], same_value)


def _diff_returns(written: str, actual: str) -> Iterator[Segment]:
    """The difference of ``) -> annotation``."""
    left, right = written.partition("->"), actual.partition("->")
    yield from _diff_tokens(left[0], right[0])
    yield from _diff_by_meaning("".join(left[1:]), "".join(right[1:]), same_annotation)


def _diff_by_meaning(written: str, actual: str, same: Callable[[str, str], bool | None]) -> Iterator[Segment]:
    """Both texts begin with the mark that introduces them (``:``, ``=``, ``->``), or are empty."""
    if written and actual and same(written.lstrip(_MARKS_BEFORE), actual.lstrip(_MARKS_BEFORE)):
        if written == actual:
            yield Segment(written, "same", "both")
        else:
            yield Segment(written, "same", "written")
            yield Segment(actual, "same", "actual")
    else:
        yield from _diff_tokens(written, actual)


def _pieces(text: str) -> tuple[str, str, str]:
    """Name, annotation with its colon, and value with its equals sign; joined they are the text."""
    equals = next((offset for offset, char in _outer_punctuation(text) if char == "="), len(text))
    colon = next((offset for offset, char in _outer_punctuation(text[:equals]) if char == ":"), equals)
    end = len(text[:equals].rstrip())
    return text[: min(colon, end)], text[min(colon, end) : end], text[end:]


def _outer_punctuation(text: str) -> Iterator[tuple[int, str]]:
    depth = 0
    for offset, char in _punctuation(text, 0):
        depth += (char in _OPENING) - (char in _CLOSING)
        if depth == 0:
            yield offset, char


# -------------------------------------------------------------------------------------------------------------- tokens


def _diff_tokens(written: str, actual: str) -> Iterator[Segment]:
    left, right = _TOKEN.findall(written), _TOKEN.findall(actual)
    if len(left) + len(right) > _MAX_TOKENS:
        yield from _replaced(written, actual)
        return
    for tag, one, one_end, other, other_end in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Segment("".join(left[one:one_end]), "same", "both")
        else:
            yield from _replaced("".join(left[one:one_end]), "".join(right[other:other_end]))


def _replaced(written: str, actual: str) -> Iterator[Segment]:
    if not written.strip() and not actual.strip():
        change: tuple[Change, Change] = ("same", "same")
    elif written and actual:
        change = ("changed", "changed")
    else:
        change = ("removed", "added")
    if written:
        yield Segment(written, change[0], "written")
    if actual:
        yield Segment(actual, change[1], "actual")


def _joined(segments: Iterator[Segment] | Sequence[Segment]) -> tuple[Segment, ...]:
    """Neighbours of the same kind become one."""
    joined: list[Segment] = []
    for segment in segments:
        if joined and (joined[-1].change, joined[-1].side) == (segment.change, segment.side) and segment.side == "both":
            joined[-1] = Segment(joined[-1].text + segment.text, segment.change, segment.side)
        elif segment.text:
            joined.append(segment)
    return tuple(joined)


# ----------------------------------------------------------------------------------------------------------- rendering

_MARKS = {"same": " ", "removed": "-", "added": "+", "changed": "~"}


def _marked(segments: Sequence[Segment], side: Side) -> MarkedLine:
    mine = [segment for segment in segments if segment.side in (side, "both")]
    text = "".join(segment.text for segment in mine)
    marks = "".join(_MARKS[segment.change] * len(segment.text) for segment in mine)
    return MarkedLine(text, marks.rstrip())


def _points(segments: Sequence[Segment]) -> Iterator[str]:
    pending: Segment | None = None
    for segment in segments:
        if segment.change == "removed":
            yield f"only in the spec: {_code(segment.text)}"
        elif segment.change == "added":
            yield f"only in the code: {_code(segment.text)}"
        elif segment.change == "changed" and segment.side == "written":
            pending = segment
        elif segment.change == "changed" and pending:
            yield f"the spec says {_code(pending.text)}, the code has {_code(segment.text)}"
            pending = None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _code(text: str) -> str:
    ticks = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text.strip()}{pad}{ticks}"


def _fence(language: str, *lines: str) -> str:
    ticks = "`" * max(3, *(_longest_run(line) + 1 for line in lines))
    return "\n".join((f"{ticks}{language}", *lines, ticks))


def only_difference(written: str, actual: str, side: Side) -> str:
    """The one piece of a side that differs; empty if there are several, or if only one side was written down."""
    if not written or not actual:
        return ""
    differing = [
        piece.text for piece in semantic_diff(written, actual) if piece.change != "same" and piece.side == side
    ]
    return differing[0].strip(" ,") if len(differing) == 1 else ""
