"""Status marks: ticks, checkboxes and the emoji that stand for them (spec-formats, section 0, rules 4 and 5)."""

from __future__ import annotations

import re
from functools import lru_cache

_BOXES = {"x": "done", "X": "done", " ": "open", "-": "doing", "~": "doing"}
_EMOJI = {
    "\u2705": "done", "\u2611": "done", "\u2714": "done", "\u2713": "done", "\U0001f7e2": "done",
    "\U0001f6a7": "doing", "\u23f3": "doing", "\U0001f504": "doing", "\U0001f7e1": "doing",
    "\u274c": "dropped", "\U0001f6ab": "dropped",
}  # fmt: skip
_MARK = "|".join(_EMOJI)
_CODES = {":white_check_mark:": "done", ":heavy_check_mark:": "done", ":x:": "dropped", ":construction:": "doing"}
_AT_START = re.compile(rf"^[\s*_]*({_MARK}|{'|'.join(_CODES)}|\[[ xX~-]\])\ufe0f?\s*")
_AT_END = re.compile(rf"({_MARK}|{'|'.join(_CODES)}|\[[ xX~-]\])\ufe0f?[\s*_.]*$")
_WORDS = re.compile(
    r"[(\[]\s*(done|completed?|implemented|shipped|in progress|wip|planned|todo|dropped|cancelled)\s*[)\]]$",
    re.IGNORECASE,
)
_BY_WORD = {
    "in progress": "doing",
    "wip": "doing",
    "planned": "open",
    "todo": "open",
    "dropped": "dropped",
    "cancelled": "dropped",
}


# What a list item says of itself at its start, at its end, or in parentheses.
_PENDING = re.compile(
    r"^[\s*_(\[]*(?:TODO|WIP|(?i:coming soon|not (?:yet )?implemented(?: yet)?))\b(?=[\s*_:)\]-])|"
    r"(?:^|[\s*_(\[])(?:TODO|WIP|(?i:coming soon|not implemented yet|not yet implemented))[\s*_.!)\]]*$|"
    r"\((?i:todo|wip|coming soon|not implemented yet|not (?:yet )?implemented)\)"
)


def item_status(text: str, checkbox: str) -> str:
    """The status of a list item: that of its mark, or "open" where its words say that it is still to be done."""
    return read_status(text, checkbox)[1] or ("open" if _PENDING.search(text) else "")


@lru_cache(maxsize=4096)
def read_status(text: str, checkbox: str = "") -> tuple[str, str]:
    """The text without its status mark, and the status: done, open, doing, dropped or ""."""
    if checkbox:
        return text, _BOXES.get(checkbox, "")
    for pattern in (_AT_END, _AT_START):
        match = pattern.search(text)
        if match:
            mark = match[1]
            status = _EMOJI.get(mark) or _CODES.get(mark) or _BOXES[mark[1]]
            # The blanks before it go too; an expression for them would cost the square of a long row of blanks.
            return text[: match.start()].rstrip() + text[match.end() :], status
    word = _WORDS.search(text.rstrip())
    if word:
        return text[: word.start()].rstrip(), _BY_WORD.get(word[1].lower(), "done")
    return text, ""
