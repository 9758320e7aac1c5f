"""Which format a Markdown document is of: the place tells, never a setting."""

from __future__ import annotations

import re  # noqa: TC003 - patterns are values here
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from vt_lsp.specs import agent_files, bmad, decision_records, gsd, kiro, milestones, openspec, spec_kit

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.specs.page import Extra, Page


class Format(NamedTuple):
    """A format: its name, the lower-case paths that are of it, and its reader."""

    name: str
    paths: re.Pattern[str]
    read: Callable[[Page], Extra]


# The first that knows a path reads it: spec-kit's numbered folders before the looser places of Kiro's kin.
FORMATS: tuple[Format, ...] = (
    Format("openspec", openspec.PATHS, openspec.read),
    Format("spec-kit", spec_kit.PATHS, spec_kit.read),
    Format("kiro", kiro.PATHS, kiro.read),
    Format("gsd", gsd.PATHS, gsd.read),
    Format("bmad", bmad.PATHS, bmad.read),
    Format(decision_records.FORMAT, decision_records.PATHS, decision_records.read),
    Format(agent_files.FORMAT, agent_files.PATHS, agent_files.read),
    Format("milestones", milestones.PATHS, milestones.read),
)


@lru_cache(maxsize=4096)
def format_of(path: str) -> Format | None:
    """The format of the document at ``path`` (relative, with ``/``), or None for plain Markdown."""
    lower = path.lower()
    return next((one for one in FORMATS if one.paths.search(lower)), None)
