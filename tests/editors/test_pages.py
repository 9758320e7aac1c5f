"""What the set-up pages say is there: commands, settings, and snippets that can be read."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from vt_lsp.settings import DRIFT_TYPES, parse_settings

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted((REPOSITORY / "docs/editors").glob("*.md"))
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    return [text for _, name, text in BLOCK.findall(page.read_text(encoding="utf-8")) if name == language]


def manifest() -> Any:
    contributes = json.loads((REPOSITORY / "editors/vscode/package.json").read_text(encoding="utf-8"))["contributes"]
    assert len(contributes["commands"]) > 5
    return contributes


def given(value: object) -> list[dict[str, Any]]:
    """The settings of vt-lsp in a snippet, wherever they stand in it."""
    if not isinstance(value, dict):
        return []
    if "diagnostics" in value or "vt-lsp.diagnostics" in value:
        return [value]
    return [found for item in value.values() for found in given(item)]


def test_there_is_a_page_for_each_editor_and_the_index_names_it() -> None:
    index = (REPOSITORY / "docs/editors/README.md").read_text(encoding="utf-8")
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    names = {page.name for page in PAGES} - {"README.md"}
    assert names >= {"vscode.md", "neovim.md", "emacs.md", "helix.md", "zed.md", "sublime.md"}
    for name in names:
        assert f"]({name})" in index, name
        assert f"](docs/editors/{name})" in readme, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_snippets_can_be_read_and_their_settings_are_known(page: Path) -> None:
    snippets = [tomllib.loads(text) for text in blocks(page, "toml")]
    snippets += [json.loads(text) for text in blocks(page, "json")]
    for settings in [found for snippet in snippets for found in given(snippet)]:
        read, messages = parse_settings(settings)
        assert read.given == {"ignore", "diagnostics"}
        assert not messages, settings


def test_the_snippets_with_settings_are_found() -> None:
    helix, sublime, zed = (REPOSITORY / f"docs/editors/{name}.md" for name in ("helix", "sublime", "zed"))
    assert any(given(tomllib.loads(text)) for text in blocks(helix, "toml"))
    for page in (sublime, zed):
        assert any(given(json.loads(text)) for text in blocks(page, "json"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_names_of_commands_and_settings_exist(page: Path) -> None:
    known = {command["command"] for command in manifest()["commands"]} | set(manifest()["configuration"]["properties"])
    files = {"vt-lsp.toml", "vt-lsp.jsonl", "vt-lsp.git"}
    said = set(re.findall(r"(?<![\w.])vt-lsp\.\w+(?:\.\w+)?", page.read_text(encoding="utf-8"))) - files
    assert said <= known


def test_the_commands_of_vs_code_have_these_titles() -> None:
    page = (REPOSITORY / "docs/editors/vscode.md").read_text(encoding="utf-8")
    section = page.split("\n## Commands\n")[1].split("\n## ")[0]
    said = {" ".join(title.split()) for title in re.findall(r"\*([A-Z][^*]+)\*", section)}
    hidden = {entry["command"] for entry in manifest()["menus"]["commandPalette"] if entry["when"] == "false"}
    titles = {entry["title"] for entry in manifest()["commands"] if entry["command"] not in hidden}
    assert said == titles - {"Actions…"}


def test_the_commands_of_neovim_are_all_named() -> None:
    page = (REPOSITORY / "docs/editors/neovim.md").read_text(encoding="utf-8")
    plugin = (REPOSITORY / "editors/neovim/plugin/vt_lsp.lua").read_text(encoding="utf-8")
    defined = set(re.findall(r"^command\('(Vt\w+)'", plugin, re.MULTILINE))
    assert len(defined) > 5
    assert set(re.findall(r":(Vt[A-Z]\w+)", page)) == defined


def test_drift_types_in_snippets_exist() -> None:
    for page in PAGES:
        for name in re.findall(r"[\"']((?:tree|missing|broken)-\w+)[\"']", page.read_text(encoding="utf-8")):
            assert name in DRIFT_TYPES, (page.name, name)
