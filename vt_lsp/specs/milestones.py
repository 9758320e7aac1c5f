"""Plain plans of milestones: features and tasks as headings and bullets with ticks, and a status of the whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.models import Requirement
from vt_lsp.specs.page import Extra
from vt_lsp.specs.requirement_ids import located, read_state, sections, status_claim

if TYPE_CHECKING:
    from vt_lsp.specs.page import Page

PATHS = re.compile(
    r"^(?!.*\.planning/).*(?:(?:^|[/_-])(?:milestones?|sprints?)[-_ ]?\d*[^/]*\.md|"
    r"(?:^|/)(?:milestones|sprints)/[^/]+\.md)$"
)
_FEATURE = re.compile(r"(?:Feature|Milestone|Epic)\s+\d+(?:\.\d+)*\b", re.IGNORECASE)


def read(page: Page) -> Extra:
    """The features of a plan by their numbers, and what the plan says of its status."""
    features = tuple(
        Requirement(match[0].title(), s.title, *located(page, s.heading, match[0]), flags=("story",))
        for s in sections(page)
        if (match := _FEATURE.match(s.title))
    )
    state = read_state(page)
    return Extra(claims=status_claim(state, "Completed", (page.path,)), requirements=features, state=state)
