"""The globs of a rule for coding agents: is there anything that it can be for?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.document import HOLDS, broken, unknown
from vt_lsp.models import DriftType, Role, Severity

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, Verdict

_WILD = re.compile(r"[*?{\[!]")
_NAME = re.compile(r"[\w.-]+")


def judge_glob(claim: Claim, document: Document) -> Verdict:
    """A glob matches nothing where the folder is not there that it begins with; others are for any project."""
    index = document.index
    if claim.role is not Role.CURRENT:
        return unknown("the text does not speak of now")
    literal = _WILD.split(claim.subject, maxsplit=1)[0].removeprefix("./").lstrip("/")
    is_whole = _WILD.search(claim.subject) is None
    folder = literal.rstrip("/") if is_whole else literal.rpartition("/")[0]
    parts = folder.split("/")
    if not folder or not all(_NAME.fullmatch(part) for part in parts):
        return unknown("the glob begins with a wildcard")
    if index.has_path(folder) or any(_ends(path, folder) for path in index.paths_named(parts[-1])):
        return HOLDS
    if not index.scan_done() or index.is_ignored(folder):
        return unknown("the first scan is running, or git ignores it")
    return broken(
        claim, document, DriftType.MISSING_FILE, f"The rule is for `{claim.subject}`, but there is no `{folder}`",
        severity=Severity.INFORMATION, suggestions=["Change the glob, or remove the rule"],
    )  # fmt: skip


def _ends(path: str, folder: str) -> bool:
    return path == folder or path.endswith("/" + folder)
