"""What time a claim speaks of: by its document's place, title and status, its section, its item and its words."""

from pathlib import Path

import pytest

from vt_lsp.models import Role
from vt_lsp.specs.markdown import read
from vt_lsp.specs.roles import role_of_path

PLAN = Path(__file__).parent / "data" / "plan.md"


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("README.md", Role.CURRENT),
        ("docs/guide.md", Role.CURRENT),
        ("docs/history_of_the_widget_api/index.md", Role.CURRENT),
        ("AGENTS.md", Role.CURRENT),
        ("openspec/specs/orders/spec.md", Role.CURRENT),
        ("docs/newsletter.md", Role.CURRENT),
        ("docs/planning-board.md", Role.CURRENT),
        ("docs/cli/update.md", Role.CURRENT),
        ("CHANGELOG.md", Role.HISTORICAL),
        ("CHANGES.md", Role.HISTORICAL),
        ("docs/release-notes.md", Role.HISTORICAL),
        ("docs/about/HISTORY.md", Role.HISTORICAL),
        ("docs/whatsnew/1.2.md", Role.HISTORICAL),
        ("UPGRADING.md", Role.HISTORICAL),
        ("MIGRATION_GUIDE.md", Role.HISTORICAL),
        ("docs/blog/posts/hello.md", Role.HISTORICAL),
        ("docs/2024-05-01-report.md", Role.HISTORICAL),
        ("docs/PHASE_2_COMPLETE.md", Role.HISTORICAL),
        ("WORK_SUMMARY.md", Role.HISTORICAL),
        ("specs/001-x/research.md", Role.HISTORICAL),
        ("docs/breaking-changes/0.200.0.md", Role.HISTORICAL),
        ("docs/breaking_changes.md", Role.HISTORICAL),
        ("docs/deprecations.md", Role.HISTORICAL),
        ("docs/deprecations-v2.md", Role.HISTORICAL),
        ("docs/removed/x.md", Role.HISTORICAL),
        ("docs/upgrade-guides/x.md", Role.HISTORICAL),
        ("docs/migrations-guide.md", Role.HISTORICAL),
        ("docs/removed-files-handling.md", Role.CURRENT),
        ("docs/updates.md", Role.HISTORICAL),
        ("docs/announcements/2.md", Role.HISTORICAL),
        ("docs/notes/x.md", Role.HISTORICAL),
        ("design-notes.md", Role.HISTORICAL),
        ("docs/meeting/monday.md", Role.HISTORICAL),
        ("docs/minutes.md", Role.HISTORICAL),
        ("devlog/1.md", Role.HISTORICAL),
        ("docs/retrospectives/1.md", Role.HISTORICAL),
        ("docs/postmortem.md", Role.HISTORICAL),
        ("docs/note-taking.md", Role.CURRENT),
        ("docs/footnotes.md", Role.CURRENT),
        ("docs/auto-updates-guide.md", Role.CURRENT),
        ("docs/minutes_and_hours.md", Role.CURRENT),
        ("openspec/changes/archive/x/proposal.md", Role.HISTORICAL),
        ("openspec/changes/add-x/tasks.md", Role.PLANNED),
        ("docs/rfcs/0001-x.md", Role.PLANNED),
        ("docs/proposals/x.md", Role.PLANNED),
        ("ROADMAP.md", Role.PLANNED),
        ("TODO.md", Role.PLANNED),
        (".specify/templates/plan.md", Role.TEMPLATE),
        ("docs/adr-template.md", Role.TEMPLATE),
        (".claude/commands/x.md", Role.TEMPLATE),
        ("skills/x/SKILL.md", Role.TEMPLATE),
        ("openspec/AGENTS.md", Role.TEMPLATE),
        (".github/PULL_REQUEST_TEMPLATE.md", Role.TEMPLATE),
    ],
)
def test_role_of_path(path: str, role: Role) -> None:
    assert role_of_path(path) is role


C, P, H, T = Role.CURRENT, Role.PLANNED, Role.HISTORICAL, Role.TEMPLATE
PLACES: list[tuple[str, Role, str, tuple[str, ...]]] = [
    ("`x_y`", C, "", ()),
    ("# Thing\n\n## Changelog\n\n`x_y`", H, "", ()),
    ("# Thing\n\n## Migrating from 1.0\n\n`x_y`", H, "", ()),
    ("# Thing\n\n## Deprecated\n\n### More\n\n`x_y`", H, "", ()),
    ("# Thing\n\n## 1.2.0 (2024-01-02)\n\n`x_y`", H, "", ()),
    ("# Thing\n\n## Before\n\n`a_b`\n\n## After\n\n`x_y`", C, "", ()),
    ("# Thing\n\n## Future work\n\n`x_y`", P, "", ()),
    ("# Thing\n\n## TODO\n\n`x_y`", P, "", ()),
    ("# Thing\n\n## Before you begin\n\n`x_y`", C, "", ()),
    ("# Thing\n\n## Next steps\n\n`x_y`", C, "", ()),
    ("# Thing\n\n## Future annotations\n\n`x_y`", C, "", ()),
    ("# Thing\n\n## History of commands\n\n`x_y`", C, "", ()),
    ("# Thing\n\n## Changes since 1.0\n\n`x_y`", H, "", ()),
    ("# Roadmap\n\n`x_y`", P, "", ()),
    ("# RFC: things\n\n`x_y`", P, "", ()),
    ("# Thing\n\nStatus: proposed\n\n`x_y`", P, "", ()),
    ("# Thing\n\n## Status\n\nSuperseded by 12\n\n`x_y`", H, "", ()),
    ("- [ ] `x_y`", P, "open", ("bullet",)),
    ("- [x] `x_y`", C, "done", ("bullet", "task")),
    ("1. [x] `x_y`", C, "done", ("bullet", "task")),
    ("- [~] `x_y`", P, "doing", ("bullet",)),
    ("- [-] `x_y`", P, "doing", ("bullet",)),
    ("- [ ]* `x_y`", P, "open", ("bullet",)),
    ("- [ ] task\n  - `x_y`", P, "open", ("bullet",)),
    ("- [ ] task\n  - [x] `x_y`", C, "done", ("bullet", "task")),
    ("- \u2705 `x_y`", C, "done", ("bullet", "task")),
    ("- `x_y` \U0001f6a7", P, "doing", ("bullet",)),
    ("- `x_y` \u274c", C, "dropped", ("negated", "bullet")),
    ("## Thing \u2705\n\n`x_y`", C, "done", ()),
    ("## Thing \u23f3\n\n- `x_y`", P, "doing", ("bullet",)),
    ("# Implementation Plan\n\n## One \u2705\n\n`x_y`\n\n## Two\n", C, "done", ()),
    ("# Implementation Plan\n\n## One \u2705\n\n## Two\n\n`x_y`", P, "open", ()),
    ("# Implementation Plan\n\n## One \u2705\n\n## Two\n\n- [x] `x_y`", C, "done", ("bullet", "task")),
    ("# Implementation Plan\n\n## One \u2705\n\n## Two \u2705\n\n# Rest\n\n`x_y`", C, "done", ()),
    ("# Implementation Plan\n\n- [x] a\n- [ ] b\n\n`x_y`", P, "doing", ()),
    ("`x_y` will be implemented.", P, "", ()),
    ("`x_y` will be added in 2.0.", P, "", ()),
    ("`x_y` will be added to the list.", C, "", ()),
    ("`x_y` will be called.", C, "", ()),
    ("`x_y` is not yet there.", P, "", ()),
    ("We should add `x_y`.", P, "", ()),
    ("`x_y` was renamed to `z`.", C, "", ("past",)),
    ("`x_y` was removed in 2.0.", C, "", ("past",)),
    ("Deprecated since 2.0: `x_y`", C, "", ("past",)),
    ("Before 2.0 there was `x_y`.", C, "", ("past",)),
    ("The `x_y` is no longer there.", C, "", ("past",)),
    ("`x_y` is used to call it.", C, "", ()),
    ("To migrate from 1.0, look for `x_y`.", C, "", ("past",)),
    ("To upgrade from 1.0, look for `x_y`.", C, "", ("past",)),
    ("To migrate the database, call `x_y`.", C, "", ()),
    ("Replace all references to `x_y` with `z`.", C, "", ("past",)),
    ("You can replace `x_y` by `z`.", C, "", ("past",)),
    ("Replace `z` with `x_y`.", C, "", ()),
    ("We prefer `z` over `x_y`.", C, "", ("negated",)),
    ("We prefer `x_y` over `z`.", C, "", ()),
    ("Use `z` instead of `x_y`.", C, "", ("negated",)),
    ("Use `z` rather than `x_y`.", C, "", ("negated",)),
    ("`z` (formerly `x_y`) does it.", C, "", ("past",)),
    ("In 1.0 it was called `x_y`.", C, "", ("past",)),
    ("If `x_y` was called, all is well.", C, "", ()),
    ("`x_y` and `a_b` are replaced by `z` and `c` in Lib 2.6.", C, "", ("past",)),
    ("`z` is replaced by `a_b` and `x_y` in Lib 2.6.", C, "", ()),
    ("`z` was renamed to `x_y`.", C, "", ()),
    ("`z` has been renamed to `x_y` and later removed in 3.0.", C, "", ("past",)),
    ("`x_y` is superseded by `z`.", C, "", ("past",)),
    ("`z` is superseded by `x_y`.", C, "", ()),
    ("`x_y` was removed in favour of `z`.", C, "", ("past",)),
    ("`z` was deprecated in 1.0 in favor of `x_y`.", C, "", ()),
    ("`z` was renamed. `x_y` stays.", C, "", ()),
    ("Prefer `a` over `b`, `c` over `x_y`.", C, "", ("negated",)),
    ("Prefer `a` over `b`, `x_y` over `c`.", C, "", ()),
    ("Prefer `a_b`, `b_c` over generic `d`, `x_y` - it is clearer.", C, "", ("negated",)),
    ("`z` is preferred over `x_y`.", C, "", ("negated",)),
    ("Iterate over `x_y`. We prefer `z`.", C, "", ()),
    ("Use `z`, not `x_y`.", C, "", ("negated",)),
    ("Use `x_y`, not `z`.", C, "", ()),
    ("Start to type `x_y`... and see.", C, "", ("partial",)),
    ("Start to type `x_y`\u2026", C, "", ("partial",)),
    ("There are `a_b`, `x_y`... and more.", C, "", ()),
    ("The text at `x_y` is replaced with references.", C, "", ()),
    ("All of `x_y`* do.", C, "", ("partial",)),
    ("All of *the `x_y`* do.", C, "", ()),
    ("All of **`x_y`** do.", C, "", ()),
    ("All of `x_y`. More.", C, "", ()),
    ("- TODO: `x_y`", P, "open", ("bullet",)),
    ("- *TODO* `x_y`", P, "open", ("bullet",)),
    ("- `x_y` **TODO**", P, "open", ("bullet",)),
    ("- `x_y` (not implemented yet)", P, "open", ("bullet",)),
    ("- `x_y` and more (not yet implemented).", P, "open", ("bullet",)),
    ("- `x_y`, coming soon", P, "open", ("bullet",)),
    ("- WIP: `x_y`", P, "open", ("bullet",)),
    ("- Read the todo list with `x_y`", C, "", ("bullet",)),
    ("- TODO: one\n- `x_y`", C, "", ("bullet",)),
    ("Use z instead of the old `x_y`.", C, "", ("past", "negated")),
    ('!!! warning "Deprecated"\n    Use `x_y`.', C, "", ("past",)),
    ('!!! warning "Deprecated"\n\n    Use `x_y`.', C, "", ("past",)),
    ("!!! note\n    Use `x_y`.", C, "", ()),
    ("> [!WARNING]\n> Deprecated since 2.0.\n> Use `x_y`.", C, "", ("past",)),
]


@pytest.mark.parametrize(("text", "role", "status", "hints"), PLACES)
def test_place_and_words_decide(text: str, role: Role, status: str, hints: tuple[str, ...]) -> None:
    (claim,) = [c for c in read(text.encode(), "docs/guide.md").claims if c.subject == "x_y"]
    assert (claim.role, claim.status, claim.hints) == (role, status, hints)


@pytest.mark.parametrize(
    ("text", "optional"),
    [
        ("Until then, see `docs/x.md`.", ["docs/x.md"]),
        ("It lives in docs/x.md until the change is archived.", ["docs/x.md"]),
        ("`out/x.json` is created when you start.", ["out/x.json"]),
        ("`out/x.json` will be created.", ["out/x.json"]),
        ("`out/x.json` is generated by `tools/gen.py`.", ["out/x.json"]),
        ("Files are generated from the schema into `out/x.json`.", ["out/x.json"]),
        ("`out/x.json` is written by `tools/gen.py` to `out/y.json`.", ["out/x.json", "out/y.json"]),
        ("Pages are generated from `docs/x.md` and `docs/y.md`.", []),
        ("It is made. See `docs/x.md`. `out/x.json` is created by running it.", ["out/x.json"]),
        ("`docs/x.md` was created in May.", []),
        ("`docs/x.md` is written in Markdown.", []),
        ("Wait until `tools/x.py` ends.", []),
    ],
)
def test_files_that_come_and_go_are_optional(text: str, optional: list[str]) -> None:
    found = read(text.encode(), "docs/guide.md").claims
    assert [c.subject for c in found if "optional" in c.hints] == optional
    assert found


@pytest.mark.parametrize(
    ("text", "path", "role"),
    [
        ("# 1. Use it\n\n## Considered Options\n\n`x_y`", "docs/adr/0001-use-it.md", H),
        ("# 1. Use it\n\n## Decision\n\n`x_y`", "docs/adr/0001-use-it.md", C),
        ("# Thing\n\n## Context\n\n`x_y`", "docs/thing.md", C),
        ("- [x] `x_y`", "CHANGELOG.md", H),
        ("[FEATURE NAME] [AUTHOR] [DATE] [TITLE]\n\n`x_y`", "docs/x.md", T),
        ("## Future\n\n`x_y`", "CHANGELOG.md", H),
        ("---\ntitle: a\nstatus: draft\n---\n\n`x_y`", "docs/x.md", P),
        ("---\nstatus: 'proposed'\n---\n\n`x_y`", "docs/x.md", P),
        ("---\nStatus: WIP\n---\n\n`x_y`", "docs/x.md", P),
        ("---\ndraft: true\n---\n\n`x_y`", "docs/x.md", P),
        ("+++\ndraft = true\n+++\n\n`x_y`", "docs/x.md", P),
        ("---\r\ndraft: true\r\n---\r\n\r\n`x_y`", "docs/x.md", P),
        ("---\ndraft: false\n---\n\n`x_y`", "docs/x.md", C),
        ("---\nstatus: deprecated\n---\n\n`x_y`", "docs/x.md", H),
        ("---\nstatus: superseded\n---\n\n`x_y`", "docs/x.md", H),
        ("---\nstatus: archived\n---\n\n`x_y`", "docs/x.md", H),
        ("---\nstatus: active\n---\n\n`x_y`", "docs/x.md", C),
        ("text\n\ndraft: true\n\n`x_y`", "docs/x.md", C),
    ],
)
def test_documents_of_other_times(text: str, path: str, role: Role) -> None:
    (claim,) = read(text.encode(), path).claims
    assert claim.role is role


@pytest.mark.parametrize(
    ("banner", "role"),
    [
        ('!!! warning "This page is outdated and may not be fully accurate in Lib 2.5"', H),
        ('!!! warning "Assertions are deprecated and NOT supported. Please use `x_y`."', H),
        ("The content below is deprecated, and is scheduled to be removed.", H),
        ("> **This feature is no longer supported.**", H),
        ("> [!CAUTION]\n> This document has been superseded by the new guide.", H),
        ("*This package is no longer actively maintained.*", H),
        ("**Deprecated.**", H),
        ("**Deprecated**: use the new page", H),
        ('!!! danger "Deprecated"\n\n    Text.', H),
        ("This project has been archived.", H),
        ("<Warning>\n\nLib's `Assertions` has been deprecated in version 2.0.\n\n</Warning>", H),
        ("<div>This page is obsolete.</div>", H),
        ("This page may be out of date.", H),
        ("This page describes how to handle deprecated things.", C),
        ("`Thing` is deprecated.", C),
        ("Assertions of kind one are deprecated.", C),
        ("This feature is not supported on Windows.", C),
        ("This feature is not supported yet.", C),
        ("If this page is outdated, tell us.", C),
        ("This page lists what is deprecated.", C),
        ("This page is not deprecated.", C),
        ("- This page is outdated.", C),
        ("## More\n\nThis page is outdated.", C),
        ("text\n\n" * 9 + "This page is outdated.", C),
    ],
)
def test_a_banner_speaks_of_the_whole_document(banner: str, role: Role) -> None:
    text = f"---\nid: 1\n---\n\n# Lib Assertions\n\n{banner}\n\n## Use\n\n`k_z`"
    (claim,) = [c for c in read(text.encode(), "docs/guide.md").claims if c.subject == "k_z"]
    assert claim.role is role


def test_a_banner_may_stand_above_the_title() -> None:
    text = b'---\nid: 1\n---\n\n!!! warning "This page is outdated"\n\n# Title\n\n`k_z`'
    assert [c.role for c in read(text, "docs/guide.md").claims] == [H]


@pytest.mark.parametrize("title", ["Client and Assertions", "Replacing Assertions", "Assertions in depth"])
def test_a_title_that_names_more_than_what_is_deprecated(title: str) -> None:
    text = f"# {title}\n\nAssertions are deprecated.\n\n`k_z`"
    assert [c.role for c in read(text.encode(), "docs/guide.md").claims] == [C]


def test_a_partly_ticked_plan() -> None:
    found = read(PLAN.read_bytes(), "design/plan.md").claims
    place = {c.subject: (c.kind, c.owner, c.role, c.status) for c in found}
    assert place == {
        "MemoryStore": ("name", "", C, "done"),
        "WorkflowMemory": ("name", "", C, "done"),
        "StoreLayout": ("name", "", C, "done"),
        "Forecaster": ("name", "", P, "open"),
        "workflow_memory/": ("tree-entry", "velocitytree/", P, "doing"),
        "workflow_memory/__init__.py": ("tree-entry", "velocitytree/", P, "doing"),
        "workflow_memory/memory_store.py": ("tree-entry", "velocitytree/", P, "doing"),
        "claude_integration/": ("tree-entry", "velocitytree/", P, "doing"),
        "claude_integration/provider.py": ("tree-entry", "velocitytree/", P, "doing"),
        "claude_integration/cache.py": ("tree-entry", "velocitytree/", P, "doing"),
        "Alert": ("class", "", P, "doing"),
        "id": ("field", "Alert", P, "doing"),
        "actions": ("field", "Alert", P, "doing"),
    }


def test_a_plan_that_is_ticked_is_about_now() -> None:
    data = PLAN.read_bytes().replace(b"Progress Tracking", "Progress Tracking \u2705".encode())
    assert {(c.role, c.status) for c in read(data, "design/plan.md").claims} == {(C, "done")}
